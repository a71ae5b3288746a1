"""What the operators switched off while the house runs: a provider, a network, or all payouts."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed
from models.base import Base, Database

PAYOUTS = "payouts"
NAMES = re.compile(r"payouts|(collect|send):[a-z_]+|network:[a-z]+")


class Switch(Base):
    """ "collect:mtn": MTN is asked for nothing new. "send:mtn": nothing is sent by MTN. "network:at": nobody is offered AT.

    "payouts": no tailor is paid. What is under way is finished in every case.
    """

    __tablename__ = "switch"

    name: Mapped[str] = mapped_column(primary_key=True)
    is_off: Mapped[bool]
    why: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]

    @classmethod
    def off(cls, db: Session) -> dict[str, str]:
        """{name: why} of all that is off."""
        return {row.name: row.why for row in db.execute(select(cls.name, cls.why).where(cls.is_off))}

    @classmethod
    def is_on(cls, db: Session, name: str) -> bool:
        return db.scalar(select(cls.is_off).where(cls.name == name)) is not True

    @classmethod
    def turn(cls, db: Session, name: str, *, off: bool, why: str, by: str, now: datetime) -> None:
        """Raises NotAllowed("no_such_switch" | "no_reason")."""
        if not NAMES.fullmatch(name):
            raise NotAllowed("no_such_switch", name=name)
        if not (why.strip() and by.strip()):
            raise NotAllowed("no_reason")
        values = {"is_off": off, "why": why.strip(), "by": by.strip(), "at": now}
        db.execute(insert(cls).values(name=name, **values).on_conflict_do_update(index_elements=["name"], set_=values))


class Switches:
    """The till's way to the table: one statement when it is asked, none when it is not."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def off(self) -> dict[str, str]:
        with self._database.at_once() as connection:
            return {row.name: row.why for row in connection.execute(select(Switch.name, Switch.why).where(Switch.is_off))}
