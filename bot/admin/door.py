"""Who may come in: sessions, the second factor, roles, and that nobody else's page presses our buttons."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Response, abort, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from bot.clock import Clock
from models.audit import Audit
from models.news import Place
from models.staff import SignIn, Staff, StaffSession

if TYPE_CHECKING:
    from bot.wiring import Parts

COOKIE, SAID = "sew4mi_desk", "sew4mi_said"
HOME = "/admin/"
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
wall = Clock()  # people at the desk live in real time, wherever a demo has moved the story
Answer = Response | str
View = Callable[..., Answer]


class Refused(Exception):
    """Somebody may not, in words for a person."""

    def __init__(self, said: str, status: int = 409) -> None:
        super().__init__(said)
        self.said, self.status = said, status


@dataclass
class Desk:
    """One request of somebody who is signed in: who she is, what she may, and the transaction in which it happens."""

    parts: Parts
    db: Session
    staff: Staff
    session: StaffSession
    place: Place  # how far the news was told when this page was read
    request_id: str
    wakes: set[str] = field(default_factory=set)  # bells to ring once this is committed

    @property
    def now(self) -> datetime:
        """The product's time: what orders, clocks and money go by."""
        return self.parts.clock.now()

    def may(self, what: str) -> bool:
        return self.staff.may(what)

    @property
    def is_fresh(self) -> bool:
        return self.session.is_fresh(wall.now())

    # -- what a view does

    def show(self, template: str, **values: Any) -> str:
        return render_template(template, **values)

    def back(self, said: str, to: str = "", *, kind: str = "good") -> Answer:
        """After a change: the page again, with one line on top that says what happened."""
        answer = redirect(to or local(request.referrer) or HOME, 303)
        kept: dict[str, Any] = {"max_age": 60, "httponly": True, "samesite": "Strict", "path": "/admin", "secure": is_secure(self.parts)}
        answer.set_cookie(SAID, f"{kind}|{said}"[:600], **kept)
        return make_response(answer)

    def note(self, action: str, subject: str, *, why: str = "", **facts: Any) -> None:
        """What was done or looked at goes into the chain."""
        who: dict[str, Any] = {"who": self.staff.login, "place": place(), "request": self.request_id, "now": wall.now()}
        Audit.add(self.db, action=action, subject=subject, facts=facts, why=why, **who)

    def need(self, what: str) -> None:
        if not self.may(what):
            raise Refused(f"Your role ({self.staff.role}) may not do this.", 403)

    def why(self) -> str:
        """The reason that was typed; each change with consequences has one."""
        reason = " ".join(request.form.get("why", "").split())[:500]
        if len(reason) < 3:
            raise Refused("Say in a few words why.", 422)
        return reason

    # -- what is shown of people

    def name(self, name: str | None) -> str:
        """In full for those who work with people, else the first name."""
        return (name or "") if self.may("people") else (name or "").split(" ")[0]

    def phone(self, value: str | None) -> str:
        """Never in full on a list: "024 ••• 4567"."""
        return hidden(value)


class Pages:
    """The pages of one file: `pages = Pages("refunds", "Refunds", group="Money", rank=2)`, `@pages.page("/refunds")`.

    A view gets a Desk, and what its path names. `can` is a line of bot/rules/roles.py; `fresh` asks for the second factor again.
    """

    def __init__(self, name: str, title: str = "", *, group: str = "", rank: int = 0, can: str = "look", path: str = "") -> None:
        self.name, self.title, self.group, self.rank, self.can, self.path = name, title, group, rank, can, path or f"/{name}"
        self.views: list[tuple[str, str, str, View, dict[str, Any]]] = []

    def page(self, path: str, *, can: str = "look", quiet: bool = False) -> Callable[[View], View]:
        return self._keep("GET", path, can=can, fresh=False, quiet=quiet)

    def deed(self, path: str, *, can: str, fresh: bool = False, most_bytes: int = 0) -> Callable[[View], View]:
        """Something that changes: a POST with the token of the page it came from. `most_bytes` is for files; else it may be as large as a webhook."""
        return self._keep("POST", path, can=can, fresh=fresh, most_bytes=most_bytes)

    def _keep(self, method: str, path: str, **rule: Any) -> Callable[[View], View]:
        def take(view: View) -> View:
            self.views.append((method, path, f"{self.name}_{view.__name__}", view, rule))
            return view

        return take


