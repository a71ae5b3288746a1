"""A day, however it is said: "12 December", "next friday", "in 3 weeks", "25/12"; day before month."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from rapidfuzz import fuzz, process

from bot.understand.calendar import FEASTS, MONTHS, WEEKDAYS
from bot.understand.errors import NotUnderstood
from bot.understand.numbers import fold
from bot.understand.plain import clean, plain, words
from bot.understand.tokens import Token, pieces

MISTYPED = 85  # of 100, for names of at least five letters
FARTHEST_YEARS = 10

_FILLERS = words(
    """on by the of before for it is its i need want to be ready please pls thanks at latest around about date our we will
    upcoming sharp my event wedding funeral church party program programme ceremony fitting me"""
)
_TODAY = {"today", "ɛnnɛ", "enne", "ennɛ"}
_TOMORROW = {"tomorrow", "tmrw", "tmr", "tomoro", "tomorow", "tommorow", "tommorrow", "2moro", "ɔkyena", "okyena"}
_ORDINAL_WORDS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17,
    "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip

_SLASHED = re.compile(r"(?<![\d/.-])(\d{1,2}) ?([/.-]) ?(\d{1,2})(?: ?\2 ?(\d{4}|\d{2}))?(?![\d/]|[.-]\d)")
_ISO = re.compile(r"(?<![\d/.-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?![\d/-])")


def day(text: str, today: date) -> date:
    """The one day a text names. Without a year it is the next such day; with a year it may lie in the past.

    NotUnderstood "no_such_day" for 31 April, "unclear" for anything else that is not exactly one day.
    """
    cleaned = clean(text)
    numeric = list(_ISO.finditer(cleaned)) or [match for match in _SLASHED.finditer(cleaned) if match[2] != "." or match[4]]
    if numeric:
        rest = _canonical(cleaned[: numeric[0].start()] + " " + cleaned[numeric[0].end() :])
        if not re.fullmatch(r"(W\d)?", rest):
            raise NotUnderstood
        return _agreeing(_numeric(numeric[0], today), rest)
    said = _canonical(cleaned)
    for pattern, rule in _RULES:
        if match := pattern.fullmatch(said):
            try:
                return _agreeing(rule(match, today), said)
            except (ValueError, OverflowError, StopIteration):
                raise NotUnderstood("no_such_day") from None
    raise NotUnderstood


def _agreeing(found: date, said: str) -> date:
    """The day, unless a weekday was named that it is not."""
    if any(int(named) != found.weekday() for named in re.findall(r"W(\d)", said)):
        raise NotUnderstood("weekday_differs")
    return found


def _numeric(match: re.Match[str], today: date) -> date:
    if match.re is _ISO:
        return _dated(int(match[4]), int(match[3]), match[1], today)
    first, second = int(match[1]), int(match[3])
    if second > 12 >= first:  # "12/25" has only one meaning
        first, second = second, first
    return _dated(first, second, match[4], today)


def _canonical(cleaned: str) -> str:
    """The text in a small fixed vocabulary: feasts "F3", months "M12", weekdays "W4", numbers in digits; no filler words."""
    flat = f" {plain(cleaned)} "
    for index, name in enumerate(FEASTS):
        flat = flat.replace(f" {name} ", f" feast{'abcdefghijklmnopqrstuvwxyz'[index]} ")
    kept = [_word(token) for token in fold(_without_ordinals(pieces(flat)))]
    return " ".join(word for word in kept if word not in _FILLERS)


def _without_ordinals(raw: list[Token]) -> list[Token]:
    """ "12th" -> 12, "twenty first" -> 21."""
    kept: list[Token] = []
    for token in raw:
        if token.is_word("st", "nd", "rd", "th") and not token.spaced and kept and kept[-1].exact:
            continue
        if token.kind == "word" and token.text in _ORDINAL_WORDS:
            value = _ORDINAL_WORDS[token.text]
            tens = {"twenty": 20, "thirty": 30}.get(kept[-1].text, 0) if kept and value < 10 else 0
            if tens:
                kept.pop()
            token = _number(value + tens)
        kept.append(token)
    return kept


def _number(value: int) -> Token:
    return pieces(str(value))[0]


def _word(token: Token) -> str:
    if token.kind == "number":
        return str(token.value)
    word = token.text
    if word in _TODAY or word in _TOMORROW:
        return "today" if word in _TODAY else "tomorrow"
    if word.startswith("feast") and len(word) == 6:
        return f"F{ord(word[5]) - ord('a')}"
    for letter, names in (("M", MONTHS), ("W", WEEKDAYS)):
        if word in names:
            return f"{letter}{names[word]}"
        near = process.extractOne(word, [name for name in names if len(name) > 4], scorer=fuzz.ratio, score_cutoff=MISTYPED)
        if near and len(word) > 4:
            return f"{letter}{names[near[0]]}"
    return word.removesuffix("s") if word in ("days", "weeks", "months") else word


def _dated(number: int, month: int, year: str | None, today: date) -> date:
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, number)
        days = (_exists(today.year + ahead, month, number) for ahead in range(FARTHEST_YEARS))
        return next(found for found in days if found and found >= today)
    except (ValueError, StopIteration):
        raise NotUnderstood("no_such_day") from None


def _exists(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _after(count: str, unit: str, today: date) -> date:
    number = 1 if count in ("a", "an", "next", "") else int(count)
    return _months(today, number) if unit == "month" else today + timedelta(number * (7 if unit == "week" else 1))


def _months(today: date, count: int) -> date:
    """The same day so many months on; the last of the month where that day does not exist."""
    year, month = divmod(today.year * 12 + today.month - 1 + count, 12)
    return next(found for back in range(4) if (found := _exists(year, month + 1, today.day - back)))


def _weekday(which: str, wanted: int, today: date) -> date:
    """ "friday" is the next one after today, "this friday" may be today, "next friday" is the one of next week."""
    ahead = (wanted - today.weekday()) % 7
    if which == "next":
        return today + timedelta(7 - today.weekday() + wanted)
    return today + timedelta(ahead if which == "this" or ahead else 7)


def _of_month(number: int, today: date) -> date:
    """ "the 12th": the next day with that number."""
    firsts = (_months(today.replace(day=1), ahead) for ahead in range(3))
    return next(found for first in firsts if (found := _exists(first.year, first.month, number)) and found >= today)


def _feast(index: int, year: str | None, today: date) -> date:
    rule = list(FEASTS.values())[index]
    return rule(int(year)) if year else next(found for ahead in (0, 1) if (found := rule(today.year + ahead)) >= today)


_YEAR = r"(?: (20\d\d))?"
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], date]], ...] = tuple(
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"today", lambda m, t: t),
        (r"tomorrow", lambda m, t: t + timedelta(1)),
        (r"next tomorrow|day after tomorrow", lambda m, t: t + timedelta(2)),
        (r"(?:in )?(\d{1,3}|a|an) (day|week|month)(?: time| from today| from now)?", lambda m, t: _after(m[1], m[2], t)),
        (r"(next) (week|month)", lambda m, t: _after(m[1], m[2], t)),
        (r"(?:(this|next) )?(?:coming )?W(\d)", lambda m, t: _weekday(m[1] or "", int(m[2]), t)),
        (r"W(\d) next week|next week W(\d)", lambda m, t: _weekday("next", int(m[1] or m[2]), t)),
        (r"(?:W\d )?(\d{1,2}) M(\d+)" + _YEAR + r"(?: W\d)?", lambda m, t: _dated(int(m[1]), int(m[2]), m[3], t)),
        (r"(?:W\d )?M(\d+) (\d{1,2})" + _YEAR, lambda m, t: _dated(int(m[2]), int(m[1]), m[3], t)),
        (r"(?:W\d )?(\d{1,2})", lambda m, t: _of_month(int(m[1]), t)),
        (r"F(\d+)" + _YEAR, lambda m, t: _feast(int(m[1]), m[2], t)),
        (r"(?:this |end )*(?:month end|end (?:this )?month)", lambda m, t: _months(t.replace(day=1), 1) - timedelta(1)),
    )
)
