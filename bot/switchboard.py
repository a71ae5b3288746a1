"""Decides which conversation hears a message or an event, and lets it speak."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from bot.flow import COMMON, DONE, PAST_LIMIT, AskAgain, Flow, Frame, Scene
from bot.messages import Incoming, Reply
from bot.rules import NotAllowed
from bot.rules.notices import not_before
from bot.rules.numbering import read_order_number
from bot.understand import NotUnderstood, plain
from models.inbox import Inbox
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
    "left_go_on": "All right, we leave that: nothing was changed.",
    "nothing_to_leave": "There is nothing to leave. Send *cancel order* to cancel an order, or *menu*.",
    "no_way_back": "There is no way back from here. Send *menu* for something else.",
    "listen": "I cannot read aloud yet. Here it is again in writing.",
    "settled": "That question is settled already.",
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
        self._tidy(scene, idle)
        text = plain(scene.heard.text) if scene.heard.kind == "text" else ""
        word = self._global.get(text or scene.heard.text.strip())
        if scene.person.is_stopped and word != "start":
            self._say(scene, "is_stopped" if word != "stop" else "stopped")
        elif scene.person.consented_at is None and word not in ("stop", "start", "help", "agent"):
            self._greet(scene)
        elif word and not self._is_offered(scene, word, text):
            self._everywhere[word](scene)
        elif scene.heard.tap and self._is_old(scene):
            self._old_tap(scene)
        else:
            self._listen(scene, text, idle)
        if not scene.replies:
            self.start(scene, "menu")

    def _tidy(self, scene: Scene, idle: timedelta | None) -> None:
        """Forgets drafts that are too old, and conversations that the house no longer has."""
        if idle is not None and idle > DRAFT_LIFE:
            scene.stack.clear()
        scene.stack[:] = [f for f in scene.stack if f.flow in self.flows and f.state in ("", *self.flows[f.flow].states)]

    def _greet(self, scene: Scene) -> None:
        assert scene.heard
        if not scene.stack:
            self.start(scene, "welcome", wish=scene.heard.text[:200])
        else:
            self._let_hear(scene)

    def _listen(self, scene: Scene, text: str, idle: timedelta | None) -> None:
        assert scene.heard
        kind = scene.heard.kind
        heard_here = ("text", "tap", *(self._top(scene).listens.get(scene.stack[-1].state, ()) if scene.stack else ()))
        if kind == "image" and scene.person.is_tailor and kind not in heard_here:
            self.start(scene, "milestone", heard=True)
        elif kind not in heard_here:
            self._not_here(scene)
        elif not scene.stack:
            self._open_or_menu(scene, text)
        elif self._names_another(scene, text):
            self._open(scene, text)
        elif idle and idle > IDLE and not self._is_answer(scene, text):
            self.start(scene, "resume")
        else:
            self._let_hear(scene)

    def _names_another(self, scene: Scene, text: str) -> bool:
        """Whether a text is exactly what opens another conversation ("my orders"); a single word may as well be an answer."""
        name = "follow" if read_order_number(text) else self._starters.get(text)
        return " " in text and name not in (None, scene.stack[-1].flow) and not self._is_offered(scene, "", text)

    def _open(self, scene: Scene, text: str) -> bool:
        """Starts the conversation that this text opens, if one does."""
        name = self._starter(text)
        if name is None or (self.flows[name].for_tailors and not scene.person.is_tailor):
            return False
        self.start(scene, name, opening=text)
        return True

    def _open_or_menu(self, scene: Scene, text: str) -> None:
        if not self._open(scene, text):
            self.start(scene, "menu")

    def _starter(self, text: str) -> str | None:
        """The flow that a text opens: an order number, a word by itself, or the beginning of a sentence."""
        if read_order_number(text):
            return "follow"
        if text in self._starters:
            return self._starters[text]
        longest = max((w for w in self._starters if text.startswith(w + " ")), key=len, default=None)
        return self._starters[longest] if longest else None

    def _let_hear(self, scene: Scene) -> None:
        """The topmost conversation listens; what it does not understand may open another one, or is asked again."""
        frame = scene.stack[-1]
        flow = self._flow(scene, frame)
        before = [flow.name, frame.state, deepcopy(frame.memory)]
        try:
            getattr(flow, f"hear_{frame.state}")()
        except AskAgain:
            flow.keep()
            self._ask(scene)
        except NotUnderstood:
            self._missed(scene)
        except NotAllowed as refusal:
            flow.refuse(refusal)
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
        elif [frame.state, frame.memory] != before[1:]:
            frame.past = [*frame.past, before][-PAST_LIMIT:]
            frame.page = 0

    def _missed(self, scene: Scene) -> None:
        """First shorter with an example, then with buttons, then the offer of a person."""
        assert scene.heard
        text = plain(scene.heard.text)
        name = self._starter(text)
        if name and scene.person.consented_at and self.flows[name].opens_amid(scene.db, text) and self._open(scene, text):
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
        self._ask(scene) if scene.stack else self.start(scene, "menu")

    # -- an event

    def happen(self, scene: Scene, event: str, facts: dict[str, Any]) -> None:
        """Deals with something that happened outside and concerns this person."""
        if event == "invited":
            self._invited(scene, facts)
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
        if opened == name and state == flow.states[0] and scene.stack[-1].flow == name:
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

    def _raise(self, scene: Scene, frame: Frame) -> None:
        """To the top, together with what called it; what it has called itself is over, the rest stays below."""
        first = last = scene.stack.index(frame)
        while scene.stack[first].called and first:
            first -= 1
        above = scene.stack[last + 1 :]
        while above and above[0].called:
            above.pop(0)
        scene.stack[:] = [*scene.stack[:first], *above, *scene.stack[first : last + 1]]

    def _rewind(self, frame: Frame, state: str) -> bool:
        at = next((n for n in reversed(range(len(frame.past))) if frame.past[n][:2] == [frame.flow, state]), None)
        if at is None:
            return False
        frame.memory, frame.state, frame.page = frame.past[at][2], state, 0
        del frame.past[at:]
        return True

    # -- the words that win everywhere

    def _menu(self, scene: Scene) -> None:
        """What was begun is kept, to be taken up again from the menu."""
        left = [f for f in scene.stack if not self.flows[f.flow].fleeting]
        older: list[Any] = next((f.memory.get("draft", []) for f in reversed(scene.stack) if f.flow == "menu"), [])
        scene.stack.clear()
        self.start(scene, "menu", draft=[asdict(f) for f in left[-3:]] or older)

    def _back(self, scene: Scene) -> None:
        if not scene.stack:
            return self._menu(scene)
        frame = scene.stack[-1]
        if frame.state in self._top(scene).final:
            return self._say(scene, "no_way_back")
        if not self._step_back(frame):
            if len(scene.stack) == 1:
                return self._menu(scene)
            if scene.stack.pop().called:
                self._step_back(scene.stack[-1])
        return self._ask(scene)

    def _step_back(self, frame: Frame) -> bool:
        if not frame.past:
            return False
        frame.flow, frame.state, frame.memory = frame.past.pop()
        frame.page = 0
        return True

    def _cancel(self, scene: Scene) -> None:
        """Leaves the task on top, as a whole, and goes on with what lay below."""
        if not scene.stack:
            return self._say(scene, "nothing_to_leave")
        flow = self._flow(scene, scene.stack[-1])
        own = f"left_{flow.state}"
        while scene.stack.pop().called and scene.stack:
            pass
        if own in flow.says:
            scene.replies.append(Reply(flow.line(own)))
        else:
            self._say(scene, "left_go_on" if scene.stack else "left")
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
        else:
            self.start(scene, "menu" if scene.person.consented_at else "welcome")
        return None

    def _resume(self, scene: Scene) -> None:
        self._ask(scene) if scene.stack else self._menu(scene)

    # -- moving through the stack

    def start(self, scene: Scene, name: str, *, heard: bool = False, opening: str = "", **memory: Any) -> None:
        """Lays a conversation on top and lets it ask; with `heard` it hears the present message first."""
        if scene.stack and scene.stack[-1].flow == "menu" and not scene.stack[-1].memory["draft"]:
            scene.stack.pop()
        if scene.stack and scene.stack[-1].flow == name and not self.flows[name].patient:
            scene.stack.pop()
        scene.stack[:] = [*(f for f in scene.stack if f.flow != "resume"), Frame(name, "", memory)][-STACK_LIMIT:]
        scene.misses = 0
        flow = self._flow(scene, scene.stack[-1])
        if opening:
            flow.opened_with(opening)
        flow.keep()
        if heard:
            self._let_hear(scene)
        else:
            self._ask(scene)

    def _go_on(self, scene: Scene) -> None:
        """Takes finished conversations off the stack; the one below learns of it, then the topmost asks."""
        finished = None
        while scene.stack and scene.stack[-1].state == DONE:
            finished = scene.stack.pop()
            if scene.stack:
                self._tell_below(scene, finished)
        if scene.stack:
            self._ask(scene)
        elif finished and finished.flow == "welcome" and scene.person.consented_at:
            self._open_or_menu(scene, plain(finished.memory["wish"]))

    def _tell_below(self, scene: Scene, finished: Frame) -> None:
        below = self._flow(scene, scene.stack[-1])
        after = getattr(below, f"after_{finished.flow}", None)
        if after:
            before = [below.name, below.state, deepcopy(below.frame.memory)]
            after(finished.memory)
            below.keep()
            self._remember(below, before)

    def _ask(self, scene: Scene) -> None:
        frame = scene.stack[-1]
        frame.offered = []
        flow = self._flow(scene, frame)
        state = flow.state
        try:
            getattr(flow, f"ask_{state}")()
        except NotAllowed as refusal:
            flow.refuse(refusal)
            flow.state = DONE
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

    def _is_offered(self, scene: Scene, word: str, text: str) -> bool:
        """Whether the present question offers this very word, or one answer that begins with it ("cancel"). Stop is always stop."""
        if not scene.stack or not text:
            return False
        labels = [plain(label) for _, label in scene.stack[-1].offered]
        begun = [label for label in labels if label.startswith(text + " ")] if word not in ("stop", "start") else []
        return text in labels or len(begun) == 1

    def _is_answer(self, scene: Scene, text: str) -> bool:
        """Whether a late message plainly answers the question that is still open."""
        assert scene.heard
        frame = scene.stack[-1]
        answers = {plain(label) for _, label in frame.offered} | {str(n + 1) for n in range(frame.shown)}
        flow = self.flows[frame.flow]
        return flow.patient or flow.fleeting or bool(scene.heard.tap) or scene.heard.kind != "text" or text in answers

    def _common(self, scene: Scene, key: str) -> str:
        return self._word(scene.person.language, f"common.{key}", COMMON[key])

    def _say(self, scene: Scene, key: str) -> None:
        scene.replies.append(Reply(self._word(scene.person.language, f"global.{key}", LINES[key])))


def _with_tap(scene: Scene, picked: str) -> Incoming:
    assert scene.heard
    return replace(scene.heard, tap=picked)
