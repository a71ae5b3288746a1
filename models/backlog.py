"""What waits, what is late and what failed, by kind: for the page of jobs and for the doctor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.rules.receipts import fate

MOST_KINDS = 500  # of errors, before they are put together
#: {kind: the rows of it that wait, by when they were due}
WAITING = {
    "messages": "SELECT due_at FROM outbox WHERE state IN ('waiting', 'sending', 'unknown')",
    "events": "SELECT due_at FROM inbox WHERE state = 'waiting'",
    "payments": "SELECT next_at FROM payment WHERE next_at IS NOT NULL",
    "refunds": "SELECT next_at FROM refund WHERE state = 'owed' AND next_at IS NOT NULL",
    "payouts": "SELECT next_at FROM disbursement WHERE next_at IS NOT NULL",
    "pictures": "SELECT due_at FROM picture WHERE state = 'wanted'",
    "voice notes": "SELECT due_at FROM recording WHERE state = 'wanted'",
    "timers": "SELECT due_at FROM timer WHERE rung_at IS NULL AND paused_at IS NULL",
    "runs": "SELECT due_at FROM schedule",
}
_LAG = text(" UNION ALL ".join(
    f"SELECT '{kind}' AS kind, count(*) AS rows, count(*) FILTER (WHERE w.at <= :now) AS due, min(w.at) AS oldest FROM ({sql}) w (at)"
    for kind, sql in WAITING.items()
))  # fmt: skip
_LETTERS = text("""
    SELECT state, count(*) AS letters, min(due_at) AS oldest FROM outbox WHERE state IN ('waiting', 'sending', 'unknown') GROUP BY state
    UNION ALL SELECT state, count(*), min(due_at) FROM outbox WHERE state IN ('dead', 'held') GROUP BY state ORDER BY 1""")
_FAILED = text("""
    SELECT name, coalesce(error, '') AS error, count(*) AS times, min(received_at) AS first, max(received_at) AS last
    FROM inbox WHERE state = 'failed' GROUP BY 1, 2 ORDER BY times DESC LIMIT :most""")


@dataclass(frozen=True, slots=True)
class Lag:
    """One kind: how many rows wait, how many of them are due, since when the oldest."""

    kind: str
    rows: int
    due: int
    oldest: datetime | None

    @classmethod
    def read(cls, db: Session, now: datetime) -> list[Lag]:
        return [cls(*row) for row in db.execute(_LAG, {"now": now})]

    def late_s(self, now: datetime) -> float:
        """How long the oldest has been due; 0 when nothing is."""
        return max(0.0, (now - self.oldest).total_seconds()) if self.oldest and self.due else 0.0


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters in one state."""

    state: str
    letters: int
    oldest: datetime

    @property
    def fate(self) -> str:
        """As letters are called elsewhere: a dead one has failed, one that is being sent still waits."""
        return "waiting" if self.state == "sending" else fate(self.state, 0)

    @classmethod
    def read(cls, db: Session) -> list[Letters]:
        return [cls(*row) for row in db.execute(_LETTERS)]


@dataclass(slots=True)
class Fault:
    """Events of one name that failed of the same mistake."""

    name: str
    mistake: str
    times: int
    first: datetime
    last: datetime

    @classmethod
    def read(cls, db: Session) -> list[Fault]:
        """The most frequent first."""
        found: dict[tuple[str, str], Fault] = {}
        for row in db.execute(_FAILED, {"most": MOST_KINDS}):
            known = found.setdefault((row.name, mistake(row.error)), fault := cls(row.name, mistake(row.error), 0, row.first, row.last))
            known.times += row.times
            known.first, known.last = min(known.first, fault.first), max(known.last, fault.last)
        return sorted(found.values(), key=lambda fault: -fault.times)


def mistake(error: str | None) -> str:
    """An error without what it was about: "KeyError: order …". The same mistake reads the same, and repeats nothing that people said."""
    whole = re.fullmatch(r"(\w+)\((['\"]?)(.*?)\2,?\)", (error or "").strip(), re.DOTALL)
    kind, said = (whole[1], whole[3]) if whole else ("", error or "")
    said = re.sub(r"'[^']*'|\"[^\"]*\"|“[^”]*”|\+?\d[\d .-]*\d|\d", "…", said)[:160]
    return ": ".join(filter(None, (kind, said))) or "no words"
