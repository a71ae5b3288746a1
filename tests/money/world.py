"""The stand-ins of all providers in a thread of this process, living by the story's clock."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from aiohttp import web

from sandbox.clock import Clock as Outside
from sandbox.config import Config, from_environment
from sandbox.faults import Switch
from sandbox.outgoing import Out
from sandbox.wallets import Ask, Wallet, key_of, new_id
from sandbox.world import OUTGOING, SHARED, WALLETS, build, listen
from tests.fakes import MONDAY, SID, TOKEN, StoryClock
from tests.loopback import Asked

T = TypeVar("T")
PIN = "4711"
PROVIDERS = ("mtn", "paystack", "vodafone")
OPENING_FLOAT = 10_000_00  # pesewas to send, with each provider
TICK = timedelta(milliseconds=1)


class OneClock(StoryClock):
    """The story's clock, read and moved by several threads at once."""

    def __init__(self) -> None:
        self._lock, self._time = threading.Lock(), MONDAY

    @property
    def time(self) -> datetime:  # type: ignore[override]
        return self._time

    @time.setter
    def time(self, moment: datetime) -> None:
        with self._lock:
            self._time = moment

    def now(self) -> datetime:
        with self._lock:
            self._time += TICK
            return self._time


class Same(Outside):
    """The world's view of the same clock: it cannot be moved from there."""

    def __init__(self, clock: StoryClock) -> None:
        super().__init__(None)
        self._clock = clock

    def now(self) -> float:
        return self._clock.time.timestamp()

    def set(self, offset: float) -> None:
        raise AssertionError("the story moves time")


