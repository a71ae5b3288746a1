"""A tailor takes new orders, or takes a break."""

from __future__ import annotations

from dataclasses import dataclass

from bot.flow import Flow
from bot.rules import NotAllowed
from models.tailor import Tailor


class Availability(Flow):
    """Shows or hides a tailor in the search."""

    for_tailors = True
    starts_with = ("busy", "free", "vacation", "available")
    fleeting = True
    states = ("pick",)
    transitions = (("rested", "pick", "done"), ("returned", "pick", "done"))
    says = {
        "pick": "Do you take new orders?",
        "hint_pick": "Send *busy* or *free*.",
        "busy": "Busy, no new ones", "free": "Free, send me orders",
        "rested": "You are shown to nobody now. Orders under way go on. Send *free* when you are back.",
        "returned": "Good! Customers see you again.",
        "not_allowed_not_shown": "You are not shown to customers just now; a person of ours knows why. Send *agent* to speak with one.",
        "not_allowed_not_a_tailor": "This is for tailors.",
    }  # fmt: skip

    @dataclass
    class Memory:
        wish: str = ""

    def opened_with(self, text: str) -> None:
        self.memory.wish = {"busy": "busy", "vacation": "busy", "free": "free", "available": "free"}.get(text.split(" ")[0], "")

    def ask_pick(self) -> None:
        if self.memory.wish:
            self._set(self.memory.wish)
        else:
            self.ask("pick", [(w, self.line(w)) for w in ("busy", "free")])

    def hear_pick(self) -> None:
        self._set(self.choice())

    def _set(self, wish: str) -> None:
        tailor = Tailor.of_person(self.db, self.person.id)
        if tailor is None:
            raise NotAllowed("not_a_tailor")
        if wish == "busy":
            tailor.rest(self.db)
            self.say("rested")
            self.rested()
        else:
            tailor.work(self.db)
            self.say("returned")
            self.returned()
