"""What a mediator's decision does to the money of an order."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.rules import dispute as rules
from bot.rules.escrow import STAGES
from models import escrow as held
from models import ledger
from models.order import Order
from models.payment import Payment
from models.refund import Refund


def paid_by(db: Session, order: Order) -> dict[str, Payment]:
    """{stage: the payment that brought its money}, the last stage first, as refunds are taken. Cash never was with us and cannot be sent back."""
    found = {stage: Payment.funded(db, order.id, stage) for stage in reversed(STAGES)}
    return {stage: payment for stage, payment in found.items() if payment is not None and payment.booked == "escrow"}


def withdraw_unsent(db: Session, order_id: int) -> None:
    """A payment that no provider has heard of yet is not asked for; money that comes from another one all the same goes back as surplus."""
    for stage in STAGES:
        payment = Payment.open_for(db, order_id, stage)
        if payment is not None:
            payment = Payment.by_id(db, payment.id, lock=True)
            if payment.state == "created" and payment.submitted_at is None:
                payment.withdraw()


def effects(db: Session, order: Order, outcome: str, *, refund: int | None, bearer: str | None) -> rules.Effects:
    """What a decision would move. Raises NotAllowed."""
    have = {stage: ledger.balance(db, held.account(order, stage)) for stage in STAGES}
    returnable = sum(p.amount - Refund.promised(db, p.id) for p in paid_by(db, order).values())
    return rules.effects(
        outcome, have, refund=refund, returnable=returnable, bearer=bearer, released_before=held.commissioned(db, order), rate_bp=order.commission_bp
    )


def give_back(db: Session, order: Order, key: str, moved: rules.Effects, bearer: str | None, now: datetime) -> None:
    """Owes the customer what was decided: out of the escrow, and beyond that out of the pocket of who bears it."""
    owed, payments = f"refunds_payable:{order.customer_id}", paid_by(db, order)
    if moved.back:
        lines = {held.account(order, stage): amount for stage, amount in moved.back.items()}
        ledger.post(db, f"{key}:refund", lines | {owed: -sum(moved.back.values())}, order_id=order.id, now=now)
    for stage, amount in moved.back.items():
        Refund.owe_from(db, f"{key}:{stage}", [payments[stage]], amount, person_id=order.customer_id, cause="dispute", now=now)
    if moved.borne:
        pocket, sort = (f"tailor_receivable:{order.tailor_id}", "clawback") if bearer == "tailor" else ("loss", "loss")
        ledger.post(db, f"{key}:{sort}", {pocket: moved.borne, owed: -moved.borne}, order_id=order.id, now=now)
        Refund.owe_from(db, f"{key}:borne", payments.values(), moved.borne, person_id=order.customer_id, cause="dispute", now=now)
