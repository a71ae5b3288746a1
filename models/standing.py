"""What our own rows say of each provider: when money last came and went, and what it holds for us."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Standing:
    """`balance`, `waiting` and `under_way` in pesewas: in our books, approved and not yet sent, sent and not yet proven."""

    name: str
    taken_at: datetime | None
    sent_at: datetime | None
    balance: int
    waiting: int
    under_way: int

    @classmethod
    def of(cls, db: Session, providers: Iterable[str]) -> dict[str, Standing]:
        found = db.execute(_STANDINGS, {"names": list(providers)}).mappings()
        return {row["name"]: cls(**row) for row in found}


_STANDINGS = text("""
    SELECT p.name, (SELECT submitted_at FROM payment WHERE provider = p.name AND state = 'succeeded' ORDER BY id DESC LIMIT 1) AS taken_at,
        (SELECT settled_at FROM disbursement WHERE provider = p.name AND state = 'succeeded' ORDER BY id DESC LIMIT 1) AS sent_at,
        coalesce((SELECT balance FROM account WHERE code = 'provider_clearing:' || p.name), 0) AS balance,
        coalesce((SELECT sum(amount) FROM disbursement WHERE provider = p.name AND state = 'approved'), 0)::bigint AS waiting,
        coalesce((SELECT sum(amount) FROM disbursement WHERE provider = p.name
            AND state IN ('submitting', 'unknown', 'pending', 'needs_attention', 'needs_review')), 0)::bigint AS under_way
    FROM unnest(CAST(:names AS text[])) AS p(name)""")
