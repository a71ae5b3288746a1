"""Statements against our books: each difference is seen, booked where it can be, and never booked twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from bot import jobs
from bot.payments import Line, Refused, Silent
from bot.rules.schedule import AGAIN, RUNS, Every
from models import invariants, ledger, resolution
from models.case import Case
from models.disbursement import Disbursement
from models.payment import Payment
from models.refund import Refund
from models.schedule import Schedule
from models.statement import CLASSES, StatementLine
from models.switch import PAYOUTS, Switch
from tests.conftest import empty
from tests.fakes import MONDAY
from tests.models.test_case import CHECKER, MAKER
from tests.stage import Stage

TODAY = MONDAY.date()
WHO = ("ama", "esi", "abena", "kojo", "akua", "fiifi")


def paid_orders(stage: Stage, count: int = 1) -> list[Payment]:
    """Orders whose deposits of GHS 62.50 were collected by MTN this morning; a day later."""
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    with stage.parts.database.begin() as db:
        stage.tailor(db, "kofi").per_day = 50
    for who in WHO[:count]:
        stage.given_order(who, "kente shirt", "kofi", "deposited")
    stage.parts.story_clock.time += timedelta(days=1)
    with stage.parts.database.begin() as db:
        return list(db.scalars(select(Payment).order_by(Payment.id)))


def line_of(payment: Payment, **changes: object) -> Line:
    assert payment.submitted_at
    fresh = Line("collected", payment.provider_id or "", payment.reference, payment.amount, payment.currency, 0, payment.submitted_at, payment.msisdn)
    return replace(fresh, **changes)  # type: ignore[arg-type]


def take(stage: Stage, *lines: Line, days: tuple[date, ...] = (TODAY,)) -> dict[str, int]:
    return {verdict: n for verdict, n in stage.parts.auditor.take_in("mtn", lines, days).items() if n}


def cases(stage: Stage, *, closed: bool = False) -> list[tuple[str, int]]:
    with stage.parts.database.begin() as db:
        return [(case.kind, case.severity) for case in Case.waiting(db, closed=closed)]


def are_right(stage: Stage, *, but: tuple[str, ...] = ()) -> None:
    with stage.parts.database.begin() as db:
        assert [fault for fault in ledger.faults(db) if fault[:3] not in but] == []


def balance(stage: Stage, code: str) -> int:
    with stage.parts.database.begin() as db:
        return ledger.balance(db, code)


def settle(stage: Stage, what: str, **details: str) -> None:
    with stage.parts.database.begin() as db:
        case = db.scalars(select(Case).where(Case.state == "open")).one()
        case.propose(what, by=MAKER, why="seen", **details)
        resolution.confirm(db, case, CHECKER, stage.parts.clock.now())


# -- one class after the other


def test_what_agrees_is_matched_and_a_second_reading_changes_nothing(stage: Stage) -> None:
    lines = [line_of(p) for p in paid_orders(stage, 3)]
    assert take(stage, *lines) == {"matched": 3}
    assert take(stage, *lines, *lines) == {}
    assert cases(stage, closed=True) == []
    are_right(stage)


@pytest.mark.parametrize("lacks", ["provider_id", "reference", "both"])
def test_it_is_matched_by_what_the_line_has(stage: Stage, lacks: str) -> None:
    """The provider's number, else our reference, else wallet, amount and time."""
    payment = paid_orders(stage)[0]
    if lacks != "reference":
        with stage.parts.database.begin() as db:
            Payment.by_id(db, payment.id, lock=True).provider_id = None
    ident = payment.provider_id if lacks == "reference" else "OTHER"
    line = line_of(payment, provider_id=ident, reference=payment.reference if lacks == "provider_id" else "")
    assert take(stage, replace(line, at=line.at + timedelta(minutes=9))) == {"matched": 1}


