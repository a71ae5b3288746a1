"""The books: what each kind of account holds, whether they add up, one order's money, and every posting."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

from flask import Response, abort, request
from sqlalchemy import case, func, select

from bot.admin.accounts import CALLED, SIDES, called, cedis, whole
from bot.admin.door import Answer, Desk, Pages, Refused, wall
from bot.admin.shown import money, when
from bot.admin.table import MOST_ROWS, Column, Filter, Table, wants_file
from bot.rules.schedule import RUNS
from models import export, invariants, money_story
from models.case import Case
from models.ledger import Account, Entry, Journal, own_side
from models.order import Order
from models.schedule import Schedule

pages = Pages("ledger", "Ledger", group="Money", rank=3)
GROUP = func.split_part(Account.code, ":", 1)
KINDS = {name: words for name, (words, _) in CALLED.items()}
LONGEST = timedelta(days=31)  # of one file


@pages.page("/ledger")
def overview(desk: Desk) -> Answer:
    if wants_file():
        return _journal(desk)
    sums = select(GROUP.label("name"), func.min(Account.kind).label("kind"), func.sum(Account.balance).label("sum"), func.count().label("open"))
    groups = desk.db.execute(sums.where(Account.balance != 0).group_by(GROUP).order_by(GROUP)).all()
    totals = {side: own_side(side, sum(int(g.sum) for g in groups if g.kind == side)) for side in SIDES}
    with_providers = desk.db.scalars(select(Account).where(Account.code.like("provider\\_clearing:%")).order_by(Account.code)).all()
    wrong = desk.db.scalars(select(Case).where(Case.state == "open", Case.kind == "books_wrong").order_by(Case.id)).all()
    due = desk.db.scalar(select(Schedule.due_at).where(Schedule.name == "reconcile"))
    return desk.show(
        "ledger.html", title="Ledger", groups=groups, called=KINDS, totals=totals, sides=SIDES, sum=sum(int(g.sum) for g in groups), wrong=wrong,
        providers=with_providers, own_side=own_side, checks=invariants.CHECKS, due=due, hour=RUNS["reconcile"].hour, today=desk.now.date(),
    )  # fmt: skip


@pages.page("/ledger/accounts")
def accounts(desk: Desk) -> Answer:
    def holds(row: Account) -> int:
        return own_side(row.kind, row.balance)

    own = case((Account.kind.in_(("A", "X")), Account.balance), else_=-Account.balance)
    table = Table(
        "accounts", "Accounts", empty="No account of this kind holds anything.",
        columns=[
            Column("Account", lambda row: row.code), Column("What it is", lambda row: called(row.code).capitalize()),
            Column("Kind", lambda row: SIDES[row.kind]),
            Column("Holds", lambda row: money(holds(row)), lambda row: cedis(holds(row)), sort="-most", right=True),
        ],
        filters=[Filter("kind", "Kind", KINDS), Filter("code", "Begins with"), Filter("empty", "Empty ones", {"yes": "shown too"})],
        link=lambda row: f"/admin/ledger/postings?account={row.code}",
    )  # fmt: skip
    kind, code, empty = (f.value for f in table.filters)
    table.sorts = {"code": (Account.code,)} if empty else {"-most": (own.desc(), Account.code)}
    rows = select(Account) if empty else select(Account).where(Account.balance != 0)
    rows = rows.where(Account.code.like(f"{kind}%")) if kind else rows
    rows = rows.where(Account.code.startswith(code, autoescape=True)) if code else rows
    return table.file(desk, rows) if wants_file() else desk.show("ledger_list.html", title="Accounts", table=table.fill(desk.db, rows), lead="")


@pages.page("/ledger/postings")
def postings(desk: Desk) -> Answer:
    table = _postings(desk)
    account, order, since, until = (f.value for f in table.filters)
    rows = select(Entry.id, Journal.posted_at, Journal.key, Order.number, Account.code, Entry.amount, Entry.currency)
    rows = rows.join(Journal, Journal.id == Entry.journal_id).join(Account, Account.id == Entry.account_id)
    rows = rows.outerjoin(Order, Order.id == Journal.order_id)
    if account:
        ident = desk.db.scalar(select(Account.id).where(Account.code == account))
        rows = rows.where(Entry.account_id == (ident or 0))
    rows = rows.where(Order.number == order.upper()) if order else rows
    rows = rows.where(Journal.posted_at >= _day(since)) if since else rows
    rows = rows.where(Journal.posted_at < _day(until) + timedelta(days=1)) if until else rows
    if wants_file():
        return table.file(desk, rows, scalars=False)
    lead = called(account).capitalize() if account else "Every entry, the last ones first. Nothing is ever changed: a correction is a new movement."
    return desk.show("ledger_list.html", title="Postings", table=table.fill(desk.db, rows, scalars=False), lead=lead)


@pages.page("/ledger/story")
def story(desk: Desk) -> Answer:
    number = request.args.get("order", "").strip().upper()[:20]
    order = desk.db.scalars(select(Order).where(Order.number == number)).one_or_none() if number else None
    told, title = (money_story.tell(desk.db, order), f"Money of {number}") if order else ([], "An order's money")
    return desk.show("ledger_story.html", title=title, number=number, order=order, told=told, checked=None)


@pages.deed("/ledger/story/<number>/check", can="look")
def check(desk: Desk, number: str) -> Answer:
    """Every rule of the books that one order can show. Nothing changes."""
    order = desk.db.scalars(select(Order).where(Order.number == number)).one_or_none()
    if order is None:
        abort(404)
    checked = [(rule, invariants.breaches(desk.db, rule, order.id)) for rule in invariants.CHECKS if not rule.whole]
    told = money_story.tell(desk.db, order)
    return desk.show("ledger_story.html", title=f"Money of {number}", number=number, order=order, told=told, checked=checked)


# -- private


def _journal(desk: Desk) -> Answer:
    """All of some days, for a spreadsheet; that it was taken is written down."""
    desk.need("export")
    today = desk.now.date()
    start, end = (_day(request.args.get(name, usual.isoformat())).date() for name, usual in (("from", today.replace(day=1)), ("to", today)))
    if not start <= end < start + LONGEST:
        raise Refused(f"A file holds at most {LONGEST.days} days, the first one first.", 422)
    rows = list(islice(export.journal_rows(desk.db, start, end), MOST_ROWS + 2))
    if len(rows) > MOST_ROWS + 1:
        raise Refused(f"These are more than {MOST_ROWS:,} entries: choose fewer days, or use `flask ledger export`.", 422)
    desk.note("ledger.exported", "list:journal", since=start.isoformat(), until=end.isoformat())
    answer = Response(["\ufeff", *export.csv_lines(rows)], mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="journal-{start}-{end}-{wall.now():%H%M}.csv"'
    return answer


def _day(given: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(given), time(), UTC)
    except ValueError:
        raise Refused("A day is written like 2026-11-23.", 422) from None


def _postings(desk: Desk) -> Table:
    now = desk.now

    def side(sign: int) -> Any:
        return lambda row: money(abs(row.amount), row.currency) if row.amount * sign > 0 else ""

    return Table(
        "postings", "Postings", empty="Nothing was posted there.",
        columns=[
            Column("Movement", lambda row: re.sub(r"([0-9a-f]{12})[0-9a-f]+", r"\1…", row.key), lambda row: row.key),
            Column("Account", lambda row: row.code),
            Column("Debit", side(1), lambda row: cedis(max(row.amount, 0)), right=True),
            Column("Credit", side(-1), lambda row: cedis(max(-row.amount, 0)), right=True),
            Column("Order", lambda row: whole(row.number or "–")),
            Column("When", lambda row: when(row.posted_at, now), lambda row: row.posted_at, sort="-new"),
        ],
        filters=[Filter("account", "Account"), Filter("order", "Order"), Filter("from", "From", kind="date"), Filter("to", "To", kind="date")],
        sorts={"-new": (Entry.id.desc(),), "old": (Entry.id,)},
    )  # fmt: skip
