"""Forgetting a person: who she was and what she said goes; orders, money and papers stay, as the law wants them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from bot.rules import NotAllowed, disbursement, payment
from bot.rules import order as rules
from models.application import Application
from models.circle import Circle
from models.circle_item import Item
from models.conversation import Conversation, lock_by_id
from models.disbursement import Disbursement
from models.dispute_word import DisputeWord
from models.holder_check import HolderCheck
from models.inbox import EVENTS, Inbox
from models.ledger import Account
from models.milestone import Milestone
from models.note import Note
from models.order import Order
from models.outbox import Outbox
from models.payment import Payment
from models.person import Address, Person
from models.picture import Picture
from models.piece import Piece
from models.profile import Measurement, Profile
from models.purse import Purse
from models.recording import Recording
from models.referee import Referee
from models.refund import Refund
from models.tailor import Tailor
from models.timer import Timer

FORMER = "A former tailor"
NOTHING_SAID = {"text": "", "tap": "", "quoted": ""}
NOTHING_TOLD = {"text": "", "choices": [], "menu": "", "picture": ""}


def hindrances(db: Session, person_id: int) -> list[str]:
    """Why she cannot be forgotten yet: open_order, money_owed, open_circle, works_here."""
    tailor = Tailor.of_person(db, person_id)
    asked = {"open_order": _open_orders(person_id, tailor), "money_owed": _owed(person_id, tailor), "open_circle": _open_circles(person_id)}
    found = db.execute(select(*(exists(rows).label(name) for name, rows in asked.items()))).one()
    works = ["works_here"] if tailor and tailor.state not in ("REJECTED", "SUSPENDED") else []
    return [name for name, is_so in zip(asked, found, strict=True) if is_so] + works


def forget(db: Session, person_id: int, now: datetime) -> None:
    """Once, and for good. Raises NotAllowed with the first hindrance."""
    person = lock_by_id(db, person_id).person
    if hindering := hindrances(db, person_id):
        raise NotAllowed(hindering[0])
    person.name, person.wallet, person.network, person.consented_at = "", None, None, None
    person.stop(now)
    _forget_addresses(db, person_id, now)
    _forget_bodies(db, person_id)
    _forget_words(db, person_id)
    _forget_pictures(db, person_id)
    if tailor := Tailor.of_person(db, person_id):
        _forget_business(db, tailor)


def _open_orders(person_id: int, tailor: Tailor | None) -> Select[Any]:
    hers = or_(Order.customer_id == person_id, Order.tailor_id.in_([tailor.id] if tailor else []))
    return select(Order.id).where(hers, Order.state.not_in(rules.ORDER.final))


def _owed(person_id: int, tailor: Tailor | None) -> Select[Any]:
    """Anything of hers that is still on its way, in either direction."""
    codes = [f"refunds_payable:{person_id}", *(f"{kind}:{tailor.id}" for kind in ("tailor_wallet", "tailor_receivable") if tailor)]
    books = select(Account.id).where(Account.code.in_(codes), Account.balance != 0)
    back = select(Refund.id).where(Refund.person_id == person_id, Refund.state != "paid")
    out = select(Disbursement.id).where(Disbursement.person_id == person_id, Disbursement.state.in_(disbursement.LIVE))
    coming = select(Payment.id).where(Payment.person_id == person_id, Payment.state.in_(payment.OPEN))
    return books.union_all(back, out, coming)  # type: ignore[return-value]


def _open_circles(person_id: int) -> Select[Any]:
    within = select(Item.circle_id).where(Item.keeper_id == person_id, Item.state.in_(("joined", "agreed")))
    return select(Circle.id).where(Circle.state.in_(("draft", "open")), or_(Circle.coordinator_id == person_id, Circle.id.in_(within)))


def _forget_addresses(db: Session, person_id: int, now: datetime) -> None:
    """Who writes from the same number later is somebody new."""
    for address in db.scalars(select(Address).where(Address.person_id == person_id)):
        address.value, address.value_index, address.gone_at = "", f"forgotten:{address.id}", now


def _forget_bodies(db: Session, person_id: int) -> None:
    """Her measurements and those of her family, also what orders froze of them."""
    profiles = list(db.scalars(select(Profile).where(Profile.owner_id == person_id)))
    ids = [profile.id for profile in profiles]
    db.execute(delete(Measurement).where(Measurement.profile_id.in_(ids)))
    for profile in profiles:
        profile.nickname, profile.birth_year, profile.sex = "", None, None
    mine = or_(Piece.profile_id.in_(ids), Piece.order_id.in_(select(Order.id).where(Order.customer_id == person_id)))
    db.execute(update(Piece).where(mine).values(who=None, measures={}))
    db.execute(update(Item).where(or_(Item.keeper_id == person_id, Item.profile_id.in_(ids))).values(name=""))


def _forget_words(db: Session, person_id: int) -> None:
    """What she said and was told, by voice and in writing, and what we noted about her."""
    db.execute(update(Inbox).where(Inbox.person_id == person_id, Inbox.channel != EVENTS).values(body=NOTHING_SAID))
    unsent = Outbox.person_id == person_id, Outbox.state.in_(("waiting", "held"))
    db.execute(update(Outbox).where(*unsent).values(state="discarded"))
    db.execute(update(Outbox).where(Outbox.person_id == person_id).values(body=NOTHING_TOLD))
    voice = {"content": None, "said": None, "claims": None, "names": None, "source_url": None}
    lost = case((Recording.state == "wanted", "lost"), else_=Recording.state)
    db.execute(update(Recording).where(Recording.person_id == person_id).values(state=lost, **voice))
    left = {"stack": [], "version": Conversation.version + 1, "misses": 0, "attended_by": None}
    db.execute(update(Conversation).where(Conversation.person_id == person_id).values(left))
    db.execute(delete(Timer).where(Timer.person_id == person_id, Timer.rung_at.is_(None)))
    db.execute(delete(Note).where(Note.subject == f"person:{person_id}"))


def _forget_pictures(db: Session, person_id: int) -> None:
    """Not what shows the work on an order, nor the evidence of a case."""
    kept = select(Milestone.picture_id).union(select(DisputeWord.picture_id).where(DisputeWord.picture_id.is_not(None)))
    hers = Picture.person_id == person_id, Picture.id.not_in(kept)
    db.execute(update(Picture).where(*hers).values(state="lost", content=None, source_url=None))


def _forget_business(db: Session, tailor: Tailor) -> None:
    handed_in = db.scalars(select(Application.photos).where(Application.tailor_id == tailor.id)).all()
    shown = [ident for photos in ([tailor.picture_id or 0], *handed_in) for ident in photos]
    db.execute(update(Picture).where(Picture.id.in_(shown)).values(state="lost", content=None, source_url=None))
    tailor.business, tailor.picture_id = FORMER, None
    for kind in (Application, Referee, Purse, HolderCheck):
        db.execute(delete(kind).where(kind.tailor_id == tailor.id))


def is_forgotten(person: Person) -> bool:
    return person.is_stopped and person.consented_at is None and not person.name
