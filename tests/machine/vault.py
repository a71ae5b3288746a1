"""A house whose database is one transaction that never commits: thousands of short lives need no cleaning between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from models.base import Database
from tests.machine.bank import Bank
from tests.stage import Stage

READING = ("SELECT", "RELEAS", "ROLLBA")
DEFERRED = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"


class Vault(Database):
    """Each `begin` that writes is a savepoint; what the database would check at a commit is checked at the end of each."""

    def __init__(self, database: Database) -> None:
        self.engine, self._single = database.engine, database._single
        self._connection: Connection | None = None
        self.is_touched = True  # something was written since somebody looked
        self._is_writing = False  # something was written in this `begin`

    def open(self) -> None:
        self._connection = self.engine.connect()
        self._connection.begin()
        event.listen(self._connection, "before_cursor_execute", self._notice)

    def close(self) -> None:
        if self._connection is not None:
            event.remove(self._connection, "before_cursor_execute", self._notice)
            self._connection.get_transaction().rollback()  # type: ignore[union-attr]
            self._connection.close()
            self._connection = None

    def remember(self) -> None:
        """What is there now is where every life begins."""
        self._run("SAVEPOINT beginning")

    def return_to_beginning(self) -> None:
        self._run("ROLLBACK TO beginning")
        self.is_touched = True

    @contextmanager
    def begin(self) -> Iterator[Session]:
        session = Session(self._connection, expire_on_commit=False, join_transaction_mode="rollback_only")
        self._is_writing = False
        try:
            yield session
            session.flush()
            if self._is_writing:
                self._run(f"{DEFERRED}; RELEASE step")
        except BaseException:
            if self._is_writing:
                self._run("ROLLBACK TO step")
            raise
        finally:
            self._is_writing = False
            session.close()

    @contextmanager
    def at_once(self) -> Iterator[Connection]:
        assert self._connection is not None
        yield self._connection

    def _notice(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not self._is_writing and statement.lstrip()[:6].upper() not in READING:
            self.is_touched = self._is_writing = True
            self._run("SAVEPOINT step")

    def _run(self, statement: str) -> None:
        """Past SQLAlchemy, which need not know."""
        assert self._connection is not None
        with self._connection.connection.cursor() as cursor:
            cursor.execute(statement)


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
