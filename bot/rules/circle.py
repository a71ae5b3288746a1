"""Family and group orders: how many, how far ahead, what the discount is, how shared cloth is split."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from bot.rules import NotAllowed, pricing
from bot.rules.order import MAX_AHEAD
from bot.rules.pricing import FABRIC_PER_YARD, Garment, Quote

EVENTS = ("wedding", "funeral", "naming", "festival", "church", "reunion", "birthday", "other")
FABRICS, PAYERS, DELIVERIES = ("own", "tailor", "shared"), ("own", "one"), ("together", "staggered")
FEWEST, MOST = 2, 20  # pieces
AHEAD = timedelta(days=14)  # nearer than this the tailor must agree before anybody joins
DRAFT_LIFE = timedelta(hours=72)  # after the last word, while fewer than two pieces are ready
CLOSES_AT = 18  # o'clock on the last day, Africa/Accra
REMINDER = timedelta(hours=24)  # before the circle closes
TAILOR_GRACE = timedelta(days=1)  # closing waits this long for a tailor's word
UNPAID = timedelta(hours=24)  # after closing the coordinator hears whose deposit is open
REMEMBERED = timedelta(days=30)  # after the event
SPARE = timedelta(days=2)  # clothes are promised this long before the event, where the days suffice
TIERS = ((10, 25), (6, 20), (3, 15))  # pieces of one tailor from which on, per cent off her price
EXTRA_PERCENT = 10  # of shared cloth, for what cutting loses
OPTIONS_MOST = 9  # of a vote


def percent(pieces: int) -> int:
    """What the tailor takes off her price when she sews so many for one circle."""
    return next((off for least, off in TIERS if pieces >= least), 0)


def next_tier(pieces: int) -> tuple[int, int] | None:
    """How many more pieces bring which discount."""
    return next(((least - pieces, off) for least, off in reversed(TIERS) if pieces < least), None)


def discount(work: int, pieces: int) -> int:
    """Pesewas off one piece. Each piece is rounded down by itself, so that nobody's price depends on how a rest is shared out."""
    return work * percent(pieces) // 100


def lot_yards(yards10: Sequence[int]) -> int:
    """Whole yards of one lot for all: the sum and ten per cent, rounded up as cloth is sold."""
    return -(-sum(yards10) * (100 + EXTRA_PERCENT) // 1000)


def share_lot(yards10: Sequence[int]) -> list[int]:
    """The lot's price split by yards, in whole pesewas: cumulative floors, so the parts sum exactly to it."""
    cost, total = lot_yards(yards10) * FABRIC_PER_YARD, sum(yards10)
    run = [0]
    for yards in yards10:
        run.append(run[-1] + yards)
    parts = [cost * after // total - cost * before // total for before, after in pairwise(run)]
    assert sum(parts) == cost
    return parts


def most(garment: Garment, price: int, *, fabric: str) -> int:
    """The most a piece can come to, in pesewas: no discount, and its share of the lot with the yard that rounding may add."""
    if fabric == "shared":
        return price + garment.yards10 * FABRIC_PER_YARD * (100 + EXTRA_PERCENT) // 1000 + FABRIC_PER_YARD
    return pricing.quote(garment, price, tailor_buys_fabric=fabric == "tailor", express=False).total


def settle(pieces: Sequence[tuple[Garment, int]], *, fabric: str) -> list[tuple[Quote, int]]:
    """Quote and discount of each piece (garment, tailor's price) that one tailor sews; what leaves later changes none of them."""
    shares = share_lot([g.yards10 for g, _ in pieces]) if fabric == "shared" else [0] * len(pieces)
    settled: list[tuple[Quote, int]] = []
    for (garment, price), share in zip(pieces, shares, strict=True):
        bought = pricing.cloth(garment) if fabric == "tailor" else share
        settled.append((Quote(price, bought, 0), discount(price, len(pieces))))
    return settled


def is_near(event_on: date, today: date) -> bool:
    """Whether the tailor must agree before anybody joins."""
    return event_on < today + AHEAD


def check_event(event_on: date, today: date) -> date:
    """Tomorrow's wedding cannot be sewn for, nor one in a year. Raises NotAllowed."""
    if event_on < today + timedelta(days=7):
        raise NotAllowed("event_too_soon", earliest=today + timedelta(days=7))
    if event_on > today + MAX_AHEAD:
        raise NotAllowed("event_too_far", latest=today + MAX_AHEAD)
    return event_on


def closing(day: date) -> datetime:
    """The moment a circle closes on its last day."""
    return datetime(day.year, day.month, day.day, CLOSES_AT, tzinfo=UTC)


def last_closing(event_on: date) -> date:
    """The latest last day: five days of work, the least of any garment, must remain."""
    return event_on - timedelta(days=5)


def closings(event_on: date, today: date) -> list[date]:
    """Last days worth offering: in two days, in four, in a week, in two weeks; time to sew must remain."""
    latest = last_closing(event_on)
    days = [today + timedelta(days=n) for n in (2, 4, 7, 14)]
    return [d for d in days if d <= min(latest, event_on - (event_on - today) // 3)][-3:] or [today + timedelta(days=1)]


def check_closing(day: date, event_on: date, today: date) -> date:
    if not today < day <= last_closing(event_on):
        raise NotAllowed("closing_out_of_range", earliest=today + timedelta(days=1), latest=last_closing(event_on))
    return day


def check_garment(days: int, closes: date, event_on: date) -> None:
    """No piece may pass the event: its days of work begin when the circle closes. Raises NotAllowed("too_slow")."""
    if closes + timedelta(days=days) > event_on:
        raise NotAllowed("too_slow", days=days, event=event_on)


def ready_on(today: date, longest: int, event_on: date) -> date:
    """The day the clothes are promised for: two days before the event where the work allows it, never after it."""
    return min(event_on, max(event_on - SPARE, today + timedelta(days=longest)))
