"""Coming in and going out: password, second factor, first enrolment, the list of one's own sessions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import segno
from flask import Blueprint, make_response, redirect, render_template, request, url_for

from bot.admin.door import COOKIE, HOME, Answer, Desk, Door, Refused, is_secure, local, place, wall
from models.staff import LONGEST, SignIn, Staff, StaffSession

if TYPE_CHECKING:
    from bot.wiring import Parts

WRONG = "That did not fit. Check both and try again."
WAIT = "Too many tries. Wait a quarter of an hour."


def routes(desk: Blueprint, door: Door) -> None:
    desk.add_url_rule("/sign-in", "sign_in", ask)
    desk.add_url_rule("/sign-in", "enter", partial(enter, door.parts), methods=["POST"])
    desk.add_url_rule("/second-step", "second_step", door.guarded(second_step, can="look", half=True))
    desk.add_url_rule("/second-step", "prove", door.guarded(prove, can="look", half=True), methods=["POST"])
    desk.add_url_rule("/sign-out", "sign_out", door.guarded(leave, can="look", half=True), methods=["POST"])
    desk.add_url_rule("/sessions", "sessions", door.guarded(mine, can="look"))
    desk.add_url_rule("/sessions/<int:ident>/end", "end_session", door.guarded(end, can="look"), methods=["POST"])


def ask() -> Answer:
    return render_template("sign_in.html", next=local(request.args.get("next")))


def enter(parts: Parts) -> Answer:
    login, password = request.form.get("login", "").strip().lower(), request.form.get("password", "")
    wanted = local(request.form.get("next"))
    with parts.database.begin() as db:
        if SignIn.must_wait(db, login, place(), wall.now()):
            return make_response(render_template("sign_in.html", wrong=WAIT, login=login, next=wanted), 429)
        staff = Staff.by_login(db, login)
        if not Staff.is_right(staff, password) or staff is None:
            SignIn.note(db, login, place(), wall.now(), ok=False)
            return make_response(render_template("sign_in.html", wrong=WRONG, login=login, next=wanted), 401)
        _, token = StaffSession.begin(db, staff, place=place(), agent=request.user_agent.string, now=wall.now())
    return _with(redirect(url_for("desk.second_step", next=wanted), 303), token, parts)


def second_step(desk: Desk) -> Answer:
    return make_response(redirect(HOME, 303)) if desk.session.proven_at else _second(desk)


def prove(desk: Desk) -> Answer:
    """A new session with a new token once both fit: whoever planted the old one has nothing."""
    if SignIn.must_wait(desk.db, desk.staff.login, place(), wall.now()):
        return make_response(_second(desk, WAIT), 429)
    desk.db.refresh(desk.staff, with_for_update=True)  # the same code in two windows at once counts once
    right = desk.staff.proves(request.form.get("code", ""), wall.now())
    SignIn.note(desk.db, desk.staff.login, place(), wall.now(), ok=right)
    if not right:
        return make_response(_second(desk, "That code did not fit."), 401)
    codes = [] if desk.staff.enrolled_at else desk.staff.enrol(wall.now())
    desk.session.end(wall.now())
    _, token = StaffSession.begin(desk.db, desk.staff, place=place(), agent=request.user_agent.string, now=wall.now(), proven=True)
    desk.note("session.begun", f"staff:{desk.staff.id}")
    there = local(request.form.get("next")) or HOME
    return _with(render_template("recovery.html", codes=codes, next=there) if codes else redirect(there, 303), token, desk.parts)


def leave(desk: Desk) -> Answer:
    desk.session.end(wall.now())
    desk.note("session.ended", f"staff:{desk.staff.id}")
    answer = make_response(redirect(url_for("desk.sign_in"), 303))
    answer.delete_cookie(COOKIE, path="/admin")
    return answer


def mine(desk: Desk) -> Answer:
    return desk.show("sessions.html", rows=StaffSession.of(desk.db, wall.now(), desk.staff.id))


def end(desk: Desk, ident: int) -> Answer:
    session = desk.db.get(StaffSession, ident)
    if session is None or session.staff_id != desk.staff.id:
        raise Refused("That session is not yours.", 404)
    session.end(wall.now())
    desk.note("session.ended", f"session:{ident}")
    return desk.back("Signed out there.", url_for("desk.sessions"))


def _second(desk: Desk, wrong: str = "") -> str:
    is_new = desk.staff.enrolled_at is None
    picture = segno.make(desk.staff.uri, error="m").svg_inline(scale=5, border=2, omitsize=True, svgclass="qr") if is_new else ""
    secret = desk.staff.secret if is_new else ""
    return render_template("second_step.html", picture=picture, secret=secret, wrong=wrong, next=local(request.values.get("next")))


def _with(answer: Any, token: str, parts: Parts) -> Answer:
    made = make_response(answer)
    kept: dict[str, Any] = {"httponly": True, "samesite": "Lax", "path": "/admin", "secure": is_secure(parts)}
    made.set_cookie(COOKIE, token, max_age=int(LONGEST.total_seconds()), **kept)
    return made
