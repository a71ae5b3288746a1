"""A tailor is asked whether she will sew for a family order, at the discount that many pieces bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules import days
from bot.understand import NotUnderstood, yes_no
from models.circle import Booking as Asked
from models.circle import Circle
from models.circle_item import Item
from models.tailor import Tailor


class Booking(Flow):
    """Shows a family order to its tailor and takes her word."""

    patient = True
    for_tailors = True
    states = ("answer",)
    transitions = (("agreed", "answer", "done"), ("declined", "answer", "done"), ("came_too_late", "answer", "done"))
    says = {
        "answer": "*{who} plans clothes for several people*: {event} on {day}.\nUp to 20 pieces; the names, garments and measurements "
        "come as orders after {closing}.\n{cloth}\nOff your price: 15 % from 3 pieces, 20 % from 6, 25 % from 10.\n\nWill you sew for them?",
        "hint_answer": "Tap *Yes, I sew* or *No*.",
        "agree": "Yes, I sew", "decline": "No",
        "wedding": "wedding", "funeral": "funeral", "naming": "naming ceremony", "festival": "festival", "church": "church", "reunion": "reunion",
        "birthday": "birthday", "other": "an event",
        "cloth_own": "They bring their own cloth.", "cloth_tailor": "You buy the cloth for each.",
        "cloth_shared": "You buy one lot of cloth for all.",
        "agreed": "Thank you! I tell {who}.",
        "declined": "All right. I tell {who}.",
        "late": "This family order is no longer open.",
        "coordinator_agreed": "{tailor} will sew for your circle.",
        "coordinator_open": "{tailor} will sew for your circle. Now people can join: send *my circle* for the invitation.",
        "coordinator_declined": "{tailor} cannot sew for your circle. Send *my circle* and choose another tailor.",
        "member_agreed": "{tailor} will sew for {who}'s circle. Send *my circle* to choose what.",
        "member_declined": "{tailor} cannot sew for {who}'s circle. I tell you when there is another tailor to choose from.",
    }  # fmt: skip

    @dataclass
    class Memory:
        circle_id: int = 0
        tailor_id: int = 0

    def ask_answer(self) -> None:
        circle = self._circle()
        if not self.still_wanted(self.db, vars(self.memory)):
            self.say("late")
            self.came_too_late()
            return
        self.ask(
            "answer", [("agree", self.line("agree")), ("decline", self.line("decline"))], who=circle.coordinator(self.db).first_name,
            event=self.line(circle.event), day=days.spoken(circle.event_on, self.today), cloth=self.line(f"cloth_{circle.fabric}"),
            closing=days.spoken(circle.closes_at.date(), self.today),
        )  # fmt: skip

    def hear_answer(self) -> None:
        agrees = self._agrees()
        circle = Circle.by_id(self.db, self.memory.circle_id, lock=True)
        if not self.still_wanted(self.db, vars(self.memory)):
            return  # the question is asked again, and says so
        was_draft = circle.state == "draft"
        lost = circle.answer(self.db, self.memory.tailor_id, agrees)
        tailor, who = Tailor.by_id(self.db, self.memory.tailor_id).business, circle.coordinator(self.db).first_name
        key = "coordinator_open" if agrees and was_draft else "coordinator_agreed" if agrees else "coordinator_declined"
        self.tell(circle.coordinator_id, key, tailor=tailor)
        for keeper in {item.keeper_id for item in lost} - {circle.coordinator_id}:
            self.tell(keeper, "member_declined", tailor=tailor, who=who)
        unclothed = [i for i in Item.of(self.db, circle.id, "joined") if i.offer_id is None] if agrees else []
        for keeper in {item.keeper_id for item in unclothed} - {circle.coordinator_id}:
            self.tell(keeper, "member_agreed", tailor=tailor, who=who)
        self.say("agreed" if agrees else "declined", who=who)
        self.agreed() if agrees else self.declined()

    def _agrees(self) -> bool:
        try:
            return self.choice() == "agree"
        except NotUnderstood:
            return yes_no(self.text)

    def _circle(self) -> Circle:
        return Circle.by_id(self.db, self.memory.circle_id)

    def subject(self) -> str:
        return self._circle().code if self.memory.circle_id else ""

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        """The buttons go on working as long as her word is wanted."""
        circle, tailor = Circle.coded(scene.db, subject), Tailor.of_person(scene.db, scene.person.id)
        memory = {"circle_id": circle.id, "tailor_id": tailor.id} if circle and tailor else {}
        return (cls.name, memory) if memory and cls.still_wanted(scene.db, memory) else ("jobs", {})

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        asked = Asked.of(db, memory["circle_id"], memory["tailor_id"])
        return asked is not None and asked.state == "asked" and Circle.by_id(db, asked.circle_id).state in ("draft", "open")
