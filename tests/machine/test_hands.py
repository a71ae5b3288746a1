"""Sixteen hands at one order at the same moment: what comes out is what some order of doing one thing after the other gives."""

from __future__ import annotations

import itertools
import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.payments import Hint
from bot.rules import NotAllowed
from models import ledger, payout
from models.disbursement import Disbursement
from models.dispute import Dispute
from models.inbox import Inbox
from models.order import Order
from models.payment import Payment
from models.refund import Refund
from models.tailor import Tailor
from tests.conftest import empty
from tests.machine.bank import Bank
from tests.machine.vault import furnished
from tests.machine.watch import Watch
from tests.stage import Life, Stage

HANDS, ROUNDS = 16, int(os.environ.get("HANDS_ROUNDS", "500"))
Deed = Callable[["Table"], None]
BOOKS = """SELECT regexp_replace(j.key, '[0-9]+', '#', 'g'), regexp_replace(a.code, '[0-9]+', '#', 'g'), e.amount
    FROM journal j JOIN entry e ON e.journal_id = j.id JOIN account a ON a.id = e.account_id
    WHERE j.order_id = :order OR j.id IN (SELECT j.id FROM journal j JOIN disbursement d ON j.key LIKE 'payout:' || d.id || ':%'
        WHERE d.tailor_id = :tailor AND d.id > :last)"""


class Table:
    """An order that has come so far, with a prompt that was just approved when a part was due."""

    def __init__(self, stage: Stage, reached: str, *, paying: str = "") -> None:
        self.stage, self.parts = stage, stage.parts
        stage.parts.story_clock.time += timedelta(days=1)  # so many withdrawals a day are not allowed
        with self.parts.database.begin() as db:
            life = Life(stage, db, "ama", "kente shirt", "kofi")
            life.until(reached)
            self.order_id, self.tailor_id = life.order.id, life.tailor.id
            self.last = db.scalar(select(Disbursement.id).order_by(Disbursement.id.desc()).limit(1)) or 0
            self.payment_id = self._prompt(db, life, paying) if paying else 0
        if paying:
            self._approve()

    def _approve(self) -> None:
        self.parts.cashier.carry(self.payment_id)
        with self.parts.database.begin() as db:
            payment = Payment.by_id(db, self.payment_id)
        self.stage.wallets[payment.provider].pay(payment.reference)

    def _prompt(self, db: object, life: Life, stage: str) -> int:
        values = {"stage": stage, "person_id": life.customer.id, "provider": "mtn", "network": "mtn", "msisdn": "233241234567"}
        payment = Payment.start(db, order_id=life.order.id, amount=life.order.part(stage), currency="GHS", now=life.now, **values)  # type: ignore[arg-type]
        return payment.id

    @property
    def now(self):  # type: ignore[no-untyped-def]
        return self.parts.clock.now()

    def outcome(self) -> tuple[object, ...]:
        """The order's state and what the books say of it, names left out."""
        with self.parts.database.begin() as db:
            rows = db.execute(text(BOOKS), {"order": self.order_id, "tailor": self.tailor_id, "last": self.last})
            moves = sorted((str(key), re.sub(r"#:#", "#", str(code)), int(amount)) for key, code, amount in rows)
            return Order.by_id(db, self.order_id).state, tuple(moves)


# -- what a hand may do; each may be done again without harm


def releases(table: Table) -> None:
    with table.parts.database.begin() as db:
        Order.by_id(db, table.order_id, lock=True).release(db, "deposit", table.now)


def complains(table: Table) -> None:
    with table.parts.database.begin() as db:
        order = Order.by_id(db, table.order_id)
        Dispute.open(db, order.id, order.customer_id, "quality", table.now)


def decides(table: Table) -> None:
    with table.parts.database.begin() as db:
        case = Dispute.last_of(db, table.order_id)
        if case is not None:
            case.decide(db, "full_refund", reason="agreed", by="Esi", now=table.now)


def accepts(table: Table) -> None:
    with table.parts.database.begin() as db:
        Order.by_id(db, table.order_id, lock=True).accept(db, table.now)


def cancels(table: Table) -> None:
    with table.parts.database.begin() as db:
        Order.by_id(db, table.order_id, lock=True).cancel(db, "customer", table.now)


def confirms(table: Table) -> None:
    with table.parts.database.begin() as db:
        Order.by_id(db, table.order_id, lock=True).confirm(db, "customer", table.now)


