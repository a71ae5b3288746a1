"""One piece of a circle before it is ordered: whose it is, what, from whom, who pays."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import measurements
from bot.rules.pricing import Garment as Kind
from models.base import Base, Id, Sealed
from models.garment import Garment
from models.profile import Profile
from models.tailor import Offer

IN = ("joined", "agreed", "ordered")


class Item(Base):
    """joined -> agreed -> ordered; or left (on her own), dropped (the circle went on without it).

    The keeper speaks for it: the member herself, or the adult who added somebody without a phone.
    """

    __tablename__ = "circle_item"
    __table_args__ = (
        Index("ix_circle_item_circle", "circle_id", "id"),
        Index("uq_circle_item_own", "circle_id", "keeper_id", unique=True, postgresql_where=text("own AND state IN ('joined', 'agreed', 'ordered')")),
    )

    id: Mapped[Id]
    circle_id: Mapped[int] = mapped_column(ForeignKey("circle.id"))
    keeper_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    own: Mapped[bool]  # for the keeper's own body
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id"))
    name: Mapped[str] = mapped_column(Sealed)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"))
    payer_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    joined_at: Mapped[datetime]

    # -- questions

    @classmethod
    def by_id(cls, db: Session, item_id: int) -> Item:
        return db.get_one(cls, item_id, populate_existing=True)

    @classmethod
    def of(cls, db: Session, circle_id: int, *states: str) -> list[Item]:
        """Those who are in, or in one of these states, in the order they came."""
        rows = select(cls).where(cls.circle_id == circle_id, cls.state.in_(states or IN)).order_by(cls.id)
        return list(db.scalars(rows.execution_options(populate_existing=True)))

    @classmethod
    def ready(cls, db: Session, circle_id: int) -> list[Item]:
        """Those that can be ordered."""
        return [item for item in cls.of(db, circle_id, "agreed") if item.is_ready(db)]

    @classmethod
    def of_order(cls, db: Session, order_id: int) -> list[Item]:
        return list(db.scalars(select(cls).where(cls.order_id == order_id).order_by(cls.id)))

    @classmethod
    def own_of(cls, db: Session, circle_id: int, person_id: int) -> Item | None:
        return db.scalars(select(cls).where(cls.circle_id == circle_id, cls.keeper_id == person_id, cls.own, cls.state.in_(IN))).one_or_none()

    def offer(self, db: Session) -> Offer | None:
        return Offer.by_id(db, self.offer_id) if self.offer_id else None

    def garment(self, db: Session) -> Kind | None:
        offer = self.offer(db)
        return Garment.named(db, offer.garment) if offer else None

    def is_measured(self, db: Session) -> bool:
        garment = self.garment(db)
        return garment is not None and not measurements.missing(garment.name, Profile.by_id(db, self.profile_id).values(db))

    def is_ready(self, db: Session) -> bool:
        """Agreed and measured: it can be ordered."""
        return self.state == "agreed" and self.is_measured(db)

    def lacks(self, db: Session) -> str:
        """What it still waits for: "garment", "measures", "word", or nothing."""
        if self.offer_id is None:
            return "garment"
        if not self.is_measured(db):
            return "measures"
        return "word" if self.state == "joined" else ""

    # -- verbs, under the lock of the circle

    def choose(self, offer: Offer) -> None:
        """Another garment is another price: the yes to the old one no longer counts."""
        if self.offer_id != offer.id:
            self.offer_id, self.state = offer.id, "joined"

    def agree(self) -> None:
        self.state = "agreed"

    def go(self, state: str) -> None:
        """It is out: "left" or "dropped"."""
        self.state = state

    def order(self, order_id: int) -> None:
        self.order_id, self.state = order_id, "ordered"
