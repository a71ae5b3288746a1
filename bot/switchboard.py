"""Decides which conversation hears a message or an event, and lets it speak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

from bot.flow import COMMON, DONE, PAST_LIMIT, Flow, Frame, Scene, TurnThePage
from bot.messages import Incoming, Reply
from bot.rules import NotAllowed, days
from bot.understand import NotUnderstood, plain
from models.plea import Plea

IDLE, DRAFT_LIFE = timedelta(minutes=30), timedelta(days=7)
STACK_LIMIT = 8

#: Words that win in every state. Translations are added from the tables [global] of flows/words.
GLOBAL = {
    "menu": "menu", "main menu": "menu", "0": "menu", "#": "menu", "hi": "menu", "hello": "menu",
    "back": "back", "00": "back", "go back": "back",
    "cancel": "cancel", "help": "help", "?": "help",
    "agent": "agent", "human": "agent", "person": "agent", "call me": "agent",
    "status": "status", "language": "language", "listen": "listen", "stop": "stop", "unsubscribe": "stop", "start": "start",
    "resume": "resume",
}  # fmt: skip

LINES = {
    "stopped": "You will get no more messages from us. Send *start* whenever you want to come back.",
    "is_stopped": "You asked us to stop, so we keep quiet. Send *start* to talk again.",
    "started": "Welcome back! Messages are on again.",
    "agent": "A person will answer you here, Monday to Friday 8-18 and Saturday 9-16. You can go on meanwhile.",
    "left": "All right, we leave that: nothing was changed. Send *menu* to see what I can do.",
    "nothing_to_leave": "There is nothing to leave. Send *cancel order* to cancel an order, or *menu*.",
    "no_way_back": "There is no way back from here. Send *menu* for something else.",
    "listen": "I cannot read aloud yet. Here it is again in writing.",
    "help": "*menu* what I can do · *back* one question back · *cancel* leave this · *status* your orders · *agent* a person · "
    "*language* · *stop*",
}


class Switchboard:
    def __init__(self, flows: dict[str, type[Flow]], words: Callable[[str, str, str], str], translated: dict[str, str]) -> None:
        self.flows, self._word = flows, words
        self._global = GLOBAL | translated
        self._starters = {plain(w): name for name, flow in flows.items() for w in flow.starts_with}
        self._everywhere = {
            "menu": self._menu, "back": self._back, "cancel": self._cancel, "help": self._help, "agent": self._agent, "status": self._status,
            "language": self._language, "listen": self._repeat, "stop": self._stop, "start": self._start, "resume": self._resume,
        }  # fmt: skip
        self._events = {e[3:]: name for name, flow in flows.items() for e in vars(flow) if e.startswith("on_")}

    # -- a message

    def hear(self, scene: Scene, idle: timedelta | None) -> None:
        """Deals with what a person sent; `idle` is how long she was silent, None for a first message."""
        assert scene.heard
        if idle is not None and idle > DRAFT_LIFE:
            scene.stack.clear()
        text = plain(scene.heard.text) if scene.heard.kind == "text" else ""
        word = self._global.get(text)
        if scene.person.is_stopped and word != "start":
            self._say(scene, "is_stopped" if word != "stop" else "stopped")
        elif scene.person.consented_at is None and word not in ("stop", "start", "help", "agent"):
            self._greet(scene)
        elif word and not self._is_offered(scene, text):
            self._everywhere[word](scene)
        elif scene.heard.tap and self._is_old(scene):
            self._old_tap(scene)
        else:
            self._listen(scene, text, idle)

    def _greet(self, scene: Scene) -> None:
        if not scene.stack:
            scene.stack.append(Frame("welcome", ""))
            self._ask(scene)
        else:
            self._let_hear(scene, idle=None)

    def _listen(self, scene: Scene, text: str, idle: timedelta | None) -> None:
        assert scene.heard
        if not scene.stack:
            self._open(scene, text) or self.start(scene, "menu")
        elif scene.heard.kind not in ("text", "tap", *self._top(scene).listens.get(scene.stack[-1].state, ())):
            self._not_here(scene)
        elif idle and idle > IDLE and not self._is_answer(scene, text):
            self.start(scene, "resume")
        else:
            self._let_hear(scene, idle)

    def _open(self, scene: Scene, text: str) -> bool:
        """Starts the conversation that this text or photo opens, if one does."""
        assert scene.heard
        kind = scene.heard.kind
        if kind == "image" and scene.person.is_tailor:
            self.start(scene, "milestone", heard=True)
            return True
        if kind not in ("text", "tap"):
            self._not_here(scene)
            return True
        name = self._starter(text)
        if name is None or (self.flows[name].for_tailors and not scene.person.is_tailor):
            return False
        self.start(scene, name, opening=text)
        return True

    def _starter(self, text: str) -> str | None:
        """The flow that a text opens: a word by itself, or the beginning of a sentence."""
        if text in self._starters:
            return self._starters[text]
        longest = max((w for w in self._starters if text.startswith(w + " ")), key=len, default=None)
        return self._starters[longest] if longest else None

    def _let_hear(self, scene: Scene, idle: timedelta | None) -> None:
        """The topmost conversation listens; what it does not understand may open another one, or is asked again."""
        frame = scene.stack[-1]
        flow = self._flow(scene, frame)
        before = [frame.state, dict(frame.memory)]
        try:
            getattr(flow, f"hear_{frame.state}")()
        except TurnThePage:
            self._ask(scene)
        except NotUnderstood:
            self._missed(scene)
        except NotAllowed as refusal:
            scene.replies.append(Reply(self._refusal(flow, refusal)))
            self._ask(scene)
        else:
            scene.misses = 0
            flow.keep()
            self._remember(flow, before)
            self._go_on(scene)

    def _remember(self, flow: Flow, before: list[Any]) -> None:
        frame = flow.frame
        if frame.state in flow.final:
            frame.past.clear()
        elif frame.state != before[0]:
            frame.past = [*frame.past, before][-PAST_LIMIT:]
            frame.page = 0

    def _missed(self, scene: Scene) -> None:
        """First shorter with an example, then with buttons, then the offer of a person."""
        assert scene.heard
        if self._open(scene, plain(scene.heard.text)):
            return
        scene.misses += 1
        flow = self._flow(scene, scene.stack[-1])
        hint = flow.line(f"hint_{flow.state}") if f"hint_{flow.state}" in flow.says else flow.line("hint")
        step = scene.misses if scene.misses <= 3 else 4 - scene.misses % 2
        if step == 2 and not flow.frame.offered:
            scene.replies.append(Reply(flow.line("missed_2_open", hint=hint)))
        else:
            scene.replies.append(Reply(flow.line(f"missed_{step}", hint=hint) if step == 1 else flow.line(f"missed_{step}")))
        if step == 2:
            self._ask(scene)

    def _not_here(self, scene: Scene) -> None:
        assert scene.heard
        kind = self._common(scene, f"kind_{scene.heard.kind}")
        scene.replies.append(Reply(self._common(scene, "not_here").format(kind=kind)))
        if scene.stack:
            self._ask(scene)

    # -- an event

    def happen(self, scene: Scene, event: str, facts: dict[str, Any]) -> None:
        """Deals with something that happened outside and concerns this person."""
        if event == "invited":
            self._invited(scene, facts)
            return
        name = self._events[event]
        frame = next((f for f in reversed(scene.stack) if f.flow == name and self._is_about(scene, f, facts)), None)
        frame = frame or Frame(name, self.flows[name].states[0], {})
        top = scene.stack[-1] if scene.stack else None
        flow = self._flow(scene, frame)
        state, spoken = frame.state, len(scene.replies)
        getattr(flow, f"on_{event}")(facts)
        flow.keep()
        if scene.stack and (scene.stack[-1] is not top or (frame is top and (frame.state != state or len(scene.replies) > spoken))):
            self._go_on(scene)

    def _invited(self, scene: Scene, facts: dict[str, Any]) -> None:
        flow = self.flows[facts["flow"]]
        if flow.still_wanted(scene.db, facts["memory"]):
            self.start(scene, flow.name, **facts["memory"])

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
        assert scene.heard
        name, state, subject, picked = scene.heard.tap.split("|")
        for depth, frame in enumerate(scene.stack):
            if [frame.flow, frame.state] == [name, state] and self._flow(scene, frame).subject() == subject:
                del scene.stack[depth + 1 :]
                scene.heard = _with_tap(scene, picked)
                self._let_hear(scene, None)
                return
        opened, memory = self.flows[name].reopened(subject)
        if self.flows[opened].for_tailors and not scene.person.is_tailor:
            opened, memory = "menu", {}
        self.start(scene, opened, **memory)
        if opened == name and not subject and state == self.flows[name].states[0]:
            scene.replies.clear()
            scene.heard = _with_tap(scene, picked)
            self._let_hear(scene, None)

    # -- the words that win everywhere

    def _menu(self, scene: Scene) -> None:
        kept = [f for f in scene.stack if f.flow not in ("menu", "resume")]
        draft = [] if not kept or self.flows[kept[-1].flow].patient else [asdict(f) for f in kept[-3:]]
        scene.stack.clear()
        self.start(scene, "menu", draft=draft)

    def _back(self, scene: Scene) -> None:
        if not scene.stack:
            return self._menu(scene)
        frame = scene.stack[-1]
        if self._step_back(frame):
            pass
        elif len(scene.stack) > 1 and frame.state not in self._top(scene).final:
            scene.stack.pop()
            self._step_back(scene.stack[-1])
        elif frame.state in self._top(scene).final:
            self._say(scene, "no_way_back")
            return None
        else:
            return self._menu(scene)
        self._ask(scene)
        return None

    def _step_back(self, frame: Frame) -> bool:
        if not frame.past:
            return False
        frame.state, frame.memory = frame.past.pop()
        frame.page = 0
        return True

    def _cancel(self, scene: Scene) -> None:
        if not scene.stack:
            return self._say(scene, "nothing_to_leave")
        scene.stack.pop()
        while scene.stack and not self.flows[scene.stack[-1].flow].patient:
            scene.stack.pop()
        self._say(scene, "left")
        if scene.stack:
            self._ask(scene)
        return None

    def _help(self, scene: Scene) -> None:
        self._say(scene, "help")
        if scene.stack:
            self._ask(scene)

    def _agent(self, scene: Scene) -> None:
        Plea.ask(scene.db, scene.person.id, scene.now)
        self._say(scene, "agent")

    def _status(self, scene: Scene) -> None:
        self.start(scene, "jobs" if scene.person.is_tailor else "orders")

    def _language(self, scene: Scene) -> None:
        self.start(scene, "settings", wish="language")

    def _repeat(self, scene: Scene) -> None:
        self._say(scene, "listen")
        if scene.stack:
            self._ask(scene)

    def _stop(self, scene: Scene) -> None:
        scene.person.stopped_at = scene.now
        self._say(scene, "stopped")

    def _start(self, scene: Scene) -> None:
        if not scene.person.is_stopped:
            return self._menu(scene) if scene.person.consented_at else self._greet(scene)
        scene.person.stopped_at = None
        self._say(scene, "started")
        if scene.stack:
            self._ask(scene)
        elif scene.person.consented_at:
            self.start(scene, "menu")
        return None

    def _resume(self, scene: Scene) -> None:
        self._ask(scene) if scene.stack else self._menu(scene)

    # -- moving through the stack

    def start(self, scene: Scene, name: str, *, heard: bool = False, opening: str = "", **memory: Any) -> None:
        """Lays a conversation on top and lets it ask; with `heard` it hears the present message first."""
        if scene.stack and scene.stack[-1].flow == "menu" and not scene.stack[-1].memory["draft"]:
            scene.stack.pop()
        scene.stack[:] = [f for f in scene.stack if not (f.flow == name == "resume")][-STACK_LIMIT + 1 :]
        scene.stack.append(Frame(name, "", memory))
        scene.misses = 0
        flow = self._flow(scene, scene.stack[-1])
        if opening:
            flow.opened_with(opening)
        flow.keep()
        if heard:
            self._let_hear(scene, None)
        else:
            self._ask(scene)

    def _go_on(self, scene: Scene) -> None:
        """Takes finished conversations off the stack; the one below learns of it, then the topmost asks."""
        while scene.stack and scene.stack[-1].state == DONE:
            finished = scene.stack.pop()
            if scene.stack:
                below = self._flow(scene, scene.stack[-1])
                after = getattr(below, f"after_{finished.flow}", None)
                if after:
                    after(finished.memory)
                    below.keep()
        if scene.stack:
            self._ask(scene)

    def _ask(self, scene: Scene) -> None:
        frame = scene.stack[-1]
        frame.offered = []
        flow = self._flow(scene, frame)
        state = flow.state
        getattr(flow, f"ask_{state}")()
        flow.keep()
        if flow.state not in (state, DONE) and scene.stack and scene.stack[-1] is frame:
            self._ask(scene)  # there was nothing to ask: the next question is due
        elif scene.stack and (scene.stack[-1] is not frame or frame.state == DONE):
            self._go_on(scene)  # it only passed on

    def _flow(self, scene: Scene, frame: Frame) -> Flow:
        flow = self.flows[frame.flow]
        frame.state = frame.state or flow.states[0]
        return flow(scene, frame)

    def _top(self, scene: Scene) -> type[Flow]:
        return self.flows[scene.stack[-1].flow]

    # -- small questions

    def _is_offered(self, scene: Scene, text: str) -> bool:
        """Whether the present question offers this very word ("start again", "cancel")."""
        if not scene.stack:
            return False
        frame = scene.stack[-1]
        numbered = text.isdigit() and self.flows[frame.flow].says.get(f"hint_{frame.state}") is not None
        return numbered or any(text == plain(label) for _, label in frame.offered)

    def _is_answer(self, scene: Scene, text: str) -> bool:
        """Whether a late message plainly answers the question that is still open."""
        assert scene.heard
        frame = scene.stack[-1]
        answers = {plain(label) for _, label in frame.offered} | {str(n + 1) for n in range(frame.shown)}
        return self.flows[frame.flow].patient or bool(scene.heard.tap) or scene.heard.kind != "text" or text in answers

    def _refusal(self, flow: Flow, refusal: NotAllowed) -> str:
        key = f"not_allowed_{refusal.reason}"
        if key not in flow.says and key not in COMMON:
            return flow.line("not_allowed")
        today = flow.now.date()
        values = {k: days.spoken(v, today) if isinstance(v, date) else v for k, v in refusal.values.items()}
        return flow.line(key, **values)

    def _common(self, scene: Scene, key: str) -> str:
        return self._word(scene.person.language, f"common.{key}", COMMON[key])

    def _say(self, scene: Scene, key: str) -> None:
        scene.replies.append(Reply(self._word(scene.person.language, f"global.{key}", LINES[key])))


def _with_tap(scene: Scene, picked: str) -> Incoming:
    assert scene.heard
    return replace(scene.heard, tap=picked)
