"""What a person may ask of us: all that we know of her, and to be forgotten."""

from __future__ import annotations

import json
from hashlib import sha256

from flask import Response, make_response, request

from bot.admin import shown
from bot.admin.door import Answer, Desk, Pages, Refused, wall
from bot.admin.pages.people import found
from bot.rules import NotAllowed
from models import erasure
from models.person import Person
from models.person_file import everything

pages = Pages("data_requests", can="people")
WORDS = ("needle", "cotton", "button", "ribbon", "thimble", "velvet", "collar", "pocket", "scissors", "bobbin", "linen", "hem")
HOW_MANY = 3
shown.WHY_NOT |= {
    "open_order": "An order is still open. It must be finished or cancelled first.",
    "money_owed": "Money is still on its way: a refund, a payout, a payment or a wallet that is not empty.",
    "open_circle": "A circle of this person is still open.",
    "works_here": "This is a tailor with us: suspend first.",
}


@pages.deed("/people/<int:ident>/export", can="export", fresh=True)
def export(desk: Desk, ident: int) -> Answer:
    """A file for the person herself; never a link, and the desk keeps no copy."""
    desk.need("people")
    person, why = found(desk, ident), desk.why()
    known = {"made_at": wall.now(), "what": "Everything Sew4Mi knows of you. Money in pesewas, lengths in millimetres."}
    text = json.dumps(known | everything(desk.db, person.id), ensure_ascii=False, indent=1, default=lambda value: value.isoformat())
    desk.note("person.exported", f"person:{person.id}", why=why)
    answer = Response(text, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="person-{person.id}-{wall.now():%Y%m%d}.json"'
    return answer


@pages.page("/people/<int:ident>/forget", can="decide")
def ask(desk: Desk, ident: int) -> Answer:
    return _form(desk, found(desk, ident))


@pages.deed("/people/<int:ident>/forget", can="decide", fresh=True)
def forget(desk: Desk, ident: int) -> Answer:
    person = found(desk, ident)
    if erasure.is_forgotten(person):
        return desk.back("This person was forgotten already.", f"/admin/people/{ident}", kind="warn")
    try:
        why = desk.why()
        if " ".join(request.form.get("words", "").lower().split()) != _words(desk, ident):
            raise Refused("Type the words exactly in the order in which they are shown.", 422)
        with desk.db.begin_nested():
            erasure.forget(desk.db, ident, desk.now)
    except (Refused, NotAllowed) as refusal:
        said, status = (refusal.said, refusal.status) if isinstance(refusal, Refused) else (shown.why_not(refusal), 409)
        return make_response(_form(desk, person, said), status)
    desk.note("person.forgotten", f"person:{ident}", why=why)
    return desk.back("Forgotten. Orders, money and papers stay, without the name.", f"/admin/people/{ident}")


def _form(desk: Desk, person: Person, wrong: str = "") -> Answer:
    hindering = [shown.WHY_NOT[name] for name in erasure.hindrances(desk.db, person.id)]
    shown_words = _words(desk, person.id)
    return desk.show("forget.html", person=person, hindering=hindering, words=shown_words, wrong=wrong, typed=request.form, title="Forget")


def _words(desk: Desk, ident: int) -> str:
    """Other words for each person and each session, so that nobody types them out of habit."""
    drawn = sha256(f"{desk.session.csrf}:{ident}".encode()).digest()
    left = list(WORDS)
    return " ".join(left.pop(byte % len(left)) for byte in drawn[:HOW_MANY])
