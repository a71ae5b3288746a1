"""What the providers really did with money, and how much lies with each of them to be sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sandbox.clock import iso
from sandbox.shared import Shared

#: What a movement does to the money that lies with the provider.
SIGNS = {"collected": 1, "sent": -1, "given_back": -1, "reversed": 1, "fee": -1, "settled": -1}
Sums = dict[str, dict[str, int]]


class Truth:
    """Every movement, in order. The float is what can be sent: its opening, less what left it, plus what came back."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.reset()

    def reset(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._floats: dict[str, int] = {}

    def note(
        self, kind: str, provider: str, *, reference: str, msisdn: str, amount: int, currency: str, provider_id: str, **more: Any
    ) -> None:  # fmt: skip
        """Writes a movement down; `amount` in pesewas, always positive."""
        self.rows.append({
            "n": len(self.rows) + 1, "kind": kind, "provider": provider, "reference": reference, "msisdn": msisdn,
            "amount_pesewas": amount, "amount": cedis(amount), "currency": currency, "provider_id": provider_id,
            "at": iso(self.shared.clock.now()), **more,
        })  # fmt: skip

    def charge(self, row: dict[str, Any], fee: int, provider_id: str) -> None:
        """The provider takes a fee for one of its movements, on the same day."""
        self.move_float(row["provider"], -fee)
        self.note(
            "fee", row["provider"], reference=row["reference"], msisdn="", amount=fee, currency=row["currency"],
            provider_id=provider_id, at=row["at"],
        )  # fmt: skip

    def fee_of(self, provider: str, reference: str) -> int:
        return sum(row["amount_pesewas"] for row in self.of(provider, "fee") if row["reference"] == reference)

    def of(self, provider: str, kind: str) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["provider"] == provider and row["kind"] == kind]

    def totals(self) -> Sums:
        """Pesewas that lie with each provider because of what happened, per currency: the opening float is not among them."""
        return _sums((row["provider"], row["currency"], SIGNS[row["kind"]] * row["amount_pesewas"]) for row in self.rows)

    def kinds(self) -> dict[str, Sums]:
        """Pesewas per provider, kind and currency."""
        names = {row["provider"] for row in self.rows}
        return {
            name: _sums((row["kind"], row["currency"], row["amount_pesewas"]) for row in self.rows if row["provider"] == name)
            for name in sorted(names)
        }  # fmt: skip

    def float_of(self, provider: str) -> int:
        return self._floats.get(provider, self.shared.config.opening_float)

    def set_float(self, provider: str, amount: int) -> None:
        self._floats[provider] = amount

    def move_float(self, provider: str, amount: int) -> None:
        self._floats[provider] = self.float_of(provider) + amount

    def floats(self) -> dict[str, int]:
        return {name: self.float_of(name) for name in ("mtn", "paystack", *self._floats)}


def _sums(parts: Iterable[tuple[str, str, int]]) -> Sums:
    sums: dict[str, Counter[str]] = {}
    for name, currency, amount in parts:
        sums.setdefault(name, Counter())[currency] += amount
    return {name: dict(counter) for name, counter in sums.items()}


def cedis(pesewas: int) -> str:
    return f"{pesewas // 100}.{pesewas % 100:02d}"


def pesewas(text: str) -> int:
    """ "12.5" -> 1250; the caller has checked the form."""
    whole, _, rest = text.partition(".")
    return int(whole) * 100 + int((rest + "00")[:2])
