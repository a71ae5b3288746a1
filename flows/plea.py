"""Somebody wants to speak with a person."""

from __future__ import annotations

from dataclasses import dataclass

from bot.flow import Flow
from models.plea import Plea as Wish


class Plea(Flow):
    """Puts the person in the queue of the people who answer."""

    states = ("queue",)
    transitions = (("queued", "queue", "done"),)
    says = {"hint_queue": "You are in the queue."}

    @dataclass
    class Memory:
        pass

    def ask_queue(self) -> None:
        Wish.ask(self.db, self.person.id, self.now)
        self.queued()

    def hear_queue(self) -> None:
        self.queued()
