"""The customer's order page: what a signed link from the chat opens."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from bot.order_page import words
from bot.order_page.page import Page
from models.base import Away
from models.order_view import OrderView

if TYPE_CHECKING:
    from bot.wiring import Parts

HERE = Path(__file__).parent
EVERY_S = 20  # how often an open page asks for news
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}  # fmt: skip


def blueprint(parts: Parts) -> Blueprint:
    room = Blueprint("order_page", __name__, template_folder="templates", static_folder="static", static_url_path="/o/static")
    version = hashlib.sha256(b"".join(file.read_bytes() for file in sorted((HERE / "static").iterdir()))).hexdigest()[:8]

    @room.get("/o/<token>")
    def order(token: str) -> str:
        page = _page(parts, token)
        values = {"token": token, "etag": _news(page).headers["ETag"], "version": version, "every": EVERY_S, "now": parts.clock.now()}
        return render_template("order_page/page.html", page=page, **values)

    @room.get("/o/<token>/now")
    def news(token: str) -> Response:
        """The parts that can change; nothing when the asker has them already."""
        answer = _news(_page(parts, token))
        answer.make_conditional(request)
        return answer

    @room.errorhandler(HTTPException)
    def gone(error: HTTPException) -> tuple[str, int]:
        code = error.code if error.code in words.GONE else 404
        title, about = words.GONE[code]
        text = render_template("order_page/gone.html", title=title, about=about, whatsapp=parts.links.chat("status"), version=version)
        return text, error.code or 404

    @room.after_request
    def careful(answer: Response) -> Response:
        answer.headers.update(HEADERS)
        kept = request.endpoint == "order_page.static" and request.args.get("v") == version
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-store"
        return answer

    return room


def _news(page: Page) -> Response:
    answer = make_response(render_template("order_page/parts.html", page=page))
    answer.add_etag()
    return answer


def _page(parts: Parts, token: str) -> Page:
    """The order a link leads to. 404 for what we have not given out, 410 for what has grown old."""
    what, _, signature = token.rpartition("-")
    if not parts.links.is_right("order", what, signature):
        abort(404)
    order_id, until = map(int, what.split("-"))
    now = parts.clock.now()
    if until < now.timestamp():
        abort(410)
    try:
        with parts.database.begin() as db:
            view = OrderView.of(db, order_id)
    except Away:
        abort(503)
    return Page(view or abort(404), parts.links, now)
