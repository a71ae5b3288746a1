"""Everything a verifier sees of one tailor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.rules import verification as rules
from bot.rules.payout import best_match
from models.application import Application, last_check
from models.garment import Garment
from models.holder_check import HolderCheck
from models.order import Order
from models.person import Address, Person
from models.purse import Purse
from models.referee import Referee
from models.tailor import Offer, Tailor
from models.tailor_step import TailorStep

OVER = ("PENDING_DEPOSIT", "COMPLETED", "CANCELLED", "REFUNDED")


@dataclass(frozen=True, slots=True)
class TailorFile:
    tailor: Tailor
    person: Person
    application: Application | None
    purse: Purse | None
    phone: str | None
    under_way: int  # orders
    offers: Sequence[Any]  # offer id, label, price, open
    referees: list[Referee]
    steps: list[TailorStep]
    check: HolderCheck | None  # whose wallet it is, asked last

    @property
    def ticks(self) -> dict[str, TailorStep]:
        return TailorStep.ticks(self.steps)

    @property
    def possible(self) -> list[str]:
        """What may be decided now."""
        events = dict.fromkeys(event for event, _, _ in rules.VERIFICATION.rows)
        return [event for event in events if rules.VERIFICATION.allows(event, self.tailor.state)]

    @property
    def verdict(self) -> str:
        """Whether the wallet's name is hers, as the network says it."""
        names = (self.person.name, self.tailor.business)
        return best_match(names, self.check.name) if self.check and self.check.answered_at else self.purse.name_state if self.purse else ""

    @classmethod
    def read(cls, db: Session, tailor_id: int) -> TailorFile | None:
        """In five statements."""
        phone = select(Address.value).where(Address.person_id == Tailor.person_id, Address.gone_at.is_(None)).order_by(Address.id).limit(1)
        busy = select(func.count()).select_from(Order).where(Order.tailor_id == Tailor.id, Order.state.not_in(OVER))
        rows = select(Tailor, Person, Application, Purse, phone.scalar_subquery(), busy.scalar_subquery()).join(Person, Person.id == Tailor.person_id)
        rows = rows.outerjoin(Application, Application.tailor_id == Tailor.id).outerjoin(Purse, Purse.tailor_id == Tailor.id)
        found = db.execute(rows.where(Tailor.id == tailor_id)).one_or_none()
        if found is None:
            return None
        offers = select(Offer.id, Garment.label, Offer.price, Offer.open).join(Garment, Garment.name == Offer.garment)
        sewn = db.execute(offers.where(Offer.tailor_id == tailor_id).order_by(Offer.price)).all()
        tailor, person, application, purse, number, under_way = found
        steps, check = TailorStep.of(db, tailor_id), last_check(db, tailor_id)
        return cls(tailor, person, application, purse, number, under_way, sewn, Referee.of(db, tailor_id), steps, check)


def listed() -> Select[Any]:
    """(Tailor, since when she waits, when she is to be looked at again)."""
    since, again = Application.handed_in_at.label("since"), Application.look_again_on.label("again")
    rows: Select[Any] = select(Tailor, since, again)  # type: ignore[assignment]
    return rows.outerjoin(Application, Application.tailor_id == Tailor.id)
