"""A photo of the work, and what the customer said to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id


class Milestone(Base):
    __tablename__ = "milestone"

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    step: Mapped[str]
    picture_id: Mapped[int] = mapped_column(ForeignKey("picture.id"), unique=True)
    at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    verdict: Mapped[str | None]  # approved, rejected
    reason: Mapped[str | None]

    @classmethod
    def of(cls, db: Session, order_id: int) -> list[Milestone]:
        return list(db.scalars(select(cls).where(cls.order_id == order_id).order_by(cls.id)))

    @classmethod
    def last(cls, db: Session, order_id: int, step: str) -> Milestone | None:
        return db.scalars(select(cls).where(cls.order_id == order_id, cls.step == step).order_by(cls.id.desc()).limit(1)).first()

    def judge(self, verdict: str, reason: str | None = None) -> None:
        self.verdict, self.reason = verdict, reason
