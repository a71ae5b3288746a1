"""A case about an order: what it freezes, what a decision moves, and who wins when everybody acts at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from bot import mediator
from bot.payments import Paid
from bot.rules import NotAllowed
from bot.voice import Unheard
from models import earnings, ledger
from models.circle import Circle
from models.dispute import Dispute
from models.dispute_word import DisputeWord
from models.inbox import Inbox
from models.ledger import Journal
from models.order import Order
from models.payment import Payment
from models.picture import Picture
from models.refund import Refund
from models.timer import Timer
from tests.fakes import MONDAY
from tests.stage import Stage

THREADS = 16
#: A kente shirt for GHS 250: 62.50, 125 and 62.50; commission 20 %.
DEPOSIT, FITTING, FINAL = 62_50, 125_00, 62_50


@pytest.fixture
def shop(stage: Stage) -> Stage:
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    return stage


def disputed(stage: Stage, reached: str, category: str = "quality", *, side: str = "customer") -> int:
    """The id of a case about Ama's order, which has come so far."""
    stage.given_order("ama", "kente shirt", "kofi", reached)
    with stage.parts.database.begin() as db:
        order = db.scalars(select(Order).order_by(Order.id.desc())).first()
        assert order
        person = order.sides(db)[side == "tailor"]
        return Dispute.open(db, order.id, person, category, stage.parts.clock.now()).id


def decide(stage: Stage, dispute_id: int, outcome: str, reason: str = "agreed", **what: Any) -> None:
    with stage.parts.database.begin() as db:
        Dispute.by_id(db, dispute_id).decide(db, outcome, reason=reason, by="Efua", now=stage.parts.clock.now(), **what)


def books(stage: Stage) -> dict[str, int]:
    """What the accounts of the one order hold, by their first words; right in themselves."""
    with stage.parts.database.begin() as db:
        assert ledger.faults(db) == []
        order = db.scalars(select(Order).order_by(Order.id)).one()
        codes = {
            "wallet": f"tailor_wallet:{order.tailor_id}", "owed": f"refunds_payable:{order.customer_id}", "revenue": "platform_revenue",
            "receivable": f"tailor_receivable:{order.tailor_id}", "loss": "loss",
        }  # fmt: skip
        found = {name: ledger.balance(db, code) for name, code in codes.items()} | {"held": ledger.held(db, order.id)}
        assert found["owed"] == (db.scalar(select(func.sum(Refund.amount)).where(Refund.state == "owed")) or 0), "what is owed is written down"
        return {name: amount for name, amount in found.items() if amount}


def state_of(stage: Stage) -> str:
    return stage.orders()[0].state


# -- money


def test_while_it_is_open_nothing_is_released(shop: Stage) -> None:
    disputed(shop, "handed over")
    before = books(shop)
    with shop.parts.database.begin() as db:
        order = Order.by_id(db, shop.orders()[0].id, lock=True)
        assert [order.release(db, stage, shop.parts.clock.now()) for stage in ("deposit", "fitting", "final")] == [0, 0, 0]
        for deed in (order.confirm, order.hand_over, order.cancel):
            with pytest.raises(NotAllowed):
                deed(db, "somebody", shop.parts.clock.now())
    assert books(shop) == before == {"held": DEPOSIT + FINAL, "wallet": 100_00, "revenue": 25_00}


def test_a_full_refund_is_owed_to_the_wallets_that_paid(shop: Stage) -> None:
    case = disputed(shop, "handed over")
    decide(shop, case, "full_refund", "not_as_agreed")
    assert state_of(shop) == "REFUNDED"
    assert books(shop) == {"owed": DEPOSIT + FINAL, "wallet": 100_00, "revenue": 25_00}
    with shop.parts.database.begin() as db:
        stages = {Payment.by_id(db, r.payment_id).stage: (r.amount, r.cause) for r in db.scalars(select(Refund))}
        assert stages == {"deposit": (DEPOSIT, "dispute"), "final": (FINAL, "dispute")}
        moved = db.scalars(select(Journal.key).where(Journal.key.like("dispute:%"))).all()
        assert moved == [f"dispute:{case}:refund"]


