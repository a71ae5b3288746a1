"""Where a person stands in her conversations: a stack, the topmost speaks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ForeignKey, Select, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Json
from models.person import Address, Person


class Conversation(Base):
    """The durable copy; Redis holds the same stack under the same version."""

    __tablename__ = "conversation"

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(default=0)
    stack: Mapped[list[Json]] = mapped_column(default=list)
    misses: Mapped[int] = mapped_column(default=0)
    heard_at: Mapped[datetime | None]

    @classmethod
    def stack_of(cls, db: Session, person_id: int) -> list[Json]:
        return db.execute(select(cls.stack).where(cls.person_id == person_id)).scalar_one()

    @classmethod
    def keep(cls, db: Session, person_id: int, *, version: int, stack: list[Json], misses: int, heard_at: datetime | None) -> None:
        values = {"b_person": person_id, "version": version, "stack": stack, "misses": misses, "heard_at": heard_at}
        db.connection().execute(_KEEP, values)


class Standing(NamedTuple):
    """A person, and where her conversation stands."""

    person: Person
    version: int
    misses: int
    heard_at: datetime | None


def lock_by_address(db: Session, channel: str, value: str) -> Standing | None:
    """Who is behind an address, locked until the transaction ends; None for a stranger.

    Both rows are locked: a waiting transaction then reads what the one before it wrote.
    """
    row = db.execute(_BY_ADDRESS, {"channel": channel, "index": Address.index_of(value)}).one_or_none()
    return Standing(*row) if row else None


def lock_by_id(db: Session, person_id: int) -> Standing:
    """The same for a person we know."""
    return Standing(*db.execute(_BY_ID, {"person": person_id}).one())


def _locked() -> Select[*tuple[Any, ...]]:
    return (
        select(Person, Conversation.version, Conversation.misses, Conversation.heard_at)
        .join(Conversation, Conversation.person_id == Person.id)
        .with_for_update(of=(Person, Conversation))
    )


_BY_ADDRESS = (
    _locked()
    .join(Address, Address.person_id == Person.id)
    .where(Address.channel == bindparam("channel"), Address.value_index == bindparam("index"))
)
_BY_ID = _locked().where(Person.id == bindparam("person"))
_KEEP = (
    update(Conversation.__table__)  # type: ignore[arg-type]
    .where(Conversation.__table__.c.person_id == bindparam("b_person"))
    .values({name: bindparam(name) for name in ("version", "stack", "misses", "heard_at")})
)
