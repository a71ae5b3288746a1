"""What a tailor has with us: in her wallet, still held, on its way, and what she owes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bot.rules import disbursement as attempts
from bot.rules import escrow
from bot.rules.order import PAID_STATES
from models import ledger
from models.disbursement import Disbursement
from models.escrow import commissioned
from models.order import Order
from models.seller import house

HERS = (*(s for s in PAID_STATES if s != "DEPOSIT_PAID"), "DISPUTED")  # orders she has accepted


@dataclass(frozen=True, slots=True)
class Funds:
    """In pesewas."""

    wallet: int  # released to her and not yet sent
    owed: int  # by her: commission on cash orders, and what customers got back after she was paid
    disputed: int  # what orders in dispute have released
    in_flight: int  # set aside for payouts under way

    @property
    def hers(self) -> int:
        return max(0, self.wallet - self.owed)

    @property
    def available(self) -> int:
        return max(0, self.hers - self.disputed)

    @classmethod
    def of(cls, db: Session, tailor_id: int) -> Funds:
        flying = select(func.sum(Disbursement.amount)).where(Disbursement.purpose == "payout", Disbursement.tailor_id == tailor_id)
        in_flight = db.scalar(flying.where(Disbursement.state.in_(attempts.LIVE)))
        disputed = db.execute(_DISPUTED, {"tailor": tailor_id, "wallet": wallet_of(tailor_id)}).scalar_one()
        return cls(ledger.balance(db, wallet_of(tailor_id)), ledger.balance(db, _owed_by(tailor_id)), disputed, int(in_flight or 0))


def wallet_of(tailor_id: int) -> str:
    return f"tailor_wallet:{tailor_id}"


def pending(db: Session, tailor_id: int, now: datetime) -> list[tuple[str, int]]:
    """(Order number, pesewas) still held for her orders, less commission and the tax on it."""
    orders = db.scalars(select(Order).where(Order.tailor_id == tailor_id, Order.state.in_(HERS)).order_by(Order.id))
    held = [(order, ledger.held(db, order.id)) for order in orders]
    fees = [escrow.commission(o.commission_bp, commissioned(db, o), amount) for o, amount in held]
    return [(o.number, amount - fee - house.vat(fee, now.date())) for (o, amount), fee in zip(held, fees, strict=True) if amount]


def net(db: Session, tailor_id: int, now: datetime) -> int:
    """Takes what she owes us out of her wallet, as far as that goes. Pesewas. (Her purse is locked.)"""
    wallet, owed = wallet_of(tailor_id), _owed_by(tailor_id)
    amount = min(ledger.balance(db, wallet), ledger.balance(db, owed))
    if amount <= 0:
        return 0
    last = db.scalar(select(func.max(ledger.Entry.id)).join(ledger.Account).where(ledger.Account.code == owed))
    ledger.post(db, f"net:{tailor_id}:{last}", {wallet: amount, owed: -amount}, now=now)
    return amount


def _owed_by(tailor_id: int) -> str:
    return f"tailor_receivable:{tailor_id}"


_DISPUTED = text("""
    SELECT coalesce(-sum(e.amount), 0)::bigint FROM orders o
    JOIN journal j ON j.order_id = o.id AND j.key LIKE 'release:%' JOIN entry e ON e.journal_id = j.id JOIN account a ON a.id = e.account_id
    WHERE o.tailor_id = :tailor AND o.state = 'DISPUTED' AND a.code = :wallet""")
