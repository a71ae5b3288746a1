"""While somebody at the desk speaks with a person the bot only takes notes; later it goes on where it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.flow import Frame, Scene
from bot.hearing import MOST_WAITING, Hearing
from bot.rules import office
from bot.rules.notices import AWAKE, WINDOW, by_day, not_before, why_silent
from flows.plea import Plea as PleaFlow
from models.conversation import Conversation
from models.inbox import Inbox
from models.news import News
from models.picture import Picture
from models.plea import Plea
from models.timer import Timer


def clock(person_id: int, name: str = "") -> str:
    """The key of a timer: "waits" runs while she waits for a word from the desk, "quiet" after she had it."""
    return f"attended:{person_id}:{name}"


def spoken_to(db: Session, person_id: int, heard_at: datetime, now: datetime) -> None:
    """She had a word. When nothing comes back, the bot goes on while it may still write to her: questions wait for that."""
    Timer.call_off(db, clock(person_id, "waits"))
    over = max(by_day(heard_at + WINDOW - AWAKE), now + office.PATIENCE)
    Timer.set(db, clock(person_id, "quiet"), "talked_out", person_id, {}, over)


class Attendance(Hearing):
    # -- for the counter

    def take_over(self, scene: Scene, by: str) -> None:
        """From now on the bot is silent; she is told who is here, if she may be written to now."""
        Conversation.attend(scene.db, scene.person.id, by)
        self._expect_a_word(scene, office.later(scene.now, office.PATIENCE))
        if self._may_speak(scene):
            self._plea(scene).say("taken", name=office.called(by))
        scene.attended_by = by

    def give_back(self, scene: Scene, plea: Plea | None) -> None:
        """The bot speaks again: says so, asks where she was, and whether she was content."""
        self._release(scene)
        if not self._may_speak(scene):
            return
        self._plea(scene).say("given_back")
        if scene.stack:
            self._ask(scene)
        if plea is not None and scene.person.consented_at:
            self.start(scene, "content", plea_id=plea.id)

    # -- a message while she is attended

    def _only_note(self, scene: Scene, word: str | None) -> None:
        """The words stand in the inbox, the stack stays as it is; *stop* and *start* are honoured all the same."""
        assert scene.heard
        if word == "stop":
            self._stop(scene)
        elif word == "start" and scene.person.is_stopped:
            scene.person.stopped_at = None
            self._say(scene, "started")
        elif not scene.person.is_stopped:
            scene.is_secret = scene.heard.text.replace(" ", "").isdigit() and any(f.flow == "voucher" for f in scene.stack)
            self._keep_media(scene)
            self._expect_a_word(scene, office.later(scene.now, office.PATIENCE))
            News.add(scene.db, "conversation", str(scene.person.id), scene.now)

    def _keep_media(self, scene: Scene) -> None:
        assert scene.heard
        media, kind = scene.heard.media, scene.heard.kind
        if media and kind == "audio" and scene.person.consented_at:
            self._want_heard(scene, media, "note_kept")
        elif media and kind in ("image", "document") and not self._has_many_waiting(scene):
            facts = {"pdf": True, "inbox_id": scene.inbox_id}
            Picture.want(scene.db, scene.person.id, scene.channel, media.url, media.content_type, facts, scene.now)
            scene.wakes.add("pictures")

    def _has_many_waiting(self, scene: Scene) -> bool:
        waiting = select(func.count()).where(Picture.person_id == scene.person.id, Picture.state == "wanted")
        return (scene.db.scalar(waiting) or 0) >= MOST_WAITING

    # -- nobody is silenced for ever

    def _expect_a_word(self, scene: Scene, until: datetime) -> None:
        """Runs from the first word that nobody has answered; more words do not put it off."""
        key = clock(scene.person.id, "waits")
        if Timer.due(scene.db, key) is None:
            Timer.call_off(scene.db, clock(scene.person.id, "quiet"))
            Timer.set(scene.db, key, "left_alone", scene.person.id, {}, until)

    def _left_alone(self, scene: Scene, facts: dict[str, Any]) -> None:
        """The desk let her wait: she is back with the bot, and in the queue."""
        if scene.attended_by is None or self._is_looked_after(scene):
            return
        if (morning := not_before(scene.now)) > scene.now:
            self._expect_a_word(scene, morning)
            return
        plea = Plea.of(scene.db, scene.person.id)
        if plea is not None:
            plea.put_back()
        self._release(scene)
        if self._may_speak(scene):
            self._plea(scene).say("left_alone")
            self._plea(scene).say_when()
            if scene.stack:
                self._ask(scene)

    def _talked_out(self, scene: Scene, facts: dict[str, Any]) -> None:
        """The desk had the last word and forgot to give her back."""
        if scene.attended_by is not None and not self._is_looked_after(scene):
            self.give_back(scene, Plea.give_back(scene.db, scene.person.id, scene.attended_by, scene.now))

    def _is_looked_after(self, scene: Scene) -> bool:
        """Whether something was said while a clock rang, so that another one is running."""
        return any(Timer.due(scene.db, clock(scene.person.id, name)) is not None for name in ("waits", "quiet"))

    # -- common

    def _release(self, scene: Scene) -> None:
        Conversation.attend(scene.db, scene.person.id, None)
        Timer.call_off(scene.db, clock(scene.person.id))
        scene.attended_by = None

    def _may_speak(self, scene: Scene) -> bool:
        last = Inbox.last_said(scene.db, scene.person.id)
        return not scene.person.is_stopped and not why_silent(scene.now, last[1] if last else None)

    def _plea(self, scene: Scene) -> PleaFlow:
        return cast(PleaFlow, self._flow(scene, Frame("plea", "")))