def test_a_partial_refund_leaves_the_rest_to_the_tailor_less_commission(shop: Stage) -> None:
    case = disputed(shop, "handed over")
    decide(shop, case, "partial_refund", refund=100_01)
    left = DEPOSIT + FINAL - 100_01  # 2,499: of 14,999 released in all, commission is 2,999
    assert state_of(shop) == "COMPLETED"
    assert books(shop) == {"owed": 100_01, "wallet": FITTING + left - 2999, "revenue": 2999}
    with shop.parts.database.begin() as db:
        found = Dispute.by_id(db, case)
        assert (found.refund, found.released, found.borne, found.bearer) == (100_01, left - 499, 0, None)
        assert {Payment.by_id(db, r.payment_id).stage: r.amount for r in db.scalars(select(Refund))} == {"final": FINAL, "deposit": 37_51}
        assert shop.tailor(db, "kofi").jobs == 21, "it counts as a job"


def test_what_two_wallets_paid_goes_back_to_each(shop: Stage) -> None:
    """Held is the deposit; the second part, released long ago, came from another wallet."""
    case = disputed(shop, "half paid")
    with shop.parts.database.begin() as db:
        payment = db.scalars(select(Payment).where(Payment.stage == "fitting")).one()
        payment.msisdn = "233551234567"
    decide(shop, case, "partial_refund", refund=10_00)
    with shop.parts.database.begin() as db:
        refund = db.scalars(select(Refund)).one()
        assert (Payment.by_id(db, refund.payment_id).stage, refund.amount) == ("deposit", 10_00)


@pytest.mark.parametrize(("bearer", "pocket"), [("tailor", "receivable"), ("platform", "loss")])
def test_what_is_no_longer_held_comes_out_of_a_named_pocket(shop: Stage, bearer: str, pocket: str) -> None:
    case = disputed(shop, "half paid")
    with pytest.raises(NotAllowed, match="bearer_missing"):
        decide(shop, case, "full_refund", refund=187_50)
    with pytest.raises(NotAllowed, match="more_than_paid"):
        decide(shop, case, "full_refund", refund=187_51, bearer=bearer)
    assert books(shop) == {"held": DEPOSIT, "wallet": 100_00, "revenue": 25_00}
    assert state_of(shop) == "DISPUTED"
    decide(shop, case, "full_refund", refund=187_50, bearer=bearer)
    assert books(shop) == {"owed": 187_50, pocket: FITTING, "wallet": 100_00, "revenue": 25_00}
    assert state_of(shop) == "REFUNDED"
    with shop.parts.database.begin() as db:
        moves = earnings.movements(db, shop.tailor(db, "kofi").id, MONDAY, MONDAY + timedelta(days=1))
        assert [(m.sort, m.owed) for m in moves if m.owed] == ([("reversal", FITTING)] if bearer == "tailor" else [])


def test_a_decision_is_made_once(shop: Stage) -> None:
    case = disputed(shop, "handed over")
    decide(shop, case, "full_refund")
    after = books(shop)
    for outcome in ("full_refund", "partial_refund", "continue"):
        with pytest.raises(NotAllowed, match="not_now"):
            decide(shop, case, outcome, refund=1 if "partial" in outcome else None)
    assert books(shop) == after


@pytest.mark.parametrize("reached", ["deposited", "accepted", "cut", "fitted", "approved", "half paid", "ready", "all paid", "handed over"])
def test_it_goes_on_where_it_was(shop: Stage, reached: str) -> None:
    case = disputed(shop, reached, side="tailor")
    before = books(shop)
    with shop.parts.database.begin() as db:
        origin = Dispute.by_id(db, case).from_state
    decide(shop, case, "no_action")
    assert state_of(shop) == origin
    assert books(shop) == before


