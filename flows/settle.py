"""Closing a circle: prices are settled, one order per payer is placed; and what time and the orders bring afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.flow import Flow, Scene
from bot.rules import NotAllowed
from bot.rules import circle as rules
from bot.rules.money import ghs
from models.circle import Circle
from models.circle_item import Item
from models.circle_order import Priced, price
from models.order import Order
from models.person import Person
from models.piece import Piece


class Settle(Flow):
    """Shows who pays how much, closes on yes, and tells everybody her part."""

    by_hand = True
    by_day = ("circle_moved", "circle_reminder", "circle_silent", "circle_unpaid")
    states = ("sure",)
    transitions = (("not_now", "sure", "done"), ("closed", "sure", "done"), ("cannot", "sure", "done"))
    says = {
        "sure": "*{count} pieces, {total}*{off}\n{payers}{without}\n\nAfter this nobody can join, and I ask for the deposits. Close and order?",
        "hint_sure": "Please answer *yes* or *no*.",
        "off": ", {amount} saved", "payer": "{name}: {pieces}, {total}", "count_one": "1 piece", "count": "{n} pieces",
        "without": "\n\nNot ready, so without: {names}",
        "stays_open": "Good, it stays open.",
        "closed": "The circle is closed and ordered. I tell you when something moves; send *my circle* to see how all stand.",
        "closed_by_time": "Your circle is closed. {count} pieces are ordered.{without}",
        "part": "{who}'s circle is closed: we are {count}, so {off}.\n{rows}\n*Together {total}*, settled: it will not rise, whoever leaves.",
        "off_some": "{percent} % off the work", "off_nothing": "no discount",
        "row": "{name}: {garment}, {total}",
        "paid_by": "{who}'s circle is closed. {payer} pays for your {garment}.",
        "left_out": "{who}'s circle is closed, and your piece was not ready, so it goes on without it. You can order by yourself: *find a tailor*.",
        "reminder": "{who}'s circle closes on {day} at 18:00, and yours is not ready: {lacks}. Send *my circle*.",
        "lacks_garment": "nothing is chosen", "lacks_measures": "measurements are missing", "lacks_word": "it is not confirmed",
        "time_over": "Your circle's time is over, and it could not be ordered. It is closed, and nothing is to be paid.",
        "unpaid": "Your circle, a day later: the deposit is still open for {names}. Unpaid orders are cancelled in two days; the others go on.",
        "time_member": "{who}'s circle has ended and nothing was ordered. You can order by yourself: *find a tailor*.",
        "time_tailor": "Your circle's time is over, but {tailor} has not agreed yet. It stays open one more day; *my circle* lets you ask "
        "another tailor.",
        "time_stuck": "Your circle's time is over, but it cannot be ordered as it is: {why} It stays open one more day; send *my circle*.",
        "silent": "Nobody has said anything about your circle for three days, and it is not ready: I have closed it. Nothing was ordered.",
        "moved_deposit_paid": "{name}: {noun} is paid and with the tailor.", "moved_fitting_shown": "{name}: {noun} is ready for fitting.",
        "moved_ready_shown": "{name}: {noun} is ready.", "moved_handed_over": "{name}: {noun} is handed over.",
        "moved_cancelled": "{name}: {noun} is cancelled. The others go on at the same price.",
        "yours_ready_shown": "Your {garment} is ready; {payer} takes it over from the tailor.",
        "yours_cancelled": "{payer}'s part of the circle is cancelled, and your {garment} with it. You can order by yourself: *find a tailor*.",
        "not_allowed_not_open": "The circle is closed already.",
        "not_allowed_too_few": "A circle needs two pieces that are ready. Send *my circle* to see what is missing.",
        "not_allowed_tailor_silent": "{tailor} has not agreed yet. As soon as there is a yes you can close.",
        "not_allowed_lot_total_out_of_range": "{payer}'s part would come to more than GHS 10,000. Please share it among two.",
        "not_allowed_too_slow": "A garment needs {days} days and cannot be ready for the event any more. Please choose another one.",
    }  # fmt: skip

    @dataclass
    class Memory:
        circle_id: int = 0
        seen: list[int] = field(default_factory=list)  # the pieces she was shown

    def ask_sure(self) -> None:
        circle = Circle.by_id(self.db, self.memory.circle_id)
        ready = Item.ready(self.db, circle.id)
        if len(ready) < rules.FEWEST or not circle.is_open:
            self.refuse(NotAllowed("too_few" if circle.is_open else "not_open"))
            self.cannot()
            return
        self.memory.seen = [item.id for item in ready]
        priced = price(self.db, circle, ready)
        saved = sum(p.discount for p in priced)
        self.ask_yes_no(
            "sure", count=len(ready), total=ghs(sum(p.total for p in priced)), off=self.line("off", amount=ghs(saved)) if saved else "",
            payers=self._payers(priced), without=self._without(circle),
        )  # fmt: skip

    def hear_sure(self) -> None:
        if not self.said_yes():
            self.say("stays_open")
            self.not_now()
            return
        circle = Circle.by_id(self.db, self.memory.circle_id, lock=True)
        out = self._not_ready(circle)
        if circle.is_open and self.memory.seen != [i.id for i in Item.ready(self.db, circle.id)]:
            return  # somebody came or left meanwhile: she is asked again
        try:
            orders = circle.close(self.db, self.now)
        except NotAllowed as refusal:
            self.refuse(refusal)
            self.cannot()
            return
        self.say("closed")
        self._tell_all(circle, orders, out)
        self.closed()

    # -- what time brings

    def on_circle_closing(self, facts: dict[str, Any]) -> None:
        """The last day is over: it goes on without the silent ones, or waits a day for a tailor's word."""
        circle = Circle.by_id(self.db, facts["circle_id"], lock=True)
        if not circle.is_open:
            return
        out, without = self._not_ready(circle), self._without(circle)
        try:
            orders = circle.close(self.db, self.now)
        except NotAllowed as refusal:
            self._not_closed(circle, refusal)
        else:
            self.tell(self.person.id, "closed_by_time", count=len(Item.of(self.db, circle.id, "ordered")), without=without)
            self._tell_all(circle, orders, out)

    def on_circle_reminder(self, facts: dict[str, Any]) -> None:
        """A day before it closes, those who are not ready hear what is missing."""
        circle = Circle.by_id(self.db, facts["circle_id"])
        who = circle.coordinator(self.db).first_name
        for item in self._not_ready(circle) if circle.is_open else []:
            lacks = self.line(f"lacks_{item.lacks(self.db)}")
            self.tell(item.keeper_id, "reminder", who=who, day=f"{circle.closes_at:%a} {circle.closes_at.day} {circle.closes_at:%b}", lacks=lacks)

    def on_circle_silent(self, facts: dict[str, Any]) -> None:
        """Three days without a word, and it could not be ordered: a draft ends."""
        circle = Circle.by_id(self.db, facts["circle_id"], lock=True)
        ready = Item.ready(self.db, circle.id)
        if circle.state in ("draft", "open") and len(ready) < rules.FEWEST and self.now - circle.said_at >= rules.DRAFT_LIFE:
            self._end(circle, "silent")

    def on_circle_unpaid(self, facts: dict[str, Any]) -> None:
        """A day after closing the coordinator hears whose deposit is open; reminders go to the payers themselves."""
        late = [o for o in Order.of_circle(self.db, facts["circle_id"]) if o.state == "PENDING_DEPOSIT" and o.customer_id != self.person.id]
        if late:
            self.tell(self.person.id, "unpaid", names=", ".join(o.customer(self.db).first_name for o in late))

    def on_circle_moved(self, facts: dict[str, Any]) -> None:
        """An order of the circle moved: one short line, unless it is her own, of which she hears anyway."""
        order = Order.by_id(self.db, facts["order_id"])
        if order.customer_id != self.person.id:
            name = order.customer(self.db).first_name
            self.tell(self.person.id, f"moved_{facts['news']}", name=name, noun=order.noun(self.db))
        for item in Item.of_order(self.db, order.id) if facts["news"] in ("ready_shown", "cancelled") else []:
            garment = item.garment(self.db)
            if garment and item.own and item.keeper_id not in (order.customer_id, self.person.id):
                payer = order.customer(self.db).first_name
                self.tell(item.keeper_id, f"yours_{facts['news']}", payer=payer, garment=garment.label.lower())

    # -- private

    def _not_closed(self, circle: Circle, refusal: NotAllowed) -> None:
        if refusal.reason == "too_few" or self.today >= rules.last_closing(circle.event_on):
            self._end(circle, "time_over")
            return
        circle.postpone(self.db, self.now)
        if refusal.reason == "tailor_silent":
            self.tell(self.person.id, "time_tailor", tailor=refusal.values["tailor"])
        else:
            self.tell(self.person.id, "time_stuck", why=self.line(f"not_allowed_{refusal.reason}", **refusal.values))

    def _end(self, circle: Circle, key: str) -> None:
        for person_id in sorted({i.keeper_id for i in circle.end(self.db)} - {self.person.id}):
            self.tell(person_id, "time_member", who=self.person.first_name)
        self.tell(self.person.id, key)

    def _tell_all(self, circle: Circle, orders: list[Order], out: list[Item]) -> None:
        """Each payer reads her part and is asked for the deposit; who is paid for, and who is left out, hears so."""
        who = circle.coordinator(self.db).first_name
        for order in orders:
            self.tell(order.customer_id, "part", who=who, **self._part(circle, order))
            self.invite(order.customer_id, "pay", once=f"pay:{order.id}:deposit", order_id=order.id)
            for item in Item.of_order(self.db, order.id):
                garment = item.garment(self.db)
                if item.own and item.keeper_id != order.customer_id and garment:
                    self.tell(item.keeper_id, "paid_by", who=who, payer=order.customer(self.db).first_name, garment=garment.label.lower())
        for person_id in sorted({i.keeper_id for i in out} - {self.person.id}):
            self.tell(person_id, "left_out", who=who)

    def _part(self, circle: Circle, order: Order) -> dict[str, Any]:
        count = len(Item.of(self.db, circle.id, "ordered"))
        pieces = Piece.of(self.db, order.id)
        same_tailor = [i for i in Item.of(self.db, circle.id, "ordered") if (o := i.offer(self.db)) and o.tailor_id == order.tailor_id]
        percent = rules.percent(len(same_tailor))
        rows = [
            self.line("row", name=item.name, garment=piece.noun(self.db), total=ghs(piece.total))
            for item, piece in zip(Item.of_order(self.db, order.id), pieces, strict=True)
        ]
        off = self.line("off_some", percent=percent) if percent else self.line("off_nothing")
        return {"count": count, "off": off, "rows": "\n".join(rows), "total": ghs(order.total)}

    def _payers(self, priced: list[Priced]) -> str:
        """Who pays how much: of members' own pieces the coordinator may know the price, not the measurements."""
        sums: dict[int, list[int]] = {}
        for row in priced:
            sums.setdefault(row.item.payer_id, []).append(row.total)
        told = [
            (Person.by_id(self.db, payer).first_name, self.line("count_one") if len(t) == 1 else self.line("count", n=len(t)), ghs(sum(t)))
            for payer, t in sums.items()
        ]
        return "\n".join(self.line("payer", name=name, pieces=pieces, total=total) for name, pieces, total in told)

    def _not_ready(self, circle: Circle) -> list[Item]:
        return [i for i in Item.of(self.db, circle.id, "joined", "agreed") if not i.is_ready(self.db)]

    def _without(self, circle: Circle) -> str:
        names = ", ".join(item.name for item in self._not_ready(circle))
        return self.line("without", names=names) if names else ""

    def subject(self) -> str:
        return str(self.memory.circle_id or "")

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        """An old yes orders nothing: it shows how the circle stands."""
        return "circles", {}
