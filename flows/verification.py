"""What became of a tailor's application, and whether customers see her."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow
from models.tailor import Tailor
from models.tailor_step import TailorStep


class Verification(Flow):
    """Tells a tailor what was decided about her."""

    patient = True
    states = ("told",)
    transitions = (("heard_out", "told", "done"),)
    says = {
        "hint_told": "Send *agent* to speak with a person.",
        "approved": "Good news: *{business}* is checked, and customers can find you from now on. I write to you as soon as somebody wants "
        "something sewn.\nSend *menu* to see what I can do for you, or *busy* when you have no room.",
        "fix_asked": "I have news about your application for *{business}*. Before we can say yes, something is missing:\n“{why}”\n"
        "Send *agent* when you have it, and a person of ours goes on with you.",
        "rejected": "We have looked at your application for *{business}*. I am sorry: we cannot take you on now.\nThe reason: “{why}”\n"
        "If you think that is wrong, send *agent*.",
        "suspended": "*{business}* is not shown to customers for now.\nThe reason: “{why}”\n"
        "Orders under way go on, and what you earn is paid as always. Send *agent* to speak with a person.",
        "reinstated": "*{business}* is shown to customers again. Welcome back!",
    }  # fmt: skip

    @dataclass
    class Memory:
        step_id: int = 0

    def ask_told(self) -> None:
        step = TailorStep.by_id(self.db, self.memory.step_id)
        self.say(step.event, business=Tailor.by_id(self.db, step.tailor_id).business, why=step.why)
        self.heard_out()

    def hear_told(self) -> None:
        self.heard_out()

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        """What was overtaken by the next decision is told no more."""
        step = db.get(TailorStep, memory.get("step_id") or 0)
        return step is not None and Tailor.by_id(db, step.tailor_id).state == step.target
