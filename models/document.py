"""Papers that are issued once, counted without a gap, and never changed afterwards."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.clock import ACCRA
from bot.rules import NotAllowed, escrow, series
from bot.rules.payment import NETWORKS
from bot.seal import masked
from models import earnings, ledger
from models.base import Base, Id, Json, Pesewas, Sealed
from models.ledger import HOUSE_CURRENCY
from models.order import Order
from models.payment import Payment
from models.person import Person
from models.refund import Refund
from models.seller import house
from models.tailor import Tailor

KINDS = tuple(series.PREFIXES)
#: Where the money of a receipt is, and until when (SPEC 4).
HELD = {
    "deposit": "Money held in escrow until two hours after you have seen the photo of the cut cloth, unless you report a problem.",
    "fitting": "Money held in escrow until you approved the fitting; since you did, it goes to the tailor now.",
    "final": "Money held in escrow until you confirm that you are content, or until 72 hours after the handover, unless you report a problem.",
    "cash": "Paid to the tailor directly: Sew4Mi does not hold this money and cannot give it back.",
    "surplus": "Nothing was due any more: all of it is owed back to the wallet that paid.",
    "suspense": "It is not the amount that was asked for: we hold it and owe it back to the wallet that paid.",
}


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

    @property
    def period(self) -> tuple[date, date] | None:
        return (self.period_from, self.period_to) if self.period_from and self.period_to else None

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


def receipt_for(db: Session, payment: Payment, now: datetime) -> Document:
    """What a customer gets for money that came: how much, for what, and where it is now."""
    order = Order.by_id(db, payment.order_id)
    moved = ledger.lines_of(db, f"collect:{payment.id}")
    place = "cash" if payment.provider == "cash" else payment.booked or "escrow"
    counted = place in ("escrow", "cash")  # exactly its part; what came too much goes back
    came = sum(pesewas for code, pesewas in moved.items() if code.startswith("provider_clearing:"))
    amount = payment.amount if counted else came or payment.amount
    before = sum(order.part(stage) for stage in escrow.STAGES[: escrow.STAGES.index(payment.stage)])
    paid = {"before": before, "after": before + amount, "left": order.total - before - amount} if counted else None
    facts = {
        **_of_order(db, order), "amount": amount, "stage": payment.stage, "total": order.total, "paid": paid,
        "held": HELD[payment.stage if place == "escrow" else place], **_wallet(payment),
    }  # fmt: skip
    return Document.issue(
        db, "receipt", once=f"payment:{payment.id}", person_id=payment.person_id, name=_name(db, payment.person_id), facts=facts, total=amount,
        order_id=order.id, payment_id=payment.id, now=now,
    )  # fmt: skip


def refund_receipt_for(db: Session, refund: Refund, now: datetime, *, reference: str = "") -> Document:
    """What a customer gets for money that went back; `reference` is the provider's number of that movement."""
    payment = Payment.by_id(db, refund.payment_id)
    facts = {
        **_of_order(db, Order.by_id(db, refund.order_id)), "amount": refund.amount, "cause": refund.cause, "paid_with": payment.reference,
        **_wallet(payment), "reference": reference or refund.key,
    }  # fmt: skip
    return Document.issue(
        db, "refund_receipt", once=f"refund:{refund.id}", person_id=refund.person_id, name=_name(db, refund.person_id), facts=facts,
        total=refund.amount, currency=refund.currency, order_id=refund.order_id, payment_id=payment.id, now=now,
    )  # fmt: skip


def commission_invoice(db: Session, tailor: Tailor, week_from: date, week_to: date, now: datetime) -> Document | None:
    """The commission booked from the first day to the end of the last one; None when there was none.

    Raises NotAllowed("period_open"), and "period_taken" when another one covers a part of it.
    """
    return _commission(db, "invoice", 1, tailor, (week_from, week_to), now)


def credit_note(db: Session, tailor: Tailor, week_from: date, week_to: date, now: datetime) -> Document | None:
    """The commission given back to a tailor in a period; None and raises as above."""
    return _commission(db, "credit_note", -1, tailor, (week_from, week_to), now)


def statement_of(db: Session, tailor: Tailor, start: date, end: date, now: datetime) -> Document:
    """Everything that moved on a tailor's account, between two balances. Raises NotAllowed("period_open")."""
    since, until = earnings.period(start, end, now)
    once = f"statement:{tailor.id}:{start}:{end}"
    facts = earnings.statement_facts(db, tailor.id, since, until)
    total = facts["closing"]["wallet"] - facts["closing"]["owed"]
    return Document.issue(
        db, "statement", once=once, person_id=tailor.person_id, name=tailor.business, facts=facts, total=total, period=(start, end), now=now
    )


def _commission(db: Session, kind: str, sign: int, tailor: Tailor, days: tuple[date, date], now: datetime) -> Document | None:
    since, until = earnings.period(*days, now)
    moves = [move for move in earnings.movements(db, tailor.id, since, until) if sign * move.commission > 0]
    if not moves:
        return None
    facts = earnings.commission_facts(moves, sign)
    once = f"{kind}:{tailor.id}:{days[0]}:{days[1]}"
    same = Document.person_id == tailor.person_id, Document.kind == kind, Document.once != once
    if other := db.scalar(select(Document.number).where(*same, Document.period_from <= days[1], Document.period_to >= days[0])):
        raise NotAllowed("period_taken", number=other)
    return Document.issue(
        db, kind, once=once, person_id=tailor.person_id, name=tailor.business, facts=facts, total=facts["total"], period=days, now=now
    )


def _of_order(db: Session, order: Order) -> Json:
    return {"seller": house.seller.facts(), "order": order.number, "garment": order.noun(db), "tailor": order.tailor(db).business}


def _wallet(payment: Payment) -> Json:
    network = NETWORKS.get(payment.network, payment.network)
    return {"network": network, "wallet": masked("+" + payment.msisdn.lstrip("+")), "reference": payment.provider_id or payment.reference}


def _name(db: Session, person_id: int) -> str:
    return Person.proper(Person.by_id(db, person_id).name) or "Customer"


GAPS = text("""SELECT s.name FROM series s LEFT JOIN document d ON d.number LIKE s.name || '-%'
    GROUP BY s.id HAVING s.last <> count(d.id) OR s.last <> coalesce(max(substr(d.number, length(s.name) + 2)::bigint), 0) ORDER BY s.name""")


def faults(db: Session) -> list[str]:
    """What is wrong with the numbers, in sentences; nothing when they are right."""
    return [f"the series {name} has a gap" for name in db.scalars(GAPS)]
