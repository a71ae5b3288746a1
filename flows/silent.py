"""A tailor has not answered for a day: the customer decides whether to wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules.money import ghs
from models.order import Order


class Silent(Flow):
    """Asks the customer to wait another day or take the money back."""

    by_hand = True
    patient = True
    by_day = ("tailor_silent",)
    states = ("wish",)
    transitions = (("waits", "wish", "done"), ("takes_back", "wish", "done"), ("answered_meanwhile", "wish", "done"))
    says = {
        "wish": "{tailor} has not answered your order {order} yet. Shall we wait one more day, or cancel it? You would get the whole {amount} back.",
        "hint_wish": "Send 1 to wait, 2 to cancel.",
        "wait": "Wait one more day", "cancel": "Cancel order",
        "waiting": "All right, I remind {tailor} and come back to you tomorrow.",
        "cancelled": "{order} is cancelled. {amount} is owed back to the wallet that paid; I will tell you when it is sent.",
        "tailor_cancelled": "{customer} waited a day for your answer to {order} and has cancelled.",
        "answered": "{tailor} has answered meanwhile.",
    }  # fmt: skip

    @dataclass
    class Memory:
        order_id: int = 0

    def ask_wish(self) -> None:
        order = Order.by_id(self.db, self.memory.order_id)
        tailor = order.tailor(self.db).business
        if order.state != "DEPOSIT_PAID":
            self.say("answered", tailor=tailor)
            self.answered_meanwhile()
            return
        options = [("wait", self.line("wait")), ("cancel", self.line("cancel"))]
        self.ask("wish", options, tailor=tailor, order=order.number, amount=ghs(order.part("deposit")))

    def hear_wish(self) -> None:
        wish = self.choice()
        order = Order.by_id(self.db, self.memory.order_id, lock=True)
        tailor = order.tailor(self.db)
        if order.state != "DEPOSIT_PAID":
            self.say("answered", tailor=tailor.business)
            self.answered_meanwhile()
        elif wish == "wait":
            order.ask_again(self.db, self.now)
            self.say("waiting", tailor=tailor.business)
            self.invite(tailor.person_id, "job", once=f"job:{order.id}:{self.now}", kindly=True, order_id=order.id, reminded=True)
            self.waits()
        else:
            back = order.cancel(self.db, f"person:{self.person.id}", self.now)
            self.say("cancelled", order=order.number, amount=ghs(back.to_customer))
            self.tell(tailor.person_id, "tailor_cancelled", customer=self.person.first_name, order=order.number)
            self.takes_back()

    def on_tailor_silent(self, facts: dict[str, Any]) -> None:
        order = Order.by_id(self.db, facts["order_id"], lock=True)
        if order.state == "DEPOSIT_PAID":
            order.ask_again(self.db, self.now)  # should she not decide either
            self.invite(self.person.id, "silent", once=f"silent:{order.id}:{facts['due_at']}", order_id=order.id)

    def subject(self) -> str:
        return Order.by_id(self.db, self.memory.order_id).number if self.memory.order_id else ""

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "follow", {"number": subject}

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        return Order.by_id(db, memory["order_id"]).state == "DEPOSIT_PAID"
