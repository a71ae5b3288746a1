"""The database can be built, taken down and built again, and the models say the same as the migrations."""

from __future__ import annotations

from pathlib import Path

import psycopg2
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def empty_database(postgres_url: str) -> str:
    """A database of its own beside the one the other tests use."""
    connection = psycopg2.connect(postgres_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS migrations")
        cursor.execute("CREATE DATABASE migrations")
    connection.close()
    return postgres_url.replace("/postgres?", "/migrations?", 1)


def test_up_down_up(empty_database: str) -> None:
    config = Config(ROOT / "migrations" / "alembic.ini")
    config.attributes["url"] = empty_database
    engine = create_engine(empty_database.replace("postgresql://", "postgresql+psycopg2://", 1))
    command.upgrade(config, "head")
    built = set(inspect(engine).get_table_names())
    command.downgrade(config, "base")
    left = set(inspect(engine).get_table_names())
    with engine.connect() as connection:
        functions = connection.exec_driver_sql("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace").all()
    command.upgrade(config, "head")
    command.check(config)
    again = set(inspect(engine).get_table_names())
    engine.dispose()
    assert {"person", "orders", "entry", "outbox"} <= built == again
    assert left == {"alembic_version"}
    assert not functions


ONE_ORDER = """
INSERT INTO person (id, name, language, role, created_at) OVERRIDING SYSTEM VALUE VALUES (1, 'sealed', 'en', 'customer', now());
INSERT INTO profile (id, owner_id, nickname, relation) OVERRIDING SYSTEM VALUE VALUES (5, 1, '', 'self');
INSERT INTO tailor (id, person_id, business, town, state, rating100, jobs, identity_verified, background_checked, answer_minutes, commission_bp,
    per_month, per_day, express, busy) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'K', 'accra', 'APPROVED', 0, 0, true, true, 9, 2000, 9, 9, true, false);
INSERT INTO garment (name, label, base, days, yards10, rank, active) VALUES ('kaftan', 'Kaftan', 15000, 10, 40, 1, true);
INSERT INTO orders (number, customer_id, tailor_id, garment, state, work, fabric_cost, express_cost, total, commission_bp, fabric, style,
    promised_on, measures, code_tries, placed_at, state_since)
VALUES ('SW-2611-00001', 1, 1, 'kaftan', 'ACCEPTED', 15000, 4500, 100, 19600, 2000, 'tailor', '', '2026-12-12',
    '{"chest": {"body": 1000, "ease": 20, "cut": 1020}}', 0, now(), now());
"""


def test_what_was_ordered_before_becomes_one_piece_and_back(empty_database: str) -> None:
    config = Config(ROOT / "migrations" / "alembic.ini")
    config.attributes["url"] = empty_database
    engine = create_engine(empty_database.replace("postgresql://", "postgresql+psycopg2://", 1))
    command.upgrade(config, "0001")
    with engine.begin() as connection:
        connection.exec_driver_sql(ONE_ORDER)
    command.upgrade(config, "0002")
    with engine.connect() as connection:
        piece = connection.exec_driver_sql("SELECT place, profile_id, who, work, discount, fabric_cost, express_cost, measures FROM piece").one()
        order = connection.exec_driver_sql("SELECT pieces, discount FROM orders").one()
    assert piece == (1, 5, None, 15000, 0, 4500, 100, {"chest": {"body": 1000, "ease": 20, "cut": 1020}})
    assert order == (1, 0)
    command.downgrade(config, "0001")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT measures->'chest'->>'body' FROM orders").scalar() == "1000"
    engine.dispose()
