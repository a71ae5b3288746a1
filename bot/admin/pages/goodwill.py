"""Giving a customer money back at our own expense: which order, how much, what it does to the books, why."""

from __future__ import annotations

import secrets
from typing import Any

from flask import make_response, request, url_for
from sqlalchemy import select

from bot.admin.accounts import entries
from bot.admin.door import Answer, Desk, Pages
from bot.admin.shown import why_not
from bot.rules import NotAllowed
from bot.rules.money import ghs, pesewas
from models import foreseen, goodwill
from models.case import Case
from models.order import Order
from models.person import Person

pages = Pages("goodwill")
LONGEST_KEY = 64


@pages.page("/refunds/new", can="money")
def new(desk: Desk) -> Answer:
    return _form(desk, request.args)


@pages.deed("/refunds/new", can="money", fresh=True)
def give(desk: Desk) -> Answer:
    """The key that the form carries makes pressing twice the same as once."""
    key, why = request.form.get("key", "")[:LONGEST_KEY], " ".join(request.form.get("why", "").split())[:500]
    try:
        order, amount = _read(desk, request.form)
        if order is None or amount is None or not key:
            raise NotAllowed("nothing_to_give")
        if len(why) < 3:
            raise NotAllowed("no_reason")
        case, is_new = goodwill.want(desk.db, order, amount, key=key, by=desk.staff.login, why=why, now=desk.now)
    except (NotAllowed, ValueError) as no:
        return make_response(_form(desk, request.form, said=_said(no)), 422)
    if not is_new:
        return desk.back("This was asked for already: pressed twice is once.", _place(case, order), kind="warn")
    return _decide(desk, case, order, amount, why)


def _decide(desk: Desk, case: Case, order: Order, amount: int, why: str) -> Answer:
    subject, facts = f"order:{order.id}", {"amount": amount, "case": case.id}
    if goodwill.needs_a_second(desk.db, order, amount, _limit(desk), desk.now):
        desk.note("refund.proposed", subject, why=why, **facts)
        desk.note("case.proposed", f"case:{case.id}", why=why, resolution=goodwill.KIND)
        return desk.back(f"{ghs(amount)} is above your limit: somebody else must confirm it.", _place(case, order), kind="warn")
    goodwill.give_alone(desk.db, case, desk.staff.login, desk.now)
    desk.note("refund.given", subject, why=why, **facts)
    desk.wakes.add("money")
    return desk.back(f"{ghs(amount)} goes back to the customer of {order.number}.", _place(case, order))


def _place(case: Case, order: Order) -> str:
    """Where it goes on: the case that waits, or the refunds of the order."""
    return url_for("desk.cases_one", ident=case.id) if case.state == "open" else url_for("desk.refunds_listed", order=order.number)


def _limit(desk: Desk) -> int:
    return desk.parts.till.terms.a_person_above


def _form(desk: Desk, typed: Any, *, said: str = "") -> str:
    """What was typed stays; with an order and an amount that fit, the preview and the last button stand below."""
    order = amount = None
    most, lines, name = 0, {}, ""
    try:
        order, amount = _read(desk, typed)
        if order is not None:
            most = sum(goodwill.left(desk.db, order.id).values())
            name = desk.db.scalar(select(Person.name).where(Person.id == order.customer_id)) or ""
            if amount is not None:
                goodwill.check(order, amount, most)
                lines = foreseen.of_goodwill(order.customer_id, amount)
    except (NotAllowed, ValueError) as no:
        said = said or _said(no)
    needs_two = bool(lines) and order is not None and goodwill.needs_a_second(desk.db, order, amount or 0, _limit(desk), desk.now)
    return desk.show(
        "goodwill.html", title="Give goodwill", order=order, amount=amount, most=most, rows=entries(lines), name=desk.name(name), said=said,
        typed=typed, needs_two=needs_two, limit=_limit(desk), key=typed.get("key") or secrets.token_hex(16),
    )  # fmt: skip


def _read(desk: Desk, typed: Any) -> tuple[Order | None, int | None]:
    """Raises NotAllowed("no_such_order"), ValueError."""
    number, amount = typed.get("order", "").strip().upper(), typed.get("amount", "").strip().replace(",", "").removeprefix("GHS").strip()
    order = desk.db.scalars(select(Order).where(Order.number == number)).one_or_none() if number else None
    if number and order is None:
        raise NotAllowed("no_such_order")
    return order, pesewas(amount) if amount else None


def _said(error: NotAllowed | ValueError) -> str:
    return why_not(error) if isinstance(error, NotAllowed) else "The amount is not one: write it like 25 or 25.50."
