"""Every message, and what became of it: why it failed, sending it again, throwing it away."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import abort
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, and_, or_, select

from bot.admin import shown
from bot.admin.door import Answer, Desk, Pages, hidden
from bot.admin.reasons import reason
from bot.admin.table import Column, Filter, Table, wants_file
from bot.rules.receipts import RANK
from bot.understand import NotUnderstood
from bot.understand.phone import phone
from models.audit import Audit
from models.base import Json
from models.inbox import EVENTS, Inbox
from models.outbox import Outbox
from models.person import Address, Person

pages = Pages("messages", "Messages", group="Work", rank=3)

FIRST_WORDS = 60  # characters
RECEIPTS = {rank: name for name, rank in RANK.items()}
_PICTURE = Outbox.body["picture"].astext
_WORDS = Markup('<span class="words">{}</span>')
_LONG = re.compile(r"\+?\d(?:[ -]?\d){8,13}")  # a number that may be somebody's phone
_FIRST = Outbox.body[("choices", "0")].astext
_PAPER, _VOICE = _PICTURE.like("%.pdf"), _PICTURE.like("%.ogg")
#: {state in the address: the letters of ours in it}; "failed" is written as its index is.
OURS: dict[str, ColumnElement[bool]] = {
    "failed": or_(Outbox.state == "dead", and_(Outbox.state == "sent", Outbox.receipt == RANK["failed"])),
    "held": Outbox.state == "held",
    "waiting": Outbox.state.in_(("waiting", "sending")),
    "unknown": Outbox.state == "unknown",
    "sent": and_(Outbox.state == "sent", Outbox.receipt < RANK["failed"]),
    "delivered": Outbox.receipt == RANK["delivered"],
    "read": Outbox.receipt == RANK["read"],
    "discarded": Outbox.state == "discarded",
}
KIND_OF_OURS: dict[str, ColumnElement[bool]] = {
    "text": and_(_PICTURE == "", _FIRST.is_(None)),
    "question": _FIRST.is_not(None),
    "image": and_(_PICTURE != "", ~_PAPER, ~_VOICE),
    "document": _PAPER,
    "audio": _VOICE,
}
STATES = {
    "failed": "failed", "held": "held until she writes", "waiting": "waiting", "unknown": "nobody knows", "sent": "sent", "delivered": "delivered",
    "read": "read", "discarded": "discarded", "done": "dealt with (hers)",
}  # fmt: skip
KIND_WORDS = {
    "text": "text", "question": "question to tap", "tap": "tapped answer", "image": "photo", "audio": "voice note", "video": "video",
    "document": "document", "sticker": "sticker", "contact": "contact card", "location": "location",
}  # fmt: skip
FILTERS = (
    Filter("direction", "Direction", {"out": "from us", "in": "from people"}),
    Filter("state", "State", STATES),
    Filter("kind", "Kind", KIND_WORDS),
    Filter("error", "Error code"),
    Filter("person", "Number or person"),
    Filter("day", "Day", kind="date"),
)
_NUMBER = select(Address.value).where(Address.person_id == Person.id).order_by(Address.id).limit(1).scalar_subquery().label("number")


@pages.page("/messages")
def log(desk: Desk) -> Answer:
    asked = {f.name: f.value for f in FILTERS}
    table, statement = (_hers if asked["direction"] == "in" else _ours)(desk, asked)
    if wants_file():
        return table.file(desk, statement, scalars=False)
    table.fill(desk.db, statement, scalars=False)
    if table.rows and desk.may("people"):
        desk.note("messages.read", "list:messages", filters={name: value for name, value in asked.items() if value})
    return desk.show("messages.html", table=table)


@pages.page("/messages/<int:ident>")
def letter(desk: Desk, ident: int) -> Answer:
    return _one(desk, desk.db.get(Outbox, ident) or abort(404))


@pages.page("/messages/in/<int:ident>")
def heard(desk: Desk, ident: int) -> Answer:
    return _one(desk, _message(desk, ident))


@pages.deed("/messages/<int:ident>/reveal", can="people", fresh=True)
def reveal(desk: Desk, ident: int) -> Answer:
    row = desk.db.get(Outbox, ident) or abort(404)
    desk.note("message.revealed", f"message:{ident}")
    return _one(desk, row, raw=row.body | ({"sequel": row.sequel} if row.sequel else {}))


@pages.deed("/messages/in/<int:ident>/reveal", can="people", fresh=True)
def reveal_heard(desk: Desk, ident: int) -> Answer:
    row = _message(desk, ident)
    desk.note("message.revealed", f"message:in:{ident}")
    return _one(desk, row, raw=row.body)


@pages.deed("/messages/<int:ident>/again", can="talk")
def again(desk: Desk, ident: int) -> Answer:
    row = desk.db.get(Outbox, ident) or abort(404)
    before = {"state": row.fate, "error": row.error, "provider_id": row.provider_id, "tries": row.tries}
    Outbox.send_again(desk.db, ident, desk.now)
    desk.note("message.sent_again", f"message:{ident}", before=before)
    desk.wakes.add("messages")
    return desk.back("It goes out once more now.", f"/admin/messages/{ident}")


@pages.deed("/messages/<int:ident>/discard", can="talk")
def discard(desk: Desk, ident: int) -> Answer:
    row = desk.db.get(Outbox, ident) or abort(404)
    why, before = desk.why(), row.fate
    Outbox.discard(desk.db, ident)
    desk.note("message.discarded", f"message:{ident}", why=why, before=before)
    return desk.back("It is discarded: nobody gets it.", f"/admin/messages/{ident}")


# -- private


def _message(desk: Desk, ident: int) -> Inbox:
    """What somebody said; events have a page of their own."""
    row = desk.db.get(Inbox, ident)
    return row if row is not None and row.channel != EVENTS else abort(404)


def _ours(desk: Desk, asked: dict[str, str]) -> tuple[Table, Select[Any]]:
    statement = select(Outbox, Person, _NUMBER).outerjoin(Person, Person.id == Outbox.person_id)
    wanted = [OURS.get(asked["state"]), KIND_OF_OURS.get(asked["kind"]), *_common(desk, Outbox, Outbox.created_at, asked)]
    unknown = bool(asked["state"] and asked["state"] not in OURS) or bool(asked["kind"] and asked["kind"] not in KIND_OF_OURS)
    columns = [
        Column("To", lambda row: _who(desk, row)),
        Column("Written", lambda row: shown.when(row.Outbox.created_at, desk.now), lambda row: row.Outbox.created_at),
        Column("Words", lambda row: _WORDS.format(_first_words(desk, row.Outbox.body)), lambda row: _first_words(desk, row.Outbox.body)),
        Column("State", lambda row: shown.state(row.Outbox.fate), lambda row: row.Outbox.fate),
        Column("What went wrong", lambda row: _why(row.Outbox), lambda row: row.Outbox.error),
        Column("Tries", lambda row: row.Outbox.tries, right=True),
    ]
    return _table(columns, "Messages from us", "Outbox", "/admin/messages/"), _narrowed(statement, Outbox.id, wanted, unknown)


def _hers(desk: Desk, asked: dict[str, str]) -> tuple[Table, Select[Any]]:
    statement = select(Inbox, Person, _NUMBER).outerjoin(Person, Person.id == Inbox.person_id).where(Inbox.channel != EVENTS)
    state = Inbox.state == asked["state"] if asked["state"] else None
    kind = Inbox.name == asked["kind"] if asked["kind"] else None
    columns = [
        Column("From", lambda row: _who(desk, row)),
        Column("Came", lambda row: shown.when(row.Inbox.received_at, desk.now), lambda row: row.Inbox.received_at),
        Column("Words", lambda row: _WORDS.format(_first_words(desk, row.Inbox.body)), lambda row: _first_words(desk, row.Inbox.body)),
        Column("Kind", lambda row: KIND_WORDS.get(row.Inbox.name, row.Inbox.name)),
        Column("State", lambda row: shown.state(row.Inbox.state), lambda row: row.Inbox.state),
    ]
    wanted = [state, kind, *_common(desk, Inbox, Inbox.received_at, asked)]
    return _table(columns, "Messages from people", "Inbox", "/admin/messages/in/"), _narrowed(statement, Inbox.id, wanted, False)


def _table(columns: list[Column], caption: str, name: str, where: str) -> Table:
    empty = "No message is like that. Every message, theirs and ours, stands here, the newest first."
    return Table("messages", caption, columns, empty, FILTERS, link=lambda row: f"{where}{getattr(row, name).id}")


def _narrowed(statement: Select[Any], ident: Any, wanted: list[ColumnElement[bool] | None], is_none: bool) -> Select[Any]:
    conditions = [one for one in wanted if one is not None] + ([ident == 0] if is_none else [])
    return statement.where(*conditions).order_by(ident.desc())


def _common(desk: Desk, table: type[Outbox] | type[Inbox], at: Any, asked: dict[str, str]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked["error"]:
        found += [table.error.is_not(None), table.error.contains(asked["error"], autoescape=True)]
    if asked["person"]:
        found.append(table.person_id == _person(desk, asked["person"]))
    if day := _day(asked["day"]):
        found += [at >= day, at < day + timedelta(days=1)]
    return found


def _day(said: str) -> datetime | None:
    try:
        return datetime.strptime(said, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _person(desk: Desk, said: str) -> int:
    """Who is meant by her number, or by her own number in our books; 0 for nobody."""
    if said.isascii() and said.isdigit() and len(said) < 9:
        return int(said)
    try:
        return desk.db.scalar(select(Address.person_id).where(Address.value_index == Address.index_of(phone(said))).limit(1)) or 0
    except NotUnderstood:
        return 0


def _who(desk: Desk, row: Any) -> Markup:
    name = desk.name(row.Person.name) if row.Person else ""
    return Markup('{} <small class="number">{}</small>').format(name or "no name yet", hidden(row.number))


def _first_words(desk: Desk, body: Json) -> str:
    if not desk.may("people"):
        return "•••"
    text = _LONG.sub(lambda found: hidden(found[0]), " ".join(str(body.get("text", "")).split()))
    return text if len(text) <= FIRST_WORDS else text[: FIRST_WORDS - 1] + "…"


def _why(letter: Outbox) -> str:
    """Of the last try; what has arrived in the end has none."""
    told = None if letter.fate in ("sent", "delivered", "read") else reason(letter.error)
    return "" if told is None else f"{told.words} ({told.code})" if told.code else told.words


def _one(desk: Desk, row: Outbox | Inbox, raw: Json | None = None) -> str:
    """The page of one message; `raw` when its body was asked for."""
    is_ours = isinstance(row, Outbox)
    name = f"message:{row.id}" if is_ours else f"message:in:{row.id}"
    if desk.may("people") and raw is None:  # revealing is written down by itself
        desk.note("message.read", name)
    person = desk.db.get(Person, row.person_id)
    number = desk.db.scalar(select(Address.value).where(Address.person_id == row.person_id).order_by(Address.id).limit(1))
    return desk.show(
        "message.html", row=row, is_ours=is_ours, fate=row.fate if isinstance(row, Outbox) else row.state, person=person, number=number,
        raw=None if raw is None else json.dumps(raw, indent=2, ensure_ascii=False), reason=reason(row.error), receipts=RECEIPTS,
        words=_first_words(desk, row.body), trail=Audit.of(desk.db, name),
    )  # fmt: skip
