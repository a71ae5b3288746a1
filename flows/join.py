"""A member joins a circle: the garment, the measurements, who pays, yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import Flow, Option, Scene
from bot.rules import NotAllowed, days, measurements, numbering
from bot.rules import circle as rules
from bot.rules.money import ghs
from bot.understand import NotUnderstood
from models.circle import Circle
from models.circle_item import Item
from models.garment import Garment
from models.person import Person
from models.profile import Profile
from models.tailor import Offer, Tailor

BUTTON = 20


class Join(Flow):
    """From a code to one agreed piece of a circle."""

    starts_with = ("join",)
    states = ("code", "garment", "measures", "payer", "agree")
    transitions = (
        ("came_in", "code", "garment"),
        ("not_open", "code", "done"),
        ("known_already", "code", "done"),
        ("garment_chosen", "garment", "measures"),
        ("nothing_to_choose", "garment", "done"),
        ("measured", "measures", "payer"),
        ("put_off", "measures", "payer"),
        ("payer_settled", "payer", "agree"),
        ("reconsidered", "agree", "garment"),
        ("agreed", "agree", "done"),
    )
    says = {
        "code": "What is the code? It looks like *JOIN-7K3Q*.",
        "code_unknown": "I know no circle with that code. Please look at it once more, letter by letter: it looks like *JOIN-7K3Q*.",
        "hint_code": "For example *JOIN-7K3Q*. Whoever invited you has it.",
        "closed": "The circle of {who} is closed, I am sorry. You can still order by yourself: *find a tailor*.",
        "not_yet": "The circle of {who} is not open yet: the tailor must agree first. Please try again tomorrow.",
        "welcome": "Welcome to {who}'s circle: {event} on {day}.",
        "garment": "What shall be sewn{for_whom}?", "for_whom": " for {name}",
        "hint_garment": "Send the number of a garment.",
        "about": "{price} · {tailor}",
        "nothing": "No tailor of the circle can sew anything in time now. I tell {who}.",
        "nothing_own": "No tailor of the circle can sew anything in time now. Send *my circle* and ask another tailor.",
        "who_nothing": "{name} found nothing to choose in your circle: send *my circle* and ask another tailor.",
        "measures": "For a {garment} the tailor needs {count} measurements{for_whom}. Shall we take them now? It takes two minutes.",
        "measures_later": "Later", "measures_now": "Take them now",
        "hint_measures": "Send 1 to take them now, 2 for later.",
        "later_said": "Good. Send *my circle* as soon as you have a tape, or let somebody else give them.",
        "payer": "Who pays for it?",
        "payer_me": "I pay", "hint_payer": "Send a number or a name.",
        "asked_payer": "I ask {name}. Until there is a yes, it is yours to pay.",
        "agree": "*{garment}{for_whom}* by {tailor}, {payer}.\nAt most *{most}*{cloth}; the more we are, the less: "
        "15 % off the work from 3 pieces, 20 % from 6, 25 % from 10. The price is settled when the circle closes on {closing}.\n\nIs that right?",
        "cloth_own": ", with cloth you bring", "cloth_tailor": ", cloth included", "cloth_shared": ", the shared cloth included",
        "payer_is_me": "you pay", "payer_is": "{name} pays",
        "hint_agree": "Send *yes*, or *change* for another garment.",
        "changing": "Another garment",
        "agreed": "You are in! I tell you when the circle closes. Send *my circle* to change anything.",
        "agreed_lacks": "Noted! Only the measurements are missing: send *my circle*.",
        "who_agreed": "{name}: {garment}. {ready} of {all} are ready.",
        "who_came": "{name} has joined your circle.",
        "given": "{by} gave measurements for you:\n{list}\nSomething wrong? Send *my measurements*.",
        "given_other": "{by} gave measurements for {name}:\n{list}\nSomething wrong? Send *measurements for {name}*.",
        **dict.fromkeys(
            ("left_garment", "left_measures", "left_payer", "left_agree"), "All right, later. Send *my circle* to go on, or *leave circle*."
        ),
        "wedding": "wedding", "funeral": "funeral", "naming": "naming ceremony", "festival": "festival", "church": "church", "reunion": "reunion",
        "birthday": "birthday", "other": "event",
        "row": "{label}: {value}",
        "not_allowed_not_open": "The circle is closed already.",
        "not_allowed_circle_full": "The circle is full: {most} pieces are the most.",
        "not_allowed_too_slow": "That garment needs {days} days and would not be ready in time. Please choose another one.",
        "not_allowed_total_out_of_range": "That garment costs too little or too much for one order. Please choose another one.",
    }  # fmt: skip

    @dataclass
    class Memory:
        code: str = ""
        circle_id: int = 0
        item_id: int = 0
        typo: bool = False

    def opened_with(self, text: str) -> None:
        self.memory.code = numbering.read_circle_code(text) or ""
        self.memory.typo = not self.memory.code and text.startswith("join ")

    # -- coming in

    def ask_code(self) -> None:
        circle = self._circle()
        if circle is None:
            self.ask("code_unknown" if self.memory.code or self.memory.typo else "code")
            return
        who = circle.coordinator(self.db).first_name
        known = Item.own_of(self.db, circle.id, self.person.id)
        if not circle.is_open:
            self.say("not_yet" if circle.state == "draft" else "closed", who=who)
            self.not_open()
        elif known and known.offer_id and not self.memory.item_id:
            self.known_already()
            self.hand_over_to("circles", circle_id=circle.id)
        else:
            self._come_in(circle, is_new=known is None)

    def hear_code(self) -> None:
        text = self.text if "join" in self.text.lower() else f"join {self.text}"
        code = numbering.read_circle_code(text)
        if code is None:
            raise NotUnderstood("no_code")
        self.memory.code = code

    # -- what, how big, who pays

    def ask_garment(self) -> None:
        circle = self._circle()
        assert circle
        options = self._garments(circle)
        if not options:
            who = circle.coordinator(self.db)
            self.say("nothing_own" if who.id == self.person.id else "nothing", who=who.first_name)
            if who.id != self.person.id:
                self.tell(who.id, "who_nothing", name=self._item().name)
            self.nothing_to_choose()
            return
        self.ask("garment", options, for_whom=self._for_whom())

    def hear_garment(self) -> None:
        offer = Offer.by_id(self.db, int(self.choice()))
        circle, item = self._locked(), self._item()
        garment = Garment.named(self.db, offer.garment)
        rules.check_garment(garment.days, circle.closes_at.date(), circle.event_on)
        rules.most(garment, offer.price, fabric=circle.fabric)
        if item.offer_id != offer.id and circle.payer == "own":
            item.payer_id = item.keeper_id  # who promised to pay did so for another garment
        item.choose(offer)
        self.garment_chosen()

    def ask_measures(self) -> None:
        item = self._item()
        garment = item.garment(self.db)
        assert garment
        if item.is_measured(self.db):
            self.measured()
            return
        count = len(measurements.missing(garment.name, Profile.by_id(self.db, item.profile_id).values(self.db)))
        options = [("now", self.line("measures_now")), ("later", self.line("measures_later"))]
        self.ask("measures", options, garment=garment.label.lower(), count=count, for_whom=self._for_whom())

    def hear_measures(self) -> None:
        item = self._item()
        if self.choice() == "now":
            garment = item.garment(self.db)
            assert garment
            self.call("measure", garment=garment.name, profile_id=0 if item.own else item.profile_id)
        else:
            self.say("later_said")
            self.put_off()

    def after_measure(self, memory: dict[str, object]) -> None:
        if Item.by_id(self.db, self.memory.item_id).is_measured(self.db):
            self.measured()

    def ask_payer(self) -> None:
        circle, item = self._circle(), self._item()
        assert circle
        others = [i for i in Item.of(self.db, circle.id) if i.own and i.keeper_id != self.person.id]
        if circle.payer == "one" or not item.own or not others:
            self.payer_settled()
        else:
            self.ask("payer", [("me", self.line("payer_me")), *((str(i.keeper_id), i.name[:BUTTON]) for i in others)])

    def hear_payer(self) -> None:
        wish, item = self.choice(), self._item()
        if wish != str(item.payer_id):
            self._locked()
            item = self._item()
            item.payer_id = item.keeper_id
        if wish not in ("me", str(item.payer_id)):
            name = next(i.name for i in Item.of(self.db, item.circle_id) if i.own and i.keeper_id == int(wish))
            self.invite(int(wish), "sponsor", once=f"sponsor:{item.id}:{self.now.isoformat()}", item_id=item.id)
            self.say("asked_payer", name=name)
        self.payer_settled()

    # -- yes

    def ask_agree(self) -> None:
        circle, item = self._circle(), self._item()
        offer, garment = item.offer(self.db), item.garment(self.db)
        assert circle and offer and garment
        mine = item.payer_id == self.person.id
        payer = self.line("payer_is_me") if mine else self.line("payer_is", name=Person.by_id(self.db, item.payer_id).first_name)
        options = [("yes", self.line("yes")), ("change", self.line("changing"))]
        self.ask(
            "agree", options, garment=garment.label, for_whom=self._for_whom(), tailor=Tailor.by_id(self.db, offer.tailor_id).business, payer=payer,
            most=ghs(rules.most(garment, offer.price, fabric=circle.fabric)), cloth=self.line(f"cloth_{circle.fabric}"),
            closing=days.spoken(circle.closes_at.date(), self.today),
        )  # fmt: skip

    def hear_agree(self) -> None:
        if self._wants_another():
            self.reconsidered()
            return
        circle, item = self._locked(), self._item()
        if item.offer_id is None:
            self.reconsidered()  # its tailor has declined meanwhile
            return
        item.agree()
        self.say("agreed" if item.is_measured(self.db) else "agreed_lacks")
        self._tell_coordinator(circle, item)
        self.agreed()

    def on_circle_measured(self, facts: dict[str, Any]) -> None:
        """Somebody else gave her measurements, or those of whom she speaks for: she is shown them, in her own chat."""
        item = Item.by_id(self.db, facts["item_id"])
        values = Profile.by_id(self.db, item.profile_id).values(self.db)
        named = [(measurements.label(n).capitalize(), measurements.show(values[n], n)) for n in measurements.FIELDS if n in values]
        rows = "\n".join(self.line("row", label=label, value=value) for label, value in named)
        key = "given" if item.own else "given_other"
        self.tell(self.person.id, key, by=Person.by_id(self.db, facts["by"]).first_name, name=item.name, list=rows)

    # -- private

    def _come_in(self, circle: Circle, *, is_new: bool) -> None:
        """Coming twice is coming once."""
        if not self.memory.item_id:
            circle = Circle.by_id(self.db, circle.id, lock=True)
            self.memory.item_id = circle.join(self.db, self.person, self.now).id
            circle.touch(self.db, self.now)
        self.memory.circle_id = circle.id
        if is_new and circle.coordinator_id != self.person.id:
            who, day = circle.coordinator(self.db).first_name, days.spoken(circle.event_on, self.today)
            self.say("welcome", who=who, event=self.line(circle.event), day=day)
            self.tell(circle.coordinator_id, "who_came", name=self.person.first_name)
        self.came_in()

    def _garments(self, circle: Circle) -> list[Option]:
        """What can still be sewn in time, with its price and tailor."""
        rows: list[Option] = []
        for offer in circle.offers(self.db):
            garment = Garment.named(self.db, offer.garment)
            try:
                rules.check_garment(garment.days, circle.closes_at.date(), circle.event_on)
            except NotAllowed:
                continue
            about = self.line("about", price=ghs(offer.price), tailor=Tailor.by_id(self.db, offer.tailor_id).business)
            rows.append((str(offer.id), garment.label, about))
        return rows

    def _tell_coordinator(self, circle: Circle, item: Item) -> None:
        garment, items = item.garment(self.db), Item.of(self.db, circle.id)
        if circle.coordinator_id != self.person.id and garment:
            ready = sum(i.is_ready(self.db) for i in items)
            self.tell(circle.coordinator_id, "who_agreed", name=item.name, garment=garment.label.lower(), ready=ready, all=len(items))

    def _wants_another(self) -> bool:
        try:
            return self.choice() == "change"
        except NotUnderstood:
            return not self.said_yes()

    def _locked(self) -> Circle:
        circle = Circle.by_id(self.db, self.memory.circle_id or self._item().circle_id, lock=True)
        if not circle.is_open:
            raise NotAllowed("not_open")
        circle.touch(self.db, self.now)
        return circle

    def _circle(self) -> Circle | None:
        if self.memory.circle_id:
            return Circle.by_id(self.db, self.memory.circle_id)
        return Circle.coded(self.db, self.memory.code) if self.memory.code else None

    def _item(self) -> Item:
        """As it stands now: another person may have changed who pays. Raises NotAllowed when it is in no circle any more, which ends the talk."""
        item = Item.by_id(self.db, self.memory.item_id)
        if item.state not in ("joined", "agreed"):
            raise NotAllowed("not_open")
        return item

    def _for_whom(self) -> str:
        item = self._item()
        return "" if item.own else self.line("for_whom", name=item.name)

    def subject(self) -> str:
        return str(self.memory.item_id or self.memory.circle_id or "")

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "circles", {}
