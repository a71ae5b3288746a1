"""The rim of the bank: the real adapters that ask the stand-ins, and the doors at which the stand-ins report."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from bot.payments import Provider
from bot.payments.cash import Cash, CashConfig
from bot.payments.mtn import Mtn, MtnConfig
from bot.payments.paystack import Paystack, PaystackConfig
from bot.payments.vodafone import Vodafone, VodafoneConfig
from sandbox.config import Config
from tests.fakes import StoryClock

READ_S, IMPATIENT_S = 20.0, 0.6
Replies = list[tuple[int, bytes]]


def adapters(config: Config, clock: StoryClock) -> dict[str, Provider]:
    """The real ones, as their settings would make them, living by the story's clock."""

    def seconds() -> float:
        return clock.time.timestamp()

    mtn = MtnConfig(
        api_url=config.origin + "/mtn", target_environment=config.mtn_environment, collection_key=config.mtn_subscription,
        api_user=config.mtn_user, api_key=config.mtn_key, disbursement_key=config.mtn_out_subscription,
        disbursement_user=config.mtn_out_user, disbursement_api_key=config.mtn_out_key, currency="GHS",
    )  # fmt: skip
    paystack = PaystackConfig(secret_key=config.paystack_key, api_url=config.origin + "/paystack")
    vodafone = VodafoneConfig(api_url=config.origin + "/vodafone", api_key=config.vodafone_key, webhook_secret=config.vodafone_secret)
    return {
        "mtn": Mtn(mtn, read_s=READ_S, monotonic=seconds), "paystack": Paystack(paystack, read_s=READ_S, monotonic=seconds),
        "vodafone": Vodafone(vodafone, read_s=READ_S, now=seconds), "cash": Cash(CashConfig()),
    }  # fmt: skip


class Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        pass


class Doors:
    """Our web application where the stand-ins can reach it. Remembers how it answered."""

    def __init__(self) -> None:
        self.app: Any = None
        self.replies: Replies = []
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def open(self) -> Iterator[Doors]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="doors", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(10)

    def _answer(self, environ: Any, start: Any) -> Any:
        said: list[int] = []

        def note(status: str, headers: Any, *more: Any) -> Any:
            said.append(int(status.split()[0]))
            return start(status, headers, *more)

        body = b"".join(self.app(environ, note))
        self.replies.append((said[-1], body))
        return [body]
