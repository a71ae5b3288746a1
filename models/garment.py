"""The catalogue: what can be sewn, for how much, how fast."""

from __future__ import annotations

from sqlalchemy import select
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

    @property
    def value(self) -> pricing.Garment:
        return pricing.Garment(self.name, self.label, self.base, self.days, self.yards10)

    @classmethod
    def all(cls, db: Session) -> list[pricing.Garment]:
        rows = db.execute(select(cls.name, cls.label, cls.base, cls.days, cls.yards10).where(cls.active).order_by(cls.rank))
        return [pricing.Garment(*row) for row in rows]

    @classmethod
    def named(cls, db: Session, name: str) -> pricing.Garment:
        row = db.get(cls, name)
        assert row is not None
        return row.value

    @classmethod
    def stock(cls, db: Session) -> None:
        """Puts the first day's catalogue in; keeps what operators have changed since."""
        for rank, g in enumerate(pricing.CATALOGUE):
            if db.get(cls, g.name) is None:
                db.add(cls(name=g.name, label=g.label, base=g.base, days=g.days, yards10=g.yards10, rank=rank))
