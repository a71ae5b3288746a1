"""The doors of the house: what providers post, what they fetch, and whether we are well."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from flask import Blueprint, Response, abort, jsonify, request

from bot import darkroom, intake
from bot.channels import Channel
from bot.messages import Request
from bot.payments import Forged
from bot.spool import form_of

if TYPE_CHECKING:
    from bot.wiring import Parts

log = logging.getLogger(__name__)
LARGEST_BODY = 1024 * 1024
T = TypeVar("T")


def blueprint(parts: Parts) -> Blueprint:
    doors = Blueprint("doors", __name__)

    @doors.post("/webhooks/<name>")
    def inbound(name: str) -> Response:
        channel, asked = _genuine(parts, name)
        if parts.spool.is_waiting():
            parts.spool.add(name, asked)
        else:
            try:
                intake.message(parts.engine, channel, asked)
            except intake.Away:
                parts.spool.add(name, asked)
        return Response("<Response/>", mimetype="text/xml")

    @doors.post("/webhooks/<name>/status")
    def status(name: str) -> Response:
        channel, asked = _genuine(parts, name)
        try:
            intake.receipt(parts.engine, channel, asked)
        except intake.Away:
            parts.spool.add(f"{name}/status", asked)
        return Response(status=204)

    @doors.route("/webhooks/payment/<name>", methods=["POST", "PUT"])
    def payment(name: str) -> Response:
        provider = parts.providers.get(name) or abort(404)
        try:
            hint = provider.callback(_asked())
        except (Forged, ValueError):
            abort(403)
        try:
            key = request.args.get("k", "")
            if parts.cashier.hint(hint, key) | parts.paymaster.hint(hint.reference, key):
                parts.redis.ring("money")
            else:
                log.warning("a callback of %s names no payment of ours", name)
        except intake.Away:
            pass  # a callback is only a hint: the poll will find out
        return Response(status=200)

    @doors.get("/healthz")
    def healthz() -> Response:
        return jsonify(ok=True)

    @doors.get("/readyz")
    def readyz() -> tuple[Response, int]:
        state = {"database": parts.database_answers(), "redis": parts.redis.ping(), "migrations": parts.is_migrated()}
        # Without Redis the house still works, only slower: it does not make us unready.
        return jsonify(state), 200 if state["database"] and state["migrations"] else 503

    @doors.get("/media/<path>")
    def picture(path: str) -> Response:
        ident, _, rest = path.partition("-")
        signature, _, kind = rest.partition(".")
        if not ident.isdigit() or kind not in ("jpg", "pdf") or not parts.links.is_right("picture", ident, signature):
            abort(404)
        return _picture(lambda: parts.picture(int(ident)), "image/jpeg" if kind == "jpg" else "application/pdf")

    @doors.get("/media/voice/<path>")
    def voice(path: str) -> Response:
        ident, _, signature = path.removesuffix(".ogg").partition("-")
        if not ident.isdigit() or not parts.links.is_right("voice", ident, signature):
            abort(404)
        return _picture(lambda: parts.recording(int(ident)), "audio/ogg")

    @doors.get("/media/collage/<path>")
    def collage(path: str) -> Response:
        idents, _, signature = path.removesuffix(".jpg").partition("-")
        if not parts.links.is_right("collage", idents, signature):
            abort(404)
        return _picture(lambda: parts.collage([int(i) for i in idents.split(".")]))

    @doors.get("/media/cards/<path>")
    def cards(path: str) -> Response:
        ident, _, rest = path.partition("-")
        signature, _, kind = rest.partition(".")
        if not ident.isdigit() or kind not in ("png", "pdf") or not parts.links.is_right("cards", ident, signature):
            abort(404)
        return _picture(lambda: parts.cards(int(ident), kind), "image/png" if kind == "png" else "application/pdf")

    @doors.get("/media/papers/<path>")
    def paper(path: str) -> Response:
        what, _, signature = path.removesuffix(".pdf").rpartition("-")
        if not parts.links.is_right("paper", what, signature):
            abort(404)
        ident, until = map(int, what.split("-"))
        left = until - int(parts.clock.now().timestamp())
        if left < 0:
            abort(410)
        number, content = _once_more(lambda: parts.paper(ident)) or abort(404)
        answer = Response(content, mimetype="application/pdf")
        answer.headers["Content-Disposition"] = f'inline; filename="{number}.pdf"'
        answer.headers["Cache-Control"] = f"private, max-age={min(left, 86400)}"
        answer.headers["X-Robots-Tag"] = "noindex"
        return answer

    @doors.get("/media/join/<path>")
    def join(path: str) -> Response:
        code, _, signature = path.removesuffix(".jpg").partition("-")
        if not parts.links.is_right("join", code, signature):
            abort(404)
        return _picture(lambda: darkroom.qr(parts.links.join(code)))

    return doors


def _genuine(parts: Parts, name: str) -> tuple[Channel, Request]:
    """The channel and the request, when the provider really sent it; else 403, whatever else is wrong with it."""
    channel = parts.channels.get(name) or abort(404)
    try:
        asked = _asked()
    except ValueError:
        abort(403)
    if not channel.genuine(asked):
        abort(403)
    return channel, asked


def _asked() -> Request:
    body = request.get_data(cache=False)
    path = request.full_path if request.query_string else request.path
    headers = {name[5:].replace("_", "-").lower(): value for name, value in request.environ.items() if name.startswith("HTTP_")}
    is_form = request.mimetype == "application/x-www-form-urlencoded"
    return Request(request.method, path, headers, body, form_of(body) if is_form else ())


def _once_more(look: Callable[[], T]) -> T:
    """A connection from before the database's restart breaks once: the provider, who asks only once, must not notice."""
    try:
        return look()
    except intake.Away:
        return look()


def _picture(look: Callable[[], bytes | None], kind: str = "image/jpeg") -> Response:
    content = _once_more(look)
    if content is None:
        abort(404)
    answer = Response(content, mimetype=kind)
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer
