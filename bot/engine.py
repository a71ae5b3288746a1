"""One message or event, one transaction: heard, answered and written down, or nothing happened at all."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.flow import COMMON, Frame, Scene
from bot.links import Links
from bot.messages import BUBBLE_LIMIT, Choice, Incoming, Receipt, Reply
from bot.rules.notices import WINDOW
from bot.rules.payment import Till
from bot.rules.retry import EVENT_TRIES, SEND_TRIES, backoff_s
from bot.switchboard import Switchboard
from bot.words import Words
from models.base import Away, Database
from models.conversation import Conversation, Standing, lock_by_address, lock_by_id, meet
from models.inbox import Inbox
from models.outbox import Outbox
from models.person import Address, Person

log = logging.getLogger(__name__)
MAX_TEXT = 4096


class Positions(Protocol):
    """The quick copy of where everybody stands. It may forget at any time."""

    def get(self, person_id: int) -> tuple[int, list[Any]] | None: ...

    def put(self, person_id: int, version: int, stack: str, wake: Iterable[str]) -> None:
        """Keeps the position and rings the bells of the workers named in `wake`. Never raises."""


class Engine:
    def __init__(
        self, database: Database, positions: Positions, switchboard: Switchboard, words: Words, links: Links, till: Till, clock: Clock,
        *, has_reader: bool = False,
    ) -> None:  # fmt: skip
        self.database, self.positions, self.switchboard = database, positions, switchboard
        self.words, self.links, self.till, self.clock, self.has_reader = words, links, till, clock, has_reader

    # -- a message

    def hear(self, incoming: Incoming) -> bool:
        """Deals with a message; False when it was dealt with before. Raises Away."""
        try:
            return self._hear(incoming)
        except Away:
            raise
        except Exception:
            log.exception("a message could not be dealt with", extra={"provider_id": incoming.provider_id})
            return self._apologise(incoming)

    def _hear(self, incoming: Incoming) -> bool:
        now = self.clock.now()
        with self.database.begin() as db:
            met = self._meet(db, incoming, now)
            if met.inbox_id is None:
                return False
            scene = self._scene(db, met, now, incoming.channel)
            scene.heard, scene.inbox_id = incoming, met.inbox_id
            was_closed = met.person.is_stopped or met.heard_at is None or now - met.heard_at > WINDOW
            self.switchboard.hear(scene, now - met.heard_at if met.heard_at else None)
            if scene.is_secret:
                Inbox.forget(db, met.inbox_id)
            if was_closed and not met.person.is_stopped:
                Outbox.open_window(db, met.person.id, now)
            stack = self._close(scene, met.version, heard_at=now)
        self.positions.put(met.person.id, met.version + 1, stack, scene.wakes)
        return True

    def _meet(self, db: Session, incoming: Incoming, now: datetime) -> Standing:
        """The person behind the message, locked until the transaction ends, and the message noted; a stranger is given a place."""
        said = incoming.channel, incoming.sender, incoming.provider_id, incoming.kind, _body(incoming), now
        met = meet(db, *said)
        if met is None:
            # Two first messages of one stranger must not make two persons.
            db.execute(select(func.pg_advisory_xact_lock(func.hashtext(Address.index_of(incoming.sender)))))
            met = meet(db, *said) or self._acquaint(db, incoming, now)
        return met

    def _acquaint(self, db: Session, incoming: Incoming, now: datetime) -> Standing:
        """A new address: of somebody we know by her other one, or of a stranger."""
        known = lock_by_address(db, incoming.channel, incoming.alias) if incoming.alias else None
        if known is None:
            person = Person(name=incoming.name[:80], created_at=now)
            db.add(person)
            db.flush()
            db.add(Conversation(person_id=person.id, version=0, stack=[], misses=0))
            known = Standing(person, 0, 0, None)
        person_id = known.person.id
        for value in filter(None, dict.fromkeys((incoming.sender, incoming.alias))):
            if lock_by_address(db, incoming.channel, value) is None:
                Address.add(db, person_id, incoming.channel, value)
                db.flush()
        noted = Inbox.first_time(db, person_id, incoming.channel, incoming.provider_id, incoming.kind, _body(incoming), now)
        return known._replace(inbox_id=noted)

    def _apologise(self, incoming: Incoming) -> bool:
        """After a bug: the conversation stays where it was, the message is noted, one line says sorry."""
        now = self.clock.now()
        with self.database.begin() as db:
            met = self._meet(db, incoming, now)
            if met.inbox_id is None:
                return False
            scene = self._scene(db, met, now, incoming.channel)
            scene.replies.append(Reply(self.words.line(met.person.language, "common.sorry", COMMON["sorry"])))
            stack = self._close(scene, met.version, heard_at=met.heard_at)
        self.positions.put(met.person.id, met.version + 1, stack, scene.wakes)
        return True

    # -- an event

    def happen(self, inbox_id: int) -> bool:
        """Deals with an event that was written down; False when somebody else does or did."""
        try:
            return self._happen(inbox_id)
        except Away:
            raise
        except Exception as bug:
            log.exception("an event could not be dealt with", extra={"inbox_id": inbox_id})
            now = self.clock.now()
            with self.database.begin() as db:
                Inbox.put_off(db, inbox_id, repr(bug), now, timedelta(seconds=5), last=EVENT_TRIES)
            return False

    def _happen(self, inbox_id: int) -> bool:
        now = self.clock.now()
        with self.database.begin() as db:
            person_id = db.scalar(select(Inbox.person_id).where(Inbox.id == inbox_id))
            if person_id is None:
                return False
            met = lock_by_id(db, person_id)
            event = Inbox.claim(db, inbox_id)
            if event is None:
                return False
            scene = self._scene(db, met, now, self._channel_of(db, met.person))
            self.switchboard.happen(scene, event.name, event.body)
            event.done()
            stack = self._close(scene, met.version, heard_at=met.heard_at)
        self.positions.put(met.person.id, met.version + 1, stack, scene.wakes)
        return True

    def _channel_of(self, db: Session, person: Person) -> str:
        return db.scalar(select(Address.channel).where(Address.person_id == person.id).order_by(Address.id).limit(1)) or ""

    # -- a receipt

    def receive(self, receipt: Receipt) -> None:
        """Takes in a receipt, in any order. What waits for a delivery (a fitting's 48 hours) becomes an event."""
        said = receipt.status, receipt.provider_id, receipt.outbox_id, receipt.error, self.clock.now()
        if receipt.status == "failed":
            with self.database.begin() as db:
                row = Outbox.receive(db.connection(), *said)
                if row is not None:
                    self._failed(db, row, receipt)
            return
        with self.database.at_once() as connection:
            row = Outbox.receive(connection, *said)
        if row is not None and row.sequel:
            self.positions.put(0, 0, "", {"events"})

    def _failed(self, db: Session, row: Any, receipt: Receipt) -> None:
        """The provider took the message and then could not deliver it."""
        now = self.clock.now()
        if receipt.outcome == "opted_out":
            person = Person.by_id(db, row.person_id)
            person.stopped_at = person.stopped_at or now
        elif receipt.outcome == "window_closed":
            Outbox.window_closed(db, row.id, row.body, now, gone=receipt.provider_id)
        elif receipt.outcome == "plain_text" and row.body["choices"]:
            choices = tuple(Choice(**c) for c in row.body["choices"])
            Outbox.again(db, row.id, "waiting", Reply(Reply(row.body["text"], choices).numbered()).stored(), now, gone=receipt.provider_id)
        elif receipt.outcome == "retry" and row.tries < SEND_TRIES:
            Outbox.again(db, row.id, "waiting", row.body, now + timedelta(seconds=backoff_s(row.tries)), gone=receipt.provider_id)

    # -- common

    def _scene(self, db: Session, met: Standing, now: datetime, channel: str) -> Scene:
        kept = self.positions.get(met.person.id) if met.version else None
        stored = kept[1] if kept and kept[0] == met.version else Conversation.stack_of(db, met.person.id) if met.version else []
        stack = [Frame(**frame) for frame in stored]
        return Scene(db, now, met.person, self.words, self.links, self.till, stack, channel, misses=met.misses, has_reader=self.has_reader)

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


def _body(incoming: Incoming) -> dict[str, Any]:
    body = {"text": incoming.text[:MAX_TEXT], "tap": incoming.tap, "quoted": incoming.quoted}
    return body | asdict(incoming.media) if incoming.media else body


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
