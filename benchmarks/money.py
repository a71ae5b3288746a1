"""How the books stand 100,000 orders: balances, checks, and whether a posting becomes slower."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from bot.seal import Seal, ring
from models import invariants, ledger
from models.base import Database
from sandbox import servers

ROOT = Path(__file__).resolve().parent.parent
FEW, MANY, TAILORS = 1_000, 100_000, 1_000
BARS = {"balance_ms": ("<=", 50), "check_order_ms": ("<=", 50), "check_all_s": ("<=", 60), "posting_ratio": ("<=", 1.2)}
AGO = "now() - (ORDERS - n) * interval '5000 hours' / ORDERS"  # over the last seven months, one after the other, as rows come
#: Completed orders with all their steps, payments, clocks and movements; every price GHS 250, every commission 20 %.
HISTORY = """
INSERT INTO person (id, name, language, role, created_at) OVERRIDING SYSTEM VALUE
    SELECT n, 'NOBODY', 'en', 'customer', now() FROM generate_series(1, TAILORS) n;
INSERT INTO tailor (id, person_id, business, town, state, rating100, jobs, identity_verified, background_checked, answer_minutes, commission_bp,
    per_month, per_day, express, busy, cancellations) OVERRIDING SYSTEM VALUE
    SELECT n, n, 'T', 'accra', 'APPROVED', 0, 0, true, true, 9, 2000, 9, 9, true, false, 0 FROM generate_series(1, TAILORS) n;
INSERT INTO garment (name, label, base, days, yards10, rank, active) VALUES ('kaftan', 'Kaftan', 15000, 10, 40, 1, true);
INSERT INTO orders (id, number, customer_id, tailor_id, garment, pieces, state, work, discount, fabric_cost, express_cost, total, commission_bp,
    fabric, style, promised_on, code_tries, placed_at, state_since, asked) OVERRIDING SYSTEM VALUE
    SELECT n, 'SW-2611-' || lpad(n::text, 6, '0'), 1 + n % TAILORS, 1 + (n * 7) % TAILORS, 'kaftan', 1, 'COMPLETED', 25000, 0, 0, 0, 25000, 2000,
    'own', '', '2026-12-12', 0, AGO, AGO, '{}' FROM generate_series(1, ORDERS) n;
INSERT INTO order_step (order_id, origin, target, event, actor, at)
    SELECT n, 'A', 'B', 'step' || s, 'story', AGO FROM generate_series(1, ORDERS) n, generate_series(1, 11) s ORDER BY n;
INSERT INTO timer (key, event, person_id, facts, due_at, rung_at)
    SELECT 'order:' || n || ':clock' || s, 'e', 1, '{}', AGO, AGO FROM generate_series(1, ORDERS) n, generate_series(1, 6) s;
INSERT INTO account (code, kind, floored, balance) VALUES ('provider_clearing:mtn', 'A', false, 0), ('platform_revenue', 'I', false, 0);
INSERT INTO account (code, kind, floored, balance) SELECT 'tailor_wallet:' || n, 'L', true, 0 FROM generate_series(1, TAILORS) n;
INSERT INTO account (code, kind, floored, balance)
    SELECT 'escrow:' || n || ':' || s, 'L', true, 0 FROM generate_series(1, ORDERS) n, unnest(ARRAY['deposit', 'fitting', 'final']) s;
CREATE TEMP TABLE part ON COMMIT DROP AS
    SELECT n, s, row_number() OVER () AS p, CASE s WHEN 'fitting' THEN 12500 ELSE 6250 END AS amount
    FROM generate_series(1, ORDERS) n, unnest(ARRAY['deposit', 'fitting', 'final']) s;
INSERT INTO payment (id, reference, order_id, stage, person_id, provider, network, msisdn, amount, currency, state, provider_id, booked, refusals,
    callback_key, created_at, submitted_at, polls) OVERRIDING SYSTEM VALUE
    SELECT p, md5('r' || p), n, s, 1 + n % TAILORS, 'mtn', 'mtn', 'NUMBER', amount, 'GHS', 'succeeded', 'P' || p, 'escrow', '[]',
    'k', AGO, AGO, 1 FROM part;
INSERT INTO journal (id, key, order_id, posted_at) OVERRIDING SYSTEM VALUE
    SELECT 2 * p - 1, 'collect:' || p, n, AGO FROM part UNION ALL SELECT 2 * p, 'release:' || n || ':' || s, n, AGO FROM part;
