"""What is owed back to the customer, and that it has arrived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import Flow
from bot.rules.money import ghs
from bot.rules.payment import NETWORKS, local
from models.disbursement import Disbursement
from models.document import refund_receipt_for
from models.order import Order
from models.payment import Payment
from models.refund import Refund


class Refunds(Flow):
    """Shows the refunds, and tells what becomes of each."""

    starts_with = ("refund", "refunds", "my refund", "my refunds", "money back")
    fleeting = True
    states = ("shown",)
    transitions = (("seen", "shown", "done"),)
    says = {
        "none": "Nothing is owed back to you. If you miss money, send *agent* and a person will look.",
        "list": "Your refunds:\n{rows}",
        "row": "• {amount} for {order} to {wallet}: {state}",
        "state_held": "we are looking into it", "state_owed": "on its way soon", "state_sending": "being sent", "state_paid": "sent {day}",
        "sent": "{amount} for {order} is back on {wallet} ({network}). Reference {reference}.\nReceipt: {link}",
        "late": "The {amount} we owe you for {order} could not be sent to {wallet} yet. "
        "It stays yours: we keep trying and a person is looking into it.",
        "hint_shown": "Send *refund* to see it again.",
    }  # fmt: skip

    @dataclass
    class Memory:
        pass

    def ask_shown(self) -> None:
        mine = Refund.of_person(self.db, self.person.id)
        rows = "\n".join(self.line("row", state=self._state(refund), **self._values(refund)) for refund in mine)
        self.say("list", rows=rows) if rows else self.say("none")
        self.seen()

    def hear_shown(self) -> None:
        self.seen()

    def on_refund_answered(self, facts: dict[str, Any]) -> None:
        refund = Refund.by_id(self.db, facts["refund_id"])
        values = self._values(refund)
        if facts["outcome"] == "sent":
            last = Disbursement.of_refund(self.db, refund.id)[-1]
            reference = last.provider_id or last.reference
            paper = refund_receipt_for(self.db, refund, self.now, reference=reference)
            link = self.scene.links.full(self.scene.links.document(paper.id, self.now))
            self.tell(self.person.id, "sent", reference=reference, network=NETWORKS[last.network], link=link, **values)
        elif refund.state != "paid":
            self.tell(self.person.id, "late", **values)

    def _state(self, refund: Refund) -> str:
        return self.line(f"state_{refund.state}", day=f"{refund.paid_at:%d %b}" if refund.paid_at else "")

    def _values(self, refund: Refund) -> dict[str, Any]:
        paid = Payment.by_id(self.db, refund.payment_id)
        return {"amount": ghs(refund.amount), "order": Order.by_id(self.db, refund.order_id).number, "wallet": local(paid.msisdn)}
