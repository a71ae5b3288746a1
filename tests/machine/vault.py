"""A house whose database is one transaction that never commits: thousands of short lives need no cleaning between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from models.base import Database
from tests.machine.bank import Bank
from tests.stage import Stage

WRITING = ("INSERT", "UPDATE", "DELETE", "WITH A", "WITH C", "WITH D", "WITH H", "EXECUT")


class Vault(Database):
    """Each `begin` is a savepoint; what the database would check at a commit is checked at the end of each."""

    def __init__(self, database: Database) -> None:
        self.engine, self._single = database.engine, database._single
        self._connection: Connection | None = None
        self.is_touched = True  # something was written since somebody looked

    def open(self) -> None:
        self._connection = self.engine.connect()
        self._connection.begin()
        self.is_touched = True

    def close(self) -> None:
        if self._connection is not None:
            self._connection.get_transaction().rollback()  # type: ignore[union-attr]
            self._connection.close()
            self._connection = None

    @contextmanager
    def begin(self) -> Iterator[Session]:
        assert self._connection is not None
        with Session(self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session, session.begin():
            event.listen(self._connection, "before_cursor_execute", self._notice)
            try:
                yield session
                session.flush()
            finally:
                event.remove(self._connection, "before_cursor_execute", self._notice)
            if self.is_touched:
                session.connection().exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

    def _notice(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self.is_touched = self.is_touched or statement.lstrip()[:6].upper() in WRITING

    @contextmanager
    def at_once(self) -> Iterator[Connection]:
        assert self._connection is not None
        self.is_touched = True
        yield self._connection


@contextmanager
def furnished(stage: Stage, banks: Mapping[str, Bank], database: Database | None = None) -> Iterator[Stage]:
    """The stage with other providers, and perhaps another database, for a while."""
    parts, wallets = stage.parts, stage.wallets
    new = type(parts)(parts.settings, channels={"twilio": stage.channel}, providers=banks, voice=stage.listener)
    new.__dict__["database"] = database or parts.database
    new.story_clock = parts.story_clock
    stage.parts, stage.wallets = new, dict(banks)
    try:
        yield stage
    finally:
        stage.parts, stage.wallets = parts, wallets
