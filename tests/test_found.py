"""What a critical reader found: each of these once lost money, a message or a night's sleep."""

from __future__ import annotations

import struct
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bot import jobs, ticker
from bot.channels import Undelivered
from bot.messages import Receipt
from bot.payments import NotAccepted, Paid, Refused, Unknown
from bot.settings import BadSettings
from bot.spool import Spool
from bot.wiring import Parts
from models.conversation import lock_by_id
from models.inbox import Inbox
from models.milestone import Milestone
from models.order import Order
from models.outbox import Outbox
from models.payment import Payment
from models.picture import Picture
from models.tailor import Offer, Tailor
from tests.stage import Stage


def ordered(stage: Stage, reached: str, who: str = "ama") -> int:
    """The id of an order that has come so far."""
    with stage.parts.database.begin() as db:
        known = stage.person(db, "kofi")
    if known is None:
        stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order(who, "kente shirt", "kofi", reached)
    return stage.orders()[-1].id


def prompted(stage: Stage, who: str = "ama") -> int:
    """A prompt for the deposit is on a customer's phone; the payment's id."""
    ordered(stage, "ordered", who)
    for words in ("my orders", "[Pay now]", "024 123 4567", "1", "[Send prompt]"):
        stage.say(who, words)
        list(stage.new_letters())
    return paid(stage).id


def paid(stage: Stage) -> Payment:
    with stage.parts.database.begin() as db:
        return db.scalars(select(Payment).order_by(Payment.id.desc())).first()  # type: ignore[return-value]


def texts(stage: Stage, who: str) -> str:
    return "\n".join(letter.reply.text for letter in stage.channel.sent if stage.who(letter.to) == who)


# -- money


def test_a_repeated_callback_does_not_ask_for_ever(stage: Stage) -> None:
    prompted(stage)
    stage.answer_prompt(refuse=Refused("declined"))
    assert (paid(stage).state, paid(stage).next_at) == ("failed", None)
    stage.callback("mtn", paid(stage).reference)
    stage.settle()
    stage.pass_time(0.1)
    assert paid(stage).next_at is None


def test_what_needs_a_person_is_not_asked_for_ever(stage: Stage) -> None:
    ident = prompted(stage)
    with stage.parts.database.begin() as db:
        payment = Payment.by_id(db, ident, lock=True)
        payment.state, payment.next_at = "needs_review", None
    stage.callback("mtn", paid(stage).reference)
    stage.settle()
    stage.pass_time(0.1)
    assert paid(stage).next_at is None


def test_a_late_second_answer_leaves_nothing_to_ask(stage: Stage) -> None:
    ident = prompted(stage)
    stage.answer_prompt()
    answer = stage.wallets["mtn"].answers[paid(stage).reference]
    stage.parts.cashier._take_in(ident, answer)
    assert paid(stage).state == "succeeded"
    assert paid(stage).next_at is None


def test_after_a_doubt_no_other_provider_is_asked(stage: Stage) -> None:
    """The first call may still arrive: a refusal to accept the repeated one proves nothing about it."""
    wallet = stage.wallets["mtn"]
    wallet.on_collect = [lambda c: Unknown("timeout"), lambda c: NotAccepted("429"), lambda c: NotAccepted("429"), lambda c: NotAccepted("429")]
    prompted(stage)
    stage.pass_time(0.2)
    assert stage.wallets["vodafone"].charges == {}
    assert paid(stage).provider == "mtn"


def test_after_a_crash_no_other_provider_is_asked(stage: Stage) -> None:
    """Killed in the middle of the call: nobody knows whether the provider has it."""
    wallet = stage.wallets["mtn"]
    wallet.on_collect = [lambda c: NotAccepted("429"), lambda c: NotAccepted("429"), lambda c: NotAccepted("429")]
    jobs.parts.cashier.carry_due, kept = (lambda: False), jobs.parts.cashier.carry_due  # type: ignore[method-assign]
    try:
        ident = prompted(stage)
    finally:
        jobs.parts.cashier.carry_due = kept  # type: ignore[method-assign]
    assert stage.parts.cashier._prepare(ident) is not None
    stage.pass_time(0.2)
    assert stage.wallets["vodafone"].charges == {}


def test_money_without_a_providers_number_counts_too(stage: Stage) -> None:
    for who in ("ama", "esi"):
        prompted(stage, who)
        wallet, reference = stage.prompt()
        wallet.answers[reference] = Paid(reference, wallet.charges[reference].amount, "GHS", "")
        stage.callback("mtn", reference)
        stage.settle()
        assert paid(stage).booked == "escrow"
        assert reference in texts(stage, who)


def test_the_sandbox_of_a_provider_is_refused_in_production(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"COLLECTION_KEY": "x", "API_USER": "u", "API_KEY": "k", "API_URL": "https://sandbox.momodeveloper.mtn.com"}.items():
        monkeypatch.setenv(f"MTN_{name}", value)
    settings = stage.parts.settings.model_copy(update={"environment": "production"})
    with pytest.raises(BadSettings):
        _ = Parts(settings).providers
    monkeypatch.delenv("MTN_API_URL")
    monkeypatch.setenv("MTN_CURRENCY", "EUR")
    with pytest.raises(BadSettings):
        _ = Parts(settings).providers


