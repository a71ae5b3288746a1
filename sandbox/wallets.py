"""The mobile-money wallets of everybody: balances, prompts, PINs, vouchers, and the notices of money that came."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import iso
from sandbox.shared import Shared
from sandbox.truth import Truth, cedis

OPENING_BALANCE = 500_000  # pesewas
WALLET_LIMIT = 1_500_000  # pesewas in one payment
PIN_TRIES, WRONG_PIN = 3, "0000"
PAYEE = "Sew4Mi"
PREFIXES = {"mtn": ("24", "25", "53", "54", "55", "59"), "vodafone": ("20", "50"), "at": ("23", "26", "27", "56", "57")}
_NAMES = {
    "233241234567": "Ama Mensah", "233201234567": "Kofi Boateng", "233551234567": "Esi Owusu", "233261234567": "Kwame Addo",
    "233244000011": "Esther Tetteh", "233208000012": "Daniel Asare",
}  # fmt: skip
_GIVEN = ("Abena", "Akosua", "Efua", "Kwame", "Yaw", "Kwabena")
_FAMILY = ("Asante", "Darko", "Addo", "Quaye", "Tetteh", "Agyeman")


def new_id() -> str:
    """An id as providers give them: ten digits."""
    return str(10**9 + secrets.randbelow(9 * 10**9))


@dataclass(slots=True)
class Wallet:
    msisdn: str
    name: str
    balance: int = OPENING_BALANCE
    registered: bool = True
    voucher: str = ""  # made with *110#, good for one payment
    notices: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Ask:
    """One request for money. Amounts in pesewas; times in the world's seconds; state PENDING, SUCCESS or FAILED."""

    provider: str
    reference: str
    msisdn: str
    amount: int
    currency: str
    note: str
    callback_url: str
    created: float
    deadline: float
    network: str = ""  # whose wallet it is, when the provider is not the network itself
    provider_id: str = field(default_factory=new_id)
    state: str = "PENDING"
    reason: str = ""
    waiting: bool = False  # a prompt is open on the phone
    wants_voucher: bool = False
    tries_left: int = PIN_TRIES
    due: float | None = None  # late success
    taken: int = 0
    taken_currency: str = ""
    finished: float | None = None
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def wallet_of(self) -> str:
        return self.network or self.provider

    @property
    def trouble(self) -> str:
        """How the names of the faults begin that it may meet."""
        return f"{self.provider}."

    def shown(self) -> dict[str, Any]:
        return {
            "reference": self.reference, "provider": self.provider, "network": self.wallet_of, "msisdn": self.msisdn, "phone": "+" + self.msisdn,
            "payee": PAYEE, "amount": cedis(self.amount), "amount_pesewas": self.amount, "currency": self.currency,
            "note": self.note, "state": self.state, "reason": self.reason, "waiting": self.waiting, "tries_left": self.tries_left,
            "provider_id": self.provider_id, "created": iso(self.created), "expires": iso(self.deadline),
            "finished": iso(self.finished) if self.finished else None,
        }  # fmt: skip


