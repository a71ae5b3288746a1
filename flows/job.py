"""A tailor is offered an order: accept it, or decline it with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules import days, measurements
from bot.rules.money import ghs
from bot.understand import NotUnderstood, yes_no
from models.order import Order
from models.person import Person
from models.piece import Piece
from models.plea import Plea
from models.tailor import Tailor
from models.timer import Timer

REASON_LIMIT = 300
LOOK_AGAIN = timedelta(hours=1)  # money waits while the customer waits for a person


class Job(Flow):
    """Shows a new order to its tailor and takes the answer."""

    by_hand = True
    patient = True
    for_tailors = True
    states = ("answer", "reason")
    transitions = (
        ("accepted", "answer", "done"),
        ("refused", "answer", "reason"),
        ("declined", "reason", "done"),
        ("came_too_late", "answer", "done"),
        ("gone_meanwhile", "reason", "done"),
    )
    says = {
        "answer": "*New order {order}* from {customer}: {garment}, {price} for you before commission, ready by {day}.\n{cloth}{style}\n"
        "{deposit}\n\nMeasurements (body):\n{measures}\n\nWill you take it?",
        "hint_answer": "Tap *Accept* or *Decline*.",
        "deposit_held": "The deposit is paid and held by us.", "deposit_cash": "You have the deposit in cash.",
        "waits": "{customer} is still waiting for your answer.",
        "accept": "Accept", "decline": "Decline",
        "cloth_own": "The customer brings the cloth.", "cloth_tailor": "You buy the cloth ({price} is in the price).",
        "style": "\nStyle: {style}", "style_photo": "\nStyle photo above.",
        "piece": "*{n}. {who}*: {garment}\n{measures}", "measure": "{label} {value}",
        "card": "Measurements of {order}, to pin to the cloth.",
        "accepted": "Thank you! {order} is yours. Send a photo of the cloth, and one when it is cut: "
        "two hours after the cutting photo the deposit is yours.",
        "accepted_cash": "Thank you! {order} is yours. Send a photo of the cloth, and one when it is cut.",
        "customer_accepted": "{tailor} accepted your order {order}. You will see photos of the work here.",
        "reason": "Why do you decline? A few words for the customer.",
        "hint_reason": "For example *I am travelling that week*.",
        "declined": "All right, {order} is off your list.",
        "customer_declined": "{tailor} cannot take your order {order}: “{reason}”. I know nobody else for it now, so "
        "the whole {amount} is owed back to the wallet that paid; I will tell you when it is sent.",
        "customer_declined_cash": "{tailor} cannot take your order {order}: “{reason}”. The order is cancelled; please take your cash back "
        "from {tailor}. We hold none of it. Send *agent* if you need help.",
        "late": "{order} is no longer open.",
        "released": "The deposit of {order} is yours: {net} is in your wallet.",
    }  # fmt: skip

    @dataclass
    class Memory:
        order_id: int = 0
        tailor_id: int = 0  # an order may go from one tailor to another
        reminded: bool = False  # a day has passed

    def ask_answer(self) -> None:
        order = self._order()
        if not self._is_mine(order):
            self.say("late", order=order.number)
            self.came_too_late()
            return
        options = [("accept", self.line("accept")), ("decline", self.line("decline"))]
        picture = self.scene.links.picture(order.style_picture_id) if order.style_picture_id and order.has_style_photo(self.db) else ""
        if self.memory.reminded:
            self.say("waits", customer=order.customer(self.db).first_name)
        self.ask("answer", options, picture=picture, **self._described(order))

    def hear_answer(self) -> None:
        if not self._accepts():
            self.refused()
            return
        order = Order.by_id(self.db, self.memory.order_id, lock=True)
        if not self._is_mine(order):
            return  # the question is asked again, and says so
        order.accept(self.db, self.now)
        self.tell(order.customer_id, "customer_accepted", tailor=order.tailor(self.db).business, order=order.number)
        self.show(self.scene.links.cards(order.id, order.pieces), "card", order=order.number)
        self.say("accepted_cash" if order.in_cash(self.db, "deposit") else "accepted", order=order.number)
        self.accepted()

    def ask_reason(self) -> None:
        order = self._order()
        if not self._is_mine(order):
            self.say("late", order=order.number)
            self.gone_meanwhile()
            return
        self.ask("reason")

    def hear_reason(self) -> None:
        reason = self.text[:REASON_LIMIT]
        if sum(c.isalpha() for c in reason) < 3:
            raise NotUnderstood("no_reason")
        order = Order.by_id(self.db, self.memory.order_id, lock=True)
        if not self._is_mine(order):
            return
        order.decline(self.db, reason, self.now)
        if order.others(self.db, self.now):
            which = {"order_id": order.id, "tailor_id": order.tailor_id}
            self.invite(order.customer_id, "another", once=f"another:{order.id}:{order.tailor_id}:declined", kindly=True, **which)
        else:
            self._cancel(order, reason)
        self.say("declined", order=order.number)
        self.declined()

    def on_deposit_release(self, facts: dict[str, Any]) -> None:
        """Two hours after the customer saw the cut cloth, and nobody objected."""
        order = Order.by_id(self.db, facts["order_id"], lock=True)
        if order.stands_still(self.db, "deposit_release", self.now) or order.state in ("CANCELLED", "REFUNDED"):
            return
        if order.is_questioned(self.db) or Plea.is_open(self.db, order.customer_id):
            key, facts = f"order:{order.id}:release", {"order_id": order.id}
            Timer.set(self.db, key, "deposit_release", self.person.id, facts, self.now + LOOK_AGAIN)
            return
        net = order.release(self.db, "deposit", self.now)
        if net:
            self.tell(self.person.id, "released", order=order.number, net=ghs(net))

    def _cancel(self, order: Order, reason: str) -> None:
        """Nobody else can sew it: everything goes back."""
        back = order.cancel(self.db, f"tailor:{order.tailor_id}", self.now)
        key = "customer_declined_cash" if order.in_cash(self.db, "deposit") else "customer_declined"
        values: dict[str, Any] = {"tailor": order.tailor(self.db).business, "order": order.number, "reason": reason, "amount": ghs(back.to_customer)}
        self.tell(order.customer_id, key, **values)

    def _accepts(self) -> bool:
        try:
            return self.choice() == "accept"
        except NotUnderstood:
            return yes_no(self.text)

    def _described(self, order: Order) -> dict[str, Any]:
        cloth = self.line(f"cloth_{order.fabric}", price=ghs(order.fabric_cost))
        style = self.line("style", style=order.style) if order.style else ""
        if order.has_style_photo(self.db):
            style += self.line("style_photo")
        customer = Person.by_id(self.db, order.customer_id).first_name
        return {
            "order": order.number, "customer": customer, "garment": order.noun(self.db), "price": ghs(order.total),
            "day": days.spoken(order.promised_on, self.today), "cloth": cloth, "style": style, "measures": self._pieces(order, customer),
            "deposit": self.line("deposit_cash" if order.in_cash(self.db, "deposit") else "deposit_held"),
        }  # fmt: skip

    def _pieces(self, order: Order, customer: str) -> str:
        """The measurements; by name and garment when there are several pieces, or the one is for somebody else."""
        pieces = Piece.of(self.db, order.id)
        if len(pieces) == 1 and pieces[0].who is None:
            return self._measures(pieces[0])
        rows = [(p.place, p.who or customer, p.noun(self.db), self._measures(p)) for p in pieces]
        return "\n".join(self.line("piece", n=n, who=who, garment=noun, measures=measures) for n, who, noun, measures in rows)

    def _measures(self, piece: Piece) -> str:
        taken = [n for n in measurements.FIELDS if n in piece.measures]
        shown = [(measurements.label(n), measurements.show(piece.measures[n]["body"], n)) for n in taken]
        return ", ".join(self.line("measure", label=label, value=value) for label, value in shown)

    def _is_mine(self, order: Order) -> bool:
        tailor = Tailor.of_person(self.db, self.person.id)
        return tailor is not None and order.awaits(tailor.id)

    def _order(self) -> Order:
        return Order.by_id(self.db, self.memory.order_id)

    def subject(self) -> str:
        return self._order().number if self.memory.order_id else ""

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        """Accept and decline go on working as long as the order is open and hers."""
        tailor = Tailor.of_person(scene.db, scene.person.id)
        mine = Order.of_tailor(scene.db, tailor.id, ("DEPOSIT_PAID",)) if tailor else []
        return next(((cls.name, {"order_id": o.id, "tailor_id": o.tailor_id}) for o in mine if o.number == subject), ("jobs", {}))

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        order = Order.by_id(db, memory["order_id"])
        return order.awaits(memory.get("tailor_id") or order.tailor_id)
