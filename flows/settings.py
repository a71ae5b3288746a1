"""Language, name, and silence."""

from __future__ import annotations

from dataclasses import dataclass

from bot.flow import Flow
from bot.understand import NotUnderstood
from models.person import Person

NAME_LIMIT = 60


class Settings(Flow):
    """Changes what we know about the person."""

    starts_with = ("settings", "change my name", "my name")
    states = ("pick", "language", "name", "stop")
    transitions = (
        ("language_wanted", "pick", "language"),
        ("name_wanted", "pick", "name"),
        ("stop_wanted", "pick", "stop"),
        ("language_chosen", "language", "done"),
        ("name_given", "name", "done"),
        ("stopped", "stop", "done"),
        ("stayed", "stop", "done"),
    )
    says = {
        "pick": "What would you like to change?",
        "hint_pick": "Send 1, 2 or 3.",
        "pick_language": "Language", "pick_name": "My name", "pick_stop": "Stop messages",
        "language": "Which language shall I use?",
        "hint_language": "Tap a language or send its number.",
        "language_set": "Done: {language}.",
        "unreviewed": "Done: {language}. Only some lines are translated so far, and not yet checked by a speaker; the rest comes in English.",
        "name": "I call you *{name}*. What shall it be?",
        "hint_name": "Just your name, for example *Ama Mensah*.",
        "name_set": "Nice to meet you, {name}.",
        "stop": "Shall I stop writing to you? Orders under way would wait for you.",
        "hint_stop": "Please answer *yes* or *no*.",
        "stopped": "You will get no more messages from us. Send *start* whenever you want to come back.",
        "stayed": "Good, nothing changes.",
    }  # fmt: skip

    @dataclass
    class Memory:
        wish: str = ""

    def ask_pick(self) -> None:
        if self.memory.wish == "language":
            self.language_wanted()
        else:
            self.ask("pick", [(w, self.line(f"pick_{w}")) for w in ("language", "name", "stop")])

    def hear_pick(self) -> None:
        wish = self.choice()
        {"language": self.language_wanted, "name": self.name_wanted, "stop": self.stop_wanted}[wish]()

    def ask_language(self) -> None:
        self.ask("language", [(code, language.name) for code, language in self.scene.words.languages.items()])

    def hear_language(self) -> None:
        self.person.language = self.choice()
        chosen = self.scene.words.languages[self.person.language]
        self.say("unreviewed" if chosen.unreviewed else "language_set", language=chosen.name)
        self.language_chosen()

    def ask_name(self) -> None:
        self.ask("name", name=self.person.name or "?")

    def hear_name(self) -> None:
        name = Person.proper(self.text)
        if not 1 < len(name) <= NAME_LIMIT:
            raise NotUnderstood("no_name")
        self.person.name = name
        self.say("name_set", name=self.person.first_name)
        self.name_given()

    def ask_stop(self) -> None:
        self.ask_yes_no("stop")

    def hear_stop(self) -> None:
        if self.said_yes():
            self.person.stopped_at = self.now
            self.say("stopped")
            self.stopped()
        else:
            self.say("stayed")
            self.stayed()
