"""One message or event, one transaction: heard, answered and written down, or nothing happened at all."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
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
from models.base import Database
from models.conversation import Conversation, Standing, lock_by_address, lock_by_id
from models.inbox import Inbox
from models.outbox import Outbox
from models.person import Address, Person

log = logging.getLogger(__name__)
MAX_TEXT = 4096


class Positions(Protocol):
    """The quick copy of where everybody stands. It may forget at any time."""

    def get(self, person_id: int) -> tuple[int, list[Any]] | None: ...

    def put(self, person_id: int, version: int, stack: list[Any], wake: Iterable[str]) -> None:
        """Keeps the position and rings the bells of the workers named in `wake`. Never raises."""


class Engine:
    def __init__(
        self, database: Database, positions: Positions, switchboard: Switchboard, words: Words, links: Links, till: Till, clock: Clock
    ) -> None:
        self.database, self.positions, self.switchboard = database, positions, switchboard
        self.words, self.links, self.till, self.clock = words, links, till, clock

    # -- a message

    def hear(self, incoming: Incoming) -> bool:
        """Deals with a message; False when it was dealt with before. Raises OperationalError when the database is away."""
        try:
            return self._hear(incoming)
        except OperationalError:
            raise
        except Exception:
            log.exception("a message could not be dealt with", extra={"provider_id": incoming.provider_id})
            return self._apologise(incoming)

    def _hear(self, incoming: Incoming) -> bool:
        now = self.clock.now()
        with self.database.begin() as db:
            person, version, misses, heard_at = self._meet(db, incoming, now)
            inbox_id = self._note(db, person, incoming, now)
            if inbox_id is None:
                return False
            scene = self._scene(db, person, version, misses, now, incoming.channel)
            scene.heard, scene.inbox_id = incoming, inbox_id
            if heard_at is None or now - heard_at > WINDOW:
                Outbox.open_window(db, person.id, now)
            self.switchboard.hear(scene, now - heard_at if heard_at else None)
            stack = self._close(scene, version, heard_at=now)
        self.positions.put(person.id, version + 1, stack, scene.wakes)
        return True

    def _meet(self, db: Session, incoming: Incoming, now: datetime) -> Standing:
        """The person behind the message, locked until the transaction ends; a stranger is given a place."""
        met = lock_by_address(db, incoming.channel, incoming.sender)
        if met is None and incoming.alias:
            met = lock_by_address(db, incoming.channel, incoming.alias)
            if met is not None:
                Address.add(db, met.person.id, incoming.channel, incoming.sender)
        if met is None:
            # Two first messages of one stranger must not make two persons.
            db.execute(select(func.pg_advisory_xact_lock(func.hashtext(Address.index_of(incoming.sender)))))
            met = lock_by_address(db, incoming.channel, incoming.sender) or self._welcome(db, incoming, now)
        return met

    def _welcome(self, db: Session, incoming: Incoming, now: datetime) -> Standing:
        person = Person(name=incoming.name[:80], created_at=now)
        db.add(person)
        db.flush()
        db.add(Conversation(person_id=person.id, version=0, stack=[], misses=0))
        for value in dict.fromkeys((incoming.sender, incoming.alias)):
            if value:
                Address.add(db, person.id, incoming.channel, value)
        db.flush()
        return Standing(person, 0, 0, None)

    def _note(self, db: Session, person: Person, incoming: Incoming, now: datetime) -> int | None:
        body = {"text": incoming.text[:MAX_TEXT], "tap": incoming.tap, "quoted": incoming.quoted}
        if incoming.media:
            body |= asdict(incoming.media)
        return Inbox.first_time(db, person.id, incoming.channel, incoming.provider_id, incoming.kind, body, now)

    def _apologise(self, incoming: Incoming) -> bool:
        """After a bug: the conversation stays where it was, the message is kept with a mark, one line says sorry."""
        now = self.clock.now()
        with self.database.begin() as db:
            person, version, misses, heard_at = self._meet(db, incoming, now)
            if self._note(db, person, incoming, now) is None:
                return False
            scene = self._scene(db, person, version, misses, now, incoming.channel)
            scene.replies.append(Reply(self.words.line(person.language, "common.sorry", COMMON["sorry"])))
            stack = self._close(scene, version, heard_at=heard_at)
        self.positions.put(person.id, version + 1, stack, scene.wakes)
        return True

    # -- an event

    def happen(self, inbox_id: int) -> bool:
        """Deals with an event that was written down; False when somebody else does or did."""
        try:
            return self._happen(inbox_id)
        except OperationalError:
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
            person, version, misses, heard_at = lock_by_id(db, person_id)
            event = Inbox.claim(db, inbox_id)
            if event is None:
                return False
            scene = self._scene(db, person, version, misses, now, self._channel_of(db, person))
            self.switchboard.happen(scene, event.name, event.body)
            event.done()
            stack = self._close(scene, version, heard_at=heard_at)
        self.positions.put(person.id, version + 1, stack, scene.wakes)
        return True

    def _channel_of(self, db: Session, person: Person) -> str:
        return db.scalar(select(Address.channel).where(Address.person_id == person.id).order_by(Address.id).limit(1)) or ""

    # -- a receipt

    def receive(self, receipt: Receipt) -> None:
        """Takes in a receipt, in any order. What waits for a delivery (a fitting's 48 hours) becomes an event."""
        wakes: set[str] = set()
        with self.database.begin() as db:
            row = Outbox.receive(db, receipt.status, receipt.provider_id, receipt.outbox_id, receipt.error)
            if row is None:
                return
            if row.sequel and receipt.status in ("delivered", "read"):
                facts = {k: v for k, v in row.sequel.items() if k not in ("event", "person")}
                person_id = row.sequel.get("person", row.person_id)
                Inbox.happen(db, person_id, row.sequel["event"], facts, once=f"delivered:{row.id}", now=self.clock.now())
                wakes.add("events")
            if receipt.status == "failed":
                self._failed(db, row, receipt)
        if wakes:
            self.positions.put(0, 0, [], wakes)

    def _failed(self, db: Session, row: Any, receipt: Receipt) -> None:
        """The provider took the message and then could not deliver it."""
        now = self.clock.now()
        if receipt.outcome == "opted_out":
            person = Person.by_id(db, row.person_id)
            person.stopped_at = person.stopped_at or now
        elif receipt.outcome == "window_closed":
            Outbox.again(db, row.id, "held", row.body, now)
        elif receipt.outcome == "plain_text" and row.body["choices"]:
            choices = tuple(Choice(**c) for c in row.body["choices"])
            Outbox.again(db, row.id, "waiting", asdict(Reply(Reply(row.body["text"], choices).numbered())), now)
        elif receipt.outcome == "retry" and row.tries < SEND_TRIES:
            Outbox.again(db, row.id, "waiting", row.body, now + timedelta(seconds=backoff_s(row.tries)))

    # -- common

    def _scene(self, db: Session, person: Person, version: int, misses: int, now: datetime, channel: str) -> Scene:
        kept = self.positions.get(person.id) if version else None
        stored = kept[1] if kept and kept[0] == version else Conversation.stack_of(db, person.id) if version else []
        stack = [Frame(**frame) for frame in stored]
        return Scene(db, now, person, self.words, self.links, self.till, stack, channel, misses=misses)

    def _close(self, scene: Scene, version: int, heard_at: datetime | None) -> list[Any]:
        """Writes what leaves and where the conversation stands; returns the stack as stored."""
        rows = [self._row(scene, scene.person, reply) for reply in merged(scene.replies)]
        for letter in scene.letters:
            rows.append(self._row(scene, letter["person"], letter["reply"], due_at=letter["due_at"], sequel=letter["sequel"]))
        asked = scene.heard is not None
        Outbox.write(scene.db, [r for r in rows if (asked and r["person_id"] == scene.person.id) or not self._is_stopped(scene, r)])
        stack = [asdict(frame) for frame in scene.stack]
        Conversation.keep(
            scene.db, scene.person.id, version=version + 1, stack=stack, misses=scene.misses, heard_at=heard_at
        )
        if rows:
            scene.wakes.add("messages")
        return stack

    def _is_stopped(self, scene: Scene, row: dict[str, Any]) -> bool:
        return Person.by_id(scene.db, row["person_id"]).is_stopped

    def _row(self, scene: Scene, to: Person, reply: Reply, **more: Any) -> dict[str, Any]:
        row = {"person_id": to.id, "channel": scene.channel, "body": asdict(reply), "created_at": scene.now, "due_at": scene.now, "sequel": None}
        return row | more


def merged(replies: list[Reply]) -> list[Reply]:
    """As few bubbles as WhatsApp allows: plain text is put in front of what follows it."""
    bubbles: list[Reply] = []
    for reply in replies:
        last = bubbles[-1] if bubbles else None
        if last and not last.choices and not reply.picture and len(last.text) + len(reply.text) + 2 <= BUBBLE_LIMIT:
            bubbles[-1] = Reply(f"{last.text}\n\n{reply.text}", reply.choices, reply.menu, last.picture)
        else:
            bubbles.append(reply)
    return [cut for bubble in bubbles for cut in _cut(bubble)]


def _cut(reply: Reply) -> list[Reply]:
    """A text beyond WhatsApp's limit becomes several bubbles; the choices stay with the last."""
    if len(reply.text) <= BUBBLE_LIMIT:
        return [reply]
    at = reply.text.rfind("\n", 0, BUBBLE_LIMIT)
    at = at if at > 0 else BUBBLE_LIMIT
    rest = Reply(reply.text[at:].lstrip("\n"), reply.choices, reply.menu)
    return [Reply(reply.text[:at], picture=reply.picture), *_cut(rest)]
