"""What tailors are paid: the attempts, who approves them, and what becomes of one that did not arrive."""

from __future__ import annotations

from typing import Any

from flask import abort, url_for
from sqlalchemy import case, select

from bot.admin.accounts import cedis, entries, whole
from bot.admin.door import Answer, Desk, Pages
from bot.admin.shown import money, state, when, words
from bot.admin.table import Column, Filter, Table, wants_file
from bot.rules import NotAllowed
from bot.rules import disbursement as attempts
from models import foreseen, payout
from models.audit import Audit
from models.board import Board
from models.disbursement import Disbursement
from models.dry_float import DryFloat
from models.payday import Payday
from models.purse import Purse
from models.switch import PAYOUTS, Switch
from models.tailor import Tailor

pages = Pages("payouts", "Payouts", group="Money", rank=2)
LOOK = ("needs_review", "needs_attention")
SHOWS = {"waiting": "wait for approval", "look": "need a look", "way": "under way", "not_sent": "not sent", "arrived": "arrived"}
STATES = {
    "waiting": ("created",), "look": LOOK, "way": ("approved", *attempts.POLLED), "not_sent": payout.NOT_SENT, "arrived": ("succeeded",),
}  # fmt: skip
FIRST = case((Disbursement.state.in_(("created", *LOOK)), 0), (Disbursement.state.in_(attempts.LIVE), 1), else_=2)


@pages.page("/payouts")
def listed(desk: Desk) -> Answer:
    table = _table(desk)
    show, run = (f.value for f in table.filters)
    rows = select(Disbursement, Tailor.business).join(Tailor, Tailor.id == Disbursement.tailor_id).where(Disbursement.purpose == "payout")
    rows = rows.where(Disbursement.state.in_(STATES[show])) if show else rows
    rows = rows.where(Disbursement.run == run.upper()) if run else rows
    if wants_file():
        return table.file(desk, rows, scalars=False)
    return desk.show(
        "payouts.html", title="Payouts", table=table.fill(desk.db, rows, scalars=False), board=Board.read(desk.db, desk.now),
        off=Switch.off(desk.db).get(PAYOUTS), dry=DryFloat.all(desk.db), planned=Payday.open(desk.db), limit=desk.parts.till.terms.a_person_above,
    )  # fmt: skip


@pages.page("/payouts/<int:ident>")
def one(desk: Desk, ident: int) -> Answer:
    out = _found(desk, ident)
    tailor = desk.db.get(Tailor, out.tailor_id) if out.tailor_id else None
    purse = Purse.of(desk.db, tailor.id) if tailor else None
    after = desk.db.scalar(select(Disbursement.id).where(Disbursement.retry_of == ident))
    payday = Payday.of(desk.db, out.run) if out.run else None
    ahead, limit = foreseen.of_payout(out) if out.state in attempts.LIVE else [], desk.parts.till.terms.a_person_above
    return desk.show(
        "payout.html", title=f"Payout {ident}" if tailor else f"Attempt {ident}", out=out, tailor=tailor, after=after, limit=limit,
        ahead=[(about, entries(lines)) for about, lines in ahead], obstacle=purse.obstacle(desk.now) if purse else None,
        deeds=_deeds(desk, out, after), holder=desk.name(out.name), run_by=payday.run_by if payday else [], above=out.amount > limit,
        links=Audit.of(desk.db, f"payout:{ident}"), goes_again=payout.goes_again(out) and not after,
    )  # fmt: skip


@pages.deed("/payouts/<int:ident>/approve", can="money", fresh=True)
def approve(desk: Desk, ident: int) -> Answer:
    """The second person: not who started the week, and not whom it pays."""
    _found(desk, ident)
    out = payout.approve(desk.db, ident, desk.staff.login, till=desk.parts.till, now=desk.now)
    desk.note("payout.approved", f"payout:{ident}", before="created", after=out.state, amount=out.amount)
    return _done(desk, ident, f"Approved. It goes out {'now' if out.next_at and out.next_at <= desk.now else 'on the day its wallet has room'}.")


