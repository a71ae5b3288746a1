"""Opening a family order: the event, the day, the tailor, who pays, whose cloth, until when one can join."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.flow import Flow, Scene
from bot.rules import NotAllowed, days
from bot.rules import circle as rules
from bot.understand import NotUnderstood, choose, day
from models.circle import Circle as Opened
from models.tailor import Tailor

TAILORS = 9
BUTTON = 24


class Circle(Flow):
    """From the wish for clothes for several people to a circle that they can join."""

    starts_with = (
        "family order", "group order", "new circle", "open a circle", "wedding clothes", "family clothes", "funeral clothes", "group clothes",
        "clothes for my family", "clothes for a wedding", "clothes for the whole family",
    )
    states = ("event", "day", "tailor", "payer", "fabric", "delivery", "closing", "confirm")
    transitions = (
        ("event_told", "event", "day"),
        ("day_told", "day", "tailor"),
        ("tailor_chosen", "tailor", "payer"),
        ("payer_chosen", "payer", "fabric"),
        ("fabric_chosen", "fabric", "delivery"),
        ("delivery_chosen", "delivery", "closing"),
        ("closing_chosen", "closing", "confirm"),
        ("changed_mind", "confirm", "event"),
        ("dropped", "confirm", "done"),
        ("opened", "confirm", "done"),
    )
    says = {
        "event": "Clothes for several people? I make you a circle: everybody joins with a code from her own phone, sees only her own things, "
        "and the more you are, the less it costs. What is it for?",
        "hint_event": "For example *wedding*.",
        "wedding": "Wedding", "funeral": "Funeral", "naming": "Naming ceremony", "festival": "Festival", "church": "Church",
        "reunion": "Reunion", "birthday": "Birthday", "other": "Something else",
        "day": "On which day is it?",
        "hint_day": "For example *12 December* or *in 5 weeks*.",
        "tailor": "Who shall sew? Tap one, or type the name of another tailor.",
        "hint_tailor": "Send the number or the name of a tailor.",
        "about": "{town} · {rating}", "rated": "★ {stars}", "unrated": "new",
        "payer": "Who pays?",
        "hint_payer": "Send 1 if each pays for herself, 2 if you pay for all.",
        "payer_own": "Each pays own", "payer_one": "I pay for all",
        "fabric": "Where does the cloth come from?",
        "hint_fabric": "Send 1, 2 or 3.",
        "fabric_own": "Each brings own cloth", "fabric_tailor": "Tailor buys for each", "fabric_shared": "One lot for all",
        "fabric_shared_about": "the same cloth: all yards and 10 % more, shared by yards",
        "delivery": "Shall the tailor hand the clothes over together, or one by one as they are ready?",
        "hint_delivery": "Send 1 or 2.",
        "delivery_together": "All together", "delivery_staggered": "One by one",
        "closing": "Until which day can people join? After that I order for those who are ready, without the others.",
        "hint_closing": "For example *in 4 days*. The tailor needs time to sew.",
        "confirm": "*{event}, {day}*\n{tailor} sews · {payer} · {fabric} · {delivery}\nJoin until {closing}, 18:00\n\n"
        "Discount off the work: 15 % from 3 pieces, 20 % from 6, 25 % from 10. I ask {tailor} to agree.{near}\n\nShall I open it?",
        "near": " That day is less than two weeks away, so nobody can join before the tailor has agreed.",
        "hint_confirm": "Send *yes* to open it, or *change*.",
        "changing": "Start again",
        "dropped": "All right, nothing is opened.",
        "forward": "*{event}, {day}*: our clothes from {tailor}\nJoin until {closing}: tap {link} or scan this picture, and send *JOIN-{code}*.\n"
        "You write with the helper in private; nobody sees your measurements but the tailor.",
        "waiting": "I ask {tailor} now, and give you the invitation as soon as there is a yes.",
        "not_allowed_event_too_soon": "That is too soon to sew for several people: the earliest day is {earliest}.",
        "not_allowed_event_too_far": "That is too far away: the latest day is {latest}.",
        "not_allowed_no_such_day": "There is no such day. Please look at the calendar once more.",
        "not_allowed_weekday_differs": "That day is another day of the week. Which one do you mean?",
        "not_allowed_closing_out_of_range": "Choose a day from {earliest} to {latest}, so that there is time to sew.",
        "not_allowed_tailor_gone": "{tailor} has just stopped taking orders. Please start again with somebody else.",
    }  # fmt: skip

    @dataclass
    class Memory:
        event: str = ""
        day: str = ""  # ISO
        tailor_id: int = 0
        payer: str = ""
        fabric: str = ""
        delivery: str = ""
        closing: str = ""  # ISO

    def opened_with(self, text: str) -> None:
        """ "wedding clothes" has said what it is for."""
        word = next((e for e in rules.EVENTS if e in text.split() and e != "other"), None)
        if word:
            self.memory.event = word
            self.event_told()

    def ask_event(self) -> None:
        self.ask("event", [(e, self.line(e)) for e in rules.EVENTS])

    def hear_event(self) -> None:
        self.memory.event = self.choice()
        self.event_told()

    def ask_day(self) -> None:
        self.ask("day")

    def hear_day(self) -> None:
        self.memory.day = rules.check_event(self._day(), self.today).isoformat()
        self.day_told()

    def ask_tailor(self) -> None:
        self.ask("tailor", [(str(t.id), t.business[:BUTTON], self._about(t)) for t in Tailor.likely(self.db, self.person.id, TAILORS)])

    def hear_tailor(self) -> None:
        try:
            self.memory.tailor_id = int(self.choice())
        except NotUnderstood:
            everybody = Tailor.likely(self.db, self.person.id, 500)
            self.memory.tailor_id = everybody[choose(self.text, [t.business for t in everybody], numbered=0)].id
        self.tailor_chosen()

    def ask_payer(self) -> None:
        self.ask("payer", [(p, self.line(f"payer_{p}")) for p in rules.PAYERS])

    def hear_payer(self) -> None:
        self.memory.payer = self.choice()
        self.payer_chosen()

    def ask_fabric(self) -> None:
        rows = [(f, self.line(f"fabric_{f}"), "") for f in ("own", "tailor")]
        self.ask("fabric", [*rows, ("shared", self.line("fabric_shared"), self.line("fabric_shared_about"))])

    def hear_fabric(self) -> None:
        self.memory.fabric = self.choice()
        self.fabric_chosen()

    def ask_delivery(self) -> None:
        self.ask("delivery", [(d, self.line(f"delivery_{d}")) for d in rules.DELIVERIES])

    def hear_delivery(self) -> None:
        self.memory.delivery = self.choice()
        self.delivery_chosen()

    def ask_closing(self) -> None:
        offered = rules.closings(date.fromisoformat(self.memory.day), self.today)
        self.ask("closing", [(d.isoformat(), f"{d:%a} {d.day} {d:%b}") for d in offered])

    def hear_closing(self) -> None:
        try:
            picked = date.fromisoformat(self.choice())
        except NotUnderstood:
            picked = self._day()
        self.memory.closing = rules.check_closing(picked, date.fromisoformat(self.memory.day), self.today).isoformat()
        self.closing_chosen()

    def ask_confirm(self) -> None:
        memory, day = self.memory, date.fromisoformat(self.memory.day)
        options = [("yes", self.line("yes")), ("change", self.line("changing")), ("no", self.line("no"))]
        self.ask(
            "confirm", options, **self._spoken(), near=self.line("near") if rules.is_near(day, self.today) else "",
            payer=self.line(f"payer_{memory.payer}"), fabric=self.line(f"fabric_{memory.fabric}"), delivery=self.line(f"delivery_{memory.delivery}"),
        )  # fmt: skip

    def hear_confirm(self) -> None:
        wish = self.choice()
        if wish == "change":
            self.changed_mind()
        elif wish == "no":
            self.say("dropped")
            self.dropped()
        else:
            self._open()

    # -- private

    def _open(self) -> None:
        memory, day = self.memory, date.fromisoformat(self.memory.day)
        tailor = Tailor.by_id(self.db, memory.tailor_id)
        if tailor.busy:
            raise NotAllowed("tailor_gone", tailor=tailor.business)
        closes = rules.check_closing(date.fromisoformat(memory.closing), rules.check_event(day, self.today), self.today)
        circle = Opened.open(
            self.db, coordinator_id=self.person.id, event=memory.event, event_on=day, closes_on=closes, payer=memory.payer,
            fabric=memory.fabric, delivery=memory.delivery, tailor=tailor, now=self.now,
        )  # fmt: skip
        if tailor.person_id == self.person.id:
            circle.answer(self.db, tailor.id, True)  # she opens it for herself to sew
        else:
            self.invite(tailor.person_id, "booking", once=f"booking:{circle.id}:{tailor.id}", circle_id=circle.id, tailor_id=tailor.id)
        if circle.is_open:
            link = self.scene.links.join(circle.code)
            self.show(self.scene.links.qr(circle.code), "forward", code=circle.code, link=link, **self._spoken())
        else:
            self.say("waiting", tailor=tailor.business)
        self.opened()
        self.hand_over_to("circles", for_good=True, circle_id=circle.id)

    def _spoken(self) -> dict[str, str]:
        day, closing = (date.fromisoformat(d) for d in (self.memory.day, self.memory.closing))
        tailor = Tailor.by_id(self.db, self.memory.tailor_id).business
        return {
            "event": self.line(self.memory.event), "day": days.spoken(day, self.today), "tailor": tailor, "closing": days.spoken(closing, self.today),
        }  # fmt: skip

    def _about(self, tailor: Tailor) -> str:
        rating = self.line("rated", stars=f"{tailor.rating100 / 100:.1f}") if tailor.rating100 else self.line("unrated")
        return self.line("about", town=tailor.town.title(), rating=rating)

    def _day(self) -> date:
        try:
            return day(self.text, self.today)
        except NotUnderstood as unclear:
            if unclear.reason in ("no_such_day", "weekday_differs"):
                raise NotAllowed(unclear.reason) from None
            raise

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        """Nothing is opened twice: an old yes shows her circles."""
        return ("circles", {}) if state == "confirm" else (cls.name, {})
