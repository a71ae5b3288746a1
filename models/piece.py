"""One garment of an order, and whose body it is for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules.measurements import Cut
from bot.rules.pricing import Quote
from models.base import Base, Id, Json, Pesewas, Sealed
from models.garment import Garment


class Piece(Base):
    """An order is one payer's lot of pieces; most have one."""

    __tablename__ = "piece"
    __table_args__ = (
        UniqueConstraint("order_id", "place"),
        CheckConstraint("discount BETWEEN 0 AND work AND fabric_cost >= 0 AND express_cost >= 0", name="money"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    place: Mapped[int]  # 1, 2, … within the order
    profile_id: Mapped[int | None] = mapped_column(ForeignKey("profile.id"), index=True)
    who: Mapped[str | None] = mapped_column(Sealed)  # as the tailor hears the name; None is the customer
    garment: Mapped[str] = mapped_column(ForeignKey("garment.name"))
    work: Mapped[Pesewas]  # the tailor's price
    discount: Mapped[Pesewas]  # off the work
    fabric_cost: Mapped[Pesewas]
    express_cost: Mapped[Pesewas]
    measures: Mapped[Json]  # frozen: {field: {"body": mm, "ease": mm, "cut": mm}}
    delivered_at: Mapped[datetime | None]

    @classmethod
    def sewn(
        cls, garment: str, quote: Quote, cuts: Mapping[str, Cut], *, profile_id: int | None = None, who: str | None = None, discount: int = 0
    ) -> Piece:
        """A piece that no order holds yet; measurements are frozen with it."""
        frozen = {field: {"body": c.body, "ease": c.ease, "cut": c.cut} for field, c in cuts.items()}
        money = {"work": quote.work, "discount": discount, "fabric_cost": quote.fabric, "express_cost": quote.express}
        return cls(garment=garment, profile_id=profile_id, who=who, measures=frozen, **money)

    # -- questions

    @classmethod
    def of(cls, db: Session, order_id: int) -> list[Piece]:
        return list(db.scalars(select(cls).where(cls.order_id == order_id).order_by(cls.place)))

    @property
    def before_discount(self) -> int:
        return self.work + self.fabric_cost + self.express_cost

    @property
    def total(self) -> int:
        """Pesewas the customer pays for it."""
        return self.before_discount - self.discount

    def noun(self, db: Session) -> str:
        return Garment.named(db, self.garment).label.lower()

    # -- verbs

    @classmethod
    def hand_over(cls, db: Session, order_id: int, now: datetime, *, places: Collection[int] | None = None) -> int:
        """These pieces (None: all) are in the customer's hands; how many are still to come."""
        pieces = cls.of(db, order_id)
        for piece in pieces:
            if places is None or piece.place in places:
                piece.delivered_at = piece.delivered_at or now
        return sum(piece.delivered_at is None for piece in pieces)
