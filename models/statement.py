"""What providers say they did for us: the lines of their statements, kept once, and what we make of each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.payments import Line
from models.base import Base, Id, Pesewas, Sealed
from models.case import Case

CLASSES = ("matched", "booked", "theirs_only", "amount_differs", "fee_differs", "status_differs", "sent_without_record", "sent_though_failed")
#: A later statement, poll or decision may still turn these into a match.
UNDECIDED = ("theirs_only", "status_differs", "sent_without_record")


class Statement(Base):
    """A whole day (UTC) of a provider that we have been told about."""

    __tablename__ = "statement"

    provider: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime]

    @classmethod
    def covers(cls, db: Session, provider: str, days: Iterable[date], now: datetime) -> None:
        for day in days:
            db.execute(insert(cls).values(provider=provider, day=day, taken_at=now).on_conflict_do_nothing())

    @staticmethod
    def whole(seen: Iterable[date], today: date) -> list[date]:
        """The whole days between the first and the last line of a statement; today is not over."""
        days = sorted({day.toordinal() for day in seen})
        return [date.fromordinal(n) for n in range(days[0], min(days[-1] + 1, today.toordinal()))] if days else []

    @classmethod
    def last(cls, db: Session, provider: str) -> date | None:
        return db.scalar(select(func.max(cls.day)).where(cls.provider == provider))


class StatementLine(Base):
    """One line; `verdict` is one of CLASSES, None until it has been judged."""

    __tablename__ = "statement_line"
    __table_args__ = (
        UniqueConstraint("provider", "kind", "provider_id"),
        Index("ix_statement_line_open", "provider", "id", postgresql_where=text(f"verdict IS NULL OR verdict IN {UNDECIDED}")),
        Index("ix_statement_line_verdict", "provider", "verdict"),
        Index("ix_statement_line_differs", "id", postgresql_where=text("verdict NOT IN ('matched', 'booked')")),
        Index("ix_statement_line_payment", "payment_id", postgresql_where=text("payment_id IS NOT NULL")),
        Index("ix_statement_line_disbursement", "disbursement_id", postgresql_where=text("disbursement_id IS NOT NULL")),
    )

    id: Mapped[Id]
    provider: Mapped[str]
    kind: Mapped[str]
    provider_id: Mapped[str]
    reference: Mapped[str]
    amount: Mapped[Pesewas]
    currency: Mapped[str]
    fee: Mapped[Pesewas]
    at: Mapped[datetime]
    msisdn: Mapped[str] = mapped_column(Sealed)
    verdict: Mapped[str | None]
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    disbursement_id: Mapped[int | None] = mapped_column(ForeignKey("disbursement.id"))
    taken_at: Mapped[datetime]

    # -- questions

    @classmethod
    def by_id(cls, db: Session, line_id: int, *, lock: bool = False) -> StatementLine:
        return db.get_one(cls, line_id, with_for_update=lock or None, populate_existing=lock)

    @classmethod
    def undecided(cls, db: Session, provider: str) -> list[int]:
        """Lines that have not found their movement, in the order they came."""
        rows = select(cls.id).where(cls.provider == provider, cls.verdict.is_(None) | cls.verdict.in_(UNDECIDED))
        return list(db.scalars(rows.order_by(cls.id)))

    @property
    def key(self) -> str:
        """Of its case."""
        return f"line:{self.provider}:{self.kind}:{self.provider_id}"

    # -- verbs

    @classmethod
    def take(cls, db: Session, provider: str, lines: Iterable[Line], now: datetime) -> int:
        """Keeps each line once; how many were new. One that comes again with another amount opens a case."""
        new = 0
        for line in lines:
            values = {name: getattr(line, name) for name in ("kind", "provider_id", "reference", "amount", "currency", "fee", "at", "msisdn")}
            made = insert(cls).values(provider=provider, taken_at=now, **values).on_conflict_do_nothing().returning(cls.id)
            if db.scalar(made) is not None:
                new += 1
                continue
            known = db.scalars(select(cls).where(cls.provider == provider, cls.kind == line.kind, cls.provider_id == line.provider_id)).one()
            if (known.amount, known.currency) != (line.amount, line.currency):
                facts = {"line_id": known.id, "before": known.amount, "now": line.amount, "currency": line.currency}
                Case.open(db, f"{known.key}:changed", "amount_differs", provider=provider, facts=facts, now=now)
            elif known.fee != line.fee:
                facts = {"line_id": known.id, "before": known.fee, "now": line.fee, "currency": line.currency}
                Case.open(db, f"{known.key}:fee", "fee_differs", provider=provider, facts=facts, now=now)
        return new
