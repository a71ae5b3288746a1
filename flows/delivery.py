"""The customer has the garment: is everything right? Three days of silence say yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules.money import ghs
from bot.understand import NotUnderstood
from models import ledger
from models.order import Order
from models.plea import Plea
from models.timer import Timer

LOOK_AGAIN = timedelta(hours=1)  # money waits while the customer waits for a person
UNSAID = timedelta(days=1)


class Delivery(Flow):
    """Confirms the delivery and completes the order."""

    by_hand = True
    patient = True
    states = ("received",)
    transitions = (("confirmed", "received", "done"), ("not_right", "received", "done"), ("came_too_late", "received", "done"))
    says = {
        "received": "Your {garment} ({order}): do you have it, and is everything right?\n"
        "With your yes, {tailor} gets the {held} we still hold. Without a word it counts as right three days after the handover.",
        "received_by_hand": "Your {garment} ({order}): do you have it, and is everything right?\n"
        "Without a word it counts as right three days after the handover.",
        "hint_received": "Tap *All is right*, or *Not right* and the money stays with us.",
        "right": "All is right", "wrong": "Not right",
        "confirmed": "🎉 Wonderful, {order} is complete. Thank you for sewing with us!",
        "tailor_confirmed": "{customer} confirmed {order}. It is complete, and {net} more is in your wallet.",
        "silence": "Three days without a word: {order} counts as complete. Thank you!",
        "tailor_silence": "{order} is complete after three days, and {net} more is in your wallet.",
        "late": "{order} is settled already.",
        "not_allowed_final_unpaid": "The last part of this order is not paid yet. Send *my orders* to pay it.",
    }

    @dataclass
    class Memory:
        order_id: int = 0

    def ask_received(self) -> None:
        order = self._order()
        if order.state == "DISPUTED":
            self.came_too_late()
            self.hand_over_to("case", for_good=True, order_id=order.id)
            return
        if order.state not in ("READY_FOR_DELIVERY", "DELIVERED"):
            self.say("late", order=order.number)
            self.came_too_late()
            return
        options = [("right", self.line("right")), ("wrong", self.line("wrong"))]
        held = ledger.held(self.db, order.id)  # nothing when it was paid in cash
        tailor, key = order.tailor(self.db).business, "received" if held else "received_by_hand"
        self.ask(key, options, garment=order.noun(self.db), order=order.number, tailor=tailor, held=ghs(held))

    def hear_received(self) -> None:
        order = Order.by_id(self.db, self.memory.order_id, lock=True)
        if order.state not in ("READY_FOR_DELIVERY", "DELIVERED"):
            return  # the question is asked again, and says so
        if self._says_right():
            actor = f"person:{self.person.id}"
            if order.state == "READY_FOR_DELIVERY":
                order.hand_over(self.db, actor, self.now)
            net = order.confirm(self.db, actor, self.now)
            self.say("confirmed", order=order.number)
            self.tell(order.tailor(self.db).person_id, "tailor_confirmed", customer=self.person.first_name, order=order.number, net=ghs(net))
            self.confirmed()
        else:
            self._hold_back(order)
            self.not_right()
            self.hand_over_to("dispute", for_good=True, order_id=order.id, sure=True)

    def on_delivery_silence(self, facts: dict[str, Any]) -> None:
        order = Order.by_id(self.db, facts["order_id"], lock=True)
        if order.stands_still(self.db, "delivery_silence", self.now) or order.state != "DELIVERED":
            return
        if order.is_questioned(self.db) or Plea.is_open(self.db, order.customer_id):
            key, facts = f"order:{order.id}:delivery_silence", {"order_id": order.id}
            Timer.set(self.db, key, "delivery_silence", self.person.id, facts, self.now + LOOK_AGAIN)
            return
        net = order.confirm(self.db, "timer:delivery_silence", self.now)
        self.tell(self.person.id, "silence", order=order.number)
        self.tell(order.tailor(self.db).person_id, "tailor_silence", order=order.number, net=ghs(net))

    def _hold_back(self, order: Order) -> None:
        """Silence is no yes any more. Should she say nothing more either, a case is opened for her a day later."""
        Timer.pause(self.db, f"order:{order.id}:delivery_silence", self.now)
        facts = {"order_id": order.id, "sure": True}
        Timer.set(self.db, f"order:{order.id}:not_right", "not_right_unsaid", self.person.id, facts, self.now + UNSAID)

    def _says_right(self) -> bool:
        try:
            return self.choice() == "right"
        except NotUnderstood:
            return self.said_yes()

    def _order(self) -> Order:
        return Order.by_id(self.db, self.memory.order_id)

    def subject(self) -> str:
        return self._order().number if self.memory.order_id else ""

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "follow", {"number": subject}

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        return Order.by_id(db, memory["order_id"]).state == "DELIVERED"