@pages.deed("/payouts/<int:ident>/cancel", can="money", fresh=True)
def cancel(desk: Desk, ident: int) -> Answer:
    """Not sent after all: the money is in the tailor's wallet here again."""
    why, found = desk.why(), _found(desk, ident)
    if found.purpose != "payout" or not found.tailor_id:
        raise NotAllowed("not_now")
    Purse.of(desk.db, found.tailor_id, lock=True)
    out = Disbursement.by_id(desk.db, ident, lock=True)
    before = out.state
    if before not in ("created", "approved"):
        raise NotAllowed("not_now")
    out.cancel(desk.db, desk.now)
    desk.note("payout.cancelled", f"payout:{ident}", why=why, before=before, after=out.state, amount=out.amount)
    return _done(desk, ident, "Cancelled. The money is in her wallet here again.")


@pages.deed("/payouts/<int:ident>/retry", can="money", fresh=True)
def retry(desk: Desk, ident: int) -> Answer:
    why = desk.why()
    _found(desk, ident)
    made = payout.retry(desk.db, ident, till=desk.parts.till, now=desk.now)
    desk.note("payout.retried", f"payout:{ident}", why=why, again=made.id, amount=made.amount)
    return _done(desk, made.id, "Written down once more. This is the new attempt.")


@pages.deed("/payouts/<int:ident>/ask", can="money", fresh=True)
def ask(desk: Desk, ident: int) -> Answer:
    """What became of it, the provider is asked now."""
    _found(desk, ident)
    out = Disbursement.by_id(desk.db, ident, lock=True)
    if out.state not in attempts.ASKABLE:
        raise NotAllowed("not_now")
    out.hint(desk.now)
    desk.note("payout.asked", f"payout:{ident}")
    return _done(desk, ident, "The provider is asked now.")


# -- private


def _done(desk: Desk, ident: int, said: str) -> Answer:
    desk.wakes.add("money")
    return desk.back(said, url_for("desk.payouts_one", ident=ident))


def _found(desk: Desk, ident: int) -> Disbursement:
    found = desk.db.get(Disbursement, ident)
    if found is None:
        abort(404)
    return found


def _deeds(desk: Desk, out: Disbursement, after: int | None) -> set[str]:
    """What this person may do in this state."""
    if not desk.may("money"):
        return set()
    own = out.purpose == "payout"
    possible = {
        "approve": own and out.state == "created", "cancel": own and out.state in ("created", "approved") and out.submitted_at is None,
        "retry": own and out.state in payout.NOT_SENT and after is None, "ask": out.state in attempts.ASKABLE,
    }  # fmt: skip
    return {name for name, may in possible.items() if may}


def _table(desk: Desk) -> Table:
    now = desk.now

    def approved(row: Any) -> str:
        by = row.Disbursement.approved_by
        return "–" if by is None else "by the rules" if by == "rules" else by

    return Table(
        "payouts", "Payouts", empty="No payout. On Friday at nine, or when a tailor asks, what she is paid stands here.",
        columns=[
            Column("No.", lambda row: row.Disbursement.id), Column("Tailor", lambda row: row.business),
            Column("Amount", lambda row: money(row.Disbursement.amount), lambda row: cedis(row.Disbursement.amount), sort="-amount", right=True),
            Column("To", lambda row: whole(desk.phone(row.Disbursement.msisdn)) + f" by {row.Disbursement.provider}"),
            Column("Week", lambda row: row.Disbursement.run or "asked for"),
            Column("State", lambda row: state(row.Disbursement.state), lambda row: row.Disbursement.state),
            Column("Reason", lambda row: words(row.Disbursement.reason) if row.Disbursement.reason else "–"),
            Column("Approved", approved),
            Column("Since", lambda row: when(row.Disbursement.created_at, now), lambda row: row.Disbursement.created_at, sort="-new"),
        ],
        filters=[Filter("show", "Show", SHOWS), Filter("run", "Week, like 2026-W48")],
        sorts={"first": (FIRST, Disbursement.id.desc()), "-new": (Disbursement.id.desc(),), "-amount": (Disbursement.amount.desc(), Disbursement.id)},
        topic="payout", subject=lambda row: row.Disbursement.reference, link=lambda row: f"/admin/payouts/{row.Disbursement.id}",
    )  # fmt: skip
