"""What has changed, for those who look at it at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, Index, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Database, Id


class Place(NamedTuple):
    """How far somebody has read, "xid-id". Ids alone would not do: a lower one may be committed later, by a slower transaction."""

    xid: int
    id: int

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"

    @classmethod
    def read(cls, said: str) -> Place:
        """Raises ValueError."""
        xid, id_ = map(int, said.split("-"))
        if not 0 <= max(xid, id_) < 2**63:
            raise ValueError(said)
        return cls(xid, id_)


@dataclass(frozen=True, slots=True)
class Told:
    """One change: its topic ("order", "payment" …) and what it is about ("SW-2611-7K3QX")."""

    place: Place
    at: datetime
    topic: str
    subject: str

    def facts(self) -> dict[str, str]:
        return {"topic": self.topic, "subject": self.subject, "at": self.at.isoformat()}


class News(Base):
    """Written by triggers where orders, money, cases, pleas and failures change (migrations/versions/0012_news.py). Kept for a week."""

    __tablename__ = "news"
    __table_args__ = (Index("ix_news_order", "xid", "id"),)

    id: Mapped[Id]
    xid: Mapped[int] = mapped_column(BigInteger, server_default=text("pg_current_xact_id()::text::bigint"))  # of the transaction that wrote it
    at: Mapped[datetime]
    topic: Mapped[str]
    subject: Mapped[str]

    # -- questions

    @classmethod
    def after(cls, connection: Connection, place: Place, limit: int) -> tuple[list[Told], Place]:
        """What became certain since `place`, and the place before which everything is certain now.

        A transaction that is still open holds back what later ones wrote: nothing can come in before what was given.
        """
        rows = connection.execute(_AFTER, {"xid": place.xid, "id": place.id, "limit": limit}).all()
        told = [Told(Place(row.xid, row.id), row.at, row.topic, row.subject) for row in rows if row.id is not None]
        return told, Place(rows[0].certain, 0)

    @classmethod
    def now(cls, connection: Connection) -> Place:
        """The place from which a page reads on. It is asked before what the page shows is read, so that nothing falls between."""
        return Place(connection.execute(_NOW).scalar_one(), 0)

    # -- verbs

    @classmethod
    def add(cls, db: Session, topic: str, subject: str, now: datetime) -> None:
        """For what no trigger sees."""
        db.add(cls(topic=topic, subject=subject, at=now))

    @classmethod
    def forget(cls, database: Database) -> bool:
        """What is older than a week; nobody is signed in for so long."""
        with database.begin() as db:
            db.execute(_FORGET)
        return True


CERTAIN = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_NOW = text(f"SELECT {CERTAIN}")
_FORGET = text("DELETE FROM news WHERE at < now() - interval '7 days'")
_AFTER = text(f"""
    SELECT certain, n.* FROM (SELECT {CERTAIN} AS certain) AS s LEFT JOIN LATERAL (
        SELECT id, xid, at, topic, subject FROM news WHERE (xid, id) > (:xid, :id) AND xid < s.certain ORDER BY xid, id LIMIT :limit) AS n ON true
    ORDER BY n.xid, n.id""")
