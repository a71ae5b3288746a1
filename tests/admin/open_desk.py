"""Only the live part of the desk, with its door open, for a web server of its own: what a stream does there no test client shows."""

from __future__ import annotations

from flask import Blueprint, Flask

from bot.admin import live
from bot.settings import load
from bot.wiring import Parts, Settings

PAGE = """<!doctype html><html lang="en"><head><title>Desk</title><link rel="icon" href="/calm.svg">
<script src="/admin/live.js" defer></script></head><body data-events="/admin/events" data-news="/admin/news" data-after="{}">
<p id="live" role="status"></p>
<table><tr data-topic="order" data-subject="SW-1"><td>one</td></tr><tr data-topic="order" data-subject="SW-2"><td>two</td></tr></table>
</body></html>"""


def create_app(streams: int = 20, comment_s: float = 0.2, patience_s: float = 1) -> Flask:
    desk = Blueprint("desk", __name__, url_prefix="/admin", static_folder="../../bot/admin/static", static_url_path="")
    parts = Parts(load(Settings))
    pace = live.Pace(look_s=0.05, comment_s=comment_s, patience_s=patience_s, streams=streams)
    hub = live.routes(desk, parts, guard=lambda view: view, watch=lambda: lambda: True, pace=pace)

    @desk.get("/page")
    def page() -> tuple[str, dict[str, str]]:
        return PAGE.format(hub.missed(None).place), {"Content-Security-Policy": "default-src 'self'"}

    app = Flask(__name__)
    app.register_blueprint(desk)
    return app
