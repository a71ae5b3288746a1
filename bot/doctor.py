"""Whether the house is well: one list of checks, for `flask doctor` and for the page of it."""

from __future__ import annotations

import logging
import platform
import shutil
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.queue import QUEUES
from bot.settings import is_stand_in
from models.backlog import Lag
from models.base import Away

if TYPE_CHECKING:
    from bot.wiring import Parts

log = logging.getLogger(__name__)
How = Literal["ok", "warn", "bad"]
SLOW_MS, VERY_SLOW_MS = 50.0, 500.0
LATE_S, VERY_LATE_S = 60.0, 600.0
RUN_LATE = timedelta(hours=2)
OLD_KEY, OLD_BACKUP, OLD_STATEMENT = timedelta(days=400), timedelta(hours=26), timedelta(hours=30)
LEAST_FREE = 0.1  # of the disk
SILENT = timedelta(minutes=8)  # a worker that waits tells of itself every seven
LOOK_BACK = 10_000  # rows: who has had no success among them has had none lately
wall = Clock()


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and that in one sentence."""

    about: str
    how: How
    said: str


def examine(parts: Parts, db: Session) -> list[tuple[str, list[Finding]]]:
    """Every check, by its heading; one that breaks is a finding too. Raises Away when the database is."""
    return [(heading, list(_safely(check, parts, db))) for heading, check in CHECKS.items()]


def command(house: Callable[[], Parts]) -> click.Command:
    @click.command("doctor", help="Whether the house is well; exit 1 when something is bad.")
    def doctor() -> None:
        parts = house()
        try:
            with parts.database.begin() as db:
                found = examine(parts, db)
        except (Away, SQLAlchemyError) as error:
            found = [("Database", [Finding("connection", "bad", f"It cannot be reached ({type(error).__name__}).")])]
        for heading, findings in found:
            click.echo(heading)
            for one in findings:
                click.echo(f"  {one.how:4}  {one.about}: {one.said}")
        raise SystemExit(1 if any(one.how == "bad" for _, findings in found for one in findings) else 0)

    return doctor


# -- the checks


def _versions(parts: Parts, db: Session) -> Iterator[Finding]:
    postgres = str(db.execute(text("SHOW server_version")).scalar()).split(" ")[0]
    told = f"Sew4Mi {_version()}, Python {platform.python_version()}, PostgreSQL {postgres}"
    redis = parts.redis.version()
    yield Finding("versions", "ok", f"{told}, {redis}." if redis else f"{told}.")
    is_right = parts.is_migrated()
    said = "The database is as this version wants it." if is_right else "Run “alembic upgrade head”."
    yield Finding("migrations", "ok" if is_right else "bad", said)
    yield Finding("environment", "ok", f"{parts.settings.environment}, at {parts.settings.public_url}.")


def _latency(parts: Parts, db: Session) -> Iterator[Finding]:
    began = time.perf_counter()
    db.execute(text("SELECT 1"))
    yield _speed("database", (time.perf_counter() - began) * 1000)
    quick = parts.redis.latency_ms()
    yield Finding("redis", "warn", "It does not answer: the house works on, only slower.") if quick is None else _speed("redis", quick)


def _queues(parts: Parts, db: Session) -> Iterator[Finding]:
    now = parts.clock.now()
    for lag in Lag.read(db, now):
        late = lag.late_s(now)
        allowed = RUN_LATE.total_seconds() if lag.kind == "runs" else LATE_S
        how: How = "ok" if late <= allowed else "warn" if late <= max(VERY_LATE_S, allowed) else "bad"
        due = f"{lag.due} are due, the oldest for {late:.0f} s." if lag.due else "none is due."
        yield Finding(lag.kind, how, f"{lag.rows} wait, {due}" if lag.rows else "Nothing waits.")
    failed = db.execute(text("SELECT count(*) FROM inbox WHERE state = 'failed'")).scalar_one()
    yield Finding("failed events", "warn" if failed else "ok", f"{failed} wait for a person, see “flask events list”." if failed else "None.")


def _workers(parts: Parts, db: Session) -> Iterator[Finding]:
    alive = {worker.queue for worker in parts.redis.workers() if worker.beat_at and wall.now() - worker.beat_at < SILENT}
    for queue in QUEUES:
        said = "A worker is there." if queue in alive else "Nobody works here: start “python worker.py”."
        yield Finding(queue, "ok" if queue in alive else "bad", said)
    ticks = parts.redis.ticks()
    yield Finding("ticker", "ok" if ticks else "bad", "It looks every second." if ticks else "It has not looked for half a minute: no timer rings.")


def _outside(parts: Parts, db: Session) -> Iterator[Finding]:
    """Whom we speak with, whether that is the real one, and when it last worked."""
    values = {"most": LOOK_BACK}
    sent = {row.name: row.at for row in db.execute(_LAST_SENT, values)}
    paid = {row.name: row.at for row in db.execute(_LAST_PAID, values)}
    for name, adapter in parts.channels.items():
        yield _adapter(parts, name, adapter, sent.get(name), "No letter was sent lately.")
    for name, provider in parts.providers.items():
        yield _adapter(parts, name, provider, paid.get(name), "No payment succeeded lately.")
    if not parts.providers:
        yield Finding("payments", "bad", "No provider is configured: nobody can pay.")
    yield Finding("voice", "ok", f"{parts.voice.name} listens to voice notes.")


def _secrets(parts: Parts, db: Session) -> Iterator[Finding]:
    names = list(parts.settings.keys)
    first = db.execute(_FIRST_SEALED, {"begins": f"{names[0]}:%"}).scalar()
    age = parts.clock.now() - first if first else timedelta()
    old = f"for {age.days} days" if first else "from its first name on"
    more = f" {len(names) - 1} more only to open what is older." if len(names) > 1 else ""
    yield Finding("keys", "warn" if age > OLD_KEY else "ok", f"{len(names)} in FIELD_KEYS; {names[0]} seals {old}.{more}")


def _disk(parts: Parts, db: Session) -> Iterator[Finding]:
    folder = parts.settings.spool_dir
    waiting = sum(file.stat().st_size for file in folder.glob("*") if file.is_file() and file.name not in ("lock", "backup"))
    said = f"{waiting / 1000:.0f} kB wait to be dealt with." if waiting else "Empty: nothing came while the database was away."
    yield Finding("diary", "warn" if waiting else "ok", said)
    place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    disk = shutil.disk_usage(place)
    free = disk.free / disk.total
    yield Finding("disk", "ok" if free > LEAST_FREE else "bad", f"{free:.0%} of it is free.")


def _nights(parts: Parts, db: Session) -> Iterator[Finding]:
    """What somebody would only miss in the morning."""
    taken, rolled = db.execute(text("SELECT (SELECT max(taken_at) FROM statement), (SELECT max(day) FROM metric_day)")).one()
    fresh = taken is not None and parts.clock.now() - taken < OLD_STATEMENT
    said = f"The last was taken in {_ago(taken, parts.clock.now())}." if taken else "None was ever taken in."
    yield Finding("statements", "ok" if fresh else "warn", said)
    yield Finding("metrics", "ok", f"Counted up to {rolled:%d %b}." if rolled else "Nothing is counted yet: that begins with the first night.")
    stamp = parts.settings.spool_dir / "backup"
    done = datetime.fromtimestamp(stamp.stat().st_mtime, UTC) if stamp.exists() else None
    how: How = "ok" if done and wall.now() - done < OLD_BACKUP else "warn"
    yield Finding("backup", how, f"The last was {_ago(done, wall.now())}." if done else f"Nobody says when: let the backup end with “touch {stamp}”.")


def _clock(parts: Parts, db: Session) -> Iterator[Finding]:
    ours = db.execute(text("SELECT clock_timestamp()")).scalar_one()
    off = abs((wall.now() - ours).total_seconds())
    yield Finding("clock", "ok" if off < 2 else "bad", f"{off:.1f} s away from the database's.")
    moved = parts.clock.now() - wall.now()
    if abs(moved) > timedelta(seconds=5):
        how: How = "bad" if parts.settings.environment == "production" else "ok"
        yield Finding("story", how, f"Time is moved by {moved.total_seconds() / 3600:.1f} h.")


CHECKS: dict[str, Callable[[Parts, Session], Iterator[Finding]]] = {
    "Versions": _versions, "Speed": _latency, "Clock": _clock, "Workers": _workers, "Waiting": _queues, "Outside": _outside, "Keys": _secrets,
    "Disk": _disk, "By night": _nights,
}  # fmt: skip

# -- private

_LAST_SENT = text("""
    SELECT channel AS name, max(created_at) AS at FROM (SELECT channel, created_at, state FROM outbox ORDER BY id DESC LIMIT :most) o
    WHERE state = 'sent' GROUP BY channel""")
_LAST_PAID = text("""
    SELECT provider AS name, max(created_at) AS at FROM (SELECT provider, created_at, state FROM payment ORDER BY id DESC LIMIT :most) p
    WHERE state = 'succeeded' GROUP BY provider""")
_FIRST_SEALED = text("SELECT created_at FROM person WHERE name LIKE :begins ORDER BY id LIMIT 1")


def _safely(check: Callable[[Parts, Session], Iterator[Finding]], parts: Parts, db: Session) -> Iterator[Finding]:
    try:
        yield from check(parts, db)
    except (OSError, ValueError, AttributeError) as error:
        log.exception("a check could not be made")
        yield Finding("check", "bad", f"It could not be looked at: {type(error).__name__}.")


def _speed(about: str, ms: float) -> Finding:
    return Finding(about, "ok" if ms < SLOW_MS else "warn" if ms < VERY_SLOW_MS else "bad", f"Answers in {ms:.1f} ms.")


def _adapter(parts: Parts, name: str, adapter: Any, last: datetime | None, never: str) -> Finding:
    addresses = _addresses(adapter)
    played = is_played(adapter)
    how: How = "bad" if played and parts.settings.environment == "production" else "ok"
    worked = f"It last worked {_ago(last, parts.clock.now())}." if last else never
    return Finding(name, how, f"{'A stand-in' if played else 'Live' if addresses else 'Needs nobody outside'}. {worked}")


def is_played(adapter: Any) -> bool:
    """Whether it speaks with a stand-in on this machine."""
    return any(is_stand_in(address) for address in _addresses(adapter))


def _addresses(adapter: Any) -> list[str]:
    """Where it calls; nothing for what is here anyway (cash, the terminal)."""
    config = vars(adapter.config) if hasattr(adapter, "config") else {}
    return [value for field, value in config.items() if field.endswith("_url") and isinstance(value, str) and value]


def _version() -> str:
    with (Path(__file__).resolve().parent.parent / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _ago(moment: datetime | None, now: datetime) -> str:
    hours = (now - moment).total_seconds() / 3600 if moment else 0
    return f"{hours * 60:.0f} min ago" if hours < 2 else f"{hours:.0f} h ago" if hours < 72 else f"{hours / 24:.0f} days ago"
