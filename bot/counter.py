"""What people at the desk do with a conversation: take it over, write, give it back. Each is one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.attendance import spoken_to
from bot.flow import Scene
from bot.messages import Reply
from bot.rules import NotAllowed
from bot.rules.notices import why_silent
from bot.scenes import Scenes, merged
from models.conversation import lock_by_id
from models.inbox import Inbox
from models.news import News
from models.outbox import Outbox
from models.plea import Plea

LONGEST = 4096  # characters in one go; WhatsApp gets them in bubbles


class Counter(Scenes):
    def take_over(self, person_id: int, by: str) -> None:
        """Somebody speaks with the person now, and the bot is silent. Raises NotAllowed("taken_by_another", name=…)."""
        with self._with(person_id) as scene:
            if scene.attended_by not in (None, by):
                raise NotAllowed("taken_by_another", name=scene.attended_by)
            Plea.take(scene.db, person_id, by, scene.now)
            if scene.attended_by is None:
                self.switchboard.take_over(scene, by)

    def say(self, person_id: int, by: str, text: str) -> None:
        """Writes to the person. Raises NotAllowed: empty, too_long, not_yours, stopped, window_closed, night."""
        said = said_plainly(text)
        now = self.clock.now()
        with self.database.begin() as db:
            met = lock_by_id(db, person_id)
            last = Inbox.last_said(db, person_id)
            if met.attended_by != by:
                raise NotAllowed("not_yours", name=met.attended_by)
            why = "stopped" if met.person.is_stopped else why_silent(now, last[1] if last else None)
            if why or last is None:
                raise NotAllowed(why)
            for bubble in merged([Reply(said)]):
                Outbox.write(db, person_id, last[0], bubble.stored() | {"by": by}, now)
            spoken_to(db, person_id, last[1], now)
            News.add(db, "conversation", str(person_id), now)
        self.positions.put(0, 0, "", {"messages"})

    def give_back(self, person_id: int, by: str) -> None:
        """The bot goes on. Raises NotAllowed("not_yours", name=…)."""
        with self._with(person_id) as scene:
            if scene.attended_by != by:
                raise NotAllowed("not_yours", name=scene.attended_by)
            plea = Plea.give_back(scene.db, person_id, by, scene.now)
            self.switchboard.give_back(scene, plea)

    @contextmanager
    def _with(self, person_id: int) -> Iterator[Scene]:
        """A scene with the person locked; what was said and where she stands is written at its end."""
        now = self.clock.now()
        with self.database.begin() as db:
            met = lock_by_id(db, person_id)
            last = Inbox.last_said(db, person_id)
            scene = self._scene(db, met, now, last[0] if last else self._channel_of(db, met.person))
            yield scene
            stack = self._close(scene, met.version, heard_at=met.heard_at)
        self.positions.put(person_id, met.version + 1, stack, scene.wakes)


def said_plainly(text: str) -> str:
    """What was typed into a form, without what no phone shows. Raises NotAllowed."""
    said = "".join(c for c in "\n".join(text.splitlines()) if c.isprintable() or c in "\n\u200d").strip()
    if not said:
        raise NotAllowed("empty")
    if len(said) > LONGEST:
        raise NotAllowed("too_long", most=LONGEST)
    return said