def test_near_is_not_enough_when_it_is_too_late_or_another_wallet(stage: Stage) -> None:
    payment = paid_orders(stage)[0]
    with stage.parts.database.begin() as db:
        Payment.by_id(db, payment.id, lock=True).provider_id = None
    late = line_of(payment, provider_id="A", reference="", at=payment.submitted_at + timedelta(minutes=11))  # type: ignore[operator]
    assert take(stage, late, line_of(payment, provider_id="B", reference="", msisdn="233201234567"), days=()) == {"theirs_only": 2}


def test_ours_only_stops_the_payouts_until_it_is_explained(stage: Stage) -> None:
    payments = paid_orders(stage, 2)
    assert take(stage, line_of(payments[0])) == {"matched": 1, "ours_only": 1}
    assert cases(stage) == [("ours_only", 1)]
    with stage.parts.database.begin() as db:
        assert not Switch.is_on(db, PAYOUTS)
    are_right(stage)
    assert take(stage, line_of(payments[1])) == {"matched": 1}
    assert cases(stage) == [], "the line came late"


def test_what_lies_outside_of_the_statement_is_not_missed(stage: Stage) -> None:
    """Only days that are covered from the request to the booking accuse anybody."""
    payment = paid_orders(stage)[0]
    assert take(stage, days=(TODAY - timedelta(days=1), TODAY + timedelta(days=1))) == {}
    with stage.parts.database.begin() as db:
        Payment.by_id(db, payment.id, lock=True).submitted_at -= timedelta(days=1)  # type: ignore[operator]
    assert take(stage, days=(TODAY,)) == {"ours_only": 1}


def test_ours_only_is_written_off_by_two(stage: Stage) -> None:
    paid_orders(stage)
    take(stage)
    settle(stage, "written_off")
    assert (balance(stage, "provider_clearing:mtn"), balance(stage, "loss:writeoff")) == (0, 62_50)
    assert take(stage) == {"ours_only": 1} and cases(stage) == [], "it is known, and closed"


def test_money_without_a_record_is_kept_safe(stage: Stage) -> None:
    known = paid_orders(stage)[0]
    stray = Line("collected", "STRAY", "", 40_00, "GHS", 0, known.submitted_at, "233209999999")  # type: ignore[arg-type]
    assert take(stage, line_of(known), stray) == {"matched": 1, "theirs_only": 1}
    assert cases(stage) == [("theirs_only", 2)]
    assert balance(stage, "suspense:unmatched") == 40_00
    stage.parts.auditor.reconcile()
    assert balance(stage, "suspense:unmatched") == 40_00 and cases(stage) == [("theirs_only", 2)]
    are_right(stage)


def test_it_is_given_back_to_whom_two_people_find(stage: Stage) -> None:
    known = paid_orders(stage)[0]
    stray = line_of(known, provider_id="STRAY", msisdn="233209999999")  # the same reference, charged twice
    assert take(stage, line_of(known), stray) == {"matched": 1, "theirs_only": 1}
    settle(stage, "give_back", order=stage.orders()[0].number)
    stage.settle()
    stage.pass_time(1)
    with stage.parts.database.begin() as db:
        refund = db.scalars(select(Refund)).one()
        assert (refund.state, refund.amount) == ("paid", 62_50)
        assert db.scalars(select(Disbursement)).one().msisdn == "233209999999"
    stage.parts.auditor.reconcile()
    assert (balance(stage, "provider_clearing:mtn"), cases(stage)) == (62_50, [])
    are_right(stage)


def test_it_pays_the_order_it_was_meant_for(stage: Stage) -> None:
    paid_orders(stage)
    stage.given_order("esi", "kente shirt", "kofi", "ordered")
    at = stage.parts.clock.now()
    take(stage, Line("collected", "STRAY", "", 62_50, "GHS", 0, at, "233551234567"), days=())
    settle(stage, "apply", order=stage.orders()[1].number)
    stage.settle()
    assert stage.orders()[1].state == "DEPOSIT_PAID"
    stage.parts.auditor.reconcile(TODAY - timedelta(days=9))
    assert balance(stage, "suspense:unmatched") == 0
    are_right(stage)


