"""Every page of the desk with 100,000 orders and 1,000,000 messages behind it: milliseconds in the server, and statements."""

from __future__ import annotations

import base64
import os
import re
import shutil
import statistics
import time
from datetime import UTC, datetime

from sqlalchemy import event, text

from benchmarks import money
from bot.admin.door import COOKIE, wall
from bot.rules.roles import ROLES, may
from bot.seal import Seal, ring
from bot.settings import Settings, read_keys
from bot.wiring import Parts, make_app
from models.base import Database
from models.metrics import MetricDay
from models.person import Address
from models.staff import Staff, StaffSession
from sandbox import servers

BARS = {"desk_slowest_ms": ("<=", 150), "desk_most_statements": ("<=", 12)}
ROUNDS = 9
#: Beside the orders of benchmarks/money.py: half a million messages each way, and some of everything people at the desk look at.
LIFE = """
UPDATE person SET consented_at = now();
UPDATE orders SET state = (ARRAY['IN_PROGRESS', 'ACCEPTED', 'DISPUTED',
    'READY_FOR_FITTING', 'CANCELLED'])[1 + id / 10 % 5] WHERE id % 10 = 0;
INSERT INTO piece (order_id, place, who, garment, work, discount, fabric_cost, express_cost, measures)
    SELECT n, 1, NULL, 'kaftan', 25000, 0, 0, 0, '{}' FROM generate_series(1, 100000) n;
INSERT INTO conversation (person_id, version, stack, misses, heard_at) SELECT n, 1, '[]', 0, now() FROM generate_series(1, 1000) n;
INSERT INTO address (person_id, channel, value, value_index) SELECT n, 'twilio', :number, md5('a' || n) FROM generate_series(1, 1000) n;
INSERT INTO inbox (channel, provider_id, person_id, name, body, state, tries, due_at, received_at)
    SELECT CASE WHEN n % 5 = 0 THEN 'events' ELSE 'twilio' END, 'in' || n, 1 + n % 1000, 'text', '{"text": "is it ready", "tap": "", "quoted": ""}',
    CASE WHEN n % 100000 = 0 THEN 'failed' ELSE 'done' END, 0, at, at
    FROM generate_series(1, 500000) n, LATERAL (SELECT now() - (500000 - n) * interval '15 s' AS at) t;
INSERT INTO outbox (person_id, channel, body, state, due_at, tries, provider_id, receipt, created_at)
    SELECT 1 + n % 1000, 'twilio', '{"text": "It is ready on Monday.", "choices": [], "menu": "", "picture": ""}',
    CASE WHEN n % 2000 = 0 THEN 'dead' ELSE 'sent' END, at, 1, 'SM' || n, 3, at
    FROM generate_series(1, 500000) n, LATERAL (SELECT now() - (500000 - n) * interval '15 s' AS at) t;
INSERT INTO dispute (order_id, opened_by, side, category, from_state, priority, state, opened_at, answer_due_at, refund, borne, released)
    SELECT n * 50, 1 + n * 50 % 1000, 'customer', 'quality', 'IN_PROGRESS', 'MEDIUM', CASE WHEN n % 10 = 0 THEN 'open' ELSE 'closed' END, now(),
    now(), 0, 0, 0 FROM generate_series(1, 2000) n;
INSERT INTO refund (key, order_id, payment_id, person_id, amount, currency, cause, state, tries, next_at, created_at, paid_at)
    SELECT 'r' || n, n, n, 1 + n % 1000, 100, 'GHS', 'cancel', CASE WHEN n % 100 = 0 THEN 'owed' ELSE 'paid' END, 1, now(), now(), now()
    FROM generate_series(1, 10000) n;
INSERT INTO disbursement (reference, once, purpose, way, person_id, tailor_id, provider, network, msisdn, name, amount, currency, source, state, run,
    callback_key, created_at, submitted_at, settled_at, polls)
    SELECT md5('d' || n), 'd' || n, 'payout', 'transfer', 1 + n % 1000, 1 + n % 1000, 'mtn', 'mtn', :number, :name, 5000, 'GHS', 'tailor_wallet:1',
    CASE WHEN n % 500 = 0 THEN 'created' ELSE 'succeeded' END, '2026-W' || n % 50, 'k', at, at, at, 1
    FROM generate_series(1, 50000) n, LATERAL (SELECT now() - (50000 - n) * interval '5 min' AS at) t;
INSERT INTO money_case (key, kind, severity, provider, facts, state, opened_at)
    SELECT 'c' || n, 'theirs_only', 1, 'mtn', '{}', CASE WHEN n % 20 = 0 THEN 'open' ELSE 'closed' END, now() FROM generate_series(1, 2000) n;
INSERT INTO audit (at, who, action, subject, facts, why, place, request, before, hash)
    SELECT now() - (50000 - n) * interval '1 min', 'esi', 'person.read', 'person:' || n % 1000, '{}', '', '', '', '', ''
    FROM generate_series(1, 50000) n;
INSERT INTO plea (person_id, at, answered_at) SELECT n, now(), CASE WHEN n % 10 > 0 THEN now() END FROM generate_series(1, 1000) n;
INSERT INTO timer (key, event, person_id, facts, due_at)
    SELECT 'order:' || n * 10 || ':silence', 'e', 1, '{}', now() + n * interval '1 min' FROM generate_series(1, 10000) n;
"""


