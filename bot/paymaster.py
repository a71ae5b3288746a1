"""Carries money out of the house: set aside in the books, sent once, asked about until it is proven."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from bot.circuit import Circuit
from bot.clock import Clock
from bot.links import Links
from bot.payments import Absent, Answer, GiveBack, NotAccepted, Paid, Payer, Provider, Refunder, Submitted, Transfer, Unknown
from models import payout
from models.base import Away, Database
from models.case import Case
from models.disbursement import Disbursement
from models.document import refund_receipt_for
from models.inbox import Inbox
from models.ledger import HOUSE_CURRENCY
from models.order import Order
from models.payment import Payment
from models.refund import Refund

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)  # longer than any call to a provider
LATER = timedelta(minutes=10)
PAYER = "Sew4Mi"


class Paymaster:
    def __init__(self, database: Database, providers: Mapping[str, Provider], circuit: Circuit, links: Links, clock: Clock) -> None:
        self.database, self.providers, self.circuit, self.links, self.clock = database, providers, circuit, links, clock
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="money-out")

    def carry_due(self) -> bool:
        """Starts the refunds that are due, then calls the providers; whether somebody must hear of something."""
        with self.database.begin() as db:
            owed = Refund.due(db, self.clock.now())
        for refund_id in owed:
            self._start_or_put_off(refund_id)
        with self.database.begin() as db:
            due = Disbursement.due(db, self.clock.now())
        return any(list(self._pool.map(self.carry, due)))

    def start_refund(self, refund_id: int) -> None:
        """One attempt: by the provider that took the money, else, and after two failures, as a transfer to the same wallet."""
        now = self.clock.now()
        with self.database.begin() as db:
            refund = Refund.by_id(db, refund_id, lock=True)
            if refund.state != "owed" or refund.next_at > now:
                return
            payment = Payment.by_id(db, refund.payment_id)
            found = self.way_back(payment, refund.tries) if refund.currency == HOUSE_CURRENCY else None
            if found is None:
                refund.next_at = now + LATER
                self._let_look(db, refund, payment.provider)
                return
            refund.send(db, payment, way=found[0], provider=found[1], now=now)

    def carry(self, disbursement_id: int) -> bool:
        step = self._prepare(disbursement_id)
        if step is None:
            return False
        provider, what, is_sent = step
        operation = "query" if is_sent else "send" if isinstance(what, Transfer) else "give_back"
        if self.circuit.allows(provider.name, operation):
            answer = _ask(provider, what, is_sent)
            self.circuit.note(provider.name, operation, answer)
        elif is_sent:
            return False  # asked when the lease is over
        else:
            answer = NotAccepted("left alone after failures")
        if isinstance(answer, Paid) and answer.currency == provider.currency:
            answer = replace(answer, currency=HOUSE_CURRENCY)  # a provider's own counts as ours: a sandbox speaks EUR
        return self._take_in(disbursement_id, answer)

    def hint(self, reference: str, key: str) -> bool:
        """A callback came about money we sent, or about a payment that is being given back. False when it is none of ours."""
        with self.database.begin() as db:
            sent = Disbursement.by_reference(db, reference)
            if sent is not None and (not key or key == sent.callback_key):
                Disbursement.by_id(db, sent.id, lock=True).hint(self.clock.now())
                return True
            payment = Payment.by_reference(db, reference)
            for attempt in Disbursement.giving_back(db, payment.id) if payment and not key else []:
                Disbursement.by_id(db, attempt, lock=True).hint(self.clock.now())
        return False

    # -- private

    def _start_or_put_off(self, refund_id: int) -> None:
        """One that meets a bug keeps nobody else waiting."""
        try:
            self.start_refund(refund_id)
        except Away:
            raise
        except Exception:
            log.exception("a refund could not be started", extra={"refund_id": refund_id})
            with self.database.begin() as db:
                Refund.by_id(db, refund_id, lock=True).next_at = self.clock.now() + LATER

    def _let_look(self, db: Session, refund: Refund, provider: str) -> None:
        facts = {"refund_id": refund.id, "order_id": refund.order_id, "amount": refund.amount, "currency": refund.currency}
        Case.open(db, f"refund:{refund.id}", "refund_stuck", provider=provider, facts=facts, now=self.clock.now(), anew=True)

    def way_back(self, payment: Payment, tries: int) -> tuple[str, str] | None:
        """(way, provider). Only the wallet that paid; another provider only because the attempts before are proven not to have sent."""
        took = self.providers.get(payment.provider)
        if tries < 2 and isinstance(took, Refunder) and took.sends:
            return "give_back", payment.provider
        payers = [name for name, p in self.providers.items() if isinstance(p, Payer) and p.sends and payment.network in p.networks]
        first = sorted(payers, key=lambda name: name != payment.provider)
        return ("transfer", first[0]) if first else None

    def _prepare(self, disbursement_id: int) -> tuple[Provider, Transfer | GiveBack, bool] | None:
        """Commits what is about to be sent; (provider, what, whether it is only asked about)."""
        now = self.clock.now()
        with self.database.begin() as db:
            out = Disbursement.by_id(db, disbursement_id, lock=True)
            if out.next_at is None or out.next_at > now:
                return None  # somebody else was quicker
            provider = self.providers.get(out.provider)
            if provider is None or not isinstance(provider, Payer if out.way == "transfer" else Refunder):
                log.error("disbursement %s waits for provider %s, which cannot send it", out.id, out.provider)
                out.next_at = now + LATER
                return None
            is_sent = out.state != "approved"
            if not is_sent and not payout.may_leave(db, out, now):
                return None
            if is_sent:
                out.next_at = now + LEASE
            else:
                out.begin(now, LEASE)
            return provider, self._order(db, out, provider.currency), is_sent

    def _order(self, db: Session, out: Disbursement, currency: str) -> Transfer | GiveBack:
        callback = self.links.payment(out.provider, out.reference, out.callback_key)
        number = f" order {Order.by_id(db, out.order_id).number}" if out.order_id else ""
        note = f"{PAYER} {out.purpose}{number}"
        if out.way == "transfer":
            return Transfer(out.reference, out.msisdn, out.network, out.amount, currency, note, out.name, callback)
        assert out.payment_id is not None
        paid = Payment.by_id(db, out.payment_id)
        return GiveBack(out.reference, paid.reference, paid.provider_id or "", out.amount, currency, note, callback)

    def _take_in(self, disbursement_id: int, answer: Submitted | Answer) -> bool:
        """Books what is proven and tells whom it concerns, in one transaction."""
        now = self.clock.now()
        with self.database.begin() as db:
            out = Disbursement.by_id(db, disbursement_id, lock=True)
            outcome = out.hear(db, answer, now)
            if isinstance(answer, Unknown | NotAccepted | Absent) or outcome == "stuck":
                log.warning("disbursement %s: %s by %s, now %s", out.id, type(answer).__name__, out.provider, out.state)
            if outcome not in ("sent", "not_sent", "reversed", "stuck"):
                return False
            return self._tell_refund(db, out, outcome) if out.refund_id else self._tell_payout(db, out, outcome)

    def _tell_refund(self, db: Session, out: Disbursement, outcome: str) -> bool:
        now = self.clock.now()
        assert out.refund_id is not None
        refund = Refund.by_id(db, out.refund_id, lock=True)
        if outcome == "sent":
            refund.arrived(now)
            Case.settle(db, f"refund:{refund.id}", now)
            refund_receipt_for(db, refund, now, reference=out.provider_id or out.reference)
        elif outcome != "stuck":
            refund.did_not_arrive(now)
            if not refund.needs_a_person:
                return False  # tried again without a word
            self._let_look(db, refund, out.provider)
        facts = {"refund_id": refund.id, "outcome": outcome}
        Inbox.happen(db, refund.person_id, "refund_answered", facts, once=f"refund:{refund.id}:{outcome}", now=now)
        return True

    def _tell_payout(self, db: Session, out: Disbursement, outcome: str) -> bool:
        payout.heard(db, out, self.clock.now())
        event = {"sent": "payout_sent", "not_sent": "payout_not_sent", "reversed": "payout_reversed"}.get(outcome)
        if event:
            Inbox.happen(db, out.person_id, event, {"disbursement_id": out.id}, once=f"payout:{out.id}:{outcome}", now=self.clock.now())
        return event is not None


def _ask(provider: Provider, what: Transfer | GiveBack, is_sent: bool) -> Submitted | Answer:
    try:
        return _answer(provider, what, is_sent)
    except Exception:
        log.exception("a provider's adapter failed", extra={"provider": provider.name})
        return Unknown("a bug")


def _answer(provider: Provider, what: Transfer | GiveBack, is_sent: bool) -> Submitted | Answer:
    if isinstance(what, Transfer):
        assert isinstance(provider, Payer)
        return provider.sent(what.reference) if is_sent else provider.send(what)
    assert isinstance(provider, Refunder)
    return provider.given_back(what) if is_sent else provider.give_back(what)
