"""Money is whole pesewas; this is how it is read and written."""

from __future__ import annotations

import re
from decimal import Decimal

#: Whole cedis up to ten digits, at most two decimals, no sign, no separators.
_MAJOR = re.compile(r"(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,2}))?")


def pesewas(major: str | int | Decimal) -> int:
    """1250 from "12.5", "12.50" or a JSON number read as Decimal. Raises ValueError for anything not exact, floats included."""
    exact = isinstance(major, (str, int, Decimal)) and not isinstance(major, bool)
    match = _MAJOR.fullmatch(str(major)) if exact else None
    if not match:
        raise ValueError("not an amount of money")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def major(pesewas: int) -> str:
    """ "12.50" from 1250, as providers want it. Raises ValueError when negative."""
    if pesewas < 0:
        raise ValueError("a provider is never asked for less than nothing")
    return f"{pesewas // 100}.{pesewas % 100:02d}"


def ghs(pesewas: int) -> str:
    """ "GHS 1,234.50" from 123450, as people read it."""
    sign = "-" if pesewas < 0 else ""
    return f"GHS {sign}{abs(pesewas) // 100:,}.{abs(pesewas) % 100:02d}"
