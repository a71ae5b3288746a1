"""The numbers of the day, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

#: {number: how it is counted}; each is answered by a partial index or a short table.
COUNTS = {
    "pleas": "SELECT count(*) FROM plea WHERE answered_at IS NULL",
    "disputes": "SELECT count(*) FROM dispute WHERE state <> 'closed'",
    "disputes_late": "SELECT count(*) FROM dispute WHERE state <> 'closed' AND answered_at IS NULL AND answer_due_at < :now",
    "tailors": "SELECT count(*) FROM tailor WHERE state IN ('APPLIED', 'IN_REVIEW')",
    "letters_failed": "SELECT count(*) FROM outbox WHERE state = 'dead' OR (state = 'sent' AND receipt = 4)",
    "events_failed": "SELECT count(*) FROM inbox WHERE state = 'failed'",
    "cases": "SELECT count(*) FROM money_case WHERE state = 'open'",
    "orders": "SELECT count(*) FROM orders WHERE state NOT IN ('COMPLETED', 'CANCELLED', 'REFUNDED', 'EXPIRED', 'PENDING_DEPOSIT')",
    "held": "SELECT coalesce(-sum(balance), 0) FROM account WHERE code LIKE 'escrow:%' AND balance <> 0",
    "owed": "SELECT coalesce(-sum(balance), 0) FROM account WHERE code LIKE 'refunds_payable:%' AND balance <> 0",
    "wallets": "SELECT coalesce(-sum(balance), 0) FROM account WHERE code LIKE 'tailor_wallet:%' AND balance <> 0",
    "to_approve": "SELECT count(*) FROM disbursement WHERE state = 'created'",
}
_ALL = text("SELECT " + ", ".join(f"({sql})::bigint AS {name}" for name, sql in COUNTS.items()))


@dataclass(frozen=True, slots=True)
class Board:
    """Counts, and pesewas for held, owed and wallets."""

    pleas: int
    disputes: int
    disputes_late: int
    tailors: int
    letters_failed: int
    events_failed: int
    cases: int
    orders: int
    held: int
    owed: int
    wallets: int
    to_approve: int

    @classmethod
    def read(cls, db: Session, now: datetime) -> Board:
        return cls(**db.execute(_ALL, {"now": now}).mappings().one())
