"""What is wrong with money: one person proposes how it is settled, another confirms."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import abort, request, url_for
from markupsafe import Markup
from sqlalchemy import select

from bot.admin.accounts import Entry, called, cedis, entries
from bot.admin.door import Answer, Desk, Pages
from bot.admin.shown import badge, money, state, when, words
from bot.admin.table import Column, Filter, Table, wants_file
from bot.rules import NotAllowed
from bot.rules.case import HOLDING, KINDS, RESOLUTIONS
from models import foreseen, goodwill, resolution
from models.audit import Audit
from models.case import Case
from models.order import Order

pages = Pages("cases", "Cases", group="Money", rank=4)
SEVERITIES = {"1": "books wrong", "2": "money waits", "3": "to look at"}
HOW_BAD = {1: "bad", 2: "warn", 3: "calm"}
LABELS = {
    "refund_id": "Refund", "order_id": "Order", "payment_id": "Payment", "disbursement_id": "Attempt to send", "line_id": "Line of the statement",
    "amount": "Amount", "excess": "What is missing in the books", "account": "On the account", "stated": "The provider says", "ours": "Our books say",
    "before": "It said before", "now": "It says now", "currency": "Currency", "invariant": "Rule", "sentence": "Which says", "found": "Broken by",
    "expected": "Expected", "claimed": "Claimed",
}  # fmt: skip
AMOUNTS = ("amount", "excess", "stated", "before", "now", "expected", "claimed")


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to settle a case: its name, what it does, its entries."""

    name: str
    does: str
    rows: list[Entry]


@pages.page("/cases")
def listed(desk: Desk) -> Answer:
    table = _table(desk)
    show, severity, kind = (f.value for f in table.filters)
    rows = select(Case) if show == "all" else select(Case).where(Case.state == ("closed" if show == "closed" else "open"))
    if show == "proposed":
        rows = rows.where(Case.proposed_by.is_not(None))
    if severity:
        rows = rows.where(Case.severity == int(severity))
    if kind:
        rows = rows.where(Case.kind == kind)
    return table.file(desk, rows) if wants_file() else desk.show("cases.html", title="Cases", table=table.fill(desk.db, rows))


@pages.page("/cases/<int:ident>")
def one(desk: Desk, ident: int) -> Answer:
    return _shown(desk, _found(desk, ident))


@pages.deed("/cases/<int:ident>/propose", can="money", fresh=True)
def propose(desk: Desk, ident: int) -> Answer:
    _found(desk, ident)
    case, what = Case.by_id(desk.db, ident, lock=True), request.form.get("resolution", "")
    number = request.form.get("order", "").strip().upper()
    if case.proposed_by is not None and case.proposed_by != desk.staff.login:
        raise NotAllowed("taken_by_another")
    if number and desk.db.scalar(select(Order.id).where(Order.number == number)) is None:
        raise NotAllowed("no_such_order")
    why = desk.why()
    case.propose(what, by=desk.staff.login, why=why, **({"order": number} if number else {}))
    desk.note("case.proposed", f"case:{ident}", why=why, resolution=what, order=number)
    return desk.back("Proposed. Somebody else must confirm it.", url_for("desk.cases_one", ident=ident))


@pages.deed("/cases/<int:ident>/confirm", can="money", fresh=True)
def confirm(desk: Desk, ident: int) -> Answer:
    """What was read is what is done: the form carries the mark of the proposal it showed."""
    case = _found(desk, ident)
    resolution.confirm(desk.db, case, desk.staff.login, desk.now)
    if request.form.get("seen") != _mark(case):
        raise NotAllowed("not_now")  # another proposal took the place of the one she has read
    facts = {"resolution": case.resolution, "proposed_by": case.proposed_by, "before": "open", "after": "closed"}
    desk.note("case.confirmed", f"case:{ident}", why=str((case.proposal or {}).get("why", "")), **facts)
    desk.wakes.update(("money", "events"))
    return desk.back(f"Done: {RESOLUTIONS[case.resolution or '']}.", url_for("desk.cases_one", ident=ident))


@pages.deed("/cases/<int:ident>/drop", can="money", fresh=True)
def drop(desk: Desk, ident: int) -> Answer:
    """A proposal falls; goodwill that nobody confirms is no case any more."""
    _found(desk, ident)
    why, case = desk.why(), Case.by_id(desk.db, ident, lock=True)
    if case.proposal is None:
        raise NotAllowed("nothing_proposed")
    before = {"proposed_by": case.proposed_by, "proposal": case.proposal}
    case.take_back(desk.staff.login)
    if case.kind == goodwill.KIND:
        case.close("already_right", by=desk.staff.login, now=desk.now)
    desk.note("case.dropped", f"case:{ident}", why=why, before=before)
    return desk.back("The proposal is dropped.", url_for("desk.cases_one", ident=ident))


