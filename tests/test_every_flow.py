"""What every conversation keeps to: a sound table, words within limits in every language, and calm in the face of noise."""

from __future__ import annotations

import inspect
import json
import string
from collections.abc import Callable, Iterator
from dataclasses import asdict, is_dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

import flows
from bot.everywhere import LINES
from bot.flow import COMMON, DONE, Flow, Frame
from bot.messages import Incoming, Letter, Media, Reply
from bot.payments import Needs
from bot.plugins import classes_in
from bot.rules.pricing import Quote
from bot.rules.reputation import MARKS
from bot.understand import NotUnderstood, plain, yes_no
from bot.wiring import ROOT
from bot.words import Words
from models.circle import Circle
from models.circle_item import Item
from models.conversation import Conversation
from models.dispute import Dispute
from models.holder_check import HolderCheck
from models.ledger import Entry
from models.order import Order
from models.outbox import Outbox
from models.payment import Payment
from models.person import Person
from models.picture import Picture
from models.piece import Piece
from models.plea import Plea
from models.profile import Profile
from models.review import Review
from models.tailor import Offer
from models.vote import Vote
from tests.conftest import empty
from tests.stage import BODY, PHONES, Stage
from tests.test_transcripts import check_manners

FLOWS: dict[str, type[Flow]] = classes_in(flows, marked_by="says")  # type: ignore[assignment]
WORDS = Words(ROOT / "flows" / "words")
every_flow = pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)
every_language = pytest.mark.parametrize("code", [c for c in WORDS.languages if c != "en"])


# -- the table


@every_flow
def test_every_state_is_reached_and_leads_to_the_end(flow: type[Flow]) -> None:
    onward: dict[str, set[str]] = {}
    for _, origin, target in flow.transitions:
        onward.setdefault(origin, set()).add(target)
    assert _reached(flow.states[0], onward) >= set(flow.states)
    assert all(DONE in _reached(state, onward) for state in flow.states)


def _reached(start: str, onward: dict[str, set[str]]) -> set[str]:
    found, new = set[str](), {start}
    while new:
        found |= new
        new = {target for state in new for target in onward.get(state, ())} - found
    return found


@every_flow
def test_every_state_asks_and_hears_and_has_a_hint(flow: type[Flow]) -> None:
    for state in flow.states:
        assert callable(getattr(flow, f"ask_{state}", None)), state
        assert callable(getattr(flow, f"hear_{state}", None)), state
        assert f"hint_{state}" in flow.says, state


@every_flow
def test_every_event_is_fired_and_hidden_by_nothing(flow: type[Flow]) -> None:
    source = inspect.getsource(inspect.getmodule(flow))  # type: ignore[arg-type]
    for event in {row[0] for row in flow.transitions}:
        assert f"self.{event}" in source, f"nobody fires {event}"
        assert getattr(flow, event).__qualname__.startswith("_fires"), f"a method hides {event}"


@every_flow
def test_docstrings_memory_and_known_names(flow: type[Flow]) -> None:
    module = inspect.getmodule(flow)
    assert module and module.__doc__ and flow.__doc__
    assert is_dataclass(flow.Memory)
    fresh = flow.Memory()
    assert flow.Memory(**json.loads(json.dumps(asdict(fresh)))) == fresh
    assert set(flow.final) <= set(flow.states) and set(flow.listens) <= set(flow.states)
    assert all(f"on_{event}" in vars(flow) for event in flow.by_day)


def test_starters_and_events_belong_to_one_flow() -> None:
    starters = [plain(word) for flow in FLOWS.values() for word in flow.starts_with]
    assert len(starters) == len(set(starters))
    events = [name for flow in FLOWS.values() for name in vars(flow) if name.startswith("on_")]
    assert len(events) == len(set(events))


# -- the words