def test_cash_cannot_be_sent_back(shop: Stage) -> None:
    """The second part went from hand to hand: neither is it held, nor can it be given back by us."""
    shop.given_order("ama", "kente shirt", "kofi", "approved")
    with shop.parts.database.begin() as db:
        order = Order.by_id(db, shop.orders()[0].id, lock=True)
        claim = Payment.claim_cash(db, order, by=order.customer_id, now=shop.parts.clock.now())
        claim.settle_cash(db, shop.parts.clock.now())
        order.funded(db, "fitting", shop.parts.clock.now())
        case = Dispute.open(db, order.id, order.customer_id, "payment", shop.parts.clock.now()).id
    with pytest.raises(NotAllowed, match="more_than_paid"):
        decide(shop, case, "full_refund", refund=DEPOSIT + 1, bearer="tailor")
    decide(shop, case, "full_refund")
    assert books(shop) == {"owed": DEPOSIT}


# -- a payment under way


def test_money_that_comes_while_it_is_open_goes_back_and_is_asked_for_again(shop: Stage) -> None:
    shop.given_order("ama", "kente shirt", "kofi", "ready")
    with shop.parts.database.begin() as db:
        order = Order.by_id(db, shop.orders()[0].id, lock=True)
        payment = start(shop, db, order, sent=True)
        case = Dispute.open(db, order.id, order.customer_id, "quality", shop.parts.clock.now()).id
    with shop.parts.database.begin() as db:
        order, payment = Order.by_id(db, order.id, lock=True), Payment.by_id(db, payment.id, lock=True)
        due = order.due_stage(db) == payment.stage
        paid = Paid(payment.reference, payment.amount, "GHS", "T1")
        assert payment.hear(db, paid, (), {}, due=due, now=shop.parts.clock.now()) == "surplus"
    assert books(shop) == {"held": DEPOSIT, "owed": FINAL, "wallet": 100_00, "revenue": 25_00}
    decide(shop, case, "continue")
    with shop.parts.database.begin() as db:
        assert Order.by_id(db, order.id).due_stage(db) == "final"


def test_a_prompt_that_nobody_has_sent_is_withdrawn(shop: Stage) -> None:
    shop.given_order("ama", "kente shirt", "kofi", "ready")
    with shop.parts.database.begin() as db:
        order = Order.by_id(db, shop.orders()[0].id, lock=True)
        payment = start(shop, db, order, sent=False)
        Dispute.open(db, order.id, order.customer_id, "quality", shop.parts.clock.now())
        assert payment.state == "cancelled"


def start(stage: Stage, db: Any, order: Order, *, sent: bool) -> Payment:
    values = {"person_id": order.customer_id, "provider": "mtn", "network": "mtn", "msisdn": "233241234567", "currency": "GHS"}
    later = stage.parts.clock.now() + timedelta(hours=1)  # three prompts in ten minutes are enough
    payment = Payment.start(db, order_id=order.id, stage="final", amount=order.part("final"), now=later, **values)
    if sent:
        payment.begin(later, timedelta(minutes=1))
    return payment


# -- everybody at once


def at_once(stage: Stage, deeds: list[Callable[[Any], object]]) -> list[object]:
    """Each in a thread and a transaction of its own, all at the same moment: what it returned, or the reason it was refused."""
    gate = threading.Barrier(len(deeds))

    def run(deed: Callable[[Any], object]) -> object:
        gate.wait()
        try:
            with stage.parts.database.begin() as db:
                return deed(db)
        except NotAllowed as refusal:
            return refusal.reason

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def test_sixteen_complaints_open_one_case(shop: Stage) -> None:
    shop.given_order("ama", "kente shirt", "kofi", "cut")
    order = shop.orders()[0]
    now = shop.parts.clock.now()
    found = at_once(shop, [lambda db: Dispute.open(db, order.id, order.customer_id, "quality", now).number] * THREADS)
    assert found.count("already_open") == THREADS - 1
    with shop.parts.database.begin() as db:
        assert len(Dispute.waiting(db)) == 1


