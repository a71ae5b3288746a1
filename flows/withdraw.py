"""A tailor takes her earnings now instead of on Friday."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import Flow, Scene
from bot.rules import NotAllowed
from bot.rules.money import ghs
from bot.rules.payment import NETWORKS, local
from bot.understand import NotUnderstood, pesewas, plain
from models import payout
from models.disbursement import Disbursement
from models.funds import Funds
from models.purse import Purse
from models.tailor import Tailor

ALL = ("all", "everything", "all of it", "max")


class Withdraw(Flow):
    """Asks how much, reads back where it goes, and sends it."""

    for_tailors = True
    by_hand = True
    starts_with = ("withdraw", "cash out", "pay me out")
    states = ("amount", "check")
    transitions = (
        ("amount_given", "amount", "check"),
        ("not_possible", "amount", "done"),
        ("agreed", "check", "done"),
        ("declined", "check", "done"),
        ("no_longer_possible", "check", "done"),
    )
    says = {
        "amount": "You can take {available} now. How much shall I send you? {minimum} at least.",
        "hint_amount": "An amount like *100*, or *all*.",
        "all": "All of it",
        "check": "Shall I send *{amount}* to *{number}* ({network}{holder})?",
        "hint_check": "Please answer *yes* or *no*.",
        "on_its_way": "{amount} is on its way to {number}. I will tell you when it has arrived, mostly within minutes, in two days at the latest.",
        "in_parts": "It comes on {days} days, as your wallet is sent {limit} a day at most.",
        "a_person": "{amount} is set aside for you. It is much at once or goes to a new wallet, so a person of ours approves it first. "
        "I will tell you when it has arrived.",
        "nothing_sent": "All right, it stays in your wallet.",
        "not_allowed_below_minimum": "There must be {minimum} at least for a payout.",
        "not_allowed_more_than_available": "You can take {available} at most.",
        "not_allowed_no_number": "I do not know where to send it yet. Please send *payout number*.",
        "not_allowed_number_changed": "The payout number was changed, so for your safety nothing leaves before {until}.",
        "not_allowed_name_mismatched": "The name on your payout wallet is another one, so a person of ours looks at it first. Send *agent* to ask.",
        "not_allowed_payouts_stopped": "Payouts to you are stopped until a person of ours has looked. Send *agent* to ask.",
        "not_allowed_in_dispute": "What is in your wallet waits until the dispute about your order is settled.",
        "not_allowed_no_way": "We cannot send to your network at the moment. Please try a little later.",
        "not_allowed_too_many_withdrawals": "That was your last withdrawal for today: three a day. What is left comes on payday, or tomorrow.",
        "not_allowed_not_a_tailor": "This is for tailors.",
    }  # fmt: skip

    @dataclass
    class Memory:
        amount: int = 0  # pesewas
        said: str = ""  # with the first word

    def opened_with(self, text: str) -> None:
        first = next((word for word in self.starts_with if text.startswith(word)), "")
        self.memory.said = text.removeprefix(first).strip()

    def ask_amount(self) -> None:
        funds = Funds.of(self.db, self._tailor().id)
        if why := self._why_not(funds):
            self.refuse(why)
            self.not_possible()
            return
        said, self.memory.said = self.memory.said, ""
        if self.memory.amount or (said and self._take(said, funds)):
            self.amount_given()
        else:
            self.ask("amount", [("all", self.line("all"))], available=ghs(funds.available), minimum=ghs(self.scene.till.terms.minimum))

    def hear_amount(self) -> None:
        funds = Funds.of(self.db, self._tailor().id)
        amount = self._amount(funds)
        payout.check_amount(amount, funds, self.scene.till)
        self.memory.amount = amount
        self.amount_given()

    def ask_check(self) -> None:
        funds = Funds.of(self.db, self._tailor().id)
        why = self._why_not(funds) or self._too_much(funds)
        purse = Purse.of(self.db, self._tailor().id)
        if why or purse is None:
            self.refuse(why or NotAllowed("no_number"))
            self.no_longer_possible()
            return
        holder = f", {purse.name}" if purse.name else ""
        where = {"number": local(purse.number), "network": NETWORKS[purse.network], "holder": holder}
        self.ask_yes_no("check", amount=ghs(self.memory.amount), **where)

    def hear_check(self) -> None:
        if not self.said_yes():
            self.say("nothing_sent")
            self.declined()
            return
        tailor, once = self._tailor(), f"payout:withdraw:{self.person.id}:{self.scene.inbox_id}"
        try:
            parts = payout.request(self.db, tailor, self.memory.amount, once=once, till=self.scene.till, now=self.now)
        except NotAllowed as refusal:
            self.refuse(self._dated(refusal))
            self.no_longer_possible()
        else:
            self._tell_what_happens(parts)
            self.scene.wakes.add("money")
            self.agreed()

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        """An old button shows how things stand, and sends nothing."""
        return "wallet", {}

    # -- private

    def _tailor(self) -> Tailor:
        tailor = Tailor.of_person(self.db, self.person.id)
        if tailor is None:
            raise NotAllowed("not_a_tailor")
        return tailor

    def _why_not(self, funds: Funds) -> NotAllowed | None:
        why = payout.why_not(Purse.of(self.db, self._tailor().id), funds, self.scene.till, self.now)
        return self._dated(NotAllowed(why, minimum=ghs(self.scene.till.terms.minimum))) if why else None

    def _dated(self, refusal: NotAllowed) -> NotAllowed:
        """With the end of the hold, where that is the reason."""
        purse = Purse.of(self.db, self._tailor().id)
        end = purse.cold_until(self.now) if purse else None
        return NotAllowed(refusal.reason, **refusal.values, until=f"{end:%a} {end.day} {end:%b}, {end:%H:%M}" if end else "")

    def _too_much(self, funds: Funds) -> NotAllowed | None:
        try:
            payout.check_amount(self.memory.amount, funds, self.scene.till)
        except NotAllowed as refusal:
            return refusal
        return None

    def _amount(self, funds: Funds) -> int:
        """What she answered, in pesewas. Raises NotUnderstood."""
        if plain(self.text) in ALL:
            return funds.available
        try:
            self.choice()
        except NotUnderstood:
            if self.scene.heard and self.scene.heard.tap:
                raise
            return pesewas(self.text)
        return funds.available

    def _take(self, said: str, funds: Funds) -> bool:
        """Whether the opening words named an amount that can be taken ("withdraw 100")."""
        try:
            self.memory.amount = funds.available if said in ALL else pesewas(said)
        except NotUnderstood:
            return False
        if too_much := self._too_much(funds):
            self.refuse(too_much)
            self.memory.amount = 0
        return bool(self.memory.amount)

    def _tell_what_happens(self, parts: list[Disbursement]) -> None:
        key = "on_its_way" if all(out.approved_by for out in parts) else "a_person"
        self.say(key, amount=ghs(self.memory.amount), number=local(parts[0].msisdn) if parts else "")
        if len(parts) > 1:
            self.say("in_parts", days=len(parts), limit=ghs(self.scene.till.terms.per_day))
