"""Somebody of a circle is asked to pay for another member's piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules import circle as rules
from bot.rules.money import ghs
from models.circle import Circle
from models.circle_item import Item


class Sponsor(Flow):
    """Asks whether she pays for somebody, and tells the answer."""

    patient = True
    by_hand = True
    states = ("answer",)
    transitions = (("agreed", "answer", "done"), ("declined", "answer", "done"), ("came_too_late", "answer", "done"))
    says = {
        "answer": "{name} asks whether you will pay for one more {garment} in the circle for the {event}: at most {most}, in three parts, "
        "together with your own. Will you?",
        "wedding": "wedding", "funeral": "funeral", "naming": "naming ceremony", "festival": "festival", "church": "church", "reunion": "reunion",
        "birthday": "birthday", "other": "event",
        "hint_answer": "Please answer *yes* or *no*.",
        "agreed": "Thank you! I tell {name}.", "declined": "All right, {name} pays.",
        "late": "That is settled already.",
        "member_agreed": "{payer} pays for your {garment}.",
        "member_declined": "{payer} will not pay for your {garment}: it is yours to pay. Send *my circle* to change anything.",
    }  # fmt: skip

    @dataclass
    class Memory:
        item_id: int = 0

    def ask_answer(self) -> None:
        item = Item.by_id(self.db, self.memory.item_id)
        circle, offer, garment = Circle.by_id(self.db, item.circle_id), item.offer(self.db), item.garment(self.db)
        if not self.still_wanted(self.db, vars(self.memory)) or offer is None or garment is None:
            self.say("late")
            self.came_too_late()
            return
        most = ghs(rules.most(garment, offer.price, fabric=circle.fabric))
        self.ask_yes_no("answer", name=item.name, garment=garment.label.lower(), event=self.line(circle.event), most=most)

    def hear_answer(self) -> None:
        agrees = self.said_yes()
        item = Item.by_id(self.db, self.memory.item_id)
        circle = Circle.by_id(self.db, item.circle_id, lock=True)
        item, garment = Item.by_id(self.db, item.id), item.garment(self.db)
        if not self.still_wanted(self.db, vars(self.memory)) or garment is None:
            return  # the question is asked again, and says so
        if agrees:
            item.payer_id = self.person.id
            circle.touch(self.db, self.now)
        self.say("agreed" if agrees else "declined", name=item.name)
        key = "member_agreed" if agrees else "member_declined"
        self.tell(item.keeper_id, key, payer=self.person.first_name, garment=garment.label.lower())
        self.agreed() if agrees else self.declined()

    def subject(self) -> str:
        return str(self.memory.item_id)

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "circles", {}

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        item = Item.by_id(db, memory["item_id"])
        settled = item.payer_id != item.keeper_id  # somebody else said yes before
        return not settled and item.state in ("joined", "agreed") and item.offer_id is not None and Circle.by_id(db, item.circle_id).is_open
