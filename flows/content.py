"""After a person of ours has answered somebody: was she content?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import Flow, Scene
from bot.understand import NotUnderstood
from models.plea import Plea


class Content(Flow):
    """Takes a thumb, once; whoever goes on with something else is not asked again."""

    fleeting = True
    states = ("thumb",)
    transitions = (("rated", "thumb", "done"), ("passed_over", "thumb", "done"))
    says = {
        "thumb": "Were you content with the answer?",
        "hint_thumb": "Tap a thumb, or just go on.",
        "yes": "👍 Yes", "no": "👎 No",
        "thanks": "Thank you for telling us.", "thanks_no": "I am sorry. Thank you for telling us; a person reads it.",
        "known": "You have told us already, thank you.",
    }  # fmt: skip

    @dataclass
    class Memory:
        plea_id: int = 0
        asked: bool = False

    def ask_thumb(self) -> None:
        plea = self.db.get(Plea, self.memory.plea_id)
        if plea is None or plea.content is not None:
            self.say("known")
            self.passed_over()
        elif self.memory.asked and not self._is_tapped():
            self.passed_over()
        else:
            self.memory.asked = True
            self.ask_yes_no("thumb")

    def hear_thumb(self) -> None:
        try:
            is_content = self.said_yes()
        except NotUnderstood:
            self._let_pass()
            return
        self.db.get_one(Plea, self.memory.plea_id).rate(is_content)
        self.say("thanks" if is_content else "thanks_no")
        self.rated()

    # -- private

    def _let_pass(self) -> None:
        """Whatever she says instead is for the conversation below, or for the menu."""
        self.passed_over()
        if len(self.scene.stack) > 1:
            self.scene.stack.remove(self.frame)
            self.scene.is_passed_on = True
        else:
            self.pass_on("menu", draft=[])

    def _is_tapped(self) -> bool:
        return self.scene.heard is not None and self.scene.heard.tap.startswith(f"{self.name}|")

    def subject(self) -> str:
        return str(self.memory.plea_id)

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        """A late thumb still counts, for the last time that somebody answered her."""
        plea = Plea.last(scene.db, scene.person.id)
        return (cls.name, {"plea_id": plea.id}) if plea and str(plea.id) == subject else ("menu", {})
