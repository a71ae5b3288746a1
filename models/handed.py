"""A payment in cash: one side says that it went from hand to hand, the other one says whether it is so."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, time
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.rules import NotAllowed
from bot.rules import escrow as shares
from bot.rules import payment as rules
from models import ledger
from models.seller import house
from models.tailor import Tailor
from models.timer import Timer

if TYPE_CHECKING:
    from models.order import Order
    from models.payment import Payment


class Handed:
    """A part of Payment: nothing of it is in our books but a fee, where there is one."""

    if TYPE_CHECKING:
        id: int
        order_id: int
        stage: str
        provider: str
        amount: int
        state: str
        reason: str | None
        booked: str | None
        said_by: int | None

        def _move(self, event: str) -> None: ...

    @property
    def is_claim(self) -> bool:
        """Whether the other side still has to say if it is so."""
        return self.provider == "cash" and self.state == "pending"

    def witness(self, db: Session) -> int:
        """The person who has to say it."""
        customer, tailor = self._order(db).sides(db)
        return customer if self.said_by == tailor else tailor

    @classmethod
    def claim_cash(cls, db: Session, order: Order, *, by: int, now: datetime) -> Payment:
        """A person says that what is due went from hand to hand. Raises NotAllowed("not_now" | "already_asked" | "cash_cap")."""
        from models.payment import Payment

        stage, sides = order.due_stage(db), order.sides(db)
        if stage is None or by not in sides or sides[0] == sides[1]:
            raise NotAllowed("not_now")
        if Payment.open_for(db, order.id, stage):
            raise NotAllowed("already_asked")
        amount = order.part(stage)
        _check_cap(db, order.tailor_id, amount, now)
        claim = Payment(
            reference=uuid.uuid4().hex, order_id=order.id, stage=stage, person_id=order.customer_id, provider="cash", network="cash", msisdn="",
            amount=amount, currency=ledger.HOUSE_CURRENCY, state="pending", said_by=by, refusals=[], callback_key=secrets.token_urlsafe(16),
            created_at=now, polls=0,
        )  # fmt: skip
        db.add(claim)
        db.flush()
        facts = {"payment_id": claim.id}
        Timer.set(db, f"cash:{claim.id}:reminder", "cash_reminder", claim.witness(db), facts, now + rules.CASH_REMINDER)
        Timer.set(db, f"cash:{claim.id}:expiry", "cash_unanswered", by, facts, now + rules.CASH_EXPIRY)
        return claim

    def settle_cash(self, db: Session, now: datetime, *, fee: bool = False) -> int:
        """Both have said it: the stage is paid. Pesewas the tailor owes us for it, where the operator takes a `fee`."""
        self._end(db, "paid")
        self.booked = "cash"
        return self._charge(db, now) if fee else 0

    @classmethod
    def waive_cash_fees(cls, db: Session, order: Order, now: datetime) -> None:
        """An order that is cancelled costs its tailor nothing: what she was charged for its cash comes off her debt, or back to her wallet."""
        from models.payment import Payment

        for number in db.scalars(select(Payment.id).where(Payment.order_id == order.id, Payment.booked == "cash").order_by(Payment.id)):
            charged = ledger.lines_of(db, f"cash:{number}")
            total = charged.pop(owed := f"tailor_receivable:{order.tailor_id}", 0)
            if total:
                debt = min(total, ledger.balance(db, owed))
                lines = {code: -amount for code, amount in charged.items()} | {owed: -debt, f"tailor_wallet:{order.tailor_id}": debt - total}
                ledger.post(db, f"cash:{number}:waived", lines, order_id=order.id, now=now)

    def deny(self, db: Session) -> None:
        """The other side says that it is not so: nothing is booked."""
        self._end(db, "refused")
        self.reason = "declined"

    def lapse(self, db: Session) -> None:
        """Nobody confirmed it, or it was taken back."""
        self._end(db, "expired")

    # -- private

    def _end(self, db: Session, event: str) -> None:
        if not self.is_claim:
            raise NotAllowed("not_now")
        self._move(event)
        Timer.call_off(db, f"cash:{self.id}:")

    def _charge(self, db: Session, now: datetime) -> int:
        from models.escrow import commissioned

        order = self._order(db)
        fee = shares.commission(order.commission_bp, commissioned(db, order), self.amount)
        vat = house.vat(fee, now.date())
        if fee:
            lines = {f"tailor_receivable:{order.tailor_id}": fee + vat, "platform_revenue": -fee, "vat_payable": -vat}
            ledger.post(db, f"cash:{self.id}", lines, order_id=order.id, now=now)
        return fee + vat

    def _order(self, db: Session) -> Order:
        from models.order import Order

        return Order.by_id(db, self.order_id)


def _check_cap(db: Session, tailor_id: int, amount: int, now: datetime) -> None:
    """What she takes in cash today, claimed or settled; her row is locked so that two claims count one another."""
    from models.order import Order
    from models.payment import Payment

    db.execute(select(Tailor.id).where(Tailor.id == tailor_id).with_for_update(key_share=True))
    today = Payment.created_at >= datetime.combine(now.date(), time(), now.tzinfo), Payment.state.in_(("pending", "succeeded"))
    rows = select(func.coalesce(func.sum(Payment.amount), 0)).join(Order).where(Order.tailor_id == tailor_id, Payment.provider == "cash", *today)
    if int(db.scalar(rows) or 0) + amount > rules.CASH_PER_DAY:
        raise NotAllowed("cash_cap", most=rules.CASH_PER_DAY // 100)
