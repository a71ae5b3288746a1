"""What somebody at the desk does with an order in a person's place, by the same rules, so that both sides hear of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.rules import NotAllowed
from bot.rules import order as rules
from bot.rules.money import ghs
from bot.rules.notices import not_before
from models.circle import Circle
from models.inbox import Inbox
from models.order import Order
from models.order_step import OrderStep
from models.tailor import Tailor, check_room

#: In which states each may be done; whatever else forbids it is said by the verb itself.
MAY = {
    "cancel": ("PENDING_DEPOSIT", "DEPOSIT_PAID", "ACCEPTED"),
    "approve": ("READY_FOR_FITTING",),
    "confirm": ("READY_FOR_DELIVERY", "DELIVERED"),
    "promise": ("DEPOSIT_PAID", "ACCEPTED", "IN_PROGRESS", "READY_FOR_FITTING", "FITTING_APPROVED", "COMPLETING", "READY_FOR_DELIVERY"),
}


def cancel(db: Session, order: Order, by: str, now: datetime) -> None:
    """SPEC 6: gives back what the customer would get if she cancelled now. Raises NotAllowed("only_by_dispute")."""
    was_asked, in_cash = order.state != "PENDING_DEPOSIT", order.in_cash(db, "deposit")
    back = order.cancel(db, f"admin:{by}", now)
    _tell(db, order, order.customer_id, "cancelled_cash" if in_cash else "cancelled", now, amount=ghs(back.to_customer) if back.to_customer else "")
    if was_asked:
        amount = ghs(back.to_tailor) if back.to_tailor else ""
        _tell(db, order, order.tailor(db).person_id, "tailor_cancelled", now, amount=amount)


def approve_fitting(db: Session, order: Order, by: str, now: datetime) -> None:
    """The customer's yes, which somebody heard otherwise; she is asked for the second part."""
    order.approve_fitting(db, f"admin:{by}", now)
    _tell(db, order, order.customer_id, "approved", now)
    _tell(db, order, order.tailor(db).person_id, "tailor_approved", now)


def confirm(db: Session, order: Order, by: str, now: datetime) -> None:
    """The customer has it and is content: what is held goes to the tailor. Raises NotAllowed("final_unpaid")."""
    if order.state == "READY_FOR_DELIVERY":
        order.hand_over(db, f"admin:{by}", now)
    net = order.confirm(db, f"admin:{by}", now)
    _tell(db, order, order.customer_id, "confirmed", now)
    _tell(db, order, order.tailor(db).person_id, "tailor_confirmed", now, amount=ghs(net))


def promise(db: Session, order: Order, day: date, by: str, now: datetime) -> None:
    """A later day than the one that was promised. Raises NotAllowed: not_later, too_far, after_the_event, day_full, month_full."""
    _check_later(db, order, day, now)
    check_room(db, order.tailor(db), day, now, pieces=order.pieces)
    before, order.promised_on = order.promised_on, day
    db.add(OrderStep(order_id=order.id, origin=order.state, target=order.state, event="promised_later", actor=f"admin:{by}", at=now))
    for person_id in order.sides(db):
        _tell(db, order, person_id, "promised", now, day=day.isoformat(), before=before.isoformat())


def offer_to(db: Session, order: Order, tailor: Tailor, by: str, now: datetime) -> None:
    """Another tailor is asked, when the present one declined, is silent or did not begin. Raises what Order.offer_to raises."""
    trouble, former = order.trouble, order.tailor(db)
    order.offer_to(db, tailor, now, actor=f"admin:{by}")
    _tell(db, order, order.customer_id, "offered", now, day=order.promised_on.isoformat(), tailor=tailor.business)
    facts = {"flow": "job", "memory": {"order_id": order.id, "tailor_id": tailor.id}}
    Inbox.happen(db, tailor.person_id, "invited", facts, once=f"invited:job:{order.id}:{tailor.id}", now=now, due_at=not_before(now))
    if trouble != "declined":
        _tell(db, order, former.person_id, "tailor_lost", now)


def _check_later(db: Session, order: Order, day: date, now: datetime) -> None:
    if order.state not in MAY["promise"]:
        raise NotAllowed("not_now")
    if day <= max(order.promised_on, now.date()):
        raise NotAllowed("not_later")
    if day > now.date() + rules.MAX_AHEAD:
        raise NotAllowed("too_far", latest=now.date() + rules.MAX_AHEAD)
    if order.circle_id is not None and day > Circle.by_id(db, order.circle_id).event_on:
        raise NotAllowed("after_the_event")


def _tell(db: Session, order: Order, person_id: int, what: str, now: datetime, **values: str) -> None:
    """Whoever is concerned hears it from the bot, not by night."""
    facts = {"flow": "ruled", "memory": {"order_id": order.id, "what": what, "values": values}}
    once = f"invited:ruled:{order.id}:{what}:{person_id}:{now.isoformat()}"
    Inbox.happen(db, person_id, "invited", facts, once=once, now=now, due_at=not_before(now))
