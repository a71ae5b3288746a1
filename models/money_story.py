"""One order's money in the order it moved, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from sqlalchemy import BigInteger, cast, select
from sqlalchemy.orm import Session

from bot.rules.money import ghs
from models.case import Case
from models.disbursement import Disbursement
from models.ledger import Account, Entry, Journal
from models.order import Order
from models.payment import Payment
from models.refund import Refund

Told = tuple[datetime, str]


def tell(db: Session, order: Order) -> list[Told]:
    """(when, what): what was asked for, what moved in the books (debit → credit), what is owed and sent, what a person looks at."""
    refunds = Refund.of_order(db, order.id)
    told = [*_asked(db, order), *_moved(db, order), *map(_owed, refunds), *_looked_at(db, order)]
    told += [_sent(out) for out in db.scalars(select(Disbursement).where(Disbursement.refund_id.in_([r.id for r in refunds])))]
    return sorted(told, key=lambda row: row[0])


def _asked(db: Session, order: Order) -> Iterator[Told]:
    for p in db.scalars(select(Payment).where(Payment.order_id == order.id).order_by(Payment.id)):
        yield p.created_at, f"{p.provider} is asked for {ghs(p.amount)}, the {p.stage}: {p.state}{_why(p)}, reference {p.reference}"


def _moved(db: Session, order: Order) -> Iterator[Told]:
    rows = select(Journal.id, Journal.key, Journal.posted_at, Account.code, Entry.amount).join(Entry, Entry.journal_id == Journal.id)
    found = db.execute(rows.join(Account).where(Journal.order_id == order.id).order_by(Journal.id, Entry.id))
    for (_, key, at), lines in groupby(found, key=lambda row: (row.id, row.key, row.posted_at)):
        moved = [(line.code, line.amount) for line in lines]
        debits, credits = ([f"{code} {ghs(abs(a))}" for code, a in moved if (a > 0) is is_debit] for is_debit in (True, False))
        yield at, f"{key}: {', '.join(debits)} → {', '.join(credits)}"


def _owed(refund: Refund) -> Told:
    tries = f" after {refund.tries} attempts" if refund.tries > 1 else ""
    paid = f", arrived {refund.paid_at:%d %b %H:%M}" if refund.paid_at else ""
    return refund.created_at, f"{ghs(refund.amount)} is owed to the customer ({refund.cause}): {refund.state}{tries}{paid}"


def _sent(out: Disbursement) -> Told:
    way = "gives back" if out.way == "give_back" else "sends"
    return out.created_at, f"{out.provider} {way} {ghs(out.amount)}: {out.state}{_why(out)}, reference {out.reference}"


def _why(attempt: Payment | Disbursement) -> str:
    said = " ".join(filter(None, (attempt.reason, attempt.provider_id)))
    return f" ({said})" if said else ""


def _looked_at(db: Session, order: Order) -> Iterator[Told]:
    for case in db.scalars(select(Case).where(cast(Case.facts["order_id"].astext, BigInteger) == order.id).order_by(Case.id)):
        end = f", {case.resolution} by {case.proposed_by or case.closed_by}" if case.state == "closed" else ""
        yield case.opened_at, f"case {case.id}: {case.sentence}{end}"
