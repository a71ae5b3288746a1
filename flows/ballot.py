"""A member votes on cloth or style, and may think again until the vote is closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from models.circle import Circle
from models.vote import Vote


class Ballot(Flow):
    """Takes one member's vote."""

    starts_with = ("vote", "my vote", "change my vote")
    patient = True
    states = ("choice",)
    transitions = (("voted", "choice", "done"), ("over", "choice", "done"), ("nothing_open", "choice", "done"))
    says = {
        "choice": "{who}'s circle votes. Which one do you like?",
        "hint_choice": "Send the number of one.",
        "voted": "Noted: *{label}*. Send *vote* to change it while the vote is open.",
        "over": "That vote is closed already.",
        "nothing": "There is no vote now.",
    }

    @dataclass
    class Memory:
        vote_id: int = 0
        circle_id: int = 0

    def ask_choice(self) -> None:
        vote = self._vote()
        if vote is None:
            self.say("nothing")
            self.nothing_open()
        elif vote.closed_at is not None:
            self.say("over")
            self.over()
        else:
            self.memory.vote_id = vote.id
            options = [(str(n), str(option["label"])) for n, option in enumerate(vote.options)]
            self.ask("choice", [(*o, "") for o in options], who=Circle.by_id(self.db, vote.circle_id).coordinator(self.db).first_name)

    def hear_choice(self) -> None:
        choice = int(self.choice())
        circle_id = Vote.by_id(self.db, self.memory.vote_id).circle_id
        Circle.by_id(self.db, circle_id, lock=True).touch(self.db, self.now)
        vote = Vote.by_id(self.db, self.memory.vote_id)
        if vote.closed_at is not None:
            return  # the question is asked again, and says so
        vote.cast(self.db, self.person.id, choice)
        self.say("voted", label=vote.options[choice]["label"])
        self.voted()

    def _vote(self) -> Vote | None:
        """The one she was asked about; or the open one of a circle of hers."""
        if self.memory.vote_id:
            return Vote.by_id(self.db, self.memory.vote_id)
        mine = [self.memory.circle_id] if self.memory.circle_id else [c.id for c in Circle.of_person(self.db, self.person.id, self.today)]
        return next(filter(None, (Vote.open_in(self.db, circle) for circle in mine)), None)

    def subject(self) -> str:
        return str(self.memory.vote_id or "")

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        """An old button votes again, as long as she is in the circle."""
        if not subject.isdecimal() or len(subject) > 9:
            return cls.name, {}
        vote = scene.db.get(Vote, int(subject))
        mine = [c.id for c in Circle.of_person(scene.db, scene.person.id, scene.now.date())]
        if vote is None or vote.circle_id not in mine:
            return cls.name, {}
        return ("circles", {"circle_id": vote.circle_id}) if vote.closed_at else (cls.name, {"vote_id": vote.id, "circle_id": vote.circle_id})

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        return not memory.get("vote_id") or Vote.by_id(db, memory["vote_id"]).closed_at is None
