"""A tailor is paid what is hers, once, whoever asks, runs, fails or changes a number at the same moment."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.payments import Absent, NotAccepted, Paid, Pending, Refused, Reversed, Unknown
from bot.payroll import Payroll
from bot.rules import NotAllowed, escrow
from bot.rules.payout import Terms
from models import ledger, payout
from models.base import Database
from models.disbursement import Disbursement
from models.dry_float import DryFloat
from models.funds import Funds, net, pending
from models.inbox import Inbox
from models.payday import Payday
from models.purse import Purse
from models.switch import PAYOUTS, Switch
from models.tailor import Tailor
from models.timer import Timer
from tests.fakes import MONDAY
from tests.stage import Life, Stage

FRIDAY = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
WEEK, LEASE = "2026-W48", timedelta(minutes=1)
_keys = itertools.count(1)


@pytest.fixture
def books(stage: Stage) -> Database:
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    return stage.parts.database


@pytest.fixture
def payroll(stage: Stage, books: Database) -> Payroll:
    stage.parts.story_clock.time = FRIDAY
    return stage.parts.payroll


def kofi(db: Session) -> Tailor:
    return db.scalars(select(Tailor).order_by(Tailor.id)).first()  # type: ignore[return-value]


def purse(db: Session) -> Purse:
    found = Purse.of(db, kofi(db).id)
    assert found
    return found


def earn(books: Database, amount: int) -> None:
    with books.begin() as db:
        ledger.post(db, f"collect:{next(_keys)}", {"provider_clearing:mtn": amount, f"tailor_wallet:{kofi(db).id}": -amount}, now=MONDAY)


def owe(books: Database, amount: int) -> None:
    with books.begin() as db:
        ledger.post(db, f"cash:{next(_keys)}", {f"tailor_receivable:{kofi(db).id}": amount, "platform_revenue": -amount}, now=MONDAY)


def funds(books: Database) -> Funds:
    with books.begin() as db:
        assert ledger.faults(db) == []
        return Funds.of(db, kofi(db).id)


def ask(stage: Stage, amount: int | None = None, once: str = "", now: datetime = MONDAY) -> list[Disbursement]:
    with stage.parts.database.begin() as db:
        return payout.request(db, kofi(db), amount, once=once or f"payout:withdraw:{next(_keys)}", till=stage.parts.till, now=now)


def refused(stage: Stage, amount: int | None = None, now: datetime = MONDAY) -> str:
    with pytest.raises(NotAllowed) as no:
        ask(stage, amount, now=now)
    return no.value.reason


def made(books: Database) -> list[Disbursement]:
    with books.begin() as db:
        return list(db.scalars(select(Disbursement).order_by(Disbursement.id)))


def hear(books: Database, out: Disbursement, answer: object, now: datetime = FRIDAY) -> str:
    """What the paymaster does with an answer."""
    with books.begin() as db:
        row = Disbursement.by_id(db, out.id, lock=True)
        if row.state == "approved":
            row.begin(now, LEASE)
        outcome = row.hear(db, answer, now)  # type: ignore[arg-type]
        payout.heard(db, row, now)
        return outcome


def proof(out: Disbursement) -> Paid:
    return Paid(out.reference, out.amount, out.currency, f"T{out.id}")


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Side by side, begun at the same moment; refusals are results, and the books never have to refuse anything."""
    start = Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> object:
        start.wait()
        try:
            return deed()
        except NotAllowed as no:
            return no

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


# -- how much there is


