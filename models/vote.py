"""A vote of a circle on cloth or style: numbered options, one vote per member, who may think again until it is closed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed
from models.base import Base, Id, Json


class Vote(Base):
    """`options` are {"label": …, "picture_id": … or null}, numbered as they stand; one vote at a time is open in a circle."""

    __tablename__ = "vote"
    __table_args__ = (Index("uq_vote_open", "circle_id", unique=True, postgresql_where=text("closed_at IS NULL")),)

    id: Mapped[Id]
    circle_id: Mapped[int] = mapped_column(ForeignKey("circle.id"), index=True)
    options: Mapped[list[Json]]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    @classmethod
    def by_id(cls, db: Session, vote_id: int) -> Vote:
        return db.get_one(cls, vote_id, populate_existing=True)

    @classmethod
    def open_in(cls, db: Session, circle_id: int) -> Vote | None:
        return db.scalars(select(cls).where(cls.circle_id == circle_id, cls.closed_at.is_(None))).one_or_none()

    @classmethod
    def chosen(cls, db: Session, circle_id: int) -> str:
        """What a circle has agreed on, one after the other ("blue lace, wide sleeves"); a tie has chosen nothing."""
        closed = db.scalars(select(cls).where(cls.circle_id == circle_id, cls.closed_at.is_not(None)).order_by(cls.id))
        found = [vote.winners(db) for vote in closed]
        return ", ".join(winners[0] for winners in found if len(winners) == 1)

    def counts(self, db: Session) -> list[int]:
        """Votes for each option."""
        cast = Counter(db.scalars(select(Ballot.choice).where(Ballot.vote_id == self.id)))
        return [cast[n] for n in range(len(self.options))]

    def winners(self, db: Session) -> list[str]:
        """The label with most votes; several when they tie, none when nobody voted."""
        counts = self.counts(db)
        best = max(counts, default=0)
        return [str(o["label"]) for o, n in zip(self.options, counts, strict=True) if n == best and best]

    # -- verbs, under the lock of the circle

    @classmethod
    def start(cls, db: Session, circle_id: int, options: list[Json], now: datetime) -> Vote:
        if cls.open_in(db, circle_id):
            raise NotAllowed("vote_under_way")
        vote = cls(circle_id=circle_id, options=options, opened_at=now)
        db.add(vote)
        db.flush()
        return vote

    def cast(self, db: Session, person_id: int, choice: int) -> None:
        """One vote each; the last one counts. Raises NotAllowed("vote_closed")."""
        if self.closed_at is not None:
            raise NotAllowed("vote_closed")
        made = insert(Ballot).values(vote_id=self.id, person_id=person_id, choice=choice)
        db.execute(made.on_conflict_do_update(index_elements=["vote_id", "person_id"], set_={"choice": choice}))

    def close(self, now: datetime) -> None:
        self.closed_at = self.closed_at or now


class Ballot(Base):
    __tablename__ = "ballot"
    __table_args__ = (UniqueConstraint("vote_id", "person_id"),)

    id: Mapped[Id]
    vote_id: Mapped[int] = mapped_column(ForeignKey("vote.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    choice: Mapped[int]  # counted from 0
