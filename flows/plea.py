"""Somebody wants to speak with a person."""

from __future__ import annotations

from dataclasses import dataclass

from bot.flow import Flow
from bot.rules import office
from models.plea import Plea as Wish


class Plea(Flow):
    """Puts the person in the queue of the people who answer."""

    states = ("queue",)
    transitions = (("queued", "queue", "done"),)
    says = {
        "hint_queue": "You are in the queue.",
        "soon": "A person will answer you here soon. You can go on meanwhile.",
        "from": "A person will answer you here, from {when}. You can go on meanwhile.",
        "taken": "*{name}* from Sew4Mi is here now and reads everything above.",
        "given_back": "You are back with me (the bot).",
        "left_alone": "I am sorry that nobody has answered you for so long. You are back with me (the bot), and in the queue again.",
    }

    @dataclass
    class Memory:
        pass

    def ask_queue(self) -> None:
        Wish.ask(self.db, self.person.id, self.now)
        self.say_when()
        self.queued()

    def hear_queue(self) -> None:
        self.queued()

    def say_when(self) -> None:
        opens = office.opens_at(self.now)
        if office.is_open(self.now):
            self.say("soon")
        else:
            self.say("from", when=office.spoken(opens, self.now))
