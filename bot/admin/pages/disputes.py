"""Cases between customers and tailors: both stories, what is held, and the decision, seen before it is made."""

from __future__ import annotations

from typing import Any

from flask import make_response, request
from markupsafe import Markup
from sqlalchemy import Select

from bot import mediator
from bot.admin import shown
from bot.admin.bubbles import spoken
from bot.admin.door import Answer, Desk, Pages, Refused
from bot.admin.table import Column, Filter, Table, wants_file
from bot.admin.verdict import Verdict, preview
from bot.rules import NotAllowed
from bot.rules import dispute as rules
from models.audit import Audit
from models.dispute import Dispute
from models.dispute_view import BY_DEADLINE, DisputeView, listed

pages = Pages("disputes", "Disputes", group="Work", rank=3)
SHOWN = {"open": "open", "late": "answer late", "mine": "mine", "free": "taken by nobody", "closed": "closed"}
CATEGORIES = {name: shown.words(name) for name in rules.CATEGORIES}
URGENT = {"CRITICAL": "bad", "HIGH": "warn", "MEDIUM": "busy", "LOW": "calm"}
READERS = {"both": "both of them", "customer": "the customer", "tailor": "the tailor", "admins": "only us: a private note"}
OUTCOMES = {"full_refund": "Full refund", "partial_refund": "Partial refund", "continue": "The order goes on", "no_action": "No action"}
SEALED_DIFFERENTLY = "Something is not as you saw it: look at what it would do now, and decide then."


@pages.page("/disputes")
def index(desk: Desk) -> Answer:
    table = Table(
        "disputes", "Cases, the first answer that is due on top", _columns(desk),
        "No case here. When a customer or a tailor writes “problem”, the money of the order is frozen and the case stands in this list.",
        filters=(Filter("show", "Show", SHOWN), Filter("category", "About", CATEGORIES)),
        sorts={"deadline": BY_DEADLINE, "newest": Dispute.id.desc()}, topic="dispute",
        subject=lambda row: row.Dispute.number, link=lambda row: f"/admin/disputes/{row.Dispute.id}",
    )  # fmt: skip
    statement = _filtered(desk, table.filters[0].value, table.filters[1].value)
    if wants_file():
        return table.file(desk, statement, scalars=False)
    return desk.show("disputes.html", table=table.fill(desk.db, statement, scalars=False), title="Disputes")


@pages.page("/disputes/<int:ident>")
def one(desk: Desk, ident: int) -> Answer:
    return _page(desk, ident)


@pages.deed("/disputes/<int:ident>/take", can="decide")
def take(desk: Desk, ident: int) -> Answer:
    dispute = _found(desk, ident)
    before, anyhow = dispute.taken_by, "anyhow" in request.form
    why = desk.why() if anyhow else ""
    dispute.take(desk.db, desk.staff.login, anyhow=anyhow)
    if dispute.taken_by != before:
        desk.note("dispute.taken", f"dispute:{ident}", why=why, before=before)
    return desk.back(f"{dispute.number} is yours now.", f"/admin/disputes/{ident}")


@pages.deed("/disputes/<int:ident>/let-go", can="decide")
def let_go(desk: Desk, ident: int) -> Answer:
    dispute = _found(desk, ident)
    dispute.let_go(desk.db, desk.staff.login)
    desk.note("dispute.let_go", f"dispute:{ident}")
    return desk.back(f"{dispute.number} may be taken by somebody else.", f"/admin/disputes/{ident}")


@pages.deed("/disputes/<int:ident>/say", can="decide")
def say(desk: Desk, ident: int) -> Answer:
    dispute, text, to = _found(desk, ident), request.form.get("text", "").strip(), request.form.get("to", "")
    if to not in READERS or not text or len(text) > rules.TEXT_LIMIT:
        said = "Choose who reads it, and write something." if to not in READERS or not text else f"At most {rules.TEXT_LIMIT} characters."
        return make_response(_page(desk, ident, said=said, draft=text, to=to), 422)
    dispute.say(desk.db, "mediator", {"text": text}, desk.now, for_whom=to, said_by=desk.staff.login)
    desk.note("dispute.said", f"dispute:{ident}", to=to)
    desk.wakes.add("events")
    return desk.back("The note is kept; only we see it." if to == "admins" else f"Sent to {READERS[to]}.", f"/admin/disputes/{ident}")


@pages.deed("/disputes/<int:ident>/preview", can="decide")
def show_effects(desk: Desk, ident: int) -> Answer:
    _found(desk, ident)
    return _rehearsed(desk, ident, Verdict.typed())


