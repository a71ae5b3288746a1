"""People at the desk: who they are, what they may, where they are signed in."""

from __future__ import annotations

import secrets

from flask import make_response, request

from bot.admin.door import Answer, Desk, Pages, Refused, wall
from bot.admin.shown import why_not
from bot.rules import NotAllowed
from bot.rules.roles import ROLES, Role
from models.audit import Audit
from models.staff import Staff, StaffSession

pages = Pages("staff", "People at the desk", group="House", rank=4, can="staff")
#: What each role is for, in a sentence.
ABOUT: dict[Role, str] = {
    "support": "speaks with people and decides disputes",
    "verifier": "looks at tailors who apply",
    "finance": "sends money, closes cases, reads the trail",
    "operator": "keeps the house: prices, jobs, colleagues, everything but money",
    "readonly": "looks, and sees first names only",
}


@pages.page("/staff", can="staff")
def staff(desk: Desk) -> Answer:
    return _page(desk)


@pages.page("/staff/<int:ident>", can="staff")
def one(desk: Desk, ident: int) -> Answer:
    somebody = _found(desk, ident)
    sessions = StaffSession.of(desk.db, wall.now(), ident)
    trail = Audit.of(desk.db, f"staff:{ident}", 20)
    return desk.show("staff_one.html", one=somebody, sessions=sessions, roles=ABOUT, last=StaffSession.last_of(desk.db).get(ident), trail=trail)


@pages.deed("/staff", can="staff", fresh=True)
def hire(desk: Desk) -> Answer:
    login, name, role = (request.form.get(field, "").strip()[:80] for field in ("login", "name", "role"))
    password = _password()
    try:
        added = Staff.hire(desk.db, login=login, name=name, role=_role(role), password=password, now=wall.now())
    except NotAllowed as refusal:
        return make_response(_page(desk, refusal=refusal, typed={"login": login, "name": name, "role": role}), 422)
    desk.note("staff.hired", f"staff:{added.id}", login=added.login, role=added.role)
    return desk.show("staff_password.html", one=added, password=password)


@pages.deed("/staff/<int:ident>/role", can="staff", fresh=True)
def change_role(desk: Desk, ident: int) -> Answer:
    somebody, role, why = _found(desk, ident), _role(request.form.get("role", "")), desk.why()
    before = somebody.role
    if role == before:
        raise Refused(f"{somebody.name} is {role} already.", 409)
    somebody.take_role(desk.db, role)
    desk.note("staff.role", f"staff:{ident}", why=why, before=before, after=role)
    return desk.back(f"{somebody.name} is {role} now.")


@pages.deed("/staff/<int:ident>/leave", can="staff", fresh=True)
def leave(desk: Desk, ident: int) -> Answer:
    somebody, why = _found(desk, ident), desk.why()
    somebody.dismiss(desk.db, wall.now())
    desk.note("staff.left", f"staff:{ident}", why=why, login=somebody.login)
    return desk.back(f"{somebody.name} can sign in no more, and is signed out everywhere.")


@pages.deed("/staff/<int:ident>/phone", can="staff", fresh=True)
def lost_phone(desk: Desk, ident: int) -> Answer:
    somebody, why = _found(desk, ident), desk.why()
    somebody.begin_anew()
    StaffSession.end_all(desk.db, ident, wall.now())
    desk.note("staff.reset", f"staff:{ident}", why=why, what="phone")
    return desk.back(f"At the next sign-in {somebody.name} is shown a new code for the app.", "/admin/staff")


@pages.deed("/staff/<int:ident>/password", can="staff", fresh=True)
def new_password(desk: Desk, ident: int) -> Answer:
    somebody, why, password = _found(desk, ident), desk.why(), _password()
    somebody.take_password(password)
    StaffSession.end_all(desk.db, ident, wall.now())
    desk.note("staff.reset", f"staff:{ident}", why=why, what="password")
    return desk.show("staff_password.html", one=somebody, password=password)


@pages.deed("/staff/sessions/<int:ident>/end", can="staff", fresh=True)
def sign_out(desk: Desk, ident: int) -> Answer:
    session = desk.db.get(StaffSession, ident)
    if session is None or session.ended_at is not None:
        raise Refused("That session is over already.", 409)
    session.end(wall.now())
    desk.note("session.ended", f"staff:{session.staff_id}", session=ident)
    return desk.back("Signed out there.")


# -- private


def _page(desk: Desk, refusal: NotAllowed | None = None, typed: dict[str, str] | None = None) -> str:
    return desk.show(
        "staff.html", people=Staff.all(desk.db), last=StaffSession.last_of(desk.db), sessions=StaffSession.of(desk.db, wall.now()), roles=ABOUT,
        typed=typed or {}, wrong=why_not(refusal) if refusal else "",
    )  # fmt: skip


def _found(desk: Desk, ident: int) -> Staff:
    somebody = desk.db.get(Staff, ident, with_for_update=request.method == "POST" or None)
    if somebody is None:
        raise Refused("There is nobody with that number at the desk.", 404)
    if somebody.ended_at is not None and request.method == "POST":
        raise Refused(f"{somebody.name} has left.", 409)
    return somebody


def _role(asked: str) -> Role:
    for role in ROLES:
        if role == asked:
            return role
    raise Refused("There is no such role.", 422)


def _password() -> str:
    """Shown once to whoever gives it on; without the app's code it opens nothing."""
    return "-".join(secrets.token_hex(2) for _ in range(5))
