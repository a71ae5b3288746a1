"""What is counted about the house, by day: written down once a day is over, counted from the rows while it lasts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import BigInteger, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Database

KEPT, CHANGES = 90, 7  # days shown, days of which something may still change
FEW, SOON, HOURS, DAY, LONG = "within 10 min", "within 1 h", "within 4 h", "within 24 h", "later"
WAITS = (FEW, SOON, HOURS, DAY, LONG)


class Count(NamedTuple):
    """How often something happened in an hour or a day."""

    at: datetime
    name: str
    key: str
    times: int


class MetricDay(Base):
    """One number of a day that is over. Sums and medians of other numbers cannot be added up; counts can."""

    __tablename__ = "metric_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)

    @classmethod
    def roll(cls, database: Database, today: date) -> bool:
        """Writes down the days before today: those that are missing and those in which something may have changed since."""
        with database.begin() as db:
            last = db.scalar(select(cls.day).order_by(cls.day.desc()).limit(1))
            first = today - timedelta(days=KEPT)
            since = max(first, last - timedelta(days=CHANGES)) if last else first
            db.execute(_FORGET, {"since": since, "oldest": today - timedelta(days=400)})
            db.execute(_ROLL, {"since": _begins(since), "until": _begins(today), "unit": "day"})
        return True

    @classmethod
    def read(cls, db: Session, now: datetime, days: int) -> list[Count]:
        """The last `days`, today counted as it stands; for 1, the last 24 hours by the hour."""
        if days == 1:
            since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
            return _live(db, since, now, "hour")
        first = now.date() - timedelta(days=days - 1)
        kept = select(cls.day, cls.name, cls.key, cls.count).where(cls.day >= first, cls.day < now.date())
        counted = [Count(_begins(row.day), row.name, row.key, row[3]) for row in db.execute(kept)]
        return counted + _live(db, _begins(now.date()), now, "day")

    @classmethod
    def last(cls, db: Session) -> date | None:
        """The newest day that is written down."""
        return db.scalar(select(cls.day).order_by(cls.day.desc()).limit(1))


class Numbers:
    """Counts put in order: by name and key, for each hour or day of the period."""

    def __init__(self, counts: Sequence[Count], now: datetime, days: int) -> None:
        step = timedelta(hours=1) if days == 1 else timedelta(days=1)
        end = now.replace(minute=0, second=0, microsecond=0) if days == 1 else _begins(now.date())
        self.times = [end - step * n for n in reversed(range(24 if days == 1 else days))]
        self._sums: dict[tuple[str, str], dict[datetime, int]] = defaultdict(lambda: defaultdict(int))
        for count in counts:
            self._sums[count.name, count.key][count.at] += count.times

    def row(self, name: str, key: str) -> list[int]:
        found = self._sums.get((name, key), {})
        return [found.get(at, 0) for at in self.times]

    def sum(self, name: str, key: str) -> int:
        return sum(self.row(name, key))

    def keys(self, name: str) -> list[str]:
        return sorted(key for known, key in self._sums if known == name)


def _wait(span: str) -> str:
    """How long something took, as one of WAITS."""
    return (
        f"CASE WHEN {span} <= interval '10 min' THEN '{FEW}' WHEN {span} <= interval '1 h' THEN '{SOON}' "
        f"WHEN {span} <= interval '4 h' THEN '{HOURS}' WHEN {span} <= interval '24 h' THEN '{DAY}' ELSE '{LONG}' END"
    )


#: {name: (when it happened, which key it counts for, where it stands, what is counted)}
_COUNTED = {
    "met": ("created_at", "'people'", "person", "count(*)"),
    "consented": ("consented_at", "'people'", "person", "count(*)"),
    "browsed": ("created_at", "'people'", "outbox", "count(DISTINCT person_id) FILTER (WHERE body->'choices'->0->>'id' LIKE 'browse|%')"),
    "ordered": ("placed_at", "'orders'", "orders", "count(*)"),
    "came": (
        "at", "CASE target WHEN 'COMPLETED' THEN 'completed' ELSE 'deposit' END", "order_step",
        "count(*) FILTER (WHERE event = 'deposit_paid' OR target = 'COMPLETED')",
    ),
    "in": ("received_at", "'messages'", "inbox", "count(*) FILTER (WHERE channel <> 'events')"),
    "out": ("created_at", "CASE WHEN state = 'dead' OR receipt = 4 THEN 'failed' ELSE 'sent' END", "outbox", "count(*)"),
    "payment": (
        "created_at", "network || CASE WHEN state IN ('succeeded', 'mismatch') THEN ' paid' ELSE ' refused' END", "payment",
        "count(*) FILTER (WHERE state IN ('succeeded', 'mismatch', 'failed', 'expired'))",
    ),
    "handed_over": (
        "at", "CASE WHEN at::date <= (SELECT promised_on FROM orders WHERE id = order_id) THEN 'on time' ELSE 'late' END",
        "(SELECT order_id, at FROM order_step WHERE event = 'handed_over') s", "count(*)",
    ),
    "disputed": ("opened_at", "'orders'", "dispute", "count(*)"),
    "tailor": (
        "at", _wait("(at - asked)"),
        """(SELECT at, (SELECT max(b.at) FROM order_step b WHERE b.order_id = s.order_id AND b.id < s.id
            AND b.event IN ('deposit_paid', 'offered_again')) AS asked FROM order_step s WHERE event IN ('accepted', 'declined')) s""",
        "count(asked)",
    ),
    "desk": ("taken_at", _wait("(taken_at - plea.at)"), "plea", "count(*)"),
    "voice": (
        "created_at", "CASE WHEN state = 'lost' THEN 'lost' WHEN why IS NULL THEN 'understood' ELSE 'asked again' END", "recording",
        "count(*) FILTER (WHERE state IN ('heard', 'lost') AND source_url IS NOT NULL)",
    ),
}  # fmt: skip
_COUNTS = " UNION ALL ".join(
    f"SELECT date_trunc(:unit, {at}, 'UTC') AS at, '{name}' AS name, {key} AS key, {what} AS count FROM {where} "
    f"WHERE {at} >= :since AND {at} < :until GROUP BY 1, 3"
    for name, (at, key, where, what) in _COUNTED.items()
)
_LIVE = text(_COUNTS)
_ROLL = text(f"""
    INSERT INTO metric_day (day, name, key, count) SELECT (c.at AT TIME ZONE 'UTC')::date, name, key, count FROM ({_COUNTS}) c WHERE count > 0
    ON CONFLICT (day, name, key) DO UPDATE SET count = excluded.count""")
_FORGET = text("DELETE FROM metric_day WHERE day >= :since OR day < :oldest")


def _live(db: Session, since: datetime, now: datetime, unit: str) -> list[Count]:
    values = {"since": since, "until": now + timedelta(seconds=1), "unit": unit}
    return [Count(*row) for row in db.execute(_LIVE, values) if row[3]]


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
