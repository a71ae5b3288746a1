"""MTN mobile money: collections of the MoMo Open API."""

from __future__ import annotations

import logging
import re
import threading
import time
import unicodedata
import uuid
from collections.abc import Callable
from typing import Any

import httpx
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from bot.messages import Request
from bot.payments import Absent, Answer, Charge, Hint, NotAccepted, Paid, Pending, Reason, Refused, Submitted, Unknown
from bot.payments._http import NoAnswer, NotSent, Wire, asked_for, fields, money, reference, text
from bot.rules.money import major
from bot.settings import Section

#: MTN's reasons. The set is open: others are "unclear". INTERNAL_PROCESSING_ERROR mostly means no funds, but not always.
REASONS: dict[str, Reason] = {
    "NOT_ENOUGH_FUNDS": "no_funds",
    "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED": "no_funds",
    "APPROVAL_REJECTED": "declined",
    "PAYMENT_NOT_APPROVED": "declined",
    "REJECTED": "declined",
    "TRANSACTION_CANCELED": "declined",
    "EXPIRED": "too_late",
    "COULD_NOT_PERFORM_TRANSACTION": "too_late",
    "TRANSACTION_NOT_COMPLETED": "too_late",
    "PAYER_NOT_FOUND": "not_registered",
    "PAYER_LIMIT_REACHED": "wallet_limit",
    "PAYEE_NOT_FOUND": "cannot_receive",
    "PAYEE_NOT_ALLOWED_TO_RECEIVE": "cannot_receive",
    "INTERNAL_PROCESSING_ERROR": "unclear",
    "SERVICE_UNAVAILABLE": "provider_down",
    "NOT_ALLOWED": "our_fault",
    "NOT_ALLOWED_TARGET_ENVIRONMENT": "our_fault",
    "INVALID_CALLBACK_URL_HOST": "our_fault",
    "INVALID_CURRENCY": "our_fault",
    "TRANSFER_TYPE_UNKNOWN": "our_fault",
    "RESOURCE_NOT_FOUND": "our_fault",
    "TRANSACTION_NOT_FOUND": "our_fault",
    "RESOURCE_ALREADY_EXIST": "our_fault",
}
WAITING = frozenset({"PENDING", "CREATED", "ONGOING", "DELAYED"})
#: HTTP answers to a request for money that prove that nothing was created; True: our keys, addresses or words are at fault.
#: 5xx proves nothing: MTN has been seen to create and then answer 500.
NOT_CREATED = {400: True, 401: True, 403: True, 404: True, 429: False}
NOTE_LIMIT, TOKEN_MARGIN_S, TOKEN_LIFE_S = 160, 90, 3600

log = logging.getLogger(__name__)


class MtnConfig(Section):
    """MTN_… Sandbox: https://sandbox.momodeveloper.mtn.com, "sandbox", EUR."""

    model_config = SettingsConfigDict(env_prefix="MTN_")

    api_url: str = Field(default="https://proxy.momoapi.mtn.com", pattern=r"^https?://[^/?#]+[^?#]*$")
    target_environment: str = "mtnghana"
    collection_key: str = Field(min_length=1, repr=False)
    api_user: str = Field(min_length=1)
    api_key: str = Field(min_length=1, repr=False)
    currency: str = Field(default="GHS", pattern="^[A-Z]{3}$")
    callbacks: bool = Field(default=True, description="whether MTN is told where to report; polling finishes everything anyway")


