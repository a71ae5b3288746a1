"""What a customer says of a finished order, and what the tailor answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed
from bot.rules import reputation as rules
from models.base import Base, Id
from models.order import Order
from models.picture import Picture
from models.tailor import Tailor

COUNTED = 500  # reviews of one tailor: what is older weighs next to nothing


class Review(Base):
    """One for an order. Its marks are from 1 to 5."""

    __tablename__ = "review"
    __table_args__ = (
        Index("ix_review_tailor", "tailor_id", "id"),
        *(CheckConstraint(f"{mark} BETWEEN {rules.FEWEST} AND {rules.MOST}", name=mark) for mark in rules.MARKS),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    tailor_id: Mapped[int] = mapped_column(ForeignKey("tailor.id"))
    quality: Mapped[int]
    fit: Mapped[int]
    punctuality: Mapped[int]
    communication: Mapped[int]
    words: Mapped[str]
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("picture.id"))
    at: Mapped[datetime]
    reply: Mapped[str | None]
    replied_at: Mapped[datetime | None]

    # -- questions

    @classmethod
    def by_id(cls, db: Session, review_id: int, *, lock: bool = False) -> Review:
        return db.get_one(cls, review_id, with_for_update=lock or None, populate_existing=lock)

    @classmethod
    def of_order(cls, db: Session, order_id: int) -> Review | None:
        return db.scalars(select(cls).where(cls.order_id == order_id)).one_or_none()

    @classmethod
    def open_for(cls, db: Session, person_id: int, now: datetime, limit: int = 9) -> list[Order]:
        """Finished orders of a customer that can be reviewed now, the newest first."""
        done = Order.customer_id == person_id, Order.state == "COMPLETED", Order.state_since > now - rules.REVIEW_WITHIN
        none = ~select(cls.id).where(cls.order_id == Order.id).exists()
        return list(db.scalars(select(Order).where(*done, none).order_by(Order.id.desc()).limit(limit)))

    @classmethod
    def unanswered(cls, db: Session, tailor_id: int, limit: int = 9) -> list[Review]:
        return list(db.scalars(select(cls).where(cls.tailor_id == tailor_id, cls.reply.is_(None)).order_by(cls.id.desc()).limit(limit)))

    @property
    def stars100(self) -> int:
        return rules.stars100([getattr(self, mark) for mark in rules.MARKS])

    def has_photo(self, db: Session) -> bool:
        return self.picture_id is not None and Picture.by_id(db, self.picture_id).state == "kept"

    def order(self, db: Session) -> Order:
        return Order.by_id(db, self.order_id)

    # -- verbs

    @classmethod
    def give(
        cls, db: Session, order: Order, marks: Mapping[str, int], *, person_id: int, words: str, picture_id: int | None, now: datetime
    ) -> Review:
        """The customer's word, once, within 90 days. Raises NotAllowed("not_yours" | "not_finished" | "too_late" | "reviewed")."""
        if order.customer_id != person_id:
            raise NotAllowed("not_yours")
        if order.state != "COMPLETED":
            raise NotAllowed("not_finished")
        if now - order.state_since >= rules.REVIEW_WITHIN:
            raise NotAllowed("too_late")
        if cls.of_order(db, order.id):
            raise NotAllowed("reviewed")
        review = cls(
            order_id=order.id, person_id=person_id, tailor_id=order.tailor_id, words=words, picture_id=picture_id, at=now, **marks
        )  # fmt: skip
        db.add(review)
        cls.weigh(db, order.tailor(db), now)
        return review

    @classmethod
    def weigh(cls, db: Session, tailor: Tailor, now: datetime) -> None:
        """Her rating, her reputation and what is kept beside her offers, from all her reviews. One at a time: her row is locked."""
        db.flush()
        db.refresh(tailor, with_for_update={"key_share": True})
        newest = select(cls).where(cls.tailor_id == tailor.id).order_by(cls.id.desc()).limit(COUNTED)
        given = [rules.Given(review.stars100, review.at) for review in db.scalars(newest)]
        if given:
            background, identity = tailor.background_checked, tailor.identity_verified
            record = rules.Record(tailor.jobs, tailor.cancellations, tailor.answer_minutes, identity, background)
            tailor.rating100, tailor.reputation = rules.rating100(given, now), rules.reputation(given, record, now)
            tailor.refresh_offers(db)

    def answer(self, words: str, now: datetime) -> None:
        """The tailor's answer, once. Raises NotAllowed("answered")."""
        if self.reply is not None:
            raise NotAllowed("answered")
        self.reply, self.replied_at = words, now
