"""Finding a tailor: which garment, where, sorted how, then three cards at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.messages import LIST_LIMIT
from bot.rules import matching
from bot.rules.money import ghs
from bot.rules.towns import OFFERED, TOWNS
from bot.understand import NotUnderstood, choose
from models.garment import Garment
from models.order import Order
from models.tailor import Offer

CARDS = 3
ANYWHERE = "anywhere"
SORTS = ("score", "price", "rating100")
NAME_ON_BUTTON = 20


class Browse(Flow):
    """Shows tailors who sew what the customer wants."""

    starts_with = ("find a tailor", "find tailor", "tailor", "tailors", "browse", "order", "i want to order", "i want", "i need", "sew", "new order")
    states = ("garment", "town", "sort", "cards")
    transitions = (
        ("garment_chosen", "garment", "town"),
        ("town_chosen", "town", "sort"),
        ("found", "sort", "cards"),
        ("nobody_found", "sort", "garment"),
        ("searched_again", "cards", "garment"),
        ("tailor_chosen", "cards", "done"),
    )
    says = {
        "garment": "What shall be sewn?",
        "hint_garment": "For example *kaftan*, or a number of the list.",
        "town": "*{garment}*. In which town?",
        "hint_town": "For example *Kumasi*, or *anywhere*.",
        "anywhere": "Anywhere",
        "sort": "How shall I sort the tailors?",
        "hint_sort": "Send 1, 2 or 3.",
        "sort_score": "Best match", "sort_price": "Lowest price", "sort_rating100": "Best rated",
        "nobody_here": "In {town} I know nobody for *{garment}* yet. These tailors are elsewhere:",
        "nobody": "I know nobody for *{garment}* yet, I am sorry. Shall we look for something else?",
        "cards": "{cards}\n\nWhom would you like?",
        "hint_cards": "Send the number of a tailor.",
        "card": "*{n}. {name}*, {town}\n{price} · {rating}{badges}\n_{why}_",
        "rated": "★ {stars} ({jobs} orders)", "unrated": "no ratings yet",
        "badge_identity": " · ✓ identity", "badge_background": " · ✓ background",
        "why_loved": "Customers come back to this tailor", "why_checked": "Identity and background checked by us", "why_near": "In your town",
        "why_quick": "Answers within minutes", "why_free": "Has room in the coming weeks", "why_new": "New with us, has room",
        "next": "More tailors", "again": "Search again",
        "gone_all": "{name} has just stopped taking orders, and I know nobody else for it. Shall we look for something else?",
        "gone": "{name} has just stopped taking orders. Please choose somebody else.",
    }  # fmt: skip

    @dataclass
    class Memory:
        garment: str = ""
        town: str = ""  # "" is anywhere
        offers: list[int] = field(default_factory=list)  # what the search found, best first
        first: int = 0  # the first card on show

    @classmethod
    def opens_amid(cls, db: Session, text: str) -> bool:
        """ "i want it shorter" is no search; "i want a kaftan" is one."""
        return text in cls.starts_with or _named(db, text) is not None

    def opened_with(self, text: str) -> None:
        """ "order a kente shirt" has named the garment already."""
        named = _named(self.db, text)
        if named:
            self.memory.garment = named
            self.garment_chosen()

    def ask_garment(self) -> None:
        self.ask("garment", [(g.name, g.label, f"from {ghs(g.base)}") for g in Garment.all(self.db)])

    def hear_garment(self) -> None:
        self.memory.garment = self.choice()
        self.garment_chosen()

    def ask_town(self) -> None:
        towns = dict.fromkeys((*self._towns_of_hers(), *OFFERED))
        options = [(town.lower(), town) for town in towns][: LIST_LIMIT - 1]
        self.ask("town", [*options, (ANYWHERE, self.line("anywhere"))], garment=self._garment())

    def hear_town(self) -> None:
        try:
            town = self.choice()
            self.memory.town = "" if town == ANYWHERE else town
        except NotUnderstood:
            self.memory.town = TOWNS[choose(self.text, TOWNS)].lower()
        self.town_chosen()

    def ask_sort(self) -> None:
        self.ask("sort", [(s, self.line(f"sort_{s}")) for s in SORTS])

    def hear_sort(self) -> None:
        by = self.choice()
        rows = Offer.search(self.db, self.memory.garment, town=self.memory.town or None, by=by)
        if not rows and self.memory.town:
            rows = Offer.search(self.db, self.memory.garment, town=None, by=by)
            if rows:
                self.say("nobody_here", town=self.memory.town.title(), garment=self._garment())
        if not rows:
            self.say("nobody", garment=self._garment())
            self.nobody_found()
            return
        self.memory.offers, self.memory.first = [row.id for row in rows], 0
        self.found()

    def ask_cards(self) -> None:
        rows = Offer.cards(self.db, self.memory.offers[self.memory.first : self.memory.first + CARDS])
        options = [(str(row.id), row.business[:NAME_ON_BUTTON], ghs(row.price)) for row in rows]
        if self.memory.first + CARDS < len(self.memory.offers):
            options.append(("next", self.line("next"), ""))
        options.append(("again", self.line("again"), ""))
        cards = "\n\n".join(self.card(n, row) for n, row in enumerate(rows, 1))
        self.ask("cards", options, picture=self.scene.links.collage([r.id for r in rows if r.picture_id]), cards=cards)

    def hear_cards(self) -> None:
        wish = self.choice()
        if wish == "next":
            self.memory.first += CARDS
        elif wish == "again":
            self.searched_again()
        elif not Offer.by_id(self.db, int(wish)).open:
            self._drop(int(wish))
        else:
            self.tailor_chosen()
            self.hand_over_to("order", offer_id=int(wish))

    def _drop(self, offer_id: int) -> None:
        """Somebody who stopped meanwhile leaves the list; with nobody left the search begins anew."""
        self.memory.offers = [o for o in self.memory.offers if o != offer_id]
        self.say("gone" if self.memory.offers else "gone_all", name=Offer.cards(self.db, [offer_id])[0].business)
        if not self.memory.offers:
            self.searched_again()
        elif self.memory.first >= len(self.memory.offers):
            self.memory.first -= CARDS

    def _towns_of_hers(self) -> list[str]:
        """Where she looked a moment ago, and where her last tailor is, come first."""
        last = Order.last_town(self.db, self.person.id)
        return [town.title() for town in (self.memory.town, *last) if town]

    def _garment(self) -> str:
        return Garment.named(self.db, self.memory.garment).label

    def card(self, n: int, row: Any) -> str:
        """A tailor as customers see her."""
        standing = matching.Standing(
            row.rating100, row.jobs, row.identity_verified, row.background_checked, row.answer_minutes, row.per_month
        )
        why = matching.why(standing, same_town=row.town == self.memory.town)
        rating = self.line("rated", stars=f"{row.rating100 / 100:.1f}", jobs=row.jobs) if row.rating100 else self.line("unrated")
        badges = "".join(
            self.line(f"badge_{badge}")
            for badge, has in (("identity", row.identity_verified), ("background", row.background_checked))
            if has
        )
        price, town = ghs(row.price), row.town.title()
        return self.line("card", n=n, name=row.business, town=town, price=price, rating=rating, badges=badges, why=self.line(f"why_{why}"))

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        """The button of a card still leads to its tailor."""
        picked = scene.heard.tap.rpartition("|")[2] if scene.heard else ""
        return ("order", {"offer_id": int(picked)}) if state == "cards" and picked.isdecimal() and len(picked) < 10 else (cls.name, {})


def _named(db: Session, text: str) -> str | None:
    """The garment a sentence names."""
    garments = Garment.all(db)
    try:
        return garments[choose(text, [g.label for g in garments])].name
    except NotUnderstood:
        return None
