"""Cancelling an order, and what is given back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.flow import Flow, Scene
from bot.rules import escrow
from bot.rules.money import ghs
from models.order import Order
from models.payment import Payment
from models.timer import Timer

OPEN = ("PENDING_DEPOSIT", "DEPOSIT_PAID", "ACCEPTED")


class Cancel(Flow):
    """Cancels an order that no cloth was cut for."""

    by_hand = True
    by_day = ("deposit_expired",)
    starts_with = ("cancel order", "cancel my order")
    states = ("which", "sure")
    transitions = (
        ("chosen", "which", "sure"),
        ("nothing_to_cancel", "which", "done"),
        ("kept", "sure", "done"),
        ("cancelled", "sure", "done"),
    )
    says = {
        "which": "Which order?",
        "hint_which": "Send the number of an order.",
        "nothing": "You have no order that can be cancelled in chat. Once the work has begun, send *problem*.",
        "sure": "Cancel {order} ({garment} by {tailor})?\n{back}",
        "hint_sure": "Please answer *yes* or *no*.",
        "back_none": "Nothing was paid for it yet.",
        "back_cash": "You paid {tailor} in cash: we hold none of it and cannot give it back. That is between the two of you.",
        "back_all": "You get the whole {customer} back.",
        "back_part": "You get {customer} of your deposit back; {tailor_part} goes to {tailor} for the time kept free.",
        "kept": "Good, {order} stays as it is.",
        "cancelled": "{order} is cancelled.{owed}",
        "owed": " {amount} is owed back to the wallet that paid; I will tell you when it is sent.",
        "tailor_told": "{customer} cancelled {order}.{part}",
        "tailor_part": " {amount} is in your wallet for the time you kept free.",
        "expired": "The deposit for {order} did not arrive, so the order is cancelled. Send *find a tailor* to order again.",
        "not_allowed_only_by_dispute": "Work on this order has begun. Send *problem* and a mediator will help.",
    }

    @dataclass
    class Memory:
        order_id: int = 0
        seen: str = ""  # the state whose terms she was told

    def ask_which(self) -> None:
        if self.memory.order_id:
            self.chosen() if self._order().customer_id == self.person.id else self._nothing()
            return
        mine = [o for o in Order.of_customer(self.db, self.person.id) if o.state in OPEN]
        if not mine:
            self._nothing()
        else:
            self.ask("which", [(str(o.id), o.number, o.noun(self.db)) for o in mine])

    def hear_which(self) -> None:
        self.memory.order_id = int(self.choice())
        self.chosen()

    def ask_sure(self) -> None:
        order = self._order()
        self.memory.seen = order.state
        back = order.goes_back(self.db)
        in_cash = order.in_cash(self.db, "deposit")
        key = "back_cash" if in_cash else "back_none" if not back.to_customer else "back_part" if back.to_tailor else "back_all"
        tailor = order.tailor(self.db).business
        said = self.line(key, customer=ghs(back.to_customer), tailor_part=ghs(back.to_tailor), tailor=tailor)
        self.ask_yes_no("sure", order=order.number, garment=order.noun(self.db), tailor=tailor, back=said)

    def hear_sure(self) -> None:
        order = self._order(lock=True)
        if not self.said_yes():
            self.say("kept", order=order.number)
            self.kept()
            return
        if order.state != self.memory.seen:
            return  # the terms have changed: she is asked again
        asked = order.state in ("DEPOSIT_PAID", "ACCEPTED")
        back = order.cancel(self.db, f"person:{self.person.id}", self.now)
        self._say_cancelled(order, back)
        if asked:
            part = self.line("tailor_part", amount=ghs(back.to_tailor)) if back.to_tailor else ""
            self.tell(order.tailor(self.db).person_id, "tailor_told", customer=self.person.first_name, order=order.number, part=part)
        self.cancelled()

    def on_deposit_expired(self, facts: dict[str, Any]) -> None:
        """Two days after the second reminder nobody has paid; as long as a payment is in doubt, the order is kept."""
        order = Order.by_id(self.db, facts["order_id"], lock=True)
        if Payment.open_for(self.db, order.id, "deposit"):
            later = self.now + timedelta(days=1)
            Timer.set(self.db, f"order:{order.id}:deposit_expired", "deposit_expired", self.person.id, {"order_id": order.id}, later)
        elif order.due_stage(self.db) == "deposit":
            order.cancel(self.db, "timer:deposit_expired", self.now)
            self.tell(self.person.id, "expired", order=order.number)

    def _say_cancelled(self, order: Order, back: escrow.GivenBack) -> None:
        owed = self.line("owed", amount=ghs(back.to_customer)) if back.to_customer else ""
        self.say("cancelled", order=order.number, owed=owed)

    def _nothing(self) -> None:
        self.say("nothing")
        self.nothing_to_cancel()

    def _order(self, *, lock: bool = False) -> Order:
        return Order.by_id(self.db, self.memory.order_id, lock=lock)

    def subject(self) -> str:
        return f"{self._order().number} {self.memory.seen}".strip() if self.memory.order_id else ""

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return ("follow", {"number": subject.split(" ")[0]}) if subject else (cls.name, {})
