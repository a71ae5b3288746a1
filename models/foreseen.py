"""Which entries a decision would make, so that people see them before they agree."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.rules import case as rules
from models import goodwill
from models.base import Json
from models.case import Case
from models.disbursement import Disbursement
from models.order import Order
from models.payment import Payment
from models.refund import Refund
from models.statement import StatementLine

Lines = dict[str, int]
WHOSE = "refunds_payable:?"  # until somebody has said which order it belongs to


def of_refund(refund: Refund, provider: str) -> list[tuple[str, Lines]]:
    """(When, entries): how a refund that is owed leaves the house."""
    apart = "in_flight:new"
    return [
        ("When it is sent", {refund.account: refund.amount, apart: -refund.amount}),
        ("When it is proven to have arrived", {apart: refund.amount, f"provider_clearing:{provider}": -refund.amount}),
    ]


def of_payout(out: Disbursement) -> list[tuple[str, Lines]]:
    """The same for money that was set aside already."""
    return [
        ("When it is proven to have arrived", {out.account: out.amount, f"provider_clearing:{out.provider}": -out.amount}),
        ("When it is cancelled or cannot be sent", {out.account: out.amount, out.source: -out.amount}),
    ]


def of_goodwill(customer_id: int, amount: int) -> Lines:
    return {goodwill.POCKET: amount, f"refunds_payable:{customer_id}": -amount}


def of_case(db: Session, case: Case) -> dict[str, Lines]:
    """{resolution: its entries}; none where nothing is posted, or where it is posted when the provider or the customer's talk says so."""
    return {name: _FORESEEN[name](db, case) if name in _FORESEEN else {} for name in rules.KINDS[case.kind].resolutions}


def _goodwill(db: Session, case: Case) -> Lines:
    return of_goodwill(Order.by_id(db, case.facts["order_id"]).customer_id, int(case.facts["amount"]))


def _give_back(db: Session, case: Case) -> Lines:
    if "account" not in case.facts:
        return {}
    order = _order(db, case)
    payment = case.facts.get("payment_id")
    person = Payment.by_id(db, payment).person_id if payment else order and order.customer_id
    return _missing(case) | {f"refunds_payable:{person}" if person else WHOSE: -_excess(case)}


def _apply(db: Session, case: Case) -> Lines:
    order = _order(db, case)
    stage = order.due_stage(db) if order else None
    if order is None or stage is None or "account" not in case.facts:
        return {}
    part = order.part(stage)
    rest = _excess(case) - part
    lines = _missing(case) | {f"escrow:{order.id}:{stage}": -part, f"refunds_payable:{order.customer_id}": -rest}
    return {code: amount for code, amount in lines.items() if amount} if rest >= 0 else {}


def _returned(db: Session, case: Case) -> Lines:
    if case.kind == "refund_stuck":
        refund = Refund.by_id(db, case.facts["refund_id"])
        return {refund.account: refund.amount, f"provider_clearing:{case.provider}": -refund.amount}
    if "account" not in case.facts:
        return {}
    mark = str(case.facts["account"]).removeprefix("suspense:unmatched")
    return _missing(case) | {f"provider_clearing:{case.provider}{mark}": -_excess(case)}


def _written_off(db: Session, case: Case) -> Lines:
    if "account" not in case.facts:
        return {}
    mark = "" if case.facts["currency"] == "GHS" else f":{case.facts['currency']}"
    return _missing(case) | {f"loss:writeoff{mark}": -_excess(case)}


def _arrived(db: Session, case: Case) -> Lines:
    return dict(of_payout(Disbursement.by_id(db, case.facts["disbursement_id"]))[0][1])


def _not_sent(db: Session, case: Case) -> Lines:
    return dict(of_payout(Disbursement.by_id(db, case.facts["disbursement_id"]))[1][1])


def _as_stated(db: Session, case: Case) -> Lines:
    """What came in is booked by the customer's conversation, which also moves the order."""
    line = StatementLine.by_id(db, case.facts["line_id"])
    return _arrived(db, case) if line.kind in ("sent", "given_back") else {}


_FORESEEN: dict[str, Callable[[Session, Case], Lines]] = {
    "goodwill": _goodwill, "give_back": _give_back, "apply": _apply, "returned": _returned, "written_off": _written_off, "arrived": _arrived,
    "not_sent": _not_sent, "as_stated": _as_stated,
}  # fmt: skip


def _missing(case: Case) -> Lines:
    """The entry that a decision sets against where the money goes."""
    return {str(case.facts["account"]): _excess(case)}


def _excess(case: Case) -> int:
    return int(case.facts["excess"])


def _order(db: Session, case: Case) -> Order | None:
    facts: Json = case.facts
    if facts.get("order_id"):
        return Order.by_id(db, int(facts["order_id"]))
    number = (case.proposal or {}).get("order")
    return db.scalars(select(Order).where(Order.number == str(number).upper())).one_or_none() if number else None
