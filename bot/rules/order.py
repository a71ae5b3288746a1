"""The one order table, and what a state means for the people who wait."""

from __future__ import annotations

from datetime import date, timedelta

from bot.rules import NotAllowed
from bot.rules.lifecycle import Lifecycle

PAID_STATES = (
    "DEPOSIT_PAID", "ACCEPTED", "IN_PROGRESS", "READY_FOR_FITTING", "FITTING_APPROVED", "COMPLETING", "READY_FOR_DELIVERY", "DELIVERED",
)
#: How a dispute ends an order, and what that is called.
CLOSED_AS = {"COMPLETED": "closed_for_tailor", "CANCELLED": "closed_without_work", "REFUNDED": "closed_for_customer"}
ORDER = Lifecycle(
    "order",
    [
        ("deposit_paid", "PENDING_DEPOSIT", "DEPOSIT_PAID"),
        ("cancelled", "PENDING_DEPOSIT", "CANCELLED"),
        ("accepted", "DEPOSIT_PAID", "ACCEPTED"),
        ("declined", "DEPOSIT_PAID", "DEPOSIT_PAID"),  # the customer chooses: another tailor, or the money back
        ("cancelled", "DEPOSIT_PAID", "CANCELLED"),
        ("offered_again", "DEPOSIT_PAID", "DEPOSIT_PAID"),  # to another tailor, the deposit stays
        ("offered_again", "ACCEPTED", "DEPOSIT_PAID"),
        ("work_shown", "ACCEPTED", "IN_PROGRESS"),
        ("cancelled", "ACCEPTED", "CANCELLED"),
        ("fitting_shown", "IN_PROGRESS", "READY_FOR_FITTING"),
        ("fitting_approved", "READY_FOR_FITTING", "FITTING_APPROVED"),
        ("fitting_rejected", "READY_FOR_FITTING", "IN_PROGRESS"),
        ("fitting_paid", "FITTING_APPROVED", "COMPLETING"),
        ("ready_shown", "COMPLETING", "READY_FOR_DELIVERY"),
        ("handed_over", "READY_FOR_DELIVERY", "DELIVERED"),
        ("confirmed", "DELIVERED", "COMPLETED"),
        *[("disputed", state, "DISPUTED") for state in PAID_STATES],
        *[(event, "DISPUTED", state) for state, event in CLOSED_AS.items()],
        *[(f"continued_{state.lower()}", "DISPUTED", state) for state in PAID_STATES],
    ],
)
#: Per cent shown beside a state; while IN_PROGRESS or COMPLETING the last milestone says it better.
PROGRESS = {
    "PENDING_DEPOSIT": 0, "DEPOSIT_PAID": 5, "ACCEPTED": 10, "IN_PROGRESS": 15, "READY_FOR_FITTING": 60, "FITTING_APPROVED": 65,
    "COMPLETING": 70, "READY_FOR_DELIVERY": 95, "DELIVERED": 98, "COMPLETED": 100, "DISPUTED": 0, "CANCELLED": 0, "REFUNDED": 0,
}
MIN_TOTAL, MAX_TOTAL = 30_00, 10_000_00  # pesewas
MAX_AHEAD = timedelta(days=183)

DEPOSIT_REMINDERS = (timedelta(hours=2), timedelta(hours=24))
DEPOSIT_EXPIRY = DEPOSIT_REMINDERS[-1] + timedelta(hours=48)
TAILOR_SILENCE = timedelta(hours=24)
CHOICE = timedelta(hours=48)  # for the customer, after a tailor has declined
#: When neither the tailor nor the customer says a word for so long, the deposit goes back.
GIVEN_UP = {"DEPOSIT_PAID": timedelta(days=7), "ACCEPTED": timedelta(days=30)}
DEPOSIT_RELEASE = timedelta(hours=2)  # after the cutting photo was delivered
FITTING_REVIEW = timedelta(hours=48)
FITTING_REMINDERS = (timedelta(hours=24), timedelta(hours=42))  # 24 h and 6 h before the end
DELIVERY_REVIEW = timedelta(hours=72)


def check_total(total: int, *, off: int = 0) -> int:
    """Refuses an order below GHS 30 or above GHS 10,000 (pesewas); what a discount took `off` does not make it too small."""
    if total + off < MIN_TOTAL or total > MAX_TOTAL:
        raise NotAllowed("total_out_of_range", low=MIN_TOTAL, high=MAX_TOTAL)
    return total


def earliest(today: date, days: int) -> date:
    return today + timedelta(days=days)


def check_promise(promised: date, today: date, days: int) -> date:
    """A promised date lies at least the garment's days ahead and at most six months."""
    if promised < earliest(today, days):
        raise NotAllowed("too_soon", earliest=earliest(today, days))
    if promised > today + MAX_AHEAD:
        raise NotAllowed("too_far", latest=today + MAX_AHEAD)
    return promised


def progress(state: str, last_step_percent: int = 0) -> int:
    if state in ("IN_PROGRESS", "COMPLETING"):
        return max(PROGRESS[state], last_step_percent)
    return PROGRESS[state]
