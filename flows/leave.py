"""Leaving a circle; for the coordinator, calling it off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import Flow, Scene
from models.circle import Circle
from models.circle_item import Item


class Leave(Flow):
    """Asks whether she means it, and tells everybody it concerns."""

    by_hand = True  # it is others' clothes as well
    starts_with = ("leave circle", "leave the circle", "leave my circle")
    states = ("sure",)
    transitions = (("stayed", "sure", "done"), ("gone", "sure", "done"), ("called_off", "sure", "done"), ("none_there", "sure", "done"))
    says = {
        "sure": "Leave {who}'s circle? Your piece, and those you added, are taken off the list.",
        "sure_off": "Call the circle off? Nobody's clothes are ordered, and I tell everybody.",
        "hint_sure": "Please answer *yes* or *no*.",
        "none": "You are in no circle that is still open. An order of yours is cancelled with *cancel order*.",
        "stayed": "Good, everything stays as it is.",
        "gone": "You have left the circle.",
        "off": "The circle is called off.",
        "who_left": "{name} has left your circle.",
        "yours_again": "{name} has left the circle and will not pay for your {garment}: it is yours to pay. Send *my circle* to confirm it.",
        "members_off": "{who} has called the circle off. Nothing was ordered and nothing is to be paid.",
    }  # fmt: skip

    @dataclass
    class Memory:
        circle_id: int = 0

    def ask_sure(self) -> None:
        circle = self._circle()
        if circle is None:
            self.say("none")
            self.none_there()
            return
        self.memory.circle_id = circle.id
        leads = circle.coordinator_id == self.person.id
        self.ask_yes_no("sure_off" if leads else "sure", who=circle.coordinator(self.db).first_name)

    def hear_sure(self) -> None:
        if not self.said_yes():
            self.say("stayed")
            self.stayed()
            return
        circle = Circle.by_id(self.db, self.memory.circle_id, lock=True)
        if circle.state not in ("draft", "open"):
            return  # the question is asked again, and says so
        if circle.coordinator_id == self.person.id:
            self._call_off(circle)
        else:
            self._leave(circle)

    def _leave(self, circle: Circle) -> None:
        orphans = circle.leave(self.db, self.person.id)
        circle.touch(self.db, self.now)
        self.tell(circle.coordinator_id, "who_left", name=self.person.first_name)
        for item in orphans:
            garment = item.garment(self.db)
            self.tell(item.keeper_id, "yours_again", name=self.person.first_name, garment=garment.label.lower() if garment else item.name)
        self.say("gone")
        self.gone()
        self._forget(circle)

    def _call_off(self, circle: Circle) -> None:
        concerned = {i.keeper_id for i in circle.end(self.db)} | {t.person_id for t in circle.tailors(self.db)}
        for person_id in sorted(concerned - {self.person.id}):
            self.tell(person_id, "members_off", who=self.person.first_name)
        self.say("off")
        self.called_off()
        self._forget(circle)

    def _forget(self, circle: Circle) -> None:
        """What she was still being asked about it."""
        self.scene.stack[:] = [f for f in self.scene.stack if f is self.frame or f.memory.get("circle_id") != circle.id]

    def _circle(self) -> Circle | None:
        """The one it is about, as long as it can still be left."""
        mine = [c for c in Circle.of_person(self.db, self.person.id, self.today) if c.state in ("draft", "open")]
        within = [c for c in mine if c.coordinator_id == self.person.id or any(i.keeper_id == self.person.id for i in Item.of(self.db, c.id))]
        return next((c for c in within if c.id == self.memory.circle_id or not self.memory.circle_id), None)

    def subject(self) -> str:
        return str(self.memory.circle_id or "")

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "circles", {}
