"""MTN MoMo Collections: requests to pay, and their unsigned callbacks."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from sandbox.collector import Collector
from sandbox.mtn_door import MESSAGES, UUID4, Door, Keys, error, is_well_formed, mixed, plain, read_body
from sandbox.shared import Shared
from sandbox.truth import cedis, pesewas
from sandbox.wallets import Ask, Wallets

REASONS = {
    "no_funds": "NOT_ENOUGH_FUNDS", "declined": "APPROVAL_REJECTED", "expired": "EXPIRED", "not_registered": "PAYER_NOT_FOUND",
    "limit": "PAYER_LIMIT_REACHED", "down": "SERVICE_UNAVAILABLE",
}  # fmt: skip
#: MTN's own test numbers: a reason of failure, or seconds of being pending before success (None: for ever).
NUMBERS: dict[str, str | float | None] = {
    "46733123450": "INTERNAL_PROCESSING_ERROR", "46733123451": "APPROVAL_REJECTED", "46733123452": "EXPIRED",
    "46733123453": 30.0, "46733123454": None, "46733123455": "PAYER_NOT_FOUND", "46733123456": "PAYEE_NOT_ALLOWED_TO_RECEIVE",
    "46733123457": "NOT_ALLOWED", "46733123458": "NOT_ALLOWED_TARGET_ENVIRONMENT", "46733123459": "INVALID_CALLBACK_URL_HOST",
    "46733123460": "INVALID_CURRENCY", "46733123461": "INTERNAL_PROCESSING_ERROR", "46733123462": "SERVICE_UNAVAILABLE",
    "46733123463": "COULD_NOT_PERFORM_TRANSACTION", "46733123464": "TRANSFER_TYPE_UNKNOWN",
}  # fmt: skip


class Mtn(Collector):
    name = "mtn"

    def __init__(self, shared: Shared, wallets: Wallets) -> None:
        super().__init__(shared, wallets)
        config = shared.config
        self.door = Door("collection", Keys(config.mtn_subscription, config.mtn_user, config.mtn_key), shared, wallets, self._collected)

    def routes(self) -> list[web.RouteDef]:
        base = "/mtn/collection/v1_0/requesttopay"
        return [
            *self.door.routes(),
            web.post(base, self.door.guard(self.request_to_pay)),
            web.get(base + "/{reference}", self.door.guard(self.status)),
        ]

    async def request_to_pay(self, request: web.Request) -> web.Response:
        self.shared.counts["mtn.calls"] += 1
        body = await read_body(request)
        if not is_well_formed(request, body, "payer"):
            return web.Response(status=400)
        reference = request.headers["X-Reference-Id"]
        if self.wallets.find(self.name, reference):
            return error(409, "RESOURCE_ALREADY_EXIST")
        if (refused := self.door.misaddressed(request, body)) is not None:
            return refused
        now = self.shared.clock.now()
        ask = Ask(
            self.name, reference, body["payer"]["partyId"], pesewas(body["amount"]), body["currency"],
            body.get("payerMessage") or body.get("payeeNote") or "", request.headers.get("X-Callback-Url", ""),
            now, now + self.shared.config.pay_window_s, body=body,
        )  # fmt: skip
        return await self.accept(request, ask)

    async def status(self, request: web.Request) -> web.Response:
        self.shared.counts["mtn.queries"] += 1
        if not UUID4.match(request.match_info["reference"]):
            return web.Response(status=400)
        ask = self.wallets.find(self.name, request.match_info["reference"])
        if ask is None:
            return error(404, "RESOURCE_NOT_FOUND")
        return await self.unreadable(request, ask) or web.json_response(self._result(ask))

    def refuse(self, status: int) -> web.Response:
        return self.door.refuse(status)

    def accepted(self, ask: Ask) -> web.Response:
        return web.Response(status=202)

    def scenario(self, ask: Ask) -> bool:
        """Test numbers behave as in MTN's sandbox; so does, by succeeding, every number from abroad."""
        if ask.msisdn.startswith("233"):
            return False
        script = NUMBERS.get(ask.msisdn, 0.0)
        if isinstance(script, str):
            self.wallets.fail(ask, script)
        elif script is not None:
            ask.due = ask.created + script
            self.wallets.sweep()
        return True

    def callback(self, ask: Ask, *, forged: bool) -> tuple[str, bytes, dict[str, str]]:
        body = self._result(ask)
        if forged:
            body |= {"status": "SUCCESSFUL", "financialTransactionId": "1", "amount": cedis(ask.amount)}
            body.pop("reason", None)
        method = str(self.shared.faults.settings["mtn.callback_method"])
        return method, json.dumps(body).encode(), {"Content-Type": "application/json"}

    def _result(self, ask: Ask) -> dict[str, Any]:
        """The body of a status answer and of a callback."""
        body = dict(ask.body) | {"amount": plain(ask.taken if ask.state == "SUCCESS" else ask.amount)}
        body["status"] = {"SUCCESS": "SUCCESSFUL"}.get(ask.state, ask.state)
        if ask.state == "SUCCESS":
            body |= {"financialTransactionId": ask.provider_id, "currency": ask.taken_currency}
        if ask.state == "PENDING" and (word := self.take("unknown_status", ask)):
            body["status"] = str(word)
        if ask.state == "FAILED":
            code = REASONS.get(ask.reason, ask.reason)
            body["reason"] = {"code": code, "message": MESSAGES.get(code, code)} if self.take("reason_object", ask) else code
        return mixed(body) if self.take("type_mix", ask) else body

    def _collected(self) -> int:
        currency = self.shared.config.mtn_currency
        return sum(row["amount_pesewas"] for row in self.wallets.truth.of(self.name, "collected") if row["currency"] == currency)
