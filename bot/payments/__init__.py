"""The contract of a payment provider, and the values it answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bot.messages import Request

#: Why a wallet did not pay, in our words. Adapters map their codes onto these; the set a provider sends is open, so "unclear" exists.
Reason = Literal[
    "no_funds", "declined", "too_late", "not_registered", "wallet_limit", "cannot_receive", "provider_down", "our_fault", "unclear"
]


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
class Pending:
    """The provider has the request; the person has not finished."""


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
class Absent:
    """Asked for a reference the provider does not know (yet). Safe next step: submit the same reference again."""


Submitted = Pending | Paid | Refused | Unknown | NotAccepted
Answer = Pending | Paid | Refused | Unknown | Absent


def answer_from(kind: str, values: dict[str, Any]) -> Paid | Refused:
    """A final answer as it was written into an event: kind "paid" or "refused", and its values."""
    return Paid(**values) if kind == "paid" else Refused(**values)


@dataclass(frozen=True, slots=True)
class Hint:
    """What a callback is worth: a reason to ask. Never money."""

    reference: str  # 32 hex digits, "" when unreadable


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