def english(key: str) -> str | None:
    table, _, name = key.partition(".")
    lines = {"common": COMMON, "global": LINES}.get(table) or (FLOWS[table].says if table in FLOWS else {})
    return lines.get(name)


@every_language
def test_every_translated_line_belongs_somewhere_and_fits(code: str) -> None:
    language = WORDS.languages[code]
    for key, line in language.lines.items():
        if not key.startswith("global_words."):
            original = english(key)
            assert original is not None, f"nobody says {key}"
            assert blanks(line) <= blanks(original), key


def blanks(line: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(line) if name}


# -- noise in every state

ORDER = {"order_id": 0}
#: (flow, state): how far the order is, who is asked, what the conversation remembers. 0 and "" stand for the order of the scene.
MEASURED = {f: [BODY[f], None, "text"] for f in ("neck", "shoulder", "chest", "sleeve_length", "top_length")}
DRAFT = {"offer_id": 0, "fabric": "own", "day": "2026-12-07"}
SHIRT = {"garment": "kente_shirt"}
PLAN = {"event": "wedding", "day": "2026-12-26", "tailor_id": 0, "payer": "own", "fabric": "own", "delivery": "together", "closing": "2026-11-30"}
CIRCLE = {"circle_id": 0}
SCENES: dict[tuple[str, str], tuple[str, str, dict[str, Any]]] = {
    ("welcome", "consent"): ("ordered", "efua", {}),
    ("welcome", "name"): ("ordered", "ama", {}),
    ("welcome", "language"): ("ordered", "ama", {}),
    ("menu", "pick"): ("ordered", "ama", {}),
    ("browse", "garment"): ("ordered", "ama", {}),
    ("browse", "town"): ("ordered", "ama", SHIRT),
    ("browse", "sort"): ("ordered", "ama", SHIRT),
    ("browse", "cards"): ("ordered", "ama", SHIRT | {"offers": [0]}),
    **{("order", state): ("ordered", "ama", DRAFT) for state in ("fabric", "style", "express", "day", "measures", "confirm", "change")},
    ("measure", "garment"): ("ordered", "ama", {}),
    ("measure", "value"): ("ordered", "esi", SHIRT),
    ("measure", "doubt"): ("ordered", "ama", SHIRT | {"doubtful": [["", "neck", 600, None, "text"]]}),
    ("measure", "check"): ("ordered", "ama", SHIRT | {"sheet": {"": MEASURED}}),
    ("measure", "correction"): ("ordered", "ama", SHIRT | {"sheet": {"": MEASURED}}),
    **{("family", state): ("ordered", "ama", SHIRT) for state in ("whose", "newcomer")},
    ("family", "birth"): ("ordered", "ama", {"births": [0]}),
    **{("settings", state): ("ordered", "ama", {}) for state in ("pick", "language", "name", "stop")},
    ("resume", "choice"): ("ordered", "ama", {}),
    ("orders", "pick"): ("ordered", "ama", {}),
    ("follow", "action"): ("ordered", "ama", {"number": ""}),
    **{("pay", s): ("ordered", "ama", ORDER | {"wallet": "233241234567", "network": "mtn"}) for s in ("other", "network", "explain")},
    ("pay", "wallet"): ("ordered", "ama", ORDER),
    **{("prompt", state): ("ordered", "ama", ORDER | {"payment_id": 0}) for state in ("waiting", "failed")},
    ("voucher", "code"): ("ordered", "ama", {"payment_id": 0}),
    ("cancel", "which"): ("deposited", "ama", {}),
    ("cancel", "sure"): ("deposited", "ama", ORDER),
    ("another", "wish"): ("deposited", "ama", ORDER | {"tailor_id": 0}),
    **{("cash", state): ("ordered", "kofi", {} if state == "which" else ORDER) for state in ("which", "claim", "waiting")},
    ("witness", "answer"): ("ordered", "ama", {"payment_id": 0}),
    ("review", "which"): ("finished", "ama", {}),
    **{("review", mark): ("finished", "ama", ORDER | {"marks": [5] * n}) for n, mark in enumerate((*MARKS, "words"))},
    ("reply", "which"): ("finished", "kofi", {}),
    **{("reply", state): ("finished", "kofi", {"review_id": 0}) for state in ("wish", "words")},
    ("dispute", "which"): ("deposited", "kofi", {}),
    **{("dispute", state): ("handed over", "ama", ORDER | {"category": "delay"}) for state in ("category", "words")},
    ("case", "which"): ("deposited", "kofi", {}),
    **{("case", state): ("cut", "kofi", {"dispute_id": 0, "since": "2026-11-23T09:00:00+00:00", "pending": "late"}) for state in ("words", "sure")},
    ("decision", "fair"): ("cut", "ama", {"dispute_id": 0, "rate": True}),
    **{("job", state): ("deposited", "kofi", ORDER) for state in ("answer", "reason")},
    ("jobs", "pick"): ("deposited", "kofi", {}),
    ("availability", "pick"): ("ordered", "kofi", {}),
    ("wallet", "pick"): ("half paid", "kofi", {}),
    ("withdraw", "amount"): ("half paid", "kofi", {}),
    ("withdraw", "check"): ("half paid", "kofi", {"amount": 60_00}),
    **{("payout_number", s): ("ordered", "kofi", {"number": "233551234567"}) for s in ("number", "network")},
    ("payout_number", "asking"): ("ordered", "kofi", {"number": "233551234567", "network": "mtn", "check_id": 0}),
    ("payout_number", "check"): ("ordered", "kofi", {"number": "233551234567", "network": "mtn", "check_id": 1}),
    ("milestone", "photo"): ("accepted", "kofi", {}),
    ("milestone", "which"): ("accepted", "kofi", {"picture_id": 0}),
    ("milestone", "step"): ("accepted", "kofi", ORDER | {"picture_id": 0}),
    **{("fitting", state): ("fitted", "ama", ORDER) for state in ("verdict", "reason")},
    ("handover", "which"): ("all paid", "kofi", {}),
    ("handover", "code"): ("all paid", "kofi", ORDER),
    ("handover", "pieces"): ("all paid", "kofi", ORDER),
    ("delivery", "received"): ("handed over", "ama", ORDER),
    **{("circle", s): ("ordered", "ama", PLAN) for s in ("event", "day", "tailor", "payer", "fabric", "delivery", "closing", "confirm")},
    ("circles", "which"): ("ordered", "ama", {}),
    **{("circles", state): ("ordered", "ama", CIRCLE) for state in ("action", "tailor")},
    ("booking", "answer"): ("ordered", "kofi", CIRCLE | {"tailor_id": 0}),
    ("join", "code"): ("ordered", "ama", {}),
    **{("join", state): ("ordered", "ama", CIRCLE | {"item_id": 0}) for state in ("garment", "payer", "agree")},
    ("join", "measures"): ("ordered", "ama", CIRCLE | {"item_id": 1}),
    ("bring", "newcomer"): ("ordered", "ama", CIRCLE),
    ("sponsor", "answer"): ("ordered", "ama", {"item_id": 0}),
    ("settle", "sure"): ("ordered", "ama", CIRCLE),
    ("leave", "sure"): ("ordered", "ama", CIRCLE),
    **{("vote", state): ("ordered", "ama", CIRCLE) for state in ("options", "running")},
    ("ballot", "choice"): ("ordered", "ama", CIRCLE),
    ("content", "thumb"): ("ordered", "ama", {"plea_id": 0}),
}
#: Never waits for an answer.
PASSING = {("plea", "queue"), ("not_me", "alarm"), ("decision", "told"), ("refunds", "shown"), ("ruled", "told"), ("verification", "told")}
TAKES_ANY_WORDS = {("fitting", "reason"), ("job", "reason"), ("review", "words"), ("reply", "words")}  # whatever is written there is a reason


