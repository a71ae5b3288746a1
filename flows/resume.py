"""Somebody returns after a while: go on, start again, or the menu."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bot.flow import Flow, Scene


class Resume(Flow):
    """Welcomes a person back to what she was doing."""

    fleeting = True
    states = ("choice",)
    transitions = (("went_on", "choice", "done"), ("started_again", "choice", "done"), ("left", "choice", "done"))
    says = {
        "choice": "Welcome back, {name}. You were {place}.",
        "hint_choice": "Send 1, 2 or 3.",
        "go_on": "Go on", "again": "Start again", "menu": "Menu",
        "place": "in the middle of something",
        "place_browse": "looking for a tailor", "place_order": "making an order", "place_measure": "giving measurements",
        "place_settings": "in the settings", "place_welcome": "introducing yourself", "place_cancel": "about to cancel an order",
    }  # fmt: skip

    @dataclass
    class Memory:
        pass

    def ask_choice(self) -> None:
        below = self.scene.stack[-2].flow if len(self.scene.stack) > 1 else ""
        place = self.line(f"place_{below}") if f"place_{below}" in self.says else self.line("place")
        options = [(o, self.line(o)) for o in ("go_on", "again", "menu")]
        self.ask("choice", options, name=self.person.first_name, place=place)

    def hear_choice(self) -> None:
        wish = self.choice()
        if wish == "again":
            self._restart_below()
            self.started_again()
        elif wish == "menu":
            draft = [asdict(frame) for frame in self.scene.stack[:-1]]
            self.left()
            self.scene.stack.clear()
            self.hand_over_to("menu", for_good=True, draft=draft)
        else:
            self.went_on()

    def _restart_below(self) -> None:
        """The conversation below begins anew; what opened it (a tailor chosen, an order to pay) is kept."""
        if len(self.scene.stack) > 1:
            below = self.scene.stack[-2]
            memory = next((m for flow, _, m in below.past if flow == below.flow), below.memory)
            below.state, below.memory, below.past, below.page = "", memory, [], 0

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "menu", {}
