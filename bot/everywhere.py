"""The words that win in every state: menu, back, cancel, stop and the like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from bot.flow import Flow, Frame, Scene
from bot.messages import Reply
from bot.stack import Stack

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
    "left": "All right, we leave that: nothing was changed. Send *menu* to see what I can do.",
    "left_go_on": "All right, we leave that: nothing was changed.",
    "nothing_to_leave": "There is nothing to leave. Send *cancel order* to cancel an order, or *menu*.",
    "no_way_back": "There is no way back from here. Send *menu* for something else.",
    "listen": "I cannot read aloud yet. Here it is again in writing.",
    "settled": "That question is settled already.",
    "help": "*menu* what I can do · *back* one question back · *cancel* leave this · *status* your orders · *agent* a person · "
    "*language* · *stop*",
}


class Everywhere(Stack):
    def __init__(self, flows: dict[str, type[Flow]], words: Callable[[str, str, str], str], translated: dict[str, str]) -> None:
        super().__init__(flows, words)
        self._global = GLOBAL | translated
        self._everywhere = {
            "menu": self._menu, "back": self._back, "cancel": self._cancel, "help": self._help, "agent": self._agent, "status": self._status,
            "language": self._language, "listen": self._repeat, "stop": self._stop, "start": self._start, "resume": self._resume,
        }  # fmt: skip

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
        """In the queue, and still where she was."""
        self._flow(scene, Frame("plea", "")).ask_queue()

    def _status(self, scene: Scene) -> None:
        self.start(scene, "jobs" if scene.person.is_tailor else "orders")

    def _language(self, scene: Scene) -> None:
        self.start(scene, "settings", wish="language")

    def _repeat(self, scene: Scene) -> None:
        self._say(scene, "listen")
        if scene.stack:
            self._ask(scene)

    def _stop(self, scene: Scene) -> None:
        scene.person.stop(scene.now)
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

    def _greet(self, scene: Scene) -> None:
        assert scene.heard
        if not scene.stack:
            self.start(scene, "welcome", wish=scene.heard.text[:200])
        else:
            self._let_hear(scene)

    def _say(self, scene: Scene, key: str) -> None:
        scene.replies.append(Reply(self._word(scene.person.language, f"global.{key}", LINES[key])))
