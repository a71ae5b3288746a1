"""One attempt to collect one stage of an order from one wallet."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.payments import Absent, Answer, Needs, NotAccepted, Paid, Pending, Refused, Submitted
from bot.rules import NotAllowed
from bot.rules import payment as rules
from models import ledger
from models.base import Base, Id, Pesewas, Sealed
from models.case import Case
from models.handed import Handed
from models.refund import Refund


class Payment(Handed, Base):
    """Written down before anybody is called; its reference is the same at every try."""

    __tablename__ = "payment"
    __table_args__ = (
        Index("uq_payment_open", "order_id", "stage", unique=True, postgresql_where=text(f"state IN {rules.OPEN}")),
        Index("uq_payment_provider_id", "provider", "provider_id", unique=True, postgresql_where=text("provider_id IS NOT NULL")),
        Index("ix_payment_due", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("ix_payment_order", "order_id", "stage"),
        Index("ix_payment_taken", "provider", "id", postgresql_where=text("state = 'succeeded'")),
        Index("ix_payment_person", "person_id", "id"),
        Index("ix_payment_created", "created_at", postgresql_using="brin", postgresql_with={"pages_per_range": 32, "autosummarize": "on"}),
    )

    id: Mapped[Id]
    reference: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    stage: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    provider: Mapped[str]
    network: Mapped[str]
    msisdn: Mapped[str] = mapped_column(Sealed)
    amount: Mapped[Pesewas]
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(default="created")
    reason: Mapped[str | None]
    code: Mapped[str | None]
    provider_id: Mapped[str | None]
    booked: Mapped[str | None]  # where the money went: escrow, surplus, suspense; cash: into the tailor's hand
    said_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # who said first that it was paid in cash
    refusals: Mapped[list[str]] = mapped_column(default=list)
    callback_key: Mapped[str]
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    polls: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # when the person heard that her time is over
    claimed_at: Mapped[datetime | None]  # when a callback said that it was paid; a claim that is never proven is looked at
    secret: Mapped[str | None] = mapped_column(Sealed)  # a voucher on its way to the provider; wiped before it is handed in

    # -- questions

    @classmethod
    def by_id(cls, db: Session, payment_id: int, *, lock: bool = False) -> Payment:
        payment = db.get(cls, payment_id, with_for_update=lock or None, populate_existing=lock)
        assert payment is not None
        return payment

    @classmethod
    def by_reference(cls, db: Session, reference: str) -> Payment | None:
        return db.scalars(select(cls).where(cls.reference == reference)).one_or_none()

    @classmethod
    def funded(cls, db: Session, order_id: int, stage: str) -> Payment | None:
        """The payment that settled this stage: its money is in escrow, or went from hand to hand (booked "cash")."""
        return db.scalars(select(cls).where(cls.order_id == order_id, cls.stage == stage, cls.booked.in_(("escrow", "cash")))).one_or_none()

    @classmethod
    def open_for(cls, db: Session, order_id: int, stage: str) -> Payment | None:
        rows = select(cls).where(cls.order_id == order_id, cls.stage == stage, cls.state.in_(rules.OPEN))
        return db.scalars(rows).one_or_none()

    @classmethod
    def due(cls, db: Session, now: datetime, each: int = 50) -> list[tuple[int, str]]:
        """(id, provider) of those to be asked about, at most `each` of a provider: the late ones of one keep nobody else waiting."""
        place = func.row_number().over(partition_by=cls.provider, order_by=(cls.next_at, cls.id))
        rows = select(cls.id, cls.provider, place.label("place")).where(cls.next_at <= now).subquery()
        first = select(rows.c.id, rows.c.provider).where(rows.c.place <= each).order_by(rows.c.place, rows.c.id)
        return [(ident, provider) for ident, provider in db.execute(first)]

    @property
    def may_be_paid_again(self) -> bool:
        """The customer's time at the provider is long over, and she was told that nobody knows: if both arrive, one comes back."""
        return self.told_at is not None and not self.is_claim and rules.PAYMENT.allows("superseded", self.state)

    @property
    def is_settled(self) -> bool:
        return self.state in ("succeeded", "mismatch")

    def is_news(self, answer: Paid | Refused) -> bool:
        """Whether a final answer can still change anything here."""
        return not self.is_settled and (isinstance(answer, Paid) or self.state not in rules.REFUSED)

    # -- verbs

    @classmethod
    def start(
        cls, db: Session, *, order_id: int, stage: str, person_id: int, provider: str, network: str, msisdn: str, amount: int, currency: str,
        now: datetime,
    ) -> Payment:  # fmt: skip
        """Asks for a payment; the worker carries it. Raises NotAllowed("already_asked" | "too_many_prompts")."""
        if older := cls.open_for(db, order_id, stage):
            older = cls.by_id(db, older.id, lock=True)
            if not older.may_be_paid_again:
                raise NotAllowed("already_asked")
            older._move("superseded")
            db.flush()
        recent = cls.order_id == order_id, cls.created_at > now - timedelta(minutes=10)
        if (db.scalar(select(func.count()).where(*recent)) or 0) >= rules.PROMPTS_PER_10_MIN:
            raise NotAllowed("too_many_prompts")
        payment = cls(
            reference=uuid.uuid4().hex, order_id=order_id, stage=stage, person_id=person_id, provider=provider, network=network, msisdn=msisdn,
            amount=amount, currency=currency, state="created", refusals=[], callback_key=secrets.token_urlsafe(16), created_at=now, polls=0,
            next_at=now,
        )  # fmt: skip
        db.add(payment)
        db.flush()
        return payment

    def begin(self, now: datetime, lease: timedelta) -> None:
        """Committed before the provider is called: if we die now, the ticker finds it and asks the provider with the same reference."""
        self._move("sent")
        self.submitted_at = self.submitted_at or now
        self.next_at = now + lease

    def withdraw(self) -> None:
        """Nobody needs it any more and nobody was called."""
        self._move("withdrawn")
        self.next_at = None

    def hear(self, db: Session, answer: Submitted | Answer, route: tuple[str, ...], currencies: dict[str, str], *, due: bool, now: datetime) -> str:
        """Takes in what a provider said; `due` is whether the stage still waits for money.

        Returns what became of it: "nothing", "waiting", "moved" (to be sent again), "paid", "surplus", "wrong_amount", "refused",
        "expired" (not approved in time), "doubtful" (time is over and nobody knows), "stuck" (a person must look), "needs" (a voucher).
        """
        outcome = self._hear(db, answer, route, currencies, due=due, now=now)
        self._call_a_person(db, outcome, now)
        return outcome

    def _hear(self, db: Session, answer: Submitted | Answer, route: tuple[str, ...], currencies: dict[str, str], *, due: bool, now: datetime) -> str:
        if self.is_settled:
            return "nothing"
        if isinstance(answer, Paid):
            return self._book(db, answer, due, now)
        if isinstance(answer, Refused):
            return self._refuse(answer)
        if isinstance(answer, NotAccepted):
            return self._reroute(answer, route, currencies, now)
        if isinstance(answer, Absent):
            return self._send_again(now)
        if isinstance(answer, Needs):
            return self._need(now)
        return self._wait("waiting" if isinstance(answer, Pending) else "lost", now)

    def hand_in(self, secret: str, now: datetime) -> None:
        """The person gave the voucher the provider wants; the worker hands it in. Raises NotAllowed("not_now")."""
        if self.state != "action_required":
            raise NotAllowed("not_now")
        self.secret, self.next_at = secret, now

    def take_secret(self) -> str | None:
        secret, self.secret = self.secret, None
        return secret

    def hint(self, now: datetime, *, paid: bool = False) -> None:
        """A callback came, or a statement: a good moment to ask; `paid` is what it claims, which moves nothing."""
        if not self.is_settled and self.state != "created" and self.submitted_at is not None:
            self.next_at = now
            self.claimed_at = self.claimed_at or (now if paid else None)

    # -- private

    def _call_a_person(self, db: Session, outcome: str, now: datetime) -> None:
        facts = {"payment_id": self.id, "order_id": self.order_id, "asked": self.amount}
        for doubt in ("stuck", "forged") if self.is_settled else ():
            Case.settle(db, f"payment:{self.id}:{doubt}", now)  # the money is here after all
        if outcome == "stuck":
            Case.open(db, f"payment:{self.id}:stuck", "payment_stuck", provider=self.provider, facts=facts, now=now)
        if self.claimed_at is not None and outcome in ("refused", "expired", "doubtful"):
            Case.open(db, f"payment:{self.id}:forged", "forged", provider=self.provider, facts=facts, now=now)

    def _book(self, db: Session, paid: Paid, due: bool, now: datetime) -> str:
        wrong = (paid.reference, paid.amount, paid.currency) != (self.reference, self.amount, self.currency)
        ident = paid.provider_id or None  # not every provider numbers what it moves
        used = select(Payment.id).where(Payment.provider == self.provider, Payment.provider_id == ident, Payment.id != self.id)
        if paid.reference != self.reference or (ident and db.scalar(used) is not None):
            return self._wait("lost", now)  # another payment's money: a person looks when the polls run out
        self._move("paid_wrong" if wrong else "paid")
        self.provider_id, self.next_at, self.reason = ident, None, None
        self.booked = "suspense" if wrong else "escrow" if due else "surplus"
        house = ledger.HOUSE_CURRENCY if paid.currency == self.currency else paid.currency
        mark = "" if house == ledger.HOUSE_CURRENCY else f":{house}"
        target = {"escrow": f"escrow:{self.order_id}:{self.stage}", "surplus": f"refunds_payable:{self.person_id}"}
        lines = {f"provider_clearing:{self.provider}{mark}": paid.amount, target.get(self.booked, f"suspense:unmatched{mark}"): -paid.amount}
        ledger.post(db, f"collect:{self.id}", lines, order_id=self.order_id, currency=house, now=now)
        if self.booked == "escrow":
            return "paid"
        cause = "wrong_amount" if wrong else "surplus"
        Refund.owe(
            db, f"payment:{self.id}", order_id=self.order_id, payment_id=self.id, person_id=self.person_id, amount=paid.amount, currency=house,
            cause=cause, held=wrong, now=now,
        )  # fmt: skip
        if wrong:
            facts = {"payment_id": self.id, "order_id": self.order_id, "asked": self.amount, "currency": house}
            facts |= {"account": f"suspense:unmatched{mark}", "excess": paid.amount}
            Case.open(db, f"payment:{self.id}:wrong_amount", "wrong_amount", provider=self.provider, facts=facts, now=now)
        return cause

    def _need(self, now: datetime) -> str:
        """Asked for once; afterwards it is waited for like an approval."""
        first = rules.PAYMENT.allows("needs", self.state)
        if first:
            self._move("needs")
        outcome = self._wait("", now)
        return "needs" if first else outcome

    def _refuse(self, answer: Refused) -> str:
        if self.state == "failed":
            return "nothing"
        if not rules.PAYMENT.allows("refused", self.state):
            return "nothing"
        self._move("refused")
        self.reason, self.code, self.next_at = answer.reason, answer.code, None
        return "refused"

    def _reroute(self, answer: NotAccepted, route: tuple[str, ...], currencies: dict[str, str], now: datetime) -> str:
        if self.polls or not rules.PAYMENT.allows("not_accepted", self.state):
            return self._wait("lost", now)  # an earlier call may have been accepted: no other provider may be asked
        self._move("not_accepted")
        self.refusals, self.code = [*self.refusals, self.provider], answer.why[:200]
        following = rules.next_provider(route, tuple(self.refusals))
        if following is None:
            self._move("gave_up")
            self.next_at, self.reason = None, "provider_down"
            return "stuck"
        if following != self.provider:
            self.provider, self.currency = following, currencies[following]
        self.next_at = now + timedelta(seconds=2)
        return "moved"

    def _send_again(self, now: datetime) -> str:
        """The provider never saw it: the same reference again, unless the person's time is over."""
        if not rules.PAYMENT.allows("absent", self.state):
            return self._wait("lost", now)
        self._move("absent")
        self.polls += 1  # an earlier call may still be under way
        self.next_at = now + timedelta(seconds=2)
        return "moved"

    def _wait(self, event: str, now: datetime) -> str:
        if self.state not in ("submitting", *rules.ASKABLE) or self.submitted_at is None:
            self.next_at = None if self.state in rules.ENDED else self.next_at
            return "nothing"  # it has ended for us; only money would be news
        if rules.PAYMENT.allows(event, self.state):
            self._move(event)
        over = now - self.submitted_at >= rules.EXPIRY and self.told_at is None
        if over:
            self.told_at = now
            if self.state in ("pending", "action_required"):
                self._move("expired")
        self._plan(now)
        if self.state == "needs_review":
            return "stuck"
        return "waiting" if not over else "expired" if self.state == "expired" else "doubtful"

    def _plan(self, now: datetime) -> None:
        """Sets the next poll; when the schedule is through, a person must look."""
        assert self.submitted_at is not None
        self.polls += 1
        wait = rules.next_poll(self.polls - 1)
        while wait is not None and self.submitted_at + wait <= now:
            self.polls += 1
            wait = rules.next_poll(self.polls - 1)
        if wait is None:
            self._move("gave_up")
            self.next_at = None
        else:
            self.next_at = self.submitted_at + wait

    def _move(self, event: str) -> None:
        self.state = rules.PAYMENT.after(event, self.state)
