"""Real servers for every test: a private PostgreSQL and Redis per test process, empty at the start of each test."""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from bot.settings import Settings
from models.base import Base, Database
from sandbox import servers
from tests.stage import Stage

ROOT = Path(__file__).resolve().parent.parent
KEY = base64.b64encode(b"k" * 32).decode()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="record what the bot says now into the transcripts")


@pytest.fixture(scope="session")
def state() -> Iterator[Path]:
    """A folder for servers, in memory where there is such a thing."""
    shm = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="sew4mi-", dir=shm if shm.is_dir() and os.access(shm, os.W_OK) else None))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(state: Path) -> Iterator[str]:
    with servers.postgres(state, fast=True) as server:
        config = Config(ROOT / "migrations" / "alembic.ini")
        config.attributes["url"] = server.url
        command.upgrade(config, "head")
        yield server.url


@pytest.fixture(scope="session")
def redis_url(state: Path) -> Iterator[str]:
    with servers.redis(state, fast=True) as server:
        yield server.url


@pytest.fixture(scope="session")
def settings(postgres_url: str, redis_url: str, state: Path) -> Settings:
    return Settings(
        environment="test", database_url=postgres_url, redis_url=redis_url, public_url="https://bot.example", secret_key="s" * 40,
        field_keys=f"k1:{KEY}", spool_dir=state / "spool", sender_threads=1, send_lease_s=30,
    )  # fmt: skip


def empty(database: Database) -> None:
    """Every table emptied, in one round trip; the guards of the ledger are told to look away."""
    deletes = "; ".join(f'DELETE FROM "{t.name}"' for t in Base.metadata.sorted_tables)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {deletes}")


@pytest.fixture(scope="session")
def house(settings: Settings) -> Iterator[Stage]:
    """The whole house once per process, with fakes only at its rim."""
    stage = Stage(settings)
    yield stage
    stage.parts.database.engine.dispose()


@pytest.fixture
def stage(house: Stage) -> Iterator[Stage]:
    """The house, empty."""
    empty(house.parts.database)
    house.parts.redis.connection.flushall()
    house.reset()
    yield house
