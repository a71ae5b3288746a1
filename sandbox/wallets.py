"""The mobile-money wallets of everybody: balances, prompts, PINs, and a journal of the money really taken."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import iso
from sandbox.shared import Shared

OPENING_BALANCE = 500_000  # pesewas
WALLET_LIMIT = 1_500_000  # pesewas in one payment
PIN_TRIES, WRONG_PIN = 3, "0000"
PAYEE = "Sew4Mi"
PREFIXES = {"mtn": ("24", "25", "53", "54", "55", "59"), "vodafone": ("20", "50")}
_NAMES = {"233241234567": "Ama Mensah", "233201234567": "Kofi Boateng", "233551234567": "Esi Owusu"}
_GIVEN = ("Abena", "Akosua", "Efua", "Kwame", "Yaw", "Kwabena")
_FAMILY = ("Asante", "Darko", "Addo", "Quaye", "Tetteh", "Agyeman")


@dataclass(slots=True)
class Wallet:
    msisdn: str
    name: str
    balance: int = OPENING_BALANCE
    registered: bool = True


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
    provider_id: str = field(default_factory=lambda: str(10**9 + secrets.randbelow(9 * 10**9)))
    state: str = "PENDING"
    reason: str = ""
    waiting: bool = False  # a prompt is open on the phone
    tries_left: int = PIN_TRIES
    due: float | None = None  # late success
    taken: int = 0
    taken_currency: str = ""
    finished: float | None = None
    body: dict[str, Any] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        return {
            "reference": self.reference, "provider": self.provider, "msisdn": self.msisdn, "phone": "+" + self.msisdn,
            "payee": PAYEE, "amount": cedis(self.amount), "amount_pesewas": self.amount, "currency": self.currency,
            "note": self.note, "state": self.state, "reason": self.reason, "waiting": self.waiting, "tries_left": self.tries_left,
            "provider_id": self.provider_id, "created": iso(self.created), "expires": iso(self.deadline),
            "finished": iso(self.finished) if self.finished else None,
        }  # fmt: skip


class Wallets:
    """All wallets and all requests, whichever provider asked."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.when_final: dict[str, Callable[[Ask], None]] = {}
        self.reset()

    def reset(self) -> None:
        self.by_msisdn: dict[str, Wallet] = {}
        self.asks: dict[tuple[str, str], Ask] = {}
        self.open: set[Ask] = set()
        self.truth: list[dict[str, Any]] = []

    def wallet(self, msisdn: str) -> Wallet:
        if msisdn not in self.by_msisdn:
            dice = hashlib.sha256(msisdn.encode()).digest()
            name = _NAMES.get(msisdn) or f"{_GIVEN[dice[0] % len(_GIVEN)]} {_FAMILY[dice[1] % len(_FAMILY)]}"
            self.by_msisdn[msisdn] = Wallet(msisdn, name)
        return self.by_msisdn[msisdn]

    def reachable(self, provider: str, msisdn: str) -> bool:
        """Whether this provider has a wallet for the number."""
        if self.shared.faults.settings["strict_network"] and not msisdn[3:].startswith(PREFIXES[provider]):
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
            self._record(ask)
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
            elif ask.waiting and now >= ask.deadline:
                self.fail(ask, "expired")

    def totals(self) -> dict[str, dict[str, int]]:
        """Pesewas taken, per provider and currency."""
        sums: dict[str, Counter[str]] = {}
        for row in self.truth:
            sums.setdefault(row["provider"], Counter())[row["currency"]] += row["amount_pesewas"]
        return {provider: dict(counter) for provider, counter in sums.items()}

    def _record(self, ask: Ask) -> None:
        self.truth.append({
            "n": len(self.truth) + 1, "provider": ask.provider, "reference": ask.reference, "msisdn": ask.msisdn,
            "asked_pesewas": ask.amount, "amount_pesewas": ask.taken, "amount": cedis(ask.taken), "currency": ask.taken_currency,
            "provider_id": ask.provider_id, "at": iso(self.shared.clock.now()),
        })  # fmt: skip

    def _finish(self, ask: Ask, state: str, reason: str) -> None:
        ask.state, ask.reason, ask.waiting, ask.finished = state, reason, False, self.shared.clock.now()
        self.open.discard(ask)
        self.shared.counts[f"{ask.provider}.{state.lower()}"] += 1
        self.shared.hub.publish("prompt", ask.shown())
        self.when_final[ask.provider](ask)


def key_of(reference: str) -> str:
    return reference.replace("-", "").lower()


def cedis(pesewas: int) -> str:
    return f"{pesewas // 100}.{pesewas % 100:02d}"


def pesewas(text: str) -> int:
    """ "12.5" -> 1250; the caller has checked the form."""
    whole, _, rest = text.partition(".")
    return int(whole) * 100 + int((rest + "00")[:2])
