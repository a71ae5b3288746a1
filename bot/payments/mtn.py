"""MTN mobile money: collections, disbursements and refunds of the MoMo Open API."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from bot.messages import Request
from bot.payments import Answer, Charge, GiveBack, Hint, Line, NotAccepted, Reason, Submitted, Transfer, Unknown
from bot.payments._http import Wire, asked_for, fields, reference, text
from bot.payments._mtn_api import Keys, Product, notes, party
from bot.payments._mtn_out import Disbursements, holder
from bot.payments._mtn_paper import read
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
#: The same words when we send: the payer is now us, the payee the person.
REASONS_OUT: dict[str, Reason] = REASONS | {
    "NOT_ENOUGH_FUNDS": "float_empty",
    "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED": "unclear",
    "COULD_NOT_PERFORM_TRANSACTION": "unclear",
    "TRANSACTION_NOT_COMPLETED": "unclear",
    "PAYER_NOT_FOUND": "our_fault",
    "PAYER_LIMIT_REACHED": "our_fault",
    "PAYEE_NOT_FOUND": "not_registered",
    "PAYEE_NOT_ALLOWED_TO_RECEIVE": "wallet_limit",
}
ONLY_COLLECTS = "no keys for disbursements"


class MtnConfig(Section):
    """MTN_… Sandbox: https://sandbox.momodeveloper.mtn.com, "sandbox", EUR."""

    model_config = SettingsConfigDict(env_prefix="MTN_")

    api_url: str = Field(default="https://proxy.momoapi.mtn.com", pattern=r"^https?://[^/?#]+[^?#]*$")
    target_environment: str = "mtnghana"
    collection_key: str = Field(min_length=1, repr=False)
    api_user: str = Field(min_length=1)
    api_key: str = Field(min_length=1, repr=False)
    disbursement_key: str = Field(default="", repr=False)
    disbursement_user: str = ""
    disbursement_api_key: str = Field(default="", repr=False)
    currency: str = Field(default="GHS", pattern="^[A-Z]{3}$")
    callbacks: bool = Field(default=True, description="whether MTN is told where to report; polling finishes everything anyway")

    @model_validator(mode="after")
    def _disburses_or_not(self) -> MtnConfig:
        given = [bool(value) for value in (self.disbursement_key, self.disbursement_user, self.disbursement_api_key)]
        if any(given) and not all(given):
            raise ValueError("MTN_DISBURSEMENT_KEY, MTN_DISBURSEMENT_USER and MTN_DISBURSEMENT_API_KEY go together: all or none")
        return self


class Mtn:
    """Keeps one token per product and one set of connections; safe to share between threads."""

    name = "mtn"
    Config = MtnConfig
    networks: tuple[str, ...] = ("mtn", "telecel")
    window_s = 300

    def __init__(self, config: MtnConfig, *, read_s: float = 30.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.config, self.currency = config, config.currency
        self._wire = Wire(config.api_url, read_s=read_s)
        keys = Keys(config.collection_key, config.api_user, config.api_key)
        self._products = [Product("collection", self._wire, keys, config.target_environment, monotonic)]
        self._out: Disbursements | None = None
        if config.disbursement_key:
            keys = Keys(config.disbursement_key, config.disbursement_user, config.disbursement_api_key)
            self._products.append(Product("disbursement", self._wire, keys, config.target_environment, monotonic))
            self._out = Disbursements(self._products[-1], config.currency, REASONS_OUT)

    @property
    def sends(self) -> bool:
        return self._out is not None

    def collect(self, charge: Charge) -> Submitted:
        body = {
            "amount": major(charge.amount),
            "currency": charge.currency,
            "externalId": charge.reference,
            "payer": party(charge.msisdn),
            **notes(charge.note),
        }
        return self._products[0].submit("v1_0/requesttopay", charge.reference, body, self._callback_url(charge.callback_url))

    def query(self, reference: str) -> Answer:
        return self._products[0].status("v1_0/requesttopay", reference, REASONS)

    def callback(self, request: Request) -> Hint:
        """MTN signs nothing: whatever the body claims, it is only a reason to ask."""
        said = fields(request.body)
        return Hint(reference(asked_for(request, "ref")) or reference(said.get("externalId")), text(said.get("status")) == "SUCCESSFUL")

    def forget(self) -> None:
        for product in self._products:
            product.forget()
        self._wire.close()

    # -- money that leaves

    def send(self, transfer: Transfer) -> Submitted:
        if self._out is None:
            return NotAccepted(ONLY_COLLECTS, ours=True)
        return self._out.send(transfer, self._callback_url(transfer.callback_url))

    def sent(self, reference: str) -> Answer:
        return self._out.sent(reference) if self._out else Unknown(ONLY_COLLECTS)

    def give_back(self, refund: GiveBack) -> Submitted:
        if self._out is None:
            return NotAccepted(ONLY_COLLECTS, ours=True)
        return self._out.give_back(refund, self._callback_url(refund.callback_url))

    def given_back(self, refund: GiveBack) -> Answer:
        return self._out.given_back(refund.reference) if self._out else Unknown(ONLY_COLLECTS)

    def holder(self, msisdn: str, network: str) -> str | None:
        """MTN knows its own wallets only."""
        return holder(self._products[-1], msisdn) if network == "mtn" else None

    def balance(self) -> int | None:
        return self._out.balance() if self._out else None

    def read_statement(self, content: str) -> Iterable[Line]:
        """The columns stand in bot/payments/_mtn_paper.py. Raises ValueError naming the line."""
        return read(content)

    def _callback_url(self, url: str) -> str:
        """Where MTN may report, "" for nowhere; plain http is for MTN's sandbox and for stand-ins that speak it themselves."""
        plain = self.config.target_environment == "sandbox" or self.config.api_url.startswith("http://")
        return url if self.config.callbacks and url.startswith(("https://", "http://") if plain else "https://") else ""
