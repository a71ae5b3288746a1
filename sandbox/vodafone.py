"""Vodafone Cash as our configurable contract has it: initiate, status, signed callback. No public API exists."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.collector import Collector
from sandbox.signing import vodafone_signature
from sandbox.truth import cedis, pesewas
from sandbox.wallets import Ask

REASONS = {
    "no_funds": "INSUFFICIENT_FUNDS", "declined": "DECLINED", "expired": "TIMEOUT", "not_registered": "NOT_REGISTERED",
    "limit": "LIMIT", "down": "SERVICE_DOWN",
}  # fmt: skip
ERRORS = {
    400: "INVALID_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "DUPLICATE_REFERENCE",
    429: "TOO_MANY_REQUESTS", 500: "INTERNAL_ERROR", 503: "SERVICE_DOWN",
}  # fmt: skip
CURRENCY = "GHS"
_REFERENCE = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_MSISDN = re.compile(r"^233[0-9]{9}$")
_AMOUNT = re.compile(r"^(0|[1-9][0-9]{0,9})\.[0-9]{2}$")
DESCRIPTION = 160


class Vodafone(Collector):
    name = "vodafone"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/vodafone/payment/initiate", self.initiate),
            web.get("/vodafone/payment/status/{reference}", self.status),
        ]

    async def initiate(self, request: web.Request) -> web.Response:
        self.shared.counts["vodafone.calls"] += 1
        await self.shared.pause("vodafone.latency_ms")
        if not self._known(request):
            return error(401, "X-Api-Key is missing or wrong")
        try:
            body = json.loads(await request.read())
        except ValueError:
            return error(400, "not JSON")
        if problem := _problem(body):
            return error(400, problem)
        if self.wallets.find(self.name, body["reference"]):
            return error(409, "this reference was used before")
        now = self.shared.clock.now()
        ask = Ask(
            self.name, body["reference"], body["msisdn"], pesewas(body["amount"]), body["currency"], body.get("description", ""),
            body.get("callback_url", ""), now, now + self.shared.config.pay_window_s, body=body,
        )  # fmt: skip
        ask.provider_id = "VC" + ask.provider_id
        return await self.accept(request, ask)

    async def status(self, request: web.Request) -> web.Response:
        self.shared.counts["vodafone.queries"] += 1
        await self.shared.pause("vodafone.latency_ms")
        if not self._known(request):
            return error(401, "X-Api-Key is missing or wrong")
        ask = self.wallets.find(self.name, request.match_info["reference"])
        if ask is None:
            return error(404, "no such reference")
        return await self.unreadable(request, ask) or web.json_response(self._result(ask))

    def refuse(self, status: int) -> web.Response:
        return error(status, "please try again later" if status >= 429 else "refused")

    def accepted(self, ask: Ask) -> web.Response:
        return web.json_response({"transaction_id": ask.provider_id, "status": "PENDING"}, status=202)

    def callback(self, ask: Ask, *, forged: bool) -> tuple[str, bytes, dict[str, str]]:
        body = self._result(ask)
        if forged:
            body |= {"status": "SUCCESS", "amount": cedis(ask.amount), "reason": None}
        raw, stamp = json.dumps(body).encode(), str(int(self.shared.clock.now()))
        secret = "somebody-else" if forged else self.shared.config.vodafone_secret
        headers = {"X-Timestamp": stamp, "X-Signature": vodafone_signature(secret, stamp, raw)}
        return "POST", raw, headers | {"Content-Type": "application/json"}

    def _known(self, request: web.Request) -> bool:
        return request.headers.get("X-Api-Key") == self.shared.config.vodafone_key

    def _result(self, ask: Ask) -> dict[str, Any]:
        paid = ask.state == "SUCCESS"
        amount: Any = cedis(ask.taken if paid else ask.amount)
        reason: Any = REASONS.get(ask.reason, ask.reason) or None
        status = ask.state
        if status == "PENDING" and (word := self.take("unknown_status", ask)):
            status = str(word)
        if reason and self.take("reason_object", ask):
            reason = {"code": reason, "message": reason.replace("_", " ").lower()}
        if self.take("type_mix", ask):
            amount = json.loads(amount)
        currency = ask.taken_currency if paid else ask.currency
        return {
            "reference": ask.reference, "transaction_id": ask.provider_id, "status": status,
            "amount": amount, "currency": currency, "reason": reason,
        }  # fmt: skip


def error(status: int, message: str) -> web.Response:
    headers = {"Retry-After": "1"} if status == 429 else {}
    return web.json_response({"error": ERRORS.get(status, "ERROR"), "message": message}, status=status, headers=headers)


def _problem(body: Any) -> str:
    if not isinstance(body, dict):
        return "an object is needed"
    for name, form in (("reference", _REFERENCE), ("msisdn", _MSISDN), ("amount", _AMOUNT)):
        if not isinstance(body.get(name), str) or not form.match(body[name]):
            return f"{name} is missing or malformed"
    if pesewas(body["amount"]) <= 0:
        return "amount must be positive"
    if body.get("currency") != CURRENCY:
        return f"currency must be {CURRENCY}"
    if not isinstance(body.get("description", ""), str) or len(body.get("description", "")) > DESCRIPTION:
        return f"description: at most {DESCRIPTION} characters"
    url = body.get("callback_url", "")
    if not isinstance(url, str) or (url and urlsplit(url).scheme not in ("http", "https")):
        return "callback_url must be http or https"
    return ""
