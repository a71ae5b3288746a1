"""Where each pesewa of an order is: still to be paid, held, with the tailor, or given back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from bot.rules.escrow import STAGES, split


class Moved(NamedTuple):
    """One line of the books."""

    journal: int
    at: datetime
    account: str
    amount: int  # credits are negative


@dataclass(slots=True)
class Part:
    """One stage of an order; pesewas."""

    stage: str
    amount: int
    cash: int = 0  # paid into the tailor's hand
    held: int = 0
    released: int = 0  # with the commission in it, which is the tailor's affair
    back: int = 0
    paid_at: datetime | None = None
    left_at: datetime | None = None  # when it was last released or given back

    @property
    def open(self) -> int:
        return max(0, self.amount - self.cash - self.held - self.released - self.back)


@dataclass(slots=True)
class Whereabouts:
    parts: list[Part] = field(default_factory=list)

    def sum(self, kind: str) -> int:
        return sum(getattr(part, kind) for part in self.parts)

    @property
    def total(self) -> int:
        return self.sum("amount")

    @property
    def paid(self) -> int:
        return self.total - self.sum("open")


def whereabouts(total: int, moves: Iterable[Moved], cash: Mapping[str, int]) -> Whereabouts:
    """From the lines of the order's books in the order they were posted, and what was paid in cash, by stage."""
    parts = {stage: Part(stage, amount, cash.get(stage, 0)) for stage, amount in split(total).items()}
    for _, lines in groupby(moves, key=lambda line: line.journal):
        _take(parts, list(lines))
    return Whereabouts([parts[stage] for stage in STAGES])


def _take(parts: Mapping[str, Part], lines: list[Moved]) -> None:
    """One movement: into the escrow, or out of it to the customer first (as far as she gets anything), the rest to the tailor."""
    to_customer = -sum(line.amount for line in lines if line.account.startswith("refunds_payable:"))
    for line in lines:
        if line.account.startswith("escrow:"):
            part = parts[line.account.rpartition(":")[2]]
            part.held -= line.amount
            if line.amount < 0:
                part.paid_at = line.at
            else:
                back = min(line.amount, max(0, to_customer))
                to_customer -= back
                part.back, part.released, part.left_at = part.back + back, part.released + line.amount - back, line.at
