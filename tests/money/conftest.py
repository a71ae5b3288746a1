"""A bank for every test: the house, its real adapters, and the stand-ins, with one clock for all of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from bot import jobs
from bot.settings import Settings
from tests.conftest import empty
from tests.money.bank import Bank
from tests.money.protocol import as_specified
from tests.money.rim import Doors
from tests.money.scan import Scan, leaks
from tests.money.world import OneClock, World, config, secrets_of


@pytest.fixture(scope="session")
def open_bank(settings: Settings) -> Iterator[Bank]:
    """Once per process."""
    clock, doors, before = OneClock(), Doors(), jobs.parts
    with doors.open(), World(lambda port: config(port, doors.url), clock).living() as world:
        bank = Bank(settings, world, doors, clock)
        jobs.parts = before
        yield bank
        bank.parts.database.engine.dispose()


@pytest.fixture
def bank(open_bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    """Empty at the start. At the end nothing secret was written down, and the providers were asked as they specify it."""
    monkeypatch.setattr(jobs, "parts", open_bank.parts)
    empty(open_bank.parts.database)
    open_bank.parts.redis.connection.flushall()
    open_bank.reset()
    scan, root = Scan(), logging.getLogger()
    level = root.level
    root.addHandler(scan)
    root.setLevel(logging.INFO)
    try:
        yield open_bank
    finally:
        root.removeHandler(scan)
        root.setLevel(level)
    bodies = [(f"HTTP {status}", body.decode(errors="replace")) for status, body in open_bank.doors.replies if status >= 400]
    assert not leaks([*scan.lines, *bodies], [*secrets_of(open_bank.world.config), *open_bank.world.vouchers])
    for asked in open_bank.world.asked:
        as_specified(asked)
