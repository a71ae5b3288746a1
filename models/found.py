"""What somebody at the desk looks for: a number in, and where it leads."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.rules.numbering import read_circle_code, read_order_number
from bot.understand import NotUnderstood
from bot.understand.phone import phone
from models.circle import Circle
from models.disbursement import Disbursement
from models.dispute import Dispute
from models.document import Document
from models.inbox import Inbox
from models.order import Order
from models.outbox import Outbox
from models.payment import Payment
from models.person import Address
from models.tailor import Tailor

MOST = 20
SHORTEST_WORD = 3
REFERENCE = re.compile(r"[\w.:/-]{4,100}")
CASE = re.compile(r"[Dd]-?(\d{1,9})")


class Hit(NamedTuple):
    sort: str  # order, case, person, tailor, payment, payout, letter, message, paper, circle
    id: int  # of what its page is about
    label: str


def look_for(db: Session, said: str, *, channels: Collection[str], providers: Collection[str]) -> list[Hit]:
    """Everything that is called so exactly; a tailor's business also by a part of its name."""
    return list(dict.fromkeys(_hits(db, said.strip()[:100], tuple(channels), tuple(providers))))[:MOST]


def _hits(db: Session, said: str, channels: tuple[str, ...], providers: tuple[str, ...]) -> Iterator[Hit]:
    if number := read_order_number(said):
        yield from _all(db, "order", select(Order.id, Order.number).where(Order.number == number))
        return
    if case := CASE.fullmatch(said):
        yield from (Hit("case", row.id, row.number) for row in db.scalars(select(Dispute).where(Dispute.id == int(case[1]))))
    if code := read_circle_code(said):
        yield from _all(db, "circle", select(Circle.coordinator_id, Circle.code).where(Circle.code == code))
    if (number := _phone(said)) is not None:
        hers = Address.channel.in_(channels), Address.value_index == Address.index_of(number)
        yield from _all(db, "person", select(Address.person_id, Address.channel).where(*hers))
    if REFERENCE.fullmatch(said):
        yield from _references(db, said, channels, providers)
    if len(said) >= SHORTEST_WORD and any(c.isalpha() for c in said):
        rows = select(Tailor.person_id, Tailor.business).where(Tailor.business.icontains(said, autoescape=True))
        yield from _all(db, "tailor", rows.order_by(Tailor.jobs.desc(), Tailor.id).limit(MOST))


def _references(db: Session, said: str, channels: tuple[str, ...], providers: tuple[str, ...]) -> Iterator[Hit]:
    """Our references and the providers' numbers; papers; ids of messages."""
    yield from _all(db, "payment", select(Payment.order_id, Payment.reference).where(_is_called(Payment, said, providers)))
    sent = select(Disbursement.order_id, Disbursement.person_id, Disbursement.reference).where(_is_called(Disbursement, said, providers))
    yield from (Hit("payment", r[0], r[2]) if r[0] else Hit("payout", r[1], r[2]) for r in db.execute(sent))
    papers = select(Document.order_id, Document.person_id, Document.number).where(Document.number == said.upper())
    yield from (Hit("payment" if r[0] else "paper", r[0] or r[1], r[2]) for r in db.execute(papers))
    yield from _all(db, "letter", select(Outbox.person_id, Outbox.provider_id).where(Outbox.provider_id == said))
    heard = Inbox.channel.in_(channels), Inbox.provider_id == said
    yield from _all(db, "message", select(Inbox.person_id, Inbox.provider_id).where(*heard))


def _is_called(kind: type[Payment] | type[Disbursement], said: str, providers: tuple[str, ...]) -> Any:
    provider: InstrumentedAttribute[str] = kind.provider
    return or_(kind.reference == said, provider.in_(providers) & (kind.provider_id == said))


def _all(db: Session, sort: str, rows: Select[*tuple[Any, ...]]) -> Iterator[Hit]:
    return (Hit(sort, row[0], row[1]) for row in db.execute(rows))


def _phone(said: str) -> str | None:
    if sum(c.isdigit() for c in said) < 9 or any(c.isalpha() for c in said):
        return None
    try:
        return phone(said)
    except NotUnderstood:
        return None