@pages.deed("/disputes/<int:ident>/decide", can="decide", fresh=True)
def decide(desk: Desk, ident: int) -> Answer:
    verdict, dispute = Verdict.typed(), _found(desk, ident)
    if dispute.is_closed:
        raise Refused("This case is decided already: nothing was changed.")
    why = request.form.get("why", "").strip()
    if len(why) < 3:
        return _rehearsed(desk, ident, verdict, said="Say in a few words why; only we read that.", status=422)
    try:
        seen = preview(desk, ident, verdict)
    except NotAllowed:
        return _rehearsed(desk, ident, verdict)
    if seen.seal != request.form.get("seal"):
        return _rehearsed(desk, ident, verdict, said=SEALED_DIFFERENTLY, why=why, status=409)
    verdict.decide(desk, dispute)
    facts = {"outcome": dispute.outcome, "reason": dispute.reason, "refund": dispute.refund, "borne": dispute.borne, "bearer": dispute.bearer}
    desk.note("dispute.decided", f"dispute:{ident}", why=why[:500], before=seen.held, released=dispute.released, **facts)
    desk.wakes |= {"events", "money"}
    return desk.back(f"{dispute.number} is decided. Both are told.", f"/admin/disputes/{ident}")


# -- private


def _rehearsed(desk: Desk, ident: int, verdict: Verdict, *, said: str = "", why: str = "", status: int = 200) -> Answer:
    """The page with what a decision would do, or why it cannot be."""
    try:
        effects = preview(desk, ident, verdict)
    except NotAllowed as refusal:
        effects, said, status = None, _words(refusal), 422
    return make_response(_page(desk, ident, verdict=verdict, effects=effects, refused=said, why=why), status)


def _page(desk: Desk, ident: int, **more: Any) -> str:
    view = DisputeView.read(desk.db, ident)
    if view is None:
        raise Refused("There is no such case.", 404)
    if is_read := desk.may("people"):
        desk.note("person.read", f"dispute:{ident}")
    values = {
        "outcomes": OUTCOMES, "reasons": rules.REASONS, "bearers": rules.BEARERS, "readers": READERS, "priority": priority, "spoken": spoken,
        "is_read": is_read, "most": mediator.MOST_WORDS, "limit": rules.TEXT_LIMIT, "links": desk.parts.links, "verdict": Verdict(), "effects": None,
        "trail": Audit.of(desk.db, f"dispute:{ident}", 20),
    }  # fmt: skip
    return desk.show("dispute.html", title=view.dispute.number, v=view, d=view.dispute, **values | more)


def _found(desk: Desk, ident: int) -> Dispute:
    dispute = desk.db.get(Dispute, ident)
    if dispute is None:
        raise Refused("There is no such case.", 404)
    return dispute


def _words(refusal: NotAllowed) -> str:
    return mediator.in_words(refusal) if refusal.reason in mediator.WHY_NOT else shown.why_not(refusal)


def _filtered(desk: Desk, show: str, category: str) -> Select[Any]:
    rows, is_open = listed(), Dispute.state != "closed"
    which = {
        "open": (is_open,), "closed": (~is_open,), "mine": (is_open, Dispute.taken_by == desk.staff.login),
        "free": (is_open, Dispute.taken_by.is_(None)), "late": (is_open, Dispute.answered_at.is_(None), Dispute.answer_due_at <= desk.now),
    }  # fmt: skip
    rows = rows.where(*which.get(show, ()))
    return rows.where(Dispute.category == category) if category else rows


def _columns(desk: Desk) -> list[Column]:
    return [
        Column("Case", lambda row: row.Dispute.number, sort="newest"),
        Column("First answer", lambda row: _answer(desk, row.Dispute), lambda row: row.Dispute.answer_due_at, sort="deadline"),
        Column("Priority", lambda row: priority(row.Dispute.priority), lambda row: row.Dispute.priority),
        Column("About", lambda row: CATEGORIES.get(row.Dispute.category, row.Dispute.category)),
        Column("Order", lambda row: row.number),
        Column("Held", lambda row: shown.money(row.held), lambda row: row.held, right=True),
        Column("State", lambda row: shown.state(row.Dispute.state), lambda row: row.Dispute.state),
        Column("Taken by", lambda row: row.Dispute.taken_by or "nobody"),
        Column("Opened", lambda row: shown.when(row.Dispute.opened_at, desk.now), lambda row: row.Dispute.opened_at),
    ]


def priority(name: str) -> Markup:
    return shown.badge(URGENT.get(name, "calm"), f"{name.lower()} priority")


def _answer(desk: Desk, dispute: Dispute) -> Markup:
    if dispute.answered_at or dispute.is_closed:
        took = shown.span((dispute.answered_at or dispute.closed_at or desk.now) - dispute.opened_at)
        return Markup("after {}").format(took) if dispute.answered_at else Markup("–")
    return shown.left(dispute.answer_due_at, desk.now)
