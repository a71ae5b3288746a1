"""Everything that came in: what people said, and what happened outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, Index, UniqueConstraint, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules.retry import EVENT_WAITS
from models.base import Base, Id, Json

MONEY = ("payment_answered",)
EVENTS = "events"  # the channel name of what happened outside


class Inbox(Base):
    """Unique per channel and provider id, so that what comes twice counts once."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "provider_id"),
        Index("ix_inbox_waiting", "due_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_inbox_person", "person_id", "id"),
        Index("ix_inbox_failed", "name", "id", postgresql_where=text("state = 'failed'")),
        Index("ix_inbox_received", "received_at", postgresql_using="brin", postgresql_with={"pages_per_range": 32, "autosummarize": "on"}),
    )

    id: Mapped[Id]
    channel: Mapped[str]
    provider_id: Mapped[str]
    person_id: Mapped[int] = mapped_column(BigInteger)  # no foreign key: the person is locked when this is written
    name: Mapped[str]  # the message's kind or the event's name
    body: Mapped[Json]
    state: Mapped[str] = mapped_column(default="done")  # waiting, done, failed, discarded
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    received_at: Mapped[datetime]
    error: Mapped[str | None]

    @classmethod
    def first_time(cls, db: Session, person_id: int, channel: str, provider_id: str, kind: str, body: Json, now: datetime) -> int | None:
        """Notes a stranger's message; its id, or None when it was here before. (Others are noted by `conversation.meet`.)"""
        values = {"person_id": person_id, "channel": channel, "provider_id": provider_id, "name": kind, "body": body}
        times = {"due_at": now, "received_at": now, "state": "done", "tries": 0}
        made = insert(cls).values(values | times).on_conflict_do_nothing().returning(cls.id)
        return db.execute(made).scalar_one_or_none()

    @classmethod
    def forget(cls, db: Session, inbox_id: int) -> None:
        """What was said is not kept, only that something was."""
        db.execute(update(cls).where(cls.id == inbox_id).values(body={}))

    @classmethod
    def happen(cls, db: Session, person_id: int, name: str, facts: Json, *, once: str, now: datetime, due_at: datetime | None = None) -> None:
        """Writes down an event for a person; the same `once` counts once, unless it failed: then it is tried again."""
        values = {"channel": EVENTS, "provider_id": once, "person_id": person_id, "name": name, "body": facts}
        times = {"due_at": due_at or now, "received_at": now, "state": "waiting", "tries": 0}
        made = insert(cls.__table__).values(values | times).on_conflict_do_nothing()  # type: ignore[arg-type]
        if not db.connection().execute(made).rowcount:
            same = cls.channel == EVENTS, cls.provider_id == once, cls.state == "failed"
            db.execute(update(cls).where(*same).values(state="waiting", tries=0, due_at=due_at or now))

    @classmethod
    def last_said(cls, db: Session, person_id: int) -> tuple[str, datetime] | None:
        """Where and when the person wrote last."""
        said = select(cls.channel, cls.received_at).where(cls.person_id == person_id, cls.channel != EVENTS)
        row = db.execute(said.order_by(cls.id.desc()).limit(1)).one_or_none()
        return None if row is None else (row.channel, row.received_at)

    @classmethod
    def waiting(cls, db: Session, now: datetime, limit: int = 100) -> list[int]:
        """Events that are due, in the order they happened."""
        return list(db.scalars(select(cls.id).where(cls.state == "waiting", cls.due_at <= now).order_by(cls.id).limit(limit)))

    @classmethod
    def claim(cls, db: Session, inbox_id: int) -> Inbox | None:
        """The event, locked, unless somebody has dealt with it or is dealing with it."""
        row = select(cls).where(cls.id == inbox_id, cls.state == "waiting").with_for_update(skip_locked=True)
        return db.scalars(row).one_or_none()

    def done(self) -> None:
        self.state = "done"

    @classmethod
    def put_off(cls, db: Session, inbox_id: int, why: str, now: datetime, waits: Sequence[timedelta] = EVENT_WAITS) -> None:
        """After a bug: tried again after each of `waits`, then kept for a person to look at."""
        row = db.get(cls, inbox_id, with_for_update=True)
        if row is not None and row.state == "waiting":
            row.tries, row.error = row.tries + 1, why[:500]
            if row.tries > len(waits):
                row.state = "failed"
            else:
                row.due_at = now + waits[row.tries - 1]

    # -- what somebody of the house does about events that failed

    @classmethod
    def again(cls, db: Session, chosen: Sequence[int], now: datetime) -> list[int]:
        """Failed ones, and those that wait for their next try, are tried at once; which of the chosen they were."""
        late = (cls.state == "failed") | ((cls.state == "waiting") & (cls.tries > 0))
        rows = cls._locked(db, chosen, late)
        for row in rows:
            row.state, row.tries, row.due_at = "waiting", 0, now
        return [row.id for row in rows]

    @classmethod
    def discard(cls, db: Session, chosen: Sequence[int]) -> list[int]:
        """Failed ones that shall never happen; which of the chosen they were. The row stays, as "discarded".

        Not what brings money into the books: the provider would go on saying that it was paid, and nobody would write it down.
        """
        rows = cls._locked(db, chosen, (cls.state == "failed") & cls.name.not_in(MONEY))
        for row in rows:
            row.state = "discarded"
        return [row.id for row in rows]

    @classmethod
    def _locked(cls, db: Session, chosen: Sequence[int], which: ColumnElement[bool]) -> list[Inbox]:
        rows = select(cls).where(cls.id.in_(chosen), cls.channel == EVENTS, which).order_by(cls.id).with_for_update(skip_locked=True)
        return list(db.scalars(rows.execution_options(populate_existing=True)))
