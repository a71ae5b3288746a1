"""Something that must happen later unless it is called off."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, Json
from models.inbox import Inbox


class Timer(Base):
    """Rings once: it becomes an event for its person. `key` ("order:7:fitting_silence") is unique."""

    __tablename__ = "timer"
    __table_args__ = (
        Index("ix_timer_due", "due_at", postgresql_where=text("rung_at IS NULL")),
        Index("ix_timer_beginning", "key", postgresql_ops={"key": "text_pattern_ops"}, postgresql_where=text("rung_at IS NULL")),
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    event: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    facts: Mapped[Json]
    due_at: Mapped[datetime]
    rung_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]  # while a dispute is open

    @classmethod
    def set(cls, db: Session, key: str, event: str, person_id: int, facts: Json, due_at: datetime) -> None:
        """Sets a timer; the same key again moves it."""
        values = {"key": key, "event": event, "person_id": person_id, "facts": facts, "due_at": due_at, "rung_at": None, "paused_at": None}
        made = insert(cls).values(values)
        moved = {name: values[name] for name in ("person_id", "due_at", "facts", "rung_at", "paused_at")}
        db.execute(made.on_conflict_do_update(index_elements=["key"], set_=moved))

    @classmethod
    def call_off(cls, db: Session, prefix: str) -> None:
        """Removes the timers that have not rung and whose key starts with the prefix."""
        db.execute(delete(cls).where(*cls._going(prefix)))

    @classmethod
    def pause(cls, db: Session, prefix: str, now: datetime) -> None:
        """Stops the clocks whose key starts with the prefix where they are."""
        db.execute(update(cls).where(*cls._going(prefix), cls.paused_at.is_(None)).values(paused_at=now))

    @classmethod
    def resume(cls, db: Session, prefix: str, now: datetime) -> None:
        """They go on with the time they had left."""
        later = {"due_at": cls.due_at + (now - cls.paused_at), "paused_at": None}
        db.execute(update(cls).where(*cls._going(prefix), cls.paused_at.is_not(None)).values(later))

    @classmethod
    def ring_again(cls, db: Session, prefix: str, event: str, now: datetime) -> None:
        """One that has rung came to nothing because its clock stands still: it rings as soon as that goes on."""
        rung = cls.key.startswith(prefix, autoescape=True), cls.event == event, cls.rung_at.is_not(None)
        db.execute(update(cls).where(*rung).values(rung_at=None, due_at=now, paused_at=now))

    @classmethod
    def due(cls, db: Session, key: str) -> datetime | None:
        """When a clock will ring, unless it is stopped."""
        return db.scalar(select(cls.due_at).where(cls.key == key, cls.rung_at.is_(None)))

    @classmethod
    def coming(cls, db: Session, limit: int = 100) -> list[Timer]:
        """What rings next."""
        return list(db.scalars(select(cls).where(cls.rung_at.is_(None)).order_by(cls.due_at, cls.id).limit(limit)))

    @classmethod
    def _going(cls, prefix: str) -> tuple[ColumnElement[bool], ...]:
        return cls.key.startswith(prefix, autoescape=True), cls.rung_at.is_(None)

    @classmethod
    def ring_due(cls, db: Session, now: datetime, limit: int = 100) -> int:
        """Turns due timers into events; safe to call twice, from several processes. How many rang."""
        due = select(cls).where(cls.rung_at.is_(None), cls.paused_at.is_(None), cls.due_at <= now).order_by(cls.due_at, cls.id)
        rung = list(db.scalars(due.limit(limit).with_for_update(skip_locked=True)))
        for timer in rung:
            timer.rung_at = now
            facts = timer.facts | {"due_at": timer.due_at.isoformat()}
            Inbox.happen(db, timer.person_id, timer.event, facts, once=f"timer:{timer.key}:{timer.due_at.isoformat()}", now=now)
        return len(rung)
