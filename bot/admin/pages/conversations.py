"""Who waits for a person of ours, and each conversation as the phones show it."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import Response, abort, make_response, request
from markupsafe import Markup
from sqlalchemy import Row, Select, and_, func, select

from bot.admin import bubbles, shown
from bot.admin.door import Answer, Desk, Pages, Refused, hidden, wall
from bot.admin.table import Column, Table, wants_file
from bot.rules import NotAllowed, office
from bot.rules.notices import WINDOW, why_silent
from models.audit import Audit
from models.chat import Before, talk
from models.conversation import Conversation
from models.inbox import EVENTS, Inbox
from models.note import Canned, Note
from models.order import Order
from models.person import Address, Person
from models.plea import Plea
from models.tailor import Tailor

pages = Pages("conversations", "Conversations", group="Work", rank=1, can="people")

AT_ONCE, ORDERS = 50, 8
ENDED = ("COMPLETED", "CANCELLED", "REFUNDED")
READ_LATELY = timedelta(hours=12)  # a session lasts no longer
SHOWS = {"": "The queue", "waiting": "Waiting", "mine": "Mine", "all": "Everybody"}
#: What a draft may show of itself; whatever is not here (numbers, codes, vouchers) stays where it is.
FACTS = {
    "garment": "garment", "town": "town", "fabric": "fabric", "style": "style", "day": "day", "express": "express", "event": "event",
    "delivery": "delivery", "payer": "who pays", "category": "kind of problem", "what": "what about", "wish": "wish", "aloud": "read aloud",
}  # fmt: skip
_NUMBER = select(Address.value).where(Address.person_id == Person.id).order_by(Address.id).limit(1).scalar_subquery()
_LAST = select(func.max(Inbox.received_at)).where(Inbox.person_id == Person.id, Inbox.channel != EVENTS).scalar_subquery()
_OPEN = and_(Plea.person_id == Person.id, Plea.answered_at.is_(None))


@pages.page("/conversations", can="people")
def queue(desk: Desk) -> Answer:
    show = request.args.get("show", "")
    show = show if show in SHOWS else ""
    names = (show,) if show else ("all",) if request.args.get("page", "1") != "1" else ("waiting", "attended", "all")
    tables = [_list(desk, name) for name in names]
    if wants_file():
        table, statement = tables[-1]
        return table.file(desk, statement, scalars=False)
    lists = [table.fill(desk.db, statement, scalars=False) for table, statement in tables]
    for table in lists[:-1]:
        table.has_more = False  # the next page of the queue is everybody's; who waits has a list of her own
    opens = None if office.is_open(desk.now) else office.spoken(office.opens_at(desk.now), desk.now)
    closes = office.HOURS.get(desk.now.weekday(), (0, 0))[1]
    is_waited = show not in ("", "waiting") or bool(lists[0].rows)
    return desk.show("conversations.html", lists=lists, show=show, shows=SHOWS, opens=opens, closes=closes, is_waited=is_waited)


@pages.deed("/conversations/next", can="talk")
def take_next(desk: Desk) -> Answer:
    """The one who has waited longest; who was taken a moment ago is passed over."""
    for plea in Plea.waiting(desk.db):
        try:
            desk.parts.counter.take_over(plea.person_id, desk.staff.login)
        except NotAllowed:
            continue
        desk.note("conversation.taken", f"person:{plea.person_id}")
        return desk.back("You speak with her now; the bot is silent.", f"/admin/conversations/{plea.person_id}")
    return desk.back("Nobody waits for a person just now.", "/admin/conversations", kind="warn")


@pages.page("/conversations/<int:person_id>", can="people")
def conversation(desk: Desk, person_id: int) -> Answer:
    return _shown(desk, person_id)


@pages.page("/conversations/<int:person_id>/since", can="people", quiet=True)
def since(desk: Desk, person_id: int) -> Answer:
    """The newest page once more, for a page that stays open; only who has opened it, since opening is what is written down."""
    if not _has_opened(desk, person_id):
        raise Refused("Open the conversation first.", 403)
    return _newest(desk, person_id)


@pages.deed("/conversations/<int:person_id>/take", can="talk")
def take(desk: Desk, person_id: int) -> Answer:
    row = _known(desk, person_id)
    if row.Conversation.attended_by != desk.staff.login:
        desk.parts.counter.take_over(person_id, desk.staff.login)
        desk.note("conversation.taken", f"person:{person_id}")
    return desk.back("You speak with her now; the bot is silent.", f"/admin/conversations/{person_id}")


@pages.deed("/conversations/<int:person_id>/give-back", can="talk")
def give_back(desk: Desk, person_id: int) -> Answer:
    _known(desk, person_id)
    desk.parts.counter.give_back(person_id, desk.staff.login)
    desk.note("conversation.given_back", f"person:{person_id}")
    return desk.back("The bot speaks with her again.", f"/admin/conversations/{person_id}")


@pages.deed("/conversations/<int:person_id>/say", can="talk")
def say(desk: Desk, person_id: int) -> Answer:
    """What was refused stands in the form again; a form that comes twice is sent once."""
    _known(desk, person_id)
    typed, once = request.form.get("text", ""), request.form.get("once", "")[:64]
    is_fragment = "X-Fragment" in request.headers
    if not _is_said(desk, person_id, once):
        try:
            desk.parts.counter.say(person_id, desk.staff.login, _expanded(desk, typed))
        except NotAllowed as refusal:
            words = shown.why_not(refusal)
            return make_response(words, 422) if is_fragment else make_response(_shown(desk, person_id, typed=typed, wrong=words), 422)
        desk.note("conversation.said", f"person:{person_id}", once=once, characters=len(typed))
    return _newest(desk, person_id) if is_fragment else desk.back("", f"/admin/conversations/{person_id}")


# -- private


def _base() -> Select[Any]:
    columns = Person, Conversation, Plea, _NUMBER.label("number")
    return select(*columns).join(Conversation, Conversation.person_id == Person.id).outerjoin(Plea, _OPEN)


def _list(desk: Desk, name: str) -> tuple[Table, Select[Any]]:
    who = [
        Column("Who", lambda row: desk.name(row.Person.name) or "no name yet"),
        Column("Number", lambda row: Markup('<span class="number">{}</span>').format(hidden(row.number))),
        Column("What the bot was at", lambda row: _topmost(row.Conversation.stack)),
        Column("Wrote last", lambda row: shown.when(row.Conversation.heard_at, desk.now), lambda row: row.Conversation.heard_at),
    ]
    asked = Column("Asked", lambda row: shown.when(row.Plea and row.Plea.at, desk.now), lambda row: row.Plea and row.Plea.at)
    due = Column("An answer is due", lambda row: shown.left(office.later(row.Plea.at, office.PATIENCE), desk.now), lambda row: row.Plea.at)
    by = Column("With", lambda row: _with(row, desk), lambda row: row.Conversation.attended_by)
    more: dict[str, Any] = {"topic": "plea", "subject": lambda row: str(row.Person.id), "link": lambda row: f"/admin/conversations/{row.Person.id}"}
    if name == "waiting":
        statement = _base().where(Plea.id.is_not(None), Plea.taken_by.is_(None)).order_by(Plea.at, Plea.id)
        empty = "Nobody waits for a person. Whoever writes “agent” stands here, the longest first."
        return Table("waiting", "Wait for a person, the longest first", [who[0], asked, due, *who[1:]], empty, **more), statement
    if name == "all":
        statement = _base().order_by(Conversation.heard_at.desc().nulls_last(), Person.id.desc())
        return Table("people", "Everybody, the newest first", [*who, by], "Nobody has written yet.", **more), statement
    statement = _base().where(Conversation.attended_by.is_not(None)).order_by(Conversation.heard_at.desc(), Person.id)
    statement = statement.where(Conversation.attended_by == desk.staff.login) if name == "mine" else statement
    empty = "You speak with nobody just now. Take somebody over on her page." if name == "mine" else "Nobody of ours speaks with anybody just now."
    return Table("attended", "With a person of ours", [who[0], by, *who[1:]], empty, **more), statement


def _topmost(stack: list[dict[str, Any]]) -> str:
    return shown.words(stack[-1]["flow"]) if stack else "nothing"


def _with(row: Any, desk: Desk) -> Markup | str:
    by = row.Conversation.attended_by
    if by:
        return shown.badge("busy", "you" if by == desk.staff.login else by)
    return shown.badge("warn", "waits") if row.Plea else "the bot"


def _known(desk: Desk, person_id: int) -> Row[Any]:
    statement = _base().add_columns(_LAST.label("wrote_at")).where(Person.id == person_id).order_by(Plea.id).limit(1)
    return desk.db.execute(statement.execution_options(populate_existing=True)).one_or_none() or abort(404)


def _shown(desk: Desk, person_id: int, *, typed: str = "", wrong: str = "") -> str:
    row = _known(desk, person_id)
    before = Before.read(request.args.get("before", ""))
    told = talk(desk.db, person_id, before, AT_ONCE)
    desk.note("conversation.read", f"person:{person_id}")
    orders = select(Order, Tailor).join(Tailor).where((Order.customer_id == person_id) | (Tailor.person_id == person_id), Order.state.not_in(ENDED))
    return desk.show(
        "conversation.html", person=row.Person, number=row.number, plea=row.Plea, attended_by=row.Conversation.attended_by,
        closes_at=row.wrote_at and row.wrote_at + WINDOW, silent=_why_not_write(desk, row), stack=_stack(row.Conversation.stack),
        days=bubbles.days(told, row.Person.first_name if row.Person.name else "her", desk.parts.links), older=told.older,
        is_newest=before == Before(), typed=typed, wrong=wrong, once=secrets.token_urlsafe(12), canned=Canned.all(desk.db),
        notes=Note.of(desk.db, f"person:{person_id}"), orders=list(desk.db.execute(orders.order_by(Order.id.desc()).limit(ORDERS))),
    )  # fmt: skip


def _why_not_write(desk: Desk, row: Row[Any]) -> str:
    """Why the composer is shut, in words; "" when it is open."""
    by = row.Conversation.attended_by
    if not desk.may("talk"):
        return "Your role reads and does not write."
    if by != desk.staff.login:
        return f"{by} speaks with this person." if by else "The bot speaks with her. Take over to write."
    reason = "stopped" if row.Person.is_stopped else why_silent(desk.now, row.wrote_at)
    return shown.WHY_NOT.get(reason, reason)


def _stack(stack: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The conversations she is in, the topmost first: in words, and what may be shown of the draft."""
    return [
        {"flow": shown.words(frame["flow"]), "state": shown.words(frame.get("state")), "facts": _facts(frame.get("memory") or {})}
        for frame in reversed(stack)
    ]


