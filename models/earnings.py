"""What moved on one tailor's accounts: earned, taken, paid out, owed; read from the books."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.clock import ACCRA
from bot.rules import NotAllowed, tax
from models.base import Json
from models.seller import house

SETTLING = timedelta(minutes=10)  # what is under way at midnight still belongs to the day before
#: What a movement is, by how the key of its journal begins and ends.
SORTS = {
    "release:": "release", "cancel:": "reserved", "cash:": "cash", "payout:*:reserve": "payout", "payout:*:void": "payout_back",
    "payout:*:reversed": "payout_back", "net:": "netting", "clawback:": "reversal",
    "dispute:*:clawback": "reversal",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Movement:
    """One journal as the tailor sees it, in pesewas: `wallet` is hers, `owed` she owes us; commission and tax were taken from her."""

    at: datetime
    key: str
    order: str | None
    gross: int
    commission: int
    tax: int
    wallet: int
    owed: int

    @property
    def sort(self) -> str:
        """One of the values of SORTS, or "other"."""
        kinds = ((start.partition("*"), sort) for start, sort in SORTS.items())
        return next((sort for (start, _, end), sort in kinds if self.key.startswith(start) and self.key.endswith(end)), "other")

    @property
    def change(self) -> int:
        return self.wallet - self.owed

    def facts(self) -> Json:
        amounts = {name: getattr(self, name) for name in ("gross", "commission", "tax", "wallet", "owed")}
        return {"at": self.at.isoformat(), "key": self.key, "sort": self.sort, "order": self.order, **amounts}


def period(start: date, end: date, now: datetime) -> tuple[datetime, datetime]:
    """From the first day's beginning to the end of the last one, in Accra. Raises NotAllowed("period_open") before that is over."""
    since, until = (datetime.combine(day, time(), ACCRA) for day in (start, end + timedelta(days=1)))
    if since >= until:
        raise ValueError(f"{start} is after {end}")
    if now < until + SETTLING:
        raise NotAllowed("period_open", until=end.isoformat())
    return since, until


_MOVEMENTS = text("""
    SELECT j.posted_at AS at, j.key, o.number AS order,
        coalesce(sum(e.amount) FILTER (WHERE a.code LIKE 'escrow:%'), 0)::bigint AS gross,
        coalesce(-sum(e.amount) FILTER (WHERE a.code = 'platform_revenue'), 0)::bigint AS commission,
        coalesce(-sum(e.amount) FILTER (WHERE a.code = 'vat_payable'), 0)::bigint AS tax,
        coalesce(-sum(e.amount) FILTER (WHERE a.code = :wallet), 0)::bigint AS wallet,
        coalesce(sum(e.amount) FILTER (WHERE a.code = :owed), 0)::bigint AS owed
    FROM journal j JOIN entry e ON e.journal_id = j.id JOIN account a ON a.id = e.account_id LEFT JOIN orders o ON o.id = j.order_id
    WHERE j.posted_at >= :since AND j.posted_at < :until AND j.id IN (
        SELECT own.journal_id FROM entry own JOIN account mine ON mine.id = own.account_id WHERE mine.code IN (:wallet, :owed))
    GROUP BY j.id, o.number ORDER BY j.posted_at, j.id""")
_MOVED = text("""
    SELECT DISTINCT split_part(a.code, ':', 2)::bigint FROM journal j JOIN entry e ON e.journal_id = j.id JOIN account a ON a.id = e.account_id
    WHERE j.posted_at >= :since AND j.posted_at < :until AND (a.code LIKE 'tailor_wallet:%' OR a.code LIKE 'tailor_receivable:%') ORDER BY 1""")
_BALANCES = text("""
    SELECT coalesce(-sum(e.amount) FILTER (WHERE a.code = :wallet), 0)::bigint, coalesce(sum(e.amount) FILTER (WHERE a.code = :owed), 0)::bigint
    FROM entry e JOIN account a ON a.id = e.account_id JOIN journal j ON j.id = e.journal_id
    WHERE a.code IN (:wallet, :owed) AND j.posted_at < :until""")


def _accounts(tailor_id: int) -> dict[str, str]:
    return {"wallet": f"tailor_wallet:{tailor_id}", "owed": f"tailor_receivable:{tailor_id}"}


def moved(db: Session, since: datetime, until: datetime) -> list[int]:
    """Tailors whose account moved in a period."""
    return list(db.scalars(_MOVED, {"since": since, "until": until}))


def movements(db: Session, tailor_id: int, since: datetime, until: datetime) -> list[Movement]:
    rows = db.execute(_MOVEMENTS, _accounts(tailor_id) | {"since": since, "until": until})
    return [Movement(**row) for row in rows.mappings()]


def balances(db: Session, tailor_id: int, until: datetime) -> dict[str, int]:
    """What is in the wallet and what is owed, before a moment."""
    wallet, owed = db.execute(_BALANCES, _accounts(tailor_id) | {"until": until}).one()
    return {"wallet": wallet, "owed": owed}


def commission_facts(moves: Iterable[Movement], sign: int) -> Json:
    """Commission by order, with the tax booked on it, for an invoice (sign 1) or for what is given back (sign -1).

    Raises ValueError when the books took another tax than the table knows.
    """
    orders: dict[str | None, dict[str, int]] = {}
    rates: set[tax.Rates] = set()
    for move in moves:
        day, parts = move.at.astimezone(ACCRA).date(), tax.Tax(0, 0, 0)
        if move.tax:
            parts = tax.lines(sign * move.commission, day)
            rates.add(tax.rates(day))
        if parts.total != sign * move.tax:
            raise ValueError(f"{move.key}: the tax booked is not the tax on its commission")
        row = orders.setdefault(move.order, dict.fromkeys(("gross", "commission", "vat", "nhil", "getfund", "owed"), 0))
        amounts = {"gross": sign * move.gross, "commission": sign * move.commission, "owed": sign * move.owed}
        for name, amount in (amounts | {"vat": parts.vat, "nhil": parts.nhil, "getfund": parts.getfund}).items():
            row[name] += amount
    lines: list[Json] = [{"order": order, **row} for order, row in orders.items()]
    sums = {name: sum(line[name] for line in lines) for name in ("commission", "vat", "nhil", "getfund", "owed")}
    total = sums["commission"] + sums["vat"] + sums["nhil"] + sums["getfund"]
    named = {name: getattr(next(iter(rates)), name) for name in ("vat", "nhil", "getfund")} if len(rates) == 1 else {}
    return {"seller": house.seller.facts(), "lines": lines, "rates": named, **sums, "total": total}


def statement_facts(db: Session, tailor_id: int, since: datetime, until: datetime) -> Json:
    """Every movement between two balances; they add up."""
    opening, closing = balances(db, tailor_id, since), balances(db, tailor_id, until)
    moves = movements(db, tailor_id, since, until)
    for side in ("wallet", "owed"):
        assert opening[side] + sum(getattr(move, side) for move in moves) == closing[side], f"{side} of tailor {tailor_id} does not add up"
    return {"seller": house.seller.facts(), "opening": opening, "lines": [move.facts() for move in moves], "closing": closing}
