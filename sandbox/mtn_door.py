"""The door of one MTN product: its subscription key, its tokens, its error bodies, and what may be asked about account holders."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.shared import Shared
from sandbox.truth import cedis, pesewas
from sandbox.wallets import Wallets

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
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
UUID4 = re.compile(r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$")
_AMOUNT = re.compile(r"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,2})?$")
_TEXT = re.compile(r"^[A-Za-z0-9 .,:/_-]{0,160}$")
_MSISDN = re.compile(r"^[1-9][0-9]{7,14}$")


@dataclass(frozen=True, slots=True)
class Keys:
    subscription: str
    user: str
    key: str

    @property
    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.user}:{self.key}".encode()).decode()


class Door:
    """One of "collection" and "disbursement"; each has keys and tokens of its own. `holds` says how many pesewas lie on its account."""

    def __init__(self, product: str, keys: Keys, shared: Shared, wallets: Wallets, holds: Callable[[], int]) -> None:
        self.product, self.keys, self.shared, self.wallets, self._holds = product, keys, shared, wallets, holds
        self.tokens: dict[str, float] = {}

    def routes(self) -> list[web.RouteDef]:
        base = f"/mtn/{self.product}"
        return [
            web.post(f"{base}/token/", self.token),
            web.get(f"{base}/v1_0/accountholder/msisdn/{{msisdn}}/active", self.guard(self.active)),
            web.get(f"{base}/v1_0/accountholder/msisdn/{{msisdn}}/basicuserinfo", self.guard(self.user_info)),
            web.get(f"{base}/v1_0/account/balance", self.guard(self.balance)),
        ]

    async def token(self, request: web.Request) -> web.Response:
        await self.shared.pause("mtn.latency_ms")
        if not self._is_subscribed(request):
            return no_subscription()
        if request.headers.get("Authorization") != self.keys.basic:
            return web.json_response({"error": "login_failed"}, status=401)
        if await request.read():
            return web.Response(status=400)
        lifetime = self.shared.faults.settings["mtn.token_s"]
        token = secrets.token_urlsafe(48)
        self.tokens[token] = self.shared.clock.now() + lifetime
        self.shared.counts["mtn.tokens"] += 1
        return web.json_response({"access_token": token, "token_type": "access_token", "expires_in": lifetime})

    async def active(self, request: web.Request) -> web.Response:
        msisdn = request.match_info["msisdn"]
        known = HOLDERS.get(msisdn, self.wallets.reachable("mtn", msisdn) if msisdn.startswith("233") else True)
        return web.json_response({"result": known}) if isinstance(known, bool) else error(*known)

    async def user_info(self, request: web.Request) -> web.Response:
        msisdn = request.match_info["msisdn"]
        if not self.wallets.reachable("mtn", msisdn):
            return error(404, "RESOURCE_NOT_FOUND")
        name = self.wallets.wallet(msisdn).name
        given, _, family = name.partition(" ")
        person = {"sub": msisdn, "name": name, "given_name": given, "family_name": family, "birthdate": "1990-01-01"}
        return web.json_response(person | {"locale": "en_GH", "gender": "", "updated_at": int(self.shared.clock.now())})

    async def balance(self, request: web.Request) -> web.Response:
        return web.json_response({"availableBalance": cedis(self._holds()), "currency": self.shared.config.mtn_currency})

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

    def guard(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            await self.shared.pause("mtn.latency_ms")
            if not self._is_subscribed(request):
                return no_subscription()
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if self.tokens.get(token, 0) <= self.shared.clock.now():
                return web.json_response({"message": "Unauthorized"}, status=401)
            if request.headers.get("X-Target-Environment") != self.shared.config.mtn_environment:
                return error(500, "NOT_ALLOWED_TARGET_ENVIRONMENT")
            return await handler(request)

        return guarded

    def misaddressed(self, request: web.Request, body: dict[str, Any]) -> web.Response | None:
        """The refusal of a currency or of a callback's host that is not ours."""
        callback = request.headers.get("X-Callback-Url")
        if body["currency"] != self.shared.config.mtn_currency:
            return error(500, "INVALID_CURRENCY")
        if callback and urlsplit(callback).hostname != urlsplit(self.shared.config.public_url).hostname:
            return error(500, "INVALID_CALLBACK_URL_HOST")
        return None

    def _is_subscribed(self, request: web.Request) -> bool:
        return request.headers.get("Ocp-Apim-Subscription-Key") == self.keys.subscription


def error(status: int, code: str) -> web.Response:
    return web.json_response({"code": code, "message": MESSAGES.get(code, code)}, status=status)


def no_subscription() -> web.Response:
    text = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
    return web.json_response({"statusCode": 401, "message": text}, status=401)


async def read_body(request: web.Request) -> Any:
    try:
        return json.loads(await request.read()) if request.content_type == "application/json" else None
    except ValueError:
        return None


def is_well_formed(request: web.Request, body: Any, party: str = "") -> bool:
    """The headers, and what all bodies have in common; `party` names the field that holds the wallet."""
    if not UUID4.match(request.headers.get("X-Reference-Id", "")) or request.headers.get("X-Callback-Url") == "" or not isinstance(body, dict):
        return False
    amount, currency = body.get("amount"), body.get("currency")
    texts = [body.get("payerMessage", ""), body.get("payeeNote", "")]
    return (
        isinstance(amount, str) and bool(_AMOUNT.match(amount)) and pesewas(amount) > 0
        and isinstance(currency, str) and bool(re.fullmatch("[A-Z]{3}", currency))
        and all(isinstance(t, str) and _TEXT.match(t) for t in texts) and isinstance(body.get("externalId", ""), str)
        and (not party or _is_wallet(body.get(party)))
    )  # fmt: skip


def _is_wallet(party: Any) -> bool:
    if not isinstance(party, dict) or party.get("partyIdType") != "MSISDN":
        return False
    return isinstance(party.get("partyId"), str) and bool(_MSISDN.match(party["partyId"]))


def plain(amount: int) -> str:
    """As MTN prints it: no decimals where there are none."""
    return str(amount // 100) if amount % 100 == 0 else cedis(amount)


def mixed(body: dict[str, Any]) -> dict[str, Any]:
    """Numbers where strings are documented."""
    changed = body | {"amount": json.loads(body["amount"])}
    for party in ("payer", "payee"):
        if party in body:
            changed[party] = body[party] | {"partyId": int(body[party]["partyId"])}
    return changed | {k: int(body[k]) for k in ("financialTransactionId", "externalId") if str(body.get(k, "")).isdigit()}