def withdraws(table: Table, why: str = "hands") -> None:
    with table.parts.database.begin() as db:
        payout.request(db, Tailor.by_id(db, table.tailor_id), None, once=f"{why}:{table.order_id}", till=table.parts.till, now=table.now)


def refunds(table: Table) -> None:
    with table.parts.database.begin() as db:
        owed = [r.id for r in Refund.of_order(db, table.order_id)]
    for refund_id in owed:
        table.parts.paymaster.start_refund(refund_id)


def calls_back(table: Table) -> None:
    """The provider reports the approved payment, is asked, and the conversation books it."""
    with table.parts.database.begin() as db:
        payment = Payment.by_id(db, table.payment_id)
    table.parts.cashier.hint(Hint(payment.reference), payment.callback_key)
    table.parts.cashier.carry(payment.id)
    with table.parts.database.begin() as db:
        events = list(db.scalars(select(Inbox.id).where(Inbox.state == "waiting", Inbox.name == "payment_answered").order_by(Inbox.id)))
    for event in events:
        table.parts.engine.happen(event)


ROUND: dict[str, tuple[str, str, tuple[Deed, ...]]] = {
    "release, dispute, decision, payout": ("cut", "", (releases, complains, decides, withdraws)),
    "acceptance, cancellation, refund, payout": ("deposited", "", (accepts, cancels, refunds, withdraws)),
    "callback, dispute, release, payout": ("approved", "fitting", (calls_back, complains, releases, withdraws)),
    "confirmation, dispute, decision, payout": ("handed over", "", (confirms, complains, decides, withdraws)),
}


@pytest.mark.parametrize("name", ROUND)
def test_sixteen_hands(house: Stage, name: str) -> None:
    reached, paying, deeds = ROUND[name]
    empty(house.parts.database)
    house.parts.redis.connection.flushall()
    house.reset()
    with furnished(house, {bank: Bank(bank) for bank in ("mtn", "vodafone")}) as stage:
        stage.given_tailor("kofi", "kente shirt", "Accra", 1_000)  # so that no share is below the least that is paid out
        stage.given_customer("ama")
        with stage.parts.database.begin() as db:
            stage.tailor(db, "kofi").per_day = stage.tailor(db, "kofi").per_month = 10_000
        possible = {_one_after_the_other(stage, reached, paying, order) for order in itertools.permutations(deeds)}
        assert len(possible) > 1, "the order of doing things must matter, or this tries nothing"
        rounds = ROUNDS // len(ROUND)
        with ThreadPoolExecutor(HANDS) as hands:
            seen = {_at_once(hands, Table(stage, reached, paying=paying), deeds, possible) for _ in range(rounds)}
        with stage.parts.database.begin() as db:
            assert ledger.faults(db) == []
            Watch().looks(db, stage.wallets)  # type: ignore[arg-type]
        print(f"{name}: {rounds} rounds, {len(seen)} of {len(possible)} outcomes seen")


def _one_after_the_other(stage: Stage, reached: str, paying: str, deeds: tuple[Deed, ...]) -> tuple[object, ...]:
    table = Table(stage, reached, paying=paying)
    for deed in deeds:
        with suppress(NotAllowed):
            deed(table)
    return _put_away(table)


def _at_once(hands: ThreadPoolExecutor, table: Table, deeds: tuple[Deed, ...], possible: set[tuple[object, ...]]) -> tuple[object, ...]:
    start = threading.Barrier(HANDS)

    def hand(n: int) -> None:
        start.wait(20)
        with suppress(NotAllowed):
            deeds[n % len(deeds)](table)

    list(hands.map(hand, range(HANDS)))
    outcome = _put_away(table)
    assert outcome in possible, "\n".join(map(str, [outcome, "is none of", *sorted(possible, key=str)]))
    return outcome


def _put_away(table: Table) -> tuple[object, ...]:
    """What came of it; then the case is closed and the wallet emptied, so that the next table begins with nothing."""
    outcome = table.outcome()
    with suppress(NotAllowed), table.parts.database.begin() as db:
        case = Dispute.last_of(db, table.order_id)
        if case is not None:
            case.decide(db, "no_action", reason="not_founded", by="Esi", now=table.now)
    with suppress(NotAllowed):
        withdraws(table, "away")
    return outcome
