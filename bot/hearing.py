"""A voice note: taken at once, listened to by the worker, and then heard as words in the conversation it was meant for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from bot.everywhere import Everywhere
from bot.flow import Scene
from bot.messages import Incoming, Media, Reply
from bot.understand import measurements_in, plain
from models.circle import Circle
from models.profile import Profile
from models.recording import Recording

MEASURE = "measure"
MOST_WAITING = 5  # notes of one person that nobody has listened to yet

VOICE = {
    "taken": "I have your voice note and am listening, one moment.",
    "too_many": "I am still listening to your other voice notes. Please wait a moment before you send more.",
    "said": "I heard: “{text}”",
    "by_hand": "I heard your voice note, but this question is about money or your order: please tap an answer or write it.",
    "partly": "I heard only part of it clearly enough. Please say the rest once more, or write it.",
    "lost": "I could not open that voice note. Please record it once more, or write the numbers, like *waist 32½*.",
    "broken": "I could not open that voice note. Please record it once more, or write the numbers, like *waist 32½*.",
    "too_short": "That voice note was too short to hear anything. Hold the button a little longer, or write: *waist 32½*.",
    "silence": "I could hear nobody in that voice note. Please try again closer to the phone, or write: *waist 32½*.",
    "noise": "There was too much noise around you to hear the numbers. Please try in a quieter place, or write: *waist 32½*.",
    "unclear": "I did not hear that clearly enough to be sure of a number. Please say it once more, slowly: *waist, thirty two and a half*. "
    "Or write it.",
}


class Hearing(Everywhere):
    repeats = False  # whether the words that were heard may be shown; set by wiring for the engine in use

    def _begin(self, scene: Scene, text: str) -> None:
        """The first words of a conversation: they open one, or they are measurements, or the menu is wanted."""
        assert scene.heard
        if not self._open(scene, text):
            told = bool(measurements_in(scene.heard.text).values)
            self.start(scene, MEASURE if told else "menu", heard=told)

    def _take_voice(self, scene: Scene) -> None:
        """The row is written, the worker listens; no question is asked again meanwhile."""
        assert scene.heard and scene.heard.media
        self._voice(scene, "taken" if self._want_heard(scene, scene.heard.media) else "too_many")

    def _want_heard(self, scene: Scene, media: Media, event: str = "voice_heard") -> bool:
        """False when too many wait already."""
        waiting = select(func.count()).where(Recording.person_id == scene.person.id, Recording.state == "wanted")
        if (scene.db.scalar(waiting) or 0) >= MOST_WAITING:
            return False
        Recording.want(scene.db, scene.person.id, scene.channel, media, scene.inbox_id, self._names(scene), scene.now, event)
        scene.wakes.add("voice")
        return True

    def _voice_heard(self, scene: Scene, facts: dict[str, Any]) -> None:
        recording = Recording.by_id(scene.db, facts["recording_id"])
        if scene.person.is_stopped or scene.person.consented_at is None or scene.attended_by:
            return
        if not recording.said or (recording.is_voice and (recording.state == "lost" or recording.why not in (None, "partly"))):
            self._voice(scene, recording.why or "lost")
            if scene.stack and scene.stack[-1].flow == MEASURE:
                self._ask(scene)
            return
        scene.recording, scene.inbox_id = recording, recording.inbox_id
        scene.heard = Incoming(scene.channel, f"recording:{recording.id}", "", text=recording.said)
        if recording.why:
            self._voice(scene, "partly")
        self._hear_words(scene, recording)

    def _hear_words(self, scene: Scene, recording: Recording) -> None:
        """Measurements go to the conversation that takes them, wherever the person is now; other words to the present question."""
        taking = next((f for f in reversed(scene.stack) if f.flow == MEASURE), None)
        reading = measurements_in(recording.said or "")
        numbers = bool(reading.values) or reading.ask not in (None, "no_measurement", "empty")
        if taking and numbers:
            self._raise(scene, taking)
            self._let_hear(scene)
        elif taking and scene.stack[-1] is taking:
            self._hear_text(scene, plain(recording.said or ""))
        elif numbers or recording.claimed:
            self.start(scene, MEASURE, heard=True)
        elif not self.repeats:
            self._voice(scene, "unclear")
        elif scene.stack and self._top(scene).by_hand:
            self._voice(scene, "by_hand")
        else:
            self._voice(scene, "said")
            self._hear_text(scene, plain(recording.said or ""))

    def _hear_text(self, scene: Scene, text: str) -> None:
        word = self._global.get(text)
        if word and word not in ("stop", "start"):
            self._everywhere[word](scene)
        elif scene.stack:
            self._let_hear(scene)
        else:
            self._open_or_menu(scene, text)

    def _voice(self, scene: Scene, key: str) -> None:
        text = scene.recording.said if scene.recording else ""
        scene.replies.append(Reply(self._word(scene.person.language, f"voice.{key}", VOICE[key]).format(text=(text or "")[:200])))

    def _names(self, scene: Scene) -> list[str]:
        """Whom the note may be about: the family, and the members of the family order that is talked about."""
        names = [p.called for p in Profile.family(scene.db, scene.person.id) if p.called]
        for circle_id in {f.memory["circle_id"] for f in scene.stack if f.memory.get("circle_id")}:
            names += list(Circle.people(scene.db, circle_id))
        return list(dict.fromkeys(names))
