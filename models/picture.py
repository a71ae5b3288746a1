"""A photo: asked for, fetched, made safe, shown by a link nobody can guess."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, select, text
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from models.base import Base, Id, Json


class Picture(Base):
    """wanted -> kept | lost. `sequel` names the events that tell the owner's conversation: {"kept":…, "lost":…, …facts}.

    Where it says so ("pdf"), a document is as welcome, and nothing larger than "most_bytes".
    """

    __tablename__ = "picture"
    __table_args__ = (Index("ix_picture_wanted", "due_at", postgresql_where=text("state = 'wanted'")),)

    id: Mapped[Id]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    channel: Mapped[str | None]
    source_url: Mapped[str | None]
    source_type: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="wanted")
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    content_type: Mapped[str | None]
    sequel: Mapped[Json] = mapped_column(default=dict)
    created_at: Mapped[datetime]

    @classmethod
    def by_id(cls, db: Session, picture_id: int, *, lock: bool = False) -> Picture:
        return db.get_one(cls, picture_id, with_for_update=lock or None, populate_existing=lock)

    @classmethod
    def want(cls, db: Session, person_id: int, channel: str, url: str, content_type: str, sequel: Json, now: datetime) -> Picture:
        picture = cls(
            person_id=person_id, channel=channel, source_url=url, source_type=content_type, sequel=sequel, state="wanted", due_at=now, created_at=now
        )
        db.add(picture)
        db.flush()
        return picture

    @classmethod
    def own(cls, db: Session, content: bytes, now: datetime) -> Picture:
        """A JPEG the house made itself."""
        picture = cls(state="kept", content=content, content_type="image/jpeg", sequel={}, due_at=now, created_at=now)
        db.add(picture)
        db.flush()
        return picture

    @classmethod
    def claim(cls, db: Session, now: datetime) -> Picture | None:
        row = select(cls).where(cls.state == "wanted", cls.due_at <= now).order_by(cls.id).limit(1).with_for_update(skip_locked=True)
        return db.scalars(row).one_or_none()

    @classmethod
    def wanted(cls, db: Session, now: datetime) -> bool:
        return db.scalar(select(cls.id).where(cls.state == "wanted", cls.due_at <= now).limit(1)) is not None

    def keep(self, content: bytes, content_type: str) -> None:
        self.state, self.content, self.content_type = "kept", content, content_type

    def lose(self) -> None:
        self.state = "lost"
