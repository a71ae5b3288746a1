"""An order whose tailor says no, or nothing: somebody else for the same money, or the money back."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.rules import NotAllowed, days, escrow
from bot.rules import order as rules
from models import ledger
from models.garment import Garment
from models.payment import Payment
from models.piece import Piece
from models.tailor import Offer, Tailor, check_room, has_room

OFFERED, SEARCHED = 3, 20


class Offered:
    """A part of Order."""

    if TYPE_CHECKING:
        id: int
        customer_id: int
        tailor_id: int
        garment: str
        pieces: int
        state: str
        state_since: datetime
        express_cost: int
        commission_bp: int
        promised_on: date
        circle_id: int | None
        declined_because: str | None
        overdue_since: datetime | None
        asked: list[int]

        def tailor(self, db: Session) -> Tailor: ...

        def clocks(self, db: Session, moment: str, now: datetime) -> None: ...

        def _move(self, db: Session, event: str, actor: str, now: datetime) -> None: ...

    # -- questions

    @property
    def trouble(self) -> str:
        """Why the customer may choose anew: "declined", "silent", "no_show" (accepted and not begun); "" when all is well."""
        if self.state == "DEPOSIT_PAID":
            return "declined" if self.declined_because is not None else "silent" if self.overdue_since else ""
        return "no_show" if self.state == "ACCEPTED" and self.overdue_since else ""

    @property
    def is_given_up(self) -> bool:
        """Whether the clock that rings now has rung for so long that nobody can be expected to answer any more."""
        return self.overdue_since is not None and self.overdue_since - self.state_since >= rules.GIVEN_UP[self.state]

    def awaits(self, tailor_id: int) -> bool:
        """Whether this tailor's answer is wanted."""
        return self.state == "DEPOSIT_PAID" and self.declined_because is None and self.tailor_id == tailor_id

    def in_cash(self, db: Session, stage: str) -> bool:
        """Whether a stage was paid from hand to hand: we hold none of it."""
        paid = Payment.funded(db, self.id, stage)
        return paid is not None and paid.booked == "cash"

    def goes_back(self, db: Session) -> escrow.GivenBack:
        """What becomes of the deposit when the order is cancelled now. Raises NotAllowed once work has begun."""
        return escrow.on_cancel(self.state, ledger.balance(db, f"escrow:{self.id}:deposit"), no_show=self.trouble == "no_show")

    def others(self, db: Session, now: datetime) -> list[Tailor]:
        """Who could sew it instead, the nearest and best first."""
        if self.circle_id is not None or self.in_cash(db, "deposit"):
            return []
        day = self.day_of_another(db, now)
        return [t for t in self.candidates(db) if has_room(db, t, day, now, pieces=self.pieces)][:OFFERED]

    def candidates(self, db: Session) -> list[Tailor]:
        """Who sews all of it for that money, whether she has room or not."""
        near = (Tailor.town == self.tailor(db).town).desc()
        return list(db.scalars(self._fitting(db).order_by(near, Offer.score.desc(), Tailor.id.desc()).limit(SEARCHED)))

    def day_of_another(self, db: Session, now: datetime) -> date:
        """When somebody who begins now can be ready: the promised day, or the first one that leaves enough days for the work."""
        needed = [days.needed(Garment.named(db, p.garment).days, express=p.express_cost > 0) for p in Piece.of(db, self.id)]
        return max(self.promised_on, rules.earliest(now.date(), max(needed)))

    # -- verbs

    def decline(self, db: Session, reason: str, now: datetime) -> None:
        """The tailor will not do it; the customer has two days to choose. Raises NotAllowed when it is not hers to decline."""
        self._check_awaited()
        self.declined_because = reason
        self._move(db, "declined", f"tailor:{self.tailor_id}", now)
        self.clocks(db, "declined", now)

    def accept(self, db: Session, now: datetime) -> None:
        self._check_awaited()
        self.overdue_since = None
        self._move(db, "accepted", f"tailor:{self.tailor_id}", now)
        self.clocks(db, "accepted", now)

    def overdue(self, db: Session, now: datetime) -> None:
        """The tailor let a clock run out. It starts again, should the customer not decide either."""
        self.overdue_since = now
        self.ask_again(db, now)

    def ask_again(self, db: Session, now: datetime) -> None:
        """The customer gives the tailor more time."""
        self.clocks(db, "deposit_paid" if self.state == "DEPOSIT_PAID" else "no_show_waits", now)

    def offer_to(self, db: Session, tailor: Tailor, now: datetime, *, actor: str = "") -> None:
        """Somebody else is asked, at the price the customer agreed to; her deposit stays where it is.

        Raises NotAllowed("not_now" | "tailor_gone" | "day_full" | "month_full").
        """
        if not self.trouble or self.circle_id is not None or self.in_cash(db, "deposit"):
            raise NotAllowed("not_now")
        both = select(Tailor.id).where(Tailor.id.in_((self.tailor_id, tailor.id))).order_by(Tailor.id)
        db.execute(both.with_for_update())  # in one order: two orders may change places
        if db.scalars(self._fitting(db).where(Tailor.id == tailor.id)).one_or_none() is None:
            raise NotAllowed("tailor_gone", tailor=tailor.business)
        day = self.day_of_another(db, now)
        check_room(db, tailor, day, now, pieces=self.pieces)
        self.count_no_show(db, now)
        self.asked = [*self.asked, self.tailor_id]
        self._move(db, "offered_again", actor or f"person:{self.customer_id}", now)
        self.tailor_id, self.commission_bp, self.promised_on = tailor.id, tailor.commission_bp, day
        self.declined_because, self.overdue_since = None, None
        self.clocks(db, "offered_again", now)

    def count_no_show(self, db: Session, now: datetime) -> None:
        """An order that was accepted and not begun counts against its tailor when it is taken from her."""
        if self.trouble == "no_show":
            self.tailor(db).cancelled(db, now)

    # -- private

    def _check_awaited(self) -> None:
        if not self.awaits(self.tailor_id):
            raise NotAllowed("not_now")

    def _fitting(self, db: Session) -> Select[Tailor]:
        """Tailors nobody has asked yet, who take orders and sew every garment of it for at most what the customer pays for the work."""
        most: dict[str, int] = {}
        for piece in Piece.of(db, self.id):
            most[piece.garment] = min(piece.work, most.get(piece.garment, piece.work))
        rows = select(Tailor).join(Offer, (Offer.tailor_id == Tailor.id) & (Offer.garment == self.garment))
        for garment, price in most.items():
            sews = select(Offer.tailor_id).where(Offer.garment == garment, Offer.open, Offer.price <= price)
            rows = rows.where(Tailor.id.in_(sews.correlate(None)))
        rows = rows.where(Tailor.id.not_in((*self.asked, self.tailor_id)), Tailor.person_id != self.customer_id)
        return rows.where(Tailor.express) if self.express_cost else rows
