"""What every stand-in shares: live events, background tasks, and the one way out to the product."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from sandbox.clock import Clock
from sandbox.config import Config
from sandbox.faults import Faults

READ_TIMEOUT_S = 15
OUTGOING_LIMIT = 256
KEEP_ALIVE_S = 1.5  # shorter than the 2 s of a gunicorn worker, so that a kept connection is rarely a dead one
EVENT_QUEUE = 2000


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one request to the product. Status 0: no answer."""

    status: int
    body: bytes = b""
    content_type: str = ""
    tries: int = 1

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Hub:
    """Tells every open page what happened."""

    def __init__(self) -> None:
        self.listeners: set[asyncio.Queue[tuple[str, Any]]] = set()

    def publish(self, kind: str, data: Any) -> None:
        for queue in self.listeners:
            if queue.qsize() < EVENT_QUEUE:
                queue.put_nowait((kind, data))


class Shared:
    """Handed to every stand-in."""

    def __init__(self, config: Config) -> None:
        self.config, self.clock, self.faults, self.hub = config, Clock(config.clock_file), Faults(config.seed), Hub()
        self.counts: Counter[str] = Counter()
        self.closing = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=OUTGOING_LIMIT, keepalive_timeout=KEEP_ALIVE_S)
            timeout = aiohttp.ClientTimeout(total=READ_TIMEOUT_S)
            self._session = aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False)
        return self._session

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def cancel_all(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()

    async def close(self) -> None:
        self.closing.set()
        self.cancel_all()
        if self._session:
            await self._session.close()

    async def pause(self, setting: str) -> None:
        """Waits as many milliseconds as the setting says."""
        if wait := self.faults.settings[setting]:
            await asyncio.sleep(wait / 1000)

    async def hang_up(self, request: web.Request, after_s: float) -> web.Response:
        """Keeps a connection open without a word, then closes it without an answer."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.closing.wait(), after_s)
        if request.transport:
            request.transport.abort()
        return web.Response(status=500)  # never seen: the connection is gone

    def address(self, url: str) -> str | None:
        """Where to connect for a URL of the product; None for anything that is not on this machine."""
        url = url.split("#")[0]
        config = self.config
        if config.deliver_url != config.public_url and url.startswith(config.public_url):
            url = config.deliver_url + url.removeprefix(config.public_url)
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return None
        local = host in ("localhost", "::1") or host.startswith("127.")
        return url if local and parts.scheme in ("http", "https") else None

    async def deliver(
        self, kind: str, method: str, url: str, *, data: bytes, headers: dict[str, str], retries: int, pause_ms: float = 1000
    ) -> Delivered:
        """Sends one request to the product; tries again, within bounds, when nobody answers or the answer is a 5xx."""
        address = self.address(url)
        outcome = Delivered(0, tries=0)
        for attempt in range(retries + 1 if address else 0):
            if attempt:
                self.counts[f"{kind}.retried"] += 1
                await asyncio.sleep(min(pause_ms, 50 * 2**attempt) / 1000)
            outcome = await self._once(method, str(address), data, headers, attempt + 1)
            if 0 < outcome.status < 500:
                break
        self.counts[f"{kind}.sent"] += 1
        self.counts[f"{kind}.{outcome.status or 'unanswered'}"] += 1
        return outcome

    async def _once(self, method: str, url: str, data: bytes, headers: dict[str, str], attempt: int) -> Delivered:
        try:
            async with self.session.request(method, url, data=data, headers=headers, allow_redirects=False) as answer:
                return Delivered(answer.status, await answer.read(), answer.content_type, attempt)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Delivered(0, tries=attempt)


async def read_json(request: web.Request) -> dict[str, Any]:
    """The JSON object in a request. A plain form is refused, so that a strange web page cannot press our buttons."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send application/json")
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        raise web.HTTPBadRequest(text="not JSON") from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="send a JSON object")
    return body


def bad(message: str, status: int = 400) -> web.Response:
    return web.json_response({"error": message}, status=status)
