"""Looks every second for what should have moved and did not, and rings the timers."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from sqlalchemy import text

from bot import intake
from bot.rules.schedule import RUNS
from models.outbox import ASK_AFTER
from models.schedule import Schedule
from models.timer import Timer

if TYPE_CHECKING:
    from bot.wiring import Parts

log = logging.getLogger(__name__)
#: Which bell is rung when which rows are due. One statement asks for all of them.
FORGOTTEN = text("""
    SELECT
      EXISTS (SELECT 1 FROM outbox WHERE state = 'waiting' AND due_at <= :now)
        OR EXISTS (SELECT 1 FROM outbox WHERE state = 'sending' AND lease_until < :now)
        OR EXISTS (SELECT 1 FROM outbox WHERE state = 'unknown' AND due_at <= :now)
        OR EXISTS (SELECT 1 FROM outbox WHERE sequel IS NOT NULL AND state = 'sent' AND receipt < 4 AND due_at <= :silent) AS messages,
      EXISTS (SELECT 1 FROM inbox WHERE state = 'waiting' AND due_at <= :now) AS events,
      EXISTS (SELECT 1 FROM payment WHERE next_at <= :now) OR EXISTS (SELECT 1 FROM disbursement WHERE next_at <= :now)
        OR EXISTS (SELECT 1 FROM refund WHERE state = 'owed' AND next_at <= :now) OR EXISTS (SELECT 1 FROM dry_float WHERE next_at <= :now)
        OR EXISTS (SELECT 1 FROM payday WHERE done_at IS NULL AND next_at <= :now)
        OR EXISTS (SELECT 1 FROM holder_check WHERE answered_at IS NULL AND next_at <= :now) AS money,
      EXISTS (SELECT 1 FROM schedule WHERE due_at <= :now) AS books,
      EXISTS (SELECT 1 FROM picture WHERE state = 'wanted' AND due_at <= :now) AS pictures,
      EXISTS (SELECT 1 FROM recording WHERE state = 'wanted' AND due_at <= :now)
        OR EXISTS (SELECT 1 FROM recording WHERE (content IS NOT NULL OR said IS NOT NULL) AND purge_at <= :now) AS voice""")


def tick(parts: Parts) -> None:
    """One look. Safe to run in several processes at once."""
    parts.spool.replay(lambda kind, asked: intake.replay(parts.engine, parts.channels, kind, asked))
    now = parts.clock.now()
    with parts.database.begin() as db:
        Timer.ring_due(db, now)
        due = db.execute(FORGOTTEN, {"now": now, "silent": now - ASK_AFTER}).mappings().one()
    for bell, is_due in due.items():
        if is_due:
            parts.redis.ring(bell)


def run(parts: Parts) -> None:
    """Ticks for ever; a database that is away is waited for."""
    is_planned = False
    while True:
        try:
            if not is_planned:
                with parts.database.begin() as db:
                    Schedule.plan(db, RUNS, parts.clock.now())
                is_planned = True
            tick(parts)
            parts.redis.tick()
        except Exception as error:
            log.warning("tick failed: %s", type(error).__name__)
        time.sleep(parts.settings.tick_s)
