"""Reads an order and its money from the product's database, to be shown and to be held against what the providers really took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg2

ORDERS = "SELECT id, number, state, total FROM orders ORDER BY id"
STEPS = "SELECT origin, event, target, actor, at FROM order_step WHERE order_id = %s ORDER BY id"
MOVEMENTS = """SELECT j.key, a.code, e.amount FROM journal j JOIN entry e ON e.journal_id = j.id JOIN account a ON a.id = e.account_id
               WHERE j.order_id {whose} ORDER BY e.id"""
ACCOUNTS = "SELECT code, kind, balance FROM account ORDER BY code"
#: Whether something is to be sent, dealt with or fetched; and whether something was sent that nobody has reported as read (rank 6).
BUSY = """SELECT EXISTS (SELECT 1 FROM outbox WHERE state IN ('waiting', 'sending', 'unknown'))
            OR EXISTS (SELECT 1 FROM inbox WHERE state = 'waiting') OR EXISTS (SELECT 1 FROM picture WHERE state = 'wanted')"""
UNREAD = "SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'sent' AND receipt < 6)"
#: What must not be found, in sentences. Debits are positive, credits negative.
WRONG = {
    "a movement does not sum to zero": "SELECT journal_id FROM entry GROUP BY journal_id HAVING sum(amount) <> 0 OR count(*) < 2",
    "a balance differs from its entries": """SELECT a.code FROM account a LEFT JOIN entry e ON e.account_id = a.id
                                             GROUP BY a.id HAVING a.balance <> coalesce(sum(e.amount), 0)""",
    "money is left in escrow": "SELECT code FROM account WHERE code LIKE 'escrow:%%' AND balance <> 0",
    "a message was given up": "SELECT id FROM outbox WHERE state = 'dead'",
    "an event was given up": "SELECT id FROM inbox WHERE state = 'failed'",
}


class Books:
    """Read-only."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url.replace("postgresql+psycopg2://", "postgresql://")

    def completed(self) -> bool:
        """Whether there is an order and every order is completed."""
        states = {state for _, _, state, _ in self._rows(ORDERS)}
        return states == {"COMPLETED"}

    def idle(self) -> bool:
        """Whether the product has nothing to do."""
        return not self._rows(BUSY)[0][0]

    def quiet(self) -> bool:
        """Whether everything it sent was read and it is idle; asked in this order, because a receipt may give it something to do."""
        return not self._rows(UNREAD)[0][0] and self.idle()

    def told(self) -> Iterator[str]:
        """Every order's steps and movements, and all accounts."""
        for ident, number, state, total in self._rows(ORDERS):
            yield f"\nOrder {number}: {state}, GHS {_cedis(total)}"
            for origin, event, target, actor, at in self._rows(STEPS, ident):
                yield f"  {at:%d %b %H:%M}  {event:20} {origin or '-':18} -> {target:18} by {actor}"
            yield "\nMovements (GHS)"
            yield from self._moved("= %s", ident)
        yield "\nMovements of no one order (GHS)"
        yield from self._moved("IS NULL")
        yield "\nAccounts (GHS)"
        yield from (f"  {code:44} {_cedis(balance if kind in 'AX' else -balance):>10}" for code, kind, balance in self._rows(ACCOUNTS))
        yield ""

    def _moved(self, whose: str, *order: int) -> Iterator[str]:
        yield from (f"  {key:28} {code:34} {_cedis(amount):>10}" for key, code, amount in self._rows(MOVEMENTS.format(whose=whose), *order))

    def faults(self) -> list[str]:
        return [f"{what}: {row[0]}" for what, sql in WRONG.items() for row in self._rows(sql)]

    def differs(self, truth: dict[str, Any]) -> list[str]:
        """Where our provider_clearing accounts are not what really lies with the providers."""
        taken = Counter({name: sum(currencies.values()) for name, currencies in truth["totals_pesewas"].items()})
        booked = Counter({code.partition(":")[2]: balance for code, _, balance in self._rows(ACCOUNTS) if code.startswith("provider_clearing:")})
        names = sorted(name for name in {*taken, *booked} if taken[name] != booked[name])
        return [f"{name} holds GHS {_cedis(taken[name])}, our books say GHS {_cedis(booked[name])}" for name in names]

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg2.connect(self._url) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()


def _cedis(pesewas: int) -> str:
    return f"{'-' if pesewas < 0 else ''}{abs(pesewas) // 100:,}.{abs(pesewas) % 100:02d}"
