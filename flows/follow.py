"""One order: how it stands, who waits for whom, and what the customer can do now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import Flow, Option, Scene
from bot.rules import NotAllowed, days, numbering
from bot.rules.money import ghs
from models.milestone import Milestone
from models.order import Order

ACTIONS = {
    "PENDING_DEPOSIT": ("pay", "cancel"), "DEPOSIT_PAID": ("another", "cancel", "dispute"),
    "ACCEPTED": ("another", "cancel", "dispute"),
    "IN_PROGRESS": ("dispute",), "READY_FOR_FITTING": ("fitting", "dispute"), "FITTING_APPROVED": ("pay", "dispute"), "COMPLETING": ("dispute",),
    "READY_FOR_DELIVERY": ("pay", "delivery", "dispute"), "DELIVERED": ("delivery", "dispute"), "DISPUTED": ("case",),
}  # fmt: skip
CLOSED = ("COMPLETED", "CANCELLED", "REFUNDED")
NEEDS = {"pay": True, "delivery": False}  # offered only while something is, or nothing is due


class Follow(Flow):
    """Shows where an order stands and leads to what can be done with it."""

    fleeting = True
    states = ("action",)
    transitions = (("left", "action", "done"), ("acted", "action", "done"), ("not_found", "action", "done"))
    says = {
        "action": "*{number}* · {garment} by {tailor}\n{bar} {percent} %\n{state}\nReady by {day} · total {total}{handover}\nAll about it: {page}",
        "hint_action": "Tap what you want to do, or send *menu*.",
        "closed": "*{number}* · {garment} by {tailor}\n{state}\nTotal {total}\nAll about it: {page}",
        "unknown": "I find no order {number} of yours.",
        "handover": "\nHandover code: *{code}*",
        "pay": "Pay now", "cancel": "Cancel order", "fitting": "See the fitting", "delivery": "I have it", "menu": "Menu",
        "another": "Another tailor", "dispute": "Report a problem", "case": "The case",
        "go_on": "Go on where I was",
        "state_PENDING_DEPOSIT": "Waiting for your deposit.",
        "state_DEPOSIT_PAID": "Deposit paid. Waiting for the tailor to accept.",
        "trouble_declined": "The tailor cannot do it. Choose another one, or take your money back.",
        "trouble_silent": "The tailor has not answered yet.", "trouble_no_show": "Accepted, but the tailor has not begun.",
        "state_ACCEPTED": "Accepted. Waiting for the first work photo.",
        "state_IN_PROGRESS": "The tailor is at work.",
        "state_READY_FOR_FITTING": "Waiting for your word on the fitting photo.",
        "state_FITTING_APPROVED": "Fitting approved. Waiting for the second payment.",
        "state_COMPLETING": "The tailor is finishing it.",
        "state_READY_FOR_DELIVERY": "Ready to be handed over.",
        "state_DELIVERED": "Handed over. Waiting for your word that all is right.",
        "state_COMPLETED": "Done. Thank you!",
        "state_DISPUTED": "Our people are looking into it; the money is frozen.",
        "state_CANCELLED": "Cancelled.",
        "state_REFUNDED": "Refunded.",
    }  # fmt: skip

    @dataclass
    class Memory:
        number: str = ""

    def opened_with(self, text: str) -> None:
        self.memory.number = numbering.read_order_number(text) or text

    def ask_action(self) -> None:
        order = self._order()
        if order is None:
            self.say("unknown", number=self.memory.number)
            self.not_found()
            return
        percent, now = order.progress(self.db), f"trouble_{order.trouble}" if order.trouble else f"state_{order.state}"
        handover = self.line("handover", code=order.handover_code) if order.handover_code and order.state == "READY_FOR_DELIVERY" else ""
        self.ask(
            "closed" if order.state in CLOSED else "action", self._options(order),
            number=order.number, garment=order.noun(self.db), tailor=order.tailor(self.db).business,
            bar="●" * (percent // 20) + "○" * (5 - percent // 20), percent=percent, state=self.line(now),
            day=days.spoken(order.promised_on, self.today), total=ghs(order.total), handover=handover,
            page=self.scene.links.full(self.scene.links.order(order.id, self.now)),
        )  # fmt: skip

    def hear_action(self) -> None:
        wish = self.choice()
        order = self._order()
        if wish == "go_on":
            self.left()
        elif wish == "menu" or order is None:
            self.left()
            self.hand_over_to("menu")
        elif wish not in [o[0] for o in self._options(order)]:
            raise NotAllowed("not_now")
        else:
            self.acted()
            self.hand_over_to(wish, order_id=order.id, **({"again": True} if wish == "fitting" else {}))

    def on_photo_delivered(self, facts: dict[str, Any]) -> None:
        """A work photo is on the customer's phone: the clocks that lead to money start now."""
        order = Order.by_id(self.db, facts["order_id"], lock=True)
        order.seen(self.db, self.db.get_one(Milestone, facts["milestone_id"]), self.now)

    def _options(self, order: Order) -> list[Option]:
        unpaid = order.due_stage(self.db) is not None
        acts = [a for a in ACTIONS.get(order.state, ()) if (NEEDS[a] == unpaid if a in NEEDS else a != "another" or order.trouble)]
        leave = "go_on" if len(self.scene.stack) > 1 else "menu"
        return [(a, self.line(a)) for a in (*acts, leave)]

    def _order(self) -> Order | None:
        number = numbering.read_order_number(self.memory.number)
        return Order.numbered(self.db, number, customer_id=self.person.id) if number else None

    def subject(self) -> str:
        return self.memory.number

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return cls.name, {"number": subject}
