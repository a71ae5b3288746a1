"""The money of one order while we hold it: paid out stage by stage, or given back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bot.rules import escrow as rules
from models import ledger
from models.payment import Payment
from models.refund import Refund

if TYPE_CHECKING:
    from models.order import Order


def account(order: Order, stage: str) -> str:
    return f"escrow:{order.id}:{stage}"


def release(db: Session, order: Order, stage: str, now: datetime) -> int:
    """Pays a collected stage out to the tailor's wallet, less commission, once. Pesewas the tailor gets; 0 when there was nothing to do."""
    amount = ledger.balance(db, account(order, stage))
    if not amount:
        return 0
    before = sum(order.part(s) for s in rules.STAGES if ledger.lines_of(db, f"release:{order.id}:{s}"))
    fee = rules.commission(order.commission_bp, before, amount)
    lines = {account(order, stage): amount, f"tailor_wallet:{order.tailor_id}": fee - amount, "platform_revenue": -fee}
    ledger.post(db, f"release:{order.id}:{stage}", lines, order_id=order.id, now=now)
    return amount - fee


def give_back(db: Session, order: Order, deposit: int, back: rules.GivenBack, now: datetime) -> None:
    """A cancelled order's deposit: owed to the customer, less what the tailor keeps for the reserved time."""
    lines = {
        account(order, "deposit"): deposit,
        f"refunds_payable:{order.customer_id}": -back.to_customer,
        f"tailor_wallet:{order.tailor_id}": -back.to_tailor,
    }
    ledger.post(db, f"cancel:{order.id}", lines, order_id=order.id, now=now)
    paid = Payment.funded(db, order.id, "deposit")
    if back.to_customer and paid:
        Refund.owe(
            db, f"cancel:{order.id}", order_id=order.id, payment_id=paid.id, person_id=order.customer_id, amount=back.to_customer,
            currency=ledger.HOUSE_CURRENCY, cause="cancelled", now=now,
        )  # fmt: skip
