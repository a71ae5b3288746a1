"""Whose body it is, and its measurements through time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, Sealed


class Profile(Base):
    __tablename__ = "profile"

    id: Mapped[Id]
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    nickname: Mapped[str] = mapped_column(Sealed, default="")
    relation: Mapped[str] = mapped_column(default="self")
    birth_year: Mapped[int | None]
    sex: Mapped[str | None]  # "m" or "f", where ranges need it

    @classmethod
    def own(cls, db: Session, owner_id: int) -> Profile:
        """The person's own profile, made when first needed."""
        profile = db.scalars(select(cls).where(cls.owner_id == owner_id, cls.relation == "self")).first()
        if profile is None:
            profile = cls(owner_id=owner_id, relation="self")
            db.add(profile)
            db.flush()
        return profile

    def values(self, db: Session) -> dict[str, int]:
        """{field: millimetres} as confirmed last."""
        rows = db.execute(select(Measurement.field, Measurement.mm).where(Measurement.profile_id == self.id, Measurement.current))
        return {row[0]: row[1] for row in rows}

    def measured(self, db: Session, values: dict[str, int], *, source: str, said_by: int, inbox_id: int | None, now: datetime) -> None:
        """Saves confirmed values; what they replace stays as history."""
        old = Measurement.profile_id == self.id, Measurement.field.in_(values), Measurement.current
        db.execute(update(Measurement).where(*old).values(current=False))
        db.add_all(
            Measurement(profile_id=self.id, field=f, mm=mm, source=source, said_by=said_by, inbox_id=inbox_id, at=now, current=True)
            for f, mm in values.items()
        )


class Measurement(Base):
    __tablename__ = "measurement"
    __table_args__ = (Index("uq_measurement_current", "profile_id", "field", unique=True, postgresql_where=text("current")),)

    id: Mapped[Id]
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id"))
    field: Mapped[str]
    mm: Mapped[int]
    source: Mapped[str]  # text, voice, photo
    said_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"))
    at: Mapped[datetime]
    current: Mapped[bool]
