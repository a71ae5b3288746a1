"""Paystack: mobile money of all three networks, in and out."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from bot.messages import Request
from bot.payments import (
    Absent,
    Answer,
    Charge,
    Forged,
    GiveBack,
    Hint,
    Line,
    Needs,
    NotAccepted,
    Pending,
    Reason,
    Refused,
    Reversed,
    Submitted,
    Transfer,
    Unknown,
)
from bot.payments._http import NoAnswer, NotSent, Wire, fields, reference, text
from bot.payments._paystack_api import PROVIDERS, Api, Said, local
from bot.payments._paystack_out import Transfers
from bot.payments._paystack_refunds import Refunds
from bot.payments._paystack_statement import read
from bot.settings import Section

REAL_URL = "https://api.paystack.co"
#: Words in which networks explain a failed charge (`gateway_response`), the first that fits counts; others are "unclear".
REASONS: tuple[tuple[str, Reason], ...] = (
    ("low_balance", "no_funds"),
    ("insufficient", "no_funds"),
    ("not enough", "no_funds"),
    ("declined", "declined"),
    ("rejected", "declined"),
    ("cancel", "declined"),
    ("timed out", "too_late"),
    ("timeout", "too_late"),
    ("expired", "too_late"),
    ("not completed", "too_late"),
    ("not registered", "not_registered"),
    ("not found", "not_registered"),
    ("limit", "wallet_limit"),
    ("unavailable", "provider_down"),
)
WAITING = frozenset({"pending", "pay_offline", "ongoing", "processing", "queued"})

log = logging.getLogger(__name__)


class PaystackConfig(Section):
    """PAYSTACK_…"""

    model_config = SettingsConfigDict(env_prefix="PAYSTACK_")

    secret_key: str = Field(pattern=r"^sk_(test|live)_[!-~]+$", repr=False)
    secret_key_before: str = Field(default="", pattern=r"^(sk_(test|live)_[!-~]+)?$", repr=False)
    api_url: str = Field(default=REAL_URL, pattern=r"^https?://[^/?#]+[^?#]*$")
    email_domain: str = Field(default="example.com", pattern=r"^([a-z0-9-]+\.)+[a-z]{2,}$")
    currency: str = Field(default="GHS", pattern="^[A-Z]{3}$")

    @field_validator("secret_key_before")
    @classmethod
    def _is_of_the_same_world(cls, value: str, info: ValidationInfo) -> str:
        if value and value[:8] != str(info.data.get("secret_key", value))[:8]:
            raise ValueError("a test key and a live key do not go together")
        return value

    @field_validator("api_url")
    @classmethod
    def _keeps_live_keys_at_home(cls, value: str, info: ValidationInfo) -> str:
        if str(info.data.get("secret_key", "")).startswith("sk_live_") and value.rstrip("/") != REAL_URL:
            raise ValueError(f"a live key goes to {REAL_URL} only, never to a stand-in")
        return value

    @property
    def is_test(self) -> bool:
        return self.secret_key.startswith("sk_test_")


class Paystack:
    """Keeps one set of connections; safe to share between threads."""

    name = "paystack"
    Config = PaystackConfig
    networks: tuple[str, ...] = ("telecel", "at", "mtn")
    window_s = 180
    sends = True

    def __init__(self, config: PaystackConfig, *, read_s: float = 30.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.config, self.currency = config, config.currency
        self._wire = Wire(config.api_url, read_s=read_s)
        self._api = Api(self._wire, config.secret_key, config.currency, test=config.is_test)
        self._transfers, self._refunds = Transfers(self._api), Refunds(self._api, monotonic)

    @property
    def is_test(self) -> bool:
        """Whether no real money moves."""
        return self.config.is_test

    def collect(self, charge: Charge) -> Submitted:
        if charge.network not in PROVIDERS:
            return NotAccepted("a network Paystack does not reach", ours=True)
        body = {
            "email": self._email(charge.msisdn),
            "amount": charge.amount,
            "currency": charge.currency,
            "reference": charge.reference,
            "mobile_money": {"phone": local(charge.msisdn), "provider": PROVIDERS[charge.network]},
        }
        try:
            said = self._api.post("/charge", body)
        except NotSent as error:
            return NotAccepted(f"not sent: {error}")
        except NoAnswer as error:
            return Unknown(f"no answer: {error}")
        return self._begun(charge.reference, said)

    def voucher(self, reference: str, secret: str) -> Submitted:
        """A refused voucher leaves the charge waiting for another one; it is never a reason to charge elsewhere."""
        try:
            said = self._api.post("/charge/submit_otp", {"otp": secret.strip(), "reference": reference})
        except NotSent:
            return Needs()
        except NoAnswer as error:
            return Unknown(f"no answer: {error}")
        if said.worked:
            return self._begun(reference, said)
        if said.http == 400:
            answer = self._looked_up(reference)
            return Needs() if isinstance(answer, Pending) else answer
        return Needs() if said.http in (401, 403, 422, 429) else Unknown(f"HTTP {said.http}")

    def query(self, reference: str) -> Answer:
        try:
            said = self._api.get(f"/transaction/verify/{reference}")
        except (NotSent, NoAnswer) as error:
            return Unknown(f"no answer: {error}")
        if said.says_missing:
            return Absent()
        return self._answer(reference, said.data) if said.worked else Unknown(f"HTTP {said.http}")

    def callback(self, request: Request) -> Hint:
        """The signature is over the raw body, in lower case; while keys are being changed the one before is good as well."""
        given = request.headers.get("x-paystack-signature", "").encode("utf-8", "replace")
        keys = filter(None, (self.config.secret_key, self.config.secret_key_before))
        signed = [hmac.digest(key.encode(), request.body, "sha512").hex().encode() for key in keys]
        if not any(hmac.compare_digest(one, given) for one in signed):
            raise Forged("the signature does not fit")
        said = fields(request.body)
        family, data = text(said.get("event")).partition(".")[0], said.get("data")
        named = {"charge": "reference", "transfer": "reference", "refund": "transaction_reference"}.get(family, "")
        return Hint(reference(data.get(named)) if isinstance(data, dict) else "")

    def forget(self) -> None:
        self._wire.close()

    # -- money that leaves

    def send(self, transfer: Transfer) -> Submitted:
        if transfer.network not in PROVIDERS:
            return NotAccepted("a network Paystack does not reach", ours=True)
        return self._transfers.send(transfer)

    def sent(self, reference: str) -> Answer:
        return self._transfers.sent(reference)

    def give_back(self, refund: GiveBack) -> Submitted:
        return self._refunds.give_back(refund)

    def given_back(self, refund: GiveBack) -> Answer:
        return self._refunds.given_back(refund)

    def holder(self, msisdn: str, network: str) -> str | None:
        return self._transfers.holder(msisdn, network)

    def balance(self) -> int | None:
        return self._transfers.balance()

    def statement(self, day: date) -> Iterable[Line]:
        return read(self._api, day)

    # -- private

    def _email(self, msisdn: str) -> str:
        """Paystack wants an address; this one is the same for all payments of a wallet and tells nobody which wallet it is."""
        return f"payer-{hmac.digest(self.config.secret_key.encode(), msisdn.encode(), 'sha256').hex()[:24]}@{self.config.email_domain}"

    def _begun(self, asked: str, said: Said) -> Submitted:
        """What the answer to a charge or a voucher is worth: anything final is looked up before it is believed."""
        if said.worked:
            if said.status in WAITING | {"send_otp"} and reference(said.data.get("reference")) in ("", asked):
                return Needs() if said.status == "send_otp" else Pending()
            return self._looked_up(asked) if said.status else Unknown("an answer without a status")
        if said.says_duplicate:
            return self._looked_up(asked)
        if said.http == 400 and (said.status or text(said.body.get("type")) == "processor_error"):
            return self._looked_up(asked)  # a network was asked: the charge may well exist
        return said.refusal()

    def _looked_up(self, asked: str) -> Submitted:
        answer = self.query(asked)
        return Unknown("it is there, but how it stands is unclear") if isinstance(answer, Absent | Reversed) else answer

    def _answer(self, asked: str, data: dict[str, Any]) -> Answer:
        status, ident = text(data.get("status")).lower(), text(data.get("id"))
        if status and reference(data.get("reference")) != asked:
            return Unknown("an answer about something else")
        if status == "success":
            return self._api.paid(asked, data, ident)
        if status == "reversed":
            return Reversed(ident)
        if status == "failed":
            return _refused(text(data.get("gateway_response"), 200).lower())
        if status == "abandoned":
            return Refused("too_late", status)
        if status == "send_otp":
            return Needs()
        if status in ("", "timeout"):
            return Unknown("an answer without a status")
        if status not in WAITING:
            log.warning("paystack: a status we do not know: %.40r", status)
        return Pending()


def _refused(explained: str) -> Refused:
    """The code is the word we recognised: an explanation may carry a name or a number, which go nowhere."""
    word, reason = next(((word, reason) for word, reason in REASONS if word in explained), ("failed", "unclear"))
    return Refused(reason, word)
