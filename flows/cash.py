"""Cash from hand to hand: who gave or took it says so, and the other one is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules.escrow import STAGE_DUE
from bot.rules.money import ghs
from bot.understand import NotUnderstood, yes_no
from models.order import Order
from models.payment import Payment
from models.tailor import Tailor


class Cash(Flow):
    """Explains what cash means and takes the first side's word."""

    by_hand = True
    patient = True
    for_tailors = True  # a customer comes here from the question how she pays
    by_day = ("cash_unanswered",)
    starts_with = ("cash", "cash received", "got cash", "paid cash")
    states = ("which", "claim", "waiting")
    transitions = (
        ("chosen", "which", "claim"),
        ("nothing_due", "which", "done"),
        ("claimed_before", "which", "waiting"),
        ("asked_before", "which", "done"),
        ("claimed", "claim", "done"),
        ("not_yet", "claim", "done"),
        ("wallet_wanted", "claim", "done"),
        ("no_longer_due", "claim", "done"),
        ("waits", "waiting", "done"),
        ("took_back", "waiting", "done"),
        ("answered_meanwhile", "waiting", "done"),
    )
    says = {
        "which": "For which order did you get cash?",
        "hint_which": "Send the number of an order.",
        "none": "No order of yours waits for a payment.",
        "closed": "We do not record cash here.",
        "nothing_due": "Nothing is due for {order} now.",
        "claim_customer": "*{amount} in cash* for {order}, the {stage}, given to {tailor} by hand. We do not hold cash: our promise does not cover "
        "it and we cannot give it back. By mobile money we hold it for you.\n\nHave you given it to {tailor}?",
        "claim_tailor": "Did {customer} give you {amount} in cash for the {stage} of {order}? It counts when {customer} says so too, "
        "and only if it is exactly this amount.",
        "hint_claim": "Tap your answer, or send its number.",
        "gave": "Yes, I gave it", "not_yet": "Not yet", "by_wallet": "By mobile money", "took": "Yes, I have it",
        "stage_deposit": "deposit", "stage_fitting": "second part", "stage_final": "last part",
        "claimed": "Thank you. I ask {other}; with a yes it counts.",
        "later": "All right, nothing is noted.",
        "waiting": "{other} has not said yet whether {amount} in cash was given for {order}.",
        "hint_waiting": "Send 1 to wait, 2 to take your word back.",
        "wait": "Wait", "undo": "Take it back",
        "waits": "All right. I tell you as soon as {other} has answered.",
        "undone": "It is taken back: nothing was paid in cash.",
        "answered": "{other} has answered meanwhile.",
        "unanswered": "For three days {other} has not said that {amount} in cash was given for {order}: it does not count. "
        "Send *agent* if you need help.",
        "lapsed": "The word about {amount} in cash for {order} has lapsed: it does not count.",
        "not_allowed_tailor_gone": "{tailor} takes no new orders any more. Please send *cancel order*, and choose somebody else.",
        "not_allowed_cash_cap": "A tailor can take at most GHS {most:,} a day in cash with us. Please use mobile money.",
        "not_allowed_already_asked": "There is a prompt under way for this already. Please wait for what becomes of it.",
    }  # fmt: skip

    @dataclass
    class Memory:
        order_id: int = 0

    def ask_which(self) -> None:
        due = [] if self.memory.order_id else self._due()
        if self.memory.order_id or len(due) == 1:
            self.memory.order_id = self.memory.order_id or due[0].id
            self._enter()
        elif not due:
            self.say("none" if self.scene.till.takes_cash else "closed")
            self.nothing_due()
        else:
            self.ask("which", [(str(o.id), o.number, o.customer(self.db).first_name) for o in due])

    def hear_which(self) -> None:
        self.memory.order_id = int(self.choice())
        self._enter()

    def ask_claim(self) -> None:
        order = self._order()
        if order.due_stage(self.db) is None:
            self.say("nothing_due", order=order.number)
            self.no_longer_due()
        elif self._is_customer(order):
            options = [("yes", self.line("gave")), ("no", self.line("not_yet")), ("wallet", self.line("by_wallet"))]
            self.ask("claim_customer", options, **self._values(order))
        else:
            self.ask("claim_tailor", [("yes", self.line("took")), ("no", self.line("not_yet"))], **self._values(order))

    def hear_claim(self) -> None:
        wish = self._answer()
        if wish == "yes":
            self._claim()
        elif wish == "wallet":
            self.wallet_wanted()
            self.hand_over_to("pay", for_good=True, order_id=self.memory.order_id)
        else:
            self.say("later")
            self.not_yet()

    def ask_waiting(self) -> None:
        order = self._order()
        values = self._values(order)
        if self._claimed(order) is None:
            self.say("answered", **values)
            self.answered_meanwhile()
        else:
            self.ask("waiting", [("wait", self.line("wait")), ("undo", self.line("undo"))], **values)

    def hear_waiting(self) -> None:
        wish = self.choice()
        order = Order.by_id(self.db, self.memory.order_id, lock=True)
        claim = self._claimed(order)
        if claim is None:
            return  # the question is asked again, and says so
        if wish == "wait":
            self.say("waits", **self._values(order))
            self.waits()
        else:
            Payment.by_id(self.db, claim.id, lock=True).lapse(self.db)
            self.say("undone")
            self.took_back()

    def on_cash_unanswered(self, facts: dict[str, Any]) -> None:
        """Three days, and the other side has said nothing."""
        claim = Payment.by_id(self.db, facts["payment_id"])
        order = Order.by_id(self.db, claim.order_id, lock=True)
        claim = Payment.by_id(self.db, claim.id, lock=True)
        if claim.is_claim:
            values = self._values(order) | {"amount": ghs(claim.amount)}
            self.tell(claim.witness(self.db), "lapsed", **values)
            claim.lapse(self.db)
            self.tell(self.person.id, "unanswered", **values)

    # -- private

    def _enter(self) -> None:
        """Where this order stands: something to say, something said already, or something to answer."""
        order = self._order()
        stage = order.due_stage(self.db)
        open_one = Payment.open_for(self.db, order.id, stage) if stage else None
        if open_one is None or not open_one.is_claim:
            self.chosen()
        elif open_one.said_by == self.person.id:
            self.claimed_before()
        else:
            self.asked_before()
            self.hand_over_to("witness", for_good=True, payment_id=open_one.id)

    def _answer(self) -> str:
        try:
            return self.choice()
        except NotUnderstood:
            return "yes" if yes_no(self.text) else "no"

    def _claim(self) -> None:
        order = Order.by_id(self.db, self.memory.order_id, lock=True)
        if order.due_stage(self.db) is None:
            return  # the question is asked again, and says so
        order.hold_place(self.db, self.now)
        claim = Payment.claim_cash(self.db, order, by=self.person.id, now=self.now)
        self.invite(claim.witness(self.db), "witness", once=f"witness:{claim.id}", payment_id=claim.id)
        self.say("claimed", **self._values(order))
        self.claimed()

    def _claimed(self, order: Order) -> Payment | None:
        """What she said and nobody has answered yet."""
        stage = order.due_stage(self.db)
        found = Payment.open_for(self.db, order.id, stage) if stage else None
        return found if found and found.is_claim and found.said_by == self.person.id else None

    def _due(self) -> list[Order]:
        """Orders of this tailor that wait for money."""
        tailor = Tailor.of_person(self.db, self.person.id)
        mine = Order.of_tailor(self.db, tailor.id, tuple(STAGE_DUE)) if tailor and self.scene.till.takes_cash else []
        return [order for order in mine if order.due_stage(self.db)]

    def _is_customer(self, order: Order) -> bool:
        return order.customer_id == self.person.id

    def _order(self) -> Order:
        return Order.by_id(self.db, self.memory.order_id)

    def _values(self, order: Order) -> dict[str, Any]:
        stage, tailor, customer = order.due_stage(self.db), order.tailor(self.db).business, order.customer(self.db).first_name
        amount, named = (ghs(order.part(stage)), self.line(f"stage_{stage}")) if stage else ("", "")
        other = tailor if self._is_customer(order) else customer
        return {"order": order.number, "tailor": tailor, "customer": customer, "other": other, "amount": amount, "stage": named}

    def subject(self) -> str:
        if not self.memory.order_id:
            return ""
        order = self._order()
        return f"{order.number}/{order.due_stage(self.db) or ''}"

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return ("jobs", {}) if scene.person.is_tailor else ("follow", {"number": subject.partition("/")[0]})

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        return not memory.get("order_id") or Order.by_id(db, memory["order_id"]).due_stage(db) is not None
