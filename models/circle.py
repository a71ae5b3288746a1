"""A circle: several people's clothes for one event, who is in it, which tailors sew, and how it is closed."""

from __future__ import annotations

from datetime import date, datetime
from string import ascii_uppercase
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed, numbering
from bot.rules import circle as rules
from bot.understand import plain
from models.base import Base, Id
from models.circle_item import IN, Item
from models.inbox import Inbox
from models.person import Person
from models.profile import Profile
from models.tailor import Offer, Tailor
from models.timer import Timer

if TYPE_CHECKING:
    from models.order import Order

#: What the coordinator hears of her circle's orders.
NEWS = ("deposit_paid", "fitting_shown", "ready_shown", "handed_over", "cancelled")


class Circle(Base):
    """draft (a tailor's word is needed first) -> open -> ordered -> ended. Its row is locked by whoever changes who is in it."""

    __tablename__ = "circle"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    coordinator_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    event: Mapped[str]
    event_on: Mapped[date]
    closes_at: Mapped[datetime]
    payer: Mapped[str]  # own, one
    fabric: Mapped[str]  # own, tailor, shared
    delivery: Mapped[str]  # together, staggered
    state: Mapped[str]
    said_at: Mapped[datetime]
    created_at: Mapped[datetime]

    # -- questions

    @classmethod
    def by_id(cls, db: Session, circle_id: int, *, lock: bool = False) -> Circle:
        """`lock` keeps everybody else from changing it until we are through: after the person, before orders and tailors."""
        return db.get_one(cls, circle_id, with_for_update=lock or None, populate_existing=lock)

    @classmethod
    def coded(cls, db: Session, code: str) -> Circle | None:
        return db.scalars(select(cls).where(cls.code == code)).one_or_none()

    @classmethod
    def of_person(cls, db: Session, person_id: int, today: date, limit: int = 9) -> list[Circle]:
        """Those she leads or is in, newest first; a month after its event a circle is history."""
        within = select(Item.circle_id).where(Item.keeper_id == person_id, Item.state.in_(IN))
        rows = select(cls).where(cls.state != "ended", cls.event_on > today - rules.REMEMBERED)
        rows = rows.where(or_(cls.coordinator_id == person_id, cls.id.in_(within)))
        return list(db.scalars(rows.order_by(cls.id.desc()).limit(limit)))

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    def coordinator(self, db: Session) -> Person:
        return Person.by_id(db, self.coordinator_id)

    def tailors(self, db: Session, *states: str) -> list[Tailor]:
        rows = select(Tailor).join(Booking, Booking.tailor_id == Tailor.id).where(Booking.circle_id == self.id)
        rows = rows.where(Booking.state.in_(states or ("asked", "agreed")))
        return list(db.scalars(rows.order_by(Booking.id)))

    def offers(self, db: Session) -> list[Offer]:
        """What can be chosen: the garments of its tailors that are sewn in time."""
        return [offer for tailor in self.tailors(db) for offer in Offer.of_tailor(db, tailor.id)]

    def members(self, db: Session) -> list[int]:
        """Everybody with a phone: who keeps a piece, and the coordinator."""
        return list(dict.fromkeys([self.coordinator_id, *(i.keeper_id for i in Item.of(db, self.id))]))

    @classmethod
    def people(cls, db: Session, circle_id: int) -> dict[str, int]:
        """{name in lower case: profile} of everybody in it, for a note that measures several at once."""
        return {plain(item.name): item.profile_id for item in Item.of(db, circle_id, "joined", "agreed")}

    @classmethod
    def meant(cls, db: Session, circle_id: int, said: str) -> list[str]:
        """Whom of `people` a name may mean: the one called so, else all whose name begins with it."""
        people = cls.people(db, circle_id)
        return [said] if said in people else [name for name in people if name.startswith(said + " ")]

    # -- verbs

    @classmethod
    def open(
        cls, db: Session, *, coordinator_id: int, event: str, event_on: date, closes_on: date, payer: str, fabric: str, delivery: str,
        tailor: Tailor, now: datetime,
    ) -> Circle:  # fmt: skip
        """Begins a circle and asks its tailor. Nobody joins a near one before the tailor agrees."""
        state = "draft" if rules.is_near(event_on, now.date()) else "open"
        circle = cls(
            code=cls._free_code(db), coordinator_id=coordinator_id, event=event, event_on=event_on, closes_at=rules.closing(closes_on), payer=payer,
            fabric=fabric, delivery=delivery, state=state, said_at=now, created_at=now,
        )  # fmt: skip
        db.add(circle)
        db.flush()
        circle.ask(db, tailor)
        circle._timer(db, "closing", circle.closes_at)
        if circle.closes_at - rules.REMINDER > now:
            circle._timer(db, "reminder", circle.closes_at - rules.REMINDER)
        circle.touch(db, now)
        return circle

    def touch(self, db: Session, now: datetime) -> None:
        """Somebody has said something: a draft lives on."""
        self.said_at = now
        if self.state in ("draft", "open"):
            self._timer(db, "silent", now + rules.DRAFT_LIFE)

    def ask(self, db: Session, tailor: Tailor) -> None:
        """One more tailor is to sew for it; asked again, she may think better of it."""
        known = db.scalars(select(Booking).where(Booking.circle_id == self.id, Booking.tailor_id == tailor.id)).one_or_none()
        if known:
            known.state = "asked" if known.state == "declined" else known.state
        else:
            db.add(Booking(circle_id=self.id, tailor_id=tailor.id, state="asked"))
        db.flush()

    def answer(self, db: Session, tailor_id: int, agreed: bool) -> list[Item]:
        """A tailor's word. With a no, who had chosen her must choose again: those are returned."""
        booking = db.scalars(select(Booking).where(Booking.circle_id == self.id, Booking.tailor_id == tailor_id)).one()
        booking.state = "agreed" if agreed else "declined"
        if agreed and self.state == "draft":
            self.state = "open"
        lost = [] if agreed else [i for i in Item.of(db, self.id, "joined", "agreed") if (o := i.offer(db)) and o.tailor_id == tailor_id]
        for item in lost:
            item.offer_id, item.state = None, "joined"
        return lost

    def join(self, db: Session, person: Person, now: datetime) -> Item:
        """A member with her own phone; joining twice is joining once."""
        item = Item.own_of(db, self.id, person.id)
        if item is None:
            item = self._item(db, person.id, Profile.own(db, person.id).id, person.first_name, True, now)
        return item

    def add(self, db: Session, keeper: Person, name: str, profile_id: int, now: datetime) -> Item:
        """Somebody without a phone, whom the keeper speaks for."""
        return self._item(db, keeper.id, profile_id, name, False, now)

    @classmethod
    def measured(cls, db: Session, circle_id: int, profile_ids: list[int], *, by: int, now: datetime) -> None:
        """Measurements were given for these; whoever speaks for one hears who gave them, and can correct them."""
        circle = cls.by_id(db, circle_id, lock=True)
        circle.touch(db, now)
        for item in Item.of(db, circle_id, "joined", "agreed"):
            if item.profile_id in profile_ids and item.keeper_id != by:
                facts = {"circle_id": circle_id, "item_id": item.id, "by": by}
                Inbox.happen(db, item.keeper_id, "circle_measured", facts, once=f"measured:{item.id}:{now.isoformat()}", now=now)

    def close(self, db: Session, now: datetime) -> list[Order]:
        """Settles the prices and places one order for each payer and tailor; who is not ready stays out.

        Raises NotAllowed("not_open" | "too_few" | "tailor_silent" | …) and has then changed nothing that counts.
        """
        from models.circle_order import place

        if not self.is_open:
            raise NotAllowed("not_open")
        ready = Item.ready(db, self.id)
        if len(ready) < rules.FEWEST:
            raise NotAllowed("too_few", count=len(ready))
        orders = place(db, self, ready, now)
        for item in Item.of(db, self.id, "joined", "agreed"):
            item.go("dropped")
        self.state = "ordered"
        Timer.call_off(db, f"circle:{self.id}:")
        self._timer(db, "unpaid", now + rules.UNPAID)
        return orders

    def postpone(self, db: Session, now: datetime) -> None:
        """A tailor has not answered yet: the circle closes a day later, if the event allows it."""
        self.closes_at = now + rules.TAILOR_GRACE
        self._timer(db, "closing", self.closes_at)

    def end(self, db: Session) -> list[Item]:
        """Called off; returns who was in it."""
        left = Item.of(db, self.id, "joined", "agreed")
        for item in left:
            item.go("left")
        self.state = "ended"
        Timer.call_off(db, f"circle:{self.id}:")
        return left

    def leave(self, db: Session, person_id: int) -> list[Item]:
        """A member goes, and whom she spoke for with her. Whom she would have paid for pay for themselves: those are returned."""
        for item in Item.of(db, self.id, "joined", "agreed"):
            if item.keeper_id == person_id:
                item.go("left")
        orphans = [i for i in Item.of(db, self.id, "joined", "agreed") if i.payer_id == person_id]
        for item in orphans:
            item.payer_id, item.state = item.keeper_id, "joined"
        return orphans

    @classmethod
    def watch(cls, db: Session, order: Order, event: str, now: datetime) -> None:
        """An order of a circle moved: its coordinator is told what concerns her."""
        assert order.circle_id is not None
        circle = cls.by_id(db, order.circle_id)
        if event in NEWS:
            facts = {"circle_id": circle.id, "order_id": order.id, "news": event}
            Inbox.happen(db, circle.coordinator_id, "circle_moved", facts, once=f"circle:{order.id}:{event}:{now.isoformat()}", now=now)

    # -- private

    def _item(self, db: Session, keeper_id: int, profile_id: int, name: str, own: bool, now: datetime) -> Item:
        if not self.is_open:
            raise NotAllowed("not_open")
        if len(Item.of(db, self.id)) >= rules.MOST:
            raise NotAllowed("circle_full", most=rules.MOST)
        payer = self.coordinator_id if self.payer == "one" else keeper_id
        item = Item(
            circle_id=self.id, keeper_id=keeper_id, own=own, profile_id=profile_id, name=name[:60], payer_id=payer, state="joined", joined_at=now,
        )
        self._tell_apart(db, item)
        db.add(item)
        db.flush()
        return item

    def _tell_apart(self, db: Session, item: Item) -> None:
        """Two Esis go by their whole names, or are "Esi A" and "Esi B": a note that measures several must know whom it means."""
        first = plain(item.name).partition(" ")[0]
        others = [i for i in Item.of(db, self.id) if i.profile_id != item.profile_id]
        alike = [i for i in others if plain(i.name).partition(" ")[0] == first]
        for one in (*alike, item) if alike else ():
            if " " not in plain(one.name):
                whole = [Person.proper(Person.by_id(db, one.keeper_id).name)[:60]] if one.own else []
                taken = {plain(i.name) for i in (*others, item) if i is not one}
                names = (*(n for n in whole if " " in n), *(f"{one.name} {letter}" for letter in ascii_uppercase))
                one.name = next(n for n in names if plain(n) not in taken)

    def _timer(self, db: Session, name: str, due_at: datetime) -> None:
        Timer.set(db, f"circle:{self.id}:{name}", f"circle_{name}", self.coordinator_id, {"circle_id": self.id}, due_at)

    @classmethod
    def _free_code(cls, db: Session) -> str:
        while cls.coded(db, code := numbering.circle_code()) is not None:
            pass
        return code


class Booking(Base):
    """A tailor of a circle: asked, agreed or declined."""

    __tablename__ = "circle_tailor"
    __table_args__ = (UniqueConstraint("circle_id", "tailor_id"),)

    id: Mapped[Id]
    circle_id: Mapped[int] = mapped_column(ForeignKey("circle.id"))
    tailor_id: Mapped[int] = mapped_column(ForeignKey("tailor.id"))
    state: Mapped[str]

    @classmethod
    def of(cls, db: Session, circle_id: int, tailor_id: int) -> Booking | None:
        return db.scalars(select(cls).where(cls.circle_id == circle_id, cls.tailor_id == tailor_id)).one_or_none()
