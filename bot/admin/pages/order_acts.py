"""What is done with an order in a person's place: with a reason, once, and both sides are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import make_response, request

from bot.admin import shown
from bot.admin.door import Answer, Desk, Pages, Refused
from bot.admin.pages.orders import acts, found, page
from bot.rules import NotAllowed
from models import on_behalf
from models.order import Order
from models.tailor import Tailor

pages = Pages("order_acts", can="decide")
shown.WHY_NOT |= {
    "final_unpaid": "The last part is not paid yet: it cannot count as handed over.",
    "only_by_dispute": "The work has begun: only a case can end this order.",
    "not_later": "The new day must be later than the promised one, and not in the past.",
    "too_far": "At most six months ahead.",
    "after_the_event": "That is after the event it is made for.",
    "day_full": "The tailor has no room on that day.",
    "month_full": "The tailor's month is full.",
    "tailor_gone": "That tailor does not take it just now: choose once more.",
}


@pages.deed("/orders/<int:ident>/cancel", can="decide", fresh=True)
def cancel(desk: Desk, ident: int) -> Answer:
    desk.wakes.add("money")
    return _done(desk, ident, "cancelled", lambda order: on_behalf.cancel(desk.db, order, desk.staff.login, desk.now))


@pages.deed("/orders/<int:ident>/approve", can="decide", fresh=True)
def approve(desk: Desk, ident: int) -> Answer:
    return _done(desk, ident, "fitting_approved", lambda order: on_behalf.approve_fitting(desk.db, order, desk.staff.login, desk.now))


@pages.deed("/orders/<int:ident>/confirm", can="decide", fresh=True)
def confirm(desk: Desk, ident: int) -> Answer:
    return _done(desk, ident, "confirmed", lambda order: on_behalf.confirm(desk.db, order, desk.staff.login, desk.now))


@pages.deed("/orders/<int:ident>/promise", can="decide")
def promise(desk: Desk, ident: int) -> Answer:
    return _done(desk, ident, "promised_later", lambda order: on_behalf.promise(desk.db, order, _day(), desk.staff.login, desk.now))


@pages.page("/orders/<int:ident>/offer", can="decide")
def others(desk: Desk, ident: int) -> Answer:
    """Who could sew it instead, for the price the customer agreed to; whether she has room is checked when she is chosen."""
    file = found(desk, ident)
    is_free = "offer" in acts(desk, file)
    tailors = file.order.candidates(desk.db) if is_free else []
    return desk.show("order_offer.html", order=file.order, tailors=tailors, is_free=is_free, title="Another tailor")


@pages.deed("/orders/<int:ident>/offer", can="decide")
def offer(desk: Desk, ident: int) -> Answer:
    tailor = desk.db.get(Tailor, request.form.get("tailor", 0, int))
    if tailor is None:
        raise Refused("Choose a tailor.", 422)
    return _done(desk, ident, "offered_again", lambda order: on_behalf.offer_to(desk.db, order, tailor, desk.staff.login, desk.now))


def _done(desk: Desk, ident: int, what: str, does: Callable[[Order], None]) -> Answer:
    """Under the order's lock, if nobody was quicker; what a rule refuses changes nothing, and what was typed stays."""
    order = desk.db.get(Order, ident, with_for_update=True, populate_existing=True)
    if order is None:
        raise Refused("There is no such order.", 404)
    before = _facts(order)
    try:
        why = desk.why()
        if request.form.get("seen") != order.state:
            raise Refused(f"The order has moved on meanwhile: it is {shown.STATES[order.state][1]} now. Nothing was changed.")
        with desk.db.begin_nested():
            does(order)
    except (Refused, NotAllowed) as refusal:
        said, status = (refusal.said, refusal.status) if isinstance(refusal, Refused) else (shown.why_not(refusal), 422)
        return make_response(page(desk, found(desk, ident), said), status)
    desk.wakes.add("events")
    desk.note(f"order.{what}", f"order:{order.id}", why=why, before=before, after=_facts(order))
    return desk.back(f"{order.number}: {what.replace('_', ' ')}. Customer and tailor hear of it.", f"/admin/orders/{order.id}")


def _facts(order: Order) -> dict[str, object]:
    return {"state": order.state, "promised": order.promised_on.isoformat(), "tailor": order.tailor_id}


def _day() -> date:
    try:
        return date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        raise Refused("Say which day, as 2026-12-24.", 422) from None
