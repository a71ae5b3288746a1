"""What a person and the house have said to each other, in order, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.rules.receipts import fate
from models.base import Json
from models.picture import Picture
from models.recording import Recording

BEGINNING = 2**62


class Before(NamedTuple):
    """Where an older page ends: rows of the inbox and of the outbox below these ids, "17-21"."""

    inbox: int = BEGINNING
    outbox: int = BEGINNING

    def __str__(self) -> str:
        return f"{self.inbox}-{self.outbox}"

    @classmethod
    def read(cls, said: str) -> Before:
        """The end, when it says nonsense."""
        parts = said.split("-")
        is_sound = len(parts) == 2 and all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts)
        return cls(int(parts[0]), int(parts[1])) if is_sound else cls()


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `body` is empty when what was said is not kept."""

    side: str  # "in": hers, "out": ours
    id: int
    at: datetime
    kind: str
    body: Json
    state: str
    receipt: int
    error: str | None
    due_at: datetime

    @property
    def is_hers(self) -> bool:
        return self.side == "in"

    @property
    def fate(self) -> str:
        return "" if self.is_hers else fate(self.state, self.receipt)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file she sent, as far as we keep it: a photo or document (`picture_id`), or a voice note (`recording_id`)."""

    picture_id: int = 0
    recording_id: int = 0
    content_type: str = ""
    is_here: bool = False
    words: str = ""
    seconds: float = 0


@dataclass(frozen=True, slots=True)
class Talk:
    said: list[Said]  # the oldest first
    kept: dict[int, Kept]  # by the id of the inbox row that brought it
    older: Before | None  # where the page before this one ends


def talk(db: Session, person_id: int, before: Before, limit: int) -> Talk:
    """Three statements, two of them only where files were sent."""
    values = {"person": person_id, "inbox": before.inbox, "outbox": before.outbox, "limit": limit + 1}
    rows = [Said(*row) for row in db.execute(_BOTH, values)]
    sides = (sorted((one for one in rows if one.side == side), key=lambda one: one.id) for side in ("in", "out"))
    told = list(merge(*sides, key=lambda one: one.at))  # an answer has the moment of its question, and stands after it
    page = told[-limit:]
    return Talk(page, _kept(db, person_id, page), _start(page, before) if len(told) > limit else None)


def _start(page: Sequence[Said], before: Before) -> Before:
    first = {side: min((one.id for one in page if one.side == side), default=0) for side in ("in", "out")}
    return Before(first["in"] or before.inbox, first["out"] or before.outbox)


def _kept(db: Session, person_id: int, page: Sequence[Said]) -> dict[int, Kept]:
    sent = {one.id: str(one.body["url"]) for one in page if one.is_hers and one.body.get("url")}
    if not sent:
        return {}
    columns = Picture.id, Picture.source_url, Picture.content_type, Picture.state
    pictures = db.execute(select(*columns).where(Picture.person_id == person_id, Picture.source_url.in_(sent.values())))
    by_url = {row.source_url: Kept(row.id, 0, row.content_type or "", row.state == "kept") for row in pictures}
    heard = select(Recording.inbox_id, Recording.id, Recording.said, Recording.seconds, Recording.content.is_not(None).label("is_here"))
    voices = db.execute(heard.where(Recording.person_id == person_id, Recording.inbox_id.in_(sent)))
    by_row = {row.inbox_id: Kept(0, row.id, "audio/ogg", row.is_here, row.said or "", row.seconds or 0) for row in voices}
    return {ident: by_url[url] for ident, url in sent.items() if url in by_url} | by_row


_BOTH = text("""
    (SELECT 'in', id, received_at, name, body, state, 0, error, due_at FROM inbox
     WHERE person_id = :person AND channel <> 'events' AND id < :inbox ORDER BY id DESC LIMIT :limit)
    UNION ALL
    (SELECT 'out', id, created_at, 'text', body, state, receipt, error, due_at FROM outbox
     WHERE person_id = :person AND id < :outbox ORDER BY id DESC LIMIT :limit)""")
