"""What people at the desk write for each other: private notes, and answers they give often."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed
from models.base import Base, Id, Sealed


class Note(Base):
    """Never shown to customers or tailors."""

    __tablename__ = "note"
    __table_args__ = (Index("ix_note_subject", "subject", "id"),)

    id: Mapped[Id]
    subject: Mapped[str]  # "person:5", "order:17", "dispute:3", "tailor:2"
    by: Mapped[str]
    text: Mapped[str] = mapped_column(Sealed)
    at: Mapped[datetime]

    @classmethod
    def of(cls, db: Session, subject: str, limit: int = 50) -> list[Note]:
        """The newest first."""
        return list(db.scalars(select(cls).where(cls.subject == subject).order_by(cls.id.desc()).limit(limit)))


class Canned(Base):
    """A ready answer: ":hours" in the composer becomes its text."""

    __tablename__ = "canned"

    id: Mapped[Id]
    word: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]

    @classmethod
    def all(cls, db: Session) -> list[Canned]:
        return list(db.scalars(select(cls).order_by(cls.word)))

    @classmethod
    def by_word(cls, db: Session, word: str) -> Canned | None:
        return db.scalars(select(cls).where(cls.word == word)).one_or_none()

    @classmethod
    def write(cls, db: Session, word: str, said: str, by: str, now: datetime) -> str | None:
        """The text that stood there before, None for a new word. Raises NotAllowed("bad_word")."""
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,29}", word):
            raise NotAllowed("bad_word")
        known = cls.by_word(db, word)
        if known is None:
            db.add(cls(word=word, text=said, by=by, at=now))
            db.flush()
            return None
        before, known.text, known.by, known.at = known.text, said, by, now
        return before
