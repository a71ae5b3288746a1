"""One box for every number people read out."""

from __future__ import annotations

from flask import make_response, redirect, request

from bot.admin.door import Answer, Desk, Pages
from models.found import Hit, look_for

pages = Pages("search", path="/search")
#: Where a hit leads, and what it is.
LEADS = {
    "order": ("/admin/orders/{}", "order"), "case": ("/admin/disputes/{}", "case"), "person": ("/admin/people/{}", "person"),
    "tailor": ("/admin/people/{}", "tailor"), "payment": ("/admin/orders/{}", "order with the payment"), "payout": ("/admin/people/{}", "payout to"),
    "paper": ("/admin/people/{}", "person with the paper"), "letter": ("/admin/conversations/{}", "conversation with the message"),
    "message": ("/admin/conversations/{}", "conversation with the message"), "circle": ("/admin/people/{}", "who leads the circle"),
}  # fmt: skip


@pages.page("/search")
def search(desk: Desk) -> Answer:
    said = "".join(c for c in request.args.get("q", "") if c.isprintable()).strip()[:100]
    hits = look_for(desk.db, said, channels=desk.parts.channels, providers=desk.parts.providers) if said else []
    if len(hits) == 1:
        return make_response(redirect(_where(hits[0]), 303))
    rows = [(_where(hit), LEADS[hit.sort][1], hit.label) for hit in hits]
    return desk.show("search.html", said=said, rows=rows, few=said.isdigit() and len(said) < 9, title="Search")


def _where(hit: Hit) -> str:
    return LEADS[hit.sort][0].format(hit.id)
