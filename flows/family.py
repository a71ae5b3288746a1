"""Whose measurements: her own, somebody's of her family, or somebody new."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.flow import Flow
from bot.understand import Context, NotUnderstood, age_or_year, kin_named, measurements_in
from models.profile import Profile

NAME_LIMIT, BUTTON = 40, 20
_OPENING = re.compile(r"\A\s*measure(ments)?\s+(for\s+)?", re.IGNORECASE)  # may be said before a name, in any state


class Family(Flow):
    """Settles whom the measurements are of, then hands over to the taking of them; asks how old a child is."""

    starts_with = ("measurements", "measure", "measurements for", "measure my", "my family")
    by_day = ("growth_due",)
    states = ("whose", "newcomer", "birth")
    transitions = (
        ("settled", "whose", "done"),
        ("passed_on", "whose", "done"),
        ("somebody_new", "whose", "newcomer"),
        ("child_met", "whose", "birth"),
        ("named", "newcomer", "done"),
        ("child_met", "newcomer", "birth"),
        ("aged", "birth", "done"),
    )
    says = {
        "whose": "Whose measurements?",
        "hint_whose": "Send a number or a name, or all at once: *Kofi chest 40 waist 34*.",
        "me": "Mine", "new": "Somebody else",
        "newcomer": "What is the name, and who is it to you? For example *Akosua, my daughter*.",
        "hint_newcomer": "A name, for example *Akosua, my daughter*.",
        "birth": "How old is {name}? I ask because children grow.",
        "hint_birth": "For example *9* or *2017*, or *skip*.",
        "grown": "{name} was measured three months ago, and children grow. Send *measurements for {name}* when you have a tape at hand.",
    }  # fmt: skip

    @dataclass
    class Memory:
        garment: str = ""
        profile_id: int = 0
        births: list[int] = field(default_factory=list)  # children met in passing, whose age is asked

    def opened_with(self, text: str) -> None:
        """ "measurements for my daughter Akosua" has named her already, "measurements waist 33" has told them."""
        if self._hear_numbers():
            return
        name, kin = kin_named(_OPENING.sub("", text, count=1))
        known = Profile.matching(self.db, self.person.id, name or kin) if name or kin else []
        if len(known) == 1:
            self._go_on_with(known[0].id)
        elif not known and kin:
            self._begin_with(name, kin)
        elif not known and name and " for " in text:
            self.somebody_new()  # what follows is not hers

    def ask_whose(self) -> None:
        if self.memory.births:
            self.child_met()
            return
        others = [(str(p.id), p.called[:BUTTON]) for p in Profile.family(self.db, self.person.id)]
        self.ask("whose", [("me", self.line("me")), *others, ("new", self.line("new"))])

    def hear_whose(self) -> None:
        try:
            wish = self.choice()
        except NotUnderstood:
            self._hear_somebody()
            return
        if wish == "new":
            self.somebody_new()
        else:
            self._go_on_with(int(wish) if wish != "me" else Profile.own(self.db, self.person.id).id)

    def ask_newcomer(self) -> None:
        self.ask("newcomer")

    def hear_newcomer(self) -> None:
        name, kin = kin_named(_OPENING.sub("", self.text, count=1)[: NAME_LIMIT * 2])
        if not name and not kin:
            raise NotUnderstood("no_name")
        profile = self._met(name, kin)
        if profile.is_child(self.now) and profile.birth_year is None:
            self.memory.profile_id = profile.id
            self.child_met()
        else:
            self.named()
            self.hand_over_to("measure", garment=self.memory.garment, profile_id=profile.id)

    def ask_birth(self) -> None:
        self.ask("birth", [("skip", self.line("skip"))], name=self._child().called)

    def hear_birth(self) -> None:
        try:
            self.choice()
        except NotUnderstood:
            self._child().describe(self.db, self.now, birth_year=age_or_year(self.text, self.now.year))
        if len(self.memory.births) > 1:
            self.memory.births = self.memory.births[1:]
            return
        self.aged()
        if self.memory.profile_id:
            self.hand_over_to("measure", garment=self.memory.garment, profile_id=self.memory.profile_id)

    def on_growth_due(self, facts: dict[str, int]) -> None:
        """Three months after a child was measured last."""
        child = Profile.by_id(self.db, facts["profile_id"])
        if child.is_child(self.now):
            self.tell(self.person.id, "grown", name=child.called)
        child.describe(self.db, self.now)  # and again in three months

    # -- private

    def _hear_somebody(self) -> None:
        """Not one of the list: measurements at once, or a name that is new."""
        if self._hear_numbers():
            return
        name, kin = kin_named(_OPENING.sub("", self.text, count=1))
        known = Profile.matching(self.db, self.person.id, name or kin)
        if len(known) == 1:
            self._go_on_with(known[0].id)
        elif kin and not known:
            self._begin_with(name, kin)
        else:
            raise NotUnderstood

    def _hear_numbers(self) -> bool:
        names = tuple(p.called.lower() for p in Profile.family(self.db, self.person.id))
        if not measurements_in(self.text, Context(people=names)).values:
            return False
        self.passed_on()
        self.pass_on("measure", garment=self.memory.garment)
        return True

    def _begin_with(self, name: str, kin: str) -> None:
        profile = self._met(name, kin)
        self.memory.profile_id = profile.id
        self.child_met() if profile.is_child(self.now) else self._go_on_with(profile.id)

    def _met(self, name: str, kin: str) -> Profile:
        return Profile.met(self.db, self.person.id, (name or kin.title())[:NAME_LIMIT], kin, self.now)

    def _go_on_with(self, profile_id: int) -> None:
        self.settled()
        self.hand_over_to("measure", garment=self.memory.garment, profile_id=profile_id)

    def _child(self) -> Profile:
        return Profile.by_id(self.db, self.memory.births[0] if self.memory.births else self.memory.profile_id)
