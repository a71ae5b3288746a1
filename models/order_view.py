"""What a customer may see of one of her orders, read in eight statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.rules.whereabouts import Moved
from models.document import Document
from models.garment import Garment
from models.ledger import Account, Entry, Journal
from models.milestone import Milestone
from models.order import Order
from models.order_step import OrderStep
from models.payment import Payment
from models.person import Person
from models.picture import Picture
from models.piece import Piece
from models.refund import Refund
from models.tailor import Tailor
from models.timer import Timer

#: Clocks that end a wait of the customer or the tailor; in each state at most one of them runs.
CLOCKS = ("deposit_expired", "tailor_silent", "choice_expired", "fitting:silence", "delivery_silence")
PAPERS = ("receipt", "refund_receipt")
Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class OrderView:
    order: Order
    customer: str  # her first name
    tailor: str  # the name of the business
    due_at: datetime | None  # when the present wait ends by itself
    log: list[tuple[str, datetime]]  # (state reached, when)
    pieces: Rows  # who, label, delivered_at
    photos: Rows  # step, at, verdict, reason, picture_id
    payments: Rows  # id, stage, state, booked, provider, msisdn
    refunds: Rows  # payment_id, amount, currency, cause, state, paid_at
    papers: Rows  # id, number, kind, total, currency, issued_at
    moves: list[Moved]

    @classmethod
    def of(cls, db: Session, order_id: int) -> OrderView | None:
        """Nothing of what only the tailor or other people may know is even read: no measurements, no commission, no phone of hers."""
        keys = [f"order:{order_id}:{name}" for name in CLOCKS]
        due = select(func.min(Timer.due_at)).where(Timer.key.in_(keys), Timer.rung_at.is_(None), Timer.paused_at.is_(None)).scalar_subquery()
        both = select(Order, Person.name, Tailor.business, due).join(Person, Person.id == Order.customer_id)
        row = db.execute(both.join(Tailor, Tailor.id == Order.tailor_id).where(Order.id == order_id)).one_or_none()
        if row is None:
            return None
        order, name, tailor, due_at = row
        first_name = (Person.proper(name or "").split() or [""])[0]
        return cls(order, first_name, tailor, due_at, _log(db, order), *_work(db, order), *_money(db, order), moves=_moves(db, order))


def _log(db: Session, order: Order) -> list[tuple[str, datetime]]:
    rows = select(OrderStep.target, OrderStep.at).where(OrderStep.order_id == order.id).order_by(OrderStep.id)
    return [(target, at) for target, at in db.execute(rows)]


def _work(db: Session, order: Order) -> tuple[Rows, Rows]:
    pieces = select(Piece.who, Piece.delivered_at, Garment.label).join(Garment, Garment.name == Piece.garment)
    photos = select(Milestone.step, Milestone.at, Milestone.verdict, Milestone.reason, Milestone.picture_id)
    shown = photos.join(Picture, Picture.id == Milestone.picture_id).where(Milestone.order_id == order.id, Picture.state == "kept")
    return db.execute(pieces.where(Piece.order_id == order.id).order_by(Piece.place)).all(), db.execute(shown.order_by(Milestone.id.desc())).all()


def _money(db: Session, order: Order) -> tuple[Rows, Rows, Rows]:
    payments = select(Payment.id, Payment.stage, Payment.state, Payment.booked, Payment.provider, Payment.msisdn)
    refunds = select(Refund.payment_id, Refund.amount, Refund.currency, Refund.cause, Refund.state, Refund.paid_at)
    papers = select(Document.id, Document.number, Document.kind, Document.total, Document.currency, Document.issued_at)
    hers = Document.order_id == order.id, Document.person_id == order.customer_id, Document.kind.in_(PAPERS)
    return (
        db.execute(payments.where(Payment.order_id == order.id).order_by(Payment.id)).all(),
        db.execute(refunds.where(Refund.order_id == order.id).order_by(Refund.id)).all(),
        db.execute(papers.where(*hers).order_by(Document.id)).all(),
    )


def _moves(db: Session, order: Order) -> list[Moved]:
    """What went into and out of the order's escrow, and what became the customer's again."""
    rows = select(Journal.id, Journal.posted_at, Account.code, Entry.amount).join(Entry, Entry.journal_id == Journal.id).join(Account)
    kept = or_(Account.code.startswith(f"escrow:{order.id}:", autoescape=True), Account.code == f"refunds_payable:{order.customer_id}")
    return [Moved(*row) for row in db.execute(rows.where(Journal.order_id == order.id, kept).order_by(Journal.id, Entry.id))]
