"""Fetches voice notes and has them listened to; what was heard comes back to the conversation as an event."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from bot.channels import Channel, Undelivered
from bot.clock import Clock
from bot.messages import Media
from bot.rules import measurements
from bot.rules.retry import backoff_s
from bot.understand import Context, measurements_in
from bot.understand.claims import Claim
from bot.voice import LARGEST_BYTES, Engine, Heard, Hints, Reader, Unheard
from models.base import Database
from models.inbox import Inbox
from models.person import Person
from models.recording import Recording

log = logging.getLogger(__name__)
TRIES = 6
LEASE = timedelta(seconds=120)  # longer than any engine may take


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A recording as it was claimed."""

    id: int
    channel: str
    media: Media | None
    text: str
    people: tuple[str, ...]
    language: str
    tries: int


class Ear:
    def __init__(self, database: Database, channels: dict[str, Channel], engine: Engine, reader: Reader | None, clock: Clock) -> None:
        self.database, self.channels, self.engine, self.reader, self.clock = database, channels, engine, reader, clock

    def listen_next(self) -> bool:
        """Deals with the next recording; False when there is none."""
        wanted = self._claim()
        if wanted is None:
            return False
        if wanted.tries > TRIES:  # it took us down each time
            self._finish(wanted, None, None)
            return True
        try:
            content = self.channels[wanted.channel].fetch(wanted.media).content if wanted.media else None
            if content and len(content) > LARGEST_BYTES:
                raise Undelivered("the recording is too large", outcome="give_up")
            self._finish(wanted, content, self._hear(wanted, content))
        except (Undelivered, Unheard) as failure:
            self._failed(wanted, failure)
        except Exception:
            log.exception("a recording could not be heard", extra={"recording_id": wanted.id})
            self._later(wanted)
        return True

    def forget_old(self) -> None:
        with self.database.begin() as db:
            Recording.purge(db, self.clock.now())

    # -- private

    def _claim(self) -> _Wanted | None:
        now = self.clock.now()
        with self.database.begin() as db:
            found = Recording.claim(db, now)
            if found is None:
                return None
            found.tries += 1
            found.due_at = now + LEASE
            media = Media(found.source_url, found.source_type or "") if found.source_url else None
            language = Person.by_id(db, found.person_id).language
            return _Wanted(found.id, found.channel, media, found.said or "", found.people, language, found.tries)

    def _hear(self, wanted: _Wanted, content: bytes | None) -> tuple[Heard, list[Claim]]:
        if content is None:
            heard = Heard(wanted.text, 1.0, 0.0)
        else:
            languages = tuple(dict.fromkeys(("en", wanted.language)))  # English stands in most notes, whatever else is spoken
            heard = self.engine.listen(content, Hints(languages, _WORDS, wanted.people))
        return heard, self._read(heard, wanted.people)

    def _read(self, heard: Heard, people: tuple[str, ...]) -> list[Claim]:
        """Asks the language model only when the rules leave words unexplained."""
        if self.reader is None or heard.why or not measurements_in(heard.text, Context(people=people)).unexplained:
            return []
        try:
            return self.reader.claims(heard.text, people)
        except Unheard as failure:
            log.warning("the reader could not be asked: %s", failure.why)
            return []

    def _failed(self, wanted: _Wanted, failure: Undelivered | Unheard) -> None:
        again = failure.retry if isinstance(failure, Unheard) else failure.outcome == "retry"
        log.warning("a recording was not heard: %s", failure.why, extra={"recording_id": wanted.id})
        if again and wanted.tries < TRIES:
            self._later(wanted)
        else:
            self._finish(wanted, None, None)

    def _later(self, wanted: _Wanted) -> None:
        with self.database.begin() as db:
            row = Recording.by_id(db, wanted.id, lock=True)
            row.due_at = self.clock.now() + timedelta(seconds=backoff_s(wanted.tries))

    def _finish(self, wanted: _Wanted, content: bytes | None, heard: tuple[Heard, list[Claim]] | None) -> None:
        now = self.clock.now()
        with self.database.begin() as db:
            row = Recording.by_id(db, wanted.id, lock=True)
            if row.state != "wanted":
                return
            if heard is None:
                row.lose()
            else:
                row.content = content
                row.heard(**self._as_heard(*heard))
            facts = {"recording_id": row.id, "quotable": self.engine.repeats}
            Inbox.happen(db, row.person_id, row.event, facts, once=f"recording:{row.id}", now=now)

    def _as_heard(self, heard: Heard, claims: list[Claim]) -> dict[str, Any]:
        unsure = not heard.why and heard.confidence < self.engine.sure
        why = "unclear" if unsure else heard.why or ("partly" if heard.missed else "")
        told = {"said": heard.text, "engine": self.engine.name, "confidence": heard.confidence, "seconds": heard.seconds}
        return told | {"why": why, "claims": [asdict(c) for c in claims]}


#: How people call what is measured; the engine may expect these words.
_WORDS = tuple(dict.fromkeys(said for field in measurements.FIELDS.values() for said in field.says if said.isascii()))
