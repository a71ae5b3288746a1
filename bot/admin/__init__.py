"""The desk: the pages on which the people of the house see what matters, and act."""

from __future__ import annotations

import importlib
import logging
import secrets
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from bot.admin import live, shown, sign_in
from bot.admin import pages as folder
from bot.admin.door import CHANGING, SAID, Desk, Door, Pages, Refused, is_secure
from bot.plugins import names_in
from bot.rules import NotAllowed
from models.base import Away

if TYPE_CHECKING:
    from bot.wiring import Parts

log = logging.getLogger(__name__)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()", "X-Robots-Tag": "noindex",
}  # fmt: skip
GROUPS = ("", "Work", "Money", "People", "Things", "House")


def install(app: Flask, parts: Parts) -> None:
    """Puts the desk below /admin. Every file in bot/admin/pages brings its pages; nothing is registered by hand."""
    desk = Blueprint("desk", __name__, url_prefix="/admin", template_folder="templates", static_folder="static")
    door = Door(parts)
    found = [importlib.import_module(f"{folder.__name__}.{name}").pages for name in names_in(folder)]
    for book in found:
        for method, path, name, view, rule in book.views:
            desk.add_url_rule(path, name, door.guarded(view, **rule), methods=[method])
    sign_in.routes(desk, door)
    live.routes(desk, parts, lambda view: door.guarded(view, can="look", quiet=True), door.watch)
    _dress(desk, parts, sorted((book for book in found if book.title), key=lambda book: (GROUPS.index(book.group), book.rank)))
    app.register_blueprint(desk)
    shown.teach(app, parts)


def _dress(desk: Blueprint, parts: Parts, books: list[Pages]) -> None:
    desk.before_request(_begin)
    desk.after_request(partial(_protect, parts))
    desk.context_processor(partial(_around, parts, books))
    desk.register_error_handler(Refused, lambda error: _sorry(error.said, error.status))
    desk.register_error_handler(NotAllowed, lambda error: _sorry(shown.why_not(error), 409))
    desk.register_error_handler(413, lambda _: _sorry("That is too much at once: send fewer or smaller files.", 413))
    desk.register_error_handler(404, lambda _: _sorry("There is no such thing here, or not any more.", 404))
    desk.register_error_handler(Away, lambda _: _sorry("The database cannot be reached just now. Nothing was changed.", 503))
    desk.register_error_handler(Exception, _broken)


def _begin() -> None:
    g.request_id = secrets.token_hex(6)
    if request.method in CHANGING and request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Refused("This came from another site.", 403)


def _protect(parts: Parts, answer: Response) -> Response:
    answer.headers.update(HEADERS)
    if request.endpoint != "desk.static":
        answer.headers["Cache-Control"] = "no-store"
    if is_secure(parts):
        answer.headers["Strict-Transport-Security"] = "max-age=31536000"
    if SAID in request.cookies and answer.status_code == 200 and answer.mimetype == "text/html":
        answer.delete_cookie(SAID, path="/admin")
    return answer


def _around(parts: Parts, books: list[Pages]) -> dict[str, Any]:
    """What every page shows beside its own: who is here, where she may go, what was just done."""
    desk: Desk | None = g.get("desk")
    mine = [book for book in books if desk and desk.may(book.can)]
    kind, _, said = request.cookies.get(SAID, "").partition("|")
    flash = {"kind": kind if kind in ("good", "warn", "bad") else "good", "said": said} if said and request.method == "GET" else None
    menu = [(group, [book for book in mine if book.group == group]) for group in GROUPS]
    return {"desk": desk, "menu": menu, "flash": flash, "environment": parts.settings.environment, "request_id": g.get("request_id", "")}


def _sorry(said: str, status: int) -> Response:
    return make_response(render_template("sorry.html", said=said), status)


def _broken(error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return make_response(error.get_response())
    log.exception("a page of the desk failed", extra={"request_id": g.get("request_id")})
    return _sorry("That was a mistake of ours. Tell us the request's number below.", 500)
