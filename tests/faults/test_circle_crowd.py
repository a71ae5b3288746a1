"""Nine phones in one circle, all writing at the same moment, each message delivered twice: exact to the pesewa, and nobody sees another's body."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from bot import jobs
from bot.rules import circle as rules
from bot.rules import escrow, pricing
from models import ledger
from models.circle import Circle
from models.circle_item import Item
from models.inbox import Inbox
from models.order import Order
from models.payment import Payment
from models.person import Person
from models.piece import Piece
from models.profile import Profile
from models.tailor import Offer, Tailor
from models.vote import Vote
from tests.stage import PHONES, Stage

CROWD = ("ama", "esi", "yaw", "adwoa", "kwame", "efua", "abena", "kojo", "akua")
PRICE = 333_33  # pesewas: nothing about it is round
FIELDS = ("neck", "shoulder", "chest", "sleeve_length", "top_length")


def inches(who: str) -> tuple[float, ...]:
    """A body nobody else of the circle has, in eighths of an inch."""
    n = CROWD.index(who)
    return 14 + n / 8, 16 + n / 8, 36 + n / 2, 23 + n / 8, 28 + n / 4


def millimetres(who: str) -> dict[str, int]:
    return dict(zip(FIELDS, (round(i * 25.4) for i in inches(who)), strict=True))


class Crowd:
    """Everybody does something at once; every webhook comes twice, from two threads."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.messages, self.slowest = stage, 0, 0.0
        self.app = stage.web.application

    def all_say(self, words: dict[str, str]) -> None:
        forms = [self.stage.form(who, Body=text, MessageType="text") for who, text in words.items()]
        twice = [form for form in forms for _ in range(2)]
        if not twice:
            return
        gate = threading.Barrier(len(twice))
        with ThreadPoolExecutor(len(twice)) as pool:
            list(pool.map(lambda form: self._post(form, gate), twice))
        self.messages += len(forms)
        self.stage.settle()

    def _post(self, form: dict[str, str], gate: threading.Barrier) -> None:
        stage = self.stage
        mine = stage.__class__.__new__(stage.__class__)
        mine.__dict__.update(stage.__dict__, web=self.app.test_client())
        gate.wait()
        began = time.perf_counter()
        assert mine.post(form).status_code == 200
        self.slowest = max(self.slowest, time.perf_counter() - began)

    def each(self, text: str) -> None:
        self.all_say(dict.fromkeys(CROWD, text))


@pytest.fixture
def crowd(stage: Stage) -> Iterator[Crowd]:
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    with stage.parts.database.begin() as db:
        stage.tailor(db, "kofi").offer(db, "kente_shirt", PRICE)
    yield Crowd(stage)


def open_circle(stage: Stage, how: str = "") -> str:
    """Ama's circle with nobody in it; the others are strangers to the house."""
    return "JOIN-" + stage.given_circle("ama", "kofi", [], how).code


def come_in(crowd: Crowd, code: str) -> None:
    """From the code to an agreed piece, everybody at the same moment at every step."""
    crowd.each(code)
    strangers = [who for who in CROWD if who != "ama"]
    crowd.all_say(dict.fromkeys(strangers, "yes"))
    crowd.all_say({who: who.capitalize() for who in strangers})
    crowd.all_say(dict.fromkeys(strangers, "English"))
    crowd.each("kente shirt")
    crowd.each("take them now")
    crowd.all_say({who: "neck {}, shoulder {}, chest {}, sleeve length {}, top length {}".format(*inches(who)) for who in CROWD})
    crowd.each("yes")
    crowd.each("I pay")
    crowd.each("yes")


@pytest.mark.xdist_group("stories")
def test_nine_phones_at_once_each_message_twice(crowd: Crowd) -> None:
    stage, began = crowd.stage, time.perf_counter()
    come_in(crowd, open_circle(stage, "one lot"))
    with stage.parts.database.begin() as db:
        circle = db.scalars(select(Circle)).one()
        items = Item.of(db, circle.id)
        assert sorted(i.name for i in items) == sorted(who.capitalize() for who in CROWD)
        assert all(i.is_ready(db) and i.own and i.payer_id == i.keeper_id for i in items)
        assert db.scalar(select(func.count(Person.id))) == len(CROWD) + 1
    crowd.all_say({"ama": "my circle"})
    crowd.all_say({"ama": "close and order"})
    crowd.all_say({"ama": "yes"})
    check_totals(stage)
    pay_all(crowd)
    check_books(stage)
    check_privacy(stage)
    took = time.perf_counter() - began
    print(f"{crowd.messages} messages, each twice, in {took:.1f} s; the slowest answer took {crowd.slowest * 1000:.0f} ms")


def is_open(stage: Stage) -> bool:
    with stage.parts.database.begin() as db:
        return db.scalars(select(Circle)).one().is_open


