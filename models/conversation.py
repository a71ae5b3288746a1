"""Where a person stands in her conversations: a stack, the topmost speaks."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, ForeignKey, Index, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Json, Prepared
from models.person import Address, Person


class Conversation(Base):
    """The durable copy; Redis holds the same stack under the same version."""

    __tablename__ = "conversation"
    __table_args__ = (Index("ix_conversation_attended", "attended_by", postgresql_where=text("attended_by IS NOT NULL")),)

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(default=0)
    stack: Mapped[list[Json]] = mapped_column(default=list)
    misses: Mapped[int] = mapped_column(default=0)
    heard_at: Mapped[datetime | None]
    attended_by: Mapped[str | None]  # the login of who speaks with the person now; the bot is silent meanwhile

    @classmethod
    def stack_of(cls, db: Session, person_id: int) -> list[Json]:
        return db.execute(select(cls.stack).where(cls.person_id == person_id)).scalar_one()

    @classmethod
    def attend(cls, db: Session, person_id: int, by: str | None) -> None:
        """From now on somebody at the desk speaks with the person, or the bot again. Lock the person first."""
        db.execute(update(cls).where(cls.person_id == person_id).values(attended_by=by))

    @classmethod
    def keep(
        cls, db: Session, person_id: int, *, version: int, stack: str, misses: int, heard_at: datetime | None, letters: list[Json], now: datetime
    ) -> None:
        """Writes where the conversation stands (the stack as JSON) and the letters that leave, in one statement.

        A letter: person_id, channel, body (a reply), due_at (ISO 8601), sequel.
        """
        values = {"person": person_id, "version": version, "stack": stack, "misses": misses, "heard_at": heard_at, "now": now}
        _KEEP.run(db.connection(), values | {"letters": json.dumps(letters)})


class Standing(NamedTuple):
    """A person, where her conversation stands, and the inbox row of what she said (None when it was said before)."""

    person: Person
    version: int
    misses: int
    heard_at: datetime | None
    attended_by: str | None = None
    inbox_id: int | None = None


def meet(db: Session, channel: str, value: str, provider_id: str, kind: str, body: Json, now: datetime) -> Standing | None:
    """The person behind an address, locked until the transaction ends, and her message noted once. None for a stranger."""
    values = {"channel": channel, "index": Address.index_of(value), "provider_id": provider_id, "kind": kind, "body": json.dumps(body), "now": now}
    row = _MEET.run(db.connection(), values).one_or_none()
    return None if row is None else Standing(Person.loaded(db, *row[:8]), *row[8:])


def lock_by_address(db: Session, channel: str, value: str) -> Standing | None:
    """Who is behind an address, without a message; None for a stranger."""
    row = _BY_ADDRESS.run(db.connection(), {"channel": channel, "index": Address.index_of(value)}).one_or_none()
    return None if row is None else Standing(Person.loaded(db, *row[:8]), *row[8:])


def lock_by_id(db: Session, person_id: int) -> Standing:
    """The same for a person we know."""
    row = _BY_ID.run(db.connection(), {"person": person_id}).one()
    return Standing(Person.loaded(db, *row[:8]), *row[8:])


# The road of every message: written by hand, because each statement less is a fifth of its time. Person and conversation are both
# locked, so that a transaction that waited reads what the one before it wrote. (NO KEY: another person's transaction may set a timer
# for her meanwhile; the check of its foreign key would wait for her, and she perhaps for the order that the other one holds.)
_STANDING = """
    SELECT p.id, p.name, p.language, p.role, p.wallet, p.network, p.consented_at, p.stopped_at, c.version, c.misses, c.heard_at, c.attended_by
    FROM person p JOIN conversation c ON c.person_id = p.id"""
_BY_ADDRESS_SQL = f"{_STANDING} JOIN address a ON a.person_id = p.id WHERE a.channel = :channel AND a.value_index = :index FOR NO KEY UPDATE OF p, c"
_BY_ID = Prepared("standing_by_id", {"person": "bigint"}, f"{_STANDING} WHERE p.id = :person FOR NO KEY UPDATE OF p, c")
_BY_ADDRESS = Prepared("standing_by_address", {"channel": "text", "index": "text"}, _BY_ADDRESS_SQL)
_MEET = Prepared(
    "meet",
    {"channel": "text", "index": "text", "provider_id": "text", "kind": "text", "body": "jsonb", "now": "timestamptz"},
    f"""
    WITH met AS ({_BY_ADDRESS_SQL}),
    noted AS (
        INSERT INTO inbox (person_id, channel, provider_id, name, body, due_at, received_at, state, tries)
        SELECT id, :channel, :provider_id, :kind, :body, :now, :now, 'done', 0 FROM met
        ON CONFLICT DO NOTHING RETURNING id)
    SELECT met.*, noted.id FROM met LEFT JOIN noted ON true""",
)
_KEEP = Prepared(
    "keep",
    {
        "person": "bigint", "version": "int", "stack": "jsonb", "misses": "int", "heard_at": "timestamptz", "letters": "jsonb",
        "now": "timestamptz",
    },
    """
    WITH kept AS (
        UPDATE conversation SET version = :version, stack = :stack, misses = :misses, heard_at = :heard_at WHERE person_id = :person)
    INSERT INTO outbox (person_id, channel, body, due_at, created_at, sequel)
    SELECT (l->>'person_id')::bigint, l->>'channel', l->'body', (l->>'due_at')::timestamptz, :now, nullif(l->'sequel', 'null')
    FROM jsonb_array_elements(:letters) WITH ORDINALITY AS letters (l, place) ORDER BY place""",
)  # fmt: skip
