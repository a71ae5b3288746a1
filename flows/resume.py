"""Somebody returns after a while: go on, start again, or the menu."""

from __future__ import annotations

from dataclasses import dataclass

from bot.flow import Flow


class Resume(Flow):
    """Welcomes a person back to what she was doing."""

    states = ("choice",)
    transitions = (("went_on", "choice", "done"), ("started_again", "choice", "done"), ("left", "choice", "done"))
    says = {
        "choice": "Welcome back, {name}. You were {place}.",
        "go_on": "Go on", "again": "Start again", "menu": "Menu",
        "place": "in the middle of something",
        "place_browse": "looking for a tailor", "place_order": "making an order", "place_measure": "giving measurements",
        "place_pay": "about to pay", "place_settings": "in the settings", "place_welcome": "introducing yourself",
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
            self.left()
            self.scene.stack.clear()
            self.call("menu")
        else:
            self.went_on()

    def _restart_below(self) -> None:
        """The conversation below begins anew; what opened it (a tailor chosen, an order to pay) is kept."""
        if len(self.scene.stack) > 1:
            below = self.scene.stack[-2]
            first = below.past[0] if below.past else ["", below.memory]
            below.state, below.memory, below.past, below.page = first[0], first[1], [], 0
