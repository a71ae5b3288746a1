"""Clocks: what rings next, for which order, whom, and what should have rung."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request
from markupsafe import Markup
from sqlalchemy import BigInteger, Select, cast, select

from bot.admin.door import Answer, Desk, Pages
from bot.admin.shown import badge, left, span, when, words
from bot.admin.table import Column, Filter, Table, wants_file
from models.order import Order
from models.person import Person
from models.timer import Timer

pages = Pages("timers", "Timers", group="House", rank=1)
SHOWN = {"running": "running", "late": "late", "paused": "paused by a dispute"}


@pages.page("/timers")
def timers(desk: Desk) -> Answer:
    table, rows = _table(desk), _chosen(desk)
    if wants_file():
        return table.file(desk, rows, scalars=False)
    return desk.show("timers.html", table=table.fill(desk.db, rows, scalars=False))


def _chosen(desk: Desk) -> Select[Any]:
    order_id = cast(Timer.facts["order_id"].astext, BigInteger)
    rows: Any = select(Timer, Order.id, Order.number, Person.name).join(Person, Person.id == Timer.person_id)
    rows = rows.outerjoin(Order, Order.id == order_id).where(Timer.rung_at.is_(None))
    shown = request.args.get("show", "")
    if shown in SHOWN:
        rows = rows.where(Timer.paused_at.is_not(None) if shown == "paused" else Timer.paused_at.is_(None))
    if shown == "late":
        rows = rows.where(Timer.due_at <= desk.now)
    event = request.args.get("event", "").strip()[:100].replace(" ", "_")
    return rows.where(Timer.event == event) if event else rows


def _table(desk: Desk) -> Table:
    return Table(
        "timers", "What rings next",
        (
            Column("Clock", lambda row: words(row[0].event), lambda row: row[0].event),
            Column("Order or case", _order, lambda row: row[2] or ""),
            Column("Rings for", lambda row: _person(desk, row), lambda row: desk.name(row[3])),
            Column("When", lambda row: when(row[0].due_at, desk.now), lambda row: row[0].due_at, sort="due"),
            Column("How it is", lambda row: _how(desk, row[0]), lambda row: "paused" if row[0].paused_at else "running"),
        ),
        "No clock runs. Each step of an order starts those that belong to it: reminders, silence, releases of money.",
        filters=(Filter("show", "Which", SHOWN), Filter("event", "Clock")), sorts={"due": (Timer.due_at, Timer.id)}, topic="order",
        subject=lambda row: row[2] or "",
    )  # fmt: skip


def _order(row: Any) -> Markup | str:
    case = row[0].facts.get("dispute_id")
    if row[1] is None:
        return Markup('<a href="/admin/disputes/{0}">D-{0}</a>').format(case) if case else "–"
    return Markup('<a href="/admin/orders/{}">{}</a>').format(row[1], row[2])


def _person(desk: Desk, row: Any) -> Markup:
    return Markup('<a href="/admin/people/{}">{}</a>').format(row[0].person_id, desk.name(row[3]) or f"person {row[0].person_id}")


def _how(desk: Desk, timer: Timer) -> Markup:
    if timer.paused_at:
        return badge("calm", f"paused, {span(max(timer.due_at - timer.paused_at, timedelta()))} left")
    return left(timer.due_at, desk.now)
