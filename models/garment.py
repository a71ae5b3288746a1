"""The catalogue: what can be sewn, for how much, how fast."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed, pricing
from bot.rules.measurements import GARMENT_FIELDS
from models.base import Base, Pesewas

MOST_RANK = 999


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

    # -- what operators change

    @property
    def value(self) -> pricing.Garment:
        return pricing.Garment(self.name, self.label, self.base, self.days, self.yards10)

    @property
    def stamp(self) -> str:
        """Changes when anything here does."""
        return sha256(repr((self.value, self.rank, self.active)).encode()).hexdigest()[:16]

    @classmethod
    def listed(cls, db: Session) -> list[Garment]:
        """As in the menu; those that are off come last."""
        return list(db.scalars(select(cls).order_by(~cls.active, cls.rank, cls.name)))

    @classmethod
    def addable(cls, db: Session) -> list[str]:
        """Names whose measurements the rules know and that are not in the catalogue."""
        here = set(db.scalars(select(cls.name)))
        return sorted(set(GARMENT_FIELDS) - here)

    @classmethod
    def add(cls, db: Session, value: pricing.Garment, rank: int) -> Garment:
        """Raises NotAllowed: unknown_garment, label_taken, or what pricing.check_garment refuses."""
        if value.name not in cls.addable(db):
            raise NotAllowed("unknown_garment")
        made = cls(name=value.name, label="", base=0, days=0, yards10=0, rank=0)
        made.become(db, value, rank=rank, active=True)
        db.add(made)
        return made

    def become(self, db: Session, value: pricing.Garment, *, rank: int, active: bool) -> None:
        """Orders under way keep what they were made for, tailors their prices. Raises NotAllowed."""
        self.check(db, value, rank)
        self.label, self.base, self.days, self.yards10, self.rank, self.active = value.label, value.base, value.days, value.yards10, rank, active

    def check(self, db: Session, value: pricing.Garment, rank: int) -> None:
        """Whether it may become so. Raises NotAllowed."""
        pricing.check_garment(value)
        others = select(Garment.name).where(func.lower(Garment.label) == value.label.lower(), Garment.name != self.name)
        if db.scalar(others) is not None:
            raise NotAllowed("label_taken")
        if not 0 <= rank <= MOST_RANK:
            raise NotAllowed("bad_rank", most=MOST_RANK)


_VALUE = select(Garment.name, Garment.label, Garment.base, Garment.days, Garment.yards10)
_ALL = _VALUE.where(Garment.active).order_by(Garment.rank)
_NAMED = _VALUE.where(Garment.name == bindparam("name"))
