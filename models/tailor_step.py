"""What was decided about a tailor and what was looked at, by whom and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, Sealed


class TailorStep(Base):
    """`event` is one of bot/rules/verification.py, or "ticked" and "unticked", which are about a check."""

    __tablename__ = "tailor_step"
    __table_args__ = (Index("ix_tailor_step_tailor", "tailor_id", "id"),)

    id: Mapped[Id]
    tailor_id: Mapped[int] = mapped_column(ForeignKey("tailor.id"))
    event: Mapped[str]
    about: Mapped[str | None]  # the check it is about
    origin: Mapped[str]
    target: Mapped[str]
    by: Mapped[str]  # a login
    why: Mapped[str] = mapped_column(Sealed, default="")
    at: Mapped[datetime]

    @classmethod
    def by_id(cls, db: Session, step_id: int) -> TailorStep:
        return db.get_one(cls, step_id)

    @classmethod
    def of(cls, db: Session, tailor_id: int) -> list[TailorStep]:
        """In the order in which they happened."""
        return list(db.scalars(select(cls).where(cls.tailor_id == tailor_id).order_by(cls.id)))

    @staticmethod
    def ticks(steps: list[TailorStep]) -> dict[str, TailorStep]:
        """{check: who ticked it last}, without those that were taken back."""
        last = {step.about: step for step in steps if step.about}
        return {check: step for check, step in last.items() if step.event == "ticked"}
