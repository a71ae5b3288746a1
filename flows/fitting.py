"""The customer looks at the fitting photo and says yes, or why not; silence says yes after two days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules import days
from bot.rules.order import FITTING_REVIEW
from bot.understand import NotUnderstood
from models.milestone import Milestone
from models.order import Order
from models.timer import Timer

REASON_LIMIT = 500


class Fitting(Flow):
    """Asks for the verdict on a fitting."""

    by_hand = True
    patient = True
    by_day = ("fitting_reminder",)
    states = ("verdict", "reason")
    transitions = (
        ("approved", "verdict", "done"),
        ("not_yet", "verdict", "reason"),
        ("rejected", "reason", "done"),
        ("came_too_late", "verdict", "done"),
        ("decided_meanwhile", "reason", "done"),
    )
    says = {
        "verdict": "{tailor} has your {garment} ready for fitting ({order}). When you approve, the second part is due and goes to {tailor}. "
        "Without an answer in {left} it counts as approved.\n\nDo you like what you see?",
        "hint_verdict": "Tap *Approve*, or *Not yet* and tell me what is wrong.",
        "approve": "Approve", "not_yet": "Not yet",
        "reason": "What should be changed? A few words for {tailor}.",
        "hint_reason": "For example *the sleeves are too long*.",
        "approved": "Thank you! I tell {tailor}.",
        "tailor_approved": "{customer} approved the fitting of {order}. As soon as the second part is paid you can finish it.",
        "rejected": "I tell {tailor}. You will get a new photo when it is changed.",
        "tailor_rejected": "{customer} wants a change on {order}: “{reason}”. Please adjust it and send a new fitting photo.",
        "reminder": "{tailor} waits for your word on the fitting of {order}. Without one it counts as approved in {left}. Send *my orders*.",
        "silence": "Two days without a word: the fitting of {order} counts as approved.",
        "tailor_silence": "The fitting of {order} counts as approved after 48 hours. As soon as the second part is paid you can finish it.",
        "late": "The fitting of {order} has been decided already.",
    }

    @dataclass
    class Memory:
        order_id: int = 0
        again: bool = False  # she asks to see it again

    def ask_verdict(self) -> None:
        order = self._order()
        photo = Milestone.last(self.db, order.id, "fitting")
        if order.state == "DISPUTED":
            self.came_too_late()
            self.hand_over_to("case", for_good=True, order_id=order.id)
            return
        if order.state != "READY_FOR_FITTING" or photo is None:
            self.say("late", order=order.number)
            self.came_too_late()
            return
        options = [("approve", self.line("approve")), ("not_yet", self.line("not_yet"))]
        picture = self.scene.links.picture(photo.picture_id) if self.memory.again else ""
        ends = Timer.due(self.db, f"order:{order.id}:fitting:silence") or self.now + FITTING_REVIEW
        self.ask("verdict", options, picture=picture, left=days.hours(ends, self.now), **self._values(order))

    def hear_verdict(self) -> None:
        if self._says_yes():
            order = Order.by_id(self.db, self.memory.order_id, lock=True)
            if order.state != "READY_FOR_FITTING":
                return  # the question is asked again, and says so
            order.approve_fitting(self.db, f"person:{self.person.id}", self.now)
            self.say("approved", tailor=order.tailor(self.db).business)
            self.tell(order.tailor(self.db).person_id, "tailor_approved", customer=self.person.first_name, order=order.number)
            self.approved()
            self.hand_over_to("pay", for_good=True, order_id=order.id)
        else:
            self.not_yet()

    def ask_reason(self) -> None:
        order = self._order()
        if order.state != "READY_FOR_FITTING":
            self.say("late", order=order.number)
            self.decided_meanwhile()
            return
        self.ask("reason", tailor=order.tailor(self.db).business)

    def hear_reason(self) -> None:
        reason = self.text[:REASON_LIMIT]
        if sum(c.isalpha() for c in reason) < 3:
            raise NotUnderstood("no_reason")
        order = Order.by_id(self.db, self.memory.order_id, lock=True)
        if order.state != "READY_FOR_FITTING":
            return
        order.reject_fitting(self.db, reason, self.now)
        tailor = order.tailor(self.db)
        self.tell(tailor.person_id, "tailor_rejected", customer=self.person.first_name, order=order.number, reason=reason)
        self.say("rejected", tailor=tailor.business)
        self.rejected()

    def on_fitting_reminder(self, facts: dict[str, Any]) -> None:
        order = self._order(facts["order_id"])
        ends = Timer.due(self.db, f"order:{order.id}:fitting:silence")
        if order.state == "READY_FOR_FITTING" and ends:
            self.tell(self.person.id, "reminder", left=days.hours(ends, self.now), **self._values(order))

    def on_fitting_silence(self, facts: dict[str, Any]) -> None:
        """48 hours after the photo was on the phone: silence is a yes."""
        order = Order.by_id(self.db, facts["order_id"], lock=True)
        shown = Milestone.last(self.db, order.id, "fitting")
        if order.stands_still(self.db, "fitting_silence", self.now):
            return
        if order.state != "READY_FOR_FITTING" or not shown or not shown.delivered_at or self.now - shown.delivered_at < FITTING_REVIEW:
            return
        order.approve_fitting(self.db, "timer:fitting_silence", self.now)
        self.tell(order.tailor(self.db).person_id, "tailor_silence", order=order.number)
        self.tell(self.person.id, "silence", order=order.number)
        self.invite(self.person.id, "pay", once=f"pay:{order.id}:fitting:{order.state_since}", kindly=True, order_id=order.id)

    def _says_yes(self) -> bool:
        try:
            return self.choice() == "approve"
        except NotUnderstood:
            return self.said_yes()

    def _order(self, order_id: int = 0) -> Order:
        return Order.by_id(self.db, order_id or self.memory.order_id)

    def _values(self, order: Order) -> dict[str, Any]:
        return {"order": order.number, "garment": order.noun(self.db), "tailor": order.tailor(self.db).business}

    def subject(self) -> str:
        return self._order().number if self.memory.order_id else ""

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "follow", {"number": subject}

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        return Order.by_id(db, memory["order_id"]).state == "READY_FOR_FITTING"
