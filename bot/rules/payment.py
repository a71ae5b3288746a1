"""What may become of a payment, when to ask about it, and where it may go next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.rules.lifecycle import Lifecycle
from bot.rules.payout import Terms

BOOKABLE = (
    "created", "submitting", "unknown", "action_required", "pending", "expired", "needs_review", "failed", "cancelled", "not_accepted",
)  # fmt: skip
#: The life of one attempt. "unknown" is not "failed"; late success is legal; a success is booked whatever we believed before.
PAYMENT = Lifecycle(
    "payment",
    [
        ("sent", "created", "submitting"),
        ("withdrawn", "created", "cancelled"),
        ("withdrawn", "not_accepted", "cancelled"),
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
        *[("superseded", s, "expired") for s in ("unknown", "pending", "action_required")],  # she pays again; it is still asked about
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
CASH_PER_DAY = 1_000_00  # pesewas that one tailor may take in cash
CASH_REMINDER, CASH_EXPIRY = timedelta(hours=24), timedelta(hours=72)  # for the other side to say whether it is so
NETWORKS = {"mtn": "MTN MoMo", "telecel": "Telecel Cash", "at": "AT Money"}  # as people know them

#: Which providers serve a network, preferred first. Data: operators may override it by ROUTES.
ROUTES = {"mtn": ("mtn", "paystack", "vodafone"), "telecel": ("vodafone", "paystack"), "at": ("paystack", "vodafone"), "cash": ("cash",)}


@dataclass(frozen=True, slots=True)
class Till:
    """Which providers are open here: routes by network, and the currency each one takes.

    `closed` says what is closed at this moment, and why: {"collect:mtn": …, "network:at": …}. It is only asked when somebody pays.
    """

    routes: dict[str, tuple[str, ...]]
    currencies: dict[str, str]
    cash_commission: bool = False  # whether the operator takes commission on what is paid in cash
    closed: Callable[[], Mapping[str, str]] = dict
    payers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # who sends money, and to wallets of which networks
    terms: Terms = field(default_factory=Terms)  # of payouts

    @property
    def takes_cash(self) -> bool:
        return self.first("cash") is not None

    def first(self, network: str) -> str | None:
        closed = self.closed()
        return None if f"network:{network}" in closed else next(iter(self._open(network, closed)), None)

    def route(self, network: str) -> tuple[str, ...]:
        """Where a request under way may go: a network that was switched off finishes what it has begun."""
        return self._open(network, self.closed())

    def networks(self) -> tuple[str, ...]:
        """Wallets that can pay at this moment."""
        closed = self.closed()
        return tuple(n for n in NETWORKS if f"network:{n}" not in closed and self._open(n, closed))

    def payer(self, network: str, besides: str = "") -> str | None:
        """Who sends money to a network's wallets now; rather not the one that has just failed."""
        closed = self.closed()
        able = [p for p in self.routes.get(network, ()) if network in self.payers.get(p, ()) and f"send:{p}" not in closed]
        return min(able, key=lambda p: p == besides, default=None)

    def _open(self, network: str, closed: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(p for p in self.routes.get(network, ()) if f"collect:{p}" not in closed)


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