@pages.deed("/cases/<int:ident>/wait", can="money", fresh=True)
def wait(desk: Desk, ident: int) -> Answer:
    """The provider is asked once more; nothing is decided."""
    case = _found(desk, ident)
    resolution.keep_waiting(desk.db, case, desk.now)
    desk.note("case.asked_again", f"case:{ident}")
    desk.wakes.add("money")
    return desk.back("The provider is asked once more.", url_for("desk.cases_one", ident=ident))


# -- private


def _shown(desk: Desk, case: Case) -> str:
    lines = foreseen.of_case(desk.db, case) if case.state == "open" else {}
    ways = [Choice(name, RESOLUTIONS[name], entries(found)) for name, found in lines.items() if name != "keep_waiting"]
    proposed = next((way for way in ways if case.proposal and way.name == case.proposal["resolution"]), None)
    ident = case.facts.get("order_id")
    order = desk.db.get(Order, ident) if ident else None
    return desk.show(
        "case.html", title=f"Case {case.id}", case=case, ways=ways, proposed=proposed, order=order, facts=_facts(case, order),
        may_decide=desk.may("money") and case.state == "open", mine=case.proposed_by == desk.staff.login, resolutions=RESOLUTIONS,
        seen=_mark(case), can_wait="keep_waiting" in lines, names_order=order is None and case.kind in HOLDING, severity=_severity(case),
        links=Audit.of(desk.db, f"case:{case.id}"),
    )  # fmt: skip


def _severity(case: Case) -> Markup:
    return badge(HOW_BAD[case.severity], SEVERITIES[str(case.severity)])


def _mark(case: Case) -> str:
    return sha256(json.dumps([case.proposed_by, case.proposal], sort_keys=True).encode()).hexdigest()[:16]


def _facts(case: Case, order: Order | None) -> list[tuple[str, Any]]:
    """What the case knows, in words; ids become ways to their pages in the template."""
    rows: list[tuple[str, Any]] = [("Provider", case.provider)] if case.provider else []
    for name, value in case.facts.items():
        if name in ("order_id", "refund_id", "disbursement_id") or value is None:
            continue
        if name in AMOUNTS and isinstance(value, int):
            value = money(value, str(case.facts.get("currency", "GHS")))
        elif name == "account":
            value = called(str(value))
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        elif name == "ours":
            value = words(str(value))
        rows.append((LABELS.get(name, words(name).capitalize()), value))
    return rows


def _found(desk: Desk, ident: int) -> Case:
    found = desk.db.get(Case, ident)
    if found is None:
        abort(404)
    return found


def _table(desk: Desk) -> Table:
    now = desk.now

    def amount(case: Case) -> int | None:
        return case.facts.get("excess", case.facts.get("amount"))

    def stands(case: Case) -> str:
        return "proposed" if case.state == "open" and case.proposed_by else case.state

    return Table(
        "cases", "Cases about money",
        empty="No case. When money comes or goes otherwise than our books say, it stands here for two people to settle.",
        columns=[
            Column("What", lambda case: case.sentence),
            Column("How bad", _severity, lambda case: SEVERITIES[str(case.severity)], sort="worst"),
            Column("Provider", lambda case: case.provider or "–"),
            Column("Amount", lambda case: money(amount(case)), lambda case: cedis(amount(case)), right=True),
            Column("State", lambda case: state(stands(case)), stands), Column("Proposed by", lambda case: case.proposed_by or "–"),
            Column("Since", lambda case: when(case.opened_at, now), lambda case: case.opened_at, sort="-new"),
            Column("No.", lambda case: case.id, right=True),
        ],
        filters=[
            Filter("show", "Show", {"proposed": "wait for a second person", "closed": "closed", "all": "open and closed"}),
            Filter("severity", "How bad", SEVERITIES), Filter("kind", "Kind", {name: words(name) for name in KINDS}),
        ],
        sorts={"worst": (Case.severity, Case.opened_at, Case.id), "-new": (Case.opened_at.desc(), Case.id.desc())},
        topic="case", subject=lambda case: str(case.id), link=lambda case: f"/admin/cases/{case.id}",
    )  # fmt: skip