INSERT INTO entry (journal_id, account_id, amount, currency)
    SELECT 2 * p - 1, a.id, amount, 'GHS' FROM part, account a WHERE a.code = 'provider_clearing:mtn'
    UNION ALL SELECT 2 * p - 1, a.id, -amount, 'GHS' FROM part JOIN account a ON a.code = 'escrow:' || n || ':' || s
    UNION ALL SELECT 2 * p, a.id, amount, 'GHS' FROM part JOIN account a ON a.code = 'escrow:' || n || ':' || s
    UNION ALL SELECT 2 * p, a.id, -amount * 4 / 5, 'GHS' FROM part JOIN account a ON a.code = 'tailor_wallet:' || 1 + (n * 7) % TAILORS
    UNION ALL SELECT 2 * p, a.id, -amount / 5, 'GHS' FROM part, account a WHERE a.code = 'platform_revenue';
UPDATE account SET balance = s.total FROM (SELECT account_id, sum(amount) AS total FROM entry GROUP BY account_id) s WHERE s.account_id = account.id;
SELECT setval(pg_get_serial_sequence('journal', 'id'), (SELECT max(id) FROM journal));
SELECT setval(pg_get_serial_sequence('payment', 'id'), (SELECT max(id) FROM payment));
SELECT setval(pg_get_serial_sequence('orders', 'id'), (SELECT max(id) FROM orders));
"""


def money() -> dict[str, float]:
    state = ROOT / ".demo" / "bench-money"
    state.mkdir(parents=True, exist_ok=True)
    ring.use(Seal({"b": b"k" * 32}))
    try:
        with servers.postgres(state) as server:
            few, many = (filled(server.url, name, orders) for name, orders in (("few", FEW), ("many", MANY)))
            return _measured(few, many)
    finally:
        shutil.rmtree(state, ignore_errors=True)


def filled(url: str, name: str, orders: int) -> Database:
    """A migrated database of its own with so many orders."""
    plain = Database(url.replace("postgresql://", "postgresql+psycopg2://", 1))
    with plain.at_once() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    plain.close()
    own = url.replace("/postgres?", f"/{name}?", 1)
    config = Config(ROOT / "migrations" / "alembic.ini")
    config.attributes["url"] = own
    command.upgrade(config, "head")
    database = Database(own.replace("postgresql://", "postgresql+psycopg2://", 1))
    fill(database, orders)
    with database.at_once() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    return database


def fill(database: Database, orders: int) -> None:
    """So many completed orders, past the guards of the database, which would take them one by one."""
    sealed = {"NOBODY": ring.seal.close("Ama Mensah"), "NUMBER": ring.seal.close("+233241234567")}
    history = HISTORY.replace("AGO", AGO).replace("ORDERS", str(orders)).replace("TAILORS", str(TAILORS))
    for word, value in sealed.items():
        history = history.replace(word, value)
    with database.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in filter(str.strip, history.split(";\n")):
            connection.exec_driver_sql(statement.replace("%", "%%"))


def _measured(few: Database, many: Database) -> dict[str, float]:
    with many.begin() as db:
        balance_ms = statistics.median(_ms(lambda n=n: ledger.balance(db, f"tailor_wallet:{n}")) for n in range(1, 101))
        checks = [_ms(lambda n=n: _must_be_right(list(invariants.broken(db, n)))) for n in range(500, 550)]
        all_s = _ms(lambda: _must_be_right(ledger.faults(db))) / 1000
    ratio, many_ms = _posting(few, many)
    return {
        "orders": MANY, "balance_ms": balance_ms, "check_order_ms": statistics.median(checks), "check_all_s": all_s,
        "posting_ms": many_ms, "posting_ratio": ratio,
    }  # fmt: skip


def _posting(few: Database, many: Database) -> tuple[float, float]:
    """The same movement posted in turn to a small and a big database; ratio of the medians, and the big one's milliseconds."""
    serial = count(10_000_000)
    taken: dict[Database, list[float]] = {few: [], many: []}
    for turn in range(600):
        for database in (few, many) if turn % 2 else (many, few):
            taken[database].append(_ms(lambda d=database: post(d, next(serial))))
    small, big = (statistics.median(taken[d][50:]) for d in (few, many))
    return big / small, big


def post(database: Database, n: int) -> None:
    order = 1 + n % FEW
    with database.begin() as db:
        ledger.post(
            db, f"collect:{n}", {"provider_clearing:mtn": 6250, f"escrow:{order}:deposit": -6250}, order_id=order, now=datetime.now(UTC)
        )


def _must_be_right(faults: list[Any]) -> None:
    if faults:
        raise AssertionError(faults[:5])


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
