"""A tailor says no, or nothing, or does not begin: another tailor, some more time, or the money back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Option, Scene
from bot.rules import days, matching
from bot.rules.money import ghs
from models.order import Order
from models.tailor import Tailor

NAME_ON_BUTTON = 20
BACK, WAIT = "back", "wait"


class Another(Flow):
    """Asks the customer what to do when her tailor does not do it."""

    by_hand = True
    patient = True
    by_day = ("tailor_silent", "no_show", "choice_expired")
    states = ("wish",)
    transitions = (
        ("chose_another", "wish", "done"),
        ("waits", "wish", "done"),
        ("takes_back", "wish", "done"),
        ("settled_meanwhile", "wish", "done"),
    )
    says = {
        "wish": "{trouble}\n{cards}\n{ways}",
        "hint_wish": "Send the number of your choice.",
        "trouble_declined": "{tailor} cannot take your order {order}: “{reason}”.",
        "trouble_silent": "{tailor} has not answered your order {order} yet.",
        "trouble_no_show": "{tailor} accepted {order}, but there is no photo of any work yet.",
        "cards": "\nThese tailors can sew it for the same {total}, ready by {day}; your deposit stays with us:\n{list}\n",
        "card": "*{n}. {name}*, {town} · {rating}\n_{why}_",
        "rated": "★ {stars} ({jobs} orders)", "unrated": "no ratings yet",
        "why_loved": "Customers come back to this tailor", "why_checked": "Identity and background checked by us", "why_near": "In the same town",
        "why_quick": "Answers within minutes", "why_free": "Has room in the coming weeks", "why_new": "New with us, has room",
        "ways_declined": "Or you get the whole {amount} back, as you do without a word from you within two days.",
        "ways_alone": "I know nobody else for it now. You get the whole {amount} back, also without a word from you within two days.",
        "ways_silent": "Shall we wait one more day, or do you want the whole {amount} back?",
        "ways_no_show": "Shall we wait two more days, or do you want the whole {amount} back?",
        "in_cash": "We hold no money of this order: what you gave {tailor} in cash is between the two of you.",
        "wait": "Wait", "back": "Money back", "cancel": "Cancel order",
        "asked": "All right, I ask {tailor}. You hear from me within a day.",
        "waiting": "All right, I remind {tailor} and come back to you.",
        "cancelled": "{why}{order} is cancelled. {amount} is owed back to the wallet that paid; I will tell you when it is sent.",
        "cancelled_cash": "{why}{order} is cancelled. {in_cash}",
        "why_expired": "I heard nothing from you, so ", "why_given_up": "{tailor} says nothing, and I heard nothing from you, so ",
        "tailor_lost_silent": "{customer} has waited for your answer to {order} for long enough: it is no longer yours.",
        "tailor_lost_no_show": "There was no photo of your work on {order}, so {customer} has taken it back. This counts against your reputation.",
        "tailor_reminded": "{customer} waits for the first photo of {order}. Please send one now, or the order will be taken back.",
        "settled": "{order} has moved on meanwhile.",
        "not_allowed_tailor_gone": "{tailor} has just stopped taking orders. Please choose once more.",
        "not_allowed_day_full": "Somebody else was quicker, that tailor is full now. Please choose once more.",
        "not_allowed_month_full": "Somebody else was quicker, that tailor is full now. Please choose once more.",
    }  # fmt: skip

    @dataclass
    class Memory:
        order_id: int = 0
        tailor_id: int = 0  # the one in question

    def ask_wish(self) -> None:
        order = self._order()
        self.memory.tailor_id = self.memory.tailor_id or order.tailor_id
        if not self.still_wanted(self.db, vars(self.memory)):
            self.say("settled", order=order.number)
            self.settled_meanwhile()
            return
        values = self._values(order)
        others, in_cash = order.others(self.db, self.now), order.in_cash(self.db, "deposit")
        trouble = self.line(f"trouble_{order.trouble}", reason=order.declined_because, **values)
        is_alone = order.trouble == "declined" and not others
        ways = self.line("in_cash" if in_cash else "ways_alone" if is_alone else f"ways_{order.trouble}", **values)
        cards = self._cards(order, others) if others else ""
        more = [] if order.trouble == "declined" else [(WAIT, self.line("wait"))]
        options: list[Option] = [*((str(t.id), t.business[:NAME_ON_BUTTON]) for t in others), *more]
        self.ask("wish", [*options, (BACK, self.line("cancel" if in_cash else "back"))], trouble=trouble, cards=cards, ways=ways)

    def hear_wish(self) -> None:
        wish = self.choice()
        order = Order.by_id(self.db, self.memory.order_id, lock=True)
        if not self.still_wanted(self.db, vars(self.memory)):
            return  # the question is asked again, and says so
        if wish == WAIT:
            self._wait(order)
            self.waits()
        elif wish == BACK:
            self._cancel(order, f"person:{self.person.id}")
            self.takes_back()
        else:
            self._offer(order, Tailor.by_id(self.db, int(wish)))
            self.chose_another()

    # -- what happens outside

    def on_tailor_silent(self, facts: dict[str, Any]) -> None:
        """A day has passed since the tailor was asked."""
        order = Order.by_id(self.db, facts["order_id"], lock=True)
        if self._is_news(order, "tailor_silent", facts) and order.awaits(order.tailor_id):
            self._ask_or_give_up(order, facts)

    def on_no_show(self, facts: dict[str, Any]) -> None:
        """The tailor accepted, was reminded, and has shown nothing."""
        order = Order.by_id(self.db, facts["order_id"], lock=True)
        if self._is_news(order, "no_show", facts) and order.state == "ACCEPTED":
            self._ask_or_give_up(order, facts)

    def on_choice_expired(self, facts: dict[str, Any]) -> None:
        """Two days after a tailor declined the customer has not chosen."""
        order = Order.by_id(self.db, facts["order_id"], lock=True)
        if self._is_news(order, "choice_expired", facts) and order.trouble == "declined":
            self._cancel(order, "timer:choice_expired", self.line("why_expired"))

    # -- private

    def _is_news(self, order: Order, event: str, facts: dict[str, Any]) -> bool:
        """Not while a dispute is open, nor when the order has moved on between a clock that rang by night and the morning."""
        return not order.stands_still(self.db, event, self.now) and datetime.fromisoformat(facts["due_at"]) >= order.state_since

    def _ask_or_give_up(self, order: Order, facts: dict[str, Any]) -> None:
        order.overdue(self.db, self.now)
        if order.is_given_up:
            self._cancel(order, "timer:given_up", self.line("why_given_up", tailor=order.tailor(self.db).business))
        else:
            self.invite(self.person.id, "another", once=f"another:{order.id}:{facts['due_at']}", order_id=order.id, tailor_id=order.tailor_id)

    def _wait(self, order: Order) -> None:
        tailor = order.tailor(self.db)
        order.ask_again(self.db, self.now)
        self.say("waiting", tailor=tailor.business)
        if order.trouble == "silent":
            again = {"order_id": order.id, "tailor_id": tailor.id, "reminded": True}
            self.invite(tailor.person_id, "job", once=f"job:{order.id}:{self.now}", kindly=True, **again)
        else:
            self.tell(tailor.person_id, "tailor_reminded", customer=self.person.first_name, order=order.number)

    def _offer(self, order: Order, tailor: Tailor) -> None:
        trouble, former = order.trouble, order.tailor(self.db).person_id
        order.offer_to(self.db, tailor, self.now)
        self.say("asked", tailor=tailor.business)
        self.invite(tailor.person_id, "job", once=f"job:{order.id}:{tailor.id}", kindly=True, order_id=order.id, tailor_id=tailor.id)
        self._tell_former(order, former, trouble)

    def _cancel(self, order: Order, actor: str, why: str = "") -> None:
        trouble, tailor = order.trouble, order.tailor(self.db)
        back = order.cancel(self.db, actor, self.now)
        in_cash = self.line("in_cash", tailor=tailor.business)
        key = "cancelled_cash" if order.in_cash(self.db, "deposit") else "cancelled"
        self.tell(self.person.id, key, why=why, order=order.number, amount=ghs(back.to_customer), in_cash=in_cash)
        self._tell_former(order, tailor.person_id, trouble)

    def _tell_former(self, order: Order, tailor: int, trouble: str) -> None:
        if trouble != "declined":
            self.tell(tailor, f"tailor_lost_{trouble}", customer=order.customer(self.db).first_name, order=order.number)

    def _cards(self, order: Order, others: list[Tailor]) -> str:
        rows = "\n".join(self._card(n, tailor, order.tailor(self.db).town) for n, tailor in enumerate(others, 1))
        day = days.spoken(order.day_of_another(self.db, self.now), self.today)
        return self.line("cards", total=ghs(order.total), day=day, list=rows)

    def _card(self, n: int, tailor: Tailor, town: str) -> str:
        rating = self.line("rated", stars=f"{tailor.rating100 / 100:.1f}", jobs=tailor.jobs) if tailor.rating100 else self.line("unrated")
        why = self.line(f"why_{matching.why(tailor.standing, same_town=tailor.town == town)}")
        return self.line("card", n=n, name=tailor.business, town=tailor.town.title(), rating=rating, why=why)

    def _values(self, order: Order) -> dict[str, str]:
        return {"tailor": order.tailor(self.db).business, "order": order.number, "amount": ghs(order.goes_back(self.db).to_customer)}

    def _order(self) -> Order:
        return Order.by_id(self.db, self.memory.order_id)

    def subject(self) -> str:
        """The order and the tailor in question: a button about an earlier one is an old one."""
        return f"{self._order().number}/{self.memory.tailor_id}" if self.memory.order_id else ""

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "follow", {"number": subject.partition("/")[0]}

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        order = Order.by_id(db, memory["order_id"])
        return order.trouble != "" and memory.get("tailor_id") in (0, None, order.tailor_id)
