"""A closed circle becomes orders: one for each payer and tailor, at prices that are settled together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from bot.rules import NotAllowed, measurements
from bot.rules import circle as rules
from bot.rules.order import check_total
from bot.rules.pricing import Garment as Kind
from bot.rules.pricing import Quote
from models.circle import Booking, Circle
from models.circle_item import Item
from models.garment import Garment
from models.order import Order
from models.person import Person
from models.piece import Piece
from models.profile import Profile
from models.tailor import Offer, Tailor
from models.vote import Vote


class Priced(NamedTuple):
    """An item with what it costs, settled."""

    item: Item
    offer: Offer
    kind: Kind
    quote: Quote
    discount: int

    @property
    def total(self) -> int:
        return self.quote.total - self.discount


def price(db: Session, circle: Circle, items: Sequence[Item]) -> list[Priced]:
    """What these items cost when they are ordered together; the discount counts the pieces of each tailor by themselves."""
    by_tailor: dict[int, list[tuple[Item, Offer, Kind]]] = {}
    for item in items:
        offer = item.offer(db)
        assert offer is not None
        by_tailor.setdefault(offer.tailor_id, []).append((item, offer, Garment.named(db, offer.garment)))
    priced: list[Priced] = []
    for _, lot in sorted(by_tailor.items()):
        settled = rules.settle([(kind, offer.price) for _, offer, kind in lot], fabric=circle.fabric)
        priced += [Priced(*row, *money) for row, money in zip(lot, settled, strict=True)]
    return priced


def place(db: Session, circle: Circle, items: Sequence[Item], now: datetime) -> list[Order]:
    """Everything is checked before the first order is placed: a refusal has changed nothing. Raises NotAllowed."""
    lots: dict[tuple[int, int], list[Priced]] = {}
    for row in price(db, circle, items):
        lots.setdefault((row.offer.tailor_id, row.item.payer_id), []).append(row)
    for (tailor_id, payer_id), lot in lots.items():
        _check(db, circle, Tailor.by_id(db, tailor_id), payer_id, lot, now)
    return [_place(db, circle, Tailor.by_id(db, tailor_id), payer_id, lot, now) for (tailor_id, payer_id), lot in lots.items()]


def _check(db: Session, circle: Circle, tailor: Tailor, payer_id: int, lot: list[Priced], now: datetime) -> None:
    booking = Booking.of(db, circle.id, tailor.id)
    if booking is None or booking.state != "agreed":
        raise NotAllowed("tailor_silent", tailor=tailor.business)
    for row in lot:
        rules.check_garment(row.kind.days, now.date(), circle.event_on)
    try:
        check_total(sum(row.total for row in lot), off=sum(row.discount for row in lot))
    except NotAllowed as refusal:
        raise NotAllowed(f"lot_{refusal.reason}", payer=Person.by_id(db, payer_id).first_name) from None


def _place(db: Session, circle: Circle, tailor: Tailor, payer_id: int, lot: list[Priced], now: datetime) -> Order:
    order = Order.place(
        db, customer_id=payer_id, tailor=tailor, pieces=[_piece(db, row, payer_id) for row in lot],
        fabric="own" if circle.fabric == "own" else "tailor", style=Vote.chosen(db, circle.id), style_picture_id=None, circle_id=circle.id,
        promised_on=rules.ready_on(now.date(), max(row.kind.days for row in lot), circle.event_on), now=now,
    )  # fmt: skip
    for row in lot:
        row.item.order(order.id)
    db.flush()
    return order


def _piece(db: Session, row: Priced, payer_id: int) -> Piece:
    """The tailor reads a name where the piece is not for the payer's own body."""
    cuts = measurements.cut_values(row.kind.name, Profile.by_id(db, row.item.profile_id).values(db))
    who = None if row.item.own and row.item.keeper_id == payer_id else row.item.name
    return Piece.sewn(row.kind.name, row.quote, cuts, profile_id=row.item.profile_id, who=who, discount=row.discount)
