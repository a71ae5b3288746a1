"""Something about money that a person must look at; two people settle it."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import Index, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed
from bot.rules import case as rules
from models.base import Base, Id, Json
from models.switch import PAYOUTS, Switch

log = logging.getLogger(__name__)
HOUSE = "the house"  # who acts when nobody does


class Case(Base):
    """Opened once per key. `facts` names what it is about by id, and says by `account` and `excess` which entry would make the books agree."""

    __tablename__ = "money_case"
    __table_args__ = (Index("ix_money_case_open", "severity", "opened_at", postgresql_where=text("state = 'open'")),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    severity: Mapped[int]
    provider: Mapped[str | None]
    facts: Mapped[Json]
    state: Mapped[str] = mapped_column(default="open")
    opened_at: Mapped[datetime]
    proposed_by: Mapped[str | None]
    proposal: Mapped[Json | None]  # resolution, why, and what it needs
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    resolution: Mapped[str | None]

    # -- questions

    @classmethod
    def by_id(cls, db: Session, case_id: int, *, lock: bool = False) -> Case:
        found = db.get(cls, case_id, with_for_update=lock or None, populate_existing=lock)
        if found is None:
            raise NotAllowed("no_such_case")
        return found

    @classmethod
    def by_key(cls, db: Session, key: str) -> Case | None:
        return db.scalars(select(cls).where(cls.key == key)).one_or_none()

    @classmethod
    def waiting(cls, db: Session, *, closed: bool = False, limit: int = 200) -> list[Case]:
        """What is to be looked at, the worst and oldest first; with `closed`, all of them."""
        rows = select(cls) if closed else select(cls).where(cls.state == "open")
        return list(db.scalars(rows.order_by(cls.severity, cls.opened_at, cls.id).limit(limit)))

    @property
    def sentence(self) -> str:
        return rules.KINDS[self.kind].sentence

    # -- verbs

    @classmethod
    def open(cls, db: Session, key: str, kind: str, *, provider: str | None, facts: Json, now: datetime, anew: bool = False) -> None:
        """The same key again does nothing; `anew` it opens a closed one again. The worst ones stop the payouts."""
        severity = rules.KINDS[kind].severity
        values = {"key": key, "kind": kind, "severity": severity, "provider": provider, "facts": facts, "state": "open", "opened_at": now}
        made = insert(cls).values(values)
        blank = dict.fromkeys(("proposed_by", "proposal", "closed_by", "closed_at", "resolution"))
        again = made.on_conflict_do_update(
            index_elements=["key"], set_={"state": "open", "opened_at": now, "facts": facts} | blank, where=cls.state == "closed"
        )
        if db.scalar((again if anew else made.on_conflict_do_nothing()).returning(cls.id)) is None:
            return
        log.error("case opened: %s (%s)", rules.KINDS[kind].sentence, key)
        if severity == 1 and Switch.is_on(db, PAYOUTS):
            Switch.turn(db, PAYOUTS, off=True, why=f"{rules.KINDS[kind].sentence} ({key})", by=HOUSE, now=now)

    def propose(self, resolution: str, *, by: str, why: str, **details: str) -> None:
        """One person says what should be done. Raises NotAllowed("closed" | "does_not_fit" | "no_reason")."""
        self._check_open()
        if resolution not in rules.KINDS[self.kind].resolutions or resolution == "keep_waiting":
            raise NotAllowed("does_not_fit", resolution=resolution)
        if not (by.strip() and why.strip()):
            raise NotAllowed("no_reason")
        self.proposed_by, self.proposal = by.strip(), {"resolution": resolution, "why": why.strip(), **details}

    def take_back(self, by: str) -> None:
        """The proposal falls; by whomever."""
        self._check_open()
        log.warning("case %s: %s dropped the proposal of %s", self.id, by, self.proposed_by)
        self.proposed_by = self.proposal = None

    def check_second(self, by: str) -> Json:
        """The proposal, when this is another person than who made it. Raises NotAllowed("closed" | "nothing_proposed" | "same_person")."""
        self._check_open()
        if self.proposal is None or self.proposed_by is None:
            raise NotAllowed("nothing_proposed")
        if not by.strip() or by.strip().casefold() == self.proposed_by.casefold():
            raise NotAllowed("same_person")
        return self.proposal

    def close(self, resolution: str, *, by: str, now: datetime) -> None:
        self.state, self.resolution, self.closed_by, self.closed_at = "closed", resolution, by.strip(), now

    @classmethod
    def settle(cls, db: Session, key: str, now: datetime) -> None:
        """What it was about has come right by itself."""
        case = db.scalars(select(cls).where(cls.key == key, cls.state == "open").with_for_update()).one_or_none()
        if case is not None:
            case.close("already_right", by=HOUSE, now=now)

    # -- private

    def _check_open(self) -> None:
        if self.state != "open":
            raise NotAllowed("closed")
