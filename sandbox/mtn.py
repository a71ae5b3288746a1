"""MTN MoMo Collections: tokens, requests to pay, account holders, unsigned callbacks."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.collector import Collector
from sandbox.shared import Shared
from sandbox.wallets import Ask, Wallets, cedis, pesewas

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
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
#: The same numbers asked whether they are active: HTTP status and code, or a plain answer.
HOLDERS: dict[str, tuple[int, str] | bool] = {
    "46733123450": (404, "RESOURCE_NOT_FOUND"), "46733123451": False, "46733123452": (500, "NOT_ALLOWED"),
    "46733123453": (500, "NOT_ALLOWED_TARGET_ENVIRONMENT"), "46733123454": (500, "INTERNAL_PROCESSING_ERROR"),
    "46733123455": (503, "SERVICE_UNAVAILABLE"),
}  # fmt: skip
MESSAGES = {
    "RESOURCE_NOT_FOUND": "Requested resource was not found.",
    "RESOURCE_ALREADY_EXIST": "Duplicated reference id. Creation of resource failed.",
    "INVALID_CURRENCY": "Currency not supported.", "NOT_ALLOWED_TARGET_ENVIRONMENT": "Access to target environment is forbidden.",
    "INVALID_CALLBACK_URL_HOST": "Callback URL with different host name then configured for API User.",
    "INTERNAL_PROCESSING_ERROR": "An internal error occurred while processing.",
    "SERVICE_UNAVAILABLE": "Service temporarily unavailable, try again later.",
    "NOT_ALLOWED": "Authorization failed. Insufficient permissions.",
}  # fmt: skip
_UUID4 = re.compile(r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$")
_AMOUNT = re.compile(r"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,2})?$")
_TEXT = re.compile(r"^[A-Za-z0-9 .,:/_-]{0,160}$")
_MSISDN = re.compile(r"^[1-9][0-9]{7,14}$")


class Mtn(Collector):
    name = "mtn"

    def __init__(self, shared: Shared, wallets: Wallets) -> None:
        super().__init__(shared, wallets)
        config = shared.config
        self._basic = "Basic " + base64.b64encode(f"{config.mtn_user}:{config.mtn_key}".encode()).decode()
        self.tokens: dict[str, float] = {}

    def routes(self) -> list[web.RouteDef]:
        base = "/mtn/collection/v1_0"
        return [
            web.post("/mtn/collection/token/", self.token),
            web.post(base + "/requesttopay", self._guard(self.request_to_pay)),
            web.get(base + "/requesttopay/{reference}", self._guard(self.status)),
            web.get(base + "/accountholder/msisdn/{msisdn}/active", self._guard(self.active)),
            web.get(base + "/accountholder/msisdn/{msisdn}/basicuserinfo", self._guard(self.user_info)),
            web.get(base + "/account/balance", self._guard(self.balance)),
        ]

    async def token(self, request: web.Request) -> web.Response:
        await self.shared.pause("mtn.latency_ms")
        if not self._subscribed(request):
            return _no_subscription()
        if request.headers.get("Authorization") != self._basic:
            return web.json_response({"error": "login_failed"}, status=401)
        if await request.read():
            return web.Response(status=400)
        lifetime = self.shared.faults.settings["mtn.token_s"]
        token = secrets.token_urlsafe(48)
        self.tokens[token] = self.shared.clock.now() + lifetime
        self.shared.counts["mtn.tokens"] += 1
        return web.json_response({"access_token": token, "token_type": "access_token", "expires_in": lifetime})

    async def request_to_pay(self, request: web.Request) -> web.Response:
        self.shared.counts["mtn.calls"] += 1
        reference, body = request.headers.get("X-Reference-Id", ""), await _body(request)
        callback = request.headers.get("X-Callback-Url")
        if not _UUID4.match(reference) or callback == "" or not _valid(body):
            return web.Response(status=400)
        if self.wallets.find(self.name, reference):
            return error(409, "RESOURCE_ALREADY_EXIST")
        if body["currency"] != self.shared.config.mtn_currency:
            return error(500, "INVALID_CURRENCY")
        if callback and not self._our_host(callback):
            return error(500, "INVALID_CALLBACK_URL_HOST")
        now = self.shared.clock.now()
        ask = Ask(
            self.name, reference, body["payer"]["partyId"], pesewas(body["amount"]), body["currency"],
            body.get("payerMessage") or body.get("payeeNote") or "", callback or "",
            now, now + self.shared.config.pay_window_s, body=body,
        )  # fmt: skip
        return await self.accept(request, ask)

    async def status(self, request: web.Request) -> web.Response:
        self.shared.counts["mtn.queries"] += 1
        if not _UUID4.match(request.match_info["reference"]):
            return web.Response(status=400)
        ask = self.wallets.find(self.name, request.match_info["reference"])
        if ask is None:
            return error(404, "RESOURCE_NOT_FOUND")
        return await self.unreadable(request, ask) or web.json_response(self._result(ask))

    async def active(self, request: web.Request) -> web.Response:
        msisdn = request.match_info["msisdn"]
        known = HOLDERS.get(msisdn, self.wallets.reachable(self.name, msisdn) if msisdn.startswith("233") else True)
        return web.json_response({"result": known}) if isinstance(known, bool) else error(*known)

    async def user_info(self, request: web.Request) -> web.Response:
        msisdn = request.match_info["msisdn"]
        if not self.wallets.reachable(self.name, msisdn):
            return error(404, "RESOURCE_NOT_FOUND")
        name = self.wallets.wallet(msisdn).name
        given, _, family = name.partition(" ")
        person = {"sub": msisdn, "name": name, "given_name": given, "family_name": family, "birthdate": "1990-01-01"}
        return web.json_response(person | {"locale": "en_GH", "gender": "", "updated_at": int(self.shared.clock.now())})

    async def balance(self, request: web.Request) -> web.Response:
        currency = self.shared.config.mtn_currency
        taken = self.wallets.totals().get(self.name, {}).get(currency, 0)
        return web.json_response({"availableBalance": cedis(taken), "currency": currency})

    def refuse(self, status: int) -> web.Response:
        if status == 401:
            self.tokens.clear()  # a new token helps, as after an early expiry
            return web.json_response({"message": "Unauthorized"}, status=401)
        if status == 429:
            slow = {"statusCode": 429, "message": "Rate limit is exceeded."}
            return web.json_response(slow, status=429, headers={"Retry-After": "1"})
        if status == 403:
            return web.json_response({"statusCode": 403, "message": "FORBIDDEN IP"}, status=403)
        return error(status, {404: "RESOURCE_NOT_FOUND", 503: "SERVICE_UNAVAILABLE"}.get(status, "INTERNAL_PROCESSING_ERROR"))

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
        body = dict(ask.body) | {"amount": _plain(ask.taken if ask.state == "SUCCESS" else ask.amount)}
        body["status"] = {"SUCCESS": "SUCCESSFUL"}.get(ask.state, ask.state)
        if ask.state == "SUCCESS":
            body |= {"financialTransactionId": ask.provider_id, "currency": ask.taken_currency}
        if ask.state == "PENDING" and (word := self._take("unknown_status", ask)):
            body["status"] = str(word)
        if ask.state == "FAILED":
            code = REASONS.get(ask.reason, ask.reason)
            body["reason"] = {"code": code, "message": MESSAGES.get(code, code)} if self._take("reason_object", ask) else code
        return _mixed(body) if self._take("type_mix", ask) else body

    def _guard(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            await self.shared.pause("mtn.latency_ms")
            if not self._subscribed(request):
                return _no_subscription()
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if self.tokens.get(token, 0) <= self.shared.clock.now():
                return web.json_response({"message": "Unauthorized"}, status=401)
            if request.headers.get("X-Target-Environment") != self.shared.config.mtn_environment:
                return error(500, "NOT_ALLOWED_TARGET_ENVIRONMENT")
            return await handler(request)

        return guarded

    def _subscribed(self, request: web.Request) -> bool:
        return request.headers.get("Ocp-Apim-Subscription-Key") == self.shared.config.mtn_subscription

    def _our_host(self, url: str) -> bool:
        return urlsplit(url).hostname == urlsplit(self.shared.config.public_url).hostname


def error(status: int, code: str) -> web.Response:
    return web.json_response({"code": code, "message": MESSAGES.get(code, code)}, status=status)


def _no_subscription() -> web.Response:
    text = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
    return web.json_response({"statusCode": 401, "message": text}, status=401)


async def _body(request: web.Request) -> Any:
    try:
        return json.loads(await request.read()) if request.content_type == "application/json" else None
    except ValueError:
        return None


def _valid(body: Any) -> bool:
    if not isinstance(body, dict) or not isinstance(body.get("payer"), dict):
        return False
    payer, amount, currency = body["payer"], body.get("amount"), body.get("currency")
    texts = [body.get("payerMessage", ""), body.get("payeeNote", "")]
    return (
        payer.get("partyIdType") == "MSISDN" and isinstance(payer.get("partyId"), str) and bool(_MSISDN.match(payer["partyId"]))
        and isinstance(amount, str) and bool(_AMOUNT.match(amount)) and pesewas(amount) > 0
        and isinstance(currency, str) and bool(re.fullmatch("[A-Z]{3}", currency))
        and all(isinstance(t, str) and _TEXT.match(t) for t in texts) and isinstance(body.get("externalId", ""), str)
    )  # fmt: skip


def _plain(amount: int) -> str:
    """As MTN prints it: no decimals where there are none."""
    return str(amount // 100) if amount % 100 == 0 else cedis(amount)


def _mixed(body: dict[str, Any]) -> dict[str, Any]:
    """Numbers where strings are documented."""
    mixed = body | {"amount": json.loads(body["amount"]), "payer": body["payer"] | {"partyId": int(body["payer"]["partyId"])}}
    return mixed | {k: int(body[k]) for k in ("financialTransactionId", "externalId") if str(body.get(k, "")).isdigit()}
