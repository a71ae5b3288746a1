"""A voice note: fetched, listened to, kept sealed for a month; or a text that a language model shall read once more."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, select, text, update
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from bot.messages import Media
from models.base import Base, Id, Sealed, SealedBytes

KEPT_FOR = timedelta(days=30)


class Recording(Base):
    """wanted -> heard | lost. `why` says why nothing, or only part ("partly"), was made of it; `claims` is what a language model read in it."""

    __tablename__ = "recording"
    __table_args__ = (
        Index("ix_recording_wanted", "due_at", postgresql_where=text("state = 'wanted'")),
        Index("ix_recording_purge", "purge_at", postgresql_where=text("content IS NOT NULL OR said IS NOT NULL")),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    inbox_id: Mapped[int | None] = mapped_column(BigInteger)  # the message that brought it
    channel: Mapped[str]
    source_url: Mapped[str | None]  # None: there is only text
    source_type: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="wanted")
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    content: Mapped[bytes | None] = deferred(mapped_column(SealedBytes))
    said: Mapped[str | None] = mapped_column(Sealed)
    engine: Mapped[str | None]
    confidence: Mapped[float | None]
    seconds: Mapped[float | None]
    why: Mapped[str | None]
    claims: Mapped[str | None] = mapped_column(Sealed)
    names: Mapped[str | None] = mapped_column(Sealed)  # of the people it may be about
    created_at: Mapped[datetime]
    purge_at: Mapped[datetime]
    event: Mapped[str] = mapped_column(default="voice_heard")  # what happens when it has been listened to

    # -- questions

    @classmethod
    def by_id(cls, db: Session, recording_id: int, *, lock: bool = False) -> Recording:
        return db.get_one(cls, recording_id, with_for_update=lock or None, populate_existing=lock)

    @property
    def is_voice(self) -> bool:
        return self.source_url is not None

    @property
    def claimed(self) -> list[dict[str, Any]]:
        return list(json.loads(self.claims)) if self.claims else []

    @property
    def people(self) -> tuple[str, ...]:
        return tuple(json.loads(self.names)) if self.names else ()

    # -- verbs

    @classmethod
    def want(
        cls, db: Session, person_id: int, channel: str, media: Media, inbox_id: int | None, names: list[str], now: datetime,
        event: str = "voice_heard",
    ) -> Recording:  # fmt: skip
        """Asks the ear to fetch a voice note and to listen."""
        return cls._add(db, person_id, channel, inbox_id, names, now, source_url=media.url, source_type=media.content_type, event=event)

    @classmethod
    def reread(cls, db: Session, person_id: int, channel: str, said: str, inbox_id: int | None, names: list[str], now: datetime) -> None:
        """Asks for a written text to be read by a language model."""
        cls._add(db, person_id, channel, inbox_id, names, now, said=said)

    @classmethod
    def claim(cls, db: Session, now: datetime) -> Recording | None:
        row = select(cls).where(cls.state == "wanted", cls.due_at <= now).order_by(cls.due_at, cls.id).limit(1).with_for_update(skip_locked=True)
        return db.scalars(row).one_or_none()

    def heard(self, said: str, engine: str, confidence: float, seconds: float, why: str, claims: list[dict[str, Any]]) -> None:
        self.state, self.said, self.engine, self.confidence, self.seconds = "heard", said, engine, confidence, seconds
        self.why, self.claims = why or None, json.dumps(claims) if claims else None

    def lose(self) -> None:
        self.state = "lost"

    @classmethod
    def purge(cls, db: Session, now: datetime) -> None:
        """Forgets what was recorded and said once its month is over."""
        old = cls.purge_at <= now, cls.content.is_not(None) | cls.said.is_not(None)
        db.execute(update(cls).where(*old).values(content=None, said=None, claims=None, names=None))

    @classmethod
    def _add(cls, db: Session, person_id: int, channel: str, inbox_id: int | None, names: list[str], now: datetime, **what: str) -> Recording:
        times = {"due_at": now, "created_at": now, "purge_at": now + KEPT_FOR}
        wanted = cls(person_id=person_id, channel=channel, inbox_id=inbox_id, names=json.dumps(names), state="wanted", **times, **what)
        db.add(wanted)
        db.flush()
        return wanted