@pytest.mark.parametrize("turn", range(3))
def test_a_complaint_or_the_release_wins_never_both(shop: Stage, turn: int) -> None:
    """The last release: whoever locks the order first."""
    shop.given_order("ama", "kente shirt", "kofi", "handed over")
    order, now = shop.orders()[0], shop.parts.clock.now()

    def confirm(db: Any) -> object:
        return Order.by_id(db, order.id, lock=True).confirm(db, "timer", now)

    def complain(db: Any) -> object:
        return Dispute.open(db, order.id, order.customer_id, "quality", now).number

    found = at_once(shop, [confirm, complain] * (THREADS // 2) if turn % 2 else [complain, confirm] * (THREADS // 2))
    won = [x for x in found if x not in ("not_now", "over", "already_open")]
    assert len(won) == 1, found
    if state_of(shop) == "DISPUTED":
        assert books(shop)["held"] == DEPOSIT + FINAL
    else:
        assert state_of(shop) == "COMPLETED"
        assert books(shop) == {"wallet": 200_00, "revenue": 50_00}


@pytest.mark.parametrize("turn", range(4))
def test_the_deposit_is_released_before_the_complaint_or_not_at_all(shop: Stage, turn: int) -> None:
    shop.given_order("ama", "kente shirt", "kofi", "cut")
    order, now = shop.orders()[0], shop.parts.clock.now()

    def release(db: Any) -> object:
        return "released", Order.by_id(db, order.id, lock=True).release(db, "deposit", now)

    def complain(db: Any) -> object:
        return Dispute.open(db, order.id, order.customer_id, "quality", now) and ("frozen", ledger.held(db, order.id))

    few = THREADS * turn // 6 + 1  # the more complain, the likelier one comes first
    found: list[Any] = at_once(shop, [*[complain] * few, *[release] * (THREADS - few)])
    released = [x[1] for x in found if x[0] == "released" and x[1]]
    (frozen,) = (x[1] for x in found if x[0] == "frozen")
    assert (released, frozen) in (([50_00], 0), ([], DEPOSIT))
    assert books(shop).get("held", 0) == frozen


def test_two_mediators_decide_once(shop: Stage) -> None:
    case, now = disputed(shop, "handed over"), shop.parts.clock.now()
    deeds = [lambda db: Dispute.by_id(db, case).decide(db, "partial_refund", reason="agreed", by="Efua", now=now, refund=10_00)] * THREADS
    found = at_once(shop, deeds)
    assert sorted(map(str, found)) == sorted(["None"] + ["not_now"] * (THREADS - 1))
    assert books(shop)["owed"] == 10_00


# -- clocks


def test_a_clock_that_rang_just_before_rings_again(shop: Stage) -> None:
    """Its event is in the post when the case opens: it comes to nothing, and is not lost."""
    case = disputed(shop, "fitted")
    with shop.parts.database.begin() as db:
        order = Order.by_id(db, shop.orders()[0].id)
        timer = db.scalars(select(Timer).where(Timer.event == "fitting_silence")).one()
        timer.rung_at, timer.paused_at = shop.parts.clock.now(), None
        facts = {"order_id": order.id, "due_at": timer.due_at.isoformat()}
        Inbox.happen(db, order.customer_id, "fitting_silence", facts, once="rung", now=shop.parts.clock.now())
    shop.parts.story_clock.time += timedelta(hours=48)
    shop.settle()
    assert state_of(shop) == "DISPUTED"
    shop.pass_time(24)
    decide(shop, case, "no_action")
    shop.pass_time(1)
    assert state_of(shop) == "FITTING_APPROVED"


def test_a_photo_that_arrives_while_it_is_open_starts_its_clock_afterwards(shop: Stage) -> None:
    shop.given_order("ama", "kente shirt", "kofi", "cut")
    with shop.parts.database.begin() as db:
        now, order = shop.parts.clock.now(), Order.by_id(db, shop.orders()[0].id, lock=True)
        photo = order.show(db, "fitting", Picture.own(db, b"jpeg", now).id, now)
        case = Dispute.open(db, order.id, order.customer_id, "milestone", now).id
        order.seen(db, photo, now)
        assert Timer.due(db, f"order:{order.id}:fitting:silence") is None
    decide(shop, case, "no_action")
    shop.pass_time(47)
    assert state_of(shop) == "READY_FOR_FITTING"
    shop.pass_time(2)
    assert state_of(shop) == "FITTING_APPROVED"


def test_nothing_rings_for_an_order_that_has_ended(shop: Stage) -> None:
    case = disputed(shop, "fitted")
    decide(shop, case, "full_refund")
    with shop.parts.database.begin() as db:
        assert {t.event for t in Timer.coming(db)} == {"satisfaction_due"}


# -- the event of a circle, warnings


def test_before_a_wedding_it_is_critical(shop: Stage) -> None:
    shop.given_measurements("ama", "kente shirt")
    shop.given_measurements("esi", "kente shirt")
    shop.given_circle("ama", "kofi", ["ama", "esi"], "cut")
    with shop.parts.database.begin() as db:
        circle, order = db.scalars(select(Circle)).one(), shop.orders()[0]
        circle.event_on = shop.parts.clock.now().date() + timedelta(days=7)
        dispute = Dispute.open(db, order.id, order.customer_id, "delay", shop.parts.clock.now())
        assert dispute.priority == "CRITICAL"
        assert dispute.answer_due_at - dispute.opened_at == timedelta(hours=4)


@pytest.mark.parametrize(("priority", "at_night"), [("CRITICAL", True), ("HIGH", False)])
def test_only_the_most_urgent_wakes_an_admin(shop: Stage, priority: str, at_night: bool) -> None:
    admin = shop.given_customer("yaw")
    case = disputed(shop, "cut")
    with shop.parts.database.begin() as db:
        db.merge(admin).role = "admin"
        night = shop.parts.clock.now().replace(hour=23)
        dispute = Dispute.by_id(db, case)
        dispute.priority = priority
        dispute.alarm(db, "due", night)
        event = db.scalars(select(Inbox).where(Inbox.name == "case_alarm")).one()
        assert (event.due_at == night) is at_night


# -- files


def test_a_voice_note_counts_as_sound_where_its_words_are_not_sure(shop: Stage) -> None:
    shop.listener.repeats = False
    shop.parts.switchboard.repeats = False
    disputed(shop, "cut")
    shop.say("ama", "my case")
    shop.say("ama", "[voice] the waist is thirty two")
    shop.parts.switchboard.repeats = True
    with shop.parts.database.begin() as db:
        word = db.scalars(select(DisputeWord)).one()
        assert word.text == ""
        assert word.recording_id
        path = shop.parts.links.voice(word.recording_id)
    assert [x.reply.picture for x in shop.channel.sent if shop.who(x.to) == "kofi"][:2] == [f"https://bot.example{path}", ""]
    answer = shop.web.get(path)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "audio/ogg", b"the waist is thirty two")
    assert shop.web.get(path.replace("-", "-0")).status_code == 404
    assert shop.web.get("/media/voice/x-y.ogg").status_code == 404


def test_a_voice_note_that_cannot_be_fetched_does_not_count(shop: Stage) -> None:
    shop.listener.fail = lambda: Unheard("no engine", retry=False)
    disputed(shop, "cut")
    shop.say("ama", "my case")
    shop.say("ama", "[voice] hello")
    with shop.parts.database.begin() as db:
        assert DisputeWord.of(db, Dispute.waiting(db)[0].id) == []
    assert "I could not open that file" in shop.channel.sent[-1].reply.text


def test_a_document_is_kept_as_it_came_and_shown_by_a_signed_link(shop: Stage) -> None:
    disputed(shop, "cut")
    shop.say("ama", "my case")
    shop.say("ama", "[document] our agreement")
    with shop.parts.database.begin() as db:
        word = db.scalars(select(DisputeWord)).one()
        assert word.picture_id
        path = shop.parts.links.evidence(word.picture_id, "application/pdf")
    answer = shop.web.get(path)
    assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert shop.web.get(path.replace(".pdf", ".html")).status_code == 404


def test_a_pdf_elsewhere_is_no_photo(shop: Stage) -> None:
    """Only a case takes documents."""
    with shop.parts.database.begin() as db:
        person = shop.given_customer("esi")
        Picture.want(db, person.id, "twilio", "https://api.twilio.com/x/file.pdf", "application/pdf", {}, shop.parts.clock.now())
    shop.settle()
    with shop.parts.database.begin() as db:
        assert db.scalars(select(Picture.state).order_by(Picture.id.desc())).first() == "lost"


# -- the commands


def run(stage: Stage, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(mediator.commands(lambda: stage.parts), list(words))
    return done.exit_code, done.output


def test_the_list_shows_what_is_overdue(shop: Stage) -> None:
    assert run(shop, "list") == (0, "No case is open.\n")
    case = disputed(shop, "cut")
    assert f"D-{case}" in run(shop, "list")[1] and "answer by Tue 24 Nov 09:00" in run(shop, "list")[1]
    shop.pass_time(25)
    assert "HIGH" in run(shop, "list")[1] and "OVERDUE since Tue 24 Nov 09:00" in run(shop, "list")[1]
    assert run(shop, "say", str(case), "I look into it", "--to", "both") == (0, "")
    assert "answered" in run(shop, "list")[1]


def test_a_case_is_shown_with_its_files(shop: Stage, tmp_path: Path) -> None:
    case = disputed(shop, "cut")
    shop.say("ama", "my case")
    for words in ("[photo] the cloth", "[document]", "[voice] it is torn"):
        shop.say("ama", words)
    run(shop, "say", f"D-{case}", "She is right, I think", "--to", "admins", "--by", "Efua")
    code, said = run(shop, "show", f"d-{case}", "--files", str(tmp_path / "files"))
    assert code == 0
    assert "Held: deposit GHS 62.50, fitting GHS 0.00, final GHS 0.00" in said
    assert "Efua to admins: She is right, I think" in said
    assert "customer: the cloth [" in said and "customer: it is torn [" in said
    assert sorted(f.suffix for f in (tmp_path / "files").iterdir()) == [".jpg", ".ogg", ".pdf"]
    assert not any("She is right" in letter.reply.text for letter in shop.channel.sent), "a note is for admins only"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--outcome", "full_refund", "--reason", "because"), "That reason does not go with full_refund"),
        (("--outcome", "partial_refund", "--reason", "agreed"), "There is no amount to give back"),
        (("--outcome", "partial_refund", "--reason", "agreed", "--refund", "62.51", "--bearer", "platform"), "At most GHS 62.50 can be given back"),
        (("--outcome", "partial_refund", "--reason", "agreed", "--refund", "-1"), "no amount in cedis"),
        (("--outcome", "no_action", "--reason", "agreed", "--changes"), "Changes go with the outcome continue only"),
    ],
)
def test_a_refusal_is_said_and_changes_nothing(shop: Stage, words: tuple[str, ...], why: str) -> None:
    case = disputed(shop, "cut")
    code, said = run(shop, "decide", str(case), *words, "--by", "Efua")
    assert code != 0
    assert why in said
    assert (state_of(shop), books(shop)) == ("DISPUTED", {"held": DEPOSIT})


def test_a_closed_case_takes_notes_only(shop: Stage) -> None:
    case = disputed(shop, "cut")
    code, said = run(shop, "decide", str(case), "--outcome", "full_refund", "--reason", "agreed", "--by", "Efua")
    assert (code, "GHS 62.50 to the customer" in said) == (0, True)
    assert run(shop, "say", str(case), "hello", "--to", "both")[0] == 1
    assert run(shop, "say", str(case), "hello", "--to", "admins")[0] == 0
    assert run(shop, "decide", str(case), "--outcome", "no_action", "--reason", "agreed", "--by", "Efua") == (1, "Error: This case is closed.\n")
    assert run(shop, "show", "999999999") == (1, "Error: There is no case D-999999999.\n")
    assert run(shop, "show", "twelve")[0] == 2
