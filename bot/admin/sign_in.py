"""Coming in and going out: password, second factor, first enrolment, the list of one's own sessions."""

from __future__ import annotations

from typing import Any

import segno
from flask import Blueprint, make_response, redirect, render_template, request, url_for

from bot.admin.door import COOKIE, HOME, Answer, Desk, Door, Refused, is_secure, local, place, wall
from models.staff import LONGEST, SignIn, Staff, StaffSession

WRONG = "That did not fit. Check both and try again."
WAIT = "Too many tries. Wait a quarter of an hour."


def routes(desk: Blueprint, door: Door) -> None:
    def ask() -> Answer:
        return render_template("sign_in.html", next=local(request.args.get("next")))

    def enter() -> Answer:
        login, password = request.form.get("login", "").strip().lower(), request.form.get("password", "")
        wanted = local(request.form.get("next"))
        with door.parts.database.begin() as db:
            if SignIn.must_wait(db, login, place(), wall.now()):
                return make_response(render_template("sign_in.html", wrong=WAIT, login=login, next=wanted), 429)
            staff = Staff.by_login(db, login)
            if not Staff.is_right(staff, password) or staff is None:
                SignIn.note(db, login, place(), wall.now(), ok=False)
                return make_response(render_template("sign_in.html", wrong=WRONG, login=login, next=wanted), 401)
            _, token = StaffSession.begin(db, staff, place=place(), agent=request.user_agent.string, now=wall.now())
        return _with(redirect(url_for("desk.second_step", next=wanted), 303), token, door)

    def second_step(at: Desk) -> Answer:
        if at.session.proven_at:
            return redirect(HOME, 303)
        return _second(at)

    def prove(at: Desk) -> Answer:
        """A new session with a new token once both fit: whoever planted the old one has nothing."""
        if SignIn.must_wait(at.db, at.staff.login, place(), wall.now()):
            return make_response(_second(at, WAIT), 429)
        right = at.staff.proves(request.form.get("code", ""), wall.now())
        SignIn.note(at.db, at.staff.login, place(), wall.now(), ok=right)
        if not right:
            return make_response(_second(at, "That code did not fit."), 401)
        codes = [] if at.staff.enrolled_at else at.staff.enrol(wall.now())
        at.session.end(wall.now())
        _, token = StaffSession.begin(at.db, at.staff, place=place(), agent=request.user_agent.string, now=wall.now(), proven=True)
        at.note("session.begun", f"staff:{at.staff.id}")
        there = local(request.form.get("next")) or HOME
        return _with(render_template("recovery.html", codes=codes, next=there) if codes else redirect(there, 303), token, door)

    def leave(at: Desk) -> Answer:
        at.session.end(wall.now())
        at.note("session.ended", f"staff:{at.staff.id}")
        answer = make_response(redirect(url_for("desk.sign_in"), 303))
        answer.delete_cookie(COOKIE, path="/admin")
        return answer

    def mine(at: Desk) -> Answer:
        return at.show("sessions.html", rows=StaffSession.of(at.db, wall.now(), at.staff.id))

    def end(at: Desk, ident: int) -> Answer:
        session = at.db.get(StaffSession, ident)
        if session is None or session.staff_id != at.staff.id:
            raise Refused("That session is not yours.", 404)
        session.end(wall.now())
        at.note("session.ended", f"session:{ident}")
        return at.back("Signed out there.", url_for("desk.sessions"))

    desk.add_url_rule("/sign-in", "sign_in", ask)
    desk.add_url_rule("/sign-in", "enter", enter, methods=["POST"])
    desk.add_url_rule("/second-step", "second_step", door.guarded(second_step, can="look", half=True))
    desk.add_url_rule("/second-step", "prove", door.guarded(prove, can="look", half=True), methods=["POST"])
    desk.add_url_rule("/sign-out", "sign_out", door.guarded(leave, can="look", half=True), methods=["POST"])
    desk.add_url_rule("/sessions", "sessions", door.guarded(mine, can="look"))
    desk.add_url_rule("/sessions/<int:ident>/end", "end_session", door.guarded(end, can="look"), methods=["POST"])


def _second(at: Desk, wrong: str = "") -> str:
    picture = "" if at.staff.enrolled_at else segno.make(at.staff.uri, error="m").svg_inline(scale=5, border=2, omitsize=True, svgclass="qr")
    secret = "" if at.staff.enrolled_at else at.staff.secret
    wanted = local(request.values.get("next"))
    return render_template("second_step.html", picture=picture, secret=secret, wrong=wrong, next=wanted)


def _with(answer: Any, token: str, door: Door) -> Answer:
    made = make_response(answer)
    made.set_cookie(
        COOKIE, token, max_age=int(LONGEST.total_seconds()), httponly=True, samesite="Lax", path="/admin", secure=is_secure(door.parts)
    )  # fmt: skip
    return made


