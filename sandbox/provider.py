"""What every request about money meets at a provider, whichever way the money goes: trouble around acceptance and answers, callbacks."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from aiohttp import web

from sandbox.outgoing import Out
from sandbox.shared import Delivered, Shared
from sandbox.wallets import Ask, Wallets

REFUSALS = {"error_500_not_created": 500, "error_503": 503, "error_401": 401, "error_403": 403, "error_429": 429}
J = TypeVar("J", Ask, Out)
#: Method, body, headers.
Letter = tuple[str, bytes, dict[str, str]]


class Provider(ABC, Generic[J]):
    """The base of a provider: it fills in its own wording, and what happens to a request once it is taken."""

    name = ""

    def __init__(self, shared: Shared, wallets: Wallets) -> None:
        self.shared, self.wallets = shared, wallets
        self._early: set[J] = set()

    @abstractmethod
    def refuse(self, status: int) -> web.Response:
        """An error answer with nothing created."""

    @abstractmethod
    def accepted(self, job: J) -> web.Response:
        """The answer to a request that was taken."""

    @abstractmethod
    def callback(self, job: J, *, forged: bool) -> Letter | None:
        """What is reported, None when nothing is. A forged one claims success and is signed with nothing."""

    @abstractmethod
    def add(self, job: J) -> None:
        """Remembers a request."""

    @abstractmethod
    def succeed(self, job: J) -> None:
        """Moves the money."""

    @abstractmethod
    async def play(self, job: J) -> None:
        """What the world does with the request."""

    async def accept(self, request: web.Request, job: J) -> web.Response:
        """A valid request: whatever shall go wrong, then the answer that it was taken."""
        if (refused := await self._refused(request, job)) is not None:
            return refused
        self.add(job)
        self.begin(job)
        if self.take("callback_forged", job):
            self.shared.spawn(self.send(job, forged=True))
        if self.take("callback_before_answer", job):
            await self._finish_early(job)
        if (hold := self.take("timeout_created", job)) is not None:
            return await self.shared.hang_up(request, float(hold))
        if self.take("error_500_created", job):
            return self.refuse(500)
        self.shared.counts[f"{job.trouble}202"] += 1
        return self.accepted(job)

    def begin(self, job: J) -> None:
        self.shared.spawn(self.play(job))

    async def unreadable(self, request: web.Request, job: J) -> web.Response | None:
        """Whatever shall go wrong when somebody asks for a status."""
        if (hold := self.take("status_timeout", job)) is not None:
            return await self.shared.hang_up(request, float(hold))
        for name, status in (("status_404", 404), ("status_500", 500)):
            if self.take(name, job):
                return self.refuse(status)
        return None

    def take(self, fault: str, job: J) -> Any | None:
        return self.shared.faults.take(job.trouble + fault, job.msisdn)

    def when_final(self, job: J) -> None:
        if job not in self._early:
            self.shared.spawn(self._announce(job))

    async def send(self, job: J, *, forged: bool = False) -> Delivered | None:
        letter = self.callback(job, forged=forged) if job.callback_url else None
        if letter is None:
            return None
        method, body, headers = letter
        return await self.shared.deliver(
            f"{self.name}.callbacks", method, job.callback_url, data=body, headers=headers,
            retries=self.shared.faults.settings[f"{self.name}.callback_retries"],
        )  # fmt: skip

    async def _refused(self, request: web.Request, job: J) -> web.Response | None:
        if (hold := self.take("timeout_not_created", job)) is not None:
            return await self.shared.hang_up(request, float(hold))
        for name, status in REFUSALS.items():
            if self.take(name, job):
                return self.refuse(status)
        return None

    async def _finish_early(self, job: J) -> None:
        self._early.add(job)
        self.succeed(job)
        self._early.discard(job)
        await self.send(job)

    async def _announce(self, job: J) -> None:
        await asyncio.sleep(self.shared.config.callback_delay_s)
        if self.take("callback_lost", job):
            return
        if (late := self.take("callback_late", job)) is not None:
            await asyncio.sleep(float(late))
        copies = int(self.take("callback_repeated", job) or 1)
        await asyncio.gather(*(self.send(job) for _ in range(copies)))
