"""What became of a case, told to both sides; a day later each is asked whether it was fair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules import days
from bot.rules.money import ghs
from models.dispute import Dispute
from models.timer import Timer

#: The clock that runs again where silence means yes.
LOOKED_AT = {"READY_FOR_FITTING": "fitting:silence", "DELIVERED": "delivery_silence"}


class Decision(Flow):
    """Tells a decision with its amounts, and asks what she thinks of it."""

    patient = True
    by_day = ("satisfaction_due",)
    states = ("told", "fair")
    transitions = (("heard_out", "told", "done"), ("opinion_wanted", "told", "fair"), ("rated", "fair", "done"))
    says = {
        "hint_told": "Send *my case* to read it again.",
        "customer_full_refund": "Case *{case}* is decided: {order} ends. {refund} goes back to the wallet that paid; "
        "I tell you when it is sent.{more}",
        "customer_partial_refund": "Case *{case}* is decided: {refund} goes back to the wallet that paid; I tell you when it is sent. "
        "{order} is complete{rest}.{more}",
        "customer_rest": ", and what else we held goes to {tailor}",
        "customer_continue": "Case *{case}* is decided: {order} goes on, and the clocks run again.{more}",
        "customer_no_action": "Case *{case}* is closed and nothing is changed: {order} goes on where it was, and the clocks run again.{more}",
        "tailor_full_refund": "Case *{case}* is decided: {order} ends. {refund} goes back to {customer}.{more}",
        "tailor_partial_refund": "Case *{case}* is decided: {refund} goes back to {customer}. {order} is complete{rest}.{more}",
        "tailor_rest": ", and {released} more is in your wallet",
        "tailor_continue": "Case *{case}* is decided: {order} goes on, and the clocks run again.{more}",
        "tailor_no_action": "Case *{case}* is closed and nothing is changed: {order} goes on where it was, and the clocks run again.{more}",
        "bears": "\n{borne} of it is yours to bear: it is taken off your next payouts.",
        "changes_IN_PROGRESS": "\nSomething is changed first; then there is a new fitting photo.",
        "changes_READY_FOR_DELIVERY": "\nSomething is changed first; then it is handed over again, with the same code.",
        "left": "\nYou have {left} left to look at it.",
        "why": "\nThe reason: {why}.", "words": "\nThe mediator: “{text}”",
        "why_not_as_agreed": "it is not what was agreed", "why_incomplete": "a part of it is missing or wrong",
        "why_not_delivered": "it was not made or not handed over", "why_too_late": "it came too late", "why_agreed": "both sides agreed to it",
        "why_goodwill": "goodwill", "why_will_be_changed": "it will be put right", "why_misunderstanding": "it was a misunderstanding",
        "why_not_founded": "we found nothing that was done wrong", "why_withdrawn": "the complaint was withdrawn",
        "fair": "Case *{case}* ({order}) was decided. Were you content with how we dealt with it?",
        "hint_fair": "Answer *yes* or *no*.",
        "yes": "👍 Yes", "no": "👎 No",
        "thanks": "Thank you for telling us.", "thanks_no": "I am sorry. Thank you for telling us; a person reads it.",
    }  # fmt: skip

    @dataclass
    class Memory:
        dispute_id: int = 0
        rate: bool = False

    def ask_told(self) -> None:
        if self.memory.rate:
            self.opinion_wanted()
        else:
            self._tell(self._dispute())
            self.heard_out()

    def hear_told(self) -> None:
        self.heard_out()

    def ask_fair(self) -> None:
        dispute = self._dispute()
        self.ask_yes_no("fair", case=dispute.number, order=dispute.order(self.db).number)

    def hear_fair(self) -> None:
        is_content = self.said_yes()
        self._dispute().rate(self.db, self.person.id, is_content)
        self.say("thanks" if is_content else "thanks_no")
        self.rated()

    def on_satisfaction_due(self, facts: dict[str, Any]) -> None:
        dispute_id = facts["dispute_id"]
        self.invite(self.person.id, "decision", once=f"fair:{dispute_id}:{self.person.id}", dispute_id=dispute_id, rate=True)

    # -- private

    def _tell(self, dispute: Dispute) -> None:
        side = dispute.side_of(self.db, self.person.id) or "customer"
        order = dispute.order(self.db)
        values: dict[str, Any] = {
            "case": dispute.number, "order": order.number, "refund": ghs(dispute.refund), "released": ghs(dispute.released),
            "tailor": order.tailor(self.db).business, "customer": order.customer(self.db).first_name,
        }  # fmt: skip
        rest = self.line(f"{side}_rest", **values) if dispute.released else ""
        more = self.line("bears", borne=ghs(dispute.borne)) if side == "tailor" and dispute.bearer == "tailor" else ""
        more += self._how_it_goes_on(dispute, side) + self.line("why", why=self.line(f"why_{dispute.reason}"))
        words = dispute.to_customer if side == "customer" else dispute.to_tailor
        more += self.line("words", text=words) if words else ""
        self.say(f"{side}_{dispute.outcome}", rest=rest, more=more, **values)

    def _how_it_goes_on(self, dispute: Dispute, side: str) -> str:
        """What is changed first, and how long the customer has to look."""
        order = dispute.order(self.db)
        if dispute.outcome == "continue" and order.state != dispute.from_state and f"changes_{order.state}" in self.says:
            return self.line(f"changes_{order.state}")
        due = Timer.due(self.db, f"order:{order.id}:{LOOKED_AT[order.state]}") if order.state in LOOKED_AT else None
        return self.line("left", left=days.hours(due, self.now)) if due and side == "customer" else ""

    def _dispute(self) -> Dispute:
        return Dispute.by_id(self.db, self.memory.dispute_id)

    def subject(self) -> str:
        return f"D-{self.memory.dispute_id}" if self.memory.dispute_id else ""

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        """A late thumb still counts."""
        return cls.name, {"dispute_id": int(subject.removeprefix("D-")), "rate": True} if subject else {}

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        """Whether there is something to tell, and nobody has rated it yet."""
        dispute = db.get(Dispute, memory.get("dispute_id") or 0)
        return dispute is not None and dispute.is_closed
