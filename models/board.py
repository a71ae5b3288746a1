"""The numbers of the day, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from models.dispute import Dispute
from models.order import UNDER_WAY, Order
from models.person import Person
from models.plea import Plea

#: {number: how it is counted}; each is answered by a partial index or a short table.
COUNTS = {
    "pleas": "SELECT count(*) FROM plea WHERE answered_at IS NULL AND taken_by IS NULL",
    "disputes": "SELECT count(*) FROM dispute WHERE state <> 'closed'",
    "disputes_late": "SELECT count(*) FROM dispute WHERE state <> 'closed' AND answered_at IS NULL AND answer_due_at < :now",
    "tailors": "SELECT count(*) FROM tailor WHERE state IN ('PENDING', 'UNDER_REVIEW')",
    "letters_failed": "SELECT count(*) FROM outbox WHERE state = 'dead' OR (state = 'sent' AND receipt = 4)",
    "events_failed": "SELECT count(*) FROM inbox WHERE state = 'failed'",
    "cases": "SELECT count(*) FROM money_case WHERE state = 'open'",
    "orders": f"SELECT count(*) FROM orders WHERE {UNDER_WAY}",
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


@dataclass(frozen=True, slots=True)
class First:
    """What should be done first: (id, name or number, since or until when) of each sort, the most urgent before the others."""

    people: list[Row[Any]]
    disputes: list[Row[Any]]
    orders: list[Row[Any]]

    @classmethod
    def read(cls, db: Session, now: datetime, limit: int = 5) -> First:
        waits = select(Person.id, Person.name, Plea.at).join(Plea, Plea.person_id == Person.id)
        unanswered = select(Dispute.id, Order.number, Dispute.answer_due_at).join(Order, Order.id == Dispute.order_id)
        at_work = text(UNDER_WAY), Order.state.not_in(("DELIVERED", "DISPUTED"))
        late = select(Order.id, Order.number, Order.promised_on).where(*at_work, Order.promised_on < now.date())
        return cls(
            list(db.execute(waits.where(Plea.answered_at.is_(None), Plea.taken_by.is_(None)).order_by(Plea.at).limit(limit))),
            list(db.execute(unanswered.where(Dispute.answered_at.is_(None), Dispute.state != "closed").order_by(Dispute.answer_due_at).limit(limit))),
            list(db.execute(late.order_by(Order.promised_on).limit(limit))),
        )  # fmt: skip