# -- the order


def test_a_receipt_of_a_rejected_fitting_starts_no_clock(stage: Stage) -> None:
    ident = ordered(stage, "cut")
    with stage.parts.database.begin() as db:
        order, now = Order.by_id(db, ident, lock=True), stage.parts.clock.now()
        old = order.show(db, "fitting", Picture.own(db, b"1", now).id, now)
        order.reject_fitting(db, "too long", now)
        order.show(db, "fitting", Picture.own(db, b"2", now).id, now)
        order.seen(db, old, now)
        assert db.scalar(text("SELECT count(*) FROM timer WHERE event LIKE 'fitting%'")) == 0


def test_an_old_silence_does_not_approve_a_new_fitting(stage: Stage) -> None:
    ident = ordered(stage, "cut")
    with stage.parts.database.begin() as db:
        order, now = Order.by_id(db, ident, lock=True), stage.parts.clock.now()
        order.seen(db, order.show(db, "fitting", Picture.own(db, b"1", now).id, now), now)
        Inbox.happen(db, order.customer_id, "fitting_silence", {"order_id": ident}, once="old", now=now)
    stage.settle()
    assert stage.orders()[-1].state == "READY_FOR_FITTING"


def test_customer_and_tailor_of_an_order_do_not_block_each_other(stage: Stage) -> None:
    """A timer for somebody else refers to her row: that must not wait for her own conversation."""
    ident = ordered(stage, "accepted")
    with stage.parts.database.begin() as db:
        order, now = Order.by_id(db, ident), stage.parts.clock.now()
        shown = order.show(db, "cutting", Picture.own(db, b"1", now).id, now).id
    with stage.parts.database.begin() as hers, stage.parts.database.begin() as his:
        lock_by_id(his, Tailor.by_id(his, order.tailor_id).person_id)
        lock_by_id(hers, order.customer_id)
        hers.execute(text("SET LOCAL lock_timeout = '500ms'"))
        Order.by_id(hers, ident, lock=True).seen(hers, hers.get_one(Milestone, shown), now)


def test_two_confirmations_at_once_both_count(stage: Stage) -> None:
    first, second = ordered(stage, "handed over"), ordered(stage, "handed over", "esi")
    with stage.parts.database.begin() as db:
        before = Tailor.by_id(db, stage.orders()[0].tailor_id).jobs
    with stage.parts.database.begin() as one:
        tailor = Order.by_id(one, first, lock=True).tailor(one)
        with stage.parts.database.begin() as two:
            Order.by_id(two, second, lock=True).confirm(two, "test", stage.parts.clock.now())
            Order.by_id(two, second).tailor(two).rest(two)
        Order.by_id(one, first, lock=True).confirm(one, "test", stage.parts.clock.now())
    with stage.parts.database.begin() as db:
        assert Tailor.by_id(db, tailor.id).jobs == before + 2
        assert not any(db.scalars(select(Offer.open).where(Offer.tailor_id == tailor.id)))


def test_a_cancellation_that_got_dearer_is_asked_again(stage: Stage) -> None:
    ident = ordered(stage, "deposited")
    stage.say("ama", "cancel order")
    if "Which order" in texts(stage, "ama"):
        stage.say("ama", "1")
    assert "the whole" in texts(stage, "ama")
    with stage.parts.database.begin() as db:
        Order.by_id(db, ident, lock=True).accept(db, stage.parts.clock.now())
    stage.say("ama", "yes")
    assert stage.orders()[-1].state == "ACCEPTED"
    assert "time kept free" in texts(stage, "ama")
    stage.say("ama", "yes")
    assert stage.orders()[-1].state == "CANCELLED"


def test_a_customer_who_does_not_decide_is_asked_again(stage: Stage) -> None:
    ordered(stage, "deposited")
    stage.pass_time(25)
    stage.pass_time(48)
    assert texts(stage, "ama").count("has not answered your order") >= 2


def test_a_problem_reported_in_time_holds_the_deposit(stage: Stage) -> None:
    ordered(stage, "cut")
    stage.say("ama", "agent")
    stage.pass_time(3)
    assert "is in your wallet" not in texts(stage, "kofi")


def test_not_right_beats_a_timer_that_has_just_rung(stage: Stage) -> None:
    ident = ordered(stage, "handed over")
    with stage.parts.database.begin() as db:
        customer = Order.by_id(db, ident).customer_id
    stage.say("ama", "my orders")
    list(stage.new_letters())
    stage.say("ama", "[I have it]")
    with stage.parts.database.begin() as db:
        Inbox.happen(db, customer, "delivery_silence", {"order_id": ident}, once="rung", now=stage.parts.clock.now() + timedelta(minutes=1))
    stage.post(stage.form("ama", Body="Not right"))
    stage.parts.story_clock.time += timedelta(minutes=2)
    stage.settle()
    assert stage.orders()[-1].state == "DELIVERED"


