"""Writes the week's papers: every tailor's statement, and the invoice for our commission."""

from __future__ import annotations

import logging
from datetime import date, timedelta

from bot.clock import Clock
from bot.rules import NotAllowed
from models import earnings
from models.base import Away, Database
from models.document import commission_invoice, credit_note, statement_of
from models.inbox import Inbox
from models.tailor import Tailor

log = logging.getLogger(__name__)
WEEK = timedelta(days=6)


class Clerk:
    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock

    def write_papers(self) -> bool:
        """For the last whole week, Monday to Sunday. Safe to call again; False when a paper could not be written."""
        today = self.clock.now().date()
        last = today - timedelta(days=today.weekday() + 1)
        with self.database.begin() as db:
            tailors = earnings.moved(db, *earnings.period(last - WEEK, last, self.clock.now()))
        done = [self._write(tailor_id, last - WEEK, last) for tailor_id in tailors]
        return all(done)

    def _write(self, tailor_id: int, first: date, last: date) -> bool:
        """One tailor's, in one transaction; the numbered papers come last, because they keep others waiting."""
        try:
            with self.database.begin() as db:
                tailor, now = Tailor.by_id(db, tailor_id), self.clock.now()
                papers = [statement_of(db, tailor, first, last, now), commission_invoice(db, tailor, first, last, now)]
                papers.append(credit_note(db, tailor, first, last, now))
                facts = {"first": first.isoformat(), "last": last.isoformat(), "papers": [paper.id for paper in papers if paper]}
                Inbox.happen(db, tailor.person_id, "papers_written", facts, once=f"papers:{tailor_id}:{last}", now=now)
            return True
        except Away:
            raise
        except NotAllowed as refusal:
            log.error("no papers for tailor %s: %s", tailor_id, refusal.reason)
            return True  # the same again tomorrow: a person must look
        except Exception:
            log.exception("no papers for a tailor", extra={"tailor_id": tailor_id})
            return False
