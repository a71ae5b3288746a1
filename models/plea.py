"""A person who wants to speak with a person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id


class Plea(Base):
    __tablename__ = "plea"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    @classmethod
    def is_open(cls, db: Session, person_id: int) -> bool:
        """Whether somebody still has to answer her: money that would leave by a timer waits for that."""
        return db.scalar(select(cls.id).where(cls.person_id == person_id, cls.answered_at.is_(None)).limit(1)) is not None

    @classmethod
    def ask(cls, db: Session, person_id: int, now: datetime) -> None:
        """Puts the person in the queue, once."""
        if not cls.is_open(db, person_id):
            db.add(cls(person_id=person_id, at=now))

    @classmethod
    def waiting(cls, db: Session) -> list[Plea]:
        """Who waits for a person, longest first."""
        return list(db.scalars(select(cls).where(cls.answered_at.is_(None)).order_by(cls.at)))

    def answered(self, now: datetime) -> None:
        self.answered_at = now
