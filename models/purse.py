"""Where a tailor is paid: one wallet, whose name stands on it, and what it was before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import payout as rules
from models.base import Base, Id, Sealed
from models.conversation import Conversation
from models.disbursement import Disbursement
from models.payday import Payday
from models.person import Address, Person
from models.tailor import Tailor


class Purse(Base):
    """One per tailor. Whoever pays her locks it first, so that the same money never leaves twice."""

    __tablename__ = "purse"

    id: Mapped[Id]
    tailor_id: Mapped[int] = mapped_column(ForeignKey("tailor.id"), unique=True)
    number: Mapped[str] = mapped_column(Sealed)  # "233…"
    network: Mapped[str]
    name: Mapped[str] = mapped_column(Sealed)  # of its holder, as the network says; "" when nobody can say
    name_state: Mapped[str]  # matched, mismatched, unknown
    verified_at: Mapped[datetime]  # when the tailor said that it is hers
    changed_at: Mapped[datetime | None]  # None: it is her first one
    before: Mapped[str | None] = mapped_column(Sealed)  # the number before
    before_index: Mapped[str | None] = mapped_column(index=True)  # to find it when its owner objects
    stopped_because: Mapped[str | None]  # nothing is paid until a person has looked
    looked_by: Mapped[str | None]  # who it was

    # -- questions

    @classmethod
    def of(cls, db: Session, tailor_id: int, *, lock: bool = False) -> Purse | None:
        row = select(cls).where(cls.tailor_id == tailor_id)
        return db.scalars(row.with_for_update() if lock else row, execution_options={"populate_existing": lock}).one_or_none()

    @classmethod
    def held(cls, db: Session) -> list[Purse]:
        """Those that a person must look at."""
        return list(db.scalars(select(cls).where(cls.stopped_because.is_not(None) | (cls.name_state == "mismatched")).order_by(cls.id)))

    @classmethod
    def doubted_by(cls, db: Session, person_id: int, since: datetime) -> list[int]:
        """Tailors whose number was changed since, and who are this person or were paid at a number of hers before."""
        hers = select(Address.value_index).where(Address.person_id == person_id)
        is_hers = cls.before_index.in_(hers) | (Tailor.person_id == person_id)
        return list(db.scalars(select(cls.tailor_id).join(Tailor, Tailor.id == cls.tailor_id).where(is_hers, cls.changed_at >= since)))

    def owner_before(self, db: Session, channel: str, now: datetime) -> int | None:
        """Who is reached at the number before; somebody new to us when nobody was."""
        if self.before is None:
            return None
        known = db.scalar(select(Address.person_id).where(Address.value_index == self.before_index, Address.gone_at.is_(None)).limit(1))
        if known is not None:
            return known
        stranger = Person(name="", created_at=now)
        db.add(stranger)
        db.flush()
        db.add(Conversation(person_id=stranger.id, version=0, stack=[], misses=0))
        Address.add(db, stranger.id, channel, "+" + self.before)
        return stranger.id

    def cold_until(self, now: datetime) -> datetime | None:
        """Until when nothing is paid because the number was changed."""
        end = self.changed_at + rules.COOLING if self.changed_at else None
        return end if end and now < end else None

    def obstacle(self, now: datetime) -> str | None:
        return rules.obstacle(is_stopped=bool(self.stopped_because), name_state=self.name_state, cold_until=self.cold_until(now))

    # -- verbs

    @classmethod
    def take(
        cls, db: Session, tailor: Tailor, *, number: str, network: str, name: str, name_state: str, now: datetime
    ) -> tuple[Purse, bool]:
        """The tailor is paid here from now on; (purse, whether another number was hers before). What was to leave comes back first."""
        values = {"tailor_id": tailor.id, "number": number, "network": network, "name": name, "name_state": name_state, "verified_at": now}
        made = db.scalar(insert(cls).values(values).on_conflict_do_nothing().returning(cls.id))
        purse = cls.of(db, tailor.id, lock=True)
        assert purse is not None
        is_changed = made is None and purse.number != number
        if is_changed:
            if not purse.cold_until(now):  # else the number before is still the one that was good
                purse.before, purse.before_index = purse.number, Address.index_of("+" + purse.number)
            purse.changed_at = now
            purse._call_back(db, now)
        for column in ("number", "network", "name", "name_state", "verified_at"):
            setattr(purse, column, values[column])
        Payday.plan(db, now)
        return purse, is_changed

    def reread(self, name: str | None, verdict: rules.Verdict) -> None:
        """What the network says of this very wallet by now; a name that a person has looked at already stays looked at."""
        if name is not None and name != self.name:
            self.name, self.name_state = name, verdict

    def stop(self, db: Session, because: str, now: datetime) -> None:
        """Nothing more is paid, and what has not left comes back, until a person has looked."""
        self.stopped_because = because
        self._call_back(db, now)

    def free(self, by: str) -> None:
        """A person has looked: payouts go on, and the wallet is hers whatever name it has."""
        self.stopped_because, self.looked_by = None, by
        if self.name_state == "mismatched":
            self.name_state = "matched"

    def _call_back(self, db: Session, now: datetime) -> None:
        """Payouts nobody was called about go back into her wallet here."""
        unsent = Disbursement.purpose == "payout", Disbursement.state.in_(("created", "approved")), Disbursement.submitted_at.is_(None)
        rows = select(Disbursement).where(Disbursement.tailor_id == self.tailor_id, *unsent).order_by(Disbursement.id)
        for out in db.scalars(rows.with_for_update(), execution_options={"populate_existing": True}):
            out.cancel(db, now)
