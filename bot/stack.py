"""A person's stack of conversations: the topmost listens, and when it ends the one below goes on."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from bot.flow import COMMON, DONE, PAST_LIMIT, AskAgain, Flow, Frame, Scene
from bot.messages import Reply
from bot.rules import NotAllowed
from bot.rules.numbering import read_circle_code, read_order_number
from bot.understand import NotUnderstood, plain

STACK_LIMIT = 8


class Stack:
    """Knows every flow; holds nothing of any person."""

    def __init__(self, flows: dict[str, type[Flow]], words: Callable[[str, str, str], str]) -> None:
        self.flows, self._word = flows, words
        self._starters = {plain(w): name for name, flow in flows.items() for w in flow.starts_with}

    # -- opening

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
        """The flow that a text opens: a number or code, a word by itself, or the beginning of a sentence."""
        if named := self._exactly(text):
            return named
        longest = max((w for w in self._starters if text.startswith(w + " ")), key=len, default=None)
        return self._starters[longest] if longest else None

    def _exactly(self, text: str) -> str | None:
        """The flow that a text opens as a whole: an order number, a circle's code, or its very words."""
        return "follow" if read_order_number(text) else "join" if read_circle_code(text) else self._starters.get(text)

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
            if scene.is_passed_on:
                scene.is_passed_on = False
                self._let_hear(scene)
            else:
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
        if heard or scene.is_passed_on:
            scene.is_passed_on = False
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
        while finished and self._is_over(scene):
            scene.stack.pop()
        if scene.stack and not scene.waits:
            self._ask(scene)
        elif finished and finished.flow == "welcome" and scene.person.consented_at:
            self._open_or_menu(scene, plain(finished.memory["wish"]))

    def _is_over(self, scene: Scene) -> bool:
        """Whether the topmost conversation came by itself and was settled meanwhile: nobody asks for it any more."""
        if not scene.stack or scene.stack[-1].called or not self._top(scene).patient:
            return False
        return not self._top(scene).still_wanted(scene.db, scene.stack[-1].memory)

    def _tell_below(self, scene: Scene, finished: Frame) -> None:
        below = self._flow(scene, scene.stack[-1])
        after = getattr(below, f"after_{finished.flow}", None)
        if after:
            before = [below.name, below.state, deepcopy(below.frame.memory)]
            after(finished.memory)
            below.keep()
            self._remember(below, before)

    def _ask(self, scene: Scene) -> None:
        if scene.attended_by:
            return  # somebody at the desk speaks with her: it is asked when she is given back
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

    def _raise(self, scene: Scene, frame: Frame) -> None:
        """To the top, together with what called it; what it has called itself is over, the rest stays below."""
        first = last = scene.stack.index(frame)
        while scene.stack[first].called and first:
            first -= 1
        above = scene.stack[last + 1 :]
        while above and above[0].called:
            above.pop(0)
        scene.stack[:] = [*scene.stack[:first], *above, *scene.stack[first : last + 1]]

    def _flow(self, scene: Scene, frame: Frame) -> Flow:
        flow = self.flows[frame.flow]
        frame.state = frame.state or flow.states[0]
        return flow(scene, frame)

    def _top(self, scene: Scene) -> type[Flow]:
        return self.flows[scene.stack[-1].flow]

    def _step_back(self, frame: Frame) -> bool:
        if not frame.past:
            return False
        frame.flow, frame.state, frame.memory = frame.past.pop()
        frame.page = 0
        return True

    def _common(self, scene: Scene, key: str) -> str:
        return self._word(scene.person.language, f"common.{key}", COMMON[key])
