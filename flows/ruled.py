"""Somebody at the desk did something with an order: whom it concerns hears it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow
from bot.rules import days
from models.order import Order


class Ruled(Flow):
    """Tells it once; after an approval the second part is asked for."""

    states = ("told",)
    transitions = (("heard_out", "told", "done"),)
    says = {
        "hint_told": "Send *my orders* to see how it stands.",
        "cancelled": "Our office has cancelled {order}.{more}",
        "cancelled_more": " {amount} is owed back to the wallet that paid; I will tell you when it is sent.",
        "cancelled_cash": "Our office has cancelled {order}. What you gave {tailor} in cash is between the two of you: we hold none of it.",
        "approved": "Our office has noted that you approve the fitting of {order}. I tell {tailor}.",
        "confirmed": "Our office has noted that all is right with {order}: it is complete. Thank you for sewing with us!",
        "promised": "{order} is now promised for {day}, no longer for {before}. If that is a problem for you, send *agent*.",
        "offered": "{order} gets another tailor: we have asked {other} for you, at the same price, ready by {day}. You hear from me within a day.",
        "tailor_cancelled": "Our office has cancelled {order} of {customer}.{more}",
        "tailor_cancelled_more": " {amount} is in your wallet for the time you kept free.",
        "tailor_approved": "{customer} approved the fitting of {order}, our office has noted. As soon as the second part is paid you can finish it.",
        "tailor_confirmed": "{customer} is content with {order}, our office has noted. It is complete, and {amount} more is in your wallet.",
        "tailor_lost": "Our office has given {order} of {customer} to another tailor: it is no longer yours.",
    }

    @dataclass
    class Memory:
        order_id: int = 0
        what: str = ""
        values: dict[str, str] = field(default_factory=dict)

    def ask_told(self) -> None:
        order, values = Order.by_id(self.db, self.memory.order_id), dict(self.memory.values)
        values |= {name: days.spoken(date.fromisoformat(values[name]), self.today) for name in ("day", "before") if name in values}
        more = self.line(f"{self.memory.what}_more", **values) if values.get("amount") and f"{self.memory.what}_more" in self.says else ""
        people = {"customer": order.customer(self.db).first_name, "tailor": order.tailor(self.db).business}
        self.say(self.memory.what, order=order.number, other=values.pop("tailor", ""), more=more, **people, **values)
        self.heard_out()
        if self.memory.what == "approved":
            self.hand_over_to("pay", for_good=True, order_id=order.id)

    def hear_told(self) -> None:
        self.heard_out()

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        return bool(memory.get("order_id"))
