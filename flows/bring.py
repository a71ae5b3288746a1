"""Somebody without a phone comes into a circle: a child, a grandmother; whoever brings her speaks and pays for her."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow import Flow, Scene
from bot.understand import NotUnderstood, kin_named, plain
from models.circle import Circle
from models.circle_item import Item
from models.profile import Profile

BUTTON, NAME_LIMIT = 24, 40


class Bring(Flow):
    """Asks who it is for, then goes on as joining does."""

    states = ("newcomer",)
    transitions = (("named", "newcomer", "done"), ("came_too_late", "newcomer", "done"))
    says = {
        "newcomer": "Who is it for? Tap a name, or write one: *Efua, my daughter*.",
        "hint_newcomer": "A name, for example *Efua, my daughter*.",
        "late": "The circle is closed already.",
        "not_allowed_not_open": "The circle is closed already.",
        "not_allowed_circle_full": "The circle is full: {most} pieces are the most.",
        "not_allowed_full": "That is more people than I can keep for one account. Send *agent* and a person will help.",
    }

    @dataclass
    class Memory:
        circle_id: int = 0

    def ask_newcomer(self) -> None:
        if not Circle.by_id(self.db, self.memory.circle_id).is_open:
            self.say("late")
            self.came_too_late()
            return
        ready = {item.profile_id for item in Item.of(self.db, self.memory.circle_id) if item.is_ready(self.db)}
        family = [p for p in Profile.family(self.db, self.person.id) if p.id not in ready and p.called]
        self.ask("newcomer", [(str(p.id), p.called[:BUTTON]) for p in family][:9])

    def hear_newcomer(self) -> None:
        circle = Circle.by_id(self.db, self.memory.circle_id, lock=True)
        try:
            profile = Profile.by_id(self.db, int(self.choice()))
        except NotUnderstood:
            profile = self._made()
        item = self._item(circle, profile)
        circle.touch(self.db, self.now)
        self.named()
        self.hand_over_to("join", for_good=True, circle_id=circle.id, item_id=item.id)

    def _item(self, circle: Circle, profile: Profile) -> Item:
        """A piece of theirs that was begun goes on; else there is one more."""
        if profile.is_own and not Item.own_of(self.db, circle.id, self.person.id):
            return circle.join(self.db, self.person, self.now)
        mine = [i for i in Item.of(self.db, circle.id, "joined", "agreed") if i.profile_id == profile.id and i.keeper_id == self.person.id]
        begun = next((i for i in mine if not i.is_ready(self.db)), None)
        return begun or circle.add(self.db, self.person, profile.called or self.person.first_name, profile.id, self.now)

    def _made(self) -> Profile:
        """Somebody of her family, perhaps new; or herself, with one more piece."""
        name, kin = kin_named(self.text)
        if plain(self.text) in ("me", "myself", "for me") or (not kin and plain(name) == plain(self.person.first_name)):
            return Profile.own(self.db, self.person.id)
        if not (name or kin) or len(name) > NAME_LIMIT:
            raise NotUnderstood("no_name")
        return Profile.met(self.db, self.person.id, name or kin.title(), kin, self.now)

    def subject(self) -> str:
        return str(self.memory.circle_id or "")

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "circles", {}
