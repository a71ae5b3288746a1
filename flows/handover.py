"""The tailor hands the garment over and proves it with the customer's code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import Flow
from bot.rules import NotAllowed
from models.circle import Circle
from models.order import CODE_TRIES, Order
from models.piece import Piece
from models.tailor import Tailor

LABEL = 24


class Handover(Flow):
    """Checks the handover code."""

    by_hand = True
    for_tailors = True
    patient = True
    by_day = ("delivery_due",)
    starts_with = ("handover", "hand over", "code", "handover code")
    states = ("which", "code", "pieces")
    transitions = (
        ("chosen", "which", "code"),
        ("nothing_ready", "which", "done"),
        ("matched", "code", "done"),
        ("one_by_one", "code", "pieces"),
        ("partly", "pieces", "done"),
        ("completed", "pieces", "done"),
        ("settled_meanwhile", "pieces", "done"),
        ("unpaid", "code", "done"),
        ("locked", "code", "done"),
    )
    says = {
        "which": "Which order are you handing over?",
        "hint_which": "Send the number of an order.",
        "nothing": "No order of yours is ready to be handed over.",
        "code": "{order}: what is the customer's 4-digit code?",
        "hint_code": "Four digits, like *4821*. The customer finds the code in *my orders*.",
        "matched": "Right! {order} is handed over. The last part is yours when {customer} confirms, at the latest in three days.",
        "unpaid": "{order}: the last part is not paid yet, so there is no code. Please hand it over only after I tell you.",
        "pieces": "Right! Which pieces of {order} are you handing over now?",
        "hint_pieces": "Send the number of one.", "all_of_them": "All of them",
        "partly": "Noted: {pieces}. {left} to come.",
        "customer_partly": "{tailor} has handed over of {order}: {pieces}. {left} to come.",
        "wrong": "That is not the code of {order}. {left} tries are left.",
        "wrong_last": "That is not the code of {order}. One try is left.",
        "wrong_locked": "That is not the code of {order} either.",
        "locked": "Too many wrong codes. {customer} can confirm the handover in *my orders* instead.",
        "due": "{order} is ready and paid for. Please hand it over to {customer}, and send *handover* with the 4-digit code you get there.",
        "customer_asked": "{tailor} has handed over {order}.",
    }

    @dataclass
    class Memory:
        order_id: int = 0

    def ask_which(self) -> None:
        ready = self._ready()
        if not ready:
            self.say("nothing")
            self.nothing_ready()
        elif self.memory.order_id or len(ready) == 1:
            self.memory.order_id = self.memory.order_id or ready[0].id
            self.chosen()
        else:
            self.ask("which", [(str(o.id), o.number, o.noun(self.db)) for o in ready])

    def hear_which(self) -> None:
        self.memory.order_id = int(self.choice())
        self.chosen()

    def ask_code(self) -> None:
        order = Order.by_id(self.db, self.memory.order_id)
        if order.handover_code is None:
            self.say("unpaid", order=order.number)
            self.unpaid()
        elif order.is_code_locked:
            self.say("locked", customer=order.customer(self.db).first_name)
            self.locked()
        else:
            self.ask("code", order=order.number)

    def hear_code(self) -> None:
        order = Order.by_id(self.db, self.memory.order_id, lock=True)
        code = "".join(c for c in self.text if c.isdigit())
        if len(code) != 4:
            self.choice()
        if order.is_code_locked:
            return  # the question is asked again, and says so
        if not order.try_code(code):
            left = CODE_TRIES - order.code_tries
            self.say("wrong" if left > 1 else "wrong_last" if left else "wrong_locked", order=order.number, left=left)
            return
        if self._is_staggered(order):
            self.one_by_one()
            return
        self._hand_over(order)
        self.matched()

    def ask_pieces(self) -> None:
        order = Order.by_id(self.db, self.memory.order_id)
        if order.state != "READY_FOR_DELIVERY":
            self.say("nothing")
            self.settled_meanwhile()
            return
        rows = [(str(p.place), self._name(order, p), p.noun(self.db)) for p in self._left(order)]
        self.ask("pieces", [("all", self.line("all_of_them"), ""), *rows], order=order.number)

    def hear_pieces(self) -> None:
        wish = self.choice()
        order = Order.by_id(self.db, self.memory.order_id, lock=True)
        if order.state != "READY_FOR_DELIVERY":
            return  # the question is asked again, and says so
        given = [p for p in self._left(order) if wish in ("all", str(p.place))]
        left = Piece.hand_over(self.db, order.id, self.now, places=[p.place for p in given])
        if left:
            pieces = ", ".join(f"{self._name(order, p)} ({p.noun(self.db)})" for p in given)
            self.say("partly", pieces=pieces, left=left)
            tailor = order.tailor(self.db).business
            self.tell(order.customer_id, "customer_partly", tailor=tailor, order=order.number, pieces=pieces, left=left)
            self.partly()
        else:
            self._hand_over(order)
            self.completed()

    def on_delivery_due(self, facts: dict[str, Any]) -> None:
        """Daily, as long as what is paid for is not handed over."""
        order = Order.by_id(self.db, facts["order_id"])
        if order.stands_still(self.db, "delivery_due", self.now):
            return
        if order.state == "READY_FOR_DELIVERY" and order.is_funded(self.db, "final"):
            self.tell(self.person.id, "due", order=order.number, customer=order.customer(self.db).first_name)
            order.clocks(self.db, "delivery_waits", self.now)

    # -- private

    def _hand_over(self, order: Order) -> None:
        try:
            order.hand_over(self.db, f"tailor:{order.tailor_id}", self.now)
        except NotAllowed:
            self.say("nothing")
        else:
            self.say("matched", order=order.number, customer=order.customer(self.db).first_name)
            self.tell(order.customer_id, "customer_asked", tailor=order.tailor(self.db).business, order=order.number)
            self.invite(order.customer_id, "delivery", once=f"delivery:{order.id}:{order.state_since}", order_id=order.id)

    def _is_staggered(self, order: Order) -> bool:
        """Whether the circle wants its clothes one by one, as they are ready."""
        return order.pieces > 1 and order.circle_id is not None and Circle.by_id(self.db, order.circle_id).delivery == "staggered"

    def _left(self, order: Order) -> list[Piece]:
        return [p for p in Piece.of(self.db, order.id) if p.delivered_at is None]

    def _name(self, order: Order, piece: Piece) -> str:
        return (piece.who or order.customer(self.db).first_name)[:LABEL]

    def _ready(self) -> list[Order]:
        tailor = Tailor.of_person(self.db, self.person.id)
        return Order.of_tailor(self.db, tailor.id, ("READY_FOR_DELIVERY",)) if tailor else []
