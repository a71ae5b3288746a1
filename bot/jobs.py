"""What RQ calls: the rows know what is to do, a job only wakes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from bot.rules import schedule
from models.base import Away
from models.inbox import Inbox
from models.metrics import MetricDay
from models.news import News
from models.schedule import Schedule

if TYPE_CHECKING:
    from bot.wiring import Parts

log = logging.getLogger(__name__)
BUDGET_S = 45  # one waking works for this long at most, well within the limit of a job; the next one goes on
parts: Parts = cast("Parts", None)  # put in by the worker when it starts
#: Who does what stands in bot/rules/schedule.py; whether it could be finished.
RUNS: dict[str, Callable[[Parts], bool]] = {
    "reconcile": lambda house: house.auditor.reconcile(),
    "papers": lambda house: house.clerk.write_papers(),
    "metrics": lambda house: MetricDay.roll(house.database, house.clock.now().date()),
    "news": lambda house: News.forget(house.database),
}


def carry_messages() -> None:
    parts.carrier.drain(lambda: parts.redis.answer("messages"))
    for receipt in parts.carrier.inquire():
        parts.engine.receive(receipt)


def carry_events() -> None:
    parts.redis.answer("events")
    until = time.monotonic() + BUDGET_S
    while _due_events() and time.monotonic() < until:
        pass


def carry_money() -> None:
    parts.redis.answer("money")
    works = (parts.cashier.carry_due, parts.teller.check_due, parts.payroll.pay_due, parts.paymaster.carry_due)
    if any(list(map(_safely, works))):
        parts.redis.ring("events")


def carry_pictures() -> None:
    parts.redis.answer("pictures")
    until = time.monotonic() + BUDGET_S
    while parts.darkroom.develop_next() and time.monotonic() < until:
        parts.redis.ring("events")
    parts.redis.ring("events")


def carry_voice() -> None:
    parts.redis.answer("voice")
    until = time.monotonic() + BUDGET_S
    while parts.ear.listen_next() and time.monotonic() < until:
        parts.redis.ring("events")
    parts.ear.forget_old()


def carry_books() -> None:
    """What is due by the calendar; what could not be finished is tried again."""
    parts.redis.answer("books")
    with parts.database.begin() as db:
        due = Schedule.claim(db, parts.clock.now(), schedule.AGAIN)
    for name in due:
        if RUNS[name](parts):
            with parts.database.begin() as db:
                Schedule.done(db, name, schedule.RUNS[name].after(parts.clock.now()))
        parts.redis.ring("money")
        parts.redis.ring("events")


def _safely(work: Callable[[], bool]) -> bool:
    """A bug of one worker keeps no other from its work."""
    try:
        return work()
    except Away:
        raise
    except Exception:
        log.exception("a worker of the money stumbled")
        return True


def _due_events() -> bool:
    """Deals with one batch; whether something was done, so that what it set off is dealt with too."""
    with parts.database.begin() as db:
        waiting = Inbox.waiting(db, parts.clock.now())
    done = [parts.engine.happen(inbox_id) for inbox_id in waiting]
    return any(done)
