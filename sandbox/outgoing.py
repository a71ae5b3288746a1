"""Money that leaves for a wallet: transfers and refunds of every provider, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.clock import iso
from sandbox.shared import Shared
from sandbox.truth import cedis
from sandbox.wallets import PAYEE, Ask, Wallets, key_of, new_id

Kind = Literal["transfer", "refund"]


@dataclass(slots=True, eq=False)
class Out:
    """One movement to a wallet. Amounts in pesewas; times in the world's seconds; state PENDING, SUCCESS, FAILED or REVERSED."""

    provider: str
    kind: Kind
    reference: str
    msisdn: str
    network: str
    amount: int
    currency: str
    callback_url: str
    created: float
    paid: str = ""  # a refund's payment, by our reference
    note: str = ""
    from_float: bool = True
    provider_id: str = field(default_factory=new_id)
    state: str = "PENDING"
    step: str = ""  # where it stands while pending, in the provider's own word
    reason: str = ""
    due: float | None = None  # late success
    comes_back: float | None = None
    arrived: float | None = None
    finished: float | None = None
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def trouble(self) -> str:
        """How the names of the faults begin that it may meet."""
        return f"{self.provider}.{self.kind}_"

    def shown(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "provider": self.provider, "reference": self.reference, "paid": self.paid, "msisdn": self.msisdn,
            "amount": cedis(self.amount), "amount_pesewas": self.amount, "currency": self.currency, "state": self.state, "step": self.step,
            "reason": self.reason, "provider_id": self.provider_id, "created": iso(self.created),
            "finished": iso(self.finished) if self.finished else None,
        }  # fmt: skip


class Outgoing:
    """All of it, whichever provider sends."""

    def __init__(self, shared: Shared, wallets: Wallets) -> None:
        self.shared, self.wallets = shared, wallets
        self.when_final: dict[tuple[str, str], Callable[[Out], None]] = {}
        self.reset()

    def reset(self) -> None:
        self.all: dict[tuple[str, str], Out] = {}
        self.open: set[Out] = set()

    def find(self, provider: str, reference: str, kind: Kind | None = None) -> Out | None:
        out = self.all.get((provider, key_of(reference)))
        return out if out and kind in (None, out.kind) else None

    def of(self, provider: str, kind: Kind) -> list[Out]:
        return [out for out in self.all.values() if out.provider == provider and out.kind == kind]

    def add(self, out: Out) -> None:
        self.all[out.provider, key_of(out.reference)] = out
        self.open.add(out)
        self.shared.counts[f"{out.trouble}created"] += 1

    def refundable(self, ask: Ask, without: Out | None = None) -> int:
        """What a payment took and no refund has given back or is about to."""
        refunds = [out for out in self.of(ask.provider, "refund") if key_of(out.paid) == key_of(ask.reference) and out is not without]
        return ask.taken - sum(out.amount for out in refunds if out.state != "FAILED")

    def affordable(self, out: Out) -> bool:
        """Whether the float has enough; a fault may empty it."""
        if self.shared.faults.take(f"{out.trouble}float_empty", out.msisdn):
            return False
        return not out.from_float or self.wallets.truth.float_of(out.provider) >= out.amount

    def succeed(self, out: Out) -> None:
        """Moves the money, if it is there and has somewhere to go."""
        if out.state != "PENDING":
            return
        if not self.wallets.reachable(out.network, out.msisdn):
            self.fail(out, "not_registered")
        elif not self.affordable(out):
            self.fail(out, "no_float")
        else:
            out.arrived = self.shared.clock.now()
            self._move(out, "sent" if out.kind == "transfer" else "given_back", 1)
            if (after := self.shared.faults.take(f"{out.trouble}reversed_after", out.msisdn)) is not None:
                out.comes_back = self.shared.clock.now() + float(after)
            self._finish(out, "SUCCESS", "")

    def fail(self, out: Out, reason: str) -> None:
        if out.state == "PENDING":
            self._finish(out, "FAILED", reason)

    def sweep(self) -> None:
        """Lets late ones succeed, and others come back, by the world's clock."""
        now = self.shared.clock.now()
        for out in tuple(self.open):
            if out.state == "PENDING" and out.due is not None and now >= out.due:
                self.succeed(out)
            elif out.comes_back is not None and now >= out.comes_back and self.wallets.wallet(out.msisdn).balance >= out.amount:
                out.comes_back = None
                self._move(out, "reversed", -1)
                self._finish(out, "REVERSED", "")

    def _move(self, out: Out, kind: str, sign: int) -> None:
        wallet, truth = self.wallets.wallet(out.msisdn), self.wallets.truth
        wallet.balance += sign * out.amount
        if out.from_float:
            truth.move_float(out.provider, -sign * out.amount)
        truth.note(
            kind, out.provider, reference=out.reference, msisdn=out.msisdn, amount=out.amount, currency=out.currency,
            provider_id=out.provider_id, paid=out.paid, note=out.note,
        )  # fmt: skip
        words = {"sent": "You have received {} from {}.", "given_back": "{} was given back to you by {}.", "reversed": "{} from {} was taken back."}
        self.wallets.notify(out.msisdn, words[kind].format(f"{out.currency} {cedis(out.amount)}", PAYEE))

    def _finish(self, out: Out, state: str, reason: str) -> None:
        out.state, out.step, out.reason, out.finished = state, "", reason, self.shared.clock.now()
        if out.comes_back is None:
            self.open.discard(out)
        self.shared.counts[f"{out.trouble}{state.lower()}"] += 1
        self.when_final[out.provider, out.kind](out)
