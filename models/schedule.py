"""What falls due by the calendar and belongs to no person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules.schedule import Every
from models.base import Base


class Schedule(Base):
    """One row for each run of bot/rules/schedule.py. The ticker sees that it is due, a worker does it, and says when it is due again."""

    __tablename__ = "schedule"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]

    @classmethod
    def plan(cls, db: Session, runs: Mapping[str, Every], now: datetime) -> None:
        """Writes down what is not written down yet."""
        for name, every in runs.items():
            db.execute(insert(cls).values(name=name, due_at=every.after(now)).on_conflict_do_nothing())

    @classmethod
    def claim(cls, db: Session, now: datetime, lease: timedelta) -> list[str]:
        """What is due; due once more when the lease is over, should the worker die meanwhile."""
        rows = list(db.scalars(select(cls).where(cls.due_at <= now).order_by(cls.due_at).with_for_update(skip_locked=True)))
        for row in rows:
            row.due_at = now + lease
        return [row.name for row in rows]

    @classmethod
    def done(cls, db: Session, name: str, due_at: datetime) -> None:
        db.get_one(cls, name, with_for_update=True).due_at = due_at
