"""Where a tailor is paid: which number, which network, and whose name the network has for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import Flow, Option
from bot.rules import NotAllowed
from bot.rules.payment import NETWORKS, local
from bot.rules.payout import COOLING
from bot.seal import masked
from bot.understand import NotUnderstood, network_hint, wallet
from models.holder_check import HolderCheck
from models.person import Address
from models.plea import Plea
from models.purse import Purse
from models.tailor import Tailor

LONGEST_CHOICE = 4  # a longer text with digits in it is a phone number


class PayoutNumber(Flow):
    """Takes a wallet after the network has named its holder and the tailor has said yes."""

    for_tailors = True
    by_hand = True
    starts_with = ("payout number", "my payout number", "change payout number")
    states = ("number", "network", "asking", "check")
    transitions = (
        ("number_given", "number", "network"),
        ("network_confirmed", "network", "asking"),
        ("same_as_before", "network", "done"),
        ("named", "asking", "check"),
        ("no_such_wallet", "asking", "number"),
        ("agreed", "check", "done"),
        ("another_wanted", "check", "number"),
        ("left", "check", "done"),
    )
    says = {
        "number": "Your payouts go to *{number}* ({network}). Type another mobile-money number, or *cancel* to keep this one.",
        "number_first": "Which mobile-money number shall your payouts go to? It must be yours.",
        "hint_number": "A Ghanaian number like *024 123 4567*.",
        "network": "{number}: which network is this wallet on?",
        "hint_network": "Tap the network. Numbers can move between networks, so I ask.",
        "same": "That is where your payouts go already.",
        "asking": "One moment, I ask {network} whose wallet {number} is.",
        "hint_asking": "The network has not answered yet. I will write as soon as it has.",
        "no_such_wallet_said": "{network} knows no wallet with the number {number}.",
        "check": "{who}\n\nShall your payouts go there?{hold}",
        "who_matched": "{network} says that {number} belongs to *{name}*.",
        "who_unknown": "{network} says that {number} belongs to *{name}*. I know you as {ours}, so a person of ours approves the first payout.",
        "who_nameless": "{network} does not say whose wallet {number} is, so a person of ours approves the first payout.",
        "who_mismatched": "{network} says that {number} belongs to *{name}*, but I know you as {ours}. Nothing is paid there until a person of ours "
        "has spoken with you.",
        "hold": " For your safety nothing is paid in the first {hours} hours, and I tell the old number.",
        "hint_check": "Please answer *yes* or *no*.",
        "other_number": "Other number",
        "taken": "Done: your payouts go to {number} ({network}).",
        "changed": "Done: from {until} on your payouts go to {number} ({network}).{told} "
        "If you did not do this, send *that was not me* at once.",
        "told": " I have told the old number.",
        "a_person_looks": "A person of ours will write to you about the name.",
        "kept": "All right, nothing changes.",
        "old_number": "Sew4Mi: payouts of {business} went to this number until now; they were moved to {number}. "
        "If you know nothing of this, send *that was not me* and everything stops.",
        "not_allowed_too_many_numbers": "Those were many numbers for one day. Please try again tomorrow, or send *agent*.",
        "not_allowed_foreign_wallet": "I can only pay to a Ghanaian mobile-money wallet.",
        "not_allowed_not_mobile": "That is no mobile number, so it has no mobile money.",
        "not_allowed_not_a_tailor": "This is for tailors.",
    }  # fmt: skip

    @dataclass
    class Memory:
        number: str = ""  # "233…"
        network: str = ""
        check_id: int = 0

    def ask_number(self) -> None:
        purse = Purse.of(self.db, self._tailor().id)
        if purse:
            self.ask("number", self._own(purse), number=local(purse.number), network=NETWORKS[purse.network])
        else:
            self.ask("number_first", self._own(purse))

    def hear_number(self) -> None:
        tapped = self.scene.heard and self.scene.heard.tap
        if any(c.isdigit() for c in self.text) and len(self.text) > LONGEST_CHOICE and not tapped:
            self.memory.number = self._typed()
        else:
            self.memory.number = self.choice()
        self.number_given()

    def ask_network(self) -> None:
        hint = network_hint(self.memory.number)
        names = sorted(NETWORKS, key=lambda n: n != hint)
        self.ask("network", [(n, NETWORKS[n]) for n in names], number=local(self.memory.number))

    def hear_network(self) -> None:
        self.memory.network = self.choice()
        tailor = self._tailor()
        purse = Purse.of(self.db, tailor.id)
        if purse and (purse.number, purse.network) == (self.memory.number, self.memory.network):
            self.say("same")
            self.same_as_before()
            return
        self.memory.check_id = HolderCheck.ask(self.db, tailor.id, self.memory.number, self.memory.network, self.now).id
        self.scene.wakes.add("money")
        self.network_confirmed()

    def ask_asking(self) -> None:
        if self._check().answered_at is None:
            self.ask("asking", **self._values())
        else:
            self._answered()

    def hear_asking(self) -> None:
        if self._check().answered_at is None:
            raise NotUnderstood("still asking")

    def ask_check(self) -> None:
        check = self._check()
        verdict = check.verdict(self.db)
        key = "who_nameless" if not check.name else f"who_{verdict}"
        who = self.line(key, name=check.name, ours=self.person.name or self._tailor().business, **self._values())
        hold = self.line("hold", hours=int(COOLING.total_seconds()) // 3600) if self._is_change() else ""
        self.ask("check", [("yes", self.line("yes")), ("other", self.line("other_number")), ("no", self.line("no"))], who=who, hold=hold)

    def hear_check(self) -> None:
        wish = "yes" if self._plain_yes() else self.choice()
        if wish == "yes":
            self._take()
            self.agreed()
        elif wish == "other":
            self.another_wanted()
        else:
            self.say("kept")
            self.left()

    # -- what happens outside

    def on_purse_checked(self, facts: dict[str, Any]) -> None:
        """The network has answered; who has gone on to something else is not disturbed."""
        if self.state == "asking" and self.memory.check_id == facts["check_id"]:
            self._answered()

    # -- private

    def _answered(self) -> None:
        if self._check().is_nobodys:
            self.say("no_such_wallet_said", **self._values())
            self.no_such_wallet()
        else:
            self.named()

    def _take(self) -> None:
        check, tailor = self._check(), self._tailor()
        verdict = check.verdict(self.db)
        purse, is_changed = Purse.take(
            self.db, tailor, number=check.number, network=check.network, name=check.name or "", name_state=verdict, now=self.now
        )
        end = purse.cold_until(self.now)
        until = f"{end:%a} {end.day} {end:%b}, {end:%H:%M}" if end else ""
        old = purse.owner_before(self.db, self.scene.channel, self.now) if is_changed else None
        told = self.line("told") if old and old != self.person.id else ""
        self.say("changed" if is_changed else "taken", until=until, told=told, **self._values())
        if old and told:
            self.tell(old, "old_number", business=tailor.business, number=masked("+" + purse.number))
        if verdict == "mismatched":
            Plea.ask(self.db, self.person.id, self.now)
            self.say("a_person_looks")

    def _tailor(self) -> Tailor:
        tailor = Tailor.of_person(self.db, self.person.id)
        if tailor is None:
            raise NotAllowed("not_a_tailor")
        return tailor

    def _check(self) -> HolderCheck:
        return HolderCheck.by_id(self.db, self.memory.check_id)

    def _values(self) -> dict[str, Any]:
        return {"number": local(self.memory.number), "network": NETWORKS[self.memory.network]}

    def _is_change(self) -> bool:
        purse = Purse.of(self.db, self._tailor().id)
        return purse is not None and purse.number != self.memory.number

    def _own(self, purse: Purse | None) -> list[Option]:
        """The number she writes from, when it is Ghanaian and not the present one."""
        address = Address.of(self.db, self.person.id, self.scene.channel)
        number = address.value.lstrip("+") if address and network_hint(address.value) else ""
        return [(number, local(number))] if number and (purse is None or purse.number != number) else []

    def _typed(self) -> str:
        try:
            return wallet(self.text).lstrip("+")
        except NotUnderstood as unclear:
            if unclear.reason in ("foreign_wallet", "not_mobile"):
                raise NotAllowed(unclear.reason) from None
            raise

    def _plain_yes(self) -> bool:
        try:
            return bool(self.text) and self.said_yes()
        except NotUnderstood:
            return False
