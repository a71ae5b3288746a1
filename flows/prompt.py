"""The prompt is on a phone: waiting for the money, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import Flow, Scene
from bot.payments import answer_from
from bot.rules.money import ghs
from bot.rules.payment import NETWORKS, local
from models.document import receipt_for
from models.order import Order
from models.payment import Payment

MINUTES = 5


class Prompt(Flow):
    """Waits for one payment, and says what became of it to everybody it concerns."""

    by_hand = True
    patient = True
    final = ("waiting", "failed")
    states = ("waiting", "failed")
    transitions = (
        ("paid", "waiting", "done"),
        ("came_otherwise", "waiting", "done"),
        ("refused", "waiting", "failed"),
        ("stalled", "waiting", "failed"),
        ("left_waiting", "waiting", "done"),
        ("tried_again", "failed", "done"),
        ("other_wanted", "failed", "done"),
        ("gave_up", "failed", "done"),
        ("paid_late", "failed", "done"),
    )
    says = {
        "waiting": "*{wallet}*: {sent}\nApprove it within {minutes} minutes; I tell you as soon as the money is here.\n"
        "No prompt? Look at *My Approvals* in your mobile-money menu.",
        "sent": "A prompt has been sent to this phone. Enter your PIN only there.",
        "hint_waiting": "There is nothing to do here: I tell you as soon as the network answers.",
        "check": "I have approved", "leave": "Do something else",
        "left_waiting": "All right. The prompt stays on your phone: approve it or let it pass, I will tell you what becomes of it.",
        "checking": "I am asking {network}. As soon as the money is here I tell you; please do not pay again.",
        "in_doubt": "I do not know yet whether the {amount} for {order} arrived. *Best wait:* should you pay again and both arrive, one comes "
        "back to you. I keep asking {network} and will tell you.",
        "received": "✅ {amount} received for {order}. Thank you!",
        "paid_deposit": "{received}\n{tailor} now has 24 hours to accept.\n{receipt}\nFollow your order: {page}",
        "paid_fitting": "{received}\n{tailor} finishes the work now.\n{receipt}",
        "paid_final": "{received}\nAll is paid. Your handover code is *{code}*. "
        "Give it to {tailor} only when the garment is in your hands.\n{receipt}",
        "receipt": "Reference {reference} · {network}\nReceipt: {link}",
        "tailor_fitting": "The second part of {order} is paid: {net} is in your wallet. Please finish it and send a photo when it is ready.",
        "tailor_final": "The last part of {order} is paid. At the handover the customer gives you a code: send *handover*.",
        "surplus": "{got} for {order} arrived although nothing was due any more. It is yours: we owe it back to {wallet}.",
        "wrong_amount": "{got} arrived for {order}, but we had asked for {amount}. We hold it for you and owe it back to {wallet}. "
        "The {stage} is still to be paid: send *my orders*.",
        "stage_deposit": "deposit", "stage_fitting": "second part", "stage_final": "last part",
        "not_through": "The payment of {amount} for {order} did not go through. You can try again.",
        "failed": "{not_through}\nThe reason: {why}. Nothing was taken.",
        "failed_elsewhere": "{not_through}\nThe reason: {why}. Nothing was taken. Send *my orders* to pay.",
        "hint_failed": "Send 1, 2 or 3.",
        "why_no_funds": "there is not enough money in the wallet",
        "why_declined": "it was declined on the phone",
        "why_too_late": "it was not approved in time",
        "why_not_registered": "this number has no mobile money on that network",
        "why_wallet_limit": "the wallet has reached its limit",
        "why_cannot_receive": "we cannot receive money from that network just now",
        "why_provider_down": "the network does not answer at the moment",
        "why_our_fault": "there is a fault on our side and we are looking into it",
        "why_unclear": "the network gave no clear reason; often there is too little money in the wallet",
        "try_again": "Try again", "other_network": "Other network", "other_wallet": "Other number", "later": "Pay later",
        "later_said": "All right. Send *my orders* when you want to pay.",
        "expired": "The prompt for {amount} ({order}) was not approved in time. Should you still approve it, I will see it and tell you. What now?",
        "expired_elsewhere": "The prompt for {amount} ({order}) was not approved in time. Send *my orders* to try again.",
        "stuck": "The {amount} for {order} could not be settled with the network by itself. A person is looking into it; please do not pay again.",
    }  # fmt: skip

    @dataclass
    class Memory:
        order_id: int = 0
        payment_id: int = 0
        asked: bool = False  # she says that she has approved

    def ask_waiting(self) -> None:
        payment = self._payment()
        order = Order.by_id(self.db, payment.order_id)
        if order.due_stage(self.db) != payment.stage:
            self.came_otherwise()
            self.hand_over_to("follow", number=order.number)
        elif payment.state == "needs_review" or (payment.state == "unknown" and payment.told_at):
            self.ask("in_doubt", [self._choice("leave")], **self._values(order, payment), network=NETWORKS[payment.network])
        else:
            options = [self._choice("check"), self._choice("leave")]
            sent = self.line("sent")
            values: dict[str, Any] = {"sent": sent, "wallet": local(payment.msisdn), "minutes": MINUTES, "network": NETWORKS[payment.network]}
            self.ask("checking" if self.memory.asked else "waiting", options, **values)

    def hear_waiting(self) -> None:
        wish = self.choice()
        payment = self._payment()
        if wish == "leave":
            self.say("left_waiting")
            self.left_waiting()
            return
        Payment.by_id(self.db, payment.id, lock=True).hint(self.now)
        self.scene.wakes.add("money")
        self.memory.asked = True

    def ask_failed(self) -> None:
        payment = self._payment()
        wishes = {"again": "try_again"} if payment.reason != "not_registered" else {"network": "other_network"}  # the same again would fail again
        options = [(wish, self.line(key)) for wish, key in (wishes | {"other": "other_wallet", "later": "later"}).items()]
        order = Order.by_id(self.db, payment.order_id)
        key = "expired" if payment.state == "expired" else "failed"
        self.ask(key, options, **self._refusal(order, payment))

    def hear_failed(self) -> None:
        wish = self.choice()
        payment = self._payment()
        if wish == "later":
            self.say("later_said")
            self.gave_up()
        elif wish == "other":
            self.other_wanted()
            self.hand_over_to("pay", for_good=True, order_id=payment.order_id, another=True)
        elif wish == "network":
            self.other_wanted()
            self.hand_over_to("pay", for_good=True, order_id=payment.order_id, wallet=payment.msisdn, ported=True)
        else:
            self.tried_again()
            self.hand_over_to("pay", for_good=True, order_id=payment.order_id, wallet=payment.msisdn, network=payment.network)

    # -- what happens outside

    def on_payment_answered(self, facts: dict[str, Any]) -> None:
        """The provider's final word: booked once, whatever came before, and told to everybody it concerns."""
        order = Order.by_id(self.db, facts["order_id"], lock=True)
        payment = Payment.by_id(self.db, facts["payment_id"], lock=True)
        due = order.due_stage(self.db) == payment.stage
        answer = answer_from(facts["kind"], facts["answer"])
        outcome = payment.hear(self.db, answer, (), {}, due=due, now=self.now)
        if outcome == "paid":
            self._paid(order, payment)
        elif outcome in ("surplus", "wrong_amount"):
            values = self._values(order, payment) | {"stage": self.line(f"stage_{payment.stage}"), "got": ghs(getattr(answer, "amount", 0))}
            self.tell(self.person.id, outcome, wallet=local(payment.msisdn), **values)
            if self._is_on_the_stack():
                self.left_waiting() if self.state == "waiting" else self.gave_up()
        elif outcome == "refused" and due:
            self._went_wrong(payment, self.refused, "failed_elsewhere")

    def on_payment_applied(self, facts: dict[str, Any]) -> None:
        """Money that had not fitted pays what is due: two people decided so."""
        self._tell_all(Order.by_id(self.db, facts["order_id"]), Payment.by_id(self.db, facts["payment_id"]), facts["net"])

    def on_payment_stalled(self, facts: dict[str, Any]) -> None:
        """Its time is over, or nobody knows: said plainly. Who may have paid is never asked to pay again."""
        payment = Payment.by_id(self.db, facts["payment_id"])
        order = Order.by_id(self.db, facts["order_id"])
        if payment.is_settled or order.due_stage(self.db) != payment.stage:
            return
        never_sent = payment.reason == "provider_down"
        if facts["outcome"] == "expired" or never_sent:
            self._went_wrong(payment, self.stalled, "failed_elsewhere" if never_sent else "expired_elsewhere")
        else:
            key = "stuck" if facts["outcome"] == "stuck" else "in_doubt"
            self.tell(self.person.id, key, network=NETWORKS[payment.network], **self._values(order, payment))

    # -- private

    def _paid(self, order: Order, payment: Payment) -> None:
        self._tell_all(order, payment, order.funded(self.db, payment.stage, self.now))

    def _tell_all(self, order: Order, payment: Payment, net: int) -> None:
        values = self._values(order, payment)
        values |= {"tailor": order.tailor(self.db).business, "received": self.line("received", **values)}
        links = self.scene.links
        link, page = links.full(links.document(receipt_for(self.db, payment, self.now).id, self.now)), links.full(links.order(order.id, self.now))
        receipt = self.line("receipt", reference=payment.provider_id or payment.reference, network=NETWORKS[payment.network], link=link)
        self.tell(self.person.id, f"paid_{payment.stage}", code=order.handover_code, receipt=receipt, page=page, **values)
        tailor = order.tailor(self.db).person_id
        if payment.stage == "deposit":
            self.invite(tailor, "job", once=f"job:{order.id}", order_id=order.id, tailor_id=order.tailor_id)
        else:
            self.tell(tailor, f"tailor_{payment.stage}", order=order.number, net=ghs(net))
        if self._is_on_the_stack():
            self.paid() if self.state == "waiting" else self.paid_late()

    def _went_wrong(self, payment: Payment, event: Any, elsewhere: str) -> None:
        """She is asked what now where she waits for it; who does something else meanwhile is only told."""
        on_top = self._is_on_the_stack() and self.frame is self.scene.stack[-1]
        is_waiting = self._is_on_the_stack() and self.state == "waiting"
        if is_waiting:
            event()
        if not (is_waiting and on_top):
            order = Order.by_id(self.db, payment.order_id)
            self.tell(self.person.id, elsewhere, **self._refusal(order, payment))

    def _is_on_the_stack(self) -> bool:
        return any(frame is self.frame for frame in self.scene.stack)

    def _refusal(self, order: Order, payment: Payment) -> dict[str, Any]:
        values = self._values(order, payment)
        return values | {"why": self.line(f"why_{payment.reason or 'unclear'}"), "not_through": self.line("not_through", **values)}

    def _choice(self, key: str) -> tuple[str, str]:
        return key, self.line(key)

    def _payment(self) -> Payment:
        return Payment.by_id(self.db, self.memory.payment_id)

    def _values(self, order: Order, payment: Payment) -> dict[str, Any]:
        return {"order": order.number, "amount": ghs(payment.amount)}

    def subject(self) -> str:
        return str(Order.by_id(self.db, self.memory.order_id).number) if self.memory.order_id else ""

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "follow", {"number": subject}
