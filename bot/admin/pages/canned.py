"""Answers that are given often, by a word: ":hours" in the composer becomes its text."""

from __future__ import annotations

from flask import abort, make_response, request

from bot.admin import shown
from bot.admin.door import Answer, Desk, Pages, wall
from bot.counter import said_plainly
from bot.rules import NotAllowed
from models.note import Canned

pages = Pages("canned", path="/conversations/canned")


@pages.page("/conversations/canned", can="talk")
def ready(desk: Desk) -> Answer:
    return desk.show("canned.html", rows=Canned.all(desk.db), word="", text="", wrong="")


@pages.deed("/conversations/canned", can="system")
def write(desk: Desk) -> Answer:
    """A new one, or another text for one that is there."""
    word, text = request.form.get("word", "").strip().removeprefix(":").lower(), request.form.get("text", "")
    try:
        before = Canned.write(desk.db, word, said_plainly(text), desk.staff.login, wall.now())
    except NotAllowed as refusal:
        page = desk.show("canned.html", rows=Canned.all(desk.db), word=word, text=text, wrong=shown.why_not(refusal))
        return make_response(page, 422)
    desk.note("canned.written", f"canned:{word}", before=before, after=text)
    return desk.back(f"“:{word}” is ready.")


@pages.deed("/conversations/canned/<int:ident>/delete", can="system")
def delete(desk: Desk, ident: int) -> Answer:
    canned = desk.db.get(Canned, ident) or abort(404)
    desk.db.delete(canned)
    desk.note("canned.deleted", f"canned:{canned.word}", before=canned.text)
    return desk.back(f"“:{canned.word}” is gone.")
