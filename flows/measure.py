"""Taking measurements: one at a time, with how to measure; nothing is saved before a read-back and a yes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.flow import Flow
from bot.rules import NotAllowed, measurements
from bot.understand import NotUnderstood, Said, length
from models.garment import Garment
from models.profile import Profile


class Measure(Flow):
    """Asks for the measurements a garment needs, reads them back, saves them on yes."""

    starts_with = ("my measurements", "measurements", "measure", "measure me")
    states = ("garment", "value", "doubt", "check", "correction")
    transitions = (
        ("garment_chosen", "garment", "value"),
        ("nothing_missing", "garment", "check"),
        ("doubted", "value", "doubt"),
        ("settled", "doubt", "value"),
        ("settled_last", "doubt", "check"),
        ("all_given", "value", "check"),
        ("corrected", "check", "check"),
        ("doubted_again", "check", "doubt"),
        ("found_wrong", "check", "correction"),
        ("put_right", "correction", "check"),
        ("doubted_too", "correction", "doubt"),
        ("confirmed", "check", "done"),
    )
    says = {
        "garment": "Measurements for which garment?",
        "hint_garment": "For example *kaftan*.",
        "value": "Step {step} of {steps} · *{label}*\n{how}\nInches or cm, for example *32½* or *82 cm*.{or_else}",
        "or_else": " (Or, for short sleeves or another length, say its name: *{other} 10*.)",
        "hint_value": "Just the number, for example *32½*, *32.5 inches* or *82 cm*.",
        "doubt": "*{label}: {value}*. That is unusual. Is it right?",
        "hint_doubt": "Please answer *yes* or *no*.",
        "again": "Then let us take it again.",
        "noted": "{label}: {value}.",
        "check": "Please check:\n{list}{odd}\n\nIs all of it right? If one is wrong, just write it, like *waist is 33*.",
        "odd": "\n\n({first} looks {size} beside {second}: please look at these two again.)",
        "hint_check": "Answer *yes*, or write the wrong one with its value: *waist is 33*.",
        "correction": "Which one is wrong? Write it with its value, like *waist is 33*.",
        "hint_correction": "The name and the value, for example *waist is 33*.",
        "kept": "Good, they stay as they are.",
        "saved": "Saved. You can change them any time with *my measurements*.",
        "not_allowed_impossible": "{label} {value} cannot be a body measurement. Please measure once more.",
        "not_allowed_out_of_range": "That cannot be a body measurement. Please measure once more.",
        "not_allowed_unknown_value": "No hurry: take a tape and measure as I describe, or send *agent* and a person will help.",
        "not_allowed_size_label": "A size like M or L is too little for a tailor: I need the number on the tape.",
        "not_allowed_other_person": "I keep your own measurements here. For somebody else, please send *agent*.",
        "row": "{label}: {value}",
    }

    @dataclass
    class Memory:
        garment: str = ""
        values: dict[str, int] = field(default_factory=dict)  # millimetres, not yet confirmed
        doubtful: list[object] = field(default_factory=list)  # field, millimetres
        saved: bool = False

    def ask_garment(self) -> None:
        if self.memory.garment:
            self._open_garment()
        else:
            self.ask("garment", [(g.name, g.label) for g in Garment.all(self.db)])

    def hear_garment(self) -> None:
        self.memory.garment = self.choice()
        self._open_garment()

    def ask_value(self) -> None:
        missing = self._missing()
        asked = missing[0]
        steps = len(measurements.required(self.memory.garment))
        other = self.line("or_else", other=measurements.label(asked[1])) if len(asked) > 1 else ""
        how = measurements.how_to(asked[0])
        self.ask("value", step=steps - len(missing) + 1, steps=steps, label=measurements.label(asked[0]).capitalize(), how=how, or_else=other)

    def hear_value(self) -> None:
        said = self._said(self._missing()[0][0])
        if self._doubtful(said.field, said.mm):
            self.doubted()
        else:
            self._take(said.field, said.mm)
            if not self._missing():
                self.all_given()

    def ask_doubt(self) -> None:
        name, mm = self._pending()
        self.ask_yes_no("doubt", label=measurements.label(name).capitalize(), value=measurements.show(mm, name))

    def hear_doubt(self) -> None:
        name, mm = self._pending()
        if self.said_yes():
            self._take(name, mm)
        else:
            self.memory.values.pop(name, None)
            self.say("again")
        self.memory.doubtful = []
        self.settled() if self._missing() else self.settled_last()

    def ask_check(self) -> None:
        values = self._all()
        used = list(measurements.cut_values(self.memory.garment, values))
        rows = "\n".join(self.line("row", label=measurements.label(n).capitalize(), value=measurements.show(values[n], n)) for n in used)
        odd = [
            self.line("odd", first=measurements.label(c.first).capitalize(), second=measurements.label(c.second), size=c.size)
            for c in measurements.contradictions({n: values[n] for n in used})[:1]
        ]
        self.ask_yes_no("check", list=rows, odd="".join(odd))

    def hear_check(self) -> None:
        try:
            right = self.said_yes()
        except NotUnderstood:
            self._correct(self.corrected, self.doubted_again)
            return
        if not right:
            self.found_wrong()
            return
        values = dict(self.memory.values)
        if values:
            Profile.own(self.db, self.person.id).measured(
                self.db, values, source="text", said_by=self.person.id, inbox_id=self.scene.inbox_id, now=self.now
            )
        self.memory.saved = True
        self.say("saved" if values else "kept")
        self.confirmed()

    def ask_correction(self) -> None:
        self.ask("correction")

    def hear_correction(self) -> None:
        self._correct(self.put_right, self.doubted_too)

    # -- private

    def _open_garment(self) -> None:
        self.garment_chosen() if self._missing() else self.nothing_missing()

    def _said(self, asked: str) -> Said:
        """One measurement; what is understood and of no use to a tailor is answered, not asked again in other words."""
        try:
            return length(self.text, asked)
        except NotUnderstood as unclear:
            if f"not_allowed_{unclear.reason}" in self.says:
                raise NotAllowed(unclear.reason) from None
            raise

    def _correct(self, taken: Callable[[], bool], doubted: Callable[[], bool]) -> None:
        """ "waist is 33": one value alone."""
        said = self._said("")
        if self._doubtful(said.field, said.mm):
            doubted()
        else:
            self._take(said.field, said.mm)
            taken()

    def _doubtful(self, name: str, mm: int) -> bool:
        profile = Profile.own(self.db, self.person.id)
        verdict = measurements.check(name, mm, profile.sex if profile.sex in ("m", "f") else None)  # type: ignore[arg-type]
        if verdict == "impossible":
            shown = measurements.show(mm, name)
            raise NotAllowed("impossible", label=measurements.label(name).capitalize(), value=shown)
        if verdict == "doubtful":
            self.memory.doubtful = [name, mm]
        return verdict == "doubtful"

    def _take(self, name: str, mm: int) -> None:
        self.memory.values[name] = mm
        self.say("noted", label=measurements.label(name).capitalize(), value=measurements.show(mm, name))

    def _pending(self) -> tuple[str, int]:
        name, mm = self.memory.doubtful
        return str(name), int(str(mm))

    def _all(self) -> dict[str, int]:
        return Profile.own(self.db, self.person.id).values(self.db) | self.memory.values

    def _missing(self) -> tuple[tuple[str, ...], ...]:
        return measurements.missing(self.memory.garment, self._all())
