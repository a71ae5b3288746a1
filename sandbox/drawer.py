"""Behind the scenes: what the product's own database says, read-only, one tab per query."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg2
from psycopg2.extensions import connection

from sandbox.shared import Shared

#: Whoever the page looks at: %(index)s is the phone as the product files it, names and numbers themselves being encrypted.
_ME = "(SELECT person_id FROM address WHERE value_index = %(index)s)"
#: Her own orders and those she sews.
_MY_ORDERS = f"""(SELECT o.id FROM orders o LEFT JOIN tailor t ON t.id = o.tailor_id
                  WHERE o.customer_id IN {_ME} OR t.person_id IN {_ME} ORDER BY o.id DESC LIMIT 10)"""
_RECEIPT = "(ARRAY['none', 'queued', 'sending', 'sent', 'failed', 'delivered', 'read'])[receipt + 1] AS receipt"  # as bot.rules.receipts ranks them
_NUMBER = "replace(o.number, '-', '\u2011') AS number"  # hyphens at which no line breaks
#: (tab, title, SQL). Several entries may share a tab.
TABS: tuple[tuple[str, str, str], ...] = (
    (
        "conversation",
        "Where the talk stands (the topmost speaks)",
        f"""SELECT p.id AS person, p.role, p.language, c.version, c.misses, c.stack, c.heard_at FROM conversation c
            JOIN person p ON p.id = c.person_id WHERE p.id IN {_ME}""",
    ),
    (
        "conversation",
        "What came in",
        f"SELECT id, channel, name, state, tries, body, received_at, error FROM inbox WHERE person_id IN {_ME} ORDER BY id DESC LIMIT 12",
    ),
    (
        "order",
        "Orders",
        f"""SELECT {_NUMBER}, state, garment, round(total / 100.0, 2) AS total, fabric, promised_on, handover_code AS code, state_since
            FROM orders o WHERE id IN {_MY_ORDERS} ORDER BY id DESC""",
    ),
    (
        "order",
        "Steps",
        f"""SELECT {_NUMBER}, s.event, s.origin, s.target, s.actor, s.at FROM order_step s JOIN orders o ON o.id = s.order_id
            WHERE o.id IN {_MY_ORDERS} ORDER BY s.id DESC LIMIT 40""",
    ),
    (
        "order",
        "Payments",
        f"""SELECT {_NUMBER}, p.stage, round(p.amount / 100.0, 2) AS amount, p.provider, p.state, p.reason, p.polls, p.next_at,
                left(p.reference, 8) AS reference
            FROM payment p JOIN orders o ON o.id = p.order_id WHERE o.id IN {_MY_ORDERS} ORDER BY p.id DESC LIMIT 20""",
    ),
    (
        "order",
        "Timers that will ring",
        f"""SELECT key, event, person_id AS person, due_at FROM timer
            WHERE rung_at IS NULL AND (person_id IN {_ME} OR (facts->>'order_id')::bigint IN {_MY_ORDERS}) ORDER BY due_at LIMIT 20""",
    ),
    (
        "ledger",
        "Accounts (what each holds, GHS)",
        """SELECT code, round(CASE WHEN kind IN ('A', 'X') THEN balance ELSE -balance END / 100.0, 2) AS holds
           FROM account ORDER BY balance = 0, code LIMIT 100""",
    ),
    (
        "ledger",
        "Latest movements (debit +, credit −)",
        """SELECT j.posted_at AS at, j.key, a.code, round(e.amount / 100.0, 2) AS amount FROM entry e JOIN journal j ON j.id = e.journal_id
           JOIN account a ON a.id = e.account_id ORDER BY e.id DESC LIMIT 40""",
    ),
    (
        "outbox",
        "What leaves the house",
        f"""SELECT id, state, left(body->>'text', 90) AS text, {_RECEIPT}, tries, due_at, left(provider_id, 10) AS provider_id, error
            FROM outbox WHERE person_id IN {_ME} ORDER BY id DESC LIMIT 40""",
    ),
)
STATEMENT_MS, CONNECT_S, CELL = 2000, 2, 400


class Drawer:
    """One connection, one thread: the page never slows the product."""

    def __init__(self, shared: Shared) -> None:
        self.url = shared.config.database_url.replace("postgresql+psycopg2://", "postgresql://")
        self._index_key = index_key(shared.config.field_keys)
        self._thread = ThreadPoolExecutor(1, "drawer")
        self._connection: connection | None = None

    async def look(self, phone: str) -> list[dict[str, Any]]:
        """All tabs; a failing query shows its error where its rows would be."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, phone)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _read(self, phone: str) -> list[dict[str, Any]]:
        return [self._table(tab, title, sql, phone) for tab, title, sql in TABS]

    def _table(self, tab: str, title: str, sql: str, phone: str) -> dict[str, Any]:
        table: dict[str, Any] = {"tab": tab, "title": title, "columns": [], "rows": [], "error": None, "ms": 0}
        started = time.perf_counter()
        try:
            with self._open().cursor() as cursor:
                cursor.execute(sql, {"index": hmac.digest(self._index_key, phone.encode(), "sha256").hex()})
                table["columns"] = [c.name for c in cursor.description or ()]
                table["rows"] = [[_cell(v) for v in row] for row in cursor.fetchall()]
        except psycopg2.Error as error:
            table["error"] = str(error).strip() or type(error).__name__
            if isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError)):
                self._connection = None
        table["ms"] = round((time.perf_counter() - started) * 1000, 1)
        return table

    def _open(self) -> connection:
        if not self.url:
            raise psycopg2.OperationalError("DATABASE_URL is not set: nothing to look at")
        if self._connection is None or self._connection.closed:
            options = f"-c statement_timeout={STATEMENT_MS} -c default_transaction_read_only=on"
            self._connection = psycopg2.connect(self.url, connect_timeout=CONNECT_S, options=options)
            self._connection.autocommit = True
        return self._connection


def index_key(field_keys: str) -> bytes:
    """The key under which the product files phone numbers: made of the oldest of its FIELD_KEYS."""
    try:
        return hashlib.sha256(b"index" + base64.b64decode(field_keys.rpartition(":")[2])).digest()
    except ValueError:
        return b""


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, dict, list)):
        return value
    if isinstance(value, (datetime, date)):
        return value.strftime("%d %b %H:%M:%S") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return str(value)[:CELL]