def test_every_state_has_its_scene() -> None:
    assert {(name, state) for name, flow in FLOWS.items() for state in flow.states} == SCENES.keys() | PASSING


def set_scene(house: Stage, name: str, state: str) -> tuple[str, Callable[[], None]]:
    """Puts somebody into a state; returns who, and how to put her there again."""
    reached, who, memory = SCENES[name, state]
    empty(house.parts.database)
    house.parts.redis.connection.flushall()
    house.reset()
    house.given_tailor("kofi", "kente shirts", "Accra", 250)
    with house.parts.database.begin() as db:
        house.tailor(db, "kofi").per_day = 9
    for customer in ("ama", "esi"):
        house.given_order(customer, "kente shirt", "kofi", reached)
    house.given_order("ama", "kente shirt", "kofi", reached) if name in ("orders", "review") else None
    set_clock_and_cash(house, name, state)
    set_case(house, name) if name in ("case", "decision") else None
    house.given_measurements("ama", "kente shirt")
    if name in CIRCLES or (name, state) == ("handover", "pieces"):
        set_circle(house, name, state)
    if who == "efua":
        house.say(who, "hello")
    remembered = {key: _real(house, key, value) for key, value in memory.items()}
    below = [Frame("browse", "town", dict(SHIRT))] if name == "resume" else []
    frames = [asdict(f) for f in (*below, Frame(name, state, remembered))]
    return who, lambda: _write(house, who, frames)