def test_a_refusal_is_told_while_she_does_something_else(stage: Stage) -> None:
    prompted(stage)
    stage.say("ama", "find a tailor")
    stage.answer_prompt(refuse=Refused("no_funds"))
    assert "not enough money" in texts(stage, "ama")


# -- what leaves


def receipt(stage: Stage, sid: str, status: Any, outcome: Any = "ok") -> None:
    stage.parts.engine.receive(Receipt("twilio", sid, status, row(stage).id, outcome=outcome))


def row(stage: Stage) -> Outbox:
    with stage.parts.database.begin() as db:
        return db.scalars(select(Outbox)).one()


def test_a_failure_reported_twice_counts_once(stage: Stage) -> None:
    stage.given_customer("ama")
    stage.off.add("ama")
    stage.say("ama", "menu")
    sid = f"SM{row(stage).id:032x}"
    receipt(stage, sid, "failed", "window_closed")
    receipt(stage, sid, "failed", "window_closed")
    assert row(stage).state == "waiting"
    with stage.parts.database.begin() as db:
        assert len(Outbox.claim(db, stage.parts.clock.now(), timedelta(seconds=30), 9)) == 1
    receipt(stage, sid, "failed", "window_closed")
    assert row(stage).state == "sending"


def test_a_receipt_saves_a_letter_from_being_sent_again(stage: Stage) -> None:
    stage.given_customer("ama")
    stage.channel.fail = lambda letter: Undelivered("timeout", unknown=True)
    stage.say("ama", "menu")
    with stage.parts.database.begin() as db:
        db.execute(text("UPDATE outbox SET state = 'waiting'"))
    receipt(stage, "SM" + "b" * 32, "delivered")
    assert row(stage).state == "sent"


def test_stop_releases_nothing_that_was_held_back(stage: Stage) -> None:
    stage.given_customer("ama")
    stage.channel.fail = lambda letter: Undelivered("63016", outcome="window_closed")
    stage.say("ama", "menu")
    stage.channel.fail = lambda letter: None
    stage.pass_time(30)
    stage.say("ama", "stop")
    assert [letter.reply.text[:12] for letter in stage.channel.sent] == ["You will get"]
    stage.say("ama", "start")
    assert any("Hello Ama" in letter.reply.text for letter in stage.channel.sent)


def test_a_letter_the_provider_always_chokes_on_ends(stage: Stage) -> None:
    stage.given_customer("ama")
    stage.channel.fail = lambda letter: Undelivered("HTTP 500", unknown=True)
    stage.say("ama", "menu")
    stage.pass_time(6)
    assert row(stage).state == "dead"


def test_a_letter_goes_out_on_its_readers_channel(stage: Stage) -> None:
    ident = ordered(stage, "deposited")
    with stage.parts.database.begin() as db:
        tailor = Order.by_id(db, ident).tailor(db).person_id
        db.execute(text("UPDATE address SET channel = 'console' WHERE person_id = :p"), {"p": tailor})
    for words in ("cancel order", "1", "yes"):
        stage.say("ama", words)
    with stage.parts.database.begin() as db:
        assert set(db.scalars(select(Outbox.channel).where(Outbox.person_id == tailor))) == {"console"}


# -- what comes in


def test_a_torn_line_on_the_disk_holds_up_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stage.given_customer("ama")
    spool = Spool(tmp_path)
    monkeypatch.setattr(stage.parts, "spool", spool, raising=False)
    (tmp_path / "requests").write_bytes(b"k1:torn in the middle")
    assert stage.post(stage.form("ama", Body="menu")).status_code == 200
    ticker.tick(stage.parts)
    stage.settle()
    assert "Hello Ama" in texts(stage, "ama")
    assert not spool.is_waiting()
    assert (tmp_path / "unreadable").read_bytes().strip() == b"k1:torn in the middle"


def test_a_photo_that_breaks_the_darkroom_is_given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    ordered(stage, "accepted")

    def breaks(media: object) -> None:
        raise struct.error("unpack requires a buffer")

    monkeypatch.setattr(stage.channel, "fetch", breaks)
    stage.say("kofi", "[photo] cutting")
    stage.pass_time(1)
    assert "could not open that photo" in texts(stage, "kofi")


def test_a_photo_that_is_here_is_never_lost_again(stage: Stage) -> None:
    with stage.parts.database.begin() as db:
        kept = Picture.own(db, b"jpeg", stage.parts.clock.now()).id
    stage.parts.darkroom._finish(kept, None)
    with stage.parts.database.begin() as db:
        assert Picture.by_id(db, kept).state == "kept"


def test_a_database_error_does_not_repeat_what_she_said(stage: Stage) -> None:
    with pytest.raises(Exception) as caught, stage.parts.database.begin() as db:
        db.execute(text("SELECT CAST(:x AS int)"), {"x": "my pin is 024 123 4567"})
    assert "parameters: {" not in str(caught.value)


