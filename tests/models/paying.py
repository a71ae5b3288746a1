"""What the tests of payments, refunds and sendings have in common: an order, a wallet, and what providers say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.payments import Paid
from models import ledger
from models.order import Order
from models.payment import Payment
from tests.fakes import MONDAY

WALLET = "233241234567"
LEASE = timedelta(seconds=60)
ROUTE, CURRENCIES = ("mtn", "paystack"), {"mtn": "GHS", "paystack": "GHS"}
SECOND = timedelta(seconds=1)


def asked(db: Session, order: Order, stage: str = "deposit", **more: Any) -> Payment:
    """A payment that is written down; nobody was called."""
    values: dict[str, Any] = {"provider": "mtn", "network": "mtn", "msisdn": WALLET, "amount": order.part(stage), "currency": "GHS", "now": MONDAY}
    return Payment.start(db, order_id=order.id, stage=stage, person_id=order.customer_id, **values | more)


def sent(db: Session, order: Order, stage: str = "deposit", **more: Any) -> Payment:
    """The provider was called a moment ago."""
    payment = asked(db, order, stage, **more)
    payment.begin(more.get("now", MONDAY), LEASE)
    return payment


def hears(db: Session, payment: Payment, answer: Any, *, due: bool = True, after: timedelta = SECOND) -> str:
    """What becomes of an answer, so long after it was asked for."""
    return payment.hear(db, answer, ROUTE, CURRENCIES, due=due, now=MONDAY + after)


def proof(payment: Payment, **other: Any) -> Paid:
    values: dict[str, Any] = {"reference": payment.reference, "amount": payment.amount, "currency": payment.currency, "provider_id": f"P{payment.id}"}
    return Paid(**values | other)


def moved(db: Session, key: str) -> dict[str, int]:
    """{account: pesewas} of one movement, {} when there was none."""
    return ledger.lines_of(db, key)
