"""The day on which tailors are paid: a row that waits, so that no Friday is forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Index, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import payout as rules
from models.base import Base, Id


class Payday(Base):
    """One per week, "2026-W48". Made when the one before is over, so that a house that was down pays late and once."""

    __tablename__ = "payday"
    __table_args__ = (Index("ix_payday_due", "next_at", postgresql_where=text("done_at IS NULL")),)

    id: Mapped[Id]
    week: Mapped[str] = mapped_column(unique=True)
    next_at: Mapped[datetime]
    run_by: Mapped[list[str]] = mapped_column(default=list)  # who may not approve what it made; "rules" for the clock
    done_at: Mapped[datetime | None]

    @classmethod
    def plan(cls, db: Session, now: datetime) -> None:
        """Makes the next one unless one waits; a week that was paid by hand before its Friday is over."""
        if db.scalar(select(cls.id).where(cls.done_at.is_(None)).limit(1)) is None:
            payday = rules.payday_after(now)
            while cls.of(db, rules.week_of(payday)) is not None:
                payday += timedelta(days=7)
            cls._make(db, rules.week_of(payday), payday)

    @classmethod
    def due(cls, db: Session, now: datetime) -> list[str]:
        """The weeks to be paid now."""
        return list(db.scalars(select(cls.week).where(cls.done_at.is_(None), cls.next_at <= now).order_by(cls.next_at)))

    @classmethod
    def open(cls, db: Session) -> list[Payday]:
        return list(db.scalars(select(cls).where(cls.done_at.is_(None)).order_by(cls.next_at)))

    @classmethod
    def of(cls, db: Session, week: str) -> Payday | None:
        return db.scalars(select(cls).where(cls.week == week)).one_or_none()

    @classmethod
    def begin(cls, db: Session, week: str, by: str, now: datetime) -> None:
        """Notes who pays a week; by hand it may be one that nobody planned."""
        cls._make(db, week, now)
        payday = db.scalars(select(cls).where(cls.week == week).with_for_update()).one()
        payday.run_by = sorted({*payday.run_by, by})

    @classmethod
    def call(cls, db: Session, week: str, by: str, now: datetime) -> None:
        """Somebody wants a week paid now, or looked through once more: the worker does it."""
        cls.begin(db, week, by, now)
        payday = db.scalars(select(cls).where(cls.week == week)).one()
        payday.next_at, payday.done_at = now, None

    @classmethod
    def end(cls, db: Session, week: str, now: datetime, *, again: timedelta | None) -> None:
        """Everybody was paid; or `again` later, because of somebody who could not be."""
        payday = db.scalars(select(cls).where(cls.week == week).with_for_update()).one()
        if again is not None:
            payday.next_at = now + again
            return
        payday.done_at = payday.done_at or now
        db.flush()
        cls.plan(db, now)

    @classmethod
    def _make(cls, db: Session, week: str, due: datetime) -> None:
        db.execute(insert(cls).values(week=week, next_at=due, run_by=[]).on_conflict_do_nothing())
