"""What the accounts of the books are called on the pages, and their entries as rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

#: {first word of a code: (what the group is called, what one account is: {0}, {1} are the rest of its code)}
CALLED = {
    "provider_clearing": ("With providers", "what {0} holds for us"), "bank": ("At the bank", "our bank account"),
    "escrow": ("Held for orders", "held for order no. {0}, {1}"), "tailor_wallet": ("Tailors' wallets", "wallet of tailor {0}"),
    "tailor_receivable": ("Owed by tailors", "owed to us by tailor {0}"), "refunds_payable": ("Owed to customers", "owed to customer {0}"),
    "in_flight": ("On its way", "set aside for attempt {0}"), "suspense": ("Matches nothing yet", "money that matches nothing"),
    "vat_payable": ("Tax to be paid", "tax to be paid"), "platform_revenue": ("Commission earned", "our commission"),
    "provider_fees": ("Fees of providers", "fees of providers"), "loss": ("Given and written off", "at our expense: {0}"),
}  # fmt: skip
SIDES = {"A": "we have", "L": "we owe", "I": "we earned", "X": "it cost us"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a movement; debits are positive."""

    code: str
    amount: int

    @property
    def called(self) -> str:
        return called(self.code)


def called(code: str) -> str:
    first, *rest = code.split(":")
    words = CALLED.get(first, ("", code))[1]
    if "?" in rest or "new" in rest:
        return {"in_flight": "set aside for the new attempt", "refunds_payable": "owed to the customer of the order"}.get(first, code)
    return words.format(*rest, *("it", "")) if rest or "{" not in words else CALLED[first][0].lower()


def whole(said: str) -> Markup:
    """A number that is never broken in the middle."""
    return Markup('<span class="whole">{}</span>').format(said)


def cedis(pesewas: int | None) -> str:
    """For a spreadsheet: "1250.50"."""
    return "" if pesewas is None else f"{'-' if pesewas < 0 else ''}{abs(pesewas) // 100}.{abs(pesewas) % 100:02d}"


def entries(lines: Mapping[str, int]) -> list[Entry]:
    """Debits first."""
    return [Entry(code, amount) for code, amount in sorted(lines.items(), key=lambda line: -line[1])]
