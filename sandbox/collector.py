"""What both mobile-money stand-ins do alike: faults around acceptance, scripts, callbacks."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Any

from aiohttp import web

from sandbox.shared import Delivered, Shared
from sandbox.wallets import Ask, Wallets

AUTO_S = 0.05  # even the fastest person is slower than the 202
REFUSALS = {"error_500_not_created": 500, "error_503": 503, "error_401": 401, "error_403": 403, "error_429": 429}


class Collector(ABC):
    """The base of a provider: it fills in its own wording."""

    name = ""

    def __init__(self, shared: Shared, wallets: Wallets) -> None:
        self.shared, self.wallets = shared, wallets
        wallets.when_final[self.name] = self._when_final
        self._early: set[Ask] = set()

    @abstractmethod
    def refuse(self, status: int) -> web.Response:
        """An error answer with nothing created."""

    @abstractmethod
    def accepted(self, ask: Ask) -> web.Response:
        """The answer to a request that was taken."""

    def scenario(self, ask: Ask) -> bool:
        """Whether this provider's own table of test numbers decided the request."""
        return False

    @abstractmethod
    def callback(self, ask: Ask, *, forged: bool) -> tuple[str, bytes, dict[str, str]]:
        """Method, body, headers. A forged one claims success and is signed with nothing."""

    async def accept(self, request: web.Request, ask: Ask) -> web.Response:
        """A valid request for money: whatever shall go wrong, then the 202."""
        if (refused := await self._refused(request, ask.msisdn)) is not None:
            return refused
        self.wallets.add(ask)
        self.shared.spawn(self._play(ask))
        if self._take("callback_forged", ask):
            self.shared.spawn(self._send(ask, forged=True))
        if self._take("callback_before_answer", ask):
            await self._finish_early(ask)
        if (hold := self._take("timeout_created", ask)) is not None:
            return await self.shared.hang_up(request, float(hold))
        if self._take("error_500_created", ask):
            return self.refuse(500)
        self.shared.counts[f"{self.name}.202"] += 1
        return self.accepted(ask)

    async def unreadable(self, request: web.Request, ask: Ask) -> web.Response | None:
        """Whatever shall go wrong when somebody asks for a status."""
        if (hold := self._take("status_timeout", ask)) is not None:
            return await self.shared.hang_up(request, float(hold))
        for name, status in (("status_404", 404), ("status_500", 500)):
            if self._take(name, ask):
                return self.refuse(status)
        return None

    async def _refused(self, request: web.Request, msisdn: str) -> web.Response | None:
        take = self.shared.faults.take
        if (hold := take(f"{self.name}.timeout_not_created", msisdn)) is not None:
            return await self.shared.hang_up(request, float(hold))
        for name, status in REFUSALS.items():
            if take(f"{self.name}.{name}", msisdn):
                return self.refuse(status)
        return None

    def _take(self, fault: str, ask: Ask) -> Any | None:
        return self.shared.faults.take(f"{self.name}.{fault}", ask.msisdn)

    async def _play(self, ask: Ask) -> None:
        """What the world does with the request: a script, or a prompt for a person."""
        if reason := self._take("fail", ask):
            await asyncio.sleep(AUTO_S)
            self.wallets.fail(ask, str(reason))
        elif self._take("pending_forever", ask):
            pass
        elif (late := self._take("late_success", ask)) is not None:
            ask.due = ask.created + float(late)
        elif (wait := self._take("auto_decline", ask)) is not None:
            await asyncio.sleep(float(wait) or AUTO_S)
            self.wallets.fail(ask, "declined")
        elif (wait := self._take("auto_approve", ask)) is not None:
            await asyncio.sleep(float(wait) or AUTO_S)
            self.wallets.succeed(ask)
        elif not self.scenario(ask):
            if self.wallets.reachable(self.name, ask.msisdn):
                self.wallets.prompt(ask)
            else:
                self.wallets.fail(ask, "not_registered")

    async def _finish_early(self, ask: Ask) -> None:
        self._early.add(ask)
        self.wallets.succeed(ask)
        self._early.discard(ask)
        await self._send(ask)

    def _when_final(self, ask: Ask) -> None:
        if ask not in self._early:
            self.shared.spawn(self._announce(ask))

    async def _announce(self, ask: Ask) -> None:
        await asyncio.sleep(self.shared.config.callback_delay_s)
        if self._take("callback_lost", ask):
            return
        if (late := self._take("callback_late", ask)) is not None:
            await asyncio.sleep(float(late))
        copies = int(self._take("callback_repeated", ask) or 1)
        await asyncio.gather(*(self._send(ask) for _ in range(copies)))

    async def _send(self, ask: Ask, *, forged: bool = False) -> Delivered | None:
        if not ask.callback_url:
            return None
        method, body, headers = self.callback(ask, forged=forged)
        return await self.shared.deliver(
            f"{self.name}.callbacks", method, ask.callback_url, data=body, headers=headers,
            retries=self.shared.faults.settings[f"{self.name}.callback_retries"],
        )  # fmt: skip
