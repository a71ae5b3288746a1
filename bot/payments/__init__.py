"""The contract of a payment provider, and the values it answers with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol, runtime_checkable

from bot.messages import Request

#: Why a wallet did not pay, in our words. Adapters map their codes onto these; the set a provider sends is open, so "unclear" exists.
Reason = Literal[
    "no_funds", "declined", "too_late", "not_registered", "wallet_limit", "cannot_receive", "provider_down", "our_fault", "unclear",
    "float_empty",  # we are to send money and have too little with the provider
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Charge:
    """A request for money, written down before anybody is called. `amount` in pesewas; `msisdn` as "233241234567"."""

    reference: str  # 32 lower-case hex digits of a UUID4
    msisdn: str
    network: str
    amount: int
    currency: str
    note: str
    callback_url: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money we send to a wallet, written down before anybody is called."""

    reference: str  # 32 lower-case hex digits of a UUID4
    msisdn: str
    network: str
    amount: int
    currency: str
    note: str
    name: str  # of the wallet's holder, as far as we know it
    callback_url: str


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Money that goes back to the wallet that paid it, by the provider that took it; all of it or a part."""

    reference: str  # of this refund, 32 hex digits
    paid: str  # our reference of the payment
    paid_id: str  # the provider's id of the payment, "" when it gave none
    amount: int
    currency: str
    note: str
    callback_url: str


@dataclass(frozen=True, slots=True)
class Pending:
    """The provider has the request; the person has not finished."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The provider has the request and wants something first: a voucher from the person (Telecel: *110#) to be submitted, or the
    attention of an operator at the provider's dashboard."""

    what: Literal["voucher", "attention"] = "voucher"


@dataclass(frozen=True, slots=True)
class Paid:
    """Money moved. The caller compares all of it with what was asked. `amount` in pesewas."""

    reference: str
    amount: int
    currency: str
    provider_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider decided: no money moved."""

    reason: Reason
    code: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows yet. Ask again with the same reference; never charge again."""

    why: str


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """The provider definitely created nothing: the only answer that may fail over."""

    why: str
    ours: bool = False  # our configuration is at fault: page the operator


@dataclass(frozen=True, slots=True)
class Reversed:
    """Money that we had sent, proven, came back to us."""

    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """Asked for a reference the provider does not know (yet). Safe next step: submit the same reference again."""


Submitted = Pending | Needs | Paid | Refused | Unknown | NotAccepted
Answer = Pending | Needs | Paid | Refused | Reversed | Unknown | Absent


def answer_from(kind: str, values: dict[str, Any]) -> Paid | Refused:
    """A final answer as it was written into an event: kind "paid" or "refused", and its values."""
    return Paid(**values) if kind == "paid" else Refused(**values)


@dataclass(frozen=True, slots=True)
class Hint:
    """What a callback is worth: a reason to ask. Never money."""

    reference: str  # of a payment, a transfer or a refund: 32 hex digits, "" when unreadable
    paid: bool = False  # what it claims; a claim that the provider does not confirm is looked at by a person


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a provider's statement. `amount` in pesewas, always positive; `reference` is ours, "" when the line has none."""

    kind: Literal["collected", "sent", "given_back", "reversed", "fee", "settled"]
    provider_id: str
    reference: str
    amount: int
    currency: str
    fee: int
    at: datetime
    msisdn: str = ""


class Forged(Exception):
    """A callback that fails its signature."""


class Provider(Protocol):
    """One file, one provider. The file's name is its name, its URL and its settings prefix."""

    name: str
    networks: tuple[str, ...]  # wallets it can reach, preferred ones first
    currency: str
    window_s: int  # how long the person has to approve

    def collect(self, charge: Charge) -> Submitted:
        """Asks the wallet for money. Sending the same reference twice never charges twice."""

    def query(self, reference: str) -> Answer:
        """What became of a reference."""

    def callback(self, request: Request) -> Hint:
        """Reads a callback. Raises Forged."""

    def forget(self) -> None:
        """Closes connections; the next call opens new ones."""


@runtime_checkable
class Voucher(Protocol):
    """A provider that may answer Needs."""

    def voucher(self, reference: str, secret: str) -> Submitted:
        """Hands in what the person was asked for. The secret is never kept or logged."""


@runtime_checkable
class Payer(Protocol):
    """A provider that also sends money."""

    name: str
    networks: tuple[str, ...]
    currency: str
    sends: bool  # False where it has no keys for that

    def send(self, transfer: Transfer) -> Submitted:
        """Sends money to a wallet. The same reference twice never sends twice."""

    def sent(self, reference: str) -> Answer:
        """What became of a transfer; Paid: it arrived; Reversed: it arrived and came back."""

    def holder(self, msisdn: str, network: str) -> str | None:
        """The name the network has for a wallet, "" when there is no such wallet, None when nobody can say."""

    def balance(self) -> int | None:
        """Pesewas that can be sent, None when nobody can say."""


@runtime_checkable
class Refunder(Protocol):
    """A provider that gives back what it took."""

    name: str
    sends: bool  # False where it has no keys for that

    def give_back(self, refund: GiveBack) -> Submitted:
        """Asks for a refund. The same reference twice never refunds twice."""

    def given_back(self, refund: GiveBack) -> Answer:
        """What became of a refund."""


@runtime_checkable
class Bookkeeper(Protocol):
    """A provider whose statement can be asked for."""

    name: str

    def statement(self, day: date) -> Iterable[Line]:
        """What the provider did for us on a day (UTC). Raises Silent."""


class Silent(Exception):
    """No statement could be had."""


@runtime_checkable
class Paper(Protocol):
    """A provider whose statement people download and hand in."""

    name: str

    def read_statement(self, content: str) -> Iterable[Line]:
        """Reads a statement in CSV. Raises ValueError naming the line."""
