"""Tailors' wallets: what each has with us, what payday would bring her and why not, and whether her number is in order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import abort, request, url_for
from sqlalchemy import or_

from bot.admin.accounts import cedis, whole
from bot.admin.door import Answer, Desk, Pages, Refused
from bot.admin.shown import badge, money
from bot.admin.table import AT_ONCE, Column, Filter, Table, wants_file
from bot.rules import NotAllowed
from bot.rules import payout as rules
from models import payout, wages
from models.audit import Audit
from models.disbursement import Disbursement
from models.funds import Funds
from models.holder_check import HolderCheck
from models.payday import Payday
from models.person import Person
from models.purse import Purse
from models.switch import PAYOUTS, Switch
from models.tailor import Tailor

pages = Pages("purses")
WHY_NOT = {
    "below_minimum": "below the minimum", "no_number": "no payout number", "payouts_stopped": "stopped by us",
    "name_mismatched": "the wallet has another name", "number_changed": "number changed, rests three days", "in_dispute": "the rest is in dispute",
    "no_way": "no provider sends there now",
}  # fmt: skip
NAMES = {"matched": ("good", "name fits"), "mismatched": ("bad", "another name"), "unknown": ("warn", "nobody can say")}
SHOWS = {"payable": "enough for payday", "held": "number to be looked at", "empty": "empty ones too"}


@pages.page("/payouts/purses")
def listed(desk: Desk) -> Answer:
    week = rules.week_of(rules.payday_after(desk.now))
    closed = {name: why for name, why in desk.parts.till.closed().items() if name != PAYOUTS}  # that payouts are stopped is said on top, once
    till = replace(desk.parts.till, closed=lambda: closed)
    more: list[wages.Wages] = []
    table = _table(desk, week, lambda row: _verdict(desk, row, more[0], till), more)
    show, q = (f.value for f in table.filters)
    rows = wages.rows() if show == "empty" else wages.rows().where(or_(wages.IN_WALLET != 0, Purse.stopped_because.is_not(None)))
    if show == "payable":
        rows = rows.where(till.terms.minimum <= wages.IN_WALLET)
    if show == "held":
        is_cold = Purse.changed_at > desk.now - rules.COOLING
        rows = wages.rows().where(or_(Purse.stopped_because.is_not(None), Purse.name_state == "mismatched", is_cold))
    rows = rows.where(Tailor.business.icontains(q, autoescape=True)) if q else rows
    if wants_file():
        more.append(wages.Wages(desk.db, None, week))
        return table.file(desk, rows, scalars=False)
    table.fill(desk.db, rows, scalars=False)
    more.append(wages.Wages(desk.db, [row.Tailor.id for row in table.rows[:AT_ONCE]], week))
    weeks = {week: "the coming Friday's", rules.last_week(desk.now): "the last Friday's"}
    return desk.show(
        "purses.html", title="Tailors' wallets", table=table, week=week, weeks=weeks, terms=till.terms, off=Switch.off(desk.db).get(PAYOUTS),
        planned=Payday.open(desk.db),
    )  # fmt: skip


@pages.page("/payouts/purses/<int:ident>")
def one(desk: Desk, ident: int) -> Answer:
    tailor, purse = _found(desk, ident)
    obstacle = purse.obstacle(desk.now) if purse else "no_number"
    funds, person = Funds.of(desk.db, ident), Person.by_id(desk.db, tailor.person_id)
    return desk.show(
        "purse.html", title=tailor.business, tailor=tailor, purse=purse, funds=funds, name=desk.name(person.name),
        holder=desk.name(purse.name if purse else ""), name_check=badge(*NAMES[purse.name_state]) if purse else "",
        cold=purse.cold_until(desk.now) if purse else None,
        standing=badge("warn", f"nothing is paid: {WHY_NOT[obstacle]}") if obstacle else badge("good", "is paid"),
        outs=Disbursement.of_tailor(desk.db, ident),
        may=desk.may("money"), links=Audit.of(desk.db, f"purse:{ident}"), can_stop=purse is not None and not purse.stopped_because,
        can_free=purse is not None and bool(purse.stopped_because or purse.name_state == "mismatched"),
    )  # fmt: skip


@pages.deed("/payouts/purses/<int:ident>/stop", can="money", fresh=True)
def stop(desk: Desk, ident: int) -> Answer:
    """Nothing more is paid, and what has not left comes back, until somebody has looked."""
    why, purse = desk.why(), _locked(desk, ident)
    if purse.stopped_because:
        raise NotAllowed("payouts_stopped")
    purse.stop(desk.db, why, desk.now)
    return _done(desk, ident, "purse.stopped", why, "Stopped. What had not left is in her wallet here again.")


@pages.deed("/payouts/purses/<int:ident>/free", can="money", fresh=True)
def free(desk: Desk, ident: int) -> Answer:
    """Somebody has looked: payouts go on, and the wallet is hers whatever name it has."""
    why, purse = desk.why(), _locked(desk, ident)
    if not (purse.stopped_because or purse.name_state == "mismatched"):
        raise NotAllowed("not_now")
    before = {"stopped_because": purse.stopped_because, "name_state": purse.name_state}
    purse.free(desk.staff.login)
    return _done(desk, ident, "purse.freed", why, "Free: she is paid again.", before=before)


@pages.deed("/payouts/purses/<int:ident>/reread", can="money", fresh=True)
def reread(desk: Desk, ident: int) -> Answer:
    """The network is asked again whose number it is; the worker asks."""
    purse = _locked(desk, ident)
    HolderCheck.ask(desk.db, ident, purse.number, purse.network, desk.now)
    return _done(desk, ident, "purse.asked", "", "The network is asked whose number it is. Load the page again in a moment.")


@pages.deed("/payouts/weeks", can="money", fresh=True)
def start_week(desk: Desk) -> Answer:
    """Everybody who was not paid for the week is; the worker does it. Who starts it approves nothing of it."""
    week, why = request.form.get("week", ""), desk.why()
    if week not in (rules.week_of(rules.payday_after(desk.now)), rules.last_week(desk.now)):
        raise Refused("Choose the week.", 422)
    Payday.call(desk.db, week, desk.staff.login, desk.now)
    desk.note("payout.week_started", f"week:{week}", why=why)
    desk.wakes.add("money")
    return desk.back(f"{week} is being paid. What needs a second person stands below in a moment.", url_for("desk.payouts_listed", run=week))


# -- private


def _verdict(desk: Desk, row: Any, more: wages.Wages, till: Any) -> Any:
    """What payday would bring her, or why nothing; and whether a second person is needed."""
    if row.Tailor.id in more.paid:
        return "paid for this week"
    funds = more.funds(row.Tailor.id, row.wallet, row.owed)
    why = payout.why_not(row.Purse, funds, till, desk.now)
    if why:
        return badge("calm" if why == "below_minimum" else "warn", WHY_NOT.get(why, why))
    second = rules.needs_a_person(funds.available, 0, till.terms) or row.Purse.name_state == "unknown"
    return money(funds.available) + (", a second person approves" if second else "")


def _found(desk: Desk, ident: int) -> tuple[Tailor, Purse | None]:
    tailor = desk.db.get(Tailor, ident)
    if tailor is None:
        abort(404)
    return tailor, Purse.of(desk.db, ident)


def _locked(desk: Desk, ident: int) -> Purse:
    purse = Purse.of(desk.db, ident, lock=True)
    if purse is None:
        raise NotAllowed("no_number")
    return purse


def _done(desk: Desk, ident: int, action: str, why: str, said: str, **facts: Any) -> Answer:
    desk.note(action, f"purse:{ident}", why=why, **facts)
    desk.wakes.add("money")
    return desk.back(said, url_for("desk.purses_one", ident=ident))


def _table(desk: Desk, week: str, verdict: Any, more: list[wages.Wages]) -> Table:
    def with_us(row: Any) -> int:
        return more[0].funds(row.Tailor.id, row.wallet, row.owed).available

    def amount(label: str, of: Any, sort: str = "") -> Column:
        return Column(label, lambda row: money(of(row)) if of(row) else "–", lambda row: cedis(of(row)), sort=sort, right=True)

    def name_check(row: Any) -> Any:
        return badge(*NAMES[row.Purse.name_state]) if row.Purse else "no number"

    return Table(
        "tailors-wallets", f"Tailors' wallets, and what payday of {week} would bring",
        empty="No tailor has money with us. What is released for an order lands in its tailor's wallet and stands here.",
        columns=[
            Column("Tailor", lambda row: row.Tailor.business),
            amount("Held", lambda row: more[0].held.get(row.Tailor.id, 0)), amount("Wallet", lambda row: row.wallet, "-wallet"),
            amount("She owes", lambda row: row.owed), amount("In dispute", lambda row: more[0].disputed.get(row.Tailor.id, 0)),
            amount("On its way", lambda row: more[0].in_flight.get(row.Tailor.id, 0)), amount("Available", with_us),
            Column("Paid at", lambda row: whole(desk.phone(row.Purse.number)) if row.Purse else "–"), Column("Name check", name_check),
            Column("Payday", verdict),
        ],
        filters=[Filter("show", "Show", SHOWS), Filter("q", "Business")],
        sorts={"-wallet": (wages.IN_WALLET.desc(), Tailor.id), "name": (Tailor.business, Tailor.id)},
        link=lambda row: f"/admin/payouts/purses/{row.Tailor.id}",
    )  # fmt: skip
