"""Money given back at the house's own expense: one person wants it, above a limit a second one agrees."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.rules import NotAllowed
from bot.rules.money import ghs
from models import ledger
from models.case import Case
from models.order import Order
from models.payment import Payment
from models.person import Person
from models.refund import Refund

KIND = "goodwill"
POCKET = f"loss:{KIND}"
DAY = timedelta(days=1)


def left(db: Session, order_id: int) -> dict[int, int]:
    """{payment: pesewas it may still give back}, the last one first. What is still held goes back by cancelling or a dispute, not by this."""
    given = select(func.coalesce(func.sum(Refund.amount), 0)).where(Refund.payment_id == Payment.id, Refund.cause != "surplus").scalar_subquery()
    held = select(ledger.Account.balance).where(ledger.Account.code == func.concat("escrow:", Payment.order_id, ":", Payment.stage))
    rows = select(Payment.id, (Payment.amount - given).label("left")).where(Payment.order_id == order_id, Payment.booked == "escrow")
    rows = rows.where(func.coalesce(held.scalar_subquery(), 0) == 0).order_by(Payment.id.desc())
    return {row.id: int(row.left) for row in db.execute(rows) if row.left > 0}


def given_today(db: Session, person_id: int, now: datetime) -> int:
    """Pesewas of the last day, so that slices are no way around the second person."""
    mine = Refund.person_id == person_id, Refund.cause == KIND, Refund.created_at > now - DAY
    return int(db.scalar(select(func.sum(Refund.amount)).where(*mine)) or 0)


def check(order: Order, amount: int, most: int) -> None:
    """Raises NotAllowed("nothing_to_give" | "more_than_was_paid")."""
    if not most or amount <= 0:
        raise NotAllowed("nothing_to_give")
    if amount > most:
        raise NotAllowed("more_than_was_paid", at_most=ghs(most))


def want(db: Session, order: Order, amount: int, *, key: str, by: str, why: str, now: datetime) -> tuple[Case, bool]:
    """The proposal, and whether it is new: the same key once. Raises NotAllowed of `check`."""
    db.execute(select(Person.id).where(Person.id == order.customer_id).with_for_update(key_share=True))  # two orders of hers at once are one day
    order = Order.by_id(db, order.id, lock=True)
    known = Case.by_key(db, f"{KIND}:{key}")
    if known is not None:
        return known, False
    check(order, amount, sum(left(db, order.id).values()))
    facts = {"order_id": order.id, "amount": amount, "currency": ledger.HOUSE_CURRENCY}
    Case.open(db, f"{KIND}:{key}", KIND, provider=None, facts=facts, now=now)
    case = Case.by_key(db, f"{KIND}:{key}")
    assert case is not None
    case.propose(KIND, by=by, why=why)
    return case, True


def needs_a_second(db: Session, order: Order, amount: int, limit: int, now: datetime) -> bool:
    return amount + given_today(db, order.customer_id, now) > limit


def give(db: Session, case: Case, now: datetime) -> None:
    """The customer is owed it, out of the house's pocket. The order is locked. Raises NotAllowed of `check`."""
    order, amount = Order.by_id(db, case.facts["order_id"], lock=True), int(case.facts["amount"])
    brought = left(db, order.id)
    check(order, amount, sum(brought.values()))
    lines = {POCKET: amount, f"refunds_payable:{order.customer_id}": -amount}
    ledger.post(db, f"{KIND}:{case.id}", lines, order_id=order.id, now=now)
    payments = [Payment.by_id(db, ident) for ident in brought]
    Refund.owe_from(db, f"{KIND}:{case.id}", payments, amount, person_id=order.customer_id, cause=KIND, now=now)


def give_alone(db: Session, case: Case, by: str, now: datetime) -> None:
    """Below the limit the one who wants it is enough."""
    give(db, case, now)
    case.close(KIND, by=by, now=now)
