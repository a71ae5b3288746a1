"""One attempt to send money out of the house: a tailor's earnings, or a refund."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.payments import Absent, Answer, NotAccepted, Paid, Refused, Reversed, Submitted
from bot.rules import NotAllowed
from bot.rules import disbursement as rules
from models import ledger
from models.base import Base, Id, Pesewas, Sealed
from models.case import Case


class Disbursement(Base):
    """Written down, and its money set aside in the books, before anybody is called. A retry is a new row.

    purpose "payout": from tailor_wallet; "refund": from refunds_payable. Set aside on `in_flight:<id>` until it is proven sent or not.
    """

    __tablename__ = "disbursement"
    __table_args__ = (
        Index("ix_disbursement_due", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("uq_disbursement_provider_id", "provider", "provider_id", unique=True, postgresql_where=text("provider_id IS NOT NULL")),
        Index("uq_disbursement_refund", "refund_id", unique=True, postgresql_where=text(f"state IN {rules.LIVE} AND refund_id IS NOT NULL")),
        Index("ix_disbursement_live", "provider", "state", postgresql_where=text(f"state IN {rules.LIVE}")),
        Index("ix_disbursement_sent", "provider", "id", postgresql_where=text("state = 'succeeded'")),
        Index("ix_disbursement_tailor", "tailor_id", "id", postgresql_where=text("tailor_id IS NOT NULL")),
    )

    id: Mapped[Id]
    reference: Mapped[str] = mapped_column(unique=True)
    once: Mapped[str] = mapped_column(unique=True)  # what it is for: "payout:2026-W48:7", "refund:12:1"
    purpose: Mapped[str]  # payout, refund
    way: Mapped[str]  # transfer, or give_back: by the provider that took it
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    tailor_id: Mapped[int | None] = mapped_column(ForeignKey("tailor.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))  # what is given back
    provider: Mapped[str]
    network: Mapped[str]
    msisdn: Mapped[str] = mapped_column(Sealed)
    name: Mapped[str] = mapped_column(Sealed, default="")  # of the wallet's holder
    amount: Mapped[Pesewas]
    currency: Mapped[str]
    source: Mapped[str]  # the account it was taken from, and goes back to when it is not sent
    state: Mapped[str] = mapped_column(default="created")
    reason: Mapped[str | None]
    code: Mapped[str | None]
    provider_id: Mapped[str | None]
    run: Mapped[str | None]  # the batch, "2026-W48"
    retry_of: Mapped[int | None] = mapped_column(ForeignKey("disbursement.id"), unique=True)
    approved_by: Mapped[str | None]
    callback_key: Mapped[str]
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    polls: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]

    # -- questions

    @classmethod
    def by_id(cls, db: Session, disbursement_id: int, *, lock: bool = False) -> Disbursement:
        found = db.get(cls, disbursement_id, with_for_update=lock or None, populate_existing=lock)
        assert found is not None
        return found

    @classmethod
    def by_reference(cls, db: Session, reference: str) -> Disbursement | None:
        return db.scalars(select(cls).where(cls.reference == reference)).one_or_none()

    @classmethod
    def due(cls, db: Session, now: datetime, limit: int = 50) -> list[int]:
        return list(db.scalars(select(cls.id).where(cls.next_at <= now).order_by(cls.next_at, cls.id).limit(limit)))

    @classmethod
    def of_refund(cls, db: Session, refund_id: int) -> list[Disbursement]:
        return list(db.scalars(select(cls).where(cls.refund_id == refund_id).order_by(cls.id)))

    @classmethod
    def giving_back(cls, db: Session, payment_id: int) -> list[int]:
        """The attempts under way that give back a payment."""
        return list(db.scalars(select(cls.id).where(cls.payment_id == payment_id, cls.state.in_(rules.ASKABLE)).order_by(cls.id)))

    @classmethod
    def of_tailor(cls, db: Session, tailor_id: int, limit: int = 20) -> list[Disbursement]:
        return list(db.scalars(select(cls).where(cls.tailor_id == tailor_id).order_by(cls.id.desc()).limit(limit)))

    def is_news(self, answer: Submitted | Answer) -> bool:
        """Whether a final answer can still change anything here."""
        event = _EVENTS.get(type(answer))
        return event is not None and rules.DISBURSEMENT.allows(event, self.state)

    @property
    def account(self) -> str:
        return f"in_flight:{self.id}"

    # -- verbs

    @classmethod
    def prepare(
        cls, db: Session, *, once: str, amount: int, source: str, now: datetime, approved_by: str | None, **values: object
    ) -> Disbursement | None:
        """Sets the money aside and writes the attempt down; None when it was done before. Raises ledger.Overdrawn.

        Without `approved_by` it waits for a person; `next_at` among the values puts an approved one off.
        """
        row = {
            "reference": uuid.uuid4().hex, "once": once, "amount": amount, "source": source, "callback_key": secrets.token_urlsafe(16),
            "state": "approved" if approved_by else "created", "approved_by": approved_by, "created_at": now, "polls": 0, "name": "",
            "currency": ledger.HOUSE_CURRENCY, "next_at": now if approved_by else None, **values,
        }  # fmt: skip
        made = db.scalar(insert(cls).values(row).on_conflict_do_nothing().returning(cls.id))
        if made is None:
            return None
        self = cls.by_id(db, made)
        lines = {source: amount, self.account: -amount}
        ledger.post(db, f"{self.purpose}:{self.id}:reserve", lines, order_id=self.order_id, now=now)
        return self

    def approve(self, by: str, now: datetime) -> None:
        self._move("approved")
        self.approved_by, self.next_at = by, now

    def cancel(self, db: Session, now: datetime) -> None:
        """Not sent after all: the money goes back to where it was taken from. Raises NotAllowed once somebody was called."""
        if self.submitted_at is not None:
            raise NotAllowed("not_now")
        self._move("cancelled")
        self._void(db, now)

    def begin(self, now: datetime, lease: timedelta) -> None:
        """Committed before the provider is called: whoever finds it afterwards asks with the same reference."""
        self._move("sent")
        self.submitted_at, self.next_at = now, now + lease

    def hint(self, now: datetime) -> None:
        """A callback came: a good moment to ask; after success, too, because money can come back."""
        if self.submitted_at is not None and self.state in (*rules.ASKABLE, "succeeded"):
            self.next_at = now

    def hear(self, db: Session, answer: Submitted | Answer, now: datetime) -> str:
        """Takes in what a provider said. Returns "sent", "not_sent", "reversed", "stuck", "waiting" or "nothing"."""
        outcome = self._hear(db, answer, now)
        if outcome == "stuck":
            facts = {"disbursement_id": self.id, "order_id": self.order_id, "amount": self.amount}
            Case.open(db, f"disbursement:{self.id}:stuck", "disbursement_stuck", provider=self.provider, facts=facts, now=now)
        elif outcome in ("sent", "not_sent", "reversed"):
            Case.settle(db, f"disbursement:{self.id}:stuck", now)
        return outcome

    def _hear(self, db: Session, answer: Submitted | Answer, now: datetime) -> str:
        event = _EVENTS.get(type(answer), "")
        if isinstance(answer, Paid) and not self._fits(db, answer):
            return self._wait("lost", now)
        if isinstance(answer, Reversed) and self.state in rules.ASKABLE:
            self._settle(db, answer, now)  # it came back before we heard that it had arrived
        if event and not rules.DISBURSEMENT.allows(event, self.state):
            self.next_at = self.next_at if self.state in rules.ASKABLE else None
            return "nothing"
        if isinstance(answer, Paid):
            return self._settle(db, answer, now)
        if isinstance(answer, Refused | NotAccepted):
            return self._fail(db, answer, now)
        if isinstance(answer, Reversed):
            return self._come_back(db, now)
        if isinstance(answer, Absent) and self.state in ("submitting", "unknown"):
            self._move("absent")  # the provider never saw it: the same reference is sent again
            self.next_at = now + (rules.REFUND_SEEN if self.way == "give_back" else timedelta())
            return "waiting"
        return self._wait(rules.WAITING.get(type(answer).__name__, "lost"), now)

    # -- private

    def _fits(self, db: Session, paid: Paid) -> bool:
        """Integrity: ours, this amount, this currency, and no other movement's id."""
        used = select(Disbursement.id).where(Disbursement.provider == self.provider, Disbursement.provider_id == paid.provider_id)
        taken = bool(paid.provider_id) and db.scalar(used.where(Disbursement.id != self.id)) is not None
        return (paid.reference, paid.amount, paid.currency) == (self.reference, self.amount, self.currency) and not taken

    def _settle(self, db: Session, paid: Paid | Reversed, now: datetime) -> str:
        self._move("proven")
        self.provider_id, self.settled_at, self.next_at = paid.provider_id or None, now, None
        lines = {self.account: self.amount, f"provider_clearing:{self.provider}": -self.amount}
        ledger.post(db, f"{self.purpose}:{self.id}:settle", lines, order_id=self.order_id, now=now)
        return "sent"

    def _fail(self, db: Session, answer: Refused | NotAccepted, now: datetime) -> str:
        if isinstance(answer, NotAccepted) and self.polls:
            return self._wait("lost", now)  # an earlier call may have been accepted
        self._move(_EVENTS[type(answer)])
        self.reason = answer.reason if isinstance(answer, Refused) else "our_fault" if answer.ours else "provider_down"
        self.code = (answer.code if isinstance(answer, Refused) else answer.why)[:200]
        self._void(db, now)
        return "not_sent"

    def _come_back(self, db: Session, now: datetime) -> str:
        self._move("reversed")
        self.next_at = None
        lines = {f"provider_clearing:{self.provider}": self.amount, self.source: -self.amount}
        ledger.post(db, f"{self.purpose}:{self.id}:reversed", lines, order_id=self.order_id, now=now)
        return "reversed"

    def _void(self, db: Session, now: datetime) -> None:
        self.next_at, self.settled_at = None, now
        lines = {self.account: self.amount, self.source: -self.amount}
        ledger.post(db, f"{self.purpose}:{self.id}:void", lines, order_id=self.order_id, now=now)

    def _wait(self, event: str, now: datetime) -> str:
        if self.state not in rules.POLLED or self.submitted_at is None:
            self.next_at = None
            return "nothing"
        if rules.DISBURSEMENT.allows(event, self.state):
            self._move(event)
        self.polls += 1
        wait = rules.next_poll(self.polls, now - self.submitted_at)
        if wait is None:
            self._move("gave_up")
            self.next_at = None
            return "stuck"
        self.next_at = self.submitted_at + wait
        return "waiting"

    def _move(self, event: str) -> None:
        self.state = rules.DISBURSEMENT.after(event, self.state)


_EVENTS: dict[type, str] = {Paid: "proven", Refused: "refused", NotAccepted: "not_accepted", Reversed: "reversed"}
