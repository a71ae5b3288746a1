"""What stories say about the people of ours who answer.

    * Esi takes over Ama's conversation         from now on the bot is silent to Ama
    * Esi writes to Ama: any text
    * Esi gives Ama back
    * Esi may not write to Ama: window_closed   or: not take over Ama's conversation: …, not give Ama back: …
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.rules import NotAllowed
from models.conversation import Conversation
from tests.stage import Stage


def happen(line: str, stage: Stage) -> bool:
    verbs = r"takes? over (\w+)'s conversation|writes? to (\w+)|gives? (\w+) back"
    m = re.fullmatch(rf"(\w+) (may not )?(?:{verbs})(?:: (.+))?", line)
    if not m:
        return False
    by, refused, taken, written, given, said = m.groups()
    with stage.parts.database.begin() as db:
        person = stage.person(db, (taken or written or given).lower())
    assert person, line
    counter, who = stage.parts.counter, by.lower()
    if taken:
        _tried(lambda: counter.take_over(person.id, who), said if refused else None)
    elif written:
        _tried(lambda: counter.say(person.id, who, "Hello?" if refused else said), said if refused else None)
    else:
        _tried(lambda: counter.give_back(person.id, who), said if refused else None)
    stage.settle()
    return True


def _tried(does: Callable[[], None], refused: str | None) -> None:
    try:
        does()
    except NotAllowed as why:
        assert why.reason == refused, why.reason
    else:
        assert refused is None, f"that was to be refused: {refused}"


def is_silent(stage: Stage, who: str) -> bool:
    """Whether a person of ours speaks with somebody, so that she need not be answered by the bot."""
    with stage.parts.database.begin() as db:
        person = stage.person(db, who)
        row = person and db.get(Conversation, person.id)
        return row is not None and row.attended_by is not None
