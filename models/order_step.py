"""The log of an order: what happened to it, when, by whose doing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id


class OrderStep(Base):
    """What happened to an order: from, to, event, actor, time."""

    __tablename__ = "order_step"
    __table_args__ = (Index("ix_order_step_at", "at", postgresql_using="brin", postgresql_with={"pages_per_range": 32, "autosummarize": "on"}),)

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    origin: Mapped[str | None]
    target: Mapped[str]
    event: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]
