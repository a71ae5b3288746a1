"""Carries letters from their rows to the channels: many persons at once, each person's letters in order."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from bot.channels import Channel, Undelivered
from bot.clock import Clock
from bot.links import Links
from bot.messages import Letter, Receipt, Reply, Sending
from bot.rules.retry import LOST_TRIES, SEND_TRIES, backoff_s
from models.base import Database
from models.outbox import Outbox
from models.person import Address, Person

log = logging.getLogger(__name__)
LOOK_AGAIN_S = 0.02  # while letters are under way, how often new ones are looked for
DRAIN_S = 45  # one waking carries for this long at most; the next waking goes on
SURE_AFTER = timedelta(seconds=20)  # a send that the provider does not show by then did not happen
ADDRESS_CACHE = 10_000


class Carrier:
    def __init__(self, database: Database, channels: dict[str, Channel], links: Links, clock: Clock, *, threads: int, lease_s: float) -> None:
        self.database, self.channels, self.links, self.clock = database, channels, links, clock
        self.threads, self.lease = threads, timedelta(seconds=lease_s)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="send")
        self._addresses: dict[tuple[int, str], str] = {}
        self._lock = threading.Lock()

    def drain(self, awake: Callable[[], None] = lambda: None, budget_s: float = DRAIN_S) -> int:
        """Sends whatever is due until nothing is; how many letters were taken up."""
        awake()
        self.resolve()
        under_way: set[Future[int]] = set()
        carried, until = 0, time.monotonic() + budget_s
        while True:
            room = self.threads - len(under_way) if time.monotonic() < until else 0
            fresh = self._claim(room) if room else []
            under_way |= {self._pool.submit(self._carry, row) for row in fresh}
            if not under_way:
                return carried
            over, under_way = wait(under_way, timeout=LOOK_AGAIN_S, return_when=FIRST_COMPLETED)
            carried += sum(f.result() for f in over)

    def resolve(self) -> None:
        """Asks the providers about letters whose fate nobody knows, and never sends one of them again blindly."""
        with self.database.begin() as db:
            rows = Outbox.doubtful(db, self.clock.now(), self.lease)
        for future in [self._pool.submit(self._resolve, row) for row in rows]:
            future.result()

    def inquire(self) -> list[Receipt]:
        """Asks about letters whose delivery starts a clock and of which no receipt came: receipts get lost, clocks must not."""
        with self.database.begin() as db:
            rows = Outbox.unreceipted(db, self.clock.now())
        asked = self._pool.map(lambda row: self.channels[row.channel].receipt_of(row.provider_id), rows)
        return [receipt for receipt in asked if receipt is not None]

    # -- one letter

    def _claim(self, room: int) -> list[Row[Any]]:
        with self.database.begin() as db:
            return Outbox.claim(db, self.clock.now(), self.lease, room)

    def _carry(self, row: Row[Any] | None) -> int:
        """Sends a person's letter, then her next one, as long as each succeeds."""
        carried = 0
        while row is not None:
            carried += 1
            try:
                sent = self._send(row)
            except Undelivered as failure:
                self._undelivered(row, failure)
                break
            except Exception:
                log.exception("a letter could not be sent", extra={"outbox_id": row.id})
                self._undelivered(row, Undelivered("a bug", unknown=True))
                break
            with self.database.begin() as db:
                row = Outbox.sent_and_next(db, row.id, row.person_id, sent, self.clock.now(), self.lease)
        return carried

    def _send(self, row: Row[Any]) -> str:
        return self.channels[row.channel].send(self._letter(row))

    def _letter(self, row: Row[Any]) -> Letter:
        reply, closed = Reply.restored(row.body), row.body.get("window_closed", False)
        reply = replace(reply, picture=reply.picture and self.links.full(reply.picture))
        return Letter(row.id, self._address(row.person_id, row.channel), reply, self.links.receipt(row.channel, row.id), not closed)

    def _address(self, person_id: int, channel: str) -> str:
        known = self._addresses.get((person_id, channel))
        if known is None:
            with self.database.begin() as db:
                address = Address.of(db, person_id, channel)
            if address is None:
                raise Undelivered("no address on this channel", outcome="give_up")
            known = address.value
            with self._lock:
                if len(self._addresses) >= ADDRESS_CACHE:
                    self._addresses.clear()
                self._addresses[person_id, channel] = known
        return known

    def _undelivered(self, row: Row[Any], failure: Undelivered) -> None:
        now = self.clock.now()
        with self.database.begin() as db:
            if failure.unknown:
                Outbox.settle(db, row.id, "unknown", error=failure.why, due_at=now + timedelta(seconds=3))
            elif failure.outcome == "window_closed":
                Outbox.window_closed(db, row.id, row.body, now)
            elif failure.outcome == "retry" and row.tries < SEND_TRIES:
                wait_s = failure.wait_s if failure.wait_s is not None else backoff_s(row.tries)
                Outbox.settle(db, row.id, "waiting", error=failure.why, due_at=now + timedelta(seconds=wait_s))
            else:
                Outbox.settle(db, row.id, "dead", error=failure.why)
                log.error("a letter was given up: %s", failure.why, extra={"outbox_id": row.id})
            if failure.outcome == "opted_out":
                person = Person.by_id(db, row.person_id)
                person.stop(now)

    def _resolve(self, row: Row[Any]) -> None:
        now = self.clock.now()
        started = row.started_at or now
        try:
            with self.database.begin() as db:
                known = Outbox.known_ids(db, row.person_id, started)
            found = self.channels[row.channel].find(Sending(self._letter(row), started, known))
        except Undelivered as failure:
            log.warning("the fate of a letter is still unknown: %s", failure.why, extra={"outbox_id": row.id})
            self._settle(row.id, "unknown", now + timedelta(seconds=backoff_s(row.tries + 1, first_s=5)))
            return
        if found:
            with self.database.begin() as db:
                Outbox.found(db, row.id, found)
        elif now - started < SURE_AFTER:
            self._settle(row.id, "unknown", now + timedelta(seconds=5))
        elif row.tries < LOST_TRIES:
            self._settle(row.id, "waiting", now + timedelta(seconds=backoff_s(row.tries) if row.tries > 1 else 0))
        else:
            self._settle(row.id, "dead", now)
            log.error("a letter was given up: its fate was unknown %s times", row.tries, extra={"outbox_id": row.id})

    def _settle(self, outbox_id: int, state: str, due_at: Any) -> None:
        with self.database.begin() as db:
            Outbox.settle(db, outbox_id, state, due_at=due_at)
