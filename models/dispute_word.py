"""What was said and shown in a dispute, by whom, and for whose eyes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.messages import Incoming
from bot.rules import NotAllowed
from bot.rules import dispute as rules
from bot.rules.notices import not_before
from models.base import Base, Id, Json, Sealed
from models.inbox import Inbox
from models.person import Person
from models.picture import Picture
from models.recording import Recording

if TYPE_CHECKING:
    from models.dispute import Dispute

PDF = "application/pdf"
#: How a file of a dispute is fetched, and which events tell that it is here.
SEQUEL: Json = {"kept": "evidence_kept", "lost": "evidence_lost", "pdf": True, "most_bytes": rules.MOST_BYTES}


class DisputeWord(Base):
    """`who` is customer, tailor or mediator; `for_whom` both, customer, tailor or admins. A file has a picture (or PDF) or a recording."""

    __tablename__ = "dispute_word"
    __table_args__ = (Index("ix_dispute_word_dispute", "dispute_id", "id"),)

    id: Mapped[Id]
    dispute_id: Mapped[int] = mapped_column(ForeignKey("dispute.id"))
    who: Mapped[str]
    for_whom: Mapped[str]
    text: Mapped[str] = mapped_column(Sealed, default="")
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("picture.id"), index=True)
    recording_id: Mapped[int | None] = mapped_column(ForeignKey("recording.id"), index=True)
    said_by: Mapped[str | None]  # the mediator's name
    at: Mapped[datetime]

    # -- questions

    @classmethod
    def by_id(cls, db: Session, word_id: int) -> DisputeWord:
        return db.get_one(cls, word_id)

    @classmethod
    def of(cls, db: Session, dispute_id: int) -> list[DisputeWord]:
        return list(db.scalars(select(cls).where(cls.dispute_id == dispute_id).order_by(cls.id)))

    @classmethod
    def with_file(cls, db: Session, *, picture_id: int | None = None, recording_id: int | None = None) -> DisputeWord | None:
        """The one that brought a file; None when it belongs to a case that is not open yet."""
        which = cls.picture_id == picture_id if picture_id else cls.recording_id == recording_id
        return db.scalars(select(cls).where(which)).one_or_none()

    @classmethod
    def files(cls, db: Session, dispute_id: int, who: str) -> int:
        """How many files one side has shown."""
        shown = or_(cls.picture_id.is_not(None), cls.recording_id.is_not(None))
        return db.scalar(select(func.count()).where(cls.dispute_id == dispute_id, cls.who == who, shown)) or 0

    def is_ready(self, db: Session) -> bool:
        """Whether its file is here, if it has one."""
        if self.picture_id:
            return Picture.by_id(db, self.picture_id).state == "kept"
        return self.recording_id is None or Recording.by_id(db, self.recording_id).state == "heard"

    # -- verbs

    @classmethod
    def add(cls, db: Session, dispute: Dispute, who: str, entry: Json, now: datetime, *, for_whom: str = "both", said_by: str = "") -> DisputeWord:
        word = cls(dispute_id=dispute.id, who=who, for_whom=for_whom, said_by=said_by or None, at=now, **{"text": ""} | entry)
        db.add(word)
        db.flush()
        return word

    def pass_on(self, db: Session, dispute: Dispute, now: datetime) -> None:
        """Told to everybody it is for, as an event in each one's own conversation; by night only the mediator wakes people."""
        sides = [side for side in ("customer", "tailor") if side != self.who and self.for_whom in ("both", side)]
        readers = [dispute.person_on(db, side) for side in sides]
        if self.who != "mediator":
            readers += [admin.id for admin in admins(db)]
        due = now if self.who == "mediator" else not_before(now)
        for person_id in dict.fromkeys(readers):
            facts = {"dispute_id": dispute.id, "word_id": self.id}
            Inbox.happen(db, person_id, "case_said", facts, once=f"dispute:word:{self.id}:{person_id}", now=now, due_at=due)


def admins(db: Session) -> list[Person]:
    """Who is told on the phone as long as there is no page."""
    return list(db.scalars(select(Person).where(Person.role == "admin").order_by(Person.id)))


def gathered(db: Session, person_id: int, heard: Incoming, inbox_id: int | None, files: int, now: datetime) -> dict[str, Any]:
    """What a message brings to a case: {"text"} and perhaps {"picture_id" | "recording_id"}; its file is fetched by a worker.

    `files` is how many there are already. Raises NotAllowed("no_evidence" | "too_many_files").
    """
    entry: dict[str, Any] = {"text": heard.text[: rules.TEXT_LIMIT]}
    if heard.media is None:
        return entry
    if heard.kind not in ("image", "audio") and heard.media.content_type != PDF:
        raise NotAllowed("no_evidence")
    rules.check_files(files)
    if heard.kind == "audio":
        return entry | {"recording_id": Recording.want(db, person_id, heard.channel, heard.media, inbox_id, [], now, event="evidence_heard").id}
    wanted = Picture.want(db, person_id, heard.channel, heard.media.url, heard.media.content_type, SEQUEL, now)
    return entry | {"picture_id": wanted.id}
