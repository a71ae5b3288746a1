"""Disputes: how urgent one is, who must answer by when, what may be shown, and what a decision does to every pesewa."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.rules import NotAllowed
from bot.rules.escrow import STAGES, commission
from bot.rules.lifecycle import Lifecycle

CATEGORIES = ("quality", "delay", "payment", "communication", "milestone", "other")
URGENT_CATEGORIES = ("quality", "payment", "milestone")
PRIORITIES = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
ANSWER_WITHIN = {name: timedelta(hours=hours) for name, hours in (("CRITICAL", 4), ("HIGH", 24), ("MEDIUM", 48), ("LOW", 72))}
WARNINGS_H = (24, 6, 1)  # hours before the answer is due
ESCALATION = timedelta(hours=24)  # after it was due
RATING = timedelta(hours=24)  # after the decision both are asked whether it was fair
EVENT_NEAR = timedelta(days=7)
LARGE, SMALL = 1_000_00, 100_00  # pesewas
MOST_FILES, MOST_BYTES = 5, 10 * 2**20  # of each side
TEXT_LIMIT = 900  # characters, so that it fits into one bubble with its header

CASE = Lifecycle("dispute", [("answered", "open", "answered"), ("decided", "open", "closed"), ("decided", "answered", "closed")])

#: What may be decided, and why: the codes an admin chooses from.
REASONS = {
    "full_refund": ("not_as_agreed", "not_delivered", "too_late", "agreed", "goodwill"),
    "partial_refund": ("not_as_agreed", "incomplete", "too_late", "agreed", "goodwill"),
    "continue": ("will_be_changed", "misunderstanding", "agreed"),
    "no_action": ("not_founded", "misunderstanding", "withdrawn", "agreed"),
}
ENDS = {"full_refund": "REFUNDED", "partial_refund": "COMPLETED"}  # the others go back to where the order was
#: Where the order goes on when the tailor shall change something; from any other state as it is.
CHANGES = {"READY_FOR_FITTING": "IN_PROGRESS", "FITTING_APPROVED": "IN_PROGRESS", "DELIVERED": "READY_FOR_DELIVERY"}
BEARERS = ("tailor", "platform")


def priority(category: str, total: int, event_on: date | None, today: date) -> str:
    """SPEC 7: how urgent a new case is. `total` is the order's, in pesewas."""
    if event_on is not None and today <= event_on <= today + EVENT_NEAR:
        return "CRITICAL"
    if category in URGENT_CATEGORIES or total > LARGE:
        return "HIGH"
    return "LOW" if total < SMALL else "MEDIUM"


def raised(present: str) -> str:
    """One step up; the highest stays."""
    return PRIORITIES[min(PRIORITIES.index(present) + 1, len(PRIORITIES) - 1)]


def answer_due(present: str, since: datetime) -> datetime:
    return since + ANSWER_WITHIN[present]


def warnings(due: datetime, now: datetime) -> dict[int, datetime]:
    """{hours before: when} of the warnings that still lie ahead."""
    times = {hours: due - timedelta(hours=hours) for hours in WARNINGS_H}
    return {hours: when for hours, when in times.items() if when > now}


def check_files(present: int) -> None:
    """Refuses the file beyond what one side may show."""
    if present >= MOST_FILES:
        raise NotAllowed("too_many_files", most=MOST_FILES)


@dataclass(frozen=True, slots=True)
class Effects:
    """Pesewas by stage: `back` to the customer, `released` to the tailor and `fees` taken from that; `borne` comes from somebody's own pocket."""

    back: dict[str, int]
    released: dict[str, int]
    fees: dict[str, int]
    borne: int

    @property
    def to_customer(self) -> int:
        return sum(self.back.values()) + self.borne

    @property
    def to_tailor(self) -> int:
        return sum(self.released.values()) - sum(self.fees.values())


def effects(
    outcome: str, held: Mapping[str, int], *, refund: int | None = None, bearer: str | None = None, returnable: int, released_before: int,
    rate_bp: int,
) -> Effects:  # fmt: skip
    """What a decision moves. `held` is what each stage still holds, `returnable` what was collected and not yet given back.

    A refund is taken from the last stage first, then from the ones before it. Raises NotAllowed.
    """
    if outcome not in ENDS:
        if refund or bearer:
            raise NotAllowed("no_refund_here", outcome=outcome)
        return Effects({}, {}, {}, 0)
    have = sum(held.values())
    wanted = have if refund is None and outcome == "full_refund" else refund or 0
    _check_refund(outcome, wanted, have, returnable, bearer)
    back = _from_the_end(held, min(wanted, have))
    released = {stage: held[stage] - back[stage] for stage in STAGES if stage in held and held[stage] > back[stage]}
    fees: dict[str, int] = {}
    for stage, amount in released.items():
        fees[stage] = commission(rate_bp, released_before, amount)
        released_before += amount
    done = Effects({stage: amount for stage, amount in back.items() if amount}, released, fees, max(0, wanted - have))
    assert sum(done.back.values()) + sum(released.values()) == have
    return done


def check_reason(outcome: str, reason: str) -> None:
    if reason not in REASONS.get(outcome, ()):
        raise NotAllowed("unknown_reason", outcome=outcome, known=", ".join(REASONS.get(outcome, REASONS)))


def _check_refund(outcome: str, wanted: int, have: int, returnable: int, bearer: str | None) -> None:
    if bearer is not None and bearer not in BEARERS:
        raise NotAllowed("unknown_bearer", known=", ".join(BEARERS))
    if wanted <= 0:
        raise NotAllowed("nothing_to_give_back", held=have)
    if outcome == "full_refund" and wanted < have:
        raise NotAllowed("less_than_held", held=have)
    if wanted > returnable:
        raise NotAllowed("more_than_paid", most=returnable)
    if wanted > have and bearer is None:
        raise NotAllowed("bearer_missing", held=have)


def _from_the_end(held: Mapping[str, int], amount: int) -> dict[str, int]:
    back = {}
    for stage in reversed(STAGES):
        back[stage] = min(amount, held.get(stage, 0))
        amount -= back[stage]
    return back
