"""One side says that cash went from hand to hand: the other side says whether it is so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules import NotAllowed
from bot.rules.money import ghs
from models.dispute import Dispute
from models.document import receipt_for
from models.order import Order
from models.payment import Payment
from models.plea import Plea


class Witness(Flow):
    """Takes the second word about a payment in cash, and settles it."""

    by_hand = True
    patient = True
    by_day = ("cash_reminder",)
    states = ("answer",)
    transitions = (("confirmed", "answer", "done"), ("denied", "answer", "done"), ("came_too_late", "answer", "done"))
    says = {
        "ask_tailor": "{customer} says: {amount} in cash for the {stage} of {order} is in your hand. Did you get it, exactly this amount?",
        "ask_customer": "{tailor} says: you have given {amount} in cash for the {stage} of {order}. Is it so? "
        "We do not hold cash and cannot give it back.",
        "hint_answer": "Please answer *yes* or *no*.",
        "stage_deposit": "deposit", "stage_fitting": "second part", "stage_final": "last part",
        "late": "This is settled already.",
        "not_due": "{order}: nothing was due any more, so the cash does not count. If it was paid twice, give it back or send *agent*.",
        "settled": "✅ {amount} in cash for {order} is noted, on both your words.",
        "paid_deposit": "{settled}\n{tailor} now has 24 hours to accept.\nReceipt: {link}",
        "paid_fitting": "{settled}\n{tailor} finishes the work now.\nReceipt: {link}",
        "paid_final": "{settled}\nAll is paid. Your handover code is *{code}*. Give it to {tailor} only when the garment is in your hands.\n"
        "Receipt: {link}",
        "tailor_deposit": "{settled}{fee}",
        "tailor_fitting": "{settled}{fee}\nPlease finish it and send a photo when it is ready.",
        "tailor_final": "{settled}{fee}\nAt the handover the customer gives you a code: send *handover*.",
        "fee": "\nOur commission of {fee} on it comes off your next payout.",
        "denied": "Then it does not count, and the {stage} of {order} is still to be paid. A person looks into it and will write to you both.",
        "other_denied": "{other} says that {amount} in cash was not given for {order}. It does not count, and the {stage} is still to be paid. "
        "A person looks into it and will write to you both.",
    }  # fmt: skip

    @dataclass
    class Memory:
        payment_id: int = 0

    def ask_answer(self) -> None:
        claim = self._claim()
        order = Order.by_id(self.db, claim.order_id)
        if not claim.is_claim:
            self.say("late")
            self.came_too_late()
        elif order.due_stage(self.db) != claim.stage:
            self.say("not_due", order=order.number)
            self.came_too_late()
        else:
            side = "customer" if order.customer_id == self.person.id else "tailor"
            self.ask_yes_no(f"ask_{side}", **self._values(order, claim))

    def hear_answer(self) -> None:
        says_yes = self.said_yes()
        order = Order.by_id(self.db, self._claim().order_id, lock=True)
        claim = self._claim(lock=True)
        if not claim.is_claim or order.due_stage(self.db) != claim.stage or claim.witness(self.db) != self.person.id:
            return  # the question is asked again, and says so
        if says_yes:
            self._settle(order, claim)
            self.confirmed()
        else:
            self._deny(order, claim)
            self.denied()

    def on_cash_reminder(self, facts: dict[str, Any]) -> None:
        """A day later it is asked once more."""
        self.invite(self.person.id, "witness", once=f"witness:{facts['payment_id']}:again", payment_id=facts["payment_id"])

    # -- private

    def _settle(self, order: Order, claim: Payment) -> None:
        fee = claim.settle_cash(self.db, self.now, fee=self.scene.till.cash_commission)
        order.funded(self.db, claim.stage, self.now)
        values = self._values(order, claim)
        values["settled"] = self.line("settled", **values)
        link = self.scene.links.full(self.scene.links.document(receipt_for(self.db, claim, self.now).id, self.now))
        customer, tailor = order.sides(self.db)
        self.tell(customer, f"paid_{claim.stage}", code=order.handover_code, link=link, **values)
        self.tell(tailor, f"tailor_{claim.stage}", fee=self.line("fee", fee=ghs(fee)) if fee else "", **values)
        if claim.stage == "deposit":
            self.invite(tailor, "job", once=f"job:{order.id}", order_id=order.id, tailor_id=order.tailor_id)

    def _deny(self, order: Order, claim: Payment) -> None:
        claim.deny(self.db)
        values = self._values(order, claim)
        assert claim.said_by
        try:
            Dispute.open(self.db, order.id, self.person.id, "payment", self.now)
        except NotAllowed:  # an order that is not paid for has no money to freeze: a person writes to both
            Plea.ask(self.db, self.person.id, self.now)
            Plea.ask(self.db, claim.said_by, self.now)
        self.say("denied", **values)
        self.tell(claim.said_by, "other_denied", **values)

    def _claim(self, *, lock: bool = False) -> Payment:
        return Payment.by_id(self.db, self.memory.payment_id, lock=lock)

    def _values(self, order: Order, claim: Payment) -> dict[str, Any]:
        tailor, customer = order.tailor(self.db).business, order.customer(self.db).first_name
        other = customer if order.customer_id == self.person.id else tailor
        stage, amount = self.line(f"stage_{claim.stage}"), ghs(claim.amount)
        return {"order": order.number, "tailor": tailor, "customer": customer, "other": other, "amount": amount, "stage": stage}

    def subject(self) -> str:
        return str(self.memory.payment_id or "")

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return ("jobs", {}) if scene.person.is_tailor else ("orders", {})

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        return Payment.by_id(db, memory["payment_id"]).is_claim