def test_a_line_that_is_here_before_the_answer_is_asked_about(stage: Stage) -> None:
    """It names only the provider's number, which we do not know yet."""
    payment = prompted(stage)
    stage.wallets["mtn"].pay(payment.reference)
    ident = stage.wallets["mtn"].answers[payment.reference].provider_id  # type: ignore[union-attr]
    assert take(stage, line_of(payment, provider_id=ident, reference=""), days=()) == {"status_differs": 1}
    assert cases(stage) == [("status_differs", 2)]
    stage.pass_time(1)
    stage.parts.auditor.reconcile()
    assert balance(stage, "suspense:unmatched") == 0 and cases(stage) == []
    assert balance(stage, "provider_clearing:mtn") == 62_50
    are_right(stage)


def prompted(stage: Stage) -> Payment:
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    for said in ("my orders", "1", "1", "1", "yes"):
        stage.say("ama", said)
    with stage.parts.database.begin() as db:
        return db.scalars(select(Payment)).one()


def test_a_stray_whose_payment_is_booked_later_is_not_counted_twice(stage: Stage) -> None:
    payment = prompted(stage)
    assert take(stage, line_of(payment, provider_id="LATER", reference="", msisdn=""), days=()) == {"theirs_only": 1}
    stage.wallets["mtn"].pay(payment.reference)
    with stage.parts.database.begin() as db:
        Payment.by_id(db, payment.id, lock=True).hint(stage.parts.clock.now())
    stage.settle()
    with stage.parts.database.begin() as db:
        Payment.by_id(db, payment.id, lock=True).provider_id = "LATER"
    assert balance(stage, "provider_clearing:mtn") == 125_00
    stage.parts.auditor.reconcile()
    assert (balance(stage, "provider_clearing:mtn"), balance(stage, "suspense:unmatched"), cases(stage)) == (62_50, 0, [])
    are_right(stage)


def test_another_amount_opens_a_case(stage: Stage) -> None:
    payment = paid_orders(stage)[0]
    assert take(stage, line_of(payment, amount=62_00)) == {"amount_differs": 1}
    settle(stage, "written_off")
    assert (balance(stage, "provider_clearing:mtn"), balance(stage, "loss:writeoff")) == (62_00, 50)


def test_a_line_that_comes_again_altered_opens_a_case(stage: Stage) -> None:
    line = line_of(paid_orders(stage)[0], fee=50)
    assert take(stage, line) == {"matched": 1}
    assert take(stage, replace(line, fee=60)) == {} and cases(stage) == [("fee_differs", 3)]
    assert take(stage, replace(line, amount=1)) == {} and sorted(cases(stage)) == [("amount_differs", 2), ("fee_differs", 3)]
    assert balance(stage, "provider_fees") == 50


def test_fees_and_settlements_are_booked_once(stage: Stage) -> None:
    payment = paid_orders(stage)[0]
    at = payment.submitted_at
    assert at
    lines = [line_of(payment, fee=62), Line("fee", "F1", "", 10_00, "GHS", 0, at), Line("settled", "S1", "", 50_00, "GHS", 0, at)]
    assert take(stage, *lines) == {"matched": 1, "booked": 2}
    take(stage, *lines)
    stage.parts.auditor.reconcile(TODAY)
    assert balance(stage, "provider_fees") == 10_62 and balance(stage, "bank:settlement") == 50_00
    assert balance(stage, "provider_clearing:mtn") == 62_50 - 10_62 - 50_00
    are_right(stage)


def test_a_success_after_a_failure_is_asked_about_and_booked(stage: Stage) -> None:
    """F13: the provider said no, and its statement says yes."""
    payment = prompted(stage)
    stage.wallets["mtn"].refuse(payment.reference, Refused("no_funds"))
    stage.pass_time(0.1)
    with stage.parts.database.begin() as db:
        assert Payment.by_id(db, payment.id).state == "failed"
    stage.wallets["mtn"].pay(payment.reference)
    assert take(stage, line_of(payment, provider_id="MTN000001"), days=()) == {"status_differs": 1}
    assert cases(stage) == [("status_differs", 2)]
    stage.settle()
    assert stage.orders()[0].state == "DEPOSIT_PAID"
    stage.parts.auditor.reconcile()
    assert cases(stage) == [] and cases(stage, closed=True) == [("status_differs", 2)]
    are_right(stage)


