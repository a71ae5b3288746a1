"""How an order's money is split, earned and given back; whole pesewas."""

from __future__ import annotations

from dataclasses import dataclass

from bot.rules import NotAllowed

STAGES = ("deposit", "fitting", "final")
STAGE_DUE = {"PENDING_DEPOSIT": "deposit", "FITTING_APPROVED": "fitting", "READY_FOR_DELIVERY": "final"}
STAGE_PAID_EVENT = {"deposit": "deposit_paid", "fitting": "fitting_paid"}  # the final payment waits for the handover
COMMISSION_BP, FOUNDING_COMMISSION_BP = 2000, 1500  # basis points of the price


def split(total: int) -> dict[str, int]:
    """25 / 50 / 25 by cumulative floor: the parts always sum to the total."""
    deposit = total * 25 // 100
    fitting = total * 75 // 100 - deposit
    parts = {"deposit": deposit, "fitting": fitting, "final": total - deposit - fitting}
    assert sum(parts.values()) == total
    return parts


def commission(rate_bp: int, released_before: int, amount: int) -> int:
    """The platform's share of one release: the difference of the cumulative floors, so that the sum never drifts."""
    return (released_before + amount) * rate_bp // 10_000 - released_before * rate_bp // 10_000


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What a cancelled order does with its deposit (pesewas)."""

    to_customer: int
    to_tailor: int


def on_cancel(state: str, deposit: int, *, no_show: bool = False) -> GivenBack:
    """SPEC 6, `deposit` being what we hold of it; all of it when the tailor accepted and did not begin (`no_show`).

    Raises NotAllowed("only_by_dispute") once work has begun.
    """
    if state == "PENDING_DEPOSIT":
        return GivenBack(0, 0)
    if state == "DEPOSIT_PAID" or (state == "ACCEPTED" and no_show):
        return GivenBack(deposit, 0)
    if state == "ACCEPTED":
        back = deposit * 80 // 100
        return GivenBack(back, deposit - back)
    raise NotAllowed("only_by_dispute", state=state)