class Wallets:
    """All wallets and all requests, whichever provider asked."""

    def __init__(self, shared: Shared) -> None:
        self.shared, self.truth = shared, Truth(shared)
        self.when_final: dict[str, Callable[[Ask], None]] = {}
        self.reset()

    def reset(self) -> None:
        self.by_msisdn: dict[str, Wallet] = {}
        self.asks: dict[tuple[str, str], Ask] = {}
        self.open: set[Ask] = set()
        self.truth.reset()

    def wallet(self, msisdn: str) -> Wallet:
        if msisdn not in self.by_msisdn:
            dice = hashlib.sha256(msisdn.encode()).digest()
            name = _NAMES.get(msisdn) or f"{_GIVEN[dice[0] % len(_GIVEN)]} {_FAMILY[dice[1] % len(_FAMILY)]}"
            self.by_msisdn[msisdn] = Wallet(msisdn, name)
        return self.by_msisdn[msisdn]

    def reachable(self, network: str, msisdn: str) -> bool:
        """Whether this network has a wallet for the number."""
        if self.shared.faults.settings["strict_network"] and not msisdn[3:].startswith(PREFIXES[network]):
            return False
        return self.wallet(msisdn).registered

    def find(self, provider: str, reference: str) -> Ask | None:
        return self.asks.get((provider, key_of(reference)))

    def find_any(self, reference: str) -> Ask | None:
        """The request with this reference at any provider, an open one first."""
        found = [a for (_, r), a in self.asks.items() if r == key_of(reference)]
        return next((a for a in found if a.waiting), found[-1] if found else None)

    def add(self, ask: Ask) -> None:
        self.asks[ask.provider, key_of(ask.reference)] = ask
        self.open.add(ask)
        self.shared.counts[f"{ask.provider}.created"] += 1

    def prompt(self, ask: Ask) -> None:
        """Shows the request on the phone."""
        if self.wallet(ask.msisdn).balance < 0:
            raise ValueError("a wallet below zero")
        ask.waiting = True
        self.shared.hub.publish("prompt", ask.shown())

    def enter_pin(self, ask: Ask, pin: str) -> str:
        """What the phone says. Four digits; 0000 is always wrong."""
        if len(pin) != 4 or not pin.isdigit():
            return "A PIN has four digits."
        if pin == WRONG_PIN:
            ask.tries_left -= 1
            if ask.tries_left > 0:
                self.shared.hub.publish("prompt", ask.shown())
                return f"Wrong PIN. {ask.tries_left} tries left."
            self.fail(ask, "declined")
            return "Wrong PIN three times. The payment was declined."
        self.succeed(ask)
        return "Approved." if ask.state == "SUCCESS" else "Payment failed: " + ask.reason.replace("_", " ") + "."

    def succeed(self, ask: Ask) -> None:
        """Takes the money, if it is there."""
        if ask.state != "PENDING":
            return
        take, who = self.shared.faults.take, ask.msisdn
        amount = ask.amount + int(take(f"{ask.provider}.wrong_amount", who) or 0)
        currency = str(take(f"{ask.provider}.wrong_currency", who) or ask.currency)
        wallet = self.wallet(ask.msisdn)
        if amount > WALLET_LIMIT:
            self.fail(ask, "limit")
        elif amount > wallet.balance:
            self.fail(ask, "no_funds")
        else:
            wallet.balance -= amount
            ask.taken, ask.taken_currency = amount, currency
            self.truth.note(
                "collected", ask.provider, reference=ask.reference, msisdn=ask.msisdn, amount=amount, currency=currency,
                provider_id=ask.provider_id, asked_pesewas=ask.amount,
            )  # fmt: skip
            self._finish(ask, "SUCCESS", "")

    def fail(self, ask: Ask, reason: str) -> None:
        if ask.state == "PENDING":
            self._finish(ask, "FAILED", reason)

    def sweep(self) -> None:
        """Lets requests expire, and late ones succeed, by the world's clock."""
        now = self.shared.clock.now()
        for ask in tuple(self.open):
            if ask.due is not None:
                if now >= ask.due:
                    self.succeed(ask)
            elif (ask.waiting or ask.wants_voucher) and now >= ask.deadline:
                self.fail(ask, "expired")

    def new_voucher(self, msisdn: str) -> str:
        """What *110# shows: six digits, good for one payment."""
        wallet = self.wallet(msisdn)
        wallet.voucher = f"{secrets.randbelow(10**6):06d}"
        return wallet.voucher

    def use_voucher(self, msisdn: str, digits: str) -> bool:
        wallet = self.wallet(msisdn)
        good = bool(digits) and digits == wallet.voucher
        if good:
            wallet.voucher = ""
        return good

    def notify(self, msisdn: str, text: str) -> None:
        """The network's text message about money that came or went, with what is there now."""
        wallet = self.wallet(msisdn)
        text += f" Your balance is GHS {wallet.balance // 100:,}.{wallet.balance % 100:02d}."
        wallet.notices.append(text)
        self.shared.hub.publish("money", {"phone": "+" + msisdn, "text": text})

    def _finish(self, ask: Ask, state: str, reason: str) -> None:
        ask.state, ask.reason, ask.waiting, ask.finished = state, reason, False, self.shared.clock.now()
        ask.wants_voucher = False
        self.open.discard(ask)
        self.shared.counts[f"{ask.provider}.{state.lower()}"] += 1
        self.shared.hub.publish("prompt", ask.shown())
        self.when_final[ask.provider](ask)


def key_of(reference: str) -> str:
    return reference.replace("-", "").lower()
