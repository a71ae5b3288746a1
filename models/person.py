"""A person, and the addresses that lead to her."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, make_transient_to_detached, mapped_column
from sqlalchemy.orm.attributes import instance_dict
from sqlalchemy.orm.util import identity_key

from bot.seal import ring
from models.base import Base, Id, Sealed


class Person(Base):
    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_role", "role", "id"), Index("ix_person_stopped", "id", postgresql_where=text("stopped_at IS NOT NULL")),
        Index("ix_person_created", "created_at", postgresql_using="brin", postgresql_with={"pages_per_range": 32, "autosummarize": "on"}),
        Index("ix_person_consented", "consented_at", postgresql_using="brin", postgresql_with={"pages_per_range": 32, "autosummarize": "on"}),
    )  # fmt: skip

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Sealed, default="")
    language: Mapped[str] = mapped_column(default="en")
    role: Mapped[str] = mapped_column(default="customer")  # customer, tailor, admin
    wallet: Mapped[str | None] = mapped_column(Sealed)  # the mobile-money number used last, "233…"
    network: Mapped[str | None]
    consented_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def is_tailor(self) -> bool:
        return self.role == "tailor"

    @property
    def is_stopped(self) -> bool:
        return self.stopped_at is not None

    @property
    def first_name(self) -> str:
        return self.proper(self.name or "").split(" ")[0] or "there"

    @staticmethod
    def proper(said: str) -> str:
        """A name as it can stand in a sentence: without the marks that format a text; empty where no letter is left."""
        name = "".join(c for c in " ".join(said.split()) if c.isprintable() and c not in "*_~`")
        return " ".join(name.split()) if any(c.isalpha() for c in name) else ""

    def agree(self, name: str, now: datetime) -> None:
        self.name, self.consented_at = name, now

    def stop(self, now: datetime) -> None:
        """No more messages, until she says *start*."""
        self.stopped_at = self.stopped_at or now

    def pay_from(self, wallet: str, network: str) -> None:
        self.wallet, self.network = wallet, network

    @classmethod
    def loaded(
        cls, db: Session, ident: int, name: str, language: str, role: str, wallet: str | None, network: str | None,
        consented_at: datetime | None, stopped_at: datetime | None,
    ) -> Person:  # fmt: skip
        """A person out of columns that a statement of the hot road has read (name and wallet still sealed)."""
        known = db.identity_map.get(identity_key(cls, ident))
        if isinstance(known, cls):
            db.refresh(known)
            return known
        person = cls()
        instance_dict(person).update(
            id=ident, name=ring.seal.open(name), language=language, role=role, wallet=ring.seal.open(wallet) if wallet else None,
            network=network, consented_at=consented_at, stopped_at=stopped_at,
        )  # fmt: skip
        make_transient_to_detached(person)
        db.add(person)
        return person

    @classmethod
    def by_id(cls, db: Session, person_id: int) -> Person:
        person = db.get(cls, person_id)
        assert person is not None
        return person


class Address(Base):
    """Where a person can be reached: a phone or a business-scoped id on one channel."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("channel", "value_index"),)

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    channel: Mapped[str]
    value: Mapped[str] = mapped_column(Sealed)
    value_index: Mapped[str]
    gone_at: Mapped[datetime | None]  # the provider says that nobody may write here

    @classmethod
    def index_of(cls, value: str) -> str:
        return ring.seal.index(value)

    @classmethod
    def add(cls, db: Session, person_id: int, channel: str, value: str) -> Address:
        address = cls(person_id=person_id, channel=channel, value=value, value_index=cls.index_of(value))
        db.add(address)
        return address

    @classmethod
    def of(cls, db: Session, person_id: int, channel: str) -> Address | None:
        """The address to write to: a phone before a scoped id, the newest first."""
        rows = db.scalars(select(cls).where(cls.person_id == person_id, cls.channel == channel, cls.gone_at.is_(None)).order_by(cls.id.desc()))
        return min(rows, key=lambda a: not a.value.startswith("+"), default=None)
