"""All that people at the desk see of a person, and the file she gets when she asks what we know of her."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.base import Base, Json
from models.circle import Circle
from models.circle_item import IN, Item
from models.conversation import Conversation
from models.document import Document
from models.inbox import EVENTS, Inbox
from models.order import Order
from models.outbox import Outbox
from models.payment import Payment
from models.person import Address, Person
from models.profile import Measurement, Profile
from models.recording import Recording
from models.refund import Refund
from models.review import Review
from models.tailor import Tailor

NEWEST = 20
OF_ORDER = ("number", "garment", "pieces", "state", "total", "style", "promised_on", "placed_at")
OF_PAYMENT = ("reference", "stage", "provider", "network", "msisdn", "amount", "currency", "state", "created_at")


@dataclass(frozen=True, slots=True)
class PersonFile:
    person: Person
    tailor: Tailor | None
    heard_at: datetime | None
    attended_by: str | None
    addresses: list[Address]
    profiles: list[Profile]
    orders: list[tuple[Order, str]]  # the newest she placed or sews, with the business
    circles: list[Circle]
    payments: list[tuple[Payment, str]]  # with the order's number
    papers: list[Document]

    @classmethod
    def of(cls, db: Session, person_id: int) -> PersonFile | None:
        rows = select(Person, Tailor, Conversation.heard_at, Conversation.attended_by).outerjoin(Tailor, Tailor.person_id == Person.id)
        found = db.execute(rows.outerjoin(Conversation, Conversation.person_id == Person.id).where(Person.id == person_id)).one_or_none()
        if found is None:
            return None
        person, tailor, heard_at, attended_by = found
        hers = or_(Order.customer_id == person_id, Order.tailor_id.in_([tailor.id] if tailor else []))
        orders = select(Order, Tailor.business).join(Tailor, Tailor.id == Order.tailor_id).where(hers).order_by(Order.id.desc()).limit(NEWEST)
        paid = select(Payment, Order.number).join(Order, Order.id == Payment.order_id).where(Payment.person_id == person_id)
        papers = select(Document).where(Document.person_id == person_id).order_by(Document.id.desc()).limit(NEWEST)
        return cls(
            person, tailor, heard_at, attended_by, list(db.scalars(select(Address).where(Address.person_id == person_id).order_by(Address.id))),
            Profile.of(db, person_id), [(row[0], row[1]) for row in db.execute(orders)], _circles(db, person_id),
            [(row[0], row[1]) for row in db.execute(paid.order_by(Payment.id.desc()).limit(NEWEST))], list(db.scalars(papers)),
        )  # fmt: skip


def history(db: Session, person_id: int) -> list[tuple[Profile, list[Measurement]]]:
    """Every value ever confirmed of her and her family, by body, each field's newest first."""
    rows = select(Measurement).join(Profile, Profile.id == Measurement.profile_id).where(Profile.owner_id == person_id)
    values = list(db.scalars(rows.order_by(Measurement.field, Measurement.id.desc())))
    return [(profile, [v for v in values if v.profile_id == profile.id]) for profile in Profile.of(db, person_id)]


def everything(db: Session, person_id: int) -> Json:
    """What we know of a person, as plain values: money in pesewas, lengths in millimetres."""
    person = db.get_one(Person, person_id)
    heard = Inbox.person_id == person_id, Inbox.channel != EVENTS
    return {
        "person": _plain(person, "name", "language", "role", "wallet", "network", "consented_at", "stopped_at", "created_at"),
        "addresses": _rows(db, Address, Address.person_id == person_id, "channel", "value", "gone_at"),
        "profiles": [
            _plain(profile, "nickname", "relation", "birth_year", "sex")
            | {"measurements": [_plain(v, "field", "mm", "source", "at", "current") for v in values]}
            for profile, values in history(db, person_id)
        ],
        "orders": _rows(db, Order, Order.customer_id == person_id, *OF_ORDER),
        "payments": _rows(db, Payment, Payment.person_id == person_id, *OF_PAYMENT),
        "refunds": _rows(db, Refund, Refund.person_id == person_id, "amount", "currency", "cause", "state", "created_at", "paid_at"),
        "papers": _rows(db, Document, Document.person_id == person_id, "number", "kind", "name", "total", "currency", "issued_at"),
        "circles": [_plain(circle, "code", "event", "event_on", "state") for circle in _circles(db, person_id)],
        "reviews": _rows(db, Review, Review.person_id == person_id, "quality", "fit", "punctuality", "communication", "words", "at"),
        "voice_notes": _rows(db, Recording, Recording.person_id == person_id, "created_at", "seconds", "said"),
        "messages_from_her": [{"at": row.received_at, "kind": row.name, "text": row.body.get("text", "")} for row in _all(db, Inbox, *heard)],
        "messages_to_her": [{"at": row.created_at, "text": row.body.get("text", "")} for row in _all(db, Outbox, Outbox.person_id == person_id)],
    }  # fmt: skip


def _circles(db: Session, person_id: int) -> list[Circle]:
    """Those she leads or is in, also the old ones."""
    within = select(Item.circle_id).where(Item.keeper_id == person_id, Item.state.in_(IN))
    rows = select(Circle).where(or_(Circle.coordinator_id == person_id, Circle.id.in_(within)))
    return list(db.scalars(rows.order_by(Circle.id.desc()).limit(NEWEST)))


def _rows(db: Session, kind: type[Any], hers: Any, *columns: str) -> list[Json]:
    return [_plain(row, *columns) for row in _all(db, kind, hers)]


def _all(db: Session, kind: type[Any], *hers: Any) -> list[Any]:
    return list(db.scalars(select(kind).where(*hers).order_by(kind.id)))


def _plain(row: Base, *columns: str) -> Json:
    return {name: getattr(row, name) for name in columns}
