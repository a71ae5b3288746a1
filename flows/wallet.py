"""A tailor's money: what is hers, what is still held, what is on its way, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bot.flow import Flow
from bot.rules import NotAllowed, days
from bot.rules.money import ghs
from bot.rules.notices import not_before
from bot.rules.payment import NETWORKS, local
from bot.rules.payout import payday_after
from bot.understand import NotUnderstood, plain
from models import earnings, payout
from models.disbursement import Disbursement
from models.document import Document, statement_of
from models.funds import Funds, pending
from models.inbox import Inbox
from models.purse import Purse
from models.tailor import Tailor

LAST, ORDERS = 3, 4  # how many are named
LOOK_BACK = timedelta(days=14)


class Wallet(Flow):
    """Shows a tailor her money, and tells her of every payout."""

    for_tailors = True
    fleeting = True
    by_day = ("payout_held", "papers_written")
    starts_with = ("wallet", "my wallet", "earnings", "my earnings", "my money")
    states = ("pick",)
    transitions = (("picked", "pick", "done"), ("read", "pick", "done"))
    says = {
        "pick": "{lines}",
        "hint_pick": "Send *withdraw*, *payout number* or *statement*.",
        "withdraw": "Withdraw", "payout_number": "Payout number", "statement": "Statement",
        "yours": "In your wallet: *{amount}*.", "owed": "Of it {amount} goes to what you owe us: commission on cash, or money a customer got back.",
        "disputed": "Of it {amount} waits until a dispute is settled.", "flying": "On its way to you: {amount}.",
        "held": "Held until your orders go on: {amount} ({orders}).", "order": "{order} {amount}", "more": "{count} more",
        "netted": "On {day} {amount} of it went to what you owed us.", "last": "Last payouts: {payouts}.", "one_of_the_last": "{amount} on {day}",
        "next": "Next payday: {day}, to {number} ({network}).",
        "next_no_number": "I do not know where to pay you: please send *payout number*.",
        "next_number_changed": "No payouts before {until}, because the payout number was changed.",
        "next_name_mismatched": "No payouts yet: the name on your payout wallet is another one. A person of ours looks at it.",
        "next_payouts_stopped": "Payouts to you are stopped until a person of ours has looked. Send *agent* to ask.",
        "statement_is": "Your statement for {first} to {last}: {link}",
        "papers": "Your papers for {first} to {last}:\n{links}", "paper": "{kind} {number}: {link}",
        "kind_statement": "Statement", "kind_invoice": "Commission invoice", "kind_credit_note": "Credit note",
        "no_statement": "Nothing moved in your wallet from {first} to {last}.",
        "not_allowed_not_a_tailor": "This is for tailors.",
        # what became of a payout
        "sent": "✅ {amount} has arrived at {number} ({network}). Reference: {reference}.",
        "again": "{amount} did not get through to {number}, and that was on our side. It is back in your wallet, and I try again by myself.",
        "not_sent": "{amount} could not be sent to {number}: {why}. It is back in your wallet. Send *withdraw* to try again, "
        "or *payout number* for another one.",
        "why_not_registered": "the network knows no such wallet", "why_wallet_limit": "the wallet has reached its limit",
        "why_cannot_receive": "the wallet cannot receive money", "why": "the network did not take it",
        "why_ours": "it failed on our side again and again",
        "reversed": "{amount} that had arrived at {number} was sent back to us by the network. It is in your wallet again: send *withdraw*, "
        "or wait for payday.",
        # payday, and she is not paid
        "held_no_number": "It is payday and {amount} waits for you, but I do not know where to pay you. Please send *payout number*.",
        "held_name_mismatched": "It is payday, {amount} waits: the name on your payout wallet is another one. A person of ours looks at it first.",
        "held_number_changed": "It is payday and {amount} waits until {until}, because the payout number was changed. Then I send it by myself.",
        "held_payouts_stopped": "It is payday and {amount} waits: payouts to you are stopped until a person of ours has looked. Send *agent* to ask.",
        "held_in_dispute": "It is payday and {amount} waits until the dispute about your order is settled.",
        "held_no_way": "It is payday and {amount} waits: we cannot send to your network at the moment. Send *withdraw* a little later.",
        "held_a_person": "It is payday. {amount} is set aside for you: it is much at once or goes to a new wallet, so a person of ours looks first.",
    }  # fmt: skip

    @dataclass
    class Memory:
        pass

    def ask_pick(self) -> None:
        tailor = self._tailor()
        funds, purse = Funds.of(self.db, tailor.id), Purse.of(self.db, tailor.id)
        lines = [*self._sums(tailor, funds), *self._past(tailor), self._next(purse)]
        wishes = ["withdraw"] if not payout.why_not(purse, funds, self.scene.till, self.now) else []
        self.ask("pick", [(w, self.line(w)) for w in (*wishes, "payout_number", "statement")], lines="\n".join(lines))

    def hear_pick(self) -> None:
        wish = self._wish()
        if wish == "statement":
            self._show_statement()
            self.read()
        else:
            self.picked()
            self.hand_over_to(wish)

    # -- what happens outside

    def on_payout_sent(self, facts: dict[str, Any]) -> None:
        out = self._awake("payout_sent", facts)
        if out:
            self.tell(self.person.id, "sent", reference=out.provider_id or out.reference[:10], **self._of(out))

    def on_payout_not_sent(self, facts: dict[str, Any]) -> None:
        """What is tried again by itself is told once."""
        out = self._awake("payout_not_sent", facts)
        if out and payout.goes_again(out):
            self.tell(self.person.id, "again", **self._of(out)) if out.retry_of is None else None
        elif out:
            key = "why_ours" if out.retry_of else f"why_{out.reason}"
            self.tell(self.person.id, "not_sent", why=self.line(key if key in self.says else "why"), **self._of(out))

    def on_payout_reversed(self, facts: dict[str, Any]) -> None:
        out = self._awake("payout_reversed", facts)
        if out:
            self.tell(self.person.id, "reversed", **self._of(out))

    def on_payout_again(self, facts: dict[str, Any]) -> None:
        payout.again(self.db, facts["disbursement_id"], till=self.scene.till, now=self.now)
        self.scene.wakes.add("money")

    def on_payout_hold_over(self, facts: dict[str, Any]) -> None:
        payout.weekly(self.db, self._tailor().id, facts["week"], till=self.scene.till, now=self.now)
        self.scene.wakes.update(("money", "events"))

    def on_payout_held(self, facts: dict[str, Any]) -> None:
        tailor = self._tailor()
        funds, purse = Funds.of(self.db, tailor.id), Purse.of(self.db, tailor.id)
        amount = funds.in_flight if facts["why"] == "a_person" else funds.hers
        self.tell(self.person.id, f"held_{facts['why']}", amount=ghs(amount), until=self._until(purse))

    # -- private

    def _wish(self) -> str:
        """What she picked; "withdraw" may be typed when it is not offered, and then hears why not."""
        try:
            return self.choice()
        except NotUnderstood:
            if plain(self.text) != "withdraw":
                raise
            return "withdraw"

    def _tailor(self) -> Tailor:
        tailor = Tailor.of_person(self.db, self.person.id)
        if tailor is None:
            raise NotAllowed("not_a_tailor")
        return tailor

    def _sums(self, tailor: Tailor, funds: Funds) -> list[str]:
        held = pending(self.db, tailor.id, self.now)
        orders = [self.line("order", order=number, amount=ghs(amount)) for number, amount in held[:ORDERS]]
        orders += [self.line("more", count=len(held) - ORDERS)] if len(held) > ORDERS else []
        amounts = {"yours": funds.wallet, "owed": min(funds.owed, funds.wallet), "disputed": min(funds.disputed, funds.hers)}
        amounts |= {"flying": funds.in_flight, "held": sum(amount for _, amount in held)}
        said = {key: self.line(key, amount=ghs(amount), orders=", ".join(orders)) for key, amount in amounts.items()}
        return [line for key, line in said.items() if amounts[key] or key == "yours"]

    def _past(self, tailor: Tailor) -> list[str]:
        moves = earnings.movements(self.db, tailor.id, self.now - LOOK_BACK, self.now)
        netted = [self.line("netted", day=f"{m.at:%a} {m.at.day} {m.at:%b}", amount=ghs(-m.wallet)) for m in moves if m.sort == "netting"]
        sent = [(out.amount, out.settled_at) for out in Disbursement.of_tailor(self.db, tailor.id) if out.state == "succeeded"]
        last = [self.line("one_of_the_last", amount=ghs(amount), day=f"{at:%a} {at.day} {at:%b}") for amount, at in sent[:LAST] if at]
        return [*netted[-1:], *([self.line("last", payouts=", ".join(last))] if last else [])]

    def _next(self, purse: Purse | None) -> str:
        obstacle = purse.obstacle(self.now) if purse else "no_number"
        if obstacle or purse is None:
            return self.line(f"next_{obstacle}", until=self._until(purse))
        day = days.spoken(payday_after(self.now).date(), self.today)
        return self.line("next", day=day, number=local(purse.number), network=NETWORKS[purse.network])

    def _until(self, purse: Purse | None) -> str:
        end = purse.cold_until(self.now) if purse else None
        return f"{end:%a} {end.day} {end:%b}, {end:%H:%M}" if end else ""

    def _show_statement(self) -> None:
        """Of the last whole week."""
        last = self.today - timedelta(days=self.today.weekday() + 1)
        first, tailor = last - timedelta(days=6), self._tailor()
        period = _period(first, last)
        if not earnings.movements(self.db, tailor.id, *earnings.period(first, last, self.now)):
            self.say("no_statement", **period)
            return
        paper = statement_of(self.db, tailor, first, last, self.now)
        self.say("statement_is", link=self._link(paper), **period)

    def on_papers_written(self, facts: dict[str, Any]) -> None:
        papers = [Document.by_id(self.db, ident) for ident in facts["papers"]]
        rows = [self.line("paper", kind=self.line(f"kind_{paper.kind}"), number=paper.number, link=self._link(paper)) for paper in papers]
        period = _period(date.fromisoformat(facts["first"]), date.fromisoformat(facts["last"]))
        self.tell(self.person.id, "papers", links="\n".join(rows), **period)

    def _link(self, paper: Document) -> str:
        return self.scene.links.full(self.scene.links.document(paper.id, self.now))

    def _awake(self, event: str, facts: dict[str, Any]) -> Disbursement | None:
        """The payout to be told of; one she did not ask for herself waits for the morning."""
        out = Disbursement.by_id(self.db, facts["disbursement_id"])
        morning = not_before(self.now)
        if out.run is None or morning <= self.now:
            return out
        Inbox.happen(self.db, self.person.id, event, facts, once=f"{event}:{out.id}:morning", now=self.now, due_at=morning)
        return None

    def _of(self, out: Disbursement) -> dict[str, Any]:
        return {"amount": ghs(out.amount), "number": local(out.msisdn), "network": NETWORKS[out.network]}


def _period(first: date, last: date) -> dict[str, Any]:
    return {"first": f"{first:%a} {first.day} {first:%b}", "last": f"{last:%a} {last.day} {last:%b}"}