def _facts(memory: dict[str, Any]) -> list[tuple[str, str]]:
    shown_of = {name: "yes" if value is True else str(value)[:120].replace("_", " ") for name, value in memory.items() if value}
    return [(FACTS[name], value) for name, value in shown_of.items() if name in FACTS]


def _newest(desk: Desk, person_id: int) -> Response:
    """The newest bubbles by themselves; 304 when they are as they were."""
    row = _known(desk, person_id)
    told = talk(desk.db, person_id, Before(), AT_ONCE)
    days = bubbles.days(told, row.Person.first_name if row.Person.name else "her", desk.parts.links)
    answer = make_response(desk.show("bubbles.html", days=days))
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _has_opened(desk: Desk, person_id: int) -> bool:
    links = Audit.subject == f"person:{person_id}", Audit.who == desk.staff.login, Audit.action == "conversation.read"
    return desk.db.scalar(select(Audit.id).where(*links, Audit.at > wall.now() - READ_LATELY).limit(1)) is not None


def _is_said(desk: Desk, person_id: int, once: str) -> bool:
    """Whether this form was sent before; the same form in another request waits here until that is known."""
    desk.db.execute(select(func.pg_advisory_xact_lock(person_id % 2**31, func.hashtext(once))))
    links = Audit.subject == f"person:{person_id}", Audit.action == "conversation.said", Audit.facts["once"].astext == once
    return bool(once) and desk.db.scalar(select(Audit.id).where(*links).limit(1)) is not None


def _expanded(desk: Desk, typed: str) -> str:
    """ ":hours" alone is the ready answer of that name."""
    word = typed.strip().removeprefix(":").lower()
    known = Canned.by_word(desk.db, word) if typed.strip().startswith(":") else None
    return known.text if known else typed
