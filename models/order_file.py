"""All that people at the desk see of an order, read in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Text, cast, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from bot.rules import escrow
from bot.rules.whereabouts import Moved, Whereabouts, whereabouts
from models.circle import Circle
from models.disbursement import Disbursement
from models.dispute import Dispute
from models.document import Document
from models.garment import Garment
from models.inbox import EVENTS, Inbox
from models.ledger import Account, Entry, Journal
from models.milestone import Milestone
from models.order import Order
from models.order_step import OrderStep
from models.outbox import Outbox
from models.payment import Payment
from models.person import Person
from models.piece import Piece
from models.refund import Refund
from models.tailor import Tailor
from models.timer import Timer

LINES = 10  # of the talk


class Step(NamedTuple):
    """Something that happened to the order, a photo of it, or a clock that will ring."""

    sort: str  # step, photo, clock
    at: datetime
    event: str
    target: str | None  # the state reached; of a photo the customer's verdict
    actor: str | None  # of a photo why she said no
    about: int | None  # the picture


class Booked(NamedTuple):
    """One movement in the books: what it was for, and its lines (account, pesewas; debits are positive)."""

    at: datetime
    key: str
    lines: list[tuple[str, int]]


class Line(NamedTuple):
    """One bubble of the talk."""

    at: datetime
    ours: bool
    sort: str
    text: str


@dataclass(frozen=True, slots=True)
class OrderFile:
    order: Order
    customer: Person
    tailor: Tailor
    case: int | None  # the dispute that is open
    event: Circle | None
    pieces: list[tuple[Piece, str]]
    steps: list[Step]
    payments: list[Payment]
    refunds: list[Refund]
    sent: list[Disbursement]
    papers: list[Document]
    books: list[Booked]
    money: Whereabouts

    @classmethod
    def of(cls, db: Session, order_id: int) -> OrderFile | None:
        case = select(Dispute.id).where(Dispute.order_id == Order.id, Dispute.state != "closed").scalar_subquery()
        rows = select(Order, Person, Tailor, Circle, case, Piece, Garment.label).join(Person, Person.id == Order.customer_id)
        rows = rows.join(Tailor, Tailor.id == Order.tailor_id).join(Piece, Piece.order_id == Order.id).join(Garment, Garment.name == Piece.garment)
        found = db.execute(rows.outerjoin(Circle, Circle.id == Order.circle_id).where(Order.id == order_id).order_by(Piece.place)).all()
        if not found:
            return None
        order, customer, tailor, event, number, *_ = found[0]
        payments, refunds, sent = _paid(db, order_id)
        moves, books = _booked(db, order_id, order.customer_id)
        cash = {p.stage: order.part(p.stage) for p in payments if p.booked == "cash"}
        papers = list(db.scalars(select(Document).where(Document.order_id == order_id).order_by(Document.id)))
        return cls(
            order, customer, tailor, number, event, [(row[5], row[6]) for row in found], _steps(db, order_id), payments, refunds, sent, papers,
            books, whereabouts(order.total, moves, cash),
        )  # fmt: skip

    # -- what follows from it, without asking again

    @property
    def log(self) -> list[Step]:
        return [step for step in self.steps if step.sort == "step"]

    @property
    def photos(self) -> list[Step]:
        return [step for step in self.steps if step.sort == "photo"]

    @property
    def clocks(self) -> list[Step]:
        return [step for step in self.steps if step.sort == "clock"]

    @property
    def next_clock(self) -> datetime | None:
        """When something happens by itself; nothing does while the clocks stand still."""
        return min((clock.at for clock in self.clocks if clock.target != "stopped"), default=None)

    def is_funded(self, stage: str) -> bool:
        return any(p.stage == stage and p.booked in ("escrow", "cash") for p in self.payments)

    @property
    def goes_back(self) -> escrow.GivenBack:
        """What becomes of the deposit when the order is cancelled now. Raises NotAllowed once work has begun."""
        held = next(part.held for part in self.money.parts if part.stage == "deposit")
        return escrow.on_cancel(self.order.state, held, no_show=self.order.trouble == "no_show")


def talk(db: Session, person_id: int, limit: int = LINES) -> list[Line]:
    """The last bubbles from and to a person, the oldest first."""
    said = select(Inbox.received_at.label("at"), literal(False).label("ours"), Inbox.name.label("sort"), Inbox.body.label("body"))
    said = said.where(Inbox.person_id == person_id, Inbox.channel != EVENTS).order_by(Inbox.id.desc()).limit(limit)
    told = select(Outbox.created_at, literal(True), Outbox.state, Outbox.body).where(Outbox.person_id == person_id)
    both = union_all(said.subquery().select(), told.order_by(Outbox.id.desc()).limit(limit).subquery().select()).subquery()
    rows = db.execute(select(both).order_by(both.c.at.desc(), both.c.ours.desc()).limit(limit)).all()
    return [Line(row.at, row.ours, row.sort, row.body.get("text", "")) for row in reversed(rows)]


def next_clock() -> ColumnElement[Any]:
    """For long lists of orders: when the first clock of each rings. (The filter keeps the planner away from the index of times.)"""
    here = Timer.key.op("~>=~")(func.concat("order:", Order.id, ":")), Timer.key.op("~<~")(func.concat("order:", Order.id, ";"))
    first = func.min(Timer.due_at).filter(Timer.paused_at.is_(None))
    return select(first).where(*here, Timer.rung_at.is_(None)).correlate(Order).scalar_subquery()


def next_clocks(db: Session, order_ids: Collection[int]) -> dict[int, datetime]:
    """The same for the orders of one page."""
    if not order_ids:
        return {}
    order_id = cast(func.split_part(Timer.key, ":", 2), BigInteger)
    theirs = or_(*(Timer.key.startswith(f"order:{number}:", autoescape=True) for number in order_ids))
    rows = select(order_id, func.min(Timer.due_at)).where(theirs, Timer.rung_at.is_(None), Timer.paused_at.is_(None)).group_by(order_id)
    return {row[0]: row[1] for row in db.execute(rows)}


def _steps(db: Session, order_id: int) -> list[Step]:
    """The log, the photos and the clocks, in the order of their times."""
    past = select(literal("step").label("sort"), OrderStep.at, OrderStep.event, OrderStep.target, OrderStep.actor, OrderStep.id.label("about"))
    shown = select(literal("photo"), Milestone.at, Milestone.step, Milestone.verdict, Milestone.reason, Milestone.picture_id)
    stopped = func.nullif(cast(Timer.paused_at.is_not(None), Text), "false")
    coming = select(literal("clock"), Timer.due_at, Timer.event, stopped, null(), cast(null(), BigInteger))
    coming = coming.where(Timer.key.startswith(f"order:{order_id}:", autoescape=True), Timer.rung_at.is_(None))
    rows = union_all(past.where(OrderStep.order_id == order_id), shown.where(Milestone.order_id == order_id), coming).subquery()
    found = [Step(*row) for row in db.execute(select(rows).order_by(rows.c.at, rows.c.about))]
    return [step._replace(target="stopped") if step.sort == "clock" and step.target else step for step in found]


def _paid(db: Session, order_id: int) -> tuple[list[Payment], list[Refund], list[Disbursement]]:
    """What was asked for, what is owed back of it, and each attempt to send that."""
    rows = select(Payment, Refund, Disbursement).outerjoin(Refund, Refund.payment_id == Payment.id)
    rows = rows.outerjoin(Disbursement, Disbursement.refund_id == Refund.id).where(Payment.order_id == order_id)
    found = db.execute(rows.order_by(Payment.id, Refund.id, Disbursement.id)).all()
    payments = list(dict.fromkeys(payment for payment, _, _ in found))
    refunds = list(dict.fromkeys(refund for _, refund, _ in found if refund))
    return payments, refunds, [attempt for _, _, attempt in found if attempt]


def _booked(db: Session, order_id: int, customer_id: int) -> tuple[list[Moved], list[Booked]]:
    """The movements of the order: those of its escrow, and all of them as they stand in the books."""
    rows = select(Journal.id, Journal.posted_at, Account.code, Entry.amount, Journal.key).join(Entry, Entry.journal_id == Journal.id).join(Account)
    found = db.execute(rows.where(Journal.order_id == order_id).order_by(Journal.id, Entry.id)).all()
    kept = [Moved(*row[:4]) for row in found if row[2].startswith(f"escrow:{order_id}:") or row[2] == f"refunds_payable:{customer_id}"]
    return kept, list(_movements(found))


def _movements(rows: Sequence[Any]) -> Iterator[Booked]:
    for _, lines in groupby(rows, key=lambda row: row[0]):
        entries = list(lines)
        yield Booked(entries[0][1], entries[0][4], [(row[2], row[3]) for row in entries])