def check_totals(stage: Stage) -> None:
    """Nine orders at the price that the rules give for nine, to the pesewa."""
    with stage.parts.database.begin() as db:
        orders = list(db.scalars(select(Order).order_by(Order.id)))
        kind = next(g for g in pricing.CATALOGUE if g.name == "kente_shirt")
        settled = rules.settle([(kind, PRICE)] * 9, fabric="shared")
        assert sorted(o.total for o in orders) == sorted(quote.total - off for quote, off in settled)
        assert {o.discount for o in orders} == {PRICE * 20 // 100}
        assert sum(o.fabric_cost for o in orders) == rules.lot_yards([kind.yards10] * 9) * pricing.FABRIC_PER_YARD
        assert all(sum(o.part(s) for s in escrow.STAGES) == o.total and o.pieces == 1 for o in orders)
        assert len({o.customer_id for o in orders}) == len(orders) == 9
        assert {i.state for i in db.scalars(select(Item))} == {"ordered"}
        for order in orders:
            (piece,) = Piece.of(db, order.id)
            assert {f: m["body"] for f, m in piece.measures.items()} == millimetres(order.customer(db).name.lower())


def pay_all(crowd: Crowd) -> None:
    """Everybody pays at once, and every callback comes twice, too."""
    stage = crowd.stage
    crowd.each("1")
    crowd.each("MTN MoMo")
    crowd.each("send prompt")
    with stage.parts.database.begin() as db:
        payments = list(db.scalars(select(Payment)))
        assert len(payments) == 9
        hints = [(p.provider, p.reference, p.callback_key) for p in payments for _ in range(2)]
    for provider, reference, _ in hints[::2]:
        stage.wallets[provider].pay(reference)
    with ThreadPoolExecutor(len(hints)) as pool:
        paths = [f"/webhooks/payment/{provider}?ref={reference}&k={key}" for provider, reference, key in hints]
        assert {a.status_code for a in pool.map(lambda path: crowd.app.test_client().post(path, json={}), paths)} == {200}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda work: work(), [jobs.carry_money, jobs.carry_money, jobs.carry_events, jobs.carry_events]))
    stage.settle()


def check_books(stage: Stage) -> None:
    with stage.parts.database.begin() as db:
        orders = list(db.scalars(select(Order)))
        assert {o.state for o in orders} == {"DEPOSIT_PAID"}
        for order in orders:
            assert ledger.held(db, order.id) == order.part("deposit") == order.total * 25 // 100
        assert not ledger.faults(db)
        assert not db.scalars(select(Inbox).where(Inbox.state == "failed")).all()


def check_privacy(stage: Stage) -> None:
    """Each one's chest was said to her and to the tailor, and to nobody else; the profiles hold what each has said of herself."""
    with stage.parts.database.begin() as db:
        for who in CROWD:
            person = stage.person(db, who)
            assert person
            profile = Profile.own(db, person.id)
            assert profile.values(db) == millimetres(who)
            assert {m.said_by for field in FIELDS for m in profile.history(db, field)} == {person.id}
    for who in CROWD:
        for field in ("neck", "chest"):  # no two of the nine have the same
            said = re.compile(rf"{field}:? [\d⅛¼⅜½⅝¾⅞]+ in \({millimetres(who)[field] / 10:g} cm\)", re.IGNORECASE)
            assert {stage.who(letter.to) for letter in stage.channel.sent if said.search(letter.reply.text)} == {who, "kofi"}
        own = PHONES[who][1:]
        others = [x.reply.text.replace(" ", "") for x in stage.channel.sent if stage.who(x.to) != who]
        assert not [text for text in others if own in text or "0" + own[3:] in text]


@pytest.mark.xdist_group("stories")
def test_only_as_many_come_in_as_there_are_places(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine knock at the same moment, four places are left."""
    stage = crowd.stage
    for who in CROWD[1:]:
        stage.given_customer(who)
    monkeypatch.setattr(rules, "MOST", 4)
    crowd.each(open_circle(stage))
    with stage.parts.database.begin() as db:
        assert len(Item.of(db, db.scalars(select(Circle.id)).one())) == 4


@pytest.mark.xdist_group("stories")
def test_votes_at_once_and_a_closing_that_meets_latecomers(crowd: Crowd) -> None:
    """Everybody votes and votes again while the circle is being closed: one vote each, one closing, no lock waits for another in a ring."""
    stage = crowd.stage
    for who in CROWD:
        stage.given_measurements(who, "kente shirt")
    stage.given_circle("ama", "kofi", list(CROWD))
    with stage.parts.database.begin() as db:
        circle_id = db.scalars(select(Circle.id)).one()
        options = [{"label": label, "picture_id": None} for label in ("blue", "white", "gold")]
        Vote.start(db, circle_id, options, stage.parts.clock.now())
    crowd.each("vote")
    crowd.all_say({who: str(1 + n % 3) for n, who in enumerate(CROWD)})
    crowd.each("vote")
    crowd.all_say({who: str(1 + n % 2) for n, who in enumerate(CROWD)})
    with stage.parts.database.begin() as db:
        vote = Vote.open_in(db, circle_id)
        assert vote and vote.counts(db) == [5, 4, 0]
    crowd.all_say({"ama": "my circle"} | dict.fromkeys(CROWD[1:], "leave circle"))
    crowd.all_say({"ama": "close and order"})
    crowd.all_say({"ama": "yes"} | dict.fromkeys(CROWD[5:], "yes"))  # four leave in the moment it is closed
    for _ in range(2):  # where they were faster she was asked again, with those who are left
        crowd.all_say({"ama": "yes"} if is_open(stage) else {})
    with stage.parts.database.begin() as db:
        items = list(db.scalars(select(Item).order_by(Item.id)))
        ordered, left = [i for i in items if i.state == "ordered"], [i for i in items if i.state == "left"]
        assert len(ordered) + len(left) == 9 and len(ordered) >= 5
        orders = list(db.scalars(select(Order)))
        offer, tailor = db.scalars(select(Offer)).one(), db.scalars(select(Tailor)).one()
        expected = offer.price - rules.discount(offer.price, len(ordered))
        assert {o.total for o in orders} == {expected} and len(orders) == len(ordered)
        assert all(o.tailor_id == tailor.id for o in orders)
        assert not db.scalars(select(Inbox).where(Inbox.state == "failed")).all()
