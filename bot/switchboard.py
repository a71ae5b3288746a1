"""Decides which conversation hears a message or an event, and lets it speak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.attendance import Attendance
from bot.flow import DONE, Flow, Frame, Scene
from bot.messages import Incoming, Reply
from bot.rules.notices import not_before
from bot.rules.numbering import read_circle_code
from bot.understand import plain
from models.inbox import Inbox

FOR_STRANGERS = ("not_me",)  # flows whose very words are heard from somebody who has not agreed to anything yet
IDLE, DRAFT_LIFE = timedelta(minutes=30), timedelta(days=7)


class Switchboard(Attendance):
    def __init__(self, flows: dict[str, type[Flow]], words: Callable[[str, str, str], str], translated: dict[str, str]) -> None:
        super().__init__(flows, words, translated)
        self._own_events: dict[str, Callable[[Scene, dict[str, Any]], None]] = {
            "invited": self._invited, "voice_heard": self._voice_heard, "note_kept": lambda scene, facts: None, "left_alone": self._left_alone,
            "talked_out": self._talked_out,
        }  # fmt: skip
        self._events = {e[3:]: name for name, flow in flows.items() for e in vars(flow) if e.startswith("on_")}

    # -- a message

    def hear(self, scene: Scene, idle: timedelta | None) -> None:
        """Deals with what a person sent; `idle` is how long she was silent, None for a first message."""
        assert scene.heard
        text = plain(scene.heard.text) if scene.heard.kind == "text" else ""
        word = None if scene.heard.tap.count("|") == 3 else self._global.get(text or scene.heard.text.strip())  # a button is no word
        if scene.attended_by:
            self._only_note(scene, word)
            return
        self._tidy(scene, idle)
        if scene.person.is_stopped and word != "start":
            self._say(scene, "is_stopped" if word != "stop" else "stopped")
        elif scene.person.consented_at is None and word not in ("stop", "start", "help", "agent") and not self._is_for_strangers(text):
            self._greet(scene)
        elif word and not self._is_offered(scene, word, text):
            self._everywhere[word](scene)
        elif scene.heard.tap and self._is_old(scene):
            self._old_tap(scene)
        else:
            self._listen(scene, text, idle)
        if not scene.replies:
            self.start(scene, "menu")

    def _is_for_strangers(self, text: str) -> bool:
        return bool(text) and self._exactly(text) in FOR_STRANGERS

    def _tidy(self, scene: Scene, idle: timedelta | None) -> None:
        """Forgets drafts that are too old, and conversations that the house no longer has."""
        if idle is not None and idle > DRAFT_LIFE:
            scene.stack.clear()
        scene.stack[:] = [f for f in scene.stack if f.flow in self.flows and f.state in ("", *self.flows[f.flow].states)]

    def _listen(self, scene: Scene, text: str, idle: timedelta | None) -> None:
        assert scene.heard
        kind = scene.heard.kind
        heard_here = ("text", "tap", *(self._top(scene).listens.get(scene.stack[-1].state, ()) if scene.stack else ()))
        if kind == "image" and scene.person.is_tailor and kind not in heard_here:
            self.start(scene, "milestone", heard=True)
        elif kind == "audio" and kind not in heard_here and scene.heard.media:
            self._take_voice(scene)
        elif kind not in heard_here:
            self._not_here(scene)
        elif not scene.stack:
            self._begin(scene, text)
        elif self._names_another(scene, text):
            self._open(scene, text)
        elif idle and idle > IDLE and not self._is_answer(scene, text):
            self.start(scene, "resume")
        else:
            self._let_hear(scene)

    def _names_another(self, scene: Scene, text: str) -> bool:
        """Whether a text is exactly what opens another conversation ("my orders"); a single word may as well be an answer.

        Over a mere look at something, the beginning of a sentence is enough ("measurements for my son").
        """
        name, is_code = self._exactly(text), read_circle_code(text) is not None
        if name is None and self._top(scene).fleeting:
            begun = self._starter(text)
            name = begun if begun and self.flows[begun].opens_amid(scene.db, text) else None
        here = name == scene.stack[-1].flow and not self._top(scene).fleeting  # a look is taken anew
        return (is_code or " " in text) and name is not None and not here and not self._is_offered(scene, "", text)

    def _not_here(self, scene: Scene) -> None:
        assert scene.heard
        kind = self._common(scene, f"kind_{scene.heard.kind}")
        scene.replies.append(Reply(self._common(scene, "not_here").format(kind=kind)))
        self._ask(scene) if scene.stack else self.start(scene, "menu")

    # -- an event

    def happen(self, scene: Scene, event: str, facts: dict[str, Any]) -> None:
        """Deals with something that happened outside and concerns this person."""
        if event in self._own_events:
            self._own_events[event](scene, facts)
            return
        name = self._events[event]
        morning = not_before(scene.now)
        if event in self.flows[name].by_day and morning > scene.now:
            Inbox.happen(scene.db, scene.person.id, event, facts, once=f"{event}:{scene.person.id}:{scene.now}", now=scene.now, due_at=morning)
            return
        frame = next((f for f in reversed(scene.stack) if f.flow == name and self._is_about(scene, f, facts)), None)
        frame = frame or Frame(name, self.flows[name].states[0], {})
        top, state = scene.stack[-1] if scene.stack else None, frame.state
        flow = self._flow(scene, frame)
        getattr(flow, f"on_{event}")(facts)
        flow.keep()
        if top and (scene.stack[-1] is not top or (frame is top and frame.state != state)):
            self._go_on(scene)
        else:
            scene.stack[:] = [f for f in scene.stack if f.state != DONE]

    def _invited(self, scene: Scene, facts: dict[str, Any]) -> None:
        flow, memory = self.flows[facts["flow"]], facts["memory"]
        if flow.still_wanted(scene.db, memory):
            scene.stack[:] = [f for f in scene.stack if f.flow != flow.name or not self._is_about(scene, f, memory)]
            self.start(scene, flow.name, **memory)

    def _is_about(self, scene: Scene, frame: Frame, facts: dict[str, Any]) -> bool:
        shared = frame.memory.keys() & facts.keys()
        return all(frame.memory[k] == facts[k] for k in shared)

    # -- old buttons

    def _is_old(self, scene: Scene) -> bool:
        """Whether a tap is not an answer to the present question. A tap of the present one is unwrapped to its plain id."""
        assert scene.heard
        parts = scene.heard.tap.split("|")
        if len(parts) != 4:
            return False
        if scene.stack:
            frame = scene.stack[-1]
            flow = self._flow(scene, frame)
            if [frame.flow, frame.state, flow.subject()] == parts[:3]:
                scene.heard = _with_tap(scene, parts[3])
                return False
        return parts[0] in self.flows

    def _old_tap(self, scene: Scene) -> None:
        """A button of an earlier question: its conversation comes to the top and goes back there, else it is shown how things stand."""
        assert scene.heard
        name, state, subject, picked = scene.heard.tap.split("|")
        frame = next((f for f in reversed(scene.stack) if f.flow == name and self._flow(scene, f).subject() == subject), None)
        if frame is None:
            self._reopen(scene, name, state, subject, picked)
            return
        self._raise(scene, frame)
        if frame.state == state or self._rewind(frame, state):
            self._hear_anew(scene, frame, state, picked)
        else:
            self._ask(scene)

    def _reopen(self, scene: Scene, name: str, state: str, subject: str, picked: str) -> None:
        flow = self.flows[name]
        opened, memory = flow.reopened(scene, state, subject)
        goes = self.flows[opened].still_wanted(scene.db, memory) and (scene.person.is_tailor or not self.flows[opened].for_tailors)
        opened, memory = (opened, memory) if goes else ("menu", {})
        if opened == name and state != flow.states[0] and scene.stack:
            self._say(scene, "settled")
            self._ask(scene)
            return
        spoken = len(scene.replies)
        self.start(scene, opened, **memory)
        if opened == name and state == flow.states[0] and scene.stack and scene.stack[-1].flow == name:
            del scene.replies[spoken:]
            self._hear_anew(scene, scene.stack[-1], state, picked)

    def _hear_anew(self, scene: Scene, frame: Frame, state: str, picked: str) -> None:
        """Asks silently, so that the answers are offered again, then hears the tap; what can no longer be answered is only asked."""
        spoken = len(scene.replies)
        self._ask(scene)
        if scene.stack and scene.stack[-1] is frame and frame.state == state:
            del scene.replies[spoken:]
            scene.heard = _with_tap(scene, picked)
            self._let_hear(scene)

    def _rewind(self, frame: Frame, state: str) -> bool:
        at = next((n for n in reversed(range(len(frame.past))) if frame.past[n][:2] == [frame.flow, state]), None)
        if at is None:
            return False
        frame.memory, frame.state, frame.page = frame.past[at][2], state, 0
        del frame.past[at:]
        return True

    # -- small questions

    def _is_offered(self, scene: Scene, word: str, text: str) -> bool:
        """Whether the present question offers this very word, or one answer that begins with it ("cancel"). Stop is always stop."""
        if not scene.stack or not text or word == "stop":
            return False
        labels = [plain(label) for _, label in scene.stack[-1].offered]
        begun = [label for label in labels if label.startswith(text + " ")] if word != "start" else []
        return text in labels or len(begun) == 1

    def _is_answer(self, scene: Scene, text: str) -> bool:
        """Whether a late message plainly answers the question that is still open."""
        assert scene.heard
        frame = scene.stack[-1]
        answers = {plain(label) for _, label in frame.offered} | {str(n + 1) for n in range(frame.shown)}
        flow = self.flows[frame.flow]
        return flow.patient or flow.fleeting or bool(scene.heard.tap) or scene.heard.kind != "text" or text in answers


def _with_tap(scene: Scene, picked: str) -> Incoming:
    assert scene.heard
    return replace(scene.heard, tap=picked)
