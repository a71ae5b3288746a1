"""Paying one part of an order: which wallet, which network, who gets what, and the word to send the prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Option, Scene
from bot.rules import NotAllowed, days
from bot.rules.money import ghs
from bot.rules.notices import not_before
from bot.rules.order import DEPOSIT_EXPIRY, DEPOSIT_REMINDERS
from bot.rules.payment import NETWORKS, local
from bot.understand import NotUnderstood, network_hint, wallet
from models.order import Order
from models.payment import Payment
from models.person import Address

LONGEST_CHOICE = 4  # a longer text with digits in it is a phone number


class Pay(Flow):
    """Asks for the part of an order that is due."""

    by_hand = True
    patient = True
    by_day = ("deposit_reminder", "stage_reminder")
    states = ("wallet", "other", "network", "explain")
    transitions = (
        ("nothing_due", "wallet", "done"),
        ("under_way", "wallet", "done"),
        ("cash_wanted", "wallet", "done"),
        ("wallet_known", "wallet", "explain"),
        ("wallet_chosen", "wallet", "network"),
        ("another_wanted", "wallet", "other"),
        ("number_given", "wallet", "network"),
        ("put_off", "wallet", "done"),
        ("number_typed", "other", "network"),
        ("network_confirmed", "network", "explain"),
        ("wallet_rejected", "explain", "other"),
        ("put_off", "explain", "done"),
        ("prompted", "explain", "done"),
        ("no_longer_due", "explain", "done"),
    )
    says = {
        "wallet": "{order}: which mobile-money wallet pays the {stage} of {amount}?",
        "hint_wallet": "Tap one, or type the number: *024 123 4567*.",
        "other": "Type the number of the mobile-money wallet.",
        "hint_other": "A Ghanaian number like *024 123 4567*.",
        "another": "Another number", "cash": "Cash to the tailor",
        "network": "{number}: which network is this wallet on?",
        "hint_network": "Tap the network. Numbers can move between networks, so I ask.",
        "stage_deposit": "deposit", "stage_fitting": "second part", "stage_final": "last part",
        "explain": "*{amount}* for {order}, the {stage}, from {wallet} ({network}).\n{who}\n\n"
        "A prompt from *Sew4Mi* will come to that phone. Enter your PIN only there. *{pin}*\n\nSend the prompt now?",
        "pin": "We never ask for your PIN.",
        "doubled": "Your earlier payment is still in doubt; should both arrive, one comes back to you by itself.",
        "who_deposit": "We hold it. {tailor} gets it after showing you the cut cloth, to work with. Should {tailor} decline, it comes back to you.",
        "who_fitting": "You approved the fitting: {tailor} gets it now, less our commission.",
        "who_final": "We hold it. {tailor} gets it when you confirm that you have the garment.",
        "hint_explain": "Send *yes* for the prompt.",
        "send": "Send prompt", "other_wallet": "Other number", "later": "Pay later",
        "later_said": "All right. Send *my orders* when you want to pay.",
        "reminder": "{order}: the {stage} of {amount} is still open. Send *my orders* to pay.",
        "reminder_first": "Your order {order} waits for its deposit of {amount}; then {tailor} is asked. Send *my orders* to pay, or *cancel order*.",
        "reminder_last": "The deposit of {amount} for {order} is still open. Without it the order is cancelled on {day}, {time}. "
        "Send *my orders* to pay.",
        "nothing_due": "Nothing is due for {order} now.",
        "not_allowed_already_asked": "There is a prompt under way for this already. I will tell you what becomes of it.",
        "not_allowed_too_many_prompts": "Three prompts in ten minutes are enough. Please try again a little later.",
        "not_allowed_day_full": "Meanwhile somebody else took that day at the tailor's. Please send *cancel order* and order for another day.",
        "not_allowed_month_full": "Meanwhile the tailor's month is full. Please send *cancel order* and order for a later day.",
        "not_allowed_tailor_gone": "{tailor} takes no new orders any more. Nothing was paid: send *cancel order*, and choose somebody else.",
        "not_allowed_no_route": "We cannot collect from {network} at the moment. Please use a wallet of another network.",
        "not_allowed_foreign_wallet": "Only a Ghanaian mobile-money wallet can pay. Somebody in Ghana may pay for you: give that number.",
        "not_allowed_not_mobile": "That is no mobile number, so it has no mobile money.",
    }  # fmt: skip

    @dataclass
    class Memory:
        order_id: int = 0
        wallet: str = ""  # "233…"
        network: str = ""
        another: bool = False  # a wallet was tried and another one is wanted
        ported: bool = False  # it was tried on a network that does not know it

    def ask_wallet(self) -> None:
        order = self._order()
        stage = order.due_stage(self.db)
        prompt = stage and Payment.open_for(self.db, order.id, stage)
        if stage is None:
            self.say("nothing_due", order=order.number)
            self.nothing_due()
        elif prompt and not prompt.may_be_paid_again:
            self.under_way()
            self.hand_over_to("cash" if prompt.provider == "cash" else "prompt", for_good=True, order_id=order.id, payment_id=prompt.id)
        elif self.memory.another:
            self.another_wanted()
        elif self.memory.ported and not self.memory.network:
            self.number_given()
        elif self.memory.network:
            self.wallet_known()
        else:
            self.ask("wallet", self._wallets(), **self._values(order, stage))

    def hear_wallet(self) -> None:
        if any(c.isdigit() for c in self.text) and len(self.text) > LONGEST_CHOICE and not self._tapped():
            self.memory.wallet = self._typed_wallet()
            self.number_given()
            return
        wish = self.choice()
        if wish == "another":
            self.another_wanted()
        elif wish == "cash":
            self.cash_wanted()
            self.hand_over_to("cash", order_id=self.memory.order_id)
        elif wish == "later":
            self.say("later_said")
            self.put_off()
        elif wish == self.person.wallet and self.person.network:
            self.memory.wallet, self.memory.network = wish, self.person.network
            self.wallet_known()
        else:
            self.memory.wallet = wish
            self.wallet_chosen()

    def ask_other(self) -> None:
        self.ask("other")

    def hear_other(self) -> None:
        self.memory.wallet = self._typed_wallet()
        self.number_typed()

    def ask_network(self) -> None:
        hint = network_hint(self.memory.wallet)
        names = sorted(self.scene.till.networks() or NETWORKS, key=lambda n: n != hint)
        self.ask("network", [(n, NETWORKS[n]) for n in names], number=local(self.memory.wallet))

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
        values = self._values(order, stage) | {"wallet": local(self.memory.wallet), "network": NETWORKS[self.memory.network]}
        who = self.line(f"who_{stage}", tailor=values["tailor"])
        if Payment.open_for(self.db, order.id, stage):
            who = f"{self.line('doubled')} {who}"
        self.ask("explain", options, who=who, pin=self.line("pin"), **values)

    def hear_explain(self) -> None:
        wish = "yes" if self._plain_yes() else self.choice()
        if wish == "other":
            self.wallet_rejected()
        elif wish == "later":
            self.say("later_said")
            self.put_off()
        else:
            payment = self._prompt()
            self.prompted()
            self.hand_over_to("prompt", for_good=True, order_id=self.memory.order_id, payment_id=payment.id)

    # -- what happens outside

    def on_deposit_reminder(self, facts: dict[str, Any]) -> None:
        order = self._order(facts["order_id"])
        if order.due_stage(self.db) == "deposit" and not Payment.open_for(self.db, order.id, "deposit"):
            ends = not_before(order.placed_at + DEPOSIT_EXPIRY)
            values = self._values(order, "deposit") | {"day": days.spoken(ends.date(), self.today), "time": f"{ends:%H:%M}"}
            is_last = self.now - order.placed_at >= DEPOSIT_REMINDERS[-1]
            self.tell(self.person.id, "reminder_last" if is_last else "reminder_first", **values)

    def on_stage_reminder(self, facts: dict[str, Any]) -> None:
        """Daily, as long as a part is open."""
        order = self._order(facts["order_id"])
        stage = order.due_stage(self.db)
        if stage in ("fitting", "final"):
            if not Payment.open_for(self.db, order.id, stage):
                self.tell(self.person.id, "reminder", **self._values(order, stage))
            order.clocks(self.db, "fitting_approved" if stage == "fitting" else "ready_shown", self.now)

    # -- private

    def _prompt(self) -> Payment:
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
        self.scene.wakes.add("money")
        return payment

    def _order(self, order_id: int = 0) -> Order:
        return Order.by_id(self.db, order_id or self.memory.order_id)

    def _values(self, order: Order, stage: str) -> dict[str, Any]:
        amount, tailor = ghs(order.part(stage)), order.tailor(self.db).business
        return {"order": order.number, "stage": self.line(f"stage_{stage}"), "amount": amount, "tailor": tailor}

    def _wallets(self) -> list[Option]:
        """The wallet used last, the number she writes from when it is Ghanaian, another one, and cash where it is taken."""
        known = [self.person.wallet] if self.person.wallet else []
        address = Address.of(self.db, self.person.id, self.scene.channel)
        if address and network_hint(address.value):
            known.append(address.value.lstrip("+"))
        more = ("another", *(("cash",) if self.scene.till.takes_cash else ()), "later")
        return [*((number, local(number)) for number in dict.fromkeys(known)), *((wish, self.line(wish)) for wish in more)]

    def _typed_wallet(self) -> str:
        try:
            return wallet(self.text).lstrip("+")
        except NotUnderstood as unclear:
            if unclear.reason in ("foreign_wallet", "not_mobile"):
                raise NotAllowed(unclear.reason) from None
            raise

    def _tapped(self) -> bool:
        return bool(self.scene.heard and self.scene.heard.tap) or self.text in [label for _, label in self.frame.offered]

    def _plain_yes(self) -> bool:
        try:
            return bool(self.text) and self.said_yes()
        except NotUnderstood:
            return False

    def subject(self) -> str:
        """The order and the part that is due: a button of the deposit is an old one when the second part is asked for."""
        if not self.memory.order_id:
            return ""
        order = self._order()
        return f"{order.number}/{order.due_stage(self.db) or ''}"

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "follow", {"number": subject.partition("/")[0]}

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        return Order.by_id(db, memory["order_id"]).due_stage(db) is not None
