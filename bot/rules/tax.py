"""What the state takes on top of a service, by the day it was rendered; whole pesewas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Rates:
    """In tenths of a per cent, from a day on."""

    since: date
    vat: int
    nhil: int
    getfund: int

    @property
    def total(self) -> int:
        return self.vat + self.nhil + self.getfund


#: Value Added Tax Act, 2025 (Act 1151): one base for all three, no COVID levy, no flat rate, no threshold for services.
TABLE = (Rates(since=date(2026, 1, 1), vat=150, nhil=25, getfund=25),)


@dataclass(frozen=True, slots=True)
class Tax:
    """The three lines of an invoice, in pesewas."""

    vat: int
    nhil: int
    getfund: int

    @property
    def total(self) -> int:
        return self.vat + self.nhil + self.getfund


def rates(on: date) -> Rates:
    """Raises ValueError for a day before the table begins."""
    found = [row for row in TABLE if row.since <= on]
    if not found:
        raise ValueError(f"no tax rates are known for {on}")
    return max(found, key=lambda row: row.since)


def lines(base: int, on: date) -> Tax:
    """The tax on `base` pesewas. NHIL and GETFund are rounded each, VAT takes the remainder. Raises ValueError."""
    if base < 0:
        raise ValueError("tax is counted on nothing or more")
    row = rates(on)
    nhil, getfund = _share(base, row.nhil), _share(base, row.getfund)
    return Tax(vat=_share(base, row.total) - nhil - getfund, nhil=nhil, getfund=getfund)


def _share(base: int, per_mille: int) -> int:
    """Half a pesewa is rounded up."""
    return (2 * base * per_mille + 1000) // 2000
