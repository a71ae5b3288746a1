"""MTN's statement, as an operator hands it in."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import StringIO
from typing import get_args, get_type_hints

from bot.payments import Line
from bot.payments._http import reference
from bot.rules.money import pesewas

KINDS: tuple[str, ...] = get_args(get_type_hints(Line)["kind"])
NEEDED = ("kind", "provider_id", "amount", "currency", "at")
LONGEST = 200_000  # lines


def read(content: str) -> list[Line]:
    """Reads a CSV with a heading line; comma or semicolon, columns in any order and any case, unknown ones are left alone.

    kind         collected | sent | given_back | reversed | fee | settled
    provider_id  MTN's financialTransactionId
    reference    ours (externalId or X-Reference-Id), may be empty or missing
    amount       "12.50": cedis, at most two decimals, no separators, more than nothing
    currency     "GHS"
    fee          like amount, may be empty or missing
    at           ISO 8601; UTC unless it says otherwise
    msisdn       the other wallet, may be empty or missing

    Raises ValueError naming the line.
    """
    return list(_lines(content))


def _lines(content: str) -> Iterator[Line]:
    text = content.removeprefix("\ufeff")
    heading = text.split("\n", 1)[0]
    reader = csv.DictReader(StringIO(text, newline=""), delimiter=";" if ";" in heading else ",", strict=True)
    try:
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or []]
        if missing := [name for name in NEEDED if name not in reader.fieldnames]:
            raise ValueError(f"there is no column {missing[0]!r}")
        for count, row in enumerate(reader, 1):
            if count > LONGEST:
                raise ValueError("the statement is too long")
            yield _line({name: value.strip() for name, value in row.items() if isinstance(value, str)})
    except (ValueError, csv.Error) as error:
        raise ValueError(f"line {max(reader.reader.line_num, 1)}: {error}") from None


def _line(row: Mapping[str, str]) -> Line:
    """Raises ValueError; its text never repeats what stands there."""
    if any(not row.get(name) for name in NEEDED):
        raise ValueError("a cell is missing or empty")
    if row["kind"] not in KINDS:
        raise ValueError("kind must be one of " + ", ".join(KINDS))
    amount, currency = pesewas(row["amount"]), row["currency"]
    if not amount or not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise ValueError("not an amount of money")
    ours, number = reference(row.get("reference")), "".join(c for c in row.get("msisdn", "") if c in "0123456789")
    fee, at = pesewas(row.get("fee") or "0"), _time(row["at"])
    return Line(row["kind"], row["provider_id"][:64], ours, amount, currency, fee, at, number)  # type: ignore[arg-type]


def _time(said: str) -> datetime:
    try:
        at = datetime.fromisoformat(said)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("not a time") from None
