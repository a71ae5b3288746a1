"""One message or event, one transaction: heard, answered and written down, or nothing happened at all."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.flow import COMMON
from bot.messages import Choice, Incoming, Receipt, Reply
from bot.rules.notices import WINDOW
from bot.rules.retry import SEND_TRIES, backoff_s
from bot.scenes import Scenes
from models.base import Away
from models.conversation import Conversation, Standing, lock_by_address, lock_by_id, meet
from models.inbox import Inbox
from models.outbox import Outbox
from models.person import Address, Person

log = logging.getLogger(__name__)
MAX_TEXT = 4096


class Engine(Scenes):
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
        """After a bug: the conversation stays where it was, the message is noted, one line says sorry (not while a person speaks with her)."""
        now = self.clock.now()
        with self.database.begin() as db:
            met = self._meet(db, incoming, now)
            if met.inbox_id is None:
                return False
            scene = self._scene(db, met, now, incoming.channel)
            if not met.attended_by:
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
                Inbox.put_off(db, inbox_id, repr(bug), now)
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
            person.stop(now)
        elif receipt.outcome == "window_closed":
            Outbox.window_closed(db, row.id, row.body, now, gone=receipt.provider_id)
        elif receipt.outcome == "plain_text" and row.body["choices"]:
            choices = tuple(Choice(**c) for c in row.body["choices"])
            Outbox.again(db, row.id, "waiting", Reply(Reply(row.body["text"], choices).numbered()).stored(), now, gone=receipt.provider_id)
        elif receipt.outcome == "retry" and row.tries < SEND_TRIES:
            Outbox.again(db, row.id, "waiting", row.body, now + timedelta(seconds=backoff_s(row.tries)), gone=receipt.provider_id)


def _body(incoming: Incoming) -> dict[str, Any]:
    body = {"text": incoming.text[:MAX_TEXT], "tap": incoming.tap, "quoted": incoming.quoted}
    return body | asdict(incoming.media) if incoming.media else body