def set_clock_and_cash(house: Stage, name: str, state: str) -> None:
    """What the conversations about silence, cash and reviews need beside the order."""
    house.parts.till.routes["cash"] = ("cash",) if name in ("cash", "witness") else ()
    with house.parts.database.begin() as db:
        now, (order, *more) = house.parts.clock.now(), list(db.scalars(select(Order).order_by(Order.id)))
        tailor = order.tailor(db).person_id
        if name == "another":
            order.overdue(db, now)
        elif name == "voucher":
            payment = Payment.by_id(db, _payment(house, db, order))
            payment.hear(db, Needs(), (), {}, due=True, now=now)
        elif (name, state) in (("cash", "waiting"), ("witness", "answer")):
            Payment.claim_cash(db, order, by=tailor, now=now)
        elif name == "reply":
            for each in (order, *more):
                Review.give(db, each, dict.fromkeys(MARKS, 5), person_id=each.customer_id, words="", picture_id=None, now=now)


def set_case(house: Stage, name: str) -> None:
    """Every order has a case; the first one may be decided."""
    with house.parts.database.begin() as db:
        now = house.parts.clock.now()
        cases = [Dispute.open(db, o.id, o.customer_id, "delay", now) for o in db.scalars(select(Order).order_by(Order.id))]
        if name == "decision":
            cases[0].decide(db, "no_action", reason="withdrawn", by="Efua", now=now)
    house.settle()
    list(house.new_letters())


CIRCLES = ("circles", "booking", "join", "bring", "sponsor", "settle", "leave", "vote", "ballot")


def set_circle(house: Stage, name: str, state: str) -> None:
    """Ama's circle with Esi in it, and whatever this state needs beside."""
    house.given_measurements("esi", "kente shirt")
    circle = house.given_circle("ama", "kofi", ["ama", "esi"], "one by one, not agreed" if name == "booking" else "one by one")
    if (name, state) == ("circles", "which"):
        house.given_circle("ama", "kofi", [])
    with house.parts.database.begin() as db:
        now, order = house.parts.clock.now(), db.scalars(select(Order).order_by(Order.id)).first()
        assert order
        if name == "ballot" or state == "running":
            Vote.start(db, circle.id, [{"label": "blue", "picture_id": None}, {"label": "white", "picture_id": None}], now)
        if state == "measures":
            child = Profile.create(db, order.customer_id, "Akosua", "child", now=now)
            circle = Circle.by_id(db, circle.id, lock=True)
            circle.add(db, order.customer(db), "Akosua", child.id, now).choose(db.scalars(select(Offer)).one())
        if name == "handover":
            order.circle_id, order.pieces = circle.id, 2
            second = Piece.sewn(order.garment, Quote(0, 0, 0), {}, who="Esi")
            second.order_id, second.place = order.id, 2
            db.add(second)


