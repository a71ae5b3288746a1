"""Everything the bot can do, on one list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.flow import Flow, Frame, Option
from bot.understand import NotUnderstood, measurements_in

CUSTOMER = ("browse", "orders", "family", "circles", "settings", "help")
TAILOR = ("jobs", "milestone", "handover", "wallet", "availability", "browse", "orders", "settings", "help")


class Menu(Flow):
    """Shows what can be done and hands over to it."""

    fleeting = True
    states = ("pick",)
    transitions = (("picked", "pick", "done"),)
    says = {
        "pick": "Hello {name}, what would you like to do?",
        "hint_pick": "Send a number, or a few words like *order a kente shirt*.",
        "draft": "Go on where I was", "browse": "Find a tailor", "orders": "My orders", "family": "Measurements", "settings": "Settings",
        "circles": "Family order", "help": "Talk to a person", "jobs": "My jobs", "milestone": "Send a work photo", "handover": "Handover code",
        "availability": "Busy or free", "wallet": "My wallet",
    }  # fmt: skip

    @dataclass
    class Memory:
        draft: list[dict[str, Any]] = field(default_factory=list)  # the conversations that were left for the menu

    def ask_pick(self) -> None:
        self.ask("pick", self._options(), name=self.person.first_name)

    def hear_pick(self) -> None:
        try:
            wish = self.choice()
        except NotUnderstood:
            if not measurements_in(self.text).values:
                raise
            wish = ""
        self.picked()
        if not wish:
            self.pass_on("measure")
        elif wish == "draft":
            self.scene.stack.remove(self.frame)
            self.scene.stack += [Frame(**frame) for frame in self.memory.draft]
        elif wish == "help":
            self.call("plea")
        else:
            self.hand_over_to(wish)

    def _options(self) -> list[Option]:
        draft = [("draft", self.line("draft"))] if self.memory.draft else []
        return [*draft, *((o, self.line(o)) for o in (TAILOR if self.person.is_tailor else CUSTOMER))]
