"""When a tailor is paid, how much at once, to which wallet, and what stands in the way."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

FRIDAY, HOUR = 4, time(9)  # payday, in Accra, which is UTC all year
COOLING = timedelta(hours=72)  # after a change of number: time for the owner of the old one to say that it was not her
WITHDRAWALS_PER_DAY = 3
NUMBERS_PER_DAY = 5  # wallets whose holder a tailor may ask for
FLOAT_ASKED_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Terms:
    """Limits of one payout, in pesewas; an operator may set others."""

    minimum: int = 50_00
    a_person_above: int = 5_000_00  # more than this in a day is looked at by a person first
    per_day: int = 10_000_00  # what a wallet may receive in a day

    def __post_init__(self) -> None:
        if not 0 < 2 * self.minimum <= self.per_day or self.a_person_above < 0:
            raise ValueError("a day must have room for two payouts of the minimum at least")


# -- the week


def payday_after(now: datetime) -> datetime:
    """The next Friday, 9:00, later than `now`."""
    today = now.astimezone(UTC)
    friday = today.date() + timedelta(days=(FRIDAY - today.weekday()) % 7)
    payday = datetime.combine(friday, HOUR, UTC)
    return payday if payday > today else payday + timedelta(days=7)


def week_of(payday: datetime) -> str:
    """The name of a run, "2026-W48": the ISO week of its payday, in UTC."""
    year, week, _ = payday.astimezone(UTC).isocalendar()
    return f"{year}-W{week:02d}"


def last_week(now: datetime) -> str:
    """The run whose payday was last. It changes on Friday morning, not at midnight on Sunday, and what a run missed the next one pays."""
    return week_of(payday_after(now) - timedelta(days=7))


# -- how much


def needs_a_person(amount: int, asked_today: int, terms: Terms) -> bool:
    """Whether a person must approve: by the sum of a day, so that slices are no way around it."""
    return amount + asked_today > terms.a_person_above


def spread(amount: int, taken: Mapping[date, int], today: date, terms: Terms) -> list[tuple[date, int]]:
    """An amount over the days on which the wallet has room for it, no part below the minimum; `taken` is what those days carry already."""
    parts: list[tuple[date, int]] = []
    left, day = amount, today
    while left:
        part = min(left, terms.per_day - taken.get(day, 0))
        if 0 < left - part < terms.minimum:
            part = left - terms.minimum  # else the rest would be too small to send
        if part >= terms.minimum or part == amount:
            parts.append((day, part))
            left -= part
        day += timedelta(days=1)
    assert sum(part for _, part in parts) == amount
    return parts


def first_day(amount: int, taken: Mapping[date, int], today: date, terms: Terms) -> date:
    """The first day on which the wallet has room for all of it."""
    day = today
    while taken.get(day, 0) and taken[day] + amount > terms.per_day:
        day += timedelta(days=1)
    return day


def moment(day: date, now: datetime) -> datetime:
    """When a part of that day is sent."""
    return now if day <= now.date() else datetime.combine(day, HOUR, UTC)


# -- what stands in the way


def obstacle(*, is_stopped: bool, name_state: str, cold_until: datetime | None) -> str | None:
    """Why nothing may go to this wallet now, if anything."""
    if is_stopped:
        return "payouts_stopped"
    if name_state == "mismatched":
        return "name_mismatched"
    return "number_changed" if cold_until else None


# -- whose wallet it is

Verdict = Literal["matched", "mismatched", "unknown"]
_TITLES = frozenset(("mr", "mrs", "ms", "miss", "dr", "prof", "rev", "madam", "madame", "alhaji", "alhaja", "hajia"))
_LETTERS = str.maketrans({"ɛ": "e", "ɔ": "o", "ŋ": "n", "ƒ": "f", "ʋ": "v", "ɖ": "d", "ɣ": "g", "'": "", "’": "", "ʼ": ""})
NEAR_FROM = 4  # letters: a slip of one letter in a shorter name may be another name


def same_name(ours: str, theirs: str | None) -> Verdict:
    """Whether two names can be one person's, in any order, with initials, without accents. "unknown" when nobody could be sure."""
    mine, hers = sorted((_tokens(ours), _tokens(theirs or "")))  # in one order, so that both ways say the same
    if not mine or not hers:
        return "unknown"
    if sorted(mine) == sorted(hers):
        return "matched"
    exact = _pairs(mine, hers, str.__eq__)
    near = _pairs(mine, hers, _is_near)
    initials = _pairs(mine, hers, _is_initial)
    if any(len(t) > 1 for t in mine) and any(len(t) > 1 for t in hers):  # a full name that fits nothing, on both sides
        return "unknown" if exact + near >= 2 else "mismatched"
    full_enough = exact + initials >= 2 and exact >= 1
    return "matched" if full_enough and not near else "unknown"


def best_match(ours: tuple[str, ...], theirs: str | None) -> Verdict:
    """The same for somebody with several names, her own and her shop's."""
    verdicts = {same_name(name, theirs) for name in ours if name}
    order: tuple[Verdict, ...] = ("matched", "unknown", "mismatched")
    return next((v for v in order if v in verdicts), "unknown")


def _tokens(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    letters = "".join(c if c.isalpha() else " " for c in plain if not unicodedata.combining(c))
    return [t for t in letters.split() if t not in _TITLES]


def _pairs(mine: list[str], hers: list[str], fits: Callable[[str, str], bool]) -> int:
    """Takes the pairs that fit out of both lists; how many there were."""
    count = 0
    for token in list(mine):
        if other := next((t for t in hers if fits(token, t)), None):
            mine.remove(token)
            hers.remove(other)
            count += 1
    return count


def _is_initial(one: str, other: str) -> bool:
    return min(len(one), len(other)) == 1 and one[0] == other[0]


def _is_near(one: str, other: str) -> bool:
    """One letter more, less, or another: Kwasi and Kwesi."""
    short, long = sorted((one, other), key=len)
    if len(short) < NEAR_FROM or len(long) - len(short) > 1:
        return False
    same = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[same + (len(short) == len(long)) :] == long[same + 1 :]
