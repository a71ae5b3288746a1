"""How far an order is on its road, read from its log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

#: The stops as a customer knows them, and the states in which an order stands there.
ROAD = (
    ("ordered", ("PENDING_DEPOSIT",)),
    ("deposit_paid", ("DEPOSIT_PAID",)),
    ("accepted", ("ACCEPTED",)),
    ("cutting", ("IN_PROGRESS",)),
    ("fitting", ("READY_FOR_FITTING",)),
    ("approved", ("FITTING_APPROVED", "COMPLETING")),
    ("ready", ("READY_FOR_DELIVERY",)),
    ("delivered", ("DELIVERED",)),
    ("done", ("COMPLETED",)),
)
PLACE = {state: place for place, (_, states) in enumerate(ROAD) for state in states}
ENDS = ("CANCELLED", "REFUNDED")


@dataclass(frozen=True, slots=True)
class Stop:
    name: str
    at: datetime | None  # when it was reached; None when it lies ahead, or was never needed
    is_behind: bool
    is_here: bool


@dataclass(frozen=True, slots=True)
class Track:
    """`aside` is the state of an order that has left the road (DISPUTED, CANCELLED, REFUNDED), `aside_at` since when."""

    stops: tuple[Stop, ...]
    aside: str
    aside_at: datetime | None


def track(log: Iterable[tuple[str, datetime]]) -> Track:
    """From (state reached, when) in the order it happened. Who is sent back has the stops beyond ahead once more."""
    here, reached = 0, dict[int, datetime]()
    aside, aside_at = "", None
    for state, at in log:
        if state in PLACE:
            here, aside, aside_at = PLACE[state], "", None
            reached = {place: when for place, when in reached.items() if place <= here}
            reached.setdefault(here, at)
        else:
            aside, aside_at = state, at
    road = ROAD[: here + 1] if aside in ENDS else ROAD  # what has ended has nothing ahead
    return Track(tuple(Stop(name, reached.get(n), n < here, n == here) for n, (name, _) in enumerate(road)), aside, aside_at)
