"""A process that dies at the nth boundary, a fresh one that goes on, and what the books say in the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import text

from bot import jobs
from bot.wiring import make_app
from models import ledger
from models.base import Database
from tests.conftest import empty
from tests.fakes import Wallets
from tests.stage import MovedParts, Stage

Act = Callable[[Stage], None]
MOVES = "SELECT j.key, a.code, e.amount FROM journal j JOIN entry e ON e.journal_id = j.id JOIN account a ON a.id = e.account_id"
CALLS = ("collect", "query", "send", "sent", "give_back", "given_back", "voucher", "holder")
HOURS_TO_RECOVER = 2
_began: dict[Stage, datetime] = {}


class Died(BaseException):
    """kill -9."""


class Reaper:
    """Counts the boundaries and lets the process die at one of them: 0 is never."""

    def __init__(self, at: int = 0) -> None:
        self.at, self.passed = at, 0

    def boundary(self) -> None:
        self.passed += 1
        if self.passed == self.at:
            raise Died


@contextmanager
def reaping(database: type[Database], provider: type[Wallets], reaper: Reaper) -> Iterator[None]:
    """Boundaries: before and after each commit of something written, before and after each call of a provider."""
    begin = database.begin
    calls = {name: getattr(provider, name) for name in CALLS}

    @contextmanager
    def watched(self: Database) -> Iterator[Any]:
        with begin(self) as db:
            yield db
            db.flush()
            is_writing = db.scalar(text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL"))
            if is_writing:
                reaper.boundary()
        if is_writing:
            reaper.boundary()

    def watching(call: Callable[..., Any]) -> Callable[..., Any]:
        def made(*given: Any) -> Any:
            reaper.boundary()
            answer = call(*given)
            reaper.boundary()
            return answer

        return made

    database.begin = watched  # type: ignore[method-assign,assignment]
    for name, call in calls.items():
        setattr(provider, name, watching(call))
    try:
        yield
    finally:
        database.begin = begin  # type: ignore[method-assign]
        for name, call in calls.items():
            setattr(provider, name, call)


def played(stage: Stage, prepare: Act, act: Act, die_at: int) -> tuple[Counter[tuple[str, str, int]], int]:
    """The movements in the books at the end, and how many boundaries were passed.

    Who was not answered tries again, as a messenger's webhook does; then the ticker and the workers have two hours to find what is left.
    """
    empty(stage.parts.database)
    stage.parts.redis.connection.flushall()
    stage.reset()
    prepare(stage)
    stage.settle()
    serial, reaper = stage.serial, Reaper(die_at)
    _began[stage] = stage.parts.story_clock.time
    try:
        with reaping(Database, Wallets, reaper):
            act(stage)
    except Died:
        _restart(stage)
        stage.serial = serial
        act(stage)
    stage.pass_time(HOURS_TO_RECOVER)
    return _books(stage), reaper.passed


def began(stage: Stage) -> datetime:
    """When the act began, for the first time."""
    return _began[stage]


def _restart(stage: Stage) -> None:
    """A new process: nothing of the old one's memory, and Redis has forgotten."""
    old = stage.parts
    old.redis.connection.flushall()
    old.database.engine.dispose()
    stage.parts = MovedParts(old.settings, channels={"twilio": stage.channel}, providers=stage.wallets, voice=stage.listener)
    stage.parts.story_clock = old.story_clock
    stage.web = make_app(stage.parts).test_client()
    jobs.parts = stage.parts


def _books(stage: Stage) -> Counter[tuple[str, str, int]]:
    with stage.parts.database.begin() as db:
        assert ledger.faults(db) == []
        rows = [row for row in db.execute(text(MOVES)) if not row.key.startswith("story:")]  # given, not earned
        for wallet in stage.wallets.values():
            booked = sum(row.amount for row in rows if row.code == f"provider_clearing:{wallet.name}")
            assert booked == wallet.taken() - wallet.paid_out(), f"{wallet.name}: {booked} booked"
    return Counter((re.sub(r"\d+", "#", key), re.sub(r"\d+", "#", code), amount) for key, code, amount in rows)
