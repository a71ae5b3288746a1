"""What goes back to customers: what is owed, each attempt to send it, and goodwill that people of ours give."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import abort, request, url_for
from sqlalchemy import BigInteger, cast, or_, select

from bot.admin.accounts import cedis, entries, whole
from bot.admin.door import Answer, Desk, Pages, Refused
from bot.admin.shown import money, state, when, words
from bot.admin.table import Column, Filter, Table, wants_file
from bot.rules import disbursement as attempts
from models import foreseen
from models.audit import Audit
from models.case import Case
from models.disbursement import Disbursement
from models.order import Order
from models.payment import Payment
from models.person import Person
from models.refund import Refund

pages = Pages("refunds", "Refunds", group="Money", rank=1)
SHOWS = {"open": "not paid yet", "held": "held", "owed": "owed", "sending": "being sent", "stuck": "does not go through", "paid": "paid"}
CAUSES = {"cancelled": "cancelled", "dispute": "dispute", "surplus": "paid too much", "wrong_amount": "wrong amount", "goodwill": "goodwill"}
LATER = {"1": "an hour", "6": "six hours", "24": "a day", "72": "three days"}
STUCK = Refund.state == "owed", Refund.tries >= attempts.ALARM_AFTER


@pages.page("/refunds")
def listed(desk: Desk) -> Answer:
    table, now = _table(desk), desk.now
    show, cause, order = (f.value for f in table.filters)
    rows = select(Refund, Order.number, Person.name).join(Order, Order.id == Refund.order_id).join(Person, Person.id == Refund.person_id)
    if show:
        rows = rows.where(*STUCK) if show == "stuck" else rows.where(Refund.state != "paid" if show == "open" else Refund.state == show)
    if cause:
        rows = rows.where(Refund.cause == cause)
    if order:
        rows = rows.where(Order.number == order.upper())
    if wants_file():
        return table.file(desk, rows, scalars=False)
    return desk.show("refunds.html", title="Refunds", table=table.fill(desk.db, rows, scalars=False), now=now)


@pages.page("/refunds/<int:ident>")
def one(desk: Desk, ident: int) -> Answer:
    refund, order, payment, name = _found(desk, ident)
    way = desk.parts.paymaster.way_back(payment, refund.tries) if refund.state == "owed" else None
    ahead = foreseen.of_refund(refund, way[1]) if way else []
    return desk.show(
        "refund.html", title=f"Refund {ident}", refund=refund, order=order, payment=payment, name=desk.name(name), way=way,
        ahead=[(about, entries(lines)) for about, lines in ahead], tried=Disbursement.of_refund(desk.db, ident), cases=_cases(desk, refund),
        links=Audit.of(desk.db, f"refund:{ident}"), later=LATER, cause=CAUSES.get(refund.cause, words(refund.cause)),
        stuck=refund.needs_a_person, may_send=desk.may("money"),
    )  # fmt: skip


@pages.deed("/refunds/<int:ident>/now", can="money", fresh=True)
def send_now(desk: Desk, ident: int) -> Answer:
    """The next attempt is made at once; the worker makes it."""
    return _planned(desk, ident, timedelta(), "refund.hurried", "It is tried now. This page shows what came of it.")


@pages.deed("/refunds/<int:ident>/later", can="money", fresh=True)
def put_off(desk: Desk, ident: int) -> Answer:
    hours = request.form.get("hours", "")
    if hours not in LATER:
        raise Refused("Choose how long.", 422)
    return _planned(desk, ident, timedelta(hours=int(hours)), "refund.put_off", f"It is put off by {LATER[hours]}.")


@pages.deed("/refunds/<int:ident>/let-go", can="money", fresh=True)
def let_go(desk: Desk, ident: int) -> Answer:
    """Held money lies in suspense: letting it go is a proposal for its case, which somebody else confirms."""
    refund = _found(desk, ident)[0]
    case = next((c for c in _cases(desk, refund) if c.kind == "wrong_amount"), None)
    if refund.state != "held" or case is None:
        raise Refused("It is not held any more.")
    case = Case.by_id(desk.db, case.id, lock=True)
    case.propose("give_back", by=desk.staff.login, why=desk.why())
    desk.note("refund.let_go_proposed", f"refund:{ident}", why=desk.why(), case=case.id)
    desk.note("case.proposed", f"case:{case.id}", why=desk.why(), resolution="give_back")
    return desk.back("Proposed. Somebody else must confirm it below.", url_for("desk.cases_one", ident=case.id))


# -- private


def _planned(desk: Desk, ident: int, pause: timedelta, action: str, said: str) -> Answer:
    _found(desk, ident)
    why, refund = desk.why(), Refund.by_id(desk.db, ident, lock=True)
    before = refund.next_at
    refund.put_off(desk.now + pause)
    desk.note(action, f"refund:{ident}", why=why, before=before.isoformat(), after=refund.next_at.isoformat())
    desk.wakes.add("money")
    return desk.back(said, url_for("desk.refunds_one", ident=ident))


def _found(desk: Desk, ident: int) -> tuple[Refund, Order, Payment, str]:
    rows = select(Refund, Order, Payment, Person.name).join(Order, Order.id == Refund.order_id).join(Payment, Payment.id == Refund.payment_id)
    found = desk.db.execute(rows.join(Person, Person.id == Refund.person_id).where(Refund.id == ident)).one_or_none()
    if found is None:
        abort(404)
    return found[0], found[1], found[2], found[3]


def _cases(desk: Desk, refund: Refund) -> list[Case]:
    """Open ones about it, or about the payment it comes from."""
    about = cast(Case.facts["refund_id"].astext, BigInteger) == refund.id
    paid = (Case.kind == "wrong_amount") & (cast(Case.facts["payment_id"].astext, BigInteger) == refund.payment_id)
    return list(desk.db.scalars(select(Case).where(Case.state == "open", or_(about, paid)).order_by(Case.severity, Case.id)))


def _table(desk: Desk) -> Table:
    now = desk.now

    def planned(row: Any) -> Any:
        return when(row.Refund.paid_at or (row.Refund.next_at if row.Refund.state == "owed" else None), now)

    return Table(
        "refunds", "Refunds", empty="Nothing goes back to anybody. A refund stands here when an order is cancelled, a dispute is settled, "
        "somebody pays too much, or one of us gives goodwill.",
        columns=[
            Column("Order", lambda row: whole(row.number)), Column("Customer", lambda row: desk.name(row.name)),
            Column("Amount", lambda row: money(row.Refund.amount, row.Refund.currency),
                   lambda row: cedis(row.Refund.amount), sort="-amount", right=True),
            Column("Because", lambda row: CAUSES.get(row.Refund.cause, words(row.Refund.cause))),
            Column("State", lambda row: state(row.Refund.state), lambda row: row.Refund.state),
            Column("Attempts", lambda row: row.Refund.tries, right=True),
            Column("Paid, or next attempt", planned, lambda row: row.Refund.paid_at or row.Refund.next_at),
            Column("Since", lambda row: when(row.Refund.created_at, now), lambda row: row.Refund.created_at, sort="-new"),
        ],
        filters=[Filter("show", "State", SHOWS), Filter("cause", "Because", CAUSES), Filter("order", "Order")],
        sorts={"open": (Refund.paid_at.is_not(None), Refund.id), "-new": (Refund.id.desc(),), "-amount": (Refund.amount.desc(), Refund.id)},
        topic="refund", subject=lambda row: row.number, link=lambda row: f"/admin/refunds/{row.Refund.id}",
    )  # fmt: skip