def test_what_is_hers_is_what_was_released_less_what_she_owes_and_what_is_disputed(stage: Stage, books: Database) -> None:
    stage.given_order("ama", "kente shirt", "kofi", "finished")
    with books.begin() as db:
        wallet = ledger.balance(db, f"tailor_wallet:{kofi(db).id}")
    assert wallet == 250_00 - 50_00
    owe(books, 30_00)
    assert funds(books) == Funds(wallet, 30_00, 0, 0)
    assert funds(books).available == 170_00
    stage.given_order("esi", "kente shirt", "kofi", "half paid")
    with books.begin() as db:
        life = Life.of(stage, db, stage_order(db))
        life.order.release(db, "deposit", MONDAY)
        life.order.freeze(db, "person:1", MONDAY)
    assert funds(books).disputed == 150_00 == funds(books).wallet - wallet
    assert funds(books).available == 170_00
    with books.begin() as db:
        assert pending(db, kofi(db).id, MONDAY) == []


def stage_order(db: Session):  # type: ignore[no-untyped-def]
    from models.order import Order

    return db.scalars(select(Order).order_by(Order.id.desc())).first()


def test_what_is_still_held_is_told_by_order_and_less_commission(stage: Stage, books: Database) -> None:
    with books.begin() as db:
        kofi(db).per_day = 9
    for reached in ("deposited", "accepted", "all paid"):
        stage.given_order("ama", "kente shirt", "kofi", reached)
    with books.begin() as db:
        shares = [amount for _, amount in pending(db, kofi(db).id, MONDAY)]
        wallet = ledger.balance(db, f"tailor_wallet:{kofi(db).id}")
    parts = escrow.split(250_00)
    assert shares == [parts["deposit"] * 8 // 10, 200_00 - wallet], "the first one she has not accepted; of the last one a part is released"
    assert wallet == parts["fitting"] * 8 // 10


def test_what_she_owes_is_taken_off_once(books: Database) -> None:
    earn(books, 100_00)
    owe(books, 30_00)
    for expected in (30_00, 0, 0):
        with books.begin() as db:
            assert net(db, kofi(db).id, MONDAY) == expected
    owe(books, 200_00)
    with books.begin() as db:
        assert net(db, kofi(db).id, MONDAY) == 70_00
    assert funds(books) == Funds(0, 130_00, 0, 0)
    earn(books, 130_00)
    with books.begin() as db:
        assert net(db, kofi(db).id, MONDAY) == 130_00
    assert funds(books) == Funds(0, 0, 0, 0)


# -- when she asks


def test_a_withdrawal_is_set_aside_and_nets_what_she_owes(stage: Stage, books: Database) -> None:
    earn(books, 200_00)
    owe(books, 40_00)
    (out,) = ask(stage)
    assert (out.amount, out.state, out.approved_by, out.provider, out.way) == (160_00, "approved", "rules", "vodafone", "transfer")
    assert (out.msisdn, out.network, out.name, out.next_at) == ("233201234567", "telecel", "Kofi", MONDAY)
    assert funds(books) == Funds(0, 0, 0, 160_00)
    hear(books, out, Pending())
    assert hear(books, out, proof(out)) == "sent"
    assert funds(books) == Funds(0, 0, 0, 0)


def test_the_same_request_twice_is_one(stage: Stage, books: Database) -> None:
    earn(books, 200_00)
    assert len(ask(stage, 60_00, once="payout:withdraw:77")) == 1
    assert ask(stage, 60_00, once="payout:withdraw:77") == []
    assert funds(books).in_flight == 60_00


def test_what_stands_in_the_way_of_a_withdrawal(stage: Stage, books: Database) -> None:
    assert refused(stage) == "below_minimum"
    earn(books, 49_99)
    assert refused(stage) == "below_minimum"
    earn(books, 1)
    assert refused(stage, 49_99) == "below_minimum"
    assert refused(stage, 50_01) == "more_than_available"
    with books.begin() as db:
        purse(db).name_state = "mismatched"
    assert refused(stage) == "name_mismatched"
    with books.begin() as db:
        purse(db).free("Esi")
        purse(db).stop(db, "not her", MONDAY)
    assert refused(stage) == "payouts_stopped"
    with books.begin() as db:
        purse(db).free("Esi")
        Switch.turn(db, PAYOUTS, off=True, why="the books differ", by="Esi", now=MONDAY)
    assert refused(stage) == "no_way"
    with books.begin() as db:
        Switch.turn(db, PAYOUTS, off=False, why="found", by="Esi", now=MONDAY)
        db.delete(purse(db))
    assert refused(stage) == "no_number"
    assert made(books) == []


def test_what_an_order_in_dispute_has_released_is_kept_back(stage: Stage, books: Database) -> None:
    stage.given_order("ama", "kente shirt", "kofi", "half paid")
    with books.begin() as db:
        stage_order(db).freeze(db, "person:1", MONDAY)
    assert funds(books).hers == 100_00
    assert refused(stage) == "in_dispute"


def test_three_withdrawals_a_day(stage: Stage, books: Database) -> None:
    earn(books, 1000_00)
    for n in range(3):
        ask(stage, 50_00, now=MONDAY + timedelta(minutes=n))
    assert refused(stage, 50_00, now=MONDAY + timedelta(hours=1)) == "too_many_withdrawals"
    assert len(ask(stage, 50_00, now=MONDAY + timedelta(days=1))) == 1


def test_a_large_sum_is_spread_over_days_and_waits_for_a_person(stage: Stage, books: Database) -> None:
    earn(books, 25_000_00)
    parts = ask(stage)
    assert [out.amount for out in parts] == [10_000_00, 10_000_00, 5_000_00]
    assert {(out.state, out.approved_by, out.next_at) for out in parts} == {("created", None, None)}
    tuesday = MONDAY + timedelta(days=1)
    with books.begin() as db:
        for out in parts:
            payout.approve(db, out.id, "Esi Boateng", till=stage.parts.till, now=tuesday)
    days = [out.next_at for out in made(books)]
    assert days == [tuesday, tuesday + timedelta(days=1), tuesday + timedelta(days=2)]
    assert {out.approved_by for out in made(books)} == {"Esi Boateng"}


def test_slices_do_not_get_round_the_second_person(stage: Stage, books: Database) -> None:
    earn(books, 9_000_00)
    assert ask(stage, 4_000_00)[0].approved_by == "rules"
    assert ask(stage, 1_000_01)[0].approved_by is None


def test_nobody_approves_what_she_asked_for_or_ran(stage: Stage, payroll: Payroll, books: Database) -> None:
    earn(books, 6_000_00)
    payroll.run(WEEK, "Esi Boateng")
    (out,) = made(books)
    for name in ("Esi Boateng", "boateng esi", "E. Boateng", "Esi", "Kofi", "Kofi's Sewing", ""):
        with books.begin() as db, pytest.raises(NotAllowed, match="same_person"):
            payout.approve(db, out.id, name, till=stage.parts.till, now=FRIDAY)
    with books.begin() as db:
        assert payout.approve(db, out.id, "Yaw Mensah", till=stage.parts.till, now=FRIDAY).next_at == FRIDAY
    with books.begin() as db, pytest.raises(NotAllowed, match="not_now"):
        payout.approve(db, out.id, "Yaw Mensah", till=stage.parts.till, now=FRIDAY)


def test_a_wallet_nobody_can_name_is_looked_at_until_money_has_reached_it(stage: Stage, books: Database) -> None:
    with books.begin() as db:
        purse(db).name, purse(db).name_state = "", "unknown"
    earn(books, 200_00)
    (first,) = ask(stage, 50_00)
    assert first.approved_by is None
    with books.begin() as db:
        payout.approve(db, first.id, "Esi Boateng", till=stage.parts.till, now=MONDAY)
    hear(books, first, Pending())
    hear(books, first, proof(first))
    assert ask(stage, 50_00, now=FRIDAY)[0].approved_by == "rules"


# -- I24, F27: the number


def change(books: Database, number: str = "233551234567", now: datetime = MONDAY) -> bool:
    with books.begin() as db:
        return Purse.take(db, kofi(db), number=number, network="mtn", name="Kofi", name_state="matched", now=now)[1]


def test_after_a_change_of_number_nothing_leaves_for_three_days(stage: Stage, books: Database) -> None:
    earn(books, 200_00)
    assert change(books)
    end = MONDAY + timedelta(hours=72)
    assert refused(stage, now=end - timedelta(seconds=1)) == "number_changed"
    (out,) = ask(stage, now=end)
    assert (out.msisdn, out.network, out.provider) == ("233551234567", "mtn", "mtn")


def test_the_same_number_again_is_no_change(stage: Stage, books: Database) -> None:
    earn(books, 200_00)
    assert not change(books, "233201234567")
    assert ask(stage)[0].network == "mtn", "the network may be another one: numbers are ported"


def test_going_back_is_a_change_too(stage: Stage, books: Database) -> None:
    earn(books, 200_00)
    change(books)
    assert change(books, "233201234567", MONDAY + timedelta(hours=71))
    assert refused(stage, now=MONDAY + timedelta(hours=100)) == "number_changed"


def test_what_was_to_leave_comes_back_when_the_number_changes(stage: Stage, books: Database) -> None:
    earn(books, 300_00)
    (waits,), (gone,) = ask(stage, 100_00), ask(stage, 60_00, now=MONDAY + timedelta(minutes=1))
    hear(books, gone, Unknown("timeout"))
    change(books, now=MONDAY + timedelta(minutes=2))
    assert [(out.id, out.state) for out in made(books)] == [(waits.id, "cancelled"), (gone.id, "unknown")]
    assert funds(books) == Funds(240_00, 0, 0, 60_00)


def test_a_change_and_the_call_to_the_provider_exclude_each_other(stage: Stage, books: Database) -> None:
    """Either it was sent to the number that was hers, or it came back; never both."""
    for n in range(6):
        earn(books, 60_00)
        with books.begin() as db:
            purse(db).changed_at = None
        (out,) = ask(stage, now=MONDAY + timedelta(days=n))

        def send(out: Disbursement = out) -> None:
            with books.begin() as db:
                row = Disbursement.by_id(db, out.id, lock=True)
                if row.state == "approved":
                    row.begin(MONDAY, LEASE)

        at_once(send, lambda n=n: change(books, f"23355123456{n}"))
        after = next(o for o in made(books) if o.id == out.id)
        assert after.state in ("cancelled", "submitting")
        assert (funds(books).wallet, funds(books).in_flight) == ((60_00, 0) if after.state == "cancelled" else (0, 60_00))
        if after.state == "submitting":
            hear(books, after, Pending())
            hear(books, after, proof(after))
        else:
            with books.begin() as db:
                ledger.post(db, f"test:{n}", {f"tailor_wallet:{kofi(db).id}": 60_00, "provider_clearing:mtn": -60_00}, now=MONDAY)


# -- payday


def test_two_runs_at_once_pay_each_tailor_once(stage: Stage, payroll: Payroll, books: Database) -> None:
    """F19, I21."""
    for who in ("yaw", "adwoa", "efua"):
        stage.given_tailor(who, "kente shirt", "Accra", 250)
    with books.begin() as db:
        for tailor_id in db.scalars(select(Tailor.id)):
            lines = {"provider_clearing:mtn": 80_00, f"tailor_wallet:{tailor_id}": -80_00}
            ledger.post(db, f"collect:{next(_keys)}", lines, now=MONDAY)
    runs = at_once(*[lambda: payroll.run(WEEK)] * 4)
    assert sum(run["paid"] for run in runs) == 4  # type: ignore[index]
    assert {out.once for out in made(books)} == {f"payout:{WEEK}:{n}" for n in {out.tailor_id for out in made(books)}}
    assert len(made(books)) == 4
    with books.begin() as db:
        assert ledger.faults(db) == []


def test_a_run_and_a_withdrawal_never_take_more_than_there_is(stage: Stage, payroll: Payroll, books: Database) -> None:
    for n in range(6):
        earn(books, 90_00)
        week = f"2027-W{n + 10}"
        run, withdraw = partial(payroll.run, week), partial(ask, stage, now=FRIDAY + timedelta(days=n))
        at_once(run, withdraw, run)
        assert funds(books).wallet == 0
        assert sum(out.amount for out in made(books)) == 90_00 * (n + 1)


def test_many_withdrawals_at_once_never_take_more_than_there_is(stage: Stage, books: Database) -> None:
    earn(books, 140_00)
    answers = at_once(*[lambda: ask(stage, 60_00)] * 6)
    assert sum(isinstance(answer, list) for answer in answers) == 2
    assert {answer.reason for answer in answers if isinstance(answer, NotAllowed)} <= {"more_than_available", "below_minimum"}
    assert funds(books) == Funds(20_00, 0, 0, 120_00)


def test_limits_hold_for_withdrawals_at_once(stage: Stage, books: Database) -> None:
    earn(books, 20_000_00)
    asks = [partial(ask, stage, 2_000_00, now=MONDAY + timedelta(seconds=n)) for n in range(8)]
    at_once(*asks)
    assert [out.approved_by for out in made(books)] == ["rules", "rules", None]


def test_a_run_is_safe_to_call_twice_and_what_comes_later_is_paid_the_next_week(payroll: Payroll, books: Database) -> None:
    earn(books, 60_00)
    assert payroll.run(WEEK)["paid"] == 1
    earn(books, 70_00)
    assert payroll.run(WEEK)["paid"] == 0
    with books.begin() as db:
        assert payout.weekly(db, kofi(db).id, WEEK, till=payroll.till, now=FRIDAY) == "before"
    assert payroll.run("2026-W49")["paid"] == 1
    assert [(out.run, out.amount) for out in made(books)] == [(WEEK, 60_00), ("2026-W49", 70_00)]


def test_a_run_that_was_killed_in_the_middle_goes_on(
    stage: Stage, payroll: Payroll, books: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.given_tailor("yaw", "kente shirt", "Accra", 250)
    with books.begin() as db:
        ids = list(db.scalars(select(Tailor.id).order_by(Tailor.id)))
        for tailor_id in ids:
            ledger.post(db, f"collect:{next(_keys)}", {"provider_clearing:mtn": 80_00, f"tailor_wallet:{tailor_id}": -80_00}, now=MONDAY)
    weekly = payout.weekly

    def killed(db: Session, tailor_id: int, *rest: object, **more: object) -> str:
        done = weekly(db, tailor_id, *rest, **more)  # type: ignore[arg-type]
        if tailor_id == ids[1]:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(payout, "weekly", killed)
    with pytest.raises(KeyboardInterrupt):
        payroll.pay_due()
    assert [out.tailor_id for out in made(books)] == ids[:1]
    monkeypatch.setattr(payout, "weekly", weekly)
    assert payroll.pay_due()
    assert [out.tailor_id for out in made(books)] == ids
    assert not payroll.pay_due()


def test_a_bug_with_one_tailor_holds_up_nobody_else(
    stage: Stage, payroll: Payroll, books: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.given_tailor("yaw", "kente shirt", "Accra", 250)
    with books.begin() as db:
        ids = list(db.scalars(select(Tailor.id).order_by(Tailor.id)))
        for tailor_id in ids:
            ledger.post(db, f"collect:{next(_keys)}", {"provider_clearing:mtn": 80_00, f"tailor_wallet:{tailor_id}": -80_00}, now=MONDAY)
    weekly = payout.weekly
    monkeypatch.setattr(payout, "weekly", lambda db, i, *a, **k: weekly(db, i, *a, **k) if i != ids[0] else 1 // 0)
    payroll.pay_due()
    assert [out.tailor_id for out in made(books)] == ids[1:]
    assert not payroll.pay_due(), "not every second"
    monkeypatch.setattr(payout, "weekly", weekly)
    stage.parts.story_clock.time += timedelta(minutes=11)
    payroll.pay_due()
    assert [out.tailor_id for out in made(books)] == [*ids[1:], ids[0]]


def test_payday_comes_by_itself_and_late_when_the_house_was_down(stage: Stage, books: Database) -> None:
    """F29: one open row, named by its Friday; whoever looks, whenever, pays that week once."""
    earn(books, 60_00)
    stage.parts.story_clock.time = FRIDAY - timedelta(seconds=1)
    assert not stage.parts.payroll.pay_due()
    stage.parts.story_clock.time = FRIDAY + timedelta(days=18)  # Tuesday, three weeks later
    assert stage.parts.payroll.pay_due()
    assert not stage.parts.payroll.pay_due()
    assert [out.run for out in made(books)] == [WEEK]
    with books.begin() as db:
        days = {p.week: (p.next_at, p.done_at is not None) for p in db.scalars(select(Payday))}
    assert days == {WEEK: (FRIDAY, True), "2026-W51": (FRIDAY + timedelta(days=21), False)}


def test_while_payouts_are_switched_off_payday_waits(stage: Stage, payroll: Payroll, books: Database) -> None:
    earn(books, 60_00)
    with books.begin() as db:
        Switch.turn(db, PAYOUTS, off=True, why="the books differ", by="Esi", now=FRIDAY)
    assert not payroll.pay_due()
    with books.begin() as db:
        Switch.turn(db, PAYOUTS, off=False, why="found", by="Esi", now=FRIDAY)
    stage.parts.story_clock.time += timedelta(minutes=11)
    assert payroll.pay_due()
    assert [out.run for out in made(books)] == [WEEK]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda db: db.delete(purse(db)), "no_number"),
        (lambda db: setattr(purse(db), "name_state", "mismatched"), "name_mismatched"),
        (lambda db: setattr(purse(db), "changed_at", FRIDAY - timedelta(hours=71)), "number_changed"),
        (lambda db: purse(db).stop(db, "not her", FRIDAY), "payouts_stopped"),
        (lambda db: setattr(purse(db), "name_state", "unknown"), "a_person"),
        (lambda db: setattr(purse(db), "network", "none"), "no_way"),
    ],
)
def test_who_is_held_hears_why_and_once(payroll: Payroll, books: Database, spoil: Callable[[Session], object], why: str) -> None:
    earn(books, 60_00)
    with books.begin() as db:
        spoil(db)
    assert payroll.run(WEEK)[why] == 1
    payroll.run(WEEK)
    with books.begin() as db:
        told = list(db.scalars(select(Inbox.body).where(Inbox.name == "payout_held")))
    assert told == [{"week": WEEK, "why": why}]
    assert funds(books).wallet + funds(books).in_flight == 60_00
    assert all(out.next_at is None for out in made(books))


def test_when_the_hold_is_over_the_week_is_paid_after_all(payroll: Payroll, books: Database) -> None:
    earn(books, 60_00)
    change(books, now=FRIDAY - timedelta(hours=71))
    payroll.run(WEEK)
    with books.begin() as db:
        timer = db.scalars(select(Timer).where(Timer.event == "payout_hold_over")).one()
    assert timer.due_at == FRIDAY + timedelta(hours=1)
    assert payroll.run(WEEK)["number_changed"] == 1
    with books.begin() as db:
        assert payout.weekly(db, kofi(db).id, WEEK, till=payroll.till, now=timer.due_at) == "paid"


def test_too_little_is_kept_without_a_word(payroll: Payroll, books: Database) -> None:
    earn(books, 80_00)
    owe(books, 40_00)
    assert payroll.run(WEEK) == {"below_minimum": 1}
    assert funds(books) == Funds(40_00, 0, 0, 0)
    with books.begin() as db:
        assert db.scalar(select(Inbox.id).where(Inbox.name == "payout_held")) is None


# -- what becomes of it


def test_what_does_not_arrive_is_hers_again(payroll: Payroll, books: Database) -> None:
    earn(books, 60_00)
    payroll.run(WEEK)
    (out,) = made(books)
    assert hear(books, out, Refused("wallet_limit", "LIMIT")) == "not_sent"
    assert funds(books) == Funds(60_00, 0, 0, 0)
    with books.begin() as db:
        assert db.scalar(select(Timer.id).where(Timer.event == "payout_again")) is None, "her wallet's fault: the same again would fail"
        assert payout.again(db, out.id, till=payroll.till, now=FRIDAY) is None
    payroll.run(WEEK)
    assert len(made(books)) == 1
    assert payroll.run("2026-W49")["paid"] == 1


def test_a_payout_that_comes_back_is_credited_once_and_payable_again(stage: Stage, payroll: Payroll, books: Database) -> None:
    """F17."""
    earn(books, 60_00)
    payroll.run(WEEK)
    (out,) = made(books)
    hear(books, out, Pending())
    hear(books, out, proof(out))
    assert hear(books, out, Reversed()) == "reversed"
    for _ in range(3):
        assert hear(books, out, Reversed()) == "nothing"
        assert hear(books, out, proof(out)) == "nothing"
    assert funds(books) == Funds(60_00, 0, 0, 0)
    assert ask(stage, now=FRIDAY)[0].amount == 60_00


@pytest.mark.parametrize("answer", [NotAccepted("503"), Refused("float_empty"), Refused("provider_down"), Refused("unclear")])
def test_what_is_our_fault_is_tried_anew_later(payroll: Payroll, books: Database, answer: object) -> None:
    earn(books, 60_00)
    payroll.run(WEEK)
    (out,) = made(books)
    hear(books, out, answer)
    with books.begin() as db:
        assert db.scalars(select(Timer.due_at).where(Timer.event == "payout_again")).one() == FRIDAY + timedelta(minutes=5)
        new = payout.again(db, out.id, till=payroll.till, now=FRIDAY + timedelta(minutes=5))
        assert new is not None
        assert (new.retry_of, new.run, new.amount, new.reference != out.reference) == (out.id, WEEK, 60_00, True)
        assert new.provider == "vodafone", "the only one that is configured for her network"
    with books.begin() as db:
        assert payout.again(db, out.id, till=payroll.till, now=FRIDAY) is None, "nothing is left to send"
    assert funds(books) == Funds(0, 0, 0, 60_00)


def test_another_provider_tries_where_one_is_down(stage: Stage, books: Database) -> None:
    earn(books, 60_00)
    change(books, now=MONDAY - timedelta(days=9))  # to MTN, which two providers serve
    (out,) = ask(stage)
    hear(books, out, NotAccepted("503"))
    with books.begin() as db:
        new = payout.again(db, out.id, till=stage.parts.till, now=FRIDAY)
    assert new and (out.provider, new.provider) == ("mtn", "vodafone")


@pytest.mark.parametrize("answer", [Unknown("timeout"), Pending(), Absent()])
def test_what_nobody_knows_is_never_sent_under_another_name(payroll: Payroll, books: Database, answer: object) -> None:
    """F16."""
    earn(books, 60_00)
    payroll.run(WEEK)
    (out,) = made(books)
    hear(books, out, answer)
    earn(books, 500_00)
    with books.begin() as db:
        assert payout.again(db, out.id, till=payroll.till, now=FRIDAY) is None
        assert db.scalar(select(Timer.id).where(Timer.event == "payout_again")) is None
    payroll.run(WEEK)
    assert len(made(books)) == 1
    assert funds(books) == Funds(500_00, 0, 0, 60_00)


def test_after_four_attempts_it_rests_in_her_wallet(payroll: Payroll, books: Database) -> None:
    earn(books, 60_00)
    payroll.run(WEEK)
    out, waits = made(books)[0], []
    while payout_planned(books, out):
        with books.begin() as db:
            waits.append(db.scalars(select(Timer).where(Timer.key == f"payout:{out.id}:again")).one().due_at - FRIDAY)
            new = payout.again(db, out.id, till=payroll.till, now=FRIDAY)
        assert new
        out = new
    assert [w.total_seconds() for w in waits] == [300, 3600, 6 * 3600, 24 * 3600]
    assert funds(books) == Funds(60_00, 0, 0, 0)


def payout_planned(books: Database, out: Disbursement) -> bool:
    hear(books, out, Refused("provider_down"))
    with books.begin() as db:
        return payout.goes_again(Disbursement.by_id(db, out.id))


def test_less_is_left_when_she_withdrew_meanwhile(stage: Stage, payroll: Payroll, books: Database) -> None:
    earn(books, 130_00)
    payroll.run(WEEK)
    (out,) = made(books)
    hear(books, out, Refused("provider_down"))
    ask(stage, 60_00, now=FRIDAY)
    with books.begin() as db:
        new = payout.again(db, out.id, till=payroll.till, now=FRIDAY + timedelta(minutes=5))
    assert new and new.amount == 70_00
    assert funds(books).wallet == 0


# -- F18: our own money runs out


def test_an_empty_float_pauses_the_batch_and_nothing_is_half_done(stage: Stage, payroll: Payroll, books: Database) -> None:
    for who in ("yaw", "adwoa", "efua"):
        stage.given_tailor(who, "kente shirt", "Accra", 250)
    with books.begin() as db:
        for tailor_id in db.scalars(select(Tailor.id)):
            ledger.post(db, f"collect:{next(_keys)}", {"provider_clearing:mtn": 80_00, f"tailor_wallet:{tailor_id}": -80_00}, now=MONDAY)
    payroll.run(WEEK)
    first, *rest = made(books)
    hear(books, first, Refused("float_empty"))
    calls: list[str] = []
    wallets = stage.wallets["vodafone"]
    wallets.on_send = [lambda t: calls.append(t.reference)] * 9  # type: ignore[func-returns-value,list-item]
    stage.parts.paymaster.carry_due()
    assert calls == []
    assert [(out.state, out.next_at and out.next_at > stage.parts.story_clock.time) for out in made(books)[1:]] == [("approved", True)] * 3
    with books.begin() as db:
        assert ledger.faults(db) == []
        assert [dry.provider for dry in DryFloat.all(db)] == ["vodafone"]
    wallets.on_send = []
    assert wallets.balance() == 0
    stage.parts.story_clock.time += timedelta(minutes=10)
    stage.parts.teller.check_due()
    stage.parts.paymaster.carry_due()
    assert {out.state for out in made(books)[1:]} == {"approved"}, "the float is still empty"
    wallets.balance = lambda: 80_00  # type: ignore[method-assign]
    stage.parts.story_clock.time += timedelta(minutes=11)
    stage.parts.teller.check_due()
    stage.parts.paymaster.carry_due()
    assert {out.state for out in made(books)[1:]} == {"pending"}
    assert len(rest) == 3
    del wallets.balance


def test_what_was_meant_for_tomorrow_is_not_woken_when_there_is_money_again(stage: Stage, books: Database) -> None:
    earn(books, 4_000_00)
    (out,) = ask(stage)
    with books.begin() as db:
        Disbursement.by_id(db, out.id).next_at = FRIDAY
        DryFloat.note(db, "vodafone", MONDAY)
    with books.begin() as db:
        DryFloat.over(db, "vodafone", MONDAY)
        assert DryFloat.all(db) == []
    assert made(books)[0].next_at == FRIDAY


def test_limits_are_the_operators(stage: Stage, books: Database) -> None:
    from dataclasses import replace

    earn(books, 100_00)
    till = replace(stage.parts.till, terms=Terms(minimum=20_00, a_person_above=30_00, per_day=60_00))
    with books.begin() as db:
        parts = payout.request(db, kofi(db), None, once="payout:withdraw:1", till=till, now=MONDAY)
    assert [(out.amount, out.approved_by) for out in parts] == [(60_00, None), (40_00, None)]
