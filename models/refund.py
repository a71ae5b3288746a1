"""Money that must go back to somebody: owed until it is proven paid."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, Pesewas


class Refund(Base):
    __tablename__ = "refund"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))  # it goes back to the wallet that paid this
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    amount: Mapped[Pesewas]
    currency: Mapped[str]
    cause: Mapped[str]  # cancelled, surplus, wrong_amount
    state: Mapped[str] = mapped_column(default="owed")
    created_at: Mapped[datetime]

    @classmethod
    def owe(
        cls, db: Session, key: str, *, order_id: int, payment_id: int, person_id: int, amount: int, currency: str, cause: str, now: datetime
    ) -> None:
        values = {"key": key, "order_id": order_id, "payment_id": payment_id, "person_id": person_id, "amount": amount}
        more = {"currency": currency, "cause": cause, "state": "owed", "created_at": now}
        db.execute(insert(cls).values(values | more).on_conflict_do_nothing())
