"""A tailor's open orders, and what each one waits for."""

from __future__ import annotations

from dataclasses import dataclass

from bot.flow import Flow
from bot.rules import days
from bot.rules.order import PAID_STATES
from models.order import Order
from models.tailor import Tailor

NEXT = {
    "DEPOSIT_PAID": "job", "ACCEPTED": "milestone", "IN_PROGRESS": "milestone", "COMPLETING": "milestone", "READY_FOR_DELIVERY": "handover",
    "DISPUTED": "case",
}  # fmt: skip


class Jobs(Flow):
    """Lists a tailor's orders and leads to the next thing to do."""

    starts_with = ("my jobs", "jobs", "job", "accept", "decline")
    for_tailors = True
    fleeting = True
    states = ("pick",)
    transitions = (("picked", "pick", "done"), ("none_there", "pick", "done"), ("only_waiting", "pick", "done"))
    says = {
        "pick": "Your jobs. Which one?",
        "hint_pick": "Send the number of a job.",
        "none": "You have no open jobs. I will write as soon as there is one.",
        "about": "{garment}, {day} · {state}",
        "state_DEPOSIT_PAID": "your answer", "state_ACCEPTED": "first photo", "state_IN_PROGRESS": "next photo",
        "state_READY_FOR_FITTING": "customer looks", "state_FITTING_APPROVED": "2nd payment", "state_COMPLETING": "finish it",
        "state_READY_FOR_DELIVERY": "hand over", "state_DELIVERED": "customer confirms", "state_DISPUTED": "with our people",
        "state_COMPLETED": "done", "state_CANCELLED": "cancelled", "state_REFUNDED": "cancelled",
        "waiting": "{order}: nothing for you to do now ({state}).",
    }  # fmt: skip

    @dataclass
    class Memory:
        pass

    def ask_pick(self) -> None:
        mine = self._mine()
        if not mine:
            self.say("none")
            self.none_there()
            return
        self.ask("pick", [(str(o.id), o.number, self._about(o)) for o in mine])

    def hear_pick(self) -> None:
        wish = int(self.choice())
        order = Order.by_id(self.db, wish)
        if order.state in NEXT:
            self.picked()
            self.hand_over_to(NEXT[order.state], order_id=order.id, tailor_id=order.tailor_id)
        else:
            self.say("waiting", order=order.number, state=self.line(f"state_{order.state}"))
            self.only_waiting()

    def _about(self, order: Order) -> str:
        day = days.relative(order.promised_on, self.today)
        return self.line("about", garment=order.noun(self.db), day=day, state=self.line(f"state_{order.state}"))

    def _mine(self) -> list[Order]:
        tailor = Tailor.of_person(self.db, self.person.id)
        return Order.of_tailor(self.db, tailor.id, (*PAID_STATES, "DISPUTED")) if tailor else []
