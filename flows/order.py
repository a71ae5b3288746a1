"""Ordering a garment from one tailor: cloth, style, date, measurements, price, yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bot.flow import Flow
from bot.rules import days, escrow, measurements, pricing
from bot.rules import order as rules
from bot.rules.money import ghs
from bot.rules.pricing import Quote
from bot.understand import day, plain
from models.garment import Garment
from models.order import Order as Placed
from models.picture import Picture
from models.profile import Profile
from models.tailor import Offer, Tailor, check_room

STYLE_LIMIT = 500


class Order(Flow):
    """From a chosen tailor to a confirmed order."""

    states = ("fabric", "style", "express", "day", "measures", "confirm")
    listens = {"style": ("image",)}
    transitions = (
        ("fabric_chosen", "fabric", "style"),
        ("style_given", "style", "express"),
        ("style_given_no_rush", "style", "day"),
        ("express_chosen", "express", "day"),
        ("day_chosen", "day", "measures"),
        ("measured", "measures", "confirm"),
        ("reconsidered", "confirm", "fabric"),
        ("declined", "confirm", "done"),
        ("placed", "confirm", "done"),
    )
    says = {
        "fabric": "*{garment}* by *{tailor}*: {price} for the work.\nWho brings the cloth?",
        "hint_fabric": "Send 1 for your own cloth, 2 if the tailor shall buy it.",
        "own": "My own cloth", "tailor": "Tailor buys it", "tailor_about": "{price} for {yards} yards",
        "style": "How should it look? Send a photo of a style you like, or describe it in a few words.",
        "hint_style": "A photo, or words like *long sleeves, embroidery at the neck*. Send *skip* to leave it to the tailor.",
        "style_kept": "I have your photo.",
        "express": "Do you need it fast? Express costs {price} more and is ready from {day}.",
        "hint_express": "Please answer *yes* or *no*.",
        "day": "For which day? The earliest is {earliest}.",
        "hint_day": "For example *{example}* or *in 3 weeks*.",
        "measures": "I have these measurements of yours:\n{list}\n\nUse them?",
        "hint_measures": "Please answer *yes* or *no*.",
        "row": "{label}: {value}",
        "confirm": "*Your order*\n{garment} by {tailor}\nWork {work}{fabric}{express}\n*Total {total}*\nReady by {day}{style}\n\n"
        "You pay in three parts: {deposit} now, {fitting} when you have approved the fitting photo, {final} before you receive it. "
        "We hold each part until then.\n\nShall I order it?",
        "hint_confirm": "Send *yes* to order, or *change*.",
        "line_fabric": "\nCloth {price}", "line_express": "\nExpress {price}", "line_own": "\nYour own cloth",
        "line_style": "\nStyle: {style}", "line_photo": "\nStyle: as on your photo",
        "change": "Change something",
        "declined": "All right, nothing is ordered.",
        "placed": "Order *{number}* is noted.",
        "style_lost": "I could not open the style photo you sent. You can send it to me again later; {tailor} will ask.",
        "not_allowed_too_soon": "That is too soon: the earliest day is {earliest}.",
        "not_allowed_too_far": "That is too far away: the latest day is {latest}.",
    }  # fmt: skip

    @dataclass
    class Memory:
        offer_id: int = 0
        fabric: str = ""
        style: str = ""
        style_picture_id: int | None = None
        express: bool = False
        day: str = ""  # ISO

    def ask_fabric(self) -> None:
        garment, offer, tailor = self._what()
        cloth = pricing.quote(garment, offer.price, tailor_buys_fabric=True, express=False).fabric
        about = self.line("tailor_about", price=ghs(cloth), yards=f"{garment.yards10 / 10:g}")
        options = [("own", self.line("own"), ""), ("tailor", f"{self.line('tailor')}", about)]
        self.ask("fabric", options, garment=garment.label, tailor=tailor.business, price=ghs(offer.price))

    def hear_fabric(self) -> None:
        self.memory.fabric = self.choice()
        self.fabric_chosen()

    def ask_style(self) -> None:
        self.ask("style", [("skip", self.line("skip"))])

    def hear_style(self) -> None:
        heard = self.scene.heard
        assert heard
        if heard.kind == "image" and heard.media:
            sequel = {"lost": "style_lost", "facts": {"offer_id": self.memory.offer_id}}
            wanted = Picture.want(self.db, self.person.id, heard.channel, heard.media.url, heard.media.content_type, sequel, self.now)
            self.memory.style_picture_id, self.memory.style = wanted.id, self.text[:STYLE_LIMIT]
            self.scene.wakes.add("pictures")
            self.say("style_kept")
        elif heard.tap or plain(self.text) == "skip" or not self.text:
            self.choice()
            self.memory.style = ""
        else:
            self.memory.style = self.text[:STYLE_LIMIT]
        self.style_given() if self._what()[2].express else self.style_given_no_rush()

    def ask_express(self) -> None:
        garment, offer, _ = self._what()
        extra = pricing.quote(garment, offer.price, tailor_buys_fabric=False, express=True).express
        self.ask_yes_no("express", price=ghs(extra), day=days.spoken(self._earliest(True), self._today()))

    def hear_express(self) -> None:
        self.memory.express = self.said_yes()
        self.express_chosen()

    def ask_day(self) -> None:
        first = self._earliest(self.memory.express)
        offered = [first, first + timedelta(days=7), first + timedelta(days=14)]
        options = [(d.isoformat(), f"{d:%a} {d.day} {d:%b}") for d in offered]
        self.ask("day", options, earliest=days.spoken(first, self._today()))

    def hear_day(self) -> None:
        heard = self.scene.heard
        if (heard and heard.tap) or self.text in ("1", "2", "3"):
            wish = date.fromisoformat(self.choice())
        else:
            wish = day(self.text, self._today())
        garment, _, tailor = self._what()
        rules.check_promise(wish, self._today(), days.needed(garment.days, express=self.memory.express))
        check_room(self.db, tailor, wish, self.now)
        self.memory.day = wish.isoformat()
        self.day_chosen()

    def ask_measures(self) -> None:
        name = self._what()[0].name
        values = Profile.own(self.db, self.person.id).values(self.db)
        if measurements.missing(name, values):
            self.call("measure", garment=name)
            return
        used = measurements.cut_values(name, values)
        rows = [self.line("row", label=measurements.label(n).capitalize(), value=measurements.show(values[n], n)) for n in used]
        self.ask_yes_no("measures", list="\n".join(rows))

    def hear_measures(self) -> None:
        if self.said_yes():
            self.measured()
        else:
            self.call("measure", garment=self._what()[0].name)

    def after_measure(self, memory: dict[str, object]) -> None:
        if memory.get("saved"):
            self.measured()

    def ask_confirm(self) -> None:
        garment, _, tailor = self._what()
        quote = self._quote()
        parts = {stage: ghs(amount) for stage, amount in escrow.split(quote.total).items()}
        fabric = self.line("line_fabric", price=ghs(quote.fabric)) if quote.fabric else self.line("line_own")
        express = self.line("line_express", price=ghs(quote.express)) if quote.express else ""
        ready = days.spoken(date.fromisoformat(self.memory.day), self._today())
        options = [("yes", self.line("yes")), ("change", self.line("change")), ("no", self.line("no"))]
        self.ask(
            "confirm", options, garment=garment.label, tailor=tailor.business, work=ghs(quote.work), fabric=fabric, express=express,
            total=ghs(quote.total), day=ready, style=self._style_line(), **parts,
        )  # fmt: skip

    def hear_confirm(self) -> None:
        wish = self.choice()
        if wish == "change":
            self.reconsidered()
        elif wish == "no":
            self.say("declined")
            self.declined()
        else:
            placed = self._place()
            self.say("placed", number=placed.number)
            self.placed()
            self.hand_over_to("pay", order_id=placed.id)

    def on_style_lost(self, facts: dict[str, int]) -> None:
        """The style photo could not be opened: the order goes on without it, and the customer knows."""
        self.tell(self.person.id, "style_lost", tailor=Tailor.by_id(self.db, Offer.by_id(self.db, facts["offer_id"]).tailor_id).business)

    # -- private

    def _place(self) -> Placed:
        garment, _, tailor = self._what()
        values = Profile.own(self.db, self.person.id).values(self.db)
        cuts = measurements.cut_values(garment.name, values)
        return Placed.place(
            self.db, customer_id=self.person.id, tailor=tailor, garment=garment.name, quote=self._quote(), fabric=self.memory.fabric,
            style=self.memory.style, style_picture_id=self.memory.style_picture_id, promised_on=date.fromisoformat(self.memory.day),
            measures={n: {"body": c.body, "ease": c.ease, "cut": c.cut} for n, c in cuts.items()}, now=self.now,
        )  # fmt: skip

    def _what(self) -> tuple[pricing.Garment, Offer, Tailor]:
        offer = Offer.by_id(self.db, self.memory.offer_id)
        return Garment.named(self.db, offer.garment), offer, Tailor.by_id(self.db, offer.tailor_id)

    def _quote(self) -> Quote:
        garment, offer, _ = self._what()
        return pricing.quote(garment, offer.price, tailor_buys_fabric=self.memory.fabric == "tailor", express=self.memory.express)

    def _today(self) -> date:
        return self.now.date()

    def _earliest(self, express: bool) -> date:
        return rules.earliest(self._today(), days.needed(self._what()[0].days, express=express))

    def _style_line(self) -> str:
        if self.memory.style:
            return self.line("line_style", style=self.memory.style)
        return self.line("line_photo") if self.memory.style_picture_id else ""
