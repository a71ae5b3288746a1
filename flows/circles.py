"""How a circle stands: the coordinator sees who wants what and what is missing, a member sees her own; both see what they can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import Flow, Scene
from bot.rules import NotAllowed, days
from bot.rules import circle as rules
from models.circle import Circle
from models.circle_item import Item
from models.order import Order
from models.person import Person
from models.tailor import Tailor
from models.vote import Vote

BUTTON = 24


class Circles(Flow):
    """Shows a circle and leads to what can be done with it."""

    starts_with = ("my circle", "circle", "circles", "my circles", "my family order", "my group order")
    fleeting = True
    states = ("which", "action", "tailor")
    transitions = (
        ("chosen", "which", "action"),
        ("none_there", "which", "done"),
        ("another_wanted", "which", "done"),
        ("left", "action", "done"),
        ("acted", "action", "done"),
        ("tailor_wanted", "action", "tailor"),
        ("tailor_asked", "tailor", "action"),
    )
    says = {
        "which": "Which circle?", "hint_which": "Send the number of a circle.",
        "new": "Open another one",
        "action": "*{event}, {day}* · {who}'s circle\n{stand}\n{rows}",
        "hint_action": "Tap what you want to do, or send *menu*.",
        "row": "{n}. {name}{payer}: {garment} · {state}", "pays": " ({name} pays)",
        "nobody": "Nobody has joined yet.", "no_garment": "not chosen",
        "stand_draft": "Waiting for {tailors} to agree; nobody can join yet.", "stand_alone": "No tailor yet: ask another one.",
        "stand_open": "{ready} of {all} ready · {off}\nCloses {closing}, 18:00 · code JOIN-{code}{unanswered}",
        "stand_ordered": "Ordered.",
        "off_now": "{percent} % off now", "off_none": "no discount yet", "off_next": ", {more} more for {next} %",
        "unanswered": "\nStill to answer: {tailors}.",
        "lacks_garment": "nothing chosen", "lacks_measures": "measurements missing", "lacks_word": "not confirmed", "lacks_": "ready",
        "state_PENDING_DEPOSIT": "deposit open", "state_DEPOSIT_PAID": "paid, tailor asked", "state_ACCEPTED": "accepted",
        "state_IN_PROGRESS": "in work", "state_READY_FOR_FITTING": "fitting", "state_FITTING_APPROVED": "2nd part open",
        "state_COMPLETING": "being finished", "state_READY_FOR_DELIVERY": "ready", "state_DELIVERED": "handed over",
        "state_COMPLETED": "done", "state_DISPUTED": "with our people", "state_CANCELLED": "cancelled", "state_REFUNDED": "refunded",
        "state_handed": "handed over",
        "invite": "Invitation", "own": "My own piece", "add": "Add somebody", "add_about": "a child, or somebody without a phone",
        "measures": "Measurements", "measures_about": "of several people at once, in one voice note or text",
        "my_measures": "My measurements", "vote": "Vote", "settle": "Close and order", "another": "Another tailor", "off": "Call it off",
        "leave": "Leave the circle", "ballot": "Vote", "orders": "My orders", "menu": "Menu",
        "tailor": "Who else shall sew? Tap one.", "hint_tailor": "Send the number of a tailor.",
        "asked": "I ask {tailor}. What can be chosen from {tailor} is on the list at once.",
        "forward": "*{event}, {day}*: our clothes from {tailors}\nJoin until {closing}: tap {link} or scan this picture, and send "
        "*JOIN-{code}*.{names}\n"
        "You write with the helper in private; nobody sees your measurements but the tailor.",
        "names": "\nAlready in: {names}.",
        "wedding": "Wedding", "funeral": "Funeral", "naming": "Naming ceremony", "festival": "Festival", "church": "Church",
        "reunion": "Reunion", "birthday": "Birthday", "other": "Family order",
    }  # fmt: skip

    @dataclass
    class Memory:
        circle_id: int = 0

    def ask_which(self) -> None:
        mine = Circle.of_person(self.db, self.person.id, self.today)
        if self.memory.circle_id or len(mine) == 1:
            self.memory.circle_id = self.memory.circle_id or mine[0].id
            self.chosen()
        elif not mine:
            self.none_there()
            self.hand_over_to("circle", for_good=True)
        else:
            rows = [(str(c.id), f"{self.line(c.event)} {c.event_on:%d %b}"[:BUTTON], c.coordinator(self.db).first_name) for c in mine]
            self.ask("which", [*rows, ("new", self.line("new"), "")])

    def hear_which(self) -> None:
        wish = self.choice()
        if wish == "new":
            self.another_wanted()
            self.hand_over_to("circle")
        else:
            self.memory.circle_id = int(wish)
            self.chosen()

    def ask_action(self) -> None:
        circle = self._circle()
        items = Item.of(self.db, circle.id)
        if not self._leads(circle):
            items = [i for i in items if i.keeper_id == self.person.id]
        rows = "\n".join(self._row(n, item) for n, item in enumerate(items, 1)) or self.line("nobody")
        who, day = circle.coordinator(self.db).first_name, days.spoken(circle.event_on, self.today)
        options = [(o, self.line(o), self.line(f"{o}_about") if f"{o}_about" in self.says else "") for o in self._options(circle)]
        self.ask("action", options, event=self.line(circle.event), day=day, who=who, stand=self._stand(circle), rows=rows)

    def hear_action(self) -> None:
        wish, circle = self.choice(), self._circle()
        if wish == "menu":
            self.left()
            self.hand_over_to("menu")
        elif wish not in self._options(circle):
            raise NotAllowed("not_now")
        elif wish == "invite":
            self._invite(circle)
        elif wish == "another":
            self.tailor_wanted()
        elif wish == "measures":
            self.call("measure", circle_id=circle.id)
        else:
            self.acted()
            self._go(wish, circle)

    def ask_tailor(self) -> None:
        known = {t.id for t in self._circle().tailors(self.db)}
        others = [t for t in Tailor.likely(self.db, self.person.id, 9) if t.id not in known]
        self.ask("tailor", [(str(t.id), t.business[:BUTTON], t.town.title()) for t in others])

    def hear_tailor(self) -> None:
        tailor = Tailor.by_id(self.db, int(self.choice()))
        circle = Circle.by_id(self.db, self.memory.circle_id, lock=True)
        if circle.state in ("draft", "open"):
            circle.ask(self.db, tailor)
            circle.touch(self.db, self.now)
            once = f"booking:{circle.id}:{tailor.id}:{self.now.isoformat()}"
            self.invite(tailor.person_id, "booking", once=once, circle_id=circle.id, tailor_id=tailor.id)
            self.say("asked", tailor=tailor.business)
        self.tailor_asked()

    # -- private

    def _go(self, wish: str, circle: Circle) -> None:
        own = Item.own_of(self.db, circle.id, self.person.id)
        if wish == "my_measures" and own:
            garment = own.garment(self.db)
            self.hand_over_to("measure", garment=garment.name if garment else "")
        elif wish == "own":
            self.hand_over_to("join", circle_id=circle.id, item_id=own.id if own else 0)
        elif wish == "orders":
            self.hand_over_to("orders")
        else:
            self.hand_over_to({"off": "leave", "add": "bring"}.get(wish, wish), circle_id=circle.id)

    def _options(self, circle: Circle) -> list[str]:
        if circle.state == "ordered":
            return ["orders", "menu"]
        if self._leads(circle):
            return [*(("invite", "own", "add", "measures", "vote", "settle") if circle.is_open else ()), "another", "off", "menu"]
        voting = ["ballot"] if Vote.open_in(self.db, circle.id) else []
        own = Item.own_of(self.db, circle.id, self.person.id)
        lacks = ["my_measures"] if own and own.lacks(self.db) == "measures" else []
        return [*lacks, "own", "add", *voting, "leave", "menu"]

    def _stand(self, circle: Circle) -> str:
        if circle.state == "ordered":
            return self.line("stand_ordered")
        silent = ", ".join(t.business for t in circle.tailors(self.db, "asked"))
        if circle.state == "draft":
            return self.line("stand_draft", tailors=silent) if silent else self.line("stand_alone")
        items = Item.of(self.db, circle.id)
        ready = [i for i in items if i.is_ready(self.db)]
        off, following = rules.percent(len(ready)), rules.next_tier(len(ready))
        told = self.line("off_now", percent=off) if off else self.line("off_none")
        told += self.line("off_next", more=following[0], next=following[1]) if following else ""
        unanswered = self.line("unanswered", tailors=silent) if silent and self._leads(circle) else ""
        closing = days.spoken(circle.closes_at.date(), self.today)
        return self.line("stand_open", ready=len(ready), all=len(items), off=told, closing=closing, code=circle.code, unanswered=unanswered)

    def _row(self, n: int, item: Item) -> str:
        """Name, garment and how far it is; never a number of anybody's body."""
        garment = item.garment(self.db)
        payer = self.line("pays", name=self._name(item.payer_id)) if item.payer_id != item.keeper_id else ""
        if item.order_id:
            order = Order.by_id(self.db, item.order_id)
            state = self.line(f"state_{order.state}")
        else:
            state = self.line(f"lacks_{item.lacks(self.db)}")
        label = garment.label.lower() if garment else self.line("no_garment")
        return self.line("row", n=n, name=item.name, payer=payer, garment=label, state=state)

    def _invite(self, circle: Circle) -> None:
        """A bubble to forward: no phone number of anybody, no measurements."""
        names = ", ".join(item.name for item in Item.of(self.db, circle.id))
        self.show(
            self.scene.links.qr(circle.code), "forward", event=self.line(circle.event), day=days.spoken(circle.event_on, self.today),
            tailors=" & ".join(t.business for t in circle.tailors(self.db)), closing=days.spoken(circle.closes_at.date(), self.today),
            link=self.scene.links.join(circle.code), code=circle.code, names=self.line("names", names=names) if names else "",
        )  # fmt: skip

    def _name(self, person_id: int) -> str:
        return Person.by_id(self.db, person_id).first_name

    def _leads(self, circle: Circle) -> bool:
        return circle.coordinator_id == self.person.id

    def _circle(self) -> Circle:
        return Circle.by_id(self.db, self.memory.circle_id)

    def subject(self) -> str:
        return str(self.memory.circle_id or "")

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        """Only a circle she is in."""
        mine = [c.id for c in Circle.of_person(scene.db, scene.person.id, scene.now.date())]
        return cls.name, {"circle_id": int(subject)} if subject.isdecimal() and len(subject) < 10 and int(subject) in mine else {}
