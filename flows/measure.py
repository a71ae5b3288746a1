"""Taking measurements, spoken or written, of the person or her family; nothing is saved before a read-back and a yes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bot.flow import Flow
from bot.messages import Reply
from bot.rules import NotAllowed, measurements, sheet
from bot.tape import Entry, Tape
from bot.understand import NotUnderstood, Reading, Value, measurements_in
from bot.understand.claims import Claim, accepted
from models.garment import Garment
from models.profile import Profile
from models.recording import Recording

NOTED_ONE_BY_ONE = 3  # more values are only read back


class Measure(Flow):
    """Takes what is said or asks one by one, reads it back by person, saves it on yes."""

    starts_with = ("my measurements", "measure me", "take my measurements")
    states = ("garment", "value", "doubt", "check", "correction")
    transitions = (
        ("garment_chosen", "garment", "value"),
        ("doubted", "garment", "doubt"),
        ("doubted", "value", "doubt"),
        ("doubted", "check", "doubt"),
        ("doubted", "correction", "doubt"),
        ("read_back", "garment", "check"),
        ("read_back", "value", "check"),
        ("read_back", "doubt", "check"),
        ("read_back", "check", "check"),
        ("read_back", "correction", "check"),
        ("more_wanted", "doubt", "value"),
        ("more_wanted", "check", "value"),
        ("nothing_left", "doubt", "garment"),
        ("found_wrong", "check", "correction"),
        ("confirmed", "check", "done"),
    )
    says = {
        "garment": "{known}For which garment is it? Or just tell me the numbers, in writing or as a voice note: *chest 40, waist 34½*.",
        "circle": "Tell me all in one voice note or message, each with the name: *Kofi chest 40, Ama bust 36*. In the circle are: {names}.",
        "known": "{whose}:\n{list}\n\n",
        "known_own": "I have these measurements of yours", "known_other": "I have these measurements of {name}",
        "hint_garment": "For example *kaftan*, or *chest 40, waist 34*.",
        "value": "Step {step} of {steps} · *{label}*{of}\n{how}\nInches or cm, for example *32½* or *82 cm*.{or_else}{aloud}",
        "of": " ({name})", "or_else": " (Or, for short sleeves or another length, say its name: *{other} 10*.)",
        "aloud": " You can also say them all in one voice note.", "hint_value": "Just the number, for example *32½*, *32.5 inches* or *82 cm*.",
        "doubt": "*{label}: {value}*{of}. That is unusual. Is it right?", "hint_doubt": "Please answer *yes* or *no*.",
        "again": "Then let us take it again.", "noted": "{label}: {value}.",
        "check": "Please check{of}:\n{list}{odd}\n\nIs all of it right? If one is wrong, just say it, like *{example}*.",
        "example": "waist is 33", "example_other": "{name}'s waist is 33",
        "person": "*{name}*{new}", "person_own": "You", "person_new": " (new)", "person_unknown": " (not in this family order, left out)",
        "odd": "\n\n({first} looks {size} beside {second}{of}: please look at these two again.)",
        "hint_check": "Answer *yes*, or tell the wrong one with its value: *waist is 33*.", "kept": "Good, they stay as they are.",
        "correction": "Which one is wrong? Tell me its name and value, like *waist is 33*.", "hint_correction": "For example *waist is 33*.",
        "saved": "Saved. You can change them any time with *my measurements*.",
        "saved_circle": "Saved for {names}. Whoever has a phone of her own hears of it.",
        "saved_nobody": "Nothing is saved: none of them is in the family order now.",
        "saved_other": "Saved for {names}. Send *measurements for {first}* to change them.",
        "moment": "Let me read that once more, one moment.", "row": "{label}: {value}", "about": "*{what}*: ",
        "which_one": "Whom do you mean: {names}? Please say the name with the numbers.",
        "ask_out_of_range": "That cannot be a body measurement. Please measure once more.",
        "ask_ambiguous_value": "I heard more than one number. Which one is it?",
        "ask_ambiguous_field": "I am not sure which measurement a number belongs to. Please say the name with it, like *waist 33*.",
        "ask_ambiguous_unit": "I am not sure about the unit. Inches, cm, or feet and inches?",
        "ask_reference_previous": "I have no earlier number for that. Please tell me the number itself.",
        "ask_relative_delta": "Please give me the whole number, as the tape shows it.",
        "ask_size_label": "A size like M or 12 is too little for a tailor: I need the numbers on the tape.",
        "ask_unknown_value": "No hurry: take a tape and measure as I describe, or send *agent* and a person will help.",
        "ask_conflict": "I heard two different numbers. Which one is right?",
        "ask_bad_unit": "That unit is not for body measurements. Please use inches or cm.",
        "not_allowed_impossible": "{label} {value} cannot be a body measurement. Please measure once more.",
    }  # fmt: skip

    @dataclass
    class Memory:
        garment: str = ""
        profile_id: int = 0  # whom it is about; 0: herself
        circle_id: int = 0  # the family order whose members may be named
        sheet: sheet.Sheet = field(default_factory=dict)
        kin: dict[str, str] = field(default_factory=dict)  # name -> the word for the relative
        doubtful: list[list[Any]] = field(default_factory=list)  # [who, field, millimetres, message, source]
        aloud: bool = False  # spoken or about several: read back at once
        saved: bool = False

    # -- which, and how long

    def ask_garment(self) -> None:
        if self.memory.garment:
            self.garment_chosen() if self._missing() else self.read_back()
        elif self.memory.circle_id:
            self.ask("circle", names=", ".join(name.title() for name in self.tape.names()))
        else:
            self.ask("garment", [(g.name, g.label) for g in Garment.all(self.db)], known=self._known())

    def hear_garment(self) -> None:
        try:
            self.memory.garment = self.choice()
        except NotUnderstood:
            self._hear_values()
        else:
            self.ask_garment()

    def ask_value(self) -> None:
        missing = self._missing()
        asked = missing[0]
        steps = len(measurements.required(self.memory.garment))
        step = steps - len(missing) + 1
        other = self.line("or_else", other=measurements.label(asked[1])) if len(asked) > 1 else ""
        aloud = self.line("aloud") if step == 1 else ""
        label, how = measurements.label(asked[0]).capitalize(), measurements.how_to(asked[0])
        self.ask("value", step=step, steps=steps, label=label, how=how, or_else=other, aloud=aloud, of=self._of(""))

    def hear_value(self) -> None:
        self._hear_values()

    def ask_doubt(self) -> None:
        who, name, mm, *_ = self.memory.doubtful[0]
        self.ask_yes_no("doubt", label=measurements.label(name).capitalize(), value=measurements.show(mm, name), of=self._of(who))

    def hear_doubt(self) -> None:
        who, name, *_ = self.memory.doubtful[0]
        if self.said_yes():
            self._note(self.memory.doubtful[0])
        else:
            sheet.strike(self.memory.sheet, who, name)
            self.say("again")
        self.memory.doubtful = self.memory.doubtful[1:]
        if not self.memory.doubtful:
            self._route()

    # -- read back

    def ask_check(self) -> None:
        named = next(filter(None, self.memory.sheet), "")
        example = self.line("example_other", name=self.tape.known_as(named)) if named else self.line("example")
        of = self._of("") if list(self.memory.sheet) in ([], [""]) else ""
        self.ask_yes_no("check", of=of, list=self._read_back(), odd="".join(self._odd()[:2]), example=example)

    def hear_check(self) -> None:
        try:
            right = self.said_yes()
        except NotUnderstood:
            self._hear_values()
            return
        if right:
            self._save()
        else:
            self.found_wrong()

    def ask_correction(self) -> None:
        self.ask("correction")

    def hear_correction(self) -> None:
        self._hear_values()

    # -- private

    def _hear_values(self) -> None:
        """Takes what can be read in the message; what is not clear is asked, what is clear is kept."""
        heard = self._read()
        if heard is None:
            return
        reading, values = heard
        source = "voice" if self.scene.recording and self.scene.recording.is_voice else "text"
        taken = self.tape.take(values, self.text, self.scene.inbox_id, source)
        self.memory.aloud |= source == "voice" or any(who for who, _, _ in taken.noted)
        nothing = not (values or self.memory.doubtful)
        if nothing and reading.ask in (None, "no_measurement", "empty"):
            raise NotUnderstood(reading.ask or "unclear")
        for names in taken.unclear:
            self.say("which_one", names=", ".join(names))
        for who, name, mm in taken.impossible:
            label = measurements.label(name).capitalize() + self._of(who)
            self.refuse(NotAllowed("impossible", label=label, value=measurements.show(mm, name)))
        if reading.ask not in (None, "cross_check", "no_measurement", "empty"):
            what = ", ".join(measurements.label(f) for f in reading.about).capitalize()
            self.scene.replies.append(Reply((self.line("about", what=what) if what else "") + self.line(f"ask_{reading.ask}")))
        if taken.noted or self.memory.doubtful:
            self._route()
        if self.state in ("value", "doubt"):
            self._tell_noted(taken.noted)

    def _read(self) -> tuple[Reading, tuple[Value, ...]] | None:
        """The rules' reading, and what a language model found in words they could not explain. None: it is being asked."""
        missing = self._missing() if self.state == "value" else ()
        context = self.tape.context((missing[0][0],) if missing else ())
        reading = measurements_in(self.text, context)
        recording = self.scene.recording
        if not reading.unexplained:
            return reading, reading.values
        if recording is not None:
            claims = [Claim(**claim) for claim in recording.claimed]
            return reading, (*reading.values, *accepted(self.text, claims, context, reading.values))
        if not self.scene.has_reader:
            return reading, reading.values
        Recording.reread(self.db, self.person.id, self.scene.channel, self.text, self.scene.inbox_id, self.tape.names(), self.now)
        self.scene.wakes.add("voice")
        self.say("moment")
        self.scene.waits = True
        return None

    def _route(self) -> None:
        """What comes next once something was taken in."""
        aloud = self.memory.aloud or self.state in ("check", "correction")
        if self.memory.doubtful:
            self.doubted()
        elif self.state == "doubt" and not self.memory.sheet and not self.memory.garment:
            self.nothing_left()
        elif (aloud and self.memory.sheet) or not self.memory.garment or not self._missing():
            self.read_back()
        elif self.state != "value":
            self.more_wanted()

    def _save(self) -> None:
        had, before = bool(self.memory.sheet), {p.id for p in Profile.of(self.db, self.person.id)}
        names = [self.tape.known_as(who) or self.person.first_name for who in self.memory.sheet if self.tape.profile(who)]
        saved = self.tape.save()
        others = [p for p in saved if not p.is_own]
        if len(saved) == 1 and not self.memory.profile_id and not self.memory.circle_id and not saved[0].is_own:
            self.memory.profile_id = saved[0].id
        self.memory.aloud, self.memory.saved = False, True
        if self.memory.circle_id:
            self.say("saved_circle" if names else "saved_nobody", names=", ".join(names))
        elif others:
            self.say("saved_other", names=", ".join(p.called or self.person.first_name for p in saved), first=others[0].called)
        else:
            self.say("saved" if had else "kept")
        self.more_wanted() if self._missing() else self.confirmed()
        new = [p for p in others if p.id not in before and p.owner_id == self.person.id]
        if unaged := [p.id for p in new if p.birth_year is None and p.is_child(self.now)]:
            self.call("family", births=unaged)

    def _tell_noted(self, noted: list[Entry]) -> None:
        """One by one what was asked one by one; the rest is only read back."""
        if self.memory.aloud or len(noted) > NOTED_ONE_BY_ONE:
            return
        for _, name, mm in noted:
            self.say("noted", label=measurements.label(name).capitalize(), value=measurements.show(mm, name))

    def _read_back(self) -> str:
        """By person: what was said and is not saved yet; or the whole set of the garment when it is complete."""
        if not self.memory.aloud and self.memory.garment and not self._missing():
            return self._rows(self.tape.values(""), used=True)
        if list(self.memory.sheet) == [""]:
            return self._rows(sheet.values(self.memory.sheet, ""))
        return "\n".join(f"{self._title(who)}\n{self._rows(sheet.values(self.memory.sheet, who))}" for who in self.memory.sheet)

    def _rows(self, values: dict[str, int], *, used: bool = False) -> str:
        names = measurements.cut_values(self.memory.garment, values) if used else [n for n in measurements.FIELDS if n in values]
        return "\n".join(self.line("row", label=measurements.label(n).capitalize(), value=measurements.show(values[n], n)) for n in names)

    def _title(self, who: str) -> str:
        profile = self.tape.profile(who)
        new = "" if profile else self.line("person_unknown" if self.memory.circle_id else "person_new")
        name = self.tape.known_as(who) if who or (profile and profile.called) else self.line("person_own")
        return self.line("person", name=name, new=new)

    def _odd(self) -> list[str]:
        """Values that hardly belong to one body, each person by herself."""
        found = []
        for who in self.memory.sheet or {"": {}}:
            profile = self.tape.profile(who)
            values = sheet.values(self.memory.sheet, who) if self.memory.circle_id else self.tape.values(who)  # what others have is theirs
            about = self.memory.sheet.get(who) or values
            for odd in measurements.contradictions(values, child=profile.is_child(self.now) if profile else bool(who)):
                if odd.first in about or odd.second in about:
                    first, second = measurements.label(odd.first).capitalize(), measurements.label(odd.second)
                    found.append(self.line("odd", first=first, second=second, size=odd.size, of=self._of(who)))
        return found

    def _known(self) -> str:
        """What is known already of the one it is about."""
        profile = self.tape.profile("")
        values = self.tape.saved(profile)
        if not values:
            return self.line("person", name=profile.called, new="") + "\n" if profile and profile.called else ""
        whose = self.line("known_other", name=profile.called) if profile and profile.called else self.line("known_own")
        return self.line("known", whose=whose, list=self._rows(values))

    def _of(self, who: str) -> str:
        profile = self.tape.profile(who)
        name = self.tape.known_as(who) if who or (profile and profile.called) else ""
        return self.line("of", name=name) if name else ""

    def _note(self, row: list[Any]) -> None:
        who, name, mm, inbox_id, source = row
        sheet.note(self.memory.sheet, who, name, mm, inbox_id, source)

    def _missing(self) -> tuple[tuple[str, ...], ...]:
        return self.tape.missing()

    @cached_property
    def tape(self) -> Tape:
        return Tape(self.db, self.person.id, self.memory, self.now)
