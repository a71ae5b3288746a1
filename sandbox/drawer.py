"""Behind the scenes: what the product's own database says, read-only, one tab per query."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg2
from psycopg2.extensions import connection

from sandbox.shared import Shared

#: (tab, title, SQL). %(phone)s is the phone the page looks at ("+233241234567"). Several entries may share a tab.
TABS: tuple[tuple[str, str, str], ...] = (
    (
        "conversation",
        "Where each talk stands",
        "SELECT person_id, version, stack FROM conversation ORDER BY person_id DESC LIMIT 20",
    ),
    ("order", "Orders", "SELECT * FROM orders ORDER BY number DESC LIMIT 20"),
    ("order", "Payments", "SELECT reference, provider, stage, amount, state, reason FROM payment ORDER BY 1 DESC LIMIT 20"),
    ("ledger", "Accounts", "SELECT code, balance FROM account ORDER BY code LIMIT 100"),
    (
        "ledger",
        "Latest entries",
        """SELECT j.posted_at, j.key, a.code, e.amount FROM entry e JOIN journal j ON j.id = e.journal_id
           JOIN account a ON a.id = e.account_id ORDER BY j.id DESC, e.amount DESC LIMIT 40""",
    ),
    (
        "outbox",
        "What leaves the house",
        """SELECT id, person_id, state, due_at, attempts, receipt, provider_id, left(payload::text, 160) AS payload
           FROM outbox ORDER BY id DESC LIMIT 40""",
    ),
)
STATEMENT_MS, CONNECT_S, CELL = 2000, 2, 400


class Drawer:
    """One connection, one thread: the page never slows the product."""

    def __init__(self, shared: Shared) -> None:
        self.url = shared.config.database_url.replace("postgresql+psycopg2://", "postgresql://")
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
                cursor.execute(sql, {"phone": phone})
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


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, dict, list)):
        return value
    if isinstance(value, (datetime, date)):
        return value.strftime("%d %b %H:%M:%S") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return str(value)[:CELL]