class Mtn:
    """Keeps one token and one set of connections; safe to share between threads."""

    name = "mtn"
    Config = MtnConfig
    networks: tuple[str, ...] = ("mtn", "telecel")
    window_s = 300

    def __init__(self, config: MtnConfig, *, read_s: float = 30.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.config, self.currency = config, config.currency
        self._wire, self._monotonic = Wire(config.api_url, read_s=read_s), monotonic
        self._lock = threading.Lock()
        self._token, self._token_ends = "", 0.0

    def collect(self, charge: Charge) -> Submitted:
        headers = {"X-Reference-Id": str(uuid.UUID(charge.reference))}
        if self._may_call_back(charge.callback_url):
            headers["X-Callback-Url"] = charge.callback_url
        try:
            answer = self._authorised("POST", "/collection/v1_0/requesttopay", headers, json=_body(charge))
        except _NoToken as error:
            return NotAccepted(f"no token: {error}", ours=error.ours)
        except NotSent as error:
            return NotAccepted(f"not sent: {error}")
        except NoAnswer as error:
            return Unknown(f"no answer: {error}")
        return _submitted(answer.status_code)

    def query(self, reference: str) -> Answer:
        try:
            answer = self._authorised("GET", f"/collection/v1_0/requesttopay/{uuid.UUID(reference)}", {})
        except (_NoToken, NotSent, NoAnswer) as error:
            return Unknown(f"no answer: {error}")
        if answer.status_code == 404:
            return Absent()
        if answer.status_code != 200:
            return Unknown(f"HTTP {answer.status_code}")
        return _answer(reference, fields(answer.content))

    def callback(self, request: Request) -> Hint:
        """MTN signs nothing: whatever the body claims, it is only a reason to ask."""
        return Hint(reference(asked_for(request, "ref")) or reference(fields(request.body).get("externalId")))

    def forget(self) -> None:
        with self._lock:
            self._token, self._token_ends = "", 0.0
        self._wire.close()

    def _may_call_back(self, url: str) -> bool:
        """The header must never be empty; plain http is for MTN's sandbox and for stand-ins that speak it themselves."""
        plain = self.config.target_environment == "sandbox" or self.config.api_url.startswith("http://")
        return self.config.callbacks and url.startswith(("https://", "http://") if plain else "https://")

    def _authorised(self, method: str, path: str, headers: dict[str, str], **body: Any) -> httpx.Response:
        """One call; a token that was refused is renewed once. Raises _NoToken, NotSent, NoAnswer."""
        for last in (False, True):
            token = self._fresh_token()
            answer = self._wire.call(
                method, path, headers=self._headers() | headers | {"Authorization": f"Bearer {token}"}, **body
            )
            if answer.status_code != 401 or last:
                return answer
            self._drop_token(token)
        raise AssertionError("the loop returns")

    def _headers(self) -> dict[str, str]:
        return {"Ocp-Apim-Subscription-Key": self.config.collection_key, "X-Target-Environment": self.config.target_environment}

    def _drop_token(self, token: str) -> None:
        """Only the token that failed: another thread may have brought a new one."""
        with self._lock:
            if self._token == token:
                self._token, self._token_ends = "", 0.0

    def _fresh_token(self) -> str:
        with self._lock:
            if not self._token or self._monotonic() >= self._token_ends:
                self._token, life_s = self._ask_for_token()
                self._token_ends = self._monotonic() + life_s - TOKEN_MARGIN_S
            return self._token

    def _ask_for_token(self) -> tuple[str, int]:
        """The token and its seconds. No charge has been sent yet, so even a lost answer here is harmless."""
        key = {"Ocp-Apim-Subscription-Key": self.config.collection_key}
        try:
            answer = self._wire.call("POST", "/collection/token/", headers=key, auth=(self.config.api_user, self.config.api_key))
        except (NotSent, NoAnswer) as error:
            raise _NoToken(str(error)) from None
        data = fields(answer.content)
        token, life_s = text(data.get("access_token"), 16_384), text(data.get("expires_in"), 9)
        if answer.status_code != 200 or not token or not token.isascii():
            raise _NoToken(f"HTTP {answer.status_code}", ours=answer.status_code in (400, 401, 403, 404))
        return token, int(life_s) if life_s.isascii() and life_s.isdigit() else TOKEN_LIFE_S


class _NoToken(Exception):
    def __init__(self, why: str, *, ours: bool = False) -> None:
        super().__init__(why)
        self.ours = ours


def clean_note(note: str) -> str:
    """MTN answers 400 to an apostrophe: plain letters, digits and a few marks, at most 160."""
    plain = unicodedata.normalize("NFKD", note).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^A-Za-z0-9 .,:/-]", "", re.sub(r"\s", " ", plain))
    return " ".join(kept.split())[:NOTE_LIMIT].strip()


def _body(charge: Charge) -> dict[str, Any]:
    note = clean_note(charge.note)
    return {
        "amount": major(charge.amount),
        "currency": charge.currency,
        "externalId": charge.reference,
        "payer": {"partyIdType": "MSISDN", "partyId": charge.msisdn},
        **({"payerMessage": note, "payeeNote": note} if note else {}),
    }


def _submitted(status: int) -> Submitted:
    """202: accepted. 409: this reference is already there, which is as good."""
    if status in (202, 409):
        return Pending()
    if status in NOT_CREATED:
        return NotAccepted(f"HTTP {status}", ours=NOT_CREATED[status])
    return Unknown(f"HTTP {status}")


def _answer(reference: str, data: dict[str, Any]) -> Answer:
    status = text(data.get("status")).upper()
    if status == "SUCCESSFUL":
        amount, currency = money(data.get("amount")), text(data.get("currency"))
        if amount is None or not currency:
            return Unknown("paid, but how much is unreadable")
        return Paid(reference, amount, currency, text(data.get("financialTransactionId")))
    if status == "FAILED":
        reason = data.get("reason")
        code = text(reason.get("code") if isinstance(reason, dict) else reason)
        return Refused(REASONS.get(code, "unclear"), code)
    if not status:
        return Unknown("an answer without a status")
    if status not in WAITING:
        log.warning("mtn: a status we do not know: %.40r", status)
    return Pending()
