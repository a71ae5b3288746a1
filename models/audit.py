"""What people at the desk did and looked at: a chain in which no link can be changed or taken out unseen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Index, func, select
from sqlalchemy.orm import Mapped, Session

from models.base import Base, Id, Json

CHAIN = 0x5E4  # the lock under which a link is added


class Audit(Base):
    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_subject", "subject", "id"), Index("ix_audit_who", "who", "id"),
        Index("ix_audit_at", "at", postgresql_using="brin", postgresql_with={"pages_per_range": 32, "autosummarize": "on"}),
    )  # fmt: skip

    id: Mapped[Id]
    at: Mapped[datetime]
    who: Mapped[str]  # a login, or "cli"
    action: Mapped[str]  # "refund.sent", "person.revealed"
    subject: Mapped[str]  # "order:17"
    facts: Mapped[Json]  # before, after, whatever tells more
    why: Mapped[str]
    place: Mapped[str]
    request: Mapped[str]
    before: Mapped[str]  # the hash of the link before
    hash: Mapped[str]

    @classmethod
    def add(
        cls, db: Session, *, who: str, action: str, subject: str, facts: Json | None = None, why: str = "", place: str = "", request: str = "",
        now: datetime,
    ) -> Audit:  # fmt: skip
        """One link; others wait until this transaction ends."""
        db.execute(select(func.pg_advisory_xact_lock(CHAIN)))
        last = db.scalar(select(cls.hash).order_by(cls.id.desc()).limit(1)) or ""
        link = cls(at=now, who=who, action=action, subject=subject, facts=facts or {}, why=why, place=place, request=request, before=last)
        link.hash = link.reckoned(last)
        db.add(link)
        db.flush()
        return link

    @classmethod
    def of(cls, db: Session, subject: str, limit: int = 50) -> list[Audit]:
        return list(db.scalars(select(cls).where(cls.subject == subject).order_by(cls.id.desc()).limit(limit)))

    @classmethod
    def broken(cls, db: Session) -> Iterator[int]:
        """The links that do not fit the one before them."""
        last = ""
        for link in db.scalars(select(cls).order_by(cls.id).execution_options(yield_per=1000)):
            if link.before != last or link.hash != link.reckoned(last):
                yield link.id
            last = link.hash

    def reckoned(self, last: str) -> str:
        told: dict[str, Any] = {name: getattr(self, name) for name in ("who", "action", "subject", "facts", "why", "place", "request")}
        told |= {"at": self.at.timestamp(), "before": last}
        return sha256(json.dumps(told, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