def _real(house: Stage, key: str, value: Any) -> Any:
    """The id that a 0 stands for."""
    with house.parts.database.begin() as db:
        order = db.scalars(select(Order).order_by(Order.id)).first()
        offer = db.scalars(select(Offer)).first()
        assert order and offer
        if key == "payment_id":
            claim = Payment.open_for(db, order.id, "deposit")
            return claim.id if claim else _payment(house, db, order)
        if key == "dispute_id":
            return db.scalars(select(Dispute.id).order_by(Dispute.id)).first()
        if key == "review_id":
            return db.scalars(select(Review.id).order_by(Review.id)).first()
        if key == "births":
            return [Profile.create(db, order.customer_id, "Akosua", "child", now=house.parts.clock.now()).id]
        if key == "picture_id":
            return Picture.own(db, b"", house.parts.clock.now()).id
        if key == "plea_id":
            return Plea.take(db, order.customer_id, "esi", house.parts.clock.now()).id
        if key == "tailor_id":
            return offer.tailor_id
        if key == "check_id":
            check = HolderCheck.ask(db, offer.tailor_id, "233551234567", "mtn", house.parts.clock.now())
            check.answer("Kofi", house.parts.clock.now()) if value else None
            return check.id
        if key == "circle_id":
            return db.scalars(select(Circle.id).order_by(Circle.id)).first()
        if key == "item_id":
            return list(db.scalars(select(Item.id).order_by(Item.id)))[-1 if value else 0]
        return {"order_id": order.id, "number": order.number, "offer_id": offer.id, "offers": [offer.id]}.get(key, value)


def _payment(house: Stage, db: Any, order: Order) -> int:
    values = {"stage": "deposit", "person_id": order.customer_id, "provider": "mtn", "network": "mtn", "msisdn": "233241234567"}
    payment = Payment.start(db, order_id=order.id, amount=order.part("deposit"), currency="GHS", now=house.parts.clock.now(), **values)
    payment.begin(house.parts.clock.now(), timedelta(minutes=1))
    return payment.id


def _write(house: Stage, who: str, frames: list[dict[str, Any]]) -> None:
    with house.parts.database.begin() as db:
        person = house.person(db, who)
        assert person
        row = db.get_one(Conversation, person.id)
        row.stack, row.version, row.misses, row.heard_at = frames, row.version + 1, 0, house.parts.clock.now()
    house.parts.redis.connection.flushall()


def hear(house: Stage, who: str, **said: Any) -> list[Reply]:
    """Sends something and returns the answers; a bug is not forgiven here."""
    house.serial += 1
    with house.parts.database.begin() as db:
        before = db.scalar(select(func.max(Outbox.id))) or 0
    house.parts.engine.hear(Incoming("twilio", f"noise{house.serial}", PHONES[who], **said))
    with house.parts.database.begin() as db:
        person = house.person(db, who)
        rows = db.scalars(select(Outbox).where(Outbox.id > before, Outbox.person_id == person.id).order_by(Outbox.id)).all()  # type: ignore[union-attr]
        replies = [Reply.restored(row.body) for row in rows]
    assert replies and COMMON["sorry"] not in replies[0].text, said
    for reply in replies:
        check_manners(Letter(0, "", reply, ""))
    return replies


def fingerprint(house: Stage) -> list[Any]:
    """What noise must not touch."""
    with house.parts.database.begin() as db:
        orders = [(o.number, o.state, o.code_tries, o.hold_until) for o in db.scalars(select(Order).order_by(Order.id))]
        return [*orders, db.scalar(select(func.count(Entry.id))), db.scalar(select(func.count(Payment.id)))]


