"""Puts what was read in a message onto the sheet of a talk: whose it is, whether a body can be so, and what is still missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from sqlalchemy.orm import Session

from bot.rules import measurements, sheet
from bot.rules.family import KIN
from bot.understand import Context, Value, kin_of, plain
from models.circle import Circle
from models.person import Person
from models.profile import Profile

Entry = tuple[str, str, int]  # who ("" for the one the talk is about), field, millimetres


class Talk(Protocol):
    """What the conversation remembers."""

    garment: str
    profile_id: int
    circle_id: int
    sheet: sheet.Sheet
    kin: dict[str, str]
    doubtful: list[list[Any]]


@dataclass(slots=True)
class Taken:
    """What became of the values of one message. `unclear` holds the names between which a word does not choose."""

    noted: list[Entry] = field(default_factory=list)
    impossible: list[Entry] = field(default_factory=list)
    unclear: list[tuple[str, ...]] = field(default_factory=list)


class Tape:
    """For one message: whose bodies they are is looked up once, however often they are spoken of."""

    def __init__(self, db: Session, person_id: int, talk: Talk, now: datetime) -> None:
        self.db, self.person_id, self.talk, self.now = db, person_id, talk, now
        self._bodies: dict[str, Profile | None] = {}
        self._saved: dict[int, dict[str, int]] = {}

    # -- who

    def profile(self, who: str) -> Profile | None:
        """The body somebody is, if it is known; "" is the one the talk is about."""
        if who not in self._bodies:
            self._bodies[who] = self._looked_up(who)
        return self._bodies[who]

    def known_as(self, who: str) -> str:
        profile = self.profile(who)
        return profile.called if profile and profile.called else who.title()

    def names(self) -> list[str]:
        """Who may be named without being a stranger."""
        return list(self._circle) if self.talk.circle_id else [p.called.lower() for p in self._family if p.called]

    def _looked_up(self, who: str) -> Profile | None:
        if not who:
            return Profile.by_id(self.db, self.talk.profile_id) if self.talk.profile_id else Profile.own(self.db, self.person_id)
        if self.talk.circle_id:
            found = self._circle.get(who)
            return Profile.by_id(self.db, found) if found else None
        matching = Profile.among(self._family, who)
        return matching[0] if len(matching) == 1 else None

    @cached_property
    def _circle(self) -> dict[str, int]:
        return Circle.people(self.db, self.talk.circle_id)

    @cached_property
    def _family(self) -> list[Profile]:
        return Profile.family(self.db, self.person_id)

    def _met(self, who: str) -> Profile:
        """Somebody new of the family, named or only called "son". Raises NotAllowed("full")."""
        kin = self.talk.kin.get(who) or (who if who in KIN else "")
        return Profile.met(self.db, self.person_id, who.title(), kin, self.now)

    # -- reading

    def context(self, asked: tuple[str, ...]) -> Context:
        about = self.profile("")
        assert about
        return Context(
            asked=asked, garment=self.talk.garment, people=(*self.names(), *(w for w in self.talk.sheet if w)), birth_year=about.birth_year,
            sex=about.known_sex, saved=self.values(""), year=self.now.year,
        )  # fmt: skip

    def take(self, values: tuple[Value, ...], text: str, inbox_id: int | None, source: str) -> Taken:
        taken = Taken()
        for value in values:
            who = self._who(value.person, text, taken)
            if who is None:
                continue
            entry = who, value.field, value.mm
            verdict = self._verdict(entry)
            if verdict == "impossible":
                taken.impossible.append(entry)
            elif verdict == "doubtful":
                self.talk.doubtful = [row for row in self.talk.doubtful if row[:2] != [who, value.field]] + [[*entry, inbox_id, source]]
            else:
                sheet.note(self.talk.sheet, *entry, inbox_id, source)
                taken.noted.append(entry)
            if who and who not in self.talk.kin and (kin := kin_of(text, who)):
                self.talk.kin[who] = kin
        return taken

    def _who(self, person: str | None, text: str, taken: Taken) -> str | None:
        """The key on the sheet; None when a word for a relative fits several."""
        about = self.profile("")
        if person is None:
            named = [who for who in self.talk.sheet if who]
            return named[0] if len(named) == 1 and "" not in self.talk.sheet else ""
        if about and plain(about.called) == plain(person):
            return ""
        if self.talk.circle_id:
            meant = Circle.meant(self.db, self.talk.circle_id, person)
            if len(meant) > 1:
                taken.unclear.append(tuple(name.title() for name in meant))
            return person if not meant else meant[0] if len(meant) == 1 else None
        matching = Profile.among(self._family, person)
        if len(matching) > 1:
            taken.unclear.append(tuple(p.called for p in matching))
            return None
        if not matching and about and about.is_own and plain(Person.by_id(self.db, self.person_id).first_name) == person and not kin_of(text, person):
            return ""  # she speaks of herself by her name
        return "" if about and matching == [about] else person

    def _verdict(self, entry: Entry) -> measurements.Verdict:
        who, name, mm = entry
        profile = self.profile(who)
        height = self.values(who).get("height")
        if profile is None:
            kin = KIN.get(self.talk.kin.get(who, who))
            return measurements.check(name, mm, kin.sex if kin else None, child=kin is None or kin.relation == "child", height=height)
        child = profile.is_child(self.now)
        return measurements.check(name, mm, profile.known_sex, child=child, age=profile.age(self.now), height=height)

    # -- what is there, what is missing

    def values(self, who: str) -> dict[str, int]:
        """Saved before and said now."""
        return self.saved(self.profile(who)) | sheet.values(self.talk.sheet, who)

    def saved(self, profile: Profile | None) -> dict[str, int]:
        """What was confirmed before."""
        if profile is None:
            return {}
        if profile.id not in self._saved:
            self._saved[profile.id] = profile.values(self.db)
        return self._saved[profile.id]

    def missing(self) -> tuple[tuple[str, ...], ...]:
        return measurements.missing(self.talk.garment, self.values("")) if self.talk.garment else ()

    def save(self) -> list[Profile]:
        """Writes the sheet into the profiles, makes those that are new, and clears it; whom it was about."""
        known = {who: self.profile(who) for who in self.talk.sheet}
        bodies = {who: body or self._met(who) for who, body in known.items() if body or not self.talk.circle_id}
        for who, profile in bodies.items():
            for inbox_id, source, values in sheet.by_message(self.talk.sheet, who):
                profile.measured(self.db, values, source=source, said_by=self.person_id, inbox_id=inbox_id, now=self.now)
        self.talk.sheet = {}
        self._bodies, self._saved = {}, {}
        self.__dict__.pop("_family", None)
        if self.talk.circle_id and bodies:
            Circle.measured(self.db, self.talk.circle_id, [p.id for p in bodies.values()], by=self.person_id, now=self.now)
        return list(bodies.values())
