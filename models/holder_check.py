"""A question to the network: whose wallet is this number?"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed
from bot.rules import payout as rules
from models.base import Base, Id, Sealed
from models.tailor import Tailor


class HolderCheck(Base):
    """Asked by a conversation, carried by the worker. `name` is "" when there is no such wallet, None when nobody could say."""

    __tablename__ = "holder_check"
    __table_args__ = (
        Index("ix_holder_check_due", "next_at", postgresql_where=text("answered_at IS NULL")),
        Index("ix_holder_check_tailor", "tailor_id", "asked_at"),
    )

    id: Mapped[Id]
    tailor_id: Mapped[int] = mapped_column(ForeignKey("tailor.id"))
    number: Mapped[str] = mapped_column(Sealed)
    network: Mapped[str]
    name: Mapped[str | None] = mapped_column(Sealed)
    asked_at: Mapped[datetime]
    next_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    @classmethod
    def by_id(cls, db: Session, check_id: int, *, lock: bool = False) -> HolderCheck:
        return db.get_one(cls, check_id, with_for_update=lock or None, populate_existing=lock)

    @classmethod
    def ask(cls, db: Session, tailor_id: int, number: str, network: str, now: datetime) -> HolderCheck:
        """Raises NotAllowed("too_many_numbers"): whose number it is must not be found out by trying."""
        recent = cls.tailor_id == tailor_id, cls.asked_at > now - timedelta(days=1)
        if (db.scalar(select(func.count()).where(*recent)) or 0) >= rules.NUMBERS_PER_DAY:
            raise NotAllowed("too_many_numbers")
        check = cls(tailor_id=tailor_id, number=number, network=network, asked_at=now, next_at=now)
        db.add(check)
        db.flush()
        return check

    @classmethod
    def claim(cls, db: Session, now: datetime, lease: timedelta) -> HolderCheck | None:
        """The next unanswered one; whoever else looks waits for the lease."""
        row = select(cls).where(cls.answered_at.is_(None), cls.next_at <= now).order_by(cls.next_at, cls.id).limit(1)
        check = db.scalars(row.with_for_update(skip_locked=True)).one_or_none()
        if check is not None:
            check.next_at = now + lease
        return check

    def answer(self, name: str | None, now: datetime) -> None:
        self.name, self.answered_at = name, now

    @property
    def is_nobodys(self) -> bool:
        return self.answered_at is not None and self.name == ""

    def verdict(self, db: Session) -> rules.Verdict:
        """Whether the wallet's name is the tailor's own or her shop's."""
        from models.person import Person

        tailor = Tailor.by_id(db, self.tailor_id)
        return rules.best_match((Person.by_id(db, tailor.person_id).name, tailor.business), self.name)