class Door:
    """Lets people in, one transaction per request."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def guarded(self, view: View, *, can: str, fresh: bool = False, half: bool = False, quiet: bool = False, most_bytes: int = 0) -> View:
        """`half` is for the pages between the password and the code, `quiet` for what a page asks by itself: it keeps no session awake."""

        @wraps(view)
        def enter(**path: Any) -> Answer:
            with self.parts.database.begin() as db:
                desk = self._enter(db, half=half, quiet=quiet)
                if isinstance(desk, Response):
                    return desk
                g.desk = desk
                if most_bytes and desk.may(can):
                    request.max_content_length = most_bytes
                try:
                    answer = make_response(self._answer(desk, view, path, can=can, fresh=fresh))
                except Exception:
                    db.expunge_all()  # the page that says so still names who is at the desk
                    raise
            for bell in desk.wakes:
                self.parts.redis.ring(bell)
            return answer

        return enter

    def watch(self) -> Callable[[], bool]:
        """What tells, later and outside of this request, whether its session still counts."""
        ident = g.desk.session.id

        def still_counts() -> bool:
            with self.parts.database.begin() as db:
                session = db.get(StaffSession, ident)
                return session is not None and session.counts(wall.now())

        return still_counts

    # -- private

    def _answer(self, desk: Desk, view: View, path: dict[str, Any], *, can: str, fresh: bool) -> Answer | tuple[str, int]:
        if request.method in CHANGING:
            self._check_origin(desk)
        if not desk.may(can):
            return render_template("refused.html"), 403
        if fresh and not desk.is_fresh and not self._proves_now(desk):
            return render_template("prove.html", fields=_typed(), wrong="_code" in request.form), 401
        return view(desk, **path)

    def _enter(self, db: Session, *, half: bool, quiet: bool) -> Desk | Response:
        found = StaffSession.find(db, request.cookies.get(COOKIE, ""), wall.now())
        if found is None:
            if request.method in CHANGING:
                abort(401)
            wanted = local(request.full_path.rstrip("?")) if request.method == "GET" else ""
            return make_response(redirect(url_for("desk.sign_in", next=wanted), 303))
        session, staff, told = found
        if not half and session.proven_at is None:
            return make_response(redirect(url_for("desk.second_step"), 303))
        if not quiet:
            session.touch(wall.now())
        return Desk(self.parts, db, staff, session, told, g.request_id)

    def _check_origin(self, desk: Desk) -> None:
        """The page's own token, and, where the browser says where it comes from, our own address."""
        if not secrets.compare_digest(request.form.get("_token", "").encode(), desk.session.csrf.encode()):
            raise Refused("This page is too old, or was not ours. Load it again and repeat what you did.", 403)
        origin = request.headers.get("Origin")
        if origin and origin != "null" and urlsplit(origin).netloc not in (request.host, urlsplit(self.parts.settings.public_url).netloc):
            raise Refused("This came from another site.", 403)

    def _proves_now(self, desk: Desk) -> bool:
        """A code that came with the form itself. What it proves stands by itself, whatever becomes of the deed: a code counts once."""
        code = request.form.get("_code", "")
        with self.parts.database.begin() as db:
            staff, session = db.get_one(Staff, desk.staff.id, with_for_update=True), db.get_one(StaffSession, desk.session.id)
            if not code or SignIn.must_wait(db, staff.login, place(), wall.now()):
                return False
            right = staff.proves(code, wall.now())
            SignIn.note(db, staff.login, place(), wall.now(), ok=right)
            if right:
                session.proven_at = wall.now()
                replace(desk, db=db).note("session.proven", f"session:{session.id}")
        desk.db.refresh(desk.session)
        return right


def place() -> str:
    """Where a request comes from; a proxy in front of us says so only when gunicorn trusts it (forwarded_allow_ips)."""
    return request.remote_addr or ""


def local(target: str | None) -> str:
    """A path below /admin/, whoever wrote it; else nothing."""
    found = urlsplit(target or "")
    path = found.path + (f"?{found.query}" if found.query else "")
    is_ours = found.netloc in ("", request.host) and path.startswith("/admin/") and "\\" not in path
    return path if is_ours and (target or "").isprintable() else ""


def hidden(number: str | None) -> str:
    """"+233241234567" -> "024 ••• 4567"; a name that is no number only by its ends."""
    digits = "".join(c for c in number or "" if c.isdigit())
    if len(digits) < 9:
        return "•••" if number else ""
    return f"0{digits[-9:-7]} ••• {digits[-4:]}"


def is_secure(parts: Parts) -> bool:
    return parts.settings.public_url.startswith("https://")


def _typed() -> list[tuple[str, str]]:
    """What was typed, so that it need not be typed again after the code."""
    return [(name, value) for name, value in request.form.items(multi=True) if name != "_code"]
