"""A case as a mediator sees it: the order, what was said and shown, and what a decision can move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, case, cast, func, literal, select
from sqlalchemy.orm import Session, aliased

from bot.rules.escrow import STAGES
from models import settlement
from models.dispute import Dispute
from models.dispute_word import DisputeWord
from models.garment import Garment
from models.ledger import Account
from models.milestone import Milestone
from models.order import Order
from models.person import Person
from models.picture import Picture
from models.recording import Recording
from models.tailor import Tailor

Rows = Sequence[Any]
_codes = [func.concat("escrow:", Dispute.order_id, literal(f":{stage}")) for stage in STAGES]
#: Pesewas in the order's escrow.
HELD = select(cast(func.coalesce(-func.sum(Account.balance), 0), BigInteger)).where(Account.code.in_(_codes)).correlate(Dispute).scalar_subquery()
OPEN_FIRST = (Dispute.state == "closed", Dispute.answered_at.is_not(None))
#: The open ones by their deadline, then those that were answered, then the closed ones, the newest first.
BY_DEADLINE = (*OPEN_FIRST, case((Dispute.state != "closed", Dispute.answer_due_at)), Dispute.closed_at.desc(), Dispute.id)


@dataclass(frozen=True, slots=True)
class DisputeView:
    dispute: Dispute
    order: Order
    tailor: Tailor
    customer: Person
    sewer: Person  # the tailor as a person
    garment: str
    words: Rows  # each a DisputeWord, with what is known of its file
    milestones: Rows
    bounds: settlement.Bounds

    @property
    def held(self) -> int:
        return sum(self.bounds.held.values())

    def said_to(self, side: str) -> list[Any]:
        """What one side has said and read, in order."""
        hers = ((side, "both"), (side, side), ("mediator", side), ("mediator", "both"))
        return [row for row in self.words if (row.DisputeWord.who, row.DisputeWord.for_whom) in hers]

    @property
    def among_us(self) -> list[Any]:
        return [row for row in self.words if row.DisputeWord.for_whom == "admins"]

    @classmethod
    def read(cls, db: Session, dispute_id: int) -> DisputeView | None:
        """In six statements."""
        sewer = aliased(Person)
        rows = select(Dispute, Order, Tailor, Person, sewer, Garment.label).join(Order, Order.id == Dispute.order_id)
        rows = rows.join(Tailor, Tailor.id == Order.tailor_id).join(Person, Person.id == Order.customer_id)
        rows = rows.join(sewer, sewer.id == Tailor.person_id).join(Garment, Garment.name == Order.garment)
        found = db.execute(rows.where(Dispute.id == dispute_id)).one_or_none()
        if found is None:
            return None
        order = found[1]
        return cls(*found, words=_words(db, dispute_id), milestones=_milestones(db, order.id), bounds=settlement.bounds(db, order))


def listed() -> Select[Any]:
    """(Dispute, order number, held) of all cases."""
    return select(Dispute, Order.number.label("number"), HELD.label("held")).join(Order, Order.id == Dispute.order_id)


def _words(db: Session, dispute_id: int) -> Rows:
    """Each with its picture's kind and state, and whether its voice note is still here."""
    file = Picture.content_type.label("kind"), Picture.state.label("picture"), Recording.state.label("recording")
    kept = Recording.content.is_not(None).label("is_kept")
    rows = select(DisputeWord, *file, kept).outerjoin(Picture, Picture.id == DisputeWord.picture_id)
    rows = rows.outerjoin(Recording, Recording.id == DisputeWord.recording_id)
    return db.execute(rows.where(DisputeWord.dispute_id == dispute_id).order_by(DisputeWord.id)).all()


def _milestones(db: Session, order_id: int) -> Rows:
    rows = select(Milestone, Picture.state.label("picture")).join(Picture, Picture.id == Milestone.picture_id)
    return db.execute(rows.where(Milestone.order_id == order_id).order_by(Milestone.id)).all()
