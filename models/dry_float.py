"""A provider at which our own money has run out: payouts by it wait until there is some again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules.payout import FLOAT_ASKED_AGAIN
from models.base import Base
from models.disbursement import Disbursement


class DryFloat(Base):
    """There while it is so. Nothing is half done: what waits stays "approved"."""

    __tablename__ = "dry_float"

    provider: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    next_at: Mapped[datetime]  # when the provider is asked for its balance

    @classmethod
    def all(cls, db: Session) -> list[DryFloat]:
        return list(db.scalars(select(cls).order_by(cls.provider)))

    @classmethod
    def note(cls, db: Session, provider: str, now: datetime) -> None:
        """A payout was refused for want of money."""
        values = {"provider": provider, "since": now, "next_at": now + FLOAT_ASKED_AGAIN}
        db.execute(insert(cls).values(values).on_conflict_do_nothing())

    @classmethod
    def is_at(cls, db: Session, provider: str) -> bool:
        return db.get(cls, provider) is not None

    @classmethod
    def claim(cls, db: Session, now: datetime) -> list[str]:
        """Providers to be asked for their balance now."""
        due = db.scalars(select(cls).where(cls.next_at <= now).order_by(cls.provider).with_for_update(skip_locked=True)).all()
        for dry in due:
            dry.next_at = now + FLOAT_ASKED_AGAIN
        return [dry.provider for dry in due]

    @classmethod
    def wanted(cls, db: Session, provider: str) -> int:
        """Pesewas of the smallest payout that waits; with less than that it makes no sense to go on."""
        return int(db.scalar(select(func.min(Disbursement.amount)).where(*cls._waiting(provider))) or 0)

    @classmethod
    def over(cls, db: Session, provider: str, now: datetime) -> None:
        """There is money again: what waited goes on at once, what was meant for a later day stays where it is."""
        db.execute(delete(cls).where(cls.provider == provider))
        soon = Disbursement.next_at <= now + FLOAT_ASKED_AGAIN
        db.execute(update(Disbursement).where(*cls._waiting(provider), soon).values(next_at=now))

    @classmethod
    def _waiting(cls, provider: str) -> tuple[ColumnElement[bool], ...]:
        return Disbursement.provider == provider, Disbursement.purpose == "payout", Disbursement.state == "approved"
