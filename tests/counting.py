"""What a block of a test costs the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from tests.stage import Stage


@contextmanager
def counted(stage: Stage) -> Iterator[list[str]]:
    """The SQL statements that run in the block."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(stage.parts.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(stage.parts.database.engine, "before_cursor_execute", note)