def means_nothing(text: str) -> bool:
    try:
        yes_no(text)
    except NotUnderstood:
        return not any(c.isdigit() for c in plain(text))
    return False


symbols = st.text(st.characters(categories=("So", "Sm", "Sk", "Po")), min_size=1, max_size=40).filter(means_nothing)
letters = st.text(st.characters(categories=("Lo", "So", "Zs")), min_size=1, max_size=60).filter(means_nothing)
texts = st.one_of(symbols, letters, st.sampled_from(["🧵🪡✂️", "zzqx " * 1000, "?!?", "\u202eabc", "%s {x} {0}", "'; DROP TABLE orders; --"]))
parts = st.sampled_from(
    ["", "pay", "order", "job", "cancel", "fitting", "welcome", "resume", "nobody", "code", "confirm", "0", "9" * 30, "SW-2611-00000", "1"]
)
taps = st.one_of(st.tuples(parts, parts, parts, parts).map("|".join), st.sampled_from(["", "|", "a|b|c|d", "x" * 128, "follow|action|SW|pay"]))
media = st.sampled_from(["audio", "video", "document", "sticker", "contact", "location", "unsupported"])
noise = st.one_of(
    texts.map(lambda text: {"kind": "text", "text": text}),
    taps.map(lambda tap: {"kind": "tap", "tap": tap, "text": "zzqx"}),
    media.map(lambda kind: {"kind": kind, "media": Media("https://api.twilio.com/x", "application/octet-stream")}),
)
every_scene = pytest.mark.parametrize(("name", "waits_for"), SCENES, ids=[f"{n}-{s}" for n, s in SCENES])


@pytest.fixture(scope="module")
def quiet(house: Stage) -> Iterator[Stage]:
    yield house
    empty(house.parts.database)
    house.reset()


@every_scene
@pytest.mark.xdist_group("stories")
def test_noise_neither_breaks_nor_traps_nor_moves_money(quiet: Stage, name: str, waits_for: str) -> None:
    who, again = set_scene(quiet, name, waits_for)
    again()
    hear(quiet, who, text="help")
    untouched = fingerprint(quiet)

    @settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(noise, min_size=1, max_size=3))
    def bombard(messages: list[dict[str, Any]]) -> None:
        again()
        hear(quiet, who, text="help")
        for message in messages:
            if (name, waits_for) in TAKES_ANY_WORDS and any(c.isalpha() for c in message.get("text", "")):
                continue
            hear(quiet, who, **message)
            assert fingerprint(quiet) == untouched, message
        hear(quiet, who, text="menu")
        if who != "efua":
            assert _top(quiet, who) == "menu"

    bombard()


def _top(house: Stage, who: str) -> str:
    with house.parts.database.begin() as db:
        person = house.person(db, who)
        assert person
        return str(Conversation.stack_of(db, person.id)[-1]["flow"])


@every_scene
@pytest.mark.xdist_group("stories")
def test_every_question_fits_in_every_language(quiet: Stage, name: str, waits_for: str) -> None:
    who, again = set_scene(quiet, name, waits_for)
    for code in WORDS.languages:
        with quiet.parts.database.begin() as db:
            person = quiet.person(db, who)
            assert person
            db.get_one(Person, person.id).language = code
        again()
        assert _waits_there(quiet, who, name, waits_for, hear(quiet, who, text="help"))


def _waits_there(house: Stage, who: str, name: str, state: str, replies: list[Reply]) -> bool:
    """The question was asked, and the person is still where the scene has put her."""
    with house.parts.database.begin() as db:
        person = house.person(db, who)
        assert person
        top = Conversation.stack_of(db, person.id)[-1]
    return (top["flow"], top["state"]) == (name, state) and bool(replies)