def refunded(stage: Stage) -> Disbursement:
    paid_orders(stage)
    with stage.parts.database.begin() as db:
        db.merge(stage.orders()[0]).cancel(db, "person:1", stage.parts.clock.now())
    stage.settle()
    stage.pass_time(1)
    with stage.parts.database.begin() as db:
        return db.scalars(select(Disbursement)).one()


def out_line(out: Disbursement, **changes: object) -> Line:
    assert out.submitted_at
    return replace(Line("given_back", out.provider_id or "X", out.reference, out.amount, out.currency, 0, out.submitted_at), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "verdict", "severity"),
    [
        (lambda line: line, "matched", None),
        (lambda line: replace(line, amount=line.amount + 1), "amount_differs", 2),
        (lambda line: replace(line, provider_id="TWICE", reference="a" * 32), "sent_without_record", 1),
    ],
)
def test_money_that_left(stage: Stage, change: Callable[[Line], Line], verdict: str, severity: int | None) -> None:
    line = change(out_line(refunded(stage)))
    assert take(stage, line, days=()) == {verdict: 1}
    assert cases(stage) == ([(verdict, severity)] if severity else [])
    with stage.parts.database.begin() as db:
        assert Switch.is_on(db, PAYOUTS) is (severity != 1)


def test_money_that_left_although_we_believed_it_had_not(stage: Stage) -> None:
    for wallet in stage.wallets.values():
        wallet.on_send = [lambda out: Refused("cannot_receive")]
    out = refunded_once(stage)
    assert out.state == "failed"
    assert take(stage, out_line(out), days=()) == {"sent_though_failed": 1} and cases(stage) == [("sent_though_failed", 1)]


def refunded_once(stage: Stage) -> Disbursement:
    paid_orders(stage)
    with stage.parts.database.begin() as db:
        db.merge(stage.orders()[0]).cancel(db, "person:1", stage.parts.clock.now())
    jobs.carry_money()
    with stage.parts.database.begin() as db:
        return db.scalars(select(Disbursement)).one()


# -- what the provider says it holds


def test_the_balance_is_compared(stage: Stage) -> None:
    """F28: a settlement report that is short by a line leaves a gap that has a case."""
    paid_orders(stage, 2)
    assert stage.parts.auditor.compare_balance("mtn", 125_00) == 0
    assert stage.parts.auditor.compare_balance("mtn", 75_00) == -50_00
    assert cases(stage) == [("balance_differs", 2)]
    at = stage.parts.clock.now()
    take(stage, Line("settled", "S1", "", 50_00, "GHS", 0, at), days=())
    assert stage.parts.auditor.compare_balance("mtn", 75_00) == 0 and cases(stage) == []


def test_what_is_under_way_explains_a_difference(stage: Stage) -> None:
    prompted(stage)
    assert stage.parts.auditor.compare_balance("mtn", 62_50) == 0
    assert stage.parts.auditor.compare_balance("mtn", 62_51) == 62_51


# -- every night


