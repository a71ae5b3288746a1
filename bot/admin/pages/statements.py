"""What providers say they did for us, held against our books; statements on paper are handed in here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, timedelta
from typing import Any

from flask import request, url_for
from sqlalchemy import func, select

from bot.admin.accounts import cedis, whole
from bot.admin.door import Answer, Desk, Pages, Refused
from bot.admin.shown import money, when, words
from bot.admin.table import Column, Filter, Table, wants_file
from bot.payments import Bookkeeper, Line, Paper
from bot.rules.money import ghs, pesewas
from models.case import Case
from models.statement import CLASSES, Statement, StatementLine

pages = Pages("statements", "Statements", group="Money", rank=5, path="/statements")
DAYS = 14
MOST_LINES = 2_000  # judged one by one while somebody waits; a longer one is taken in by `flask ledger statement`
CALLED = {"matched": "matched", "booked": "booked", "ours_only": "ours only", "theirs_only": "theirs only", "amount_differs": "amount differs",
          "status_differs": "not booked yet", "fee_differs": "fee differs", "sent_without_record": "sent, no record",
          "sent_though_failed": "sent, though failed"}  # fmt: skip


@pages.page("/statements")
def listed(desk: Desk) -> Answer:
    table = _table(desk)
    provider, verdict = (f.value for f in table.filters)
    rows = select(StatementLine)
    rows = rows.where(StatementLine.verdict == verdict) if verdict else rows.where(StatementLine.verdict.not_in(("matched", "booked")))
    if provider:
        rows = rows.where(StatementLine.provider == provider)
    if wants_file():
        return table.file(desk, rows)
    days = [desk.now.astimezone(UTC).date() - timedelta(days=n) for n in range(1, DAYS + 1)]
    return desk.show(
        "statements.html", title="Statements", table=table.fill(desk.db, rows), counts=_counts(desk), days=days, covered=_covered(desk, days),
        called=CALLED, papers=_papers(desk), askable=[n for n, p in desk.parts.providers.items() if isinstance(p, Bookkeeper)],
        providers=[n for n in desk.parts.providers if n != "cash"], may_hand_in=desk.may("money"), most=MOST_LINES,
    )  # fmt: skip


@pages.deed("/statements", can="money", fresh=True)
def hand_in(desk: Desk) -> Answer:
    """The same statement again changes nothing: each line is kept once."""
    provider = request.form.get("provider", "")
    if provider not in _papers(desk):
        raise Refused("This provider's statement cannot be read from a file.", 422)
    lines, stated = _read(desk, provider)
    days = Statement.whole([line.at.date() for line in lines], desk.now.astimezone(UTC).date())
    verdicts = desk.parts.auditor.take_in(provider, lines, days)
    gap = desk.parts.auditor.compare_balance(provider, stated) if stated is not None else 0
    desk.note("statement.taken", f"provider:{provider}", lines=len(lines), days=[day.isoformat() for day in days], verdicts=dict(verdicts), gap=gap)
    desk.wakes.update(("money", "events"))
    said = ", ".join(f"{count} {CALLED.get(name, words(name))}" for name, count in sorted(verdicts.items())) or "nothing new"
    said += f". The balance differs by {ghs(gap)}" if gap else ""
    good = not gap and verdicts.keys() <= {"matched", "booked"}
    return desk.back(f"Taken in: {said}.", url_for("desk.statements_listed"), kind="good" if good else "warn")


# -- private


def _papers(desk: Desk) -> list[str]:
    return [name for name, provider in desk.parts.providers.items() if isinstance(provider, Paper)]


def _read(desk: Desk, provider: str) -> tuple[list[Line], int | None]:
    """Its lines, and what the provider says it holds for us. Refuses what cannot be read, by line."""
    file, reader = request.files.get("file"), desk.parts.providers[provider]
    assert isinstance(reader, Paper)
    content = file.read() if file else b""
    if not content:
        raise Refused("Choose the file. (After a code was asked for, choose it once more.)", 422)
    try:
        lines = list(reader.read_statement(content.decode("utf-8")))
        stated = pesewas(request.form["balance"].strip()) if request.form.get("balance", "").strip() else None
    except UnicodeDecodeError:
        raise Refused("This is no text file. Save it as CSV (UTF-8).", 422) from None
    except ValueError as error:
        raise Refused(f"The statement cannot be read: {error}.", 422) from None
    if not 0 < len(lines) <= MOST_LINES:
        raise Refused(f"A statement has 1 to {MOST_LINES} lines here.", 422)
    return lines, stated


def _counts(desk: Desk) -> dict[tuple[str, str], int]:
    """{(provider, class): lines}; what only our books have stands in no line, but in its open case."""
    lines = select(StatementLine.provider, StatementLine.verdict, func.count()).group_by(StatementLine.provider, StatementLine.verdict)
    ours = select(Case.provider, Case.kind, func.count()).where(Case.state == "open", Case.kind == "ours_only").group_by(Case.provider, Case.kind)
    return {(name, verdict or ""): count for statement in (lines, ours) for name, verdict, count in desk.db.execute(statement)}


def _covered(desk: Desk, days: Iterable[date]) -> set[tuple[str, date]]:
    found = desk.db.execute(select(Statement.provider, Statement.day).where(Statement.day.in_(list(days))))
    return {(row.provider, row.day) for row in found}


def _table(desk: Desk) -> Table:
    now = desk.now

    def whose(line: StatementLine) -> Any:
        return f"payment {line.payment_id}" if line.payment_id else f"attempt {line.disbursement_id}" if line.disbursement_id else "nothing of ours"

    return Table(
        "statement-lines", "Lines that differ from our books",
        empty="No differences. Lines of statements that do not agree with our books stand here, each with its case.",
        columns=[
            Column("Provider's number", lambda line: line.provider_id), Column("Provider", lambda line: line.provider),
            Column("What", lambda line: words(line.kind)),
            Column("Amount", lambda line: money(line.amount, line.currency), lambda line: cedis(line.amount), right=True),
            Column("Wallet", lambda line: whole(desk.phone(line.msisdn))),
            Column("Differs", lambda line: CALLED.get(line.verdict, words(line.verdict))),
            Column("Belongs to", whose), Column("When", lambda line: when(line.at, now), lambda line: line.at, sort="-new"),
        ],
        filters=[
            Filter("provider", "Provider", {name: name for name in desk.parts.providers if name != "cash"}),
            Filter("verdict", "Class", {name: CALLED[name] for name in CLASSES}),
        ],
        sorts={"-new": (StatementLine.id.desc(),)},
    )  # fmt: skip
