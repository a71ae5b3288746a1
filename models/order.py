"""An order: one customer's lot of pieces, one tailor, and everything that happens to it."""

from __future__ import annotations

import hmac
from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, bindparam, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed, escrow, milestones, numbering
from bot.rules import order as rules
from bot.rules.capacity import HOLD
from models import escrow as held
from models.base import Base, Id, Pesewas
from models.clocked import Clocked
from models.garment import Garment
from models.milestone import Milestone
from models.offered import Offered
from models.order_step import OrderStep
from models.payment import Payment
from models.person import Person
from models.picture import Picture
from models.piece import Piece
from models.tailor import Tailor, check_room

CODE_TRIES = 5
#: Paid for, and not at its end.
UNDER_WAY = "orders.state NOT IN ('PENDING_DEPOSIT', 'COMPLETED', 'CANCELLED', 'REFUNDED')"


class Order(Clocked, Offered, Base):
    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_customer", "customer_id", "id"),
        Index("ix_orders_tailor", "tailor_id", "promised_on"),
        Index("ix_orders_state", "state", "id"),
        Index("ix_orders_placed", "placed_at"),
        Index("ix_orders_total", "total", "id"),
        Index("ix_orders_promised", "promised_on", "id"),
        Index("ix_orders_open", "promised_on", "id", postgresql_where=text(UNDER_WAY)),
        CheckConstraint("total = work + fabric_cost + express_cost - discount AND pieces > 0", name="money"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    tailor_id: Mapped[int] = mapped_column(ForeignKey("tailor.id"))
    garment: Mapped[str] = mapped_column(ForeignKey("garment.name"))  # of the first piece
    pieces: Mapped[int]  # how many
    state: Mapped[str] = mapped_column(default="PENDING_DEPOSIT")
    work: Mapped[Pesewas]  # this and what follows are sums over the pieces
    discount: Mapped[Pesewas]
    fabric_cost: Mapped[Pesewas]
    express_cost: Mapped[Pesewas]
    total: Mapped[Pesewas]
    commission_bp: Mapped[int]
    fabric: Mapped[str]  # own, tailor
    style: Mapped[str] = mapped_column(default="")
    style_picture_id: Mapped[int | None] = mapped_column(ForeignKey("picture.id"))
    promised_on: Mapped[date]
    circle_id: Mapped[int | None] = mapped_column(ForeignKey("circle.id"), index=True)
    handover_code: Mapped[str | None]
    code_tries: Mapped[int] = mapped_column(default=0)
    declined_because: Mapped[str | None]  # by the present tailor
    overdue_since: Mapped[datetime | None]  # when the present tailor let a clock run out: she did not answer, or not begin
    asked: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)  # tailors who were asked before
    hold_until: Mapped[datetime | None]
    placed_at: Mapped[datetime]
    state_since: Mapped[datetime]

    # -- questions

    @classmethod
    def by_id(cls, db: Session, order_id: int, *, lock: bool = False) -> Order:
        order = db.get(cls, order_id, with_for_update=lock or None, populate_existing=lock)
        assert order is not None
        return order

    @classmethod
    def last_town(cls, db: Session, person_id: int) -> list[str]:
        return list(db.connection().execute(_LAST_TOWN, {"person": person_id}).scalars())

    @classmethod
    def of_customer(cls, db: Session, person_id: int, limit: int = 9) -> list[Order]:
        return list(db.scalars(_OF_CUSTOMER, {"person": person_id, "limit": limit}))

    @classmethod
    def of_circle(cls, db: Session, circle_id: int) -> list[Order]:
        return list(db.scalars(select(cls).where(cls.circle_id == circle_id).order_by(cls.id)))

    @classmethod
    def of_tailor(cls, db: Session, tailor_id: int, states: tuple[str, ...], limit: int = 9) -> list[Order]:
        hers = cls.tailor_id == tailor_id, cls.state.in_(states), cls.declined_because.is_(None)
        return list(db.scalars(select(cls).where(*hers).order_by(cls.promised_on, cls.id).limit(limit)))

    def tailor(self, db: Session) -> Tailor:
        return Tailor.by_id(db, self.tailor_id)

    def part(self, stage: str) -> int:
        """Pesewas of one stage."""
        return escrow.split(self.total)[stage]

    def due_stage(self, db: Session) -> str | None:
        """What must be paid now, if anything."""
        stage = escrow.STAGE_DUE.get(self.state)
        return stage if stage and not self.is_funded(db, stage) else None

    def is_funded(self, db: Session, stage: str) -> bool:
        return Payment.funded(db, self.id, stage) is not None

    def progress(self, db: Session) -> int:
        done = [milestones.BY_NAME[m.step].percent for m in Milestone.of(db, self.id)]
        return rules.progress(self.state, max(done, default=0))

    def possible_steps(self, db: Session) -> tuple[str, ...]:
        return milestones.possible(self.state, [m.step for m in Milestone.of(db, self.id)])

    @classmethod
    def numbered(cls, db: Session, number: str, *, customer_id: int) -> Order | None:
        return db.scalars(select(cls).where(cls.number == number, cls.customer_id == customer_id)).one_or_none()

    def customer(self, db: Session) -> Person:
        return Person.by_id(db, self.customer_id)

    def sides(self, db: Session) -> tuple[int, int]:
        """The two persons of it: the customer and the tailor."""
        return self.customer_id, self.tailor(db).person_id

    def noun(self, db: Session) -> str:
        """ "kente shirt", or "kente shirt and 2 more"."""
        return Garment.named(db, self.garment).label.lower() + (f" and {self.pieces - 1} more" if self.pieces > 1 else "")

    def has_style_photo(self, db: Session) -> bool:
        return self.style_picture_id is not None and Picture.by_id(db, self.style_picture_id).state == "kept"

    @property
    def is_code_locked(self) -> bool:
        return self.code_tries >= CODE_TRIES

    # -- verbs, in the order of a life

    @classmethod
    def place(
        cls, db: Session, *, customer_id: int, tailor: Tailor, pieces: list[Piece], fabric: str, style: str, style_picture_id: int | None,
        promised_on: date, now: datetime, circle_id: int | None = None,
    ) -> Order:  # fmt: skip
        """The customer confirmed: price and measurements are frozen, the tailor's place is held while the deposit is awaited.

        For a circle the tailor has given her word: its pieces find room.
        """
        if circle_id is None:
            check_room(db, tailor, promised_on, now, pieces=len(pieces))
        sums = {column: sum(getattr(p, column) for p in pieces) for column in ("work", "discount", "fabric_cost", "express_cost")}
        order = cls(
            number=cls._free_number(db, now), customer_id=customer_id, tailor_id=tailor.id, garment=pieces[0].garment, pieces=len(pieces),
            state="PENDING_DEPOSIT", total=rules.check_total(sum(p.total for p in pieces), off=sums["discount"]),
            commission_bp=tailor.commission_bp, fabric=fabric, style=style, style_picture_id=style_picture_id, promised_on=promised_on,
            circle_id=circle_id, hold_until=now + HOLD, placed_at=now, state_since=now, **sums,
        )  # fmt: skip
        db.add(order)
        db.flush()
        for place, piece in enumerate(pieces, 1):
            piece.order_id, piece.place = order.id, place
        db.add_all(pieces)
        db.add(OrderStep(order_id=order.id, origin=None, target=order.state, event="placed", actor=f"person:{customer_id}", at=now))
        order.clocks(db, "placed", now)
        return order

    def hold_place(self, db: Session, now: datetime) -> None:
        """Before money is asked for: there must (still) be room, and it is kept for half an hour. Raises NotAllowed."""
        if self.state == "PENDING_DEPOSIT" and (tailor := self.tailor(db)).state != "APPROVED":
            raise NotAllowed("tailor_gone", tailor=tailor.business)
        if self.state == "PENDING_DEPOSIT" and self.circle_id is None and (self.hold_until is None or self.hold_until <= now):
            check_room(db, self.tailor(db), self.promised_on, now, pieces=self.pieces)
        self.hold_until = now + HOLD

    def funded(self, db: Session, stage: str, now: datetime) -> int:
        """A stage is paid: its money is in escrow, or in the tailor's hand. Pesewas the tailor gets from us at once."""
        if stage == "final":
            self.handover_code = self.handover_code or numbering.handover_code()
            self.clocks(db, "all_paid", now)
            return 0
        self._move(db, escrow.STAGE_PAID_EVENT[stage], f"payment:{stage}", now)
        self.clocks(db, escrow.STAGE_PAID_EVENT[stage], now)
        if stage == "fitting":
            return self.release(db, "fitting", now)  # approval was given before the money came
        self.hold_until = None
        return 0

    def show(self, db: Session, step: str, picture_id: int, now: datetime) -> Milestone:
        """The tailor's photo of a step. Raises NotAllowed("not_this_step")."""
        if step not in self.possible_steps(db):
            raise NotAllowed("not_this_step", step=step)
        milestone = Milestone(order_id=self.id, step=step, picture_id=picture_id, at=now)
        db.add(milestone)
        event = milestones.BY_NAME[step].event
        if event and rules.ORDER.allows(event, self.state):
            self._move(db, event, f"tailor:{self.tailor_id}", now)
            self.clocks(db, event, now)
        db.flush()
        return milestone

    def seen(self, db: Session, milestone: Milestone, now: datetime) -> None:
        """A photo reached the customer's phone: only now do the clocks start that lead to money."""
        if milestone.delivered_at is not None:
            return
        milestone.delivered_at = now
        if milestone.step == "cutting" or (milestone.step == "fitting" and self.state == "READY_FOR_FITTING" and milestone.verdict is None):
            self.clocks(db, f"{milestone.step}_seen", now)

    def approve_fitting(self, db: Session, actor: str, now: datetime) -> None:
        self._move(db, "fitting_approved", actor, now)
        self._judge(db, "approved", None, now)
        self.clocks(db, "fitting_approved", now)

    def reject_fitting(self, db: Session, reason: str, now: datetime) -> None:
        self._move(db, "fitting_rejected", f"person:{self.customer_id}", now)
        self._judge(db, "rejected", reason, now)

    def hand_over(self, db: Session, actor: str, now: datetime) -> None:
        """The customer holds the garment. Raises NotAllowed("final_unpaid") before the last payment."""
        if self.state == "READY_FOR_DELIVERY" and not self.is_funded(db, "final"):
            raise NotAllowed("final_unpaid")
        self._move(db, "handed_over", actor, now)
        Piece.hand_over(db, self.id, now)
        self.clocks(db, "handed_over", now)

    def confirm(self, db: Session, actor: str, now: datetime) -> int:
        """The customer is content, or silent for three days: what is still held is released. Pesewas the tailor gets now."""
        self._move(db, "confirmed", actor, now)
        self.clocks(db, "completed", now)
        return self.pay_off(db, now)

    def pay_off(self, db: Session, now: datetime) -> int:
        """The work is over and counts for the tailor, and what is still held is hers. Pesewas she gets now."""
        released = sum(self.release(db, stage, now) for stage in escrow.STAGES)
        tailor = self.tailor(db)
        tailor.jobs = Tailor.jobs + 1  # counted by the database: two orders may end at once
        tailor.refresh_offers(db)
        return released

    def try_code(self, code: str) -> bool:
        """Compares the handover code; every try counts, so that nobody can guess it."""
        self.code_tries += 1
        return self.handover_code is not None and hmac.compare_digest(code, self.handover_code)

    def cancel(self, db: Session, actor: str, now: datetime) -> escrow.GivenBack:
        """Gives back what SPEC 6 says. Raises NotAllowed once work has begun."""
        back = self.goes_back(db)
        self.count_no_show(db, now)
        self._move(db, "cancelled", actor, now)
        self.hold_until = None
        self.clocks(db, "cancelled", now)
        if deposit := back.to_customer + back.to_tailor:
            held.give_back(db, self, deposit, back, now)
        Payment.waive_cash_fees(db, self, now)
        return back

    def release(self, db: Session, stage: str, now: datetime) -> int:
        """Pays a collected stage out, once. Pesewas the tailor gets."""
        return held.release(db, self, stage, now)

    # -- private

    def _move(self, db: Session, event: str, actor: str, now: datetime) -> None:
        target = rules.ORDER.after(event, self.state)
        db.add(OrderStep(order_id=self.id, origin=self.state, target=target, event=event, actor=actor, at=now))
        self.state, self.state_since = target, now
        if self.circle_id is not None:
            from models.circle import Circle

            Circle.watch(db, self, event, now)

    def _judge(self, db: Session, verdict: str, reason: str | None, now: datetime) -> None:
        self.clocks(db, "fitting_judged", now)
        milestone = Milestone.last(db, self.id, "fitting")
        assert milestone is not None
        milestone.judge(verdict, reason)

    @classmethod
    def _free_number(cls, db: Session, now: datetime) -> str:
        while db.scalar(select(cls.id).where(cls.number == (number := numbering.order_number(now)))) is not None:
            pass
        return number


_MINE = Order.customer_id == bindparam("person")
_OF_CUSTOMER = select(Order).where(_MINE).order_by(Order.id.desc()).limit(bindparam("limit"))
_LAST_TOWN = select(Tailor.town).join(Order, Order.tailor_id == Tailor.id).where(_MINE).order_by(Order.id.desc()).limit(1)
