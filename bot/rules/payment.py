"""What may become of a payment, when to ask about it, and where it may go next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.rules.lifecycle import Lifecycle

BOOKABLE = (
    "created", "submitting", "unknown", "action_required", "pending", "expired", "needs_review", "failed", "cancelled", "not_accepted",
)  # fmt: skip
#: The life of one attempt. "unknown" is not "failed"; late success is legal; a success is booked whatever we believed before.
PAYMENT = Lifecycle(
    "payment",
    [
        ("sent", "created", "submitting"),
        ("withdrawn", "created", "cancelled"),
        ("waiting", "submitting", "pending"),
        ("lost", "submitting", "unknown"),
        ("not_accepted", "submitting", "not_accepted"),
        ("sent", "not_accepted", "submitting"),
        ("gave_up", "not_accepted", "needs_review"),
        ("absent", "unknown", "created"),  # the provider never saw it: the same reference is sent again
        ("absent", "submitting", "created"),
        ("waiting", "unknown", "pending"),
        ("expired", "pending", "expired"),
        ("needs", "submitting", "action_required"),
        ("needs", "unknown", "action_required"),
        ("waiting", "action_required", "pending"),
        ("expired", "action_required", "expired"),
        ("gave_up", "action_required", "needs_review"),
        ("gave_up", "expired", "needs_review"),
        ("gave_up", "unknown", "needs_review"),
        ("gave_up", "pending", "needs_review"),
        *[("refused", s, "failed") for s in ("submitting", "unknown", "action_required", "pending", "expired", "needs_review")],
        *[
            (event, s, target)
            for event, target in (("paid", "succeeded"), ("paid_wrong", "mismatch"))
            for s in BOOKABLE
        ],
    ],
)
OPEN = ("created", "submitting", "unknown", "action_required", "pending", "not_accepted")
ASKABLE = ("unknown", "action_required", "pending", "expired")
REFUSED = ("failed", "cancelled")
ENDED = (*REFUSED, "needs_review")  # asked only on a hint; nothing but money would be news
EXPIRY = timedelta(minutes=15)
#: Seconds after submission at which the provider is asked: 10, 20, 40 s … 10 min, then slowly for a week, then a person looks.
POLLS = (10, 30, 70, 150, 310, 610, 910, 1800, 3600, 21_600, 86_400, 172_800, 259_200, 604_800)
PROMPTS_PER_10_MIN = 3
NETWORKS = {"mtn": "MTN MoMo", "telecel": "Telecel Cash", "at": "AT Money"}  # as people know them

#: Which providers serve a network, preferred first. Data: operators may override it by ROUTES.
ROUTES = {"mtn": ("mtn", "vodafone"), "telecel": ("vodafone", "mtn"), "at": ("vodafone",)}


@dataclass(frozen=True, slots=True)
class Till:
    """Which providers are open here: routes by network, and the currency each one takes."""

    routes: dict[str, tuple[str, ...]]
    currencies: dict[str, str]

    def first(self, network: str) -> str | None:
        return next(iter(self.routes.get(network, ())), None)


def next_poll(polls: int) -> timedelta | None:
    """How long after submission the poll after `polls` earlier ones is due; None when a person must look."""
    return timedelta(seconds=POLLS[polls]) if polls < len(POLLS) else None


def next_provider(route: tuple[str, ...], refusals: tuple[str, ...]) -> str | None:
    """Where a request may go that nobody accepted: the same provider once more, then each other one once; None: manual review.

    `refusals` are the providers that definitely created nothing, in order.
    """
    if not route:
        return None
    if not refusals:
        return route[0]
    if refusals.count(route[0]) < 2:
        return route[0]
    return next((p for p in route[1:] if p not in refusals), None)


def local(msisdn: str) -> str:
    """ "024 123 4567" from "233241234567" or "+233241234567"."""
    digits = "0" + msisdn.removeprefix("+").removeprefix("233")
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}"
