"""A dispute about an order: its money is frozen until a mediator has decided."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, and_, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed
from bot.rules import dispute as rules
from bot.rules.notices import not_before
from bot.rules.order import PAID_STATES
from models import settlement
from models.base import Base, Id, Pesewas, Sealed
from models.circle import Circle
from models.dispute_word import DisputeWord, admins
from models.inbox import Inbox
from models.order import Order
from models.tailor import Tailor
from models.timer import Timer

log = logging.getLogger(__name__)
SIDES = ("customer", "tailor")
REMEMBERED = timedelta(days=90)
#: Why there can be no case about an order; any other state is paid and goes on.
REFUSED = {"PENDING_DEPOSIT": "unpaid", "DISPUTED": "already_open", "COMPLETED": "over", "CANCELLED": "over", "REFUNDED": "over"}


class Dispute(Base):
    """open -> answered (the mediator has written) -> closed."""

    __tablename__ = "dispute"
    __table_args__ = (
        Index("uq_dispute_open", "order_id", unique=True, postgresql_where=text("state <> 'closed'")),
        CheckConstraint("borne BETWEEN 0 AND refund AND (borne = 0) = (bearer IS NULL)", name="borne"),
        Index("ix_dispute_due", "answer_due_at", postgresql_where=text("state <> 'closed'")),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    opened_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    side: Mapped[str]  # of who opened it: customer, tailor
    category: Mapped[str]
    from_state: Mapped[str]  # of the order
    priority: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    opened_at: Mapped[datetime]
    answer_due_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    taken_by: Mapped[str | None]  # a login
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    refund: Mapped[Pesewas] = mapped_column(default=0)  # to the customer, what somebody bears included
    borne: Mapped[Pesewas] = mapped_column(default=0)
    bearer: Mapped[str | None]  # tailor, platform
    released: Mapped[Pesewas] = mapped_column(default=0)  # to the tailor's wallet
    to_customer: Mapped[str | None] = mapped_column(Sealed)  # the mediator's words with the decision
    to_tailor: Mapped[str | None] = mapped_column(Sealed)
    decided_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    customer_satisfied: Mapped[bool | None]
    tailor_satisfied: Mapped[bool | None]

    # -- questions

    @classmethod
    def by_id(cls, db: Session, dispute_id: int, *, lock: bool = False) -> Dispute:
        return db.get_one(cls, dispute_id, with_for_update=lock or None, populate_existing=lock)

    @classmethod
    def last_of(cls, db: Session, order_id: int) -> Dispute | None:
        """The open case of an order, or its last one."""
        return db.scalars(select(cls).where(cls.order_id == order_id).order_by(cls.id.desc()).limit(1)).one_or_none()

    @classmethod
    def of_person(cls, db: Session, person_id: int, now: datetime) -> list[Dispute]:
        """Hers, on whichever side: the open ones, or else the last one that was decided in these weeks."""
        rows = select(cls).join(Order, Order.id == cls.order_id).join(Tailor, Tailor.id == Order.tailor_id)
        rows = rows.where(_is_on_a_side(person_id)).order_by(cls.id.desc())
        found = list(db.scalars(rows.where(cls.state != "closed").limit(9)))
        return found or list(db.scalars(rows.where(cls.closed_at > now - REMEMBERED).limit(1)))

    @classmethod
    def waiting(cls, db: Session) -> list[Dispute]:
        """All open ones, the most urgent first."""
        return list(db.scalars(select(cls).where(cls.state != "closed").order_by(cls.answered_at.is_not(None), cls.answer_due_at, cls.id)))

    @classmethod
    def possible(cls, db: Session, person_id: int) -> list[Order]:
        """The orders she may complain about, as the customer or as the tailor; those that have a case already are among them."""
        rows = select(Order).join(Tailor, Tailor.id == Order.tailor_id).where(Order.state.in_((*PAID_STATES, "DISPUTED")))
        return list(db.scalars(rows.where(_is_on_a_side(person_id)).order_by(Order.id.desc()).limit(9)))

    @property
    def number(self) -> str:
        """As people read it."""
        return f"D-{self.id}"

    @property
    def is_closed(self) -> bool:
        return self.state == "closed"

    def is_overdue(self, now: datetime) -> bool:
        return self.state == "open" and self.answer_due_at <= now

    def order(self, db: Session) -> Order:
        return Order.by_id(db, self.order_id)

    def person_on(self, db: Session, side: str) -> int:
        return dict(zip(SIDES, self.order(db).sides(db), strict=True))[side]

    def side_of(self, db: Session, person_id: int) -> str | None:
        """None for who has no part in it."""
        return next((side for side in SIDES if self.person_on(db, side) == person_id), None)

    def name_of(self, db: Session, who: str) -> str:
        """As the others read who said something."""
        order = self.order(db)
        return {"customer": order.customer(db).first_name, "tailor": order.tailor(db).business}.get(who, who)

    # -- verbs

    @classmethod
    def open(cls, db: Session, order_id: int, person_id: int, category: str, now: datetime) -> Dispute:
        """Freezes the order, its money and its clocks. Raises NotAllowed("unpaid" | "already_open" | "over" | "not_yours")."""
        order = Order.by_id(db, order_id, lock=True)
        if person_id not in order.sides(db):
            raise NotAllowed("not_yours")
        if refusal := REFUSED.get(order.state):
            raise NotAllowed(refusal, order=order.number)
        side = "customer" if person_id == order.customer_id else "tailor"
        event_on = Circle.by_id(db, order.circle_id).event_on if order.circle_id else None
        priority = rules.priority(category, order.total, event_on, now.date())
        dispute = cls(
            order_id=order.id, opened_by=person_id, side=side, category=category, from_state=order.state, priority=priority, state="open",
            opened_at=now, answer_due_at=rules.answer_due(priority, now), refund=0, borne=0, released=0,
        )  # fmt: skip
        db.add(dispute)
        Timer.call_off(db, f"order:{order.id}:not_right")
        order.freeze(db, f"{side}:{person_id}", now)
        settlement.withdraw_unsent(db, order.id)
        db.flush()
        dispute._watch_the_clock(db, now)
        return dispute

    def say(self, db: Session, who: str, entry: dict[str, object], now: datetime, *, for_whom: str = "both", said_by: str = "") -> DisputeWord:
        """Adds to the case and passes it on as soon as its file is here. Raises NotAllowed("closed")."""
        db.refresh(self, with_for_update=True)
        if self.is_closed and for_whom != "admins":
            raise NotAllowed("closed")
        word = DisputeWord.add(db, self, who, entry, now, for_whom=for_whom, said_by=said_by)
        if who == "mediator" and for_whom != "admins" and self.state == "open":
            self.state, self.answered_at = rules.CASE.after("answered", self.state), now
            Timer.call_off(db, f"dispute:{self.id}:")
        if word.is_ready(db):
            word.pass_on(db, self, now)
        return word

    def take(self, db: Session, by: str, *, anyhow: bool = False) -> None:
        """Somebody at the desk looks after it; `anyhow` takes it from who does so now. Raises NotAllowed("taken_by_another" | "closed")."""
        db.refresh(self, with_for_update=True)
        if self.is_closed:
            raise NotAllowed("closed")
        if self.taken_by not in (None, by) and not anyhow:
            raise NotAllowed("taken_by_another", name=self.taken_by)
        self.taken_by = by

    def let_go(self, db: Session, by: str) -> None:
        """Somebody else may take it. Raises NotAllowed("not_yours")."""
        db.refresh(self, with_for_update=True)
        if self.taken_by != by:
            raise NotAllowed("not_yours")
        self.taken_by = None

    def alarm(self, db: Session, kind: str, now: datetime, **facts: object) -> None:
        """Tells whoever minds the cases; by night only when it is most urgent."""
        log.warning("case %s: %s", self.number, kind)
        due = now if self.priority == "CRITICAL" else not_before(now)
        for admin in admins(db):
            once = f"dispute:{self.id}:{kind}:{now.isoformat()}:{admin.id}"
            Inbox.happen(db, admin.id, "case_alarm", {"dispute_id": self.id, "kind": kind, **facts}, once=once, now=now, due_at=due)

    def escalate(self, db: Session, now: datetime) -> None:
        """A day after the answer was due there is none: one step more urgent, with a new time."""
        db.refresh(self, with_for_update=True)
        if self.state == "open":
            self.priority = rules.raised(self.priority)
            self.answer_due_at = rules.answer_due(self.priority, now)
            self._watch_the_clock(db, now)
            self.alarm(db, "raised", now)

    def decide(
        self, db: Session, outcome: str, *, reason: str, by: str, now: datetime, refund: int | None = None, bearer: str | None = None,
        changes: bool = False, to_customer: str = "", to_tailor: str = "",
    ) -> None:  # fmt: skip
        """The mediator's word: moves the money and the order, once. `refund` is in pesewas. Raises NotAllowed and has then changed nothing."""
        rules.check_reason(outcome, reason)
        order = Order.by_id(db, self.order_id, lock=True)
        db.refresh(self, with_for_update=True)
        self.state = rules.CASE.after("decided", self.state)
        effects = settlement.effects(db, order, outcome, refund=refund, bearer=bearer)
        settlement.give_back(db, order, f"dispute:{self.id}", effects, bearer, now)
        self._let_go(db, order, outcome, changes, f"admin:{by}", now)
        self.released = order.pay_off(db, now) if order.state == "COMPLETED" else 0
        self.outcome, self.reason, self.refund, self.borne = outcome, reason, effects.to_customer, effects.borne
        self.bearer = bearer if effects.borne else None
        self.decided_by, self.closed_at, self.to_customer, self.to_tailor = by, now, to_customer or None, to_tailor or None
        Timer.call_off(db, f"dispute:{self.id}:")
        self._tell_the_decision(db, now)

    def rate(self, db: Session, person_id: int, satisfied: bool) -> None:
        if side := self.side_of(db, person_id):
            setattr(self, f"{side}_satisfied", satisfied)

    # -- private

    def _watch_the_clock(self, db: Session, now: datetime) -> None:
        Timer.call_off(db, f"dispute:{self.id}:")
        minder, facts = self.order(db).customer_id, {"dispute_id": self.id}
        for hours, when in rules.warnings(self.answer_due_at, now).items():
            Timer.set(db, f"dispute:{self.id}:warning:{hours}", "case_due", minder, facts | {"hours": hours}, when)
        Timer.set(db, f"dispute:{self.id}:overdue", "case_overdue", minder, facts, self.answer_due_at + rules.ESCALATION)

    def _let_go(self, db: Session, order: Order, outcome: str, changes: bool, actor: str, now: datetime) -> None:
        target = rules.ENDS.get(outcome, self.from_state)
        if changes:
            if outcome != "continue":
                raise NotAllowed("no_changes_here", outcome=outcome)
            target = rules.CHANGES.get(self.from_state, self.from_state)
        if target != self.from_state:
            order.clocks(db, "sent_back", now)
        order.thaw(db, target, actor, now)

    def _tell_the_decision(self, db: Session, now: datetime) -> None:
        for side in SIDES:
            person_id, facts = self.person_on(db, side), {"dispute_id": self.id}
            Inbox.happen(db, person_id, "case_decided", facts, once=f"dispute:{self.id}:decided:{side}", now=now)
            Timer.set(db, f"dispute:{self.id}:satisfaction:{side}", "satisfaction_due", person_id, facts, now + rules.RATING)


def _is_on_a_side(person_id: int) -> ColumnElement[bool]:
    """Of an order joined with its tailor; who has declined it has no part in it any more."""
    return or_(Order.customer_id == person_id, and_(Tailor.person_id == person_id, Order.declined_because.is_(None)))
