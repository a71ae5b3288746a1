"""Compares one line of a provider's statement with our books: what it belongs to, and what follows when they differ."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import ledger
from models.base import Json
from models.case import Case
from models.disbursement import Disbursement
from models.payment import Payment
from models.statement import StatementLine

NEAR = timedelta(minutes=10)  # between our asking and the provider's own time
ADOPTED = "case:"  # begins the `code` of a payment that a decision about money without a record has made


def judge(db: Session, line: StatementLine, home: str, now: datetime) -> str:
    """Gives a line its verdict, books what it proves and opens or closes its case; may be repeated. `home` is the provider's currency."""
    _book_fee(db, line, home, now)
    before, line.verdict = line.verdict, None
    if line.kind == "collected":
        line.verdict = _collected(db, line, home, now)
    elif line.kind in ("sent", "given_back", "reversed"):
        line.verdict = _sent(db, line, home, now)
    else:
        line.verdict = "booked"
        if line.kind == "settled":
            _settle(db, line, home, now)
    if line.verdict == "matched" and before is not None:
        Case.settle(db, line.key, now)
    return line.verdict


# -- money that came


def _collected(db: Session, line: StatementLine, home: str, now: datetime) -> str:
    payment = _payment(db, line)
    if payment is None:
        return _adrift(db, line, home, now)
    line.payment_id = payment.id
    facts = {"payment_id": payment.id, "order_id": payment.order_id}
    if not payment.is_settled:
        Payment.by_id(db, payment.id, lock=True).hint(now)  # the provider is asked: what it answers is booked as ever
        return _differs(db, line, "status_differs", facts | {"ours": payment.state}, now)
    if not _is_adopted(payment) and not _take_back_orphan(db, line, home, now):
        return _differs(db, line, "amount_differs", facts | _gap(line, home, -line.amount), now)
    booked = sum(_clearing(db, orphan_key(line) if _is_adopted(payment) else f"collect:{payment.id}").values())
    Case.settle(db, f"ours_only:payment:{payment.id}", now)
    return "matched" if booked == line.amount else _differs(db, line, "amount_differs", facts | _gap(line, home, line.amount - booked), now)


def _payment(db: Session, line: StatementLine) -> Payment | None:
    """By the provider's id, by our reference, by wallet, amount and time; a payment answers for one line only."""
    mine = Payment.provider == line.provider, ~_claimed(StatementLine.payment_id == Payment.id, line)
    near = Payment.provider_id.is_(None), Payment.amount == line.amount, Payment.submitted_at.between(line.at - NEAR, line.at + NEAR)
    for how in ((Payment.provider_id == line.provider_id,), (Payment.reference == line.reference,)):
        if found := db.scalars(select(Payment).where(*mine, *how)).one_or_none():
            return found
    if line.reference or not line.msisdn:
        return None  # it names another payment, or no wallet
    alike = [p for p in db.scalars(select(Payment).where(*mine, *near)) if p.msisdn == line.msisdn]
    return alike[0] if len(alike) == 1 else None


def _adrift(db: Session, line: StatementLine, home: str, now: datetime) -> str:
    """Money without a record: ours to keep safe, not ours to keep."""
    mark = _mark(line, home)
    lines = {f"provider_clearing:{line.provider}{mark}": line.amount, f"suspense:unmatched{mark}": -line.amount}
    ledger.post(db, orphan_key(line), lines, currency=_currency(line, home), now=now)
    facts = {"line_id": line.id, "account": f"suspense:unmatched{mark}", "excess": line.amount, "currency": _currency(line, home)}
    return _differs(db, line, "theirs_only", facts, now)


def _take_back_orphan(db: Session, line: StatementLine, home: str, now: datetime) -> bool:
    """It may have been booked as money without a record, and has one by now: only one of the two may stay. False when it is too late."""
    lines = ledger.lines_of(db, orphan_key(line))
    case = Case.by_key(db, line.key)
    if lines and case is not None and case.state == "open":
        taken_back = {code: -amount for code, amount in lines.items()}
        ledger.post(db, f"{orphan_key(line)}:reversed", taken_back, currency=_currency(line, home), now=now)
    return not lines or bool(ledger.lines_of(db, f"{orphan_key(line)}:reversed"))


# -- money that left


