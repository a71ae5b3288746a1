"""Opens a scene with one person, and closes it: what is said and where she stands are written down together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.flow import Frame, Scene
from bot.links import Links
from bot.messages import BUBBLE_LIMIT, Reply
from bot.rules.payment import Till
from bot.switchboard import Switchboard
from bot.words import Words
from models.base import Database
from models.conversation import Conversation, Standing
from models.person import Address, Person


class Positions(Protocol):
    """The quick copy of where everybody stands. It may forget at any time."""

    def get(self, person_id: int) -> tuple[int, list[Any]] | None: ...

    def put(self, person_id: int, version: int, stack: str, wake: Iterable[str]) -> None:
        """Keeps the position and rings the bells of the workers named in `wake`. Never raises."""


class Scenes:
    def __init__(
        self, database: Database, positions: Positions, switchboard: Switchboard, words: Words, links: Links, till: Till, clock: Clock,
        *, has_reader: bool = False,
    ) -> None:  # fmt: skip
        self.database, self.positions, self.switchboard = database, positions, switchboard
        self.words, self.links, self.till, self.clock, self.has_reader = words, links, till, clock, has_reader

    def _scene(self, db: Session, met: Standing, now: datetime, channel: str) -> Scene:
        kept = self.positions.get(met.person.id) if met.version else None
        stored = kept[1] if kept and kept[0] == met.version else Conversation.stack_of(db, met.person.id) if met.version else []
        stack = [Frame(**frame) for frame in stored]
        return Scene(
            db, now, met.person, self.words, self.links, self.till, stack, channel, misses=met.misses, has_reader=self.has_reader,
            attended_by=met.attended_by,
        )  # fmt: skip

    def _close(self, scene: Scene, version: int, heard_at: datetime | None) -> str:
        """Writes what leaves and where the conversation stands; returns the stack as stored."""
        rows = [self._row(scene, scene.person, reply, scene.now, None) for reply in merged(scene.replies)]
        rows += [self._row(scene, x["person"], x["reply"], x["due_at"], x["sequel"]) for x in scene.letters]
        asked = scene.heard is not None
        letters = [r for r in rows if (asked and r["person_id"] == scene.person.id) or not self._is_stopped(scene, r)]
        stack = json.dumps([frame.stored() for frame in scene.stack])
        Conversation.keep(
            scene.db, scene.person.id, version=version + 1, stack=stack, misses=scene.misses, heard_at=heard_at, letters=letters, now=scene.now
        )
        if letters:
            scene.wakes.add("messages")
        return stack

    def _is_stopped(self, scene: Scene, row: dict[str, Any]) -> bool:
        return Person.by_id(scene.db, row["person_id"]).is_stopped

    def _row(self, scene: Scene, to: Person, reply: Reply, due_at: datetime, sequel: dict[str, Any] | None) -> dict[str, Any]:
        channel = scene.channel if to.id == scene.person.id else self._channel_of(scene.db, to)
        return {"person_id": to.id, "channel": channel, "body": reply.stored(), "due_at": due_at.isoformat(), "sequel": sequel}

    def _channel_of(self, db: Session, person: Person) -> str:
        return db.scalar(select(Address.channel).where(Address.person_id == person.id).order_by(Address.id).limit(1)) or ""


def merged(replies: list[Reply]) -> list[Reply]:
    """As few bubbles as WhatsApp allows: plain text is put in front of what follows it, choices never share a bubble with a picture."""
    bubbles: list[Reply] = []
    for reply in (part for whole in replies for part in _parts(whole)):
        last = bubbles[-1] if bubbles else None
        if last and _fit_together(last, reply):
            joined = f"{last.text}\n\n{reply.text}" if last.text and reply.text else last.text or reply.text
            bubbles[-1] = Reply(joined, reply.choices, reply.menu, last.picture or reply.picture)
        else:
            bubbles.append(reply)
    return [cut for bubble in bubbles for cut in _cut(bubble)]


def _parts(reply: Reply) -> list[Reply]:
    """A picture with choices is sent as two: the picture with all but the last paragraph (or line) under it, then the question."""
    if reply.is_document:
        return [Reply("", picture=reply.picture), Reply(reply.text, reply.choices, reply.menu)]
    if not (reply.picture and reply.choices) or "\n" not in reply.text:
        return [reply]
    caption, _, question = reply.text.rpartition("\n\n" if "\n\n" in reply.text else "\n")
    return [Reply(caption, picture=reply.picture), Reply(question, reply.choices, reply.menu)]


def _fit_together(last: Reply, reply: Reply) -> bool:
    if last.is_document or reply.is_document:
        return False
    if last.choices or (last.picture and (reply.picture or reply.choices)):
        return False
    return len(last.text) + len(reply.text) + 2 <= BUBBLE_LIMIT


def _cut(reply: Reply) -> list[Reply]:
    """A text beyond WhatsApp's limit becomes several bubbles; the choices stay with the last."""
    if len(reply.text) <= BUBBLE_LIMIT:
        return [reply]
    at = reply.text.rfind("\n", 0, BUBBLE_LIMIT)
    at = at if at > 0 else BUBBLE_LIMIT
    rest = Reply(reply.text[at:].lstrip("\n"), reply.choices, reply.menu)
    return [Reply(reply.text[:at], picture=reply.picture), *_cut(rest)]
