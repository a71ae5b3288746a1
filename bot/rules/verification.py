"""Whether somebody may be offered as a tailor: what a person looks at first, and what may happen to an application."""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.rules import NotAllowed
from bot.rules.lifecycle import Lifecycle

CHECKS = ("identity", "wallet", "location", "work", "references")  # each must be ticked before a tailor is approved
EXTRA = ("background",)  # may be ticked: gives its badge
FEWEST_PHOTOS, MOST_PHOTOS, MOST_BYTES = 5, 10, 10 * 2**20  # of her work; each photo
FEWEST_REFERENCES, MOST_REFERENCES = 2, 5  # people who speak for her
MOST_YEARS, MOST_RADIUS_KM = 80, 300  # of work; how far she goes to a customer
#: {business type: how it is called}
BUSINESSES = {"alone": "works alone", "family": "family workshop", "shop": "shop with staff", "company": "registered company"}
GOOD_FOR = timedelta(days=365)  # then she is looked at again, or when her card ends
CARD = re.compile(r"GHA\W*(\d{9})\W*(\d)")
WAITING = ("PENDING", "UNDER_REVIEW")  # for somebody of ours
TOLD = ("approved", "fix_asked", "rejected", "suspended", "reinstated")  # what the tailor hears of

VERIFICATION = Lifecycle(
    "tailor",
    [
        ("taken_up", "PENDING", "UNDER_REVIEW"),
        ("fix_asked", "PENDING", "NEEDS_FIX"), ("fix_asked", "UNDER_REVIEW", "NEEDS_FIX"),
        ("handed_in", "NEEDS_FIX", "UNDER_REVIEW"),
        ("approved", "UNDER_REVIEW", "APPROVED"),
        ("rejected", "PENDING", "REJECTED"), ("rejected", "UNDER_REVIEW", "REJECTED"), ("rejected", "NEEDS_FIX", "REJECTED"),
        ("reopened", "REJECTED", "UNDER_REVIEW"),
        ("suspended", "APPROVED", "SUSPENDED"),
        ("reinstated", "SUSPENDED", "APPROVED"),
        ("looked_again", "APPROVED", "APPROVED"),
    ],
)  # fmt: skip


def check_ticks(ticked: set[str]) -> None:
    """Raises NotAllowed("checks_missing") as long as something was not looked at."""
    if missing := [check for check in CHECKS if check not in ticked]:
        raise NotAllowed("checks_missing", missing=", ".join(missing))


def check_photos(count: int) -> None:
    """Raises NotAllowed("too_few_photos")."""
    if not FEWEST_PHOTOS <= count <= MOST_PHOTOS:
        raise NotAllowed("too_few_photos", fewest=FEWEST_PHOTOS, most=MOST_PHOTOS)


def check_references(numbers: list[str], hers: str) -> None:
    """Raises NotAllowed("too_few_references" | "same_reference")."""
    if not FEWEST_REFERENCES <= len(numbers) <= MOST_REFERENCES:
        raise NotAllowed("too_few_references", fewest=FEWEST_REFERENCES, most=MOST_REFERENCES)
    if len({hers, *numbers}) <= len(numbers):
        raise NotAllowed("same_reference")


def card_number(said: str) -> str:
    """"gha 123456789 0" -> "GHA-123456789-0". Raises ValueError."""
    match = CARD.fullmatch(said.strip().upper())
    if not match:
        raise ValueError("not the number of a Ghana Card")
    return f"GHA-{match[1]}-{match[2]}"


def hidden_card(number: str | None) -> str:
    """"GHA-123456789-0" -> "GHA-••••••789-0"."""
    return f"GHA-••••••{number[-5:]}" if number else ""


def look_again_on(today: date, card_until: date | None) -> date:
    return min(today + GOOD_FOR, card_until) if card_until else today + GOOD_FOR
