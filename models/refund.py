"""Money that must go back to somebody: owed until it is proven paid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed
from bot.rules import disbursement as rules
from models.base import Base, Id, Pesewas
from models.disbursement import Disbursement

if TYPE_CHECKING:
    from models.payment import Payment


class Refund(Base):
    """What is owed to a customer from one payment. held -> owed -> sending -> paid; what does not go through is owed again."""

    __tablename__ = "refund"
    __table_args__ = (Index("ix_refund_due", "next_at", postgresql_where=text("state = 'owed'")),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)  # it goes back to the wallet that paid this
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    amount: Mapped[Pesewas]
    currency: Mapped[str]
    cause: Mapped[str]  # cancelled, surplus, wrong_amount, dispute, goodwill
    state: Mapped[str] = mapped_column(default="owed")  # held: a person must look at the money first
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]

    # -- questions

    @classmethod
    def by_id(cls, db: Session, refund_id: int, *, lock: bool = False) -> Refund:
        found = db.get(cls, refund_id, with_for_update=lock or None, populate_existing=lock)
        assert found is not None
        return found

    @classmethod
    def due(cls, db: Session, now: datetime, limit: int = 50) -> list[int]:
        return list(db.scalars(select(cls.id).where(cls.state == "owed", cls.next_at <= now).order_by(cls.next_at, cls.id).limit(limit)))

    @classmethod
    def of_person(cls, db: Session, person_id: int, limit: int = 9) -> list[Refund]:
        return list(db.scalars(select(cls).where(cls.person_id == person_id).order_by(cls.id.desc()).limit(limit)))

    @classmethod
    def of_order(cls, db: Session, order_id: int) -> list[Refund]:
        return list(db.scalars(select(cls).where(cls.order_id == order_id).order_by(cls.id)))

    @classmethod
    def promised(cls, db: Session, payment_id: int) -> int:
        """Pesewas of what a payment brought for its order that were or will be given back; what came too much is no part of that."""
        rows = select(func.coalesce(func.sum(cls.amount), 0)).where(cls.payment_id == payment_id, cls.cause != "surplus")
        return int(db.scalar(rows) or 0)

    @property
    def account(self) -> str:
        return f"refunds_payable:{self.person_id}"

    # -- verbs

    @classmethod
    def owe(
        cls, db: Session, key: str, *, order_id: int, payment_id: int, person_id: int, amount: int, currency: str, cause: str, now: datetime,
        held: bool = False,
    ) -> None:  # fmt: skip
        """Writes down what the books owe (or, `held`, may owe); the same key once."""
        values = {"key": key, "order_id": order_id, "payment_id": payment_id, "person_id": person_id, "amount": amount, "tries": 0}
        more = {"currency": currency, "cause": cause, "state": "held" if held else "owed", "created_at": now, "next_at": now}
        db.execute(insert(cls).values(values | more).on_conflict_do_nothing())

    @classmethod
    def owe_from(cls, db: Session, key: str, payments: Iterable[Payment], amount: int, *, person_id: int, cause: str, now: datetime) -> None:
        """The same for an amount that several payments brought: each gives back at most what it brought. Raises ValueError when they brought less."""
        left = amount
        for payment in payments:
            part = min(left, payment.amount - cls.promised(db, payment.id))
            if part > 0:
                cls.owe(
                    db, f"{key}:{payment.id}", order_id=payment.order_id, payment_id=payment.id, person_id=person_id, amount=part,
                    currency=payment.currency, cause=cause, now=now,
                )  # fmt: skip
                left -= part
        if left:
            raise ValueError(f"{key}: {left} pesewas more than was paid")

    def let_go(self, now: datetime) -> None:
        """A person has looked: it is owed."""
        assert self.state == "held"
        self.state, self.next_at = "owed", now

    def put_off(self, until: datetime) -> None:
        """The next attempt is made then, be it sooner or later than planned. Raises NotAllowed("not_now")."""
        if self.state != "owed":
            raise NotAllowed("not_now")
        self.next_at = until

    def send(self, db: Session, payment: Payment, *, way: str, provider: str, now: datetime) -> Disbursement:
        """Starts an attempt to the wallet that paid, and to no other number."""
        self.tries += 1
        made = Disbursement.prepare(
            db, once=f"refund:{self.id}:{self.tries}", purpose="refund", way=way, amount=self.amount, source=self.account, approved_by="rules",
            person_id=self.person_id, order_id=self.order_id, refund_id=self.id, payment_id=payment.id, provider=provider, network=payment.network,
            msisdn=payment.msisdn, currency=self.currency, now=now,
        )  # fmt: skip
        assert made is not None  # the row is locked: nobody else starts the same attempt
        self.state = "sending"
        return made

    def arrived(self, now: datetime) -> None:
        self.state, self.paid_at = "paid", now

    def did_not_arrive(self, now: datetime) -> None:
        """Still owed: tried again after a pause."""
        self.state, self.next_at = "owed", now + rules.pause(self.tries)

    @property
    def needs_a_person(self) -> bool:
        return self.state == "owed" and self.tries >= rules.ALARM_AFTER
