"""A stranger writes for the first time: who we are, may we, what is your name, which language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import Flow, Scene
from bot.understand import NotUnderstood
from models.person import Person

NAME_LIMIT = 60


class Welcome(Flow):
    """Greets a stranger, asks for consent, name and language."""

    states = ("consent", "name", "language")
    final = ("name",)
    transitions = (
        ("agreed", "consent", "name"),
        ("declined", "consent", "done"),
        ("name_given", "name", "language"),
        ("language_chosen", "language", "done"),
    )
    says = {
        "consent": "Akwaaba! This is *Sew4Mi*: I help you have clothes made by checked tailors in Ghana, and hold your money until you have "
        "seen the work.\n\nTo do that I keep your number, name and measurements. Send *stop* at any time. Is that all right?",
        "hint_consent": "Please answer *yes* or *no*.",
        "no_consent": "That is fine: I keep nothing more. Write again whenever you change your mind.",
        "name": "Thank you! What shall I call you?",
        "hint_name": "Just your name, for example *Ama Mensah*.",
        "language": "Nice to meet you, {name}. Which language shall I use?",
        "hint_language": "Tap a language or send its number.",
        "greeting": "Akwaaba! I am the Sew4Mi helper: I find you a checked tailor and hold your money until you have seen the work.",
        "unreviewed": "(Only some lines are translated so far, and not yet checked by a speaker; the rest comes in English.)",
        "ready": "All set.",
    }

    @dataclass
    class Memory:
        wish: str = ""  # the first words, dealt with once we know each other

    def ask_consent(self) -> None:
        self.ask_yes_no("consent")

    def hear_consent(self) -> None:
        if self.said_yes():
            self.person.agree(self.person.name, self.now)
            self.agreed()
        else:
            self.say("no_consent")
            self.declined()

    def ask_name(self) -> None:
        known = Person.proper(self.person.name)
        self.ask("name", [(known, known)] if known and len(known) <= 20 else [])

    def hear_name(self) -> None:
        name = Person.proper(self.text)
        if not 1 < len(name) <= NAME_LIMIT:
            name = self.choice()
        self.person.name = name
        self.name_given()

    def ask_language(self) -> None:
        self.ask("language", [(code, language.name) for code, language in self.scene.words.languages.items()], name=self.person.first_name)

    def hear_language(self) -> None:
        code = self.choice()
        if code not in self.scene.words.languages:
            raise NotUnderstood
        self.person.language = code
        if self.scene.words.languages[code].unreviewed:
            self.say("greeting")
            self.say("unreviewed")
        else:
            self.say("ready")
        self.language_chosen()

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "menu", {}
