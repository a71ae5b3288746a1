"""Orders: the list, and everything about one of them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import request
from markupsafe import Markup
from sqlalchemy import Select, select, text

from bot.admin import shown
from bot.admin.door import Answer, Desk, Pages, Refused
from bot.admin.table import Column, Filter, Table, wants_file
from bot.clock import ACCRA
from bot.rules import NotAllowed, measurements, milestones
from bot.rules import order as rules
from bot.rules.escrow import GivenBack
from bot.rules.money import major
from bot.rules.tracker import Track, track
from models import order_file
from models.audit import Audit
from models.garment import Garment
from models.note import Note
from models.on_behalf import MAY
from models.order import UNDER_WAY, Order
from models.order_file import OrderFile
from models.person import Person
from models.piece import Piece
from models.tailor import Tailor

pages = Pages("orders", "Orders", group="Work", rank=1)
STATES = {state: shown.STATES[state][1] for state in rules.ORDER.states}
SHOWS = {"open": "under way", "late": "late"}
KINDS = {"held": "held", "released": "released", "cash": "in cash", "back": "given back", "open": "still to come"}
STOPS = {
    "ordered": "Ordered", "deposit_paid": "Deposit", "accepted": "Accepted", "cutting": "Cut", "fitting": "Fitting", "approved": "Approved",
    "ready": "Ready", "delivered": "Handed over", "done": "Complete",
}  # fmt: skip
SORTS = {"-placed": Order.id.desc(), "promised": (Order.promised_on, Order.id), "-total": (Order.total.desc(), Order.id.desc())}
FILTERS = (
    Filter("state", "State", STATES), Filter("show", "Show", SHOWS), Filter("tailor", "Tailor"), Filter("since", "Ordered from", kind="date"),
    Filter("until", "to", kind="date"),
)  # fmt: skip


# -- the list


@pages.page("/orders")
def index(desk: Desk) -> Answer:
    rings: dict[int, datetime] = {}
    table, statement = _table(desk, rings), _listed(desk)
    if wants_file():
        return table.file(desk, statement.add_columns(order_file.next_clock().label("rings")), scalars=False)
    table.fill(desk.db, statement, scalars=False)
    rings |= order_file.next_clocks(desk.db, [row.id for row in table.rows])
    return desk.show("orders.html", table=table, title="Orders")


def _table(desk: Desk, rings: dict[int, datetime]) -> Table:
    columns = [
        Column("Order", lambda row: row.number, sort="-placed"),
        Column("Customer", lambda row: desk.name(row.customer)),
        Column("Tailor", lambda row: row.business),
        Column("Garment", lambda row: row.label + (f" and {row.pieces - 1} more" if row.pieces > 1 else "")),
        Column("State", lambda row: shown.state(row.state), lambda row: row.state),
        Column("Total", lambda row: shown.money(row.total), lambda row: major(row.total), sort="-total", right=True),
        Column("Promised", lambda row: _promised(row, desk.now.date()), lambda row: row.promised_on, sort="promised"),
        Column("Next by itself", lambda row: shown.left(rings.get(row.id), desk.now), lambda row: row.rings),
    ]
    return Table(
        "orders", "Orders", columns, "No order is like that. Orders stand here as soon as a customer has said yes in the chat.", FILTERS, SORTS,
        topic="order", subject=lambda row: row.number, link=lambda row: f"/admin/orders/{row.id}",
    )  # fmt: skip


def _listed(desk: Desk) -> Select[Any]:
    columns: tuple[Any, ...] = Order.id, Order.number, Order.state, Order.total, Order.pieces, Order.promised_on, Tailor.business, Garment.label
    rows = select(*columns, Person.name.label("customer")).join(Person, Person.id == Order.customer_id)
    rows = rows.join(Tailor, Tailor.id == Order.tailor_id).join(Garment, Garment.name == Order.garment)
    asked = {f.name: f.value for f in FILTERS}
    if asked["state"]:
        rows = rows.where(Order.state == asked["state"])
    if asked["show"]:
        rows = rows.where(text(UNDER_WAY))
    if asked["show"] == "late":
        rows = rows.where(Order.promised_on < desk.now.date(), Order.state != "DELIVERED")
    if asked["tailor"]:
        rows = rows.where(Order.tailor_id.in_(select(Tailor.id).where(Tailor.business.icontains(asked["tailor"], autoescape=True))))
    since, until = _day(asked["since"]), _day(asked["until"])
    if since:
        rows = rows.where(Order.placed_at >= since)
    return rows.where(Order.placed_at < until + timedelta(days=1)) if until else rows


def _day(said: str) -> datetime | None:
    """When a day begins in Accra."""
    try:
        return datetime.combine(date.fromisoformat(said), time(), ACCRA) if said else None
    except ValueError:
        return None


def _promised(row: Any, today: date) -> Markup:
    over = row.promised_on < today and row.state in rules.PAID_STATES and row.state != "DELIVERED"
    late = Markup(' <span class="state bad"><span class="sign" aria-hidden="true">✕</span>late</span>') if over else ""
    return Markup("{}{}").format(shown.day(row.promised_on), late)


# -- one order


@pages.page("/orders/<int:ident>")
def show(desk: Desk, ident: int) -> Answer:
    return page(desk, found(desk, ident))


def found(desk: Desk, ident: int) -> OrderFile:
    file = OrderFile.of(desk.db, ident)
    if file is None:
        raise Refused("There is no such order.", 404)
    return file


def page(desk: Desk, file: OrderFile, wrong: str = "") -> Answer:
    """The order; `wrong` says why something was not done, beside what was typed."""
    subject, talk = f"order:{file.order.id}", []
    if request.args.get("chat") and desk.may("people"):
        desk.note("chat.read", f"person:{file.customer.id}", order=file.order.number)
        talk = order_file.talk(desk.db, file.customer.id)
    return desk.show(
        "order.html", file=file, order=file.order, track=_track(file), percent=_percent(file), bar=_bar(file), acts=acts(desk, file), talk=talk,
        back=_goes_back(file), wrong=wrong, typed=request.form, links=desk.parts.links, stops=STOPS, kinds=KINDS, actor=lambda who: _actor(file, who),
        notes=Note.of(desk.db, subject), trail=Audit.of(desk.db, subject), title=file.order.number,
    )  # fmt: skip


@pages.page("/orders/<int:ident>/measures", can="people")
def measures(desk: Desk, ident: int) -> Answer:
    """The frozen measurements, piece by piece; who looked is written down."""
    order = desk.db.get(Order, ident)
    if order is None:
        raise Refused("There is no such order.", 404)
    desk.note("measurements.read", f"order:{order.id}")
    customer = order.customer(desk.db)
    rows = select(Piece, Garment.label).join(Garment, Garment.name == Piece.garment).where(Piece.order_id == order.id).order_by(Piece.place)
    pieces = [(piece.who or customer.first_name, label, list(_frozen(piece))) for piece, label in desk.db.execute(rows)]
    return desk.show("order_measures.html", order=order, pieces=pieces, title=f"Measurements of {order.number}")


def acts(desk: Desk, file: OrderFile) -> list[str]:
    """What this person may do with the order as it stands."""
    if not desk.may("decide"):
        return []
    order = file.order
    possible = [name for name, states in MAY.items() if order.state in states]
    if order.state == "READY_FOR_DELIVERY" and not file.is_funded("final"):
        possible.remove("confirm")
    in_cash = any(p.stage == "deposit" and p.booked == "cash" for p in file.payments)
    return possible + (["offer"] if order.trouble and order.circle_id is None and not in_cash else [])


def _actor(file: OrderFile, who: str) -> str:
    """By whom something was done, in words."""
    sort, _, name = who.partition(":")
    if sort in ("person", "customer"):
        return file.customer.first_name if name == str(file.customer.id) else "a person"
    if sort == "tailor":
        return file.tailor.business if name in (str(file.tailor.id), str(file.tailor.person_id)) else "an earlier tailor"
    return {"timer": "by itself", "payment": "the payment", "admin": f"{name} at the desk"}.get(sort, who)


def _track(file: OrderFile) -> Track:
    return track([(step.target or "", step.at) for step in file.log])


def _percent(file: OrderFile) -> int:
    return rules.progress(file.order.state, max((milestones.BY_NAME[photo.event].percent for photo in file.photos), default=0))


def _bar(file: OrderFile) -> list[tuple[str, int, int, int]]:
    """(kind, pesewas, place and width in thousandths) of every pesewa of the price."""
    bar, before, total = list[tuple[str, int, int, int]](), 0, file.money.total
    for kind in KINDS:
        if amount := file.money.sum(kind):
            start, end = before * 1000 // total, (before + amount) * 1000 // total
            bar.append((kind, amount, start, end - start))
            before += amount
    return bar


def _goes_back(file: OrderFile) -> GivenBack | None:
    try:
        return file.goes_back
    except NotAllowed:
        return None


def _frozen(piece: Piece) -> Any:
    """(what, body, ease, cut) of each value."""
    for field, mm in piece.measures.items():
        ease = measurements.show(mm["ease"]) if mm["ease"] else "–"
        yield measurements.label(field), measurements.show(mm["body"], field), ease, measurements.show(mm["cut"], field)
