"""The money of one order while we hold it: paid out stage by stage, or given back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.rules import escrow as rules
from models import ledger
from models.payment import Payment
from models.refund import Refund
from models.seller import house

if TYPE_CHECKING:
    from models.order import Order


def account(order: Order, stage: str) -> str:
    return f"escrow:{order.id}:{stage}"


def release(db: Session, order: Order, stage: str, now: datetime) -> int:
    """Pays a collected stage out to the tailor's wallet, less commission, once, unless a dispute has frozen it. Pesewas the tailor gets."""
    amount = ledger.balance(db, account(order, stage))
    if not amount or order.state == "DISPUTED":
        return 0
    fee = rules.commission(order.commission_bp, commissioned(db, order), amount)
    vat = house.vat(fee, now.date())
    lines = {account(order, stage): amount, "platform_revenue": -fee, "vat_payable": -vat}
    lines[f"tailor_wallet:{order.tailor_id}"] = net = fee + vat - amount
    ledger.post(db, f"release:{order.id}:{stage}", lines, order_id=order.id, now=now)
    return -net


def commissioned(db: Session, order: Order) -> int:
    """Pesewas of an order that commission was booked for: released, or paid in cash where cash costs a fee."""
    cash = db.execute(select(Payment.id, Payment.stage).where(Payment.order_id == order.id, Payment.booked == "cash"))
    stages = {f"release:{order.id}:{s}": s for s in rules.STAGES} | {f"cash:{number}": s for number, s in cash}
    return sum(order.part(stages[key]) for key in db.scalars(select(ledger.Journal.key).where(ledger.Journal.key.in_(stages))))


def give_back(db: Session, order: Order, deposit: int, back: rules.GivenBack, now: datetime) -> None:
    """A cancelled order's deposit: owed to the customer, less what the tailor keeps for the reserved time."""
    lines = {
        account(order, "deposit"): deposit,
        f"refunds_payable:{order.customer_id}": -back.to_customer,
        f"tailor_wallet:{order.tailor_id}": -back.to_tailor,
    }
    ledger.post(db, f"cancel:{order.id}", lines, order_id=order.id, now=now)
    paid = Payment.funded(db, order.id, "deposit")
    assert paid is not None  # what we hold, somebody paid
    Refund.owe(
        db, f"cancel:{order.id}", order_id=order.id, payment_id=paid.id, person_id=order.customer_id, amount=back.to_customer,
        currency=ledger.HOUSE_CURRENCY, cause="cancelled", now=now,
    )  # fmt: skip
