"""Paying one part of an order: which wallet, who gets what, the prompt, the waiting, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import Flow, Option
from bot.payments import answer_from
from bot.rules import NotAllowed, escrow
from bot.rules.money import ghs
from bot.understand import NotUnderstood, network_hint, wallet
from models.order import STAGE_REMINDER, Order
from models.payment import Payment
from models.person import Address
from models.timer import Timer

NETWORKS = {"mtn": "MTN MoMo", "telecel": "Telecel Cash", "at": "AT Money"}


class Pay(Flow):
    """Collects the part of an order that is due."""

    patient = True
    final = ("waiting", "failed")
    states = ("wallet", "other", "network", "explain", "waiting", "failed")
    transitions = (
        ("wallet_known", "wallet", "explain"),
        ("wallet_chosen", "wallet", "network"),
        ("another_wanted", "wallet", "other"),
        ("number_given", "wallet", "network"),
        ("number_typed", "other", "network"),
        ("network_confirmed", "network", "explain"),
        ("wallet_rejected", "explain", "other"),
        ("put_off", "explain", "done"),
        ("prompted", "explain", "waiting"),
        ("paid", "waiting", "done"),
        ("refused", "waiting", "failed"),
        ("stalled", "waiting", "failed"),
        ("left_waiting", "waiting", "done"),
        ("tried_again", "failed", "explain"),
        ("other_wanted", "failed", "other"),
        ("gave_up", "failed", "done"),
        ("paid_late", "failed", "done"),
        ("nothing_due", "wallet", "done"),
        ("no_longer_due", "explain", "done"),
    )
    says = {
        "wallet": "Which mobile-money wallet pays the {stage} of {amount}?",
        "hint_wallet": "Tap one, or type the number: *024 123 4567*.",
        "other": "Type the number of the mobile-money wallet.",
        "hint_other": "A Ghanaian number like *024 123 4567*.",
        "another": "Another number",
        "network": "{number}: which network is this wallet on?",
        "hint_network": "Tap the network. Numbers can move between networks, so I ask.",
        "stage_deposit": "deposit", "stage_fitting": "second part", "stage_final": "last part",
        "explain": "*{amount}* for {order}, the {stage}, from {wallet} ({network}).\n{who}\n\n"
        "A prompt from *Sew4Mi* will come to that phone. Enter your PIN only there. *We never ask for your PIN.*\n\nSend the prompt now?",
        "who_deposit": "We hold it. {tailor} gets it after showing you the cut cloth, to work with. Should {tailor} decline, it comes back to you.",
        "who_fitting": "You approved the fitting: {tailor} gets it now, less our commission.",
        "who_final": "We hold it. {tailor} gets it when you confirm that you have the garment.",
        "hint_explain": "Send *yes* for the prompt.",
        "send": "Send prompt", "other_wallet": "Other number", "later": "Pay later",
        "later_said": "All right. Send *my orders* when you want to pay.",
        "waiting": "The prompt is on its way to {wallet}. Approve it within {minutes} minutes; I will tell you as soon as the money is here.\n"
        "No prompt? Look at *My Approvals* in your mobile-money menu.",
        "hint_waiting": "Nothing to do here: approve on the phone with your PIN.",
        "check": "I have approved", "leave": "Do something else",
        "checking": "I am asking {network} now.",
        "still_waiting": "No answer from {network} yet. Please do not pay again; I will tell you.",
        "paid_deposit": "✅ {amount} received for {order}. {tailor} now has 24 hours to accept.\n{receipt}",
        "paid_fitting": "✅ {amount} received for {order}. {tailor} finishes the work now.\n{receipt}",
        "paid_final": "✅ {amount} received for {order}: all is paid. Your handover code is *{code}*. "
        "Give it to {tailor} only when the garment is in your hands.\n{receipt}",
        "receipt": "Reference {reference} · {network}",
        "tailor_fitting": "The second part of {order} is paid: {net} is in your wallet. Please finish it and send a photo when it is ready.",
        "tailor_final": "The last part of {order} is paid. At the handover the customer gives you a code: send *handover*.",
        "surplus": "{amount} for {order} arrived although nothing was due any more. It is yours: we owe it back to {wallet}.",
        "wrong_amount": "{got} arrived for {order}, but we had asked for {amount}. We hold it for you and owe it back to {wallet}. "
        "The {stage} is still to be paid.",
        "failed": "The payment of {amount} did not go through: {why}.\nNothing was taken. What now?",
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
        "try_again": "Try again",
        "expired": "The prompt for {amount} was not approved in time. If you approve it later, I will see it and tell you.",
        "doubtful": "I still do not know whether the {amount} for {order} arrived. *Please do not pay again.* I keep asking the network.",
        "stuck": "The {amount} for {order} could not be settled with the network by itself. A person is looking into it.",
        "reminder": "{order}: the {stage} of {amount} is still open. Send *my orders* to pay.",
        "reminder_deposit": "Your order {order} waits for its deposit of {amount}. Send *my orders* to pay, or *cancel order*.",
        "nothing_due": "Nothing is due for {order} now.",
        "not_allowed_already_asked": "There is a prompt under way for this already. I will tell you what becomes of it.",
        "not_allowed_too_many_prompts": "Three prompts in ten minutes are enough. Please try again a little later.",
        "not_allowed_no_route": "We cannot collect from {network} at the moment. Please use a wallet of another network.",
        "not_allowed_foreign_wallet": "Only Ghanaian wallets can pay.",
    }  # fmt: skip

    @dataclass
    class Memory:
        order_id: int = 0
        payment_id: int = 0
        wallet: str = ""  # "233…"
        network: str = ""

    # -- the talk

    def ask_wallet(self) -> None:
        order = self._order()
        stage = order.due_stage(self.db)
        if stage is None:
            self.say("nothing_due", order=order.number)
            self.nothing_due()
            return
        self.ask("wallet", self._wallets(), stage=self.line(f"stage_{stage}"), amount=ghs(order.part(stage)))

    def hear_wallet(self) -> None:
        if any(c.isdigit() for c in self.text) and len(self.text) > 4 and not self._tapped():
            self.memory.wallet = wallet(self.text).lstrip("+")
            self.number_given()
            return
        wish = self.choice()
        if wish == "another":
            self.another_wanted()
        elif wish == self.person.wallet and self.person.network:
            self.memory.wallet, self.memory.network = wish, self.person.network
            self.wallet_known()
        else:
            self.memory.wallet = wish
            self.wallet_chosen()

    def ask_other(self) -> None:
        self.ask("other")

    def hear_other(self) -> None:
        self.memory.wallet = wallet(self.text).lstrip("+")
        self.number_typed()

    def ask_network(self) -> None:
        hint = network_hint(self.memory.wallet)
        names = sorted(NETWORKS, key=lambda n: n != hint)
        self.ask("network", [(n, NETWORKS[n]) for n in names], number=_local(self.memory.wallet))

    def hear_network(self) -> None:
        self.memory.network = self.choice()
        self.network_confirmed()

    def ask_explain(self) -> None:
        order = self._order()
        stage = order.due_stage(self.db)
        if stage is None:
            self.say("nothing_due", order=order.number)
            self.no_longer_due()
            return
        options = [("yes", self.line("send")), ("other", self.line("other_wallet")), ("later", self.line("later"))]
        values = self._values(order, stage) | {"wallet": _local(self.memory.wallet), "network": NETWORKS[self.memory.network]}
        self.ask("explain", options, who=self.line(f"who_{stage}", tailor=values["tailor"]), **values)

    def hear_explain(self) -> None:
        wish = "yes" if self._plain_yes() else self.choice()
        if wish == "other":
            self.wallet_rejected()
        elif wish == "later":
            self.say("later_said")
            self.put_off()
        else:
            self._prompt()
            self.prompted()

    def ask_waiting(self) -> None:
        payment = self._payment()
        options = [("check", self.line("check")), ("leave", self.line("leave"))]
        self.ask("waiting", options, wallet=_local(payment.msisdn), minutes=5)

    def hear_waiting(self) -> None:
        wish = self.choice()
        if wish == "leave":
            self.left_waiting()
            return
        payment = Payment.by_id(self.db, self.memory.payment_id, lock=True)
        payment.hint(self.now)
        self.scene.wakes.add("money")
        self.say("checking", network=NETWORKS[payment.network])

    def ask_failed(self) -> None:
        payment = self._payment()
        options = [("again", self.line("try_again")), ("other", self.line("other_wallet")), ("later", self.line("later"))]
        if payment.state in ("expired", "unknown"):
            self.ask("expired" if payment.state == "expired" else "doubtful", options, amount=ghs(payment.amount), order=self._order().number)
        else:
            self.ask("failed", options, amount=ghs(payment.amount), why=self.line(f"why_{payment.reason or 'unclear'}"))

    def hear_failed(self) -> None:
        wish = self.choice()
        if wish == "other":
            self.other_wanted()
        elif wish == "later":
            self.say("later_said")
            self.gave_up()
        else:
            self.tried_again()

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
            got = getattr(answer, "amount", 0)
            self.tell(self.person.id, outcome, got=ghs(got), wallet=_local(payment.msisdn), **self._values(order, payment.stage))
        elif outcome == "refused" and due:
            self._refused(payment)

    def on_payment_stalled(self, facts: dict[str, Any]) -> None:
        """Its time is over, or nobody knows: said plainly, and never "pay again"."""
        payment = Payment.by_id(self.db, facts["payment_id"])
        order = self._order(facts["order_id"])
        if payment.is_settled or order.due_stage(self.db) != payment.stage:
            return
        if self._is_waiting_for(payment) and facts["outcome"] != "doubtful":
            self.stalled()
        else:
            self.tell(self.person.id, facts["outcome"], amount=ghs(payment.amount), order=order.number)

    def on_deposit_reminder(self, facts: dict[str, Any]) -> None:
        order = self._order(facts["order_id"])
        if order.due_stage(self.db) == "deposit":
            self.tell(self.person.id, "reminder_deposit", kindly=True, order=order.number, amount=ghs(order.part("deposit")))

    def on_stage_reminder(self, facts: dict[str, Any]) -> None:
        """Daily, as long as a part is open."""
        order = self._order(facts["order_id"])
        stage = order.due_stage(self.db)
        if stage in ("fitting", "final"):
            self.tell(self.person.id, "reminder", kindly=True, **self._values(order, stage))
            Timer.set(self.db, f"order:{order.id}:stage_reminder", "stage_reminder", self.person.id, {"order_id": order.id}, self.now + STAGE_REMINDER)

    # -- private

    def _prompt(self) -> None:
        """Writes the payment down; the worker calls the provider."""
        order = Order.by_id(self.db, self.memory.order_id, lock=True)
        stage = order.due_stage(self.db)
        provider = self.scene.till.first(self.memory.network)
        if provider is None:
            raise NotAllowed("no_route", network=NETWORKS[self.memory.network])
        if stage is None:
            raise NotAllowed("not_now")
        order.hold_place(self.db, self.now)
        payment = Payment.start(
            self.db, order_id=order.id, stage=stage, person_id=self.person.id, provider=provider, network=self.memory.network,
            msisdn=self.memory.wallet, amount=order.part(stage), currency=self.scene.till.currencies[provider], now=self.now,
        )  # fmt: skip
        self.person.pay_from(self.memory.wallet, self.memory.network)
        self.memory.payment_id = payment.id
        self.scene.wakes.add("money")

    def _paid(self, order: Order, payment: Payment) -> None:
        order.funded(self.db, payment.stage, self.now)
        values = self._values(order, payment.stage)
        receipt = self.line("receipt", reference=payment.provider_id, network=NETWORKS[payment.network])
        self.tell(self.person.id, f"paid_{payment.stage}", code=order.handover_code, receipt=receipt, **values)
        tailor = order.tailor(self.db).person_id
        if payment.stage == "deposit":
            self.invite(tailor, "job", once=f"job:{order.id}", order_id=order.id)
        else:
            fee = escrow.commission(order.commission_bp, order.part("deposit"), order.part("fitting"))
            self.tell(tailor, f"tailor_{payment.stage}", order=order.number, net=ghs(order.part("fitting") - fee))
        if self.frame in self.scene.stack and self.state == "waiting":
            self.paid()
        elif self.frame in self.scene.stack and self.state == "failed":
            self.paid_late()

    def _refused(self, payment: Payment) -> None:
        if self._is_waiting_for(payment):
            self.refused()
        else:
            why = self.line(f"why_{payment.reason or 'unclear'}")
            self.tell(self.person.id, "failed", amount=ghs(payment.amount), why=why)

    def _is_waiting_for(self, payment: Payment) -> bool:
        return self.frame in self.scene.stack and self.state == "waiting" and self.memory.payment_id == payment.id

    def _order(self, order_id: int = 0) -> Order:
        return Order.by_id(self.db, order_id or self.memory.order_id)

    def _payment(self) -> Payment:
        return Payment.by_id(self.db, self.memory.payment_id)

    def _values(self, order: Order, stage: str) -> dict[str, str]:
        amount, tailor = ghs(order.part(stage)), order.tailor(self.db).business
        return {"order": order.number, "stage": self.line(f"stage_{stage}"), "amount": amount, "tailor": tailor}

    def _wallets(self) -> list[Option]:
        """The wallet used last, the number she writes from when it is Ghanaian, and another one."""
        known = [self.person.wallet] if self.person.wallet else []
        address = Address.of(self.db, self.person.id, self.scene.channel)
        if address and network_hint(address.value):
            known.append(address.value.lstrip("+"))
        return [*((number, _local(number)) for number in dict.fromkeys(known)), ("another", self.line("another"))]

    def _tapped(self) -> bool:
        return bool(self.scene.heard and self.scene.heard.tap) or self.text in [label for _, label in self.frame.offered]

    def _plain_yes(self) -> bool:
        try:
            return bool(self.text) and self.said_yes()
        except NotUnderstood:
            return False

    def subject(self) -> str:
        return self._order().number if self.memory.order_id else ""

    @classmethod
    def reopened(cls, subject: str) -> tuple[str, dict[str, Any]]:
        return "follow", {"number": subject}


def _local(number: str) -> str:
    """ "233241234567" -> "024 123 4567"."""
    local = "0" + number.removeprefix("+").removeprefix("233")
    return f"{local[:3]} {local[3:6]} {local[6:]}"
