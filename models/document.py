"""Papers that are issued once, counted without a gap, and never changed afterwards."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.clock import ACCRA
from bot.rules import series
from models.base import Base, Id, Json, Pesewas, Sealed
from models.ledger import HOUSE_CURRENCY

KINDS = tuple(series.PREFIXES)


class Series(Base):
    """How many papers of a kind were issued in a year; the database lets it grow by one at a time."""

    __tablename__ = "series"
    __table_args__ = (CheckConstraint("last >= 0", name="last"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    last: Mapped[int]

    @classmethod
    def locked(cls, db: Session, name: str) -> int:
        """How far it is; the row stays locked until the caller's transaction ends, so that a rollback leaves no gap."""
        db.execute(insert(cls).values(name=name, last=0).on_conflict_do_nothing())
        return db.execute(select(cls.last).where(cls.name == name).with_for_update()).scalar_one()


class Document(Base):
    """One paper. `facts` hold everything that stands on it but the name it is made out to, so that it can be drawn again years later."""

    __tablename__ = "document"
    __table_args__ = (
        Index("ix_document_person", "person_id", "kind", "id"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("(period_from IS NULL) = (period_to IS NULL) AND period_from <= period_to", name="period"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    once: Mapped[str] = mapped_column(unique=True)  # what it is for, so that the same is never issued twice
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(Sealed)  # to whom it is made out
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]  # the last day of it
    facts: Mapped[Json]
    currency: Mapped[str]
    total: Mapped[Pesewas]
    issued_at: Mapped[datetime]

    # -- questions

    @classmethod
    def by_id(cls, db: Session, document_id: int) -> Document:
        document = db.get(cls, document_id)
        assert document is not None
        return document

    @classmethod
    def issued(cls, db: Session, once: str) -> Document | None:
        return db.scalars(select(cls).where(cls.once == once)).one_or_none()

    @classmethod
    def of_person(cls, db: Session, person_id: int, kind: str, limit: int = 12) -> list[Document]:
        """The newest first."""
        rows = select(cls).where(cls.person_id == person_id, cls.kind == kind)
        return list(db.scalars(rows.order_by(cls.id.desc()).limit(limit)))

    # -- verbs

    @classmethod
    def issue(
        cls, db: Session, kind: str, *, once: str, person_id: int, name: str, facts: Json, total: int, now: datetime, order_id: int | None = None,
        payment_id: int | None = None, period: tuple[date, date] | None = None, currency: str = HOUSE_CURRENCY,
    ) -> Document:  # fmt: skip
        """The paper for `once`, with the next number unless it was issued before.

        Everybody who issues the same kind waits until the caller's transaction ends: it comes last, after orders and accounts.
        """
        if known := cls.issued(db, once):
            return known
        row = series.name(kind, now.astimezone(ACCRA).date())
        last = Series.locked(db, row)
        if known := cls.issued(db, once):  # by the one we waited for
            return known
        db.execute(update(Series).where(Series.name == row).values(last=last + 1))
        start, end = period or (None, None)
        document = cls(
            number=series.number(row, last + 1), kind=kind, once=once, person_id=person_id, name=name, order_id=order_id, payment_id=payment_id,
            period_from=start, period_to=end, facts=facts, currency=currency, total=total, issued_at=now,
        )  # fmt: skip
        db.add(document)
        db.flush()
        return document


GAPS = text("""SELECT s.name FROM series s LEFT JOIN document d ON d.number LIKE s.name || '-%'
    GROUP BY s.id HAVING s.last <> count(d.id) OR s.last <> coalesce(max(substr(d.number, length(s.name) + 2)::bigint), 0) ORDER BY s.name""")


def faults(db: Session) -> list[str]:
    """What is wrong with the numbers, in sentences; nothing when they are right."""
    return [f"the series {name} has a gap" for name in db.scalars(GAPS)]
