"""People who speak for somebody who wants to be a tailor, and can be called."""

from __future__ import annotations

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, Sealed


class Referee(Base):
    __tablename__ = "referee"

    id: Mapped[Id]
    tailor_id: Mapped[int] = mapped_column(ForeignKey("tailor.id"), index=True)
    name: Mapped[str] = mapped_column(Sealed)
    phone: Mapped[str] = mapped_column(Sealed)  # "+233…"

    @classmethod
    def of(cls, db: Session, tailor_id: int) -> list[Referee]:
        """In the order in which she named them."""
        return list(db.scalars(select(cls).where(cls.tailor_id == tailor_id).order_by(cls.id)))