def desk() -> dict[str, float]:
    state = money.ROOT / ".demo" / f"bench-desk-{os.getpid()}"
    state.mkdir(parents=True, exist_ok=True)
    key = base64.b64encode(b"k" * 32).decode()
    ring.use(Seal(read_keys(f"b:{key}")))
    try:
        with servers.postgres(state) as postgres, servers.redis(state) as redis:
            database = money.filled(postgres.url, "desk", money.MANY)
            live(database)
            MetricDay.roll(database, datetime.now(UTC).date())
            settings = Settings(
                environment="test", database_url=postgres.url.replace("/postgres?", "/desk?", 1), redis_url=redis.url, secret_key="s" * 40,
                public_url="https://bot.example", field_keys=f"b:{key}", spool_dir=state / "spool",
            )  # fmt: skip
            return measured(Parts(settings, channels={}, providers={}))
    finally:
        shutil.rmtree(state, ignore_errors=True)


def live(database: Database) -> None:
    values = {"name": ring.seal.close("AMA MENSAH"), "number": ring.seal.close("+233241234567")}
    with database.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in filter(str.strip, LIFE.split(";\n")):
            bound = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(re.sub(r":(?!name\b|number\b)(\w)", r"\\:\1", statement)), bound)
    with database.at_once() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def measured(parts: Parts) -> dict[str, float]:
    app = make_app(parts)
    clients = {}
    with parts.database.begin() as db:
        Address.add(db, 1, "twilio", "+233241112222")
        for role in ROLES:
            staff = Staff.hire(db, login=role, name=role, role=role, password="a long password", now=wall.now())
            _, token = StaffSession.begin(db, staff, place="", agent="", now=wall.now(), proven=True)
            clients[role] = app.test_client()
            clients[role].set_cookie(COOKIE, token, domain="localhost", path="/admin")
    seen: list[str] = []
    event.listen(parts.database.engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
    slowest, most = 0.0, 0
    for path, role in sorted(pages(parts)):
        times, counts = [], []
        for _ in range(ROUNDS):
            seen.clear()
            began = time.perf_counter()
            answer = clients[role].get(path)
            answer.get_data()
            times.append((time.perf_counter() - began) * 1000)
            counts.append(len(seen))
        middle = statistics.median(times[1:])
        print(f"  {path:44}{role:10}{answer.status_code:5}{middle:9.1f} ms{max(counts[1:]):4} statements")
        slowest, most = max(slowest, middle), max(most, *counts[1:])
    return {"desk_slowest_ms": slowest, "desk_most_statements": most}


def pages(parts: Parts) -> list[tuple[str, str]]:
    """(path, role) of every page, with something in its blanks; lists also far down and filtered."""
    from importlib import import_module

    from bot.admin import pages as folder
    from bot.plugins import names_in

    with parts.database.begin() as db:
        blanks = {
            "disputes": db.scalar(text("SELECT max(id) FROM dispute WHERE state = 'open'")),
            "cases": db.scalar(text("SELECT max(id) FROM money_case")),
            "messages": db.scalar(text("SELECT max(id) FROM outbox WHERE state = 'dead'")), "providers": "mtn", "catalogue": "kaftan",
            "payouts": db.scalar(text("SELECT max(id) FROM disbursement")), "refunds": db.scalar(text("SELECT max(id) FROM refund")),
        }  # fmt: skip
    found = []
    for name in names_in(folder):
        for method, path, _, _, rule in import_module(f"{folder.__name__}.{name}").pages.views:
            if method == "GET":
                role = next(role for role in ("operator", *ROLES) if may(role, rule["can"]))
                real = re.sub(r"<[^>]+>", str(blanks.get(path.split("/")[1], 500)), path)
                found.append((f"/admin{real}", role))
    more = ["/orders?page=20", "/orders?state=DISPUTED", "/messages?state=failed", "/messages?page=40", "/people?page=10", "/search?q=SW-2611-000500"]
    return found + [(f"/admin{path}", "operator") for path in more]