def _sent(db: Session, line: StatementLine, home: str, now: datetime) -> str:
    out, sign = _disbursement(db, line), 1 if line.kind == "reversed" else -1
    if out is None and sign > 0:
        return _adrift(db, line, home, now)
    if out is None:
        return _differs(db, line, "sent_without_record", _gap(line, home, -line.amount), now)
    line.disbursement_id = out.id
    facts = {"disbursement_id": out.id, "order_id": out.order_id, "ours": out.state}
    expected = ("reversed",) if line.kind == "reversed" else ("succeeded", "reversed")
    if out.state in expected:
        Case.settle(db, f"ours_only:disbursement:{out.id}", now)
        gap = _gap(line, home, sign * (line.amount - out.amount))
        return "matched" if out.amount == line.amount else _differs(db, line, "amount_differs", facts | gap, now)
    if out.state in ("failed", "cancelled", "created", "approved"):
        return _differs(db, line, "sent_though_failed", facts | _gap(line, home, -line.amount), now)
    Disbursement.by_id(db, out.id, lock=True).hint(now)
    return _differs(db, line, "status_differs", facts, now)


def _disbursement(db: Session, line: StatementLine) -> Disbursement | None:
    mine = Disbursement.provider == line.provider, ~_claimed(StatementLine.disbursement_id == Disbursement.id, line)
    for how in ((Disbursement.provider_id == line.provider_id,), (Disbursement.reference == line.reference,)):
        if found := db.scalars(select(Disbursement).where(*mine, *how)).one_or_none():
            return found
    if line.reference or not line.msisdn:
        return None
    near = Disbursement.provider_id.is_(None), Disbursement.amount == line.amount, Disbursement.submitted_at.between(line.at - NEAR, line.at + NEAR)
    alike = [d for d in db.scalars(select(Disbursement).where(*mine, *near)) if d.msisdn == line.msisdn]
    return alike[0] if len(alike) == 1 else None


# -- what the provider keeps, and what it pays to our bank


def _book_fee(db: Session, line: StatementLine, home: str, now: datetime) -> None:
    fee = line.amount if line.kind == "fee" else line.fee
    if not fee:
        return
    lines = {f"provider_fees{_mark(line, home)}": fee, f"provider_clearing:{line.provider}{_mark(line, home)}": -fee}
    try:
        ledger.post(db, f"fee:{line.provider}:{line.provider_id}", lines, currency=_currency(line, home), now=now)
    except ledger.Conflict:
        booked = -sum(_clearing(db, f"fee:{line.provider}:{line.provider_id}").values())
        Case.open(
            db, f"{line.key}:fee", "fee_differs", provider=line.provider, facts={"line_id": line.id} | _gap(line, home, booked - fee), now=now
        )


def _settle(db: Session, line: StatementLine, home: str, now: datetime) -> None:
    mark = _mark(line, home)
    lines = {f"bank:settlement{mark}": line.amount, f"provider_clearing:{line.provider}{mark}": -line.amount}
    ledger.post(db, f"settle:{line.provider}:{line.provider_id}", lines, currency=_currency(line, home), now=now)


# -- what all of them need


def orphan_key(line: StatementLine) -> str:
    return f"orphan:{line.provider}:{'' if line.kind == 'collected' else line.kind + ':'}{line.provider_id}"


def _differs(db: Session, line: StatementLine, kind: str, facts: Json, now: datetime) -> str:
    """A case for the line; a line that turns out to be another kind of difference gets the case of that kind."""
    case = Case.by_key(db, line.key)
    if case is not None and case.state == "open" and case.kind != kind:
        case.close("already_right", by="the house", now=now)
    key = line.key if case is None or case.kind == kind else f"{line.key}:{kind}"
    Case.open(db, key, kind, provider=line.provider, facts={"line_id": line.id, "amount": line.amount} | facts, now=now)
    return kind


def _claimed(same: ColumnElement[bool], line: StatementLine) -> ColumnElement[bool]:
    return select(StatementLine.id).where(same, StatementLine.kind == line.kind, StatementLine.id != line.id).exists()


def _clearing(db: Session, key: str) -> dict[str, int]:
    return {code: amount for code, amount in ledger.lines_of(db, key).items() if code.startswith("provider_clearing:")}


def _gap(line: StatementLine, home: str, excess: int) -> Json:
    """The entry that would make the clearing account say what the provider says."""
    account = f"provider_clearing:{line.provider}{_mark(line, home)}"
    return {"account": account, "excess": excess, "currency": _currency(line, home)}


def _is_adopted(payment: Payment) -> bool:
    return (payment.code or "").startswith(ADOPTED)


def _currency(line: StatementLine, home: str) -> str:
    """A provider's own currency counts as ours (a sandbox speaks EUR); any other one is kept apart."""
    return ledger.HOUSE_CURRENCY if line.currency == home else line.currency


def _mark(line: StatementLine, home: str) -> str:
    currency = _currency(line, home)
    return "" if currency == ledger.HOUSE_CURRENCY else f":{currency}"
