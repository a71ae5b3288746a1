"""Carries payments between their rows and the providers; never inside a transaction, never twice."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from datetime import timedelta

from bot.circuit import Circuit
from bot.clock import Clock
from bot.links import Links
from bot.payments import Absent, Answer, Charge, Hint, Needs, NotAccepted, Paid, Provider, Refused, Submitted, Unknown, Voucher
from bot.rules.payment import Till
from models.base import Database
from models.inbox import Inbox
from models.order import Order
from models.payment import Payment

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)  # longer than any call to a provider
PAYEE = "Sew4Mi"
COUNTERS = 8  # calls at once to one provider
PATIENCE_S = 5  # then the next batch is looked at, while slow calls go on


class Cashier:
    def __init__(
        self, database: Database, providers: Mapping[str, Provider], till: Till, circuit: Circuit, links: Links, clock: Clock
    ) -> None:
        self.database, self.providers, self.till, self.circuit, self.links, self.clock = database, providers, till, circuit, links, clock
        self._counters: dict[str, ThreadPoolExecutor] = {}  # one slow provider keeps nobody at another one waiting
        self._calls: dict[int, Future[bool]] = {}

    def carry_due(self) -> bool:
        """Calls the providers about every payment that is due; whether something happened that a conversation must hear."""
        with self.database.begin() as db:
            due = Payment.due(db, self.clock.now())
        self._calls = {ident: call for ident, call in self._calls.items() if not call.done()}
        for payment_id, provider in due:
            if provider not in self._counters:
                self._counters[provider] = ThreadPoolExecutor(COUNTERS, thread_name_prefix=f"money-{provider}")
            if payment_id not in self._calls:
                self._calls[payment_id] = self._counters[provider].submit(self.carry, payment_id)
        done, _ = wait(self._calls.values(), timeout=PATIENCE_S)
        return any(list(map(Future.result, done)))

    def carry(self, payment_id: int) -> bool:
        step = self._prepare(payment_id)
        if step is None:
            return False
        provider, what, secret = step
        operation = "collect" if isinstance(what, Charge) else "query"
        closed = None if secret else self._closed(provider.name, operation)
        if closed and operation == "query":
            return False  # asked when the lease is over
        answer = NotAccepted(closed) if closed else self._ask(provider, what, secret, operation)
        route = self.till.route(what.network) if isinstance(what, Charge) and isinstance(answer, NotAccepted) else ()
        return self._take_in(payment_id, answer, is_handed_in=secret is not None, route=route)

    def hint(self, hint: Hint, key: str) -> bool:
        """A callback came: the provider is asked at once. False when it is none of ours."""
        with self.database.begin() as db:
            payment = Payment.by_reference(db, hint.reference) if hint.reference else None
            if payment is None or (key and key != payment.callback_key):
                return False
            Payment.by_id(db, payment.id, lock=True).hint(self.clock.now(), paid=hint.paid)
        return True

    # -- private

    def _closed(self, provider: str, operation: str) -> str | None:
        """Why nobody may call the provider for this now. An operator's switch stops new requests, never a question about old ones."""
        off = self.till.closed().get(f"collect:{provider}") if operation == "collect" else None
        return off or (None if self.circuit.allows(provider, operation) else "left alone after failures")

    def _ask(self, provider: Provider, what: Charge | str, secret: str | None, operation: str) -> Submitted | Answer:
        try:
            answer = _answer(provider, what, secret)
        except Exception:
            log.exception("a provider's adapter failed", extra={"provider": provider.name})
            answer = Unknown("a bug")
        self.circuit.note(provider.name, operation, answer)
        return answer

    def _prepare(self, payment_id: int) -> tuple[Provider, Charge | str, str | None] | None:
        """Commits what is about to be asked, so that a crash in the call leaves a trace: (provider, charge or reference, voucher)."""
        now = self.clock.now()
        with self.database.begin() as db:
            payment = Payment.by_id(db, payment_id, lock=True)
            if payment.next_at is None or payment.next_at > now:
                return None  # somebody else was quicker
            if payment.provider not in self.providers:
                log.error("payment %s waits for provider %s, which is not configured", payment.id, payment.provider)
                payment.next_at = now + timedelta(minutes=10)
                return None
            provider = self.providers[payment.provider]
            if payment.state not in ("created", "not_accepted"):
                payment.next_at = now + LEASE
                return provider, payment.reference, payment.take_secret()
            if Order.by_id(db, payment.order_id).due_stage(db) != payment.stage:
                payment.withdraw()
                return None
            payment.begin(now, LEASE)
            callback = self.links.payment(provider.name, payment.reference, payment.callback_key)
            note = f"{PAYEE} order {Order.by_id(db, payment.order_id).number}, {payment.stage}"
            charge = Charge(payment.reference, payment.msisdn, payment.network, payment.amount, payment.currency, note, callback)
            return provider, charge, None

    def _take_in(self, payment_id: int, answer: Submitted | Answer, *, is_handed_in: bool = False, route: tuple[str, ...] = ()) -> bool:
        """What moves money or is final is told to the person's conversation, which books it; the rest only sets the next question."""
        now = self.clock.now()
        with self.database.begin() as db:
            payment = Payment.by_id(db, payment_id, lock=True)
            if isinstance(answer, Paid | Refused):
                if not payment.is_news(answer):
                    payment.next_at = None  # a callback came once more
                    return False
                payment.next_at = now + timedelta(seconds=30)  # asked again should the event be lost
                facts = {"payment_id": payment.id, "order_id": payment.order_id, "kind": type(answer).__name__.lower(), "answer": asdict(answer)}
                Inbox.happen(db, payment.person_id, "payment_answered", facts, once=_once(payment, answer), now=now)
                return True
            was = payment.provider
            outcome = payment.hear(db, answer, route, self.till.currencies, due=True, now=now)
            if isinstance(answer, Unknown | NotAccepted | Absent):
                ours = isinstance(answer, NotAccepted) and answer.ours  # our keys, addresses or words: only an operator can help
                log.log(logging.ERROR if ours else logging.WARNING, "payment %s: %s by %s", payment.id, type(answer).__name__, was)
            if outcome == "needs" or (isinstance(answer, Needs) and is_handed_in):
                facts = {"payment_id": payment.id, "polls": payment.polls}
                Inbox.happen(db, payment.person_id, "payment_needs", facts, once=f"payment:{payment.id}:needs:{payment.polls}", now=now)
                return True
            if outcome in ("expired", "doubtful", "stuck"):
                facts = {"payment_id": payment.id, "order_id": payment.order_id, "outcome": outcome}
                Inbox.happen(db, payment.person_id, "payment_stalled", facts, once=f"payment:{payment.id}:{outcome}", now=now)
                return True
        return False


def _answer(provider: Provider, what: Charge | str, secret: str | None) -> Submitted | Answer:
    if isinstance(what, Charge):
        return provider.collect(what)
    if secret is not None and isinstance(provider, Voucher):
        return provider.voucher(what, secret)
    return provider.query(what)


def _once(payment: Payment, answer: Paid | Refused) -> str:
    """One event per different answer: a success after a failure is news, the same success again is not."""
    said = answer.provider_id + f":{answer.amount}" if isinstance(answer, Paid) else "refused"
    return f"payment:{payment.id}:{said}"