class World:
    """What happens outside. Everything is done in the world's own thread; `rest` waits until nothing is on its way any more."""

    def __init__(self, config: Callable[[int], Config], clock: StoryClock) -> None:
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._make, self._clock = config, clock
        self.asked: list[Asked] = []
        self.vouchers: list[str] = []
        self.answering = 0  # requests whose answer is still to come
        self.silent = ""  # how the addresses begin that do not answer now

    # -- life

    @contextmanager
    def living(self) -> Iterator[World]:
        thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="world", daemon=True)
        thread.start()
        assert self._ready.wait(20), "the world did not begin"
        try:
            yield self
        finally:
            self.loop.call_soon_threadsafe(self._end.set)
            thread.join(10)

    async def _live(self) -> None:
        sockets = listen("127.0.0.1", 0)
        self.config = self._make(sockets[0].getsockname()[1])
        app = build(self.config)
        self.shared, self.wallets, self.outgoing = app[SHARED], app[WALLETS], app[OUTGOING]
        self.shared.clock = Same(self._clock)
        app.middlewares.append(self._remember)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        for one in sockets:
            await web.SockSite(runner, one).start()
        self.loop = asyncio.get_running_loop()
        self._ready.set()
        await self._end.wait()
        await runner.cleanup()

    @web.middleware
    async def _remember(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Notes what was asked of a provider, as the provider's own specification has it: without our prefix."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.method, request.path_qs, headers, await request.read()))
        self.answering += 1
        try:
            while self.silent and request.path.startswith(self.silent):
                await asyncio.sleep(0.01)
            return await handler(request)
        finally:
            self.answering -= 1

    def begin_again(self) -> None:
        """Nothing of the story before is left, nor on its way."""
        self.silent, deadline = "", time.monotonic() + 10
        while self.answering and time.monotonic() < deadline:
            time.sleep(0.01)

        def forget() -> None:
            self.shared.cancel_all()
            for part in (self.wallets, self.outgoing, self.shared.faults):
                part.reset()
            self.shared.counts.clear()
            for provider in ("mtn", "paystack"):
                self.wallets.truth.set_float(provider, OPENING_FLOAT)

        self.do(forget)
        self.asked.clear()
        self.vouchers.clear()

    def do(self, work: Callable[[], T]) -> T:
        """Runs something in the world's thread."""

        async def run() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(20)

    def rest(self) -> None:
        """Lets what falls due happen, until every callback is delivered."""

        async def run() -> None:
            self.wallets.sweep()
            self.outgoing.sweep()
            while tasks := set(self.shared._tasks):
                await asyncio.wait(tasks)
                await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(run(), self.loop).result(30)

    # -- what people and networks do

    def fault(self, name: str, value: Any = True) -> None:
        self.do(lambda: self.shared.faults.change({name: value}))

    def fired(self, name: str) -> int:
        return self.shared.faults.fired[name]

    def prompts(self, msisdn: str) -> list[Ask]:
        """What is open on a phone, the newest last."""
        return [ask for ask in self.wallets.asks.values() if ask.waiting and ask.msisdn == msisdn]

    def approve(self, ask: Ask, pin: str = PIN) -> str:
        return self.do(lambda: self.wallets.enter_pin(ask, pin))

    def decline(self, ask: Ask) -> None:
        self.do(lambda: self.wallets.fail(ask, "declined"))

    def voucher(self, msisdn: str) -> str:
        """*110#, dialled on a phone."""
        self.vouchers.append(self.do(lambda: self.wallets.new_voucher(msisdn)))
        return self.vouchers[-1]

    def wallet(self, msisdn: str) -> Wallet:
        return self.do(lambda: self.wallets.wallet(msisdn))

    def callback(self, ask: Ask) -> None:
        """The provider reports once more."""
        self.do(lambda: self.wallets.when_final[ask.provider](ask))
        self.rest()

    def top_up(self, provider: str, amount: int) -> None:
        """So much lies with a provider to be sent, no more and no less."""
        self.do(lambda: self.wallets.truth.set_float(provider, amount))

    def settle(self, provider: str, amount: int) -> None:
        """Collected money is paid to our bank."""
        self._note("settled", provider, amount)

    def charge_fee(self, provider: str, amount: int) -> None:
        """A fee for nothing in particular."""
        self._note("fee", provider, amount)

    def _note(self, kind: str, provider: str, amount: int) -> None:
        said = {"reference": kind, "msisdn": "", "currency": "GHS", "provider_id": new_id()}
        self.do(lambda: self.wallets.truth.note(kind, provider, amount=amount, **said))

    def take_back(self, out: Out) -> None:
        """Money that had arrived comes back to us at the next look."""

        def come_back() -> None:
            out.comes_back = self.shared.clock.now()
            self.outgoing.open.add(out)

        self.do(come_back)
        self.rest()

    # -- what is true

    def ask(self, reference: str) -> Ask | None:
        return self.wallets.find_any(reference)

    def outs(self, kind: str = "") -> list[Out]:
        return [out for out in self.outgoing.all.values() if kind in ("", out.kind)]

    def holds(self) -> dict[tuple[str, str], int]:
        """(provider, currency): pesewas that lie there because of what happened."""
        totals = self.do(self.wallets.truth.totals)
        return {(name, currency): amount for name, sums in totals.items() for currency, amount in sums.items() if amount}

    def moved(self, kind: str, provider: str = "mtn") -> int:
        return sum(row["amount_pesewas"] for row in self.wallets.truth.of(provider, kind))

    def next_due(self, after: datetime) -> datetime | None:
        """When something happens outside by itself."""

        def look() -> list[float]:
            asks = [a.due if a.due is not None else a.deadline for a in self.wallets.open if a.due is not None or a.waiting or a.wants_voucher]
            outs = [due for o in self.outgoing.open for due in (o.due if o.state == "PENDING" else None, o.comes_back) if due is not None]
            return [moment for moment in (*asks, *outs) if moment > after.timestamp()]

        dues = self.do(look)
        return datetime.fromtimestamp(min(dues), UTC) + TICK if dues else None

    # -- what was asked of it

    def calls(self, method: str, path: str, reference: str = "") -> list[Asked]:
        """Requests to an address that ends like this (before its reference), about a reference when one is given."""
        return [a for a in self.asked if a.method == method and path in a.path and (not reference or reference in key_of(_all_of(a)))]


def _all_of(asked: Asked) -> str:
    return " ".join((asked.path, asked.headers.get("x-reference-id", ""), asked.body.decode(errors="replace")))


def config(port: int, deliver_url: str) -> Config:
    """A world that delivers to `deliver_url`, and at once."""
    return from_environment(port, {
        "PUBLIC_URL": "https://bot.example", "SANDBOX_DELIVER_URL": deliver_url, "TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": TOKEN,
        "SANDBOX_CALLBACK_DELAY_S": "0.01", "SANDBOX_SEND_DELAY_S": "0.01", "PAYSTACK_SECRET_KEY": "sk_test_" + "p" * 24,
        "MTN_API_KEY": "collect-secret-" + "m" * 8, "MTN_COLLECTION_KEY": "collect-subscription",
        "MTN_DISBURSEMENT_API_KEY": "send-secret-" + "m" * 8, "MTN_DISBURSEMENT_KEY": "send-subscription",
        "VODAFONE_API_KEY": "vodafone-secret-key", "VODAFONE_WEBHOOK_SECRET": "vodafone-signing-secret",
    })  # fmt: skip


def secrets_of(config: Config) -> tuple[str, ...]:
    return (
        config.paystack_key, config.mtn_key, config.mtn_subscription, config.mtn_out_key, config.mtn_out_subscription, config.vodafone_key,
        config.vodafone_secret,
    )  # fmt: skip


__all__ = ["PIN", "OneClock", "Switch", "World", "config", "secrets_of"]
