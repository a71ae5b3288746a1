"""What every table has in common, and the way into the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, Connection, CursorResult, DateTime, Dialect, Identity, LargeBinary, MetaData, Text, create_engine
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError, TimeoutError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from bot.seal import ring

Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Pesewas = Annotated[int, mapped_column(BigInteger)]
Json = dict[str, Any]


class Sealed(TypeDecorator[str]):
    """Text that is encrypted in the database and plain in Python."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else ring.seal.close(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else ring.seal.open(value)


class SealedBytes(TypeDecorator[bytes]):
    """A file that is encrypted in the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else ring.seal.close_bytes(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else ring.seal.open_bytes(bytes(value))


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        str: Text(),
        datetime: DateTime(timezone=True),
        Json: JSONB(),
        list[Json]: JSONB(),
        list[str]: JSONB(),
    }


class Prepared:
    """A statement of the hot road, planned once per connection instead of at every message: half of its time at the server.

    `types` are its parameters in the order of a call: {"channel": "text", …}; `sql` names them ":channel".
    """

    def __init__(self, name: str, types: dict[str, str], sql: str) -> None:
        for place, parameter in enumerate(types, 1):
            sql = re.sub(rf"(?<!:):{parameter}\b", f"${place}", sql)
        self._name = name
        self._prepare = f"PREPARE {name} ({', '.join(types.values())}) AS {sql}"
        self._execute = f"EXECUTE {name} ({', '.join(f'%({p})s' for p in types)})"

    def run(self, connection: Connection, values: dict[str, Any]) -> CursorResult[*tuple[Any, ...]]:
        known = connection.info.setdefault("prepared", set())
        if self._name not in known:
            connection.exec_driver_sql(self._prepare.replace("%", "%%"))
            known.add(self._name)
        return connection.exec_driver_sql(self._execute, values)


class Away(Exception):
    """The database, not we, is at fault: it cannot be reached, is full or gave up. The same again later may succeed."""


def _is_away(error: SQLAlchemyError) -> bool:
    """A connection that broke in the middle of a statement is no OperationalError: the driver has no code for it."""
    return isinstance(error, OperationalError | TimeoutError) or (isinstance(error, DBAPIError) and error.connection_invalidated)


class Database:
    """One pool per process; `begin()` is one transaction that commits at the end of the block or rolls back."""

    def __init__(self, url: str, pool: int = 16) -> None:
        self.engine = create_engine(
            url, pool_size=pool, max_overflow=pool, pool_timeout=10, executemany_mode="values_plus_batch", connect_args={"connect_timeout": 5},
            hide_parameters=True,  # an error must not repeat what people said
        )  # fmt: skip
        self._single = create_engine(
            url, pool_size=pool, max_overflow=pool, pool_timeout=10, isolation_level="AUTOCOMMIT", hide_parameters=True
        )

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Raises Away."""
        try:
            with Session(self.engine, expire_on_commit=False, autoflush=True) as session, session.begin():
                yield session
        except SQLAlchemyError as error:
            if _is_away(error):
                raise Away(type(error).__name__) from error
            raise

    @contextmanager
    def at_once(self) -> Iterator[Connection]:
        """For a single statement that is a transaction by itself: no BEGIN, no COMMIT. Raises Away."""
        try:
            with self._single.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            if _is_away(error):
                raise Away(type(error).__name__) from error
            raise

    def forget(self) -> None:
        """After a fork: drop the parent's connections without closing them under it."""
        self.engine.dispose(close=False)
        self._single.dispose(close=False)

    def close(self) -> None:
        self.engine.dispose()
        self._single.dispose()
