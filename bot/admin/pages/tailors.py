"""Tailors: who waits to be looked at, what was looked at by whom, and the decision with the words she will read."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from flask import make_response, request
from markupsafe import Markup
from sqlalchemy import Select
from sqlalchemy.exc import IntegrityError

from bot.admin import applying, rehearsal, shown
from bot.admin.bubbles import spoken
from bot.admin.door import Answer, Desk, Pages, Refused
from bot.admin.table import Column, Filter, Table, wants_file
from bot.flow import Frame, Scene
from bot.rules import NotAllowed
from bot.rules import verification as rules
from bot.rules.payment import NETWORKS
from bot.rules.towns import TOWNS
from models.application import Application
from models.audit import Audit
from models.garment import Garment
from models.note import Note
from models.person import Person
from models.tailor import Offer, Tailor
from models.tailor_file import TailorFile, listed
from models.tailor_step import TailorStep
from models.verified import Verified

pages = Pages("tailors", "Tailors", group="People", rank=2)
MOST_UPLOADED = (rules.MOST_PHOTOS + 2) * rules.MOST_BYTES  # of one application: its photos, the card, and what is typed
SHOWN = {
    "waiting": "waiting for us", "NEEDS_FIX": "asked for more", "APPROVED": "approved", "SUSPENDED": "suspended", "REJECTED": "rejected",
    "again": "to be looked at again",
}  # fmt: skip
#: {check: (what it is called, what to look at)}
CHECKS = {
    "identity": ("Ghana Card", "The card is hers: number, name and face fit."),
    "wallet": ("Wallet", "The network's name for the wallet is hers or her shop's."),
    "location": ("Location", "Somebody has been there, or it is on the map."),
    "work": ("Work", "The photos are her own work, good, and of what she wants to sew."),
    "references": ("References", f"At least {rules.FEWEST_REFERENCES} of them were called, and said good things."),
    "background": ("Background", "Gives the badge “background checked”. Not needed to be approved."),
}
#: {event: (button, verb, how)}
DEEDS: dict[str, tuple[str, Callable[..., TailorStep], str]] = {
    "approved": ("Approve", Verified.approve, "strong"),
    "fix_asked": ("Ask for something", Verified.ask_for_fix, ""),
    "handed_in": ("It is here now", Verified.hand_in_again, ""),
    "rejected": ("Reject", Verified.reject, "danger"),
    "reopened": ("Look once more", Verified.reopen, ""),
    "suspended": ("Suspend", Verified.suspend, "danger"),
    "reinstated": ("Reinstate", Verified.reinstate, "strong"),
    "looked_again": ("All is still as it was", Verified.look_again, ""),
}
READ_BY_HER = ("fix_asked", "rejected", "suspended")  # the reason stands in her message


@pages.page("/tailors")
def index(desk: Desk) -> Answer:
    table = Table(
        "tailors", "Tailors, those who wait for us on top", _columns(desk),
        "No tailor here. Whoever applies stands in this list until somebody has looked at her.",
        filters=(Filter("show", "Show", SHOWN), Filter("town", "Town"), Filter("q", "Business")),
        sorts={
            "waiting": (Tailor.state.not_in(rules.WAITING), Application.handed_in_at, Tailor.id), "business": Tailor.business,
            "rating": Tailor.rating100.desc(), "jobs": Tailor.jobs.desc(),
        },
        topic="tailor", subject=lambda row: str(row.Tailor.id), link=lambda row: f"/admin/tailors/{row.Tailor.id}",
    )  # fmt: skip
    statement = _filtered(desk, *(f.value for f in table.filters))
    if wants_file():
        return table.file(desk, statement, scalars=False)
    return desk.show("tailors.html", table=table.fill(desk.db, statement, scalars=False), title="Tailors")


@pages.page("/tailors/new", can="verify")
def new(desk: Desk) -> Answer:
    return _form(desk, {}, {})


@pages.deed("/tailors/new", can="verify", most_bytes=MOST_UPLOADED)
def apply(desk: Desk) -> Answer:
    typed = applying.read()
    if typed.wrong:
        return make_response(_form(desk, request.form.to_dict(), typed.wrong), 422)
    try:
        with desk.db.begin_nested():
            tailor = applying.hand_in(desk, typed)
    except (NotAllowed, IntegrityError) as refusal:  # the latter when somebody else hands her in at this moment
        said = shown.why_not(refusal if isinstance(refusal, NotAllowed) else NotAllowed("tailor_already"))
        return make_response(_form(desk, request.form.to_dict(), {}, said), 422)
    desk.note("tailor.applied", f"tailor:{tailor.id}", business=tailor.business)
    desk.wakes.add("money")
    return desk.back("The application is here. Look at each point of the list.", f"/admin/tailors/{tailor.id}")


@pages.page("/tailors/<int:ident>")
def one(desk: Desk, ident: int) -> Answer:
    return _page(desk, ident)


@pages.deed("/tailors/<int:ident>/reveal", can="verify", fresh=True)
def reveal(desk: Desk, ident: int) -> Answer:
    """Numbers and the card in full, this once; written down."""
    application = Application.of(desk.db, _found(desk, ident).id)
    image = b64encode(application.card_image).decode() if application else ""
    desk.note("tailor.revealed", f"tailor:{ident}")
    return _page(desk, ident, revealed=True, card_image=image)


@pages.deed("/tailors/<int:ident>/tick", can="verify")
def tick(desk: Desk, ident: int) -> Answer:
    tailor, check, is_good = _found(desk, ident), request.form.get("check", ""), request.form.get("good") == "1"
    if check not in CHECKS:
        raise Refused("There is no such point.", 422)
    if (check in TailorStep.ticks(TailorStep.of(desk.db, ident))) != is_good:
        tailor.tick(desk.db, check, desk.staff.login, desk.now, is_good=is_good)
        desk.note("tailor.ticked" if is_good else "tailor.unticked", f"tailor:{ident}", check=check)
    return desk.back(f"{CHECKS[check][0]}: {'looked at and good' if is_good else 'open again'}.", f"/admin/tailors/{ident}#checks")


@pages.deed("/tailors/<int:ident>/preview", can="verify")
def show_message(desk: Desk, ident: int) -> Answer:
    _found(desk, ident)
    return _rehearsed(desk, ident)


@pages.deed("/tailors/<int:ident>/decide", can="verify")
def decide(desk: Desk, ident: int) -> Answer:
    tailor, event = _found(desk, ident), request.form.get("event", "")
    if event not in DEEDS or request.form.get("seal") != _seal(event, _why()):
        return _rehearsed(desk, ident, said="Look at what she reads first, and decide then.", status=409)
    before, why = tailor.state, desk.why()
    DEEDS[event][1](tailor, desk.db, desk.staff.login, desk.now, why)
    desk.note(f"tailor.{event}", f"tailor:{ident}", why=why, before=before, after=tailor.state)
    desk.wakes.add("events")
    told = " She is told." if event in rules.TOLD else ""
    return desk.back(f"{tailor.business}: {shown.STATES[tailor.state][1]}.{told}", f"/admin/tailors/{ident}")


# -- private


def _rehearsed(desk: Desk, ident: int, *, said: str = "", status: int = 200) -> Answer:
    """The page with the message that she would read, or why it cannot be."""
    event, why = request.form.get("event", ""), _why()
    text, known = "", event in DEEDS
    if not known or len(why) < 3:
        said, status, known = "Choose what to do, and say in a few words why.", 422, False
    try:
        text = _tried(desk, ident, event, why) if known else ""
    except NotAllowed as refusal:
        said, status, known = shown.why_not(refusal), 422, False
    delay = rehearsal.delay(desk, Person.by_id(desk.db, _found(desk, ident).person_id)) if text else ""
    seen = {"event": event, "why": why, "text": text, "delay": delay, "seal": _seal(event, why) if known else "", "said": said}
    return make_response(_page(desk, ident, seen=seen), status)


def _tried(desk: Desk, ident: int, event: str, why: str) -> str:
    """What she would read; "" where she is told nothing. Raises NotAllowed."""
    with rehearsal.tried(desk.db):
        tailor = _found(desk, ident)
        step = DEEDS[event][1](tailor, desk.db, desk.staff.login, desk.now, why)
        return rehearsal.read_by(desk, tailor.person_id, "verification", step_id=step.id) if event in rules.TOLD else ""


def _seal(event: str, why: str) -> str:
    return sha256(f"{event}\n{why}".encode()).hexdigest()[:32]


def _why() -> str:
    return " ".join(request.form.get("why", "").split())[:500]


def _page(desk: Desk, ident: int, **more: Any) -> str:
    file = TailorFile.read(desk.db, ident)
    if file is None:
        raise Refused("There is no such tailor.", 404)
    if sees := desk.may("people") and file.application is not None and "revealed" not in more:
        desk.note("person.read", f"tailor:{ident}")
    values = {
        "f": file, "t": file.tailor, "a": file.application, "checks": CHECKS, "musts": rules.CHECKS, "deeds": DEEDS, "networks": NETWORKS,
        "sees": sees or "revealed" in more, "card": _card(desk, file), "links": desk.parts.links, "hidden_card": rules.hidden_card,
        "trail": Audit.of(desk.db, f"tailor:{ident}", 20), "notes": Note.of(desk.db, f"tailor:{ident}", 20), "spoken": spoken,
        "read_by_her": READ_BY_HER, "kinds": rules.BUSINESSES,
    }  # fmt: skip
    return desk.show("tailor.html", title=file.tailor.business, **{"seen": None, "revealed": False, "card_image": ""} | values | more)


def _card(desk: Desk, file: TailorFile) -> str:
    """As customers see her, for the cheapest thing she sews."""
    if not file.offers:
        return ""
    parts = desk.parts
    scene = Scene(desk.db, desk.now, file.person, parts.words, parts.links, parts.till, [], "")
    browse: Any = parts.flows["browse"](scene, Frame("browse", "cards"))
    return str(browse.card(1, Offer.cards(desk.db, [file.offers[0].id])[0]))


def _form(desk: Desk, typed: dict[str, str], wrong: dict[str, str], refused: str = "") -> str:
    things = {"garments": Garment.all(desk.db), "networks": NETWORKS, "towns": TOWNS, "rules": rules}
    return desk.show("tailor_new.html", title="A new application", typed=typed, wrong=wrong, refused=refused, **things)


def _found(desk: Desk, ident: int) -> Tailor:
    tailor = desk.db.get(Tailor, ident)
    if tailor is None:
        raise Refused("There is no such tailor.", 404)
    return tailor


def _filtered(desk: Desk, show: str, town: str, business: str) -> Select[Any]:
    rows = listed()
    if show == "waiting":
        rows = rows.where(Tailor.state.in_(rules.WAITING))
    elif show == "again":
        rows = rows.where(Application.look_again_on <= desk.now.date(), Tailor.state == "APPROVED")
    elif show:
        rows = rows.where(Tailor.state == show)
    rows = rows.where(Tailor.town == town.lower()) if town else rows
    return rows.where(Tailor.business.icontains(business, autoescape=True)) if business else rows


def _columns(desk: Desk) -> list[Column]:
    return [
        Column("Business", lambda row: row.Tailor.business, sort="business"),
        Column("State", lambda row: _state(row.Tailor), lambda row: row.Tailor.state),
        Column("Waiting", lambda row: _waiting(desk, row), lambda row: row.since, sort="waiting"),
        Column("Town", lambda row: row.Tailor.town.title()),
        Column("Rating", lambda row: f"{row.Tailor.rating100 / 100:.1f}" if row.Tailor.rating100 else "–", sort="rating", right=True),
        Column("Jobs", lambda row: row.Tailor.jobs, sort="jobs", right=True),
        Column("Badges", lambda row: badges(row.Tailor)),
        Column("Again on", lambda row: shown.day(row.again), lambda row: row.again),
    ]


def _state(tailor: Tailor) -> Markup:
    return shown.state(tailor.state) + (Markup(" ") + shown.badge("calm", "rests") if tailor.busy else Markup(""))


def _waiting(desk: Desk, row: Any) -> Any:
    return shown.when(row.since, desk.now) if row.Tailor.state in rules.WAITING else Markup("–")


def badges(tailor: Tailor) -> str:
    held = (("identity", tailor.identity_verified), ("background", tailor.background_checked))
    return ", ".join(name for name, has in held if has) or "–"
