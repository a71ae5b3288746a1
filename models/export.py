"""The books as rows for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import ACCRA
from bot.rules.money import major
from models.document import Document
from models.ledger import Account, Entry, Journal
from models.order import Order

Row = tuple[str, ...]
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet runs what begins so
AT_ONCE = 1000  # rows in memory


def journal_rows(db: Session, start: date, end: date) -> Iterator[Row]:
    """Every entry from the first day to the end of the last one, in Accra, under a row of titles. Debits are positive."""
    since, until = (datetime.combine(day, time(), ACCRA) for day in (start, end + timedelta(days=1)))
    found = select(Journal.posted_at, Journal.key, Order.number, Account.code, Entry.amount, Entry.currency)
    found = found.join(Entry, Entry.journal_id == Journal.id).join(Account, Account.id == Entry.account_id)
    found = found.outerjoin(Order, Order.id == Journal.order_id).where(Journal.posted_at >= since, Journal.posted_at < until)
    yield "date", "journal", "order", "account", "amount", "currency"
    for at, key, order, account, amount, currency in db.execute(found.order_by(Journal.id, Entry.id).execution_options(yield_per=AT_ONCE)):
        yield _moment(at), _text(key), _text(order or ""), _text(account), _amount(amount), _text(currency)


def statement_rows(paper: Document) -> Iterator[Row]:
    """A tailor's statement, from its frozen facts: opening balance, movements, closing balance."""
    assert paper.kind == "statement"
    facts = paper.facts
    wallet, owed = facts["opening"]["wallet"], facts["opening"]["owed"]
    yield "date", "what", "journal", "order", "price", "commission", "tax", "wallet", "owed", "balance", "currency"
    yield str(paper.period_from), "opening", *[""] * 5, _amount(wallet), _amount(owed), _amount(wallet - owed), _text(paper.currency)
    for line in facts["lines"]:
        wallet, owed = wallet + line["wallet"], owed + line["owed"]
        named = (_moment(datetime.fromisoformat(line["at"])), _text(line["sort"]), _text(line["key"]), _text(line["order"] or ""))
        moved = (_amount(line[name]) for name in ("gross", "commission", "tax", "wallet", "owed"))
        yield *named, *moved, _amount(wallet - owed), _text(paper.currency)
    wallet, owed = facts["closing"]["wallet"], facts["closing"]["owed"]
    yield str(paper.period_to), "closing", *[""] * 5, _amount(wallet), _amount(owed), _amount(wallet - owed), _text(paper.currency)


def csv_lines(rows: Iterable[Row]) -> Iterator[str]:
    """The rows as lines of a CSV file, one after another."""
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow(row)
        yield line.getvalue()


def _text(cell: str) -> str:
    """A spreadsheet must show what somebody wrote, never run it."""
    return "'" + cell if cell.lstrip(" ").startswith(FORMULA) else cell


def _amount(pesewas: int) -> str:
    return ("-" if pesewas < 0 else "") + major(abs(pesewas))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(ACCRA):%Y-%m-%d %H:%M:%S}"
