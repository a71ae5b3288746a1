"""Pays the tailors on payday: everybody once, each in a transaction of her own, whoever else does the same."""

from __future__ import annotations

import logging
import time
from collections import Counter
from datetime import timedelta

from bot.clock import Clock
from bot.rules.payment import Till
from models import payout
from models.base import Away, Database
from models.payday import Payday
from models.switch import PAYOUTS, Switch

log = logging.getLogger(__name__)
BUDGET_S = 40  # one waking pays for this long at most; the next one goes on
AGAIN = timedelta(minutes=10)  # while payouts are switched off; after a bug with one tailor, too: the others are paid, she is tried again
CLOCK = "rules"  # who runs a week by itself


class Payroll:
    def __init__(self, database: Database, till: Till, clock: Clock) -> None:
        self.database, self.till, self.clock = database, till, clock

    def pay_due(self) -> bool:
        """Pays the weeks whose payday has come; whether there was one."""
        with self.database.begin() as db:
            weeks = Payday.due(db, self.clock.now())
            if weeks and not Switch.is_on(db, PAYOUTS):
                for week in weeks:
                    Payday.end(db, week, self.clock.now(), again=AGAIN)
                return False
        for week in weeks:
            self.run(week)
        return bool(weeks)

    def run(self, week: str, by: str = CLOCK) -> Counter[str]:
        """Pays everybody for a week who has not been paid for it: how many were "paid", "failed" or held, by reason. Safe to call twice."""
        until, now = time.monotonic() + BUDGET_S, self.clock.now()
        with self.database.begin() as db:
            Payday.begin(db, week, by, now)
            tailors = payout.to_be_paid(db, week, self.till.terms.minimum)
        done: Counter[str] = Counter()
        for tailor_id in tailors:
            if time.monotonic() > until:
                done["not_yet"] += 1
            else:
                done[self._pay(tailor_id, week)] += 1
        with self.database.begin() as db:
            again = timedelta() if done["not_yet"] else AGAIN if done["failed"] else None
            Payday.end(db, week, self.clock.now(), again=again)
        return done

    def _pay(self, tailor_id: int, week: str) -> str:
        try:
            with self.database.begin() as db:
                return payout.weekly(db, tailor_id, week, till=self.till, now=self.clock.now())
        except Away:
            raise
        except Exception:
            log.exception("a tailor could not be paid", extra={"tailor_id": tailor_id})
            return "failed"
