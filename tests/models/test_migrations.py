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
