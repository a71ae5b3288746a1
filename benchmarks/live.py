"""(g) Open pages of the desk beside webhooks: what two hundred of them cost a customer who writes."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from typing import Any

from benchmarks.ground import Ground
from benchmarks.load import Answer, drive
from benchmarks.runs import Talk, percentile
from bot.admin.door import COOKIE, wall
from models.news import News
from models.staff import Staff, StaffSession

BARS = {"live_ratio": ("<=", 1.15)}
RATE, SECONDS, ROUNDS, TABS, POLL_S = 20.0, 20.0, 3, 200, 15.0
APART = multiprocessing.get_context("spawn")


def live(ground: Ground) -> dict[str, float]:
    """Webhooks at a fixed rate with no page open and with many, in turns; something is news each second in both."""
    port, cookie = ground.web("app:create_app()", threads=32), _signed_in(ground)
    talk, found = Talk(ground.people(400, "16")), dict[str, list[Answer]](none=[], tabs=[])
    seated = []
    _webhooks(ground, port, talk, 3)  # warm
    for _ in range(ROUNDS):
        found["none"] += _webhooks(ground, port, talk, SECONDS)
        open_, over, streams = APART.Event(), APART.Event(), APART.Value("i", 0)
        process = APART.Process(target=_tabs, args=(port, cookie, open_, over, streams), daemon=True)
        process.start()
        assert open_.wait(30)
        found["tabs"] += _webhooks(ground, port, talk, SECONDS)
        seated.append(streams.value)
        over.set()
        process.join(10)
        assert process.exitcode == 0, "a page broke"
        time.sleep(2)  # the seats are left
    assert all(answer.status == 200 for answers in found.values() for answer in answers)
    p95 = {name: percentile([answer.seconds for answer in answers], 95) * 1000 for name, answers in found.items()}
    return {
        "live_none_p95_ms": p95["none"], "live_tabs_p95_ms": p95["tabs"], "live_ratio": p95["tabs"] / p95["none"],
        "live_tabs": TABS, "live_streams": min(seated),
    }  # fmt: skip


def _signed_in(ground: Ground) -> str:
    """The cookie of somebody at the desk."""
    with ground.database.begin() as db:
        staff = Staff.hire(db, login="bench", name="Bench", role="readonly", password="of no use to anybody", now=wall.now())
        return f"{COOKIE}={StaffSession.begin(db, staff, place='127.0.0.1', agent='bench', now=wall.now(), proven=True)[1]}"


def _webhooks(ground: Ground, port: int, talk: Talk, seconds: float) -> list[Answer]:
    """Open loop: the next one is sent when it is due, whether or not the last was answered."""
    total, position, told = int(RATE * seconds), 0, 0
    prepared = [talk.request() for _ in range(total)]
    begin = time.perf_counter() + 0.2

    def pick(now: float) -> tuple[bytes, object] | None:
        nonlocal position, told
        if now - begin > told:
            told += 1
            with ground.database.begin() as db:
                News.add(db, "order", f"SW-{told}", ground.parts.clock.now())
        if position < total and now >= begin + position / RATE:
            position += 1
            return prepared[position - 1]
        return None

    return drive(port, 16, pick, lambda: position >= total)


# -- the pages, in a process of their own


def _tabs(port: int, cookie: str, open_: Event, over: Event, streams: Any) -> None:
    asyncio.run(_browse(port, cookie, open_, over, streams))


async def _browse(port: int, cookie: str, open_: Event, over: Event, streams: Any) -> None:
    tabs = [asyncio.create_task(_tab(port, cookie, streams)) for _ in range(TABS)]
    await asyncio.sleep(3)
    open_.set()
    while not over.is_set():
        await asyncio.sleep(0.2)
    for tab in tabs:
        tab.cancel()
    ended = await asyncio.gather(*tabs, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ended), ended


async def _tab(port: int, cookie: str, streams: Any) -> None:
    """One page: it takes a stream when it gets one, else it asks every so often, as static/live.js does."""
    if await _get(port, cookie, "/admin/events", lambda: _one_more(streams)) == 200:
        raise ConnectionError("a stream ended early")
    await asyncio.sleep(random.random() * POLL_S)
    while True:
        assert await _get(port, cookie, "/admin/news") in (200, 204)
        await asyncio.sleep(POLL_S)


async def _get(port: int, cookie: str, path: str, begun: Callable[[], None] = lambda: None) -> int:
    """Reads to the end, however long that takes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode())
        status = int((await reader.readuntil(b"\r\n"))[9:12])
        if status == 200:
            begun()
        while await reader.read(65536):
            pass
        return status
    finally:
        writer.close()


def _one_more(streams: Any) -> None:
    streams.value += 1
