"""A tailor, the garments she offers, and the room she has."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, Select, UniqueConstraint, bindparam, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed, capacity, escrow, matching
from models.base import Base, Id, Pesewas
from models.verified import Verified


class Tailor(Verified, Base):
    __tablename__ = "tailor"
    __table_args__ = (Index("ix_tailor_waiting", "id", postgresql_where=text("state IN ('PENDING', 'UNDER_REVIEW')")),)

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    business: Mapped[str]
    town: Mapped[str]
    state: Mapped[str] = mapped_column(default="PENDING")  # bot/rules/verification.py
    rating100: Mapped[int] = mapped_column(default=0)
    jobs: Mapped[int] = mapped_column(default=0)
    identity_verified: Mapped[bool] = mapped_column(default=False)
    background_checked: Mapped[bool] = mapped_column(default=False)
    answer_minutes: Mapped[int] = mapped_column(default=60)
    commission_bp: Mapped[int] = mapped_column(default=escrow.COMMISSION_BP)
    per_month: Mapped[int] = mapped_column(default=capacity.PER_MONTH)
    per_day: Mapped[int] = mapped_column(default=capacity.PER_DAY)
    express: Mapped[bool] = mapped_column(default=True)
    busy: Mapped[bool] = mapped_column(default=False)
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("picture.id"))
    reputation: Mapped[int | None]  # 0 to 100, from the first review on
    cancellations: Mapped[int] = mapped_column(default=0)  # orders she accepted and did not begin

    @property
    def standing(self) -> matching.Standing:
        return matching.Standing(
            self.rating100, self.jobs, self.identity_verified, self.background_checked, self.answer_minutes, self.per_month,
            self.reputation or 0,
        )  # fmt: skip

    @classmethod
    def by_id(cls, db: Session, tailor_id: int) -> Tailor:
        tailor = db.get(cls, tailor_id)
        assert tailor is not None
        return tailor

    @classmethod
    def of_person(cls, db: Session, person_id: int) -> Tailor | None:
        return db.scalars(select(cls).where(cls.person_id == person_id)).one_or_none()

    @classmethod
    def likely(cls, db: Session, person_id: int, limit: int) -> list[Tailor]:
        """Whom she may want for a family order: those she has ordered from, then the best; who rests is not among them."""
        from models.order import Order

        hers = select(Order.id).where(Order.tailor_id == cls.id, Order.customer_id == person_id).exists()
        rows = select(cls).where(cls.state == "APPROVED", ~cls.busy).order_by(hers.desc(), cls.rating100.desc(), cls.id).limit(limit)
        return list(db.scalars(rows))

    def offer(self, db: Session, garment: str, price: int) -> None:
        """Sews a garment from now on at a price (pesewas), or changes the price."""
        found = db.scalars(select(Offer).where(Offer.tailor_id == self.id, Offer.garment == garment)).one_or_none()
        if found is None:
            found = Offer(tailor_id=self.id, garment=garment, price=price, town=self.town, score=0, rating100=0, open=False)
            db.add(found)
        found.price = price
        db.flush()
        self.refresh_offers(db)

    def refresh_offers(self, db: Session) -> None:
        """Copies what sorting needs beside each offer, so that a search touches one index however many tailors there are."""
        db.flush()
        db.refresh(self, with_for_update={"key_share": True})
        seen = {"town": self.town, "score": matching.base_score(self.standing), "rating100": self.rating100}
        db.execute(update(Offer).where(Offer.tailor_id == self.id).values(open=self.state == "APPROVED" and not self.busy, **seen))

    def rest(self, db: Session) -> None:
        self.busy = True
        self.refresh_offers(db)

    def work(self, db: Session) -> None:
        """Raises NotAllowed("not_shown") for who is not approved (any more)."""
        if self.state != "APPROVED":
            raise NotAllowed("not_shown")
        self.busy = False
        self.refresh_offers(db)

    def cancelled(self, db: Session, now: datetime) -> None:
        """An order was taken from her because she did not begin it."""
        from models.review import Review

        self.cancellations = Tailor.cancellations + 1  # counted by the database: two orders may end at once
        Review.weigh(db, self, now)


class Offer(Base):
    """One garment of one tailor."""

    __tablename__ = "offer"
    __table_args__ = (
        UniqueConstraint("tailor_id", "garment"),
        *(Index(f"ix_offer_{by}", "garment", "open", by, "id") for by in ("score", "price", "rating100")),
        *(Index(f"ix_offer_town_{by}", "garment", "open", "town", by, "id") for by in ("score", "price", "rating100")),
    )

    id: Mapped[Id]
    tailor_id: Mapped[int] = mapped_column(ForeignKey("tailor.id"))
    garment: Mapped[str] = mapped_column(ForeignKey("garment.name"))
    price: Mapped[Pesewas]
    town: Mapped[str]
    score: Mapped[int]
    rating100: Mapped[int]
    open: Mapped[bool]

    @classmethod
    def search(cls, db: Session, garment: str, *, town: str | None, by: str, limit: int = 20) -> list[Row[Any]]:
        """(Offer id, price, Tailor columns) of the best `limit` offers by "score", "price" or "rating100"; ties by age."""
        values = {"garment": garment, "town": town, "limit": limit} if town else {"garment": garment, "limit": limit}
        return list(db.connection().execute(_search(by, bool(town)), values))

    @classmethod
    def cards(cls, db: Session, offer_ids: list[int]) -> list[Row[Any]]:
        """The same columns for offers found before, in the given order."""
        rows = db.connection().execute(_CARDS, {"ids": offer_ids})
        found: dict[int, Any] = {row.id: row for row in rows}
        return [found[i] for i in offer_ids if i in found]

    @classmethod
    def beside(cls, db: Session, garment: str, base: int) -> tuple[int, int, int]:
        """How many tailors ask less than `base` for a garment, as much, and more."""
        counted = (func.count().filter(how) for how in (cls.price < base, cls.price == base, cls.price > base))
        row = db.execute(select(*counted).where(cls.garment == garment)).one()
        return row[0], row[1], row[2]

    @classmethod
    def of_tailor(cls, db: Session, tailor_id: int) -> list[Offer]:
        """What she takes orders for now, the cheapest first."""
        return list(db.scalars(select(cls).where(cls.tailor_id == tailor_id, cls.open).order_by(cls.price, cls.id)))

    @classmethod
    def by_id(cls, db: Session, offer_id: int) -> Offer:
        offer = db.get(cls, offer_id)
        assert offer is not None
        return offer


_CARD = (
    Tailor.id.label("tailor_id"), Tailor.business, Tailor.town, Tailor.rating100, Tailor.jobs, Tailor.identity_verified,
    Tailor.background_checked, Tailor.answer_minutes, Tailor.per_month, Tailor.picture_id,
)

_CARDS = select(Offer.id, Offer.price, *_CARD).join(Tailor, Tailor.id == Offer.tailor_id).where(Offer.id.in_(bindparam("ids", expanding=True)))


@cache
def _search(by: str, in_town: bool) -> Select[*tuple[Any, ...]]:
    """The statements are made once: making them costs more than running them."""
    column = {"score": Offer.score.desc(), "price": Offer.price, "rating100": Offer.rating100.desc()}[by]
    found = select(Offer.id, Offer.price, *_CARD).join(Tailor, Tailor.id == Offer.tailor_id)
    found = found.where(Offer.garment == bindparam("garment"), Offer.open)
    if in_town:
        found = found.where(Offer.town == bindparam("town"))
    return found.order_by(column, Offer.id if by == "price" else Offer.id.desc()).limit(bindparam("limit"))


def check_room(db: Session, tailor: Tailor, promised: date, now: datetime, *, pieces: int = 1) -> None:
    """Her row is locked so that two customers cannot take the last place. Raises NotAllowed("day_full" | "month_full")."""
    db.execute(select(Tailor.id).where(Tailor.id == tailor.id).with_for_update())
    _check_room(db, tailor, promised, now, pieces)


def has_room(db: Session, tailor: Tailor, promised: date, now: datetime, *, pieces: int = 1) -> bool:
    """Whether there is room as it looks now; nothing is locked."""
    try:
        _check_room(db, tailor, promised, now, pieces)
    except NotAllowed:
        return False
    return True


def _check_room(db: Session, tailor: Tailor, promised: date, now: datetime, pieces: int) -> None:
    """Counts the tailor's pieces that are paid or hold a place; what she has declined is no longer hers."""
    from models.order import Order

    taken = or_(Order.state.not_in(("PENDING_DEPOSIT", "CANCELLED", "REFUNDED")), Order.hold_until > now)
    same = select(func.coalesce(func.sum(Order.pieces), 0)).where(Order.tailor_id == tailor.id, taken, Order.declined_because.is_(None))
    month = func.date_trunc("month", Order.promised_on) == date(promised.year, promised.month, 1)
    capacity.check_room(
        in_month=db.scalar(same.where(month)) or 0,
        on_day=db.scalar(same.where(Order.promised_on == promised)) or 0,
        more=pieces,
        per_month=tailor.per_month,
        per_day=tailor.per_day,
    )
