"""Which stored message shape at a provider serves which kind of buttons."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Database


class Content(Base):
    __tablename__ = "content"

    shape: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str]

    @classmethod
    def put(cls, db: Session, shape: str, provider_id: str) -> None:
        made = insert(cls).values(shape=shape, provider_id=provider_id)
        db.execute(made.on_conflict_do_update(index_elements=["shape"], set_={"provider_id": provider_id}))


class Shelf:
    """The channels' way to the table: what one process has learnt serves all; an empty id forgets a shape."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, str] = {}

    def get(self, shape: str) -> str | None:
        if not self._known.get(shape):
            with self._database.begin() as db:
                row = db.get(Content, shape)
            self._known[shape] = row.provider_id if row else ""
        return self._known[shape] or None

    def put(self, shape: str, provider_id: str) -> None:
        with self._database.begin() as db:
            Content.put(db, shape, provider_id)
        self._known[shape] = provider_id