def test_statements_are_asked_for_by_the_day_and_again_when_there_is_none(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = paid_orders(stage)[0]
    mtn, asked = stage.wallets["mtn"], []

    def statement(day: date) -> list[Line]:
        asked.append(day)
        if len(asked) == 1:
            raise Silent("not ready")
        return [line_of(payment)] if day == TODAY else []

    monkeypatch.setattr(mtn, "statement", statement)
    with stage.parts.database.begin() as db:
        Schedule.plan(db, RUNS, MONDAY)
        Schedule.plan(db, RUNS, MONDAY + timedelta(days=9))
    jobs.carry_books()
    jobs.carry_books()
    assert asked == [TODAY]
    stage.parts.story_clock.time += AGAIN + timedelta(seconds=1)
    jobs.carry_books()
    assert asked == [TODAY, TODAY] and cases(stage) == []
    stage.parts.story_clock.time += timedelta(days=3)
    jobs.carry_books()
    assert asked[2:] == [TODAY + timedelta(days=n) for n in (1, 2, 3)], "and not before the next night"
    with stage.parts.database.begin() as db:
        assert db.scalars(select(StatementLine)).one().verdict == "matched"


def test_runs_come_by_the_calendar() -> None:
    assert Every(hour=3).after(datetime(2026, 11, 23, 3, 0, tzinfo=UTC)) == datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    assert Every(hour=3).after(datetime(2026, 11, 23, 2, 59, tzinfo=UTC)) == datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    assert Every(hour=8, weekday=4).after(MONDAY) == datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
    assert jobs.RUNS.keys() == RUNS.keys()


def test_broken_books_are_a_case_of_the_worst_kind(stage: Stage) -> None:
    payment = paid_orders(stage)[0]
    with stage.parts.database.begin() as db:
        db.execute(text("UPDATE payment SET state = 'pending', next_at = NULL WHERE id = :id"), {"id": payment.id})
    stage.parts.auditor.reconcile(TODAY - timedelta(days=9))
    assert ("books_wrong", 1) in cases(stage)


# -- any statement


KINDS_OF_TROUBLE = st.sampled_from(
    ["as it is", "missing", "doubled", "doubled anew", "altered", "stray", "no reference", "another wallet", "fee", "euro"]
)
house_of_the_process: Stage


@given(st.lists(KINDS_OF_TROUBLE, min_size=4, max_size=4), st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def check_any_statement(troubles: list[str], twice: bool) -> None:
    """I20: whatever a statement says, each line ends matched, booked, or in a case with its money in suspense; the books stay right."""
    stage = house_of_the_process
    empty(stage.parts.database)
    stage.reset()
    lines: list[Line] = []
    for n, (payment, trouble) in enumerate(zip(paid_orders(stage, 4), troubles, strict=True)):
        lines += _troubled(line_of(payment), trouble, n)
    for _ in range(1 + twice):
        take(stage, *lines)
    stage.parts.auditor.reconcile(TODAY - timedelta(days=9))
    with stage.parts.database.begin() as db:
        assert ledger.faults(db) == []
        verdicts = set(db.scalars(select(StatementLine.verdict)))
        assert verdicts <= set(CLASSES), verdicts
        missing = sum(trouble == "missing" for trouble in troubles)
        assert len([c for c in Case.waiting(db) if c.kind == "ours_only"]) >= missing
        booked = db.scalar(text("SELECT coalesce(sum(balance), 0) FROM account WHERE code LIKE 'provider_clearing:mtn%'"))
        told = sum(line.amount - line.fee for line in dict.fromkeys(lines) if line.kind == "collected")
        open_gaps = sum(c.facts["excess"] for c in Case.waiting(db) if c.kind in ("ours_only", "amount_differs"))
        assert booked + open_gaps == told, "what the cases would book makes the books say what the provider says"


def _troubled(line: Line, trouble: str, n: int) -> list[Line]:
    return {
        "as it is": [line], "missing": [], "doubled": [line, line], "doubled anew": [line, replace(line, provider_id=f"AGAIN{n}")],
        "altered": [replace(line, amount=line.amount + 7 * (n + 1))],
        "stray": [line, replace(line, provider_id=f"STRAY{n}", reference="", amount=9_99)],
        "no reference": [replace(line, reference="")], "another wallet": [replace(line, provider_id=f"W{n}", reference="", msisdn="233209999999")],
        "fee": [replace(line, fee=65)], "euro": [line, replace(line, provider_id=f"E{n}", reference="", currency="EUR")],
    }[trouble]  # fmt: skip


def test_any_statement(house: Stage) -> None:
    global house_of_the_process
    house_of_the_process = house
    check_any_statement()


def test_the_rules_are_all_asked_or_tested_elsewhere() -> None:
    named = {check.id for check in invariants.CHECKS} | invariants.ELSEWHERE.keys()
    assert named == {f"I{n:02}" for n in range(1, 25)}
