"""What a mediator's decision does to the money of an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
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


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a decision about an order can move, in pesewas."""

    held: dict[str, int]  # by stage
    returnable: int  # collected, and not given back yet
    commissioned: int  # released before
    rate_bp: int


def bounds(db: Session, order: Order) -> Bounds:
    """In three statements."""
    codes, account = {held.account(order, stage): stage for stage in STAGES}, ledger.Account
    promised = select(func.coalesce(func.sum(Refund.amount), 0)).where(Refund.payment_id == Payment.id, Refund.cause != "surplus")
    paid = select(func.sum(Payment.amount - promised.scalar_subquery()))
    returnable = paid.where(Payment.order_id == order.id, Payment.booked == "escrow", Payment.stage.in_(STAGES)).scalar_subquery()
    rows = db.execute(select(account.code, account.kind, account.balance, returnable.label("returnable")).where(account.code.in_(codes))).all()
    have = dict.fromkeys(STAGES, 0) | {codes[row.code]: ledger.own_side(row.kind, row.balance) for row in rows}
    returnable_now = int(rows[0].returnable or 0) if rows else 0  # without an account nothing has come yet
    return Bounds(have, returnable_now, held.commissioned(db, order), order.commission_bp)


def effects(db: Session, order: Order, outcome: str, *, refund: int | None, bearer: str | None) -> rules.Effects:
    """What a decision would move. Raises NotAllowed."""
    seen = bounds(db, order)
    return rules.effects(
        outcome, seen.held, refund=refund, returnable=seen.returnable, bearer=bearer, released_before=seen.commissioned, rate_bp=seen.rate_bp
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
