"""The trail: who did what at the desk, why, and whether anything was taken out of it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import request
from markupsafe import Markup
from sqlalchemy import Select, func, select

from bot.admin.door import Answer, Desk, Pages, wall
from bot.admin.shown import when, words
from bot.admin.table import Column, Filter, Table, wants_file
from models.audit import Audit

pages = Pages("audit", "Trail", group="House", rank=5, can="audit")
#: {what a subject begins with: where its page is}
PAGES = {
    "order": "orders", "person": "people", "tailor": "tailors", "dispute": "disputes", "refund": "refunds", "case": "cases", "garment": "catalogue",
    "staff": "staff",
}  # fmt: skip


@pages.page("/audit", can="audit")
def audit(desk: Desk) -> Answer:
    table, rows = _table(), _chosen()
    if wants_file():
        return table.file(desk, rows)
    return desk.show("audit.html", table=table.fill(desk.db, rows))


@pages.deed("/audit/check", can="audit")
def check(desk: Desk) -> Answer:
    """Every link against the one before it."""
    links = desk.db.scalar(select(func.count()).select_from(Audit)) or 0
    broken = list(Audit.broken(desk.db))
    desk.note("trail.checked", "trail", links=links, broken=broken[:20])
    if broken:
        first = ", ".join(map(str, broken[:20]))
        return desk.back(f"The trail is broken at {len(broken)} of {links} links, the first: {first}. Call whoever keeps the database.", kind="bad")
    return desk.back(f"The trail is whole: all {links} links fit the one before them.")


def _chosen() -> Select[Any]:
    rows = select(Audit)
    for name, column in (("who", Audit.who), ("subject", Audit.subject)):
        if asked := request.args.get(name, "").strip()[:100]:
            rows = rows.where(column == asked)
    if action := request.args.get("action", "").strip()[:100]:
        rows = rows.where(Audit.action.startswith(action, autoescape=True))
    if since := _day("since"):
        rows = rows.where(Audit.at >= since)
    if until := _day("until"):
        rows = rows.where(Audit.at < until + timedelta(days=1))
    return rows


def _day(name: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(request.args.get(name, "")), time(), UTC)
    except ValueError:
        return None


def _table() -> Table:
    return Table(
        "trail", "The trail, the newest link first",
        (
            Column("When", lambda link: when(link.at, wall.now()), lambda link: link.at, sort="-at"),
            Column("Who", lambda link: link.who),
            Column("What", lambda link: words(link.action.replace(".", " ")), lambda link: link.action),
            Column("About", _subject, lambda link: link.subject),
            Column("Why", lambda link: Markup('<span class="long">{}</span>').format(link.why) if link.why else "–", lambda link: link.why),
            Column("Before and after", _facts, lambda link: told(link.facts)),
            Column("From", lambda link: link.place or "–", lambda link: link.place),
            Column("Request", lambda link: Markup("<code>{}</code>").format(link.request) if link.request else "–", lambda link: link.request),
        ),
        "Nothing in the trail fits. Each change at the desk, and each look at somebody's personal data, becomes a link here.",
        filters=(
            Filter("who", "Who"), Filter("action", "What it begins with"), Filter("subject", "About"), Filter("since", "From", kind="date"),
            Filter("until", "To", kind="date"),
        ),
        sorts={"-at": Audit.id.desc()},
    )  # fmt: skip


def _subject(link: Audit) -> Markup | str:
    kind, _, ident = link.subject.partition(":")
    if kind not in PAGES or not re.fullmatch(r"[0-9a-z_]+", ident):
        return link.subject
    return Markup('<a href="/admin/{}/{}">{}</a>').format(PAGES[kind], ident, link.subject)


def _facts(link: Audit) -> Markup | str:
    return Markup('<span class="long">{}</span>').format(told(link.facts)) if link.facts else "–"


def told(facts: Any) -> str:
    """{"before": {"base": 80}, "after": {"base": 90}} -> "before: base 80; after: base 90"."""
    if isinstance(facts, dict):
        rows = sorted(facts.items(), key=lambda item: item[0] == "after")
        return "; ".join(f"{words(name)}{':' if isinstance(value, dict) else ''} {told(value)}" for name, value in rows)
    return ", ".join(map(str, facts)) if isinstance(facts, list) else "–" if facts is None else str(facts)[:200]
