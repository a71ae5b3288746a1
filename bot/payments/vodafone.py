"""Vodafone Cash, today Telecel Cash.

Telecel publishes no open API. The contract spoken here is the one our stand-in speaks; a bridge to the operator's or an aggregator's
real interface is configured by VODAFONE_API_URL:

    POST /payment/initiate  {reference, msisdn, amount: "12.50", currency, description, callback_url}, X-Api-Key -> 202 {transaction_id, status}
    GET  /payment/status/{reference} -> {reference, transaction_id, status: PENDING|SUCCESS|FAILED, amount, currency, reason}
    callback: POST, X-Signature = hex HMAC-SHA256(secret, X-Timestamp + "." + body)
"""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable
from typing import Any

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from bot.messages import Request
from bot.payments import Absent, Answer, Charge, Forged, Hint, NotAccepted, Paid, Pending, Reason, Refused, Submitted, Unknown
from bot.payments._http import NOT_CREATED, NoAnswer, NotSent, Wire, fields, money, reference, text
from bot.rules.money import major
from bot.settings import Section

#: Vodafone's reasons -> ours; others are "unclear".
REASONS: dict[str, Reason] = {
    "INSUFFICIENT_FUNDS": "no_funds",
    "DECLINED": "declined",
    "TIMEOUT": "too_late",
    "NOT_REGISTERED": "not_registered",
    "LIMIT": "wallet_limit",
    "SERVICE_DOWN": "provider_down",
}
NOTE_LIMIT, CLOCK_SLACK_S = 160, 300

log = logging.getLogger(__name__)


class VodafoneConfig(Section):
    """VODAFONE_…"""

    model_config = SettingsConfigDict(env_prefix="VODAFONE_")

    api_url: str = Field(pattern=r"^https?://[^/?#]+[^?#]*$")
    api_key: str = Field(min_length=1, repr=False)
    webhook_secret: str = Field(min_length=8, repr=False)
    currency: str = Field(default="GHS", pattern="^[A-Z]{3}$")


class Vodafone:
    """Keeps one set of connections; safe to share between threads."""

    name = "vodafone"
    Config = VodafoneConfig
    networks: tuple[str, ...] = ("telecel", "at", "mtn")
    window_s = 300

    def __init__(self, config: VodafoneConfig, *, read_s: float = 30.0, now: Callable[[], float] = time.time) -> None:
        self.config, self.currency = config, config.currency
        self._wire, self._now = Wire(config.api_url, read_s=read_s), now

    def collect(self, charge: Charge) -> Submitted:
        try:
            answer = self._wire.call("POST", "/payment/initiate", headers=self._headers(), json=_body(charge))
        except NotSent as error:
            return NotAccepted(f"not sent: {error}")
        except NoAnswer as error:
            return Unknown(f"no answer: {error}")
        return _submitted(answer.status_code, fields(answer.content))

    def query(self, reference: str) -> Answer:
        try:
            answer = self._wire.call("GET", f"/payment/status/{reference}", headers=self._headers())
        except (NotSent, NoAnswer) as error:
            return Unknown(f"no answer: {error}")
        if answer.status_code == 404:
            return Absent()
        if answer.status_code != 200:
            return Unknown(f"HTTP {answer.status_code}")
        return _answer(reference, fields(answer.content))

    def callback(self, request: Request) -> Hint:
        stamp, given = request.headers.get("x-timestamp", ""), request.headers.get("x-signature", "").lower()
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 and given.isascii()):
            raise Forged("no timestamp or no signature")
        signed = hmac.digest(self.config.webhook_secret.encode(), stamp.encode() + b"." + request.body, "sha256").hex()
        if not hmac.compare_digest(signed, given):
            raise Forged("the signature does not fit")
        if abs(self._now() - int(stamp)) > CLOCK_SLACK_S:
            raise Forged("the callback is too old or from the future")
        return Hint(reference(fields(request.body).get("reference")))

    def forget(self) -> None:
        self._wire.close()

    def _headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.config.api_key}


def _body(charge: Charge) -> dict[str, Any]:
    return {
        "reference": charge.reference,
        "msisdn": charge.msisdn,
        "amount": major(charge.amount),
        "currency": charge.currency,
        "description": charge.note[:NOTE_LIMIT],
        "callback_url": charge.callback_url,
    }


def _submitted(status: int, data: dict[str, Any]) -> Submitted:
    """202: accepted. 409 for our own reference: it is already there, which is as good."""
    if status == 202 or (status == 409 and data.get("error") == "DUPLICATE_REFERENCE"):
        return Pending()
    if status in NOT_CREATED:
        return NotAccepted(f"HTTP {status}", ours=NOT_CREATED[status])
    return Unknown(f"HTTP {status}")


def _answer(asked: str, data: dict[str, Any]) -> Answer:
    if reference(data.get("reference")) != asked:
        return Unknown("an answer about something else")
    status = text(data.get("status")).upper()
    if status == "SUCCESS":
        amount, currency = money(data.get("amount")), text(data.get("currency"))
        if amount is None or not currency:
            return Unknown("paid, but how much is unreadable")
        return Paid(asked, amount, currency, text(data.get("transaction_id")))
    if status == "FAILED":
        code = text(data.get("reason"))
        return Refused(REASONS.get(code, "unclear"), code)
    if not status:
        return Unknown("an answer without a status")
    if status != "PENDING":
        log.warning("vodafone: a status we do not know: %.40r", status)
    return Pending()
