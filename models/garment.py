"""The catalogue: what can be sewn, for how much, how fast."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import pricing
from models.base import Base, Pesewas


class Garment(Base):
    __tablename__ = "garment"

    name: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    base: Mapped[Pesewas]
    days: Mapped[int]
    yards10: Mapped[int]
    rank: Mapped[int]  # its place in the menu
    active: Mapped[bool] = mapped_column(default=True)

    @classmethod
    def all(cls, db: Session) -> list[pricing.Garment]:
        return [pricing.Garment(*row) for row in db.connection().execute(_ALL)]

    @classmethod
    def named(cls, db: Session, name: str) -> pricing.Garment:
        return pricing.Garment(*db.connection().execute(_NAMED, {"name": name}).one())

    @classmethod
    def stock(cls, db: Session) -> None:
        """Puts the first day's catalogue in; keeps what operators have changed since."""
        for rank, g in enumerate(pricing.CATALOGUE):
            if db.get(cls, g.name) is None:
                db.add(cls(name=g.name, label=g.label, base=g.base, days=g.days, yards10=g.yards10, rank=rank))


_VALUE = select(Garment.name, Garment.label, Garment.base, Garment.days, Garment.yards10)
_ALL = _VALUE.where(Garment.active).order_by(Garment.rank)
_NAMED = _VALUE.where(Garment.name == bindparam("name"))
