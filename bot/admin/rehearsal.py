"""What would happen and what people would read, word for word: the deed itself is tried, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from bot.admin.door import Desk
from bot.flow import Frame, Scene
from bot.rules.notices import why_silent
from models.inbox import Inbox
from models.person import Person


@contextmanager
def tried(db: Session) -> Iterator[None]:
    """Whatever changes inside has never happened, and its locks are free again."""
    trial = db.begin_nested()
    try:
        yield
    finally:
        trial.rollback()


def read_by(desk: Desk, person_id: int, flow: str, **memory: Any) -> str:
    """What the first question of a conversation says to a person, in her language."""
    parts, person = desk.parts, Person.by_id(desk.db, person_id)
    scene = Scene(desk.db, desk.now, person, parts.words, parts.links, parts.till, [], "")
    made = parts.flows[flow](scene, Frame(flow, "", memory))
    made.state = made.states[0]
    getattr(made, f"ask_{made.state}")()
    return "\n\n".join(reply.text for reply in scene.replies)


def delay(desk: Desk, person: Person, *, by_day: bool = True) -> str:
    """Why she would not read it at once, in words; "" when she would. `by_day`: it waits for the morning."""
    if person.is_stopped:
        return "She has sent STOP: nothing reaches her until she sends START."
    last = Inbox.last_said(desk.db, person.id)
    said = {
        "window_closed": "Her last message is more than 24 hours old: it reaches her when she writes again.",
        "night": "It is night in Accra: it goes out at seven.",
    }  # fmt: skip
    why = why_silent(desk.now, last[1] if last else None)
    return said.get(why, "") if by_day or why != "night" else ""
