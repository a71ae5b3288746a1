"""Some networks want a voucher before they ask for the PIN: the person makes it on her phone and types it here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules.money import ghs
from bot.rules.payment import NETWORKS, local
from bot.understand import NotUnderstood
from models.order import Order
from models.payment import Payment


class Voucher(Flow):
    """Takes the voucher of one payment; it is handed in once and kept nowhere."""

    by_hand = True
    patient = True
    final = ("code",)
    states = ("code",)
    transitions = (("handed_in", "code", "done"), ("left", "code", "done"), ("no_longer_wanted", "code", "done"))
    says = {
        "code": "{network} wants a voucher for the {amount} of {order}. On the phone of {wallet} dial *110#, choose *generate voucher*, "
        "and type its number here. Afterwards the prompt comes. It is used once and I do not keep it.",
        "hint_code": "A voucher is a number of four to ten digits, like *482913*. It is not your PIN.",
        "leave": "Do something else",
        "handed_in": "Thank you, I hand it in.",
        "left": "All right. Without the voucher nothing is taken. Send *my orders* to pay.",
        "no_longer": "The voucher is no longer needed.",
    }

    @dataclass
    class Memory:
        payment_id: int = 0

    def ask_code(self) -> None:
        payment = Payment.by_id(self.db, self.memory.payment_id)
        if payment.state != "action_required":
            self.say("no_longer")
            self.no_longer_wanted()
            return
        order = Order.by_id(self.db, payment.order_id)
        values = {"network": NETWORKS[payment.network], "wallet": local(payment.msisdn), "amount": ghs(payment.amount), "order": order.number}
        self.ask("code", [("leave", self.line("leave"))], **values)

    def hear_code(self) -> None:
        digits = re.sub(r"[\s-]", "", self.text)
        if not re.fullmatch(r"[0-9]{4,10}", digits):
            self._other_wish()
            return
        self.scene.is_secret = True
        payment = Payment.by_id(self.db, self.memory.payment_id, lock=True)
        if payment.state != "action_required":
            return  # the question is asked again, and says so
        payment.hand_in(digits, self.now)
        self.scene.wakes.add("money")
        self.say("handed_in")
        self.handed_in()

    def on_payment_needs(self, facts: dict[str, Any]) -> None:
        self.invite(self.person.id, "voucher", once=f"voucher:{facts['payment_id']}:{facts['polls']}", payment_id=facts["payment_id"])

    def _other_wish(self) -> None:
        if self.choice() != "leave":
            raise NotUnderstood("no_voucher")
        self.say("left")
        self.left()

    def subject(self) -> str:
        return str(self.memory.payment_id or "")

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "orders", {}

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        return Payment.by_id(db, memory["payment_id"]).state == "action_required"
