"""Ordering a garment from one tailor: cloth, style, date, measurements, price, yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules import NotAllowed, days, escrow, measurements, pricing
from bot.rules import order as rules
from bot.rules.money import ghs
from bot.rules.pricing import Quote
from bot.understand import NotUnderstood, day, plain
from models.garment import Garment
from models.order import Order as Placed
from models.picture import Picture
from models.piece import Piece
from models.profile import Profile
from models.tailor import Offer, Tailor, check_room

STYLE_LIMIT = 500


class Order(Flow):
    """From a chosen tailor to a confirmed order."""

    states = ("fabric", "style", "express", "day", "measures", "confirm", "change")
    listens = {"style": ("image",)}
    transitions = (
        ("fabric_chosen", "fabric", "style"),
        ("style_given", "style", "express"),
        ("style_given_no_rush", "style", "day"),
        ("express_chosen", "express", "day"),
        ("day_chosen", "day", "measures"),
        ("measured", "measures", "confirm"),
        ("declined", "confirm", "done"),
        ("placed", "confirm", "done"),
        ("reconsidered", "confirm", "change"),
        ("fabric_wanted", "change", "fabric"),
        ("style_wanted", "change", "style"),
        ("express_wanted", "change", "express"),
        ("day_wanted", "change", "day"),
        ("measured_anew", "change", "confirm"),
        ("fabric_changed", "fabric", "confirm"),
        ("style_changed", "style", "confirm"),
        ("day_changed", "day", "confirm"),
        ("day_lost", "confirm", "day"),
        ("tailor_gone", "fabric", "done"),
        ("tailor_left", "confirm", "done"),
    )
    says = {
        "fabric": "*{garment}* by *{tailor}*: {price} for the work.\nWho brings the cloth?",
        "hint_fabric": "Send 1 for your own cloth, 2 if the tailor shall buy it.",
        "own": "My own cloth", "tailor": "Tailor buys it", "tailor_about": "{price} for {yards} yards",
        "style": "How should it look? Send a photo of a style you like, or describe it in a few words.",
        "hint_style": "A photo, or words like *long sleeves, embroidery at the neck*. Send *skip* to leave it to the tailor.",
        "style_kept": "I have your photo.",
        "express": "Do you need it fast? Express costs {price} more and is ready from {day}.",
        "hint_express": "Please answer *yes* or *no*.", "hint_measures": "Please answer *yes* or *no*.",
        "day": "For which day? The earliest is {earliest}.", "hint_day": "For example *12 December* or *in 3 weeks*.",
        "measures": "I have these measurements of yours:\n{list}\n\nUse them?",
        "row": "{label}: {value}", "wearer": " for {name}",
        "confirm": "*Your order*\n{garment}{wearer} by {tailor}\nWork {work}{fabric}{express}\n*Total {total}*\nReady by {day}{style}\n\n"
        "You pay in three parts: {deposit} now, {fitting} when you have approved the fitting photo, {final} before you receive it. "
        "{hold}\n\nShall I order it?",
        "hold": "We hold your money until you have seen the work.", "hint_confirm": "Send *yes* to order, or *change*.",
        "line_fabric": "\nCloth {price}", "line_express": "\nExpress {price}", "line_own": "\nYour own cloth",
        "line_style": "\nStyle: {style}", "line_photo": "\nStyle: as on your photo",
        "changing": "Change something", "change": "What shall be different?",
        "hint_change": "Send the number of what you want to change.",
        "change_fabric": "Cloth", "change_style": "Style", "change_day": "Day", "change_measures": "Measurements",
        "declined": "All right, nothing is ordered.", "placed": "Order *{number}* is noted.",
        "gone": "{tailor} has just stopped taking orders. Let us find somebody else.",
        "style_lost": "I could not open your style photo. Before you order, *Change something* lets you send another one.",
        "style_lost_late": "I could not open the style photo you sent. The order goes on without it; send *agent* if you want to add something.",
        "not_allowed_too_soon": "That is too soon: the earliest day is {earliest}.",
        "not_allowed_no_such_day": "There is no such day. Please look at the calendar once more.",
        "not_allowed_weekday_differs": "That day is another day of the week. Which one do you mean?",
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
        profile_id: int = 0  # who will wear it; 0: herself
        editing: bool = False  # only one thing is being changed

    def ask_fabric(self) -> None:
        garment, offer, tailor = self._what()
        if not offer.open:
            self.tailor_gone()
            self._tell_gone(tailor)
            return
        cloth = pricing.quote(garment, offer.price, tailor_buys_fabric=True, express=False).fabric
        about = self.line("tailor_about", price=ghs(cloth), yards=f"{garment.yards10 / 10:g}")
        options = [("own", self.line("own"), ""), ("tailor", self.line("tailor"), about)]
        self.ask("fabric", options, garment=garment.label, tailor=tailor.business, price=ghs(offer.price))

    def hear_fabric(self) -> None:
        self.memory.fabric = self.choice()
        self._quote()
        self.fabric_changed() if self._edited() else self.fabric_chosen()

    def ask_style(self) -> None:
        self.ask("style", [("skip", self.line("skip"))])

    def hear_style(self) -> None:
        heard = self.scene.heard
        assert heard
        self.memory.style, self.memory.style_picture_id = self.text[:STYLE_LIMIT], None
        if heard.kind == "image" and heard.media:
            sequel = {"lost": "style_lost", "facts": {"offer_id": self.memory.offer_id}}
            wanted = Picture.want(self.db, self.person.id, heard.channel, heard.media.url, heard.media.content_type, sequel, self.now)
            self.memory.style_picture_id = wanted.id
            self.scene.wakes.add("pictures")
            self.say("style_kept")
        elif heard.tap or plain(self.text) == "skip" or not self.text:
            self.choice()
            self.memory.style = ""
        given = self.style_given if self._what()[2].express else self.style_given_no_rush
        self.style_changed() if self._edited() else given()

    def ask_express(self) -> None:
        garment, offer, _ = self._what()
        extra = pricing.quote(garment, offer.price, tailor_buys_fabric=False, express=True).express
        self.ask_yes_no("express", price=ghs(extra), day=days.spoken(self._earliest(True), self.today))

    def hear_express(self) -> None:
        self.memory.express = self.said_yes()
        self.express_chosen()

    def ask_day(self) -> None:
        first = self._earliest(self.memory.express)
        offered = [first, first + timedelta(days=7), first + timedelta(days=14)]
        options = [(d.isoformat(), f"{d:%a} {d.day} {d:%b}") for d in offered]
        self.ask("day", options, earliest=days.spoken(first, self.today))

    def hear_day(self) -> None:
        heard = self.scene.heard
        by_number = self.text.rstrip(".)") in ("1", "2", "3")
        wish = date.fromisoformat(self.choice()) if by_number or (heard and heard.tap) else self._named_day()
        self._check_day(wish)
        self.memory.day = wish.isoformat()
        self.day_changed() if self._edited() else self.day_chosen()

    def ask_measures(self) -> None:
        name = self._what()[0].name
        values = Profile.own(self.db, self.person.id).values(self.db)
        if measurements.missing(name, values) or Profile.family(self.db, self.person.id):
            self.call("family", garment=name)
            return
        used = measurements.cut_values(name, values)
        rows = [self.line("row", label=measurements.label(n).capitalize(), value=measurements.show(values[n], n)) for n in used]
        self.ask_yes_no("measures", list="\n".join(rows))

    def hear_measures(self) -> None:
        if self.said_yes():
            self.measured()
        else:
            self.call("family", garment=self._what()[0].name)

    def after_measure(self, memory: dict[str, Any]) -> None:
        self.memory.profile_id = memory["profile_id"]
        self.measured_anew() if self.state == "change" else self.measured()

    def ask_confirm(self) -> None:
        garment, _, tailor = self._what()
        quote = self._quote()
        parts = {stage: ghs(amount) for stage, amount in escrow.split(quote.total).items()}
        fabric = self.line("line_fabric", price=ghs(quote.fabric)) if quote.fabric else self.line("line_own")
        express = self.line("line_express", price=ghs(quote.express)) if quote.express else ""
        ready, name = days.spoken(date.fromisoformat(self.memory.day), self.today), self._profile().called
        wearer = self.line("wearer", name=name) if name else ""
        options = [("yes", self.line("yes")), ("change", self.line("changing")), ("no", self.line("no"))]
        self.ask(
            "confirm", options, garment=garment.label, wearer=wearer, tailor=tailor.business, work=ghs(quote.work), fabric=fabric, express=express,
            total=ghs(quote.total), day=ready, style=self._style_line(), hold=self.line("hold"), **parts,
        )  # fmt: skip

    def hear_confirm(self) -> None:
        wish = self.choice()
        if wish == "change":
            self.reconsidered()
        elif wish == "no":
            self.say("declined")
            self.declined()
        elif not self._what()[1].open:
            self.tailor_left()
            self._tell_gone(self._what()[2])
        else:
            self._order()

    def ask_change(self) -> None:
        self.ask("change", [(w, self.line(f"change_{w}")) for w in ("fabric", "style", "day", "measures")])

    def hear_change(self) -> None:
        wish = self.choice()
        if wish == "measures":
            self.call("family", garment=self._what()[0].name)
            return
        self.memory.editing = True
        if wish == "day":
            self.express_wanted() if self._what()[2].express else self.day_wanted()
        else:
            self.fabric_wanted() if wish == "fabric" else self.style_wanted()

    def on_style_lost(self, facts: dict[str, int]) -> None:
        """The style photo could not be opened: the order goes on without it, and the customer knows."""
        if self.memory.style_picture_id == facts["picture_id"]:
            self.memory.style_picture_id = None
            self.tell(self.person.id, "style_lost")
        else:
            self.tell(self.person.id, "style_lost_late")

    # -- private

    def _order(self) -> None:
        """Places the order; a day that was taken or has come too near meanwhile is asked for again."""
        try:
            self._check_day(date.fromisoformat(self.memory.day))
        except NotAllowed as refusal:
            self.refuse(refusal)
            self.memory.editing = True
            self.day_lost()
            return
        placed = self._place()
        self.say("placed", number=placed.number)
        self.placed()
        self.hand_over_to("pay", for_good=True, order_id=placed.id)

    def _place(self) -> Placed:
        garment, _, tailor = self._what()
        profile = self._profile()
        cuts = measurements.cut_values(garment.name, profile.values(self.db))
        piece = Piece.sewn(garment.name, self._quote(), cuts, profile_id=profile.id, who=profile.called or None)
        return Placed.place(
            self.db, customer_id=self.person.id, tailor=tailor, pieces=[piece], fabric=self.memory.fabric, style=self.memory.style,
            style_picture_id=self.memory.style_picture_id, promised_on=date.fromisoformat(self.memory.day), now=self.now,
        )  # fmt: skip

    def _named_day(self) -> date:
        try:
            return day(self.text, self.today)
        except NotUnderstood as unclear:
            if unclear.reason in ("no_such_day", "weekday_differs"):
                raise NotAllowed(unclear.reason) from None
            raise

    def _check_day(self, wish: date) -> None:
        garment, _, tailor = self._what()
        rules.check_promise(wish, self.today, days.needed(garment.days, express=self.memory.express))
        check_room(self.db, tailor, wish, self.now)

    def _edited(self) -> bool:
        """Whether only this was to be changed; said once."""
        was, self.memory.editing = self.memory.editing, False
        return was

    def _tell_gone(self, tailor: Tailor) -> None:
        self.say("gone", tailor=tailor.business)
        self.hand_over_to("browse", for_good=True)

    def _what(self) -> tuple[pricing.Garment, Offer, Tailor]:
        offer = Offer.by_id(self.db, self.memory.offer_id)
        return Garment.named(self.db, offer.garment), offer, Tailor.by_id(self.db, offer.tailor_id)

    def _quote(self) -> Quote:
        garment, offer, _ = self._what()
        return pricing.quote(garment, offer.price, tailor_buys_fabric=self.memory.fabric == "tailor", express=self.memory.express)

    def _earliest(self, express: bool) -> date:
        return rules.earliest(self.today, days.needed(self._what()[0].days, express=express))

    def _profile(self) -> Profile:
        return Profile.by_id(self.db, self.memory.profile_id) if self.memory.profile_id else Profile.own(self.db, self.person.id)

    def _style_line(self) -> str:
        if self.memory.style:
            return self.line("line_style", style=self.memory.style)
        return self.line("line_photo") if self.memory.style_picture_id else ""

    def subject(self) -> str:
        return str(self.memory.offer_id)

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        """Nothing is ordered twice: an old yes shows what was ordered."""
        return (cls.name, {"offer_id": int(subject)}) if state != "confirm" and subject.isdecimal() and len(subject) < 10 else ("orders", {})

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        return db.get(Offer, memory["offer_id"]) is not None
