"""What the workers have to do: what failed and why, what is late, which letters wait, who is at work."""

from __future__ import annotations

from typing import Any

from flask import request
from markupsafe import Markup
from sqlalchemy import Select, select

from bot.admin.door import Answer, Desk, Pages, Refused, hidden, wall
from bot.admin.shown import state, when, words
from bot.admin.table import Column, Filter, Table, wants_file
from models.backlog import Fault, Lag, Letters, mistake
from models.inbox import EVENTS, Inbox
from models.person import Person
from models.schedule import Schedule

pages = Pages("jobs", "Jobs", group="House", rank=0)
SHOWN = {"failed": "failed", "late": "tried and late", "waiting": "waiting", "discarded": "put away"}
BUSY = {"started": "busy", "busy": "busy", "idle": "waits for work", "suspended": "stopped"}
#: Facts of events whose words are the product's own, and those that are numbers of people.
OURS = frozenset((
    "cause", "channel", "event", "flow", "kind", "network", "outcome", "provider", "reason", "side", "stage", "state", "step", "verdict",
))  # fmt: skip
NUMBERS = frozenset(("msisdn", "number", "phone", "wallet"))
SILENT_S = 450  # a worker tells of itself every seven minutes


@pages.page("/jobs")
def jobs(desk: Desk) -> Answer:
    table, rows = _table(desk), _events(desk)
    if wants_file():
        return table.file(desk, rows, scalars=False)
    now = desk.now
    lags = [lag for lag in Lag.read(desk.db, now) if lag.rows]
    runs = list(desk.db.scalars(select(Schedule).order_by(Schedule.due_at)))
    return desk.show(
        "jobs.html", table=table.fill(desk.db, rows, scalars=False), shown=_shown(), faults=Fault.read(desk.db), lags=lags, runs=runs, now=now,
        letters=Letters.read(desk.db), bells=desk.parts.redis.lengths(), workers=_workers(desk),
    )  # fmt: skip


@pages.deed("/jobs/again", can="system")
def again(desk: Desk) -> Answer:
    done = Inbox.again(desk.db, _chosen(), desk.now)
    for number in done:
        desk.note("event.again", f"event:{number}")
    desk.wakes.add("events")
    return desk.back(*_told(done, "is tried again", "are tried again"))


@pages.deed("/jobs/discard", can="system")
def discard(desk: Desk) -> Answer:
    why = desk.why()
    done = Inbox.discard(desk.db, _chosen())
    for number in done:
        desk.note("event.discarded", f"event:{number}", why=why)
    return desk.back(*_told(done, "is put away", "are put away"))


# -- private


def _shown() -> str:
    asked = request.args.get("show", "")
    return asked if asked in SHOWN else "failed"


def _events(desk: Desk) -> Select[Any]:
    rows: Any = select(Inbox, Person.name).outerjoin(Person, Person.id == Inbox.person_id).where(Inbox.channel == EVENTS)
    which = {
        "failed": (Inbox.state == "failed",), "waiting": (Inbox.state == "waiting",), "discarded": (Inbox.state == "discarded",),
        "late": (Inbox.state == "waiting", Inbox.due_at <= desk.now),
    }  # fmt: skip
    rows = rows.where(*which[_shown()])
    name = request.args.get("event", "").strip()[:100]
    return rows.where(Inbox.name == name) if name else rows


def _table(desk: Desk) -> Table:
    may = desk.may("system") and _shown() in ("failed", "late")
    pick = (Column("Choose", _box, lambda row: row[0].id),) if may else ()
    return Table(
        "events", f"Events: {SHOWN[_shown()]}",
        (
            Column("Event", lambda row: f"{words(row[0].name)} ({row[0].id})", lambda row: row[0].name),
            *pick,
            Column("Person", lambda row: _person(desk, row), lambda row: desk.name(row[1])),
            Column("About", lambda row: facts(row[0].body)),
            Column("Tries", lambda row: row[0].tries, right=True),
            Column("Mistake", lambda row: Markup('<span class="long">{}</span>').format(mistake(row[0].error)) if row[0].error else "–"),
            Column("Happened", lambda row: when(row[0].received_at, desk.now), lambda row: row[0].received_at, sort="-id"),
            Column("Next try", lambda row: _next(desk, row[0]), lambda row: row[0].due_at, sort="due"),
        ),
        "Nothing here. What could not be dealt with stands here with its mistake, until somebody tries it again or puts it away.",
        filters=(Filter("show", "Which", SHOWN), Filter("event", "Event's name")),
        sorts={"-id": Inbox.id.desc(), "due": (Inbox.due_at, Inbox.id)}, topic="failed", subject=lambda row: str(row[0].person_id),
    )  # fmt: skip


def _box(row: Any) -> Markup:
    return Markup('<input type="checkbox" name="event" value="{0}" form="chosen" aria-label="Event {0}">').format(row[0].id)


def _next(desk: Desk, event: Inbox) -> Markup | str:
    return when(event.due_at, desk.now) if event.state == "waiting" else "none"


def _person(desk: Desk, row: Any) -> Markup:
    return Markup('<a href="/admin/people/{}">{}</a>').format(row[0].person_id, desk.name(row[1]) or f"person {row[0].person_id}")


def facts(body: dict[str, Any]) -> str:
    """What an event is about, without what people said: numbers, and words where only ours can stand."""
    return ", ".join(f"{words(name)} {_masked(name, value)}" for name, value in sorted(body.items()) if value not in (None, "", [], {})) or "–"


def _masked(name: str, value: Any) -> str:
    if isinstance(value, bool | int):
        return str(value)
    return str(value)[:40] if name in OURS else hidden(str(value)) if name in NUMBERS else "•••"


def _workers(desk: Desk) -> list[tuple[str, Markup, Any]]:
    """(queue, how it is, when it last told of itself)."""
    seen = [(worker.queue, _how(worker), worker.beat_at) for worker in desk.parts.redis.workers()]
    return [*seen, ("ticker", state("ok" if desk.parts.redis.ticks() else "bad"), None)]


def _how(worker: Any) -> Markup:
    silent = worker.beat_at is None or (wall.now() - worker.beat_at).total_seconds() > SILENT_S
    return Markup("{} {}").format(state("bad" if silent else "ok"), "silent" if silent else BUSY.get(worker.state, worker.state))


def _chosen() -> list[int]:
    chosen = [int(number) for number in request.form.getlist("event") if number.isdigit() and len(number) < 19][:200]
    if not chosen:
        raise Refused("Choose at least one event.", 422)
    return chosen


def _told(done: list[int], one: str, many: str) -> tuple[str, str]:
    if not done:
        raise Refused("None of them is as it was: somebody else was quicker.", 409)
    return f"{len(done)} {'event ' + one if len(done) == 1 else 'events ' + many}.", "/admin/jobs"
