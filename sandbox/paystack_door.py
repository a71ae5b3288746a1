"""Paystack's door: the secret key, the envelope of every answer, signed webhooks, pages of a list."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from aiohttp import web

from sandbox.shared import Shared
from sandbox.signing import paystack_signature

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Item = TypeVar("Item")
INTEGRATION = 412_829
PER_PAGE, MOST_PER_PAGE = 50, 100
CURRENCY = "GHS"
#: Their code of a charge -> whose wallets; the code of a bank is the same in capitals.
NETWORKS = {"mtn": "mtn", "vod": "vodafone", "atl": "at"}
_LOCAL = re.compile(r"^0[0-9]{9}$")
_REFUSALS = {
    401: ("invalid_Key", "Invalid key", "validation_error"),
    403: ("access_denied", "Your IP address is not allowed to make this call", "validation_error"),
    404: ("resource_not_found", "Resource not found", "validation_error"), 429: ("rate_limited", "Too many requests", "api_error"),
}  # fmt: skip


class Refused(Exception):
    """A request that Paystack does not take; raised by handlers, answered by the guard."""

    def __init__(self, status: int, code: str, message: str, kind: str = "validation_error") -> None:
        super().__init__(message)
        self.answer = web.json_response(
            {"status": False, "message": message, "meta": {"nextStep": "Check the request and try again"}, "type": kind, "code": code},
            status=status, headers={"Retry-After": "1"} if status == 429 else {},
        )  # fmt: skip


class Door:
    """What charges, transfers and refunds share."""

    def __init__(self, shared: Shared) -> None:
        self.shared, self.key = shared, shared.config.paystack_key
        self.domain = "live" if self.key.startswith("sk_live_") else "test"
        self.webhook_url = shared.config.public_url + shared.config.paystack_webhook_path

    def guard(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            await self.shared.pause("paystack.latency_ms")
            if request.headers.get("Authorization") != f"Bearer {self.key}":
                return self.refuse(401)
            try:
                return await handler(request)
            except Refused as refused:
                return refused.answer

        return guarded

    def refuse(self, status: int) -> web.Response:
        return Refused(status, *_REFUSALS.get(status, ("unknown", "An error occurred", "api_error"))).answer

    def webhook(self, event: str, data: dict[str, Any], *, forged: bool) -> tuple[str, bytes, dict[str, str]]:
        raw = json.dumps({"event": event, "data": data}).encode()
        signature = paystack_signature("somebody-else" if forged else self.key, raw)
        return "POST", raw, {"Content-Type": "application/json", "x-paystack-signature": signature}


def done(message: str, data: Any, *, status: int = 200, **more: Any) -> web.Response:
    return web.json_response({"status": True, "message": message, "data": data, **more}, status=status)


async def read_body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "invalid_params", "Invalid JSON")
    return body


def whole(body: dict[str, Any], name: str, least: int = 1) -> int:
    """An amount in pesewas; a string of digits is as good. Raises Refused."""
    value = body.get(name)
    if isinstance(value, bool) or not str(value).isdigit() or int(str(value)) < least:
        raise Refused(400, "invalid_params", f"{name} must be a whole number of at least {least}")
    return int(str(value))


def word(body: dict[str, Any], name: str, form: str = r".+") -> str:
    """Raises Refused."""
    value = body.get(name)
    if not isinstance(value, str) or not re.fullmatch(form, value):
        raise Refused(400, "invalid_params", f"{name} is missing or malformed")
    return value


def must_be_cedis(currency: Any) -> None:
    if currency != CURRENCY:
        raise Refused(400, "unsupported_currency", "Currency not supported by merchant")


def msisdn_of(number: Any) -> str:
    """ "0551234987" -> "233551234987". Raises Refused."""
    if not isinstance(number, str) or not _LOCAL.match(number):
        raise Refused(400, "invalid_params", "Invalid phone number")
    return "233" + number[1:]


def page(request: web.Request, items: Sequence[Item]) -> tuple[Sequence[Item], dict[str, int]]:
    """One page, and where it stands. Their lists spell the parameter in two ways."""
    per_page = min(_number(request, "perPage") or _number(request, "per_page") or PER_PAGE, MOST_PER_PAGE)
    number = _number(request, "page") or 1
    skipped = (number - 1) * per_page
    where = {"total": len(items), "skipped": skipped, "perPage": per_page, "page": number, "pageCount": -(-len(items) // per_page)}
    return items[skipped : skipped + per_page], where


def between(request: web.Request, items: Iterable[Item], when: Callable[[Item], float]) -> list[Item]:
    """What happened between `from` and `to`, newest first. Raises Refused."""
    since, until = _moment(request, "from"), _moment(request, "to")
    found = [item for item in items if (since is None or when(item) >= since) and (until is None or when(item) <= until)]
    return sorted(found, key=when, reverse=True)


def _moment(request: web.Request, name: str) -> float | None:
    """A day without an hour is that whole day."""
    text = request.query.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, "invalid_params", f"{name} is not a date") from None
    if name == "to" and len(text) == len("2026-01-05"):
        moment += timedelta(days=1)
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def _number(request: web.Request, name: str) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdigit() else 0
