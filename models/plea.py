"""A person who wants to speak with a person, and who of ours speaks with her."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed
from models.base import Base, Id


class Plea(Base):
    """waiting -> taken by somebody at the desk -> answered, when the person is given back to the bot."""

    __tablename__ = "plea"
    __table_args__ = (Index("ix_plea_open", "at", postgresql_where=text("answered_at IS NULL")),)

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime]
    taken_by: Mapped[str | None]  # a login
    taken_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    content: Mapped[bool | None]  # whether she was content with the answer

    # -- questions

    @classmethod
    def of(cls, db: Session, person_id: int) -> Plea | None:
        """The one of hers that is not answered yet."""
        return db.scalars(select(cls).where(cls.person_id == person_id, cls.answered_at.is_(None)).order_by(cls.id).limit(1)).one_or_none()

    @classmethod
    def last(cls, db: Session, person_id: int) -> Plea | None:
        """Her newest, answered or not."""
        return db.scalars(select(cls).where(cls.person_id == person_id).order_by(cls.id.desc()).limit(1)).one_or_none()

    @classmethod
    def is_open(cls, db: Session, person_id: int) -> bool:
        """Whether somebody still has to answer her: money that would leave by a timer waits for that."""
        return db.scalar(select(cls.id).where(cls.person_id == person_id, cls.answered_at.is_(None)).limit(1)) is not None

    @classmethod
    def waiting(cls, db: Session) -> list[Plea]:
        """Who waits for a person and has none yet, longest first."""
        return list(db.scalars(select(cls).where(cls.answered_at.is_(None), cls.taken_by.is_(None)).order_by(cls.at, cls.id)))

    # -- verbs

    @classmethod
    def ask(cls, db: Session, person_id: int, now: datetime) -> None:
        """Puts the person in the queue, once."""
        if not cls.is_open(db, person_id):
            db.add(cls(person_id=person_id, at=now))

    @classmethod
    def take(cls, db: Session, person_id: int, by: str, now: datetime) -> Plea:
        """Somebody at the desk looks after the person, whether she asked or not. Raises NotAllowed("taken_by_another", name=…)."""
        plea = cls.of(db, person_id)
        if plea is None:
            plea = cls(person_id=person_id, at=now)
            db.add(plea)
        if plea.taken_by not in (None, by):
            raise NotAllowed("taken_by_another", name=plea.taken_by)
        plea.taken_by, plea.taken_at = by, plea.taken_at or now
        db.flush()
        return plea

    @classmethod
    def give_back(cls, db: Session, person_id: int, by: str, now: datetime) -> Plea | None:
        """Answered: the bot goes on. The plea, unless it was closed before. Raises NotAllowed("not_yours", name=…)."""
        plea = cls.of(db, person_id)
        if plea is not None:
            if plea.taken_by not in (None, by):
                raise NotAllowed("not_yours", name=plea.taken_by)
            plea.answered(now)
        return plea

    def answered(self, now: datetime) -> None:
        self.answered_at = now

    def put_back(self) -> None:
        """Nobody answered after all: she waits for the next one, since she asked."""
        self.taken_by = self.taken_at = None

    def rate(self, is_content: bool) -> None:
        """The thumb, once."""
        if self.content is None:
            self.content = is_content
