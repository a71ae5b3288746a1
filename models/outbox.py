"""Every message that must leave, in each person's order, until its fate is known."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, Index, Row, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed
from bot.rules.notices import AWAKE, WINDOW, not_before
from bot.rules.receipts import DELIVERED, RANK, fate
from models.base import Base, Id, Json, Prepared
from models.inbox import Inbox
from models.person import Person

ASK_AFTER, ASK_FOR = timedelta(minutes=10), timedelta(days=7)


class Outbox(Base):
    """Written by `conversation.keep`. waiting -> sending -> sent | dead.

    "unknown" when nobody can say whether it was sent; "held" until the person writes again; "discarded" by somebody at the desk.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_leaving", "person_id", "id", postgresql_where=text("state IN ('waiting', 'sending', 'unknown')")),
        Index("ix_outbox_due", "due_at", postgresql_where=text("state IN ('waiting', 'sending', 'unknown')")),
        Index("ix_outbox_unreceipted", "due_at", postgresql_where=text("sequel IS NOT NULL AND state = 'sent' AND receipt < 4")),
        Index("ix_outbox_stuck", "state", "due_at", postgresql_where=text("state IN ('dead', 'held')")),
        Index("ix_outbox_created", "created_at", postgresql_using="brin", postgresql_with={"pages_per_range": 32, "autosummarize": "on"}),
        Index("ix_outbox_provider_id", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),
        Index("ix_outbox_person", "person_id", "id"),
        Index("ix_outbox_failed", "id", postgresql_where=text("state = 'dead' OR (state = 'sent' AND receipt = 4)")),
        Index("ix_outbox_error", "id", postgresql_where=text("error IS NOT NULL")),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(BigInteger)  # no foreign key, as in inbox
    channel: Mapped[str]
    body: Mapped[Json]  # a reply: text, choices, menu, picture; "by": the login of who wrote it at the desk
    state: Mapped[str] = mapped_column(server_default="waiting")
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    provider_id: Mapped[str | None]
    receipt: Mapped[int] = mapped_column(server_default="0")  # rank, see bot.rules.receipts
    error: Mapped[str | None]
    sequel: Mapped[Json | None]  # an event for the person once it is delivered: {"event":…, "person":…, …}
    created_at: Mapped[datetime]

    @property
    def fate(self) -> str:
        return fate(self.state, self.receipt)

    @classmethod
    def write(cls, db: Session, person_id: int, channel: str, body: Json, now: datetime) -> None:
        """A letter by somebody at the desk; `body` is a reply and who wrote it ("by")."""
        db.add(cls(person_id=person_id, channel=channel, body=body, due_at=now, created_at=now))

    @classmethod
    def claim(cls, db: Session, now: datetime, lease: timedelta, limit: int) -> list[Row[Any]]:
        """Takes the first due message of up to `limit` persons: (id, person_id, channel, body, tries). Skips what others hold."""
        return sorted(db.connection().execute(_CLAIM, {"now": now, "lease": now + lease, "limit": limit}), key=lambda row: row.id)

    @classmethod
    def sent_and_next(cls, db: Session, done: int, person_id: int, provider_id: str, now: datetime, lease: timedelta) -> Row[Any] | None:
        """Marks a message sent and takes the person's next one, in one statement."""
        values = {"done": done, "person": person_id, "provider_id": provider_id, "now": now, "lease": now + lease}
        return db.connection().execute(_SENT_AND_NEXT, values).one_or_none()

    @classmethod
    def settle(cls, db: Session, outbox_id: int, state: str, *, error: str | None = None, due_at: datetime | None = None) -> None:
        """Puts a message that was being sent into another state."""
        row = db.get(cls, outbox_id, with_for_update=True)
        if row is not None and row.state in ("sending", "unknown"):
            row.state, row.error, row.lease_until = state, error, None
            row.due_at = due_at or row.due_at

    @classmethod
    def found(cls, db: Session, outbox_id: int, provider_id: str) -> None:
        row = db.get(cls, outbox_id, with_for_update=True)
        if row is not None and row.state in ("sending", "unknown"):
            row.state, row.provider_id, row.lease_until = "sent", row.provider_id or provider_id, None

    @classmethod
    def doubtful(cls, db: Session, now: datetime, lease: timedelta, limit: int = 50) -> list[Row[Any]]:
        """Takes messages whose sender vanished or could not tell what happened: (id, person_id, channel, body, tries, started_at)."""
        return list(db.connection().execute(_DOUBTFUL, {"now": now, "lease": now + lease, "limit": limit}))

    @classmethod
    def known_ids(cls, db: Session, person_id: int, since: datetime) -> frozenset[str]:
        ids = db.scalars(select(cls.provider_id).where(cls.person_id == person_id, cls.started_at >= since - timedelta(hours=1)))
        return frozenset(i for i in ids if i)

    @classmethod
    def receive(cls, db: Connection, receipt: str, provider_id: str, outbox_id: int | None, error: str, now: datetime) -> Row[Any] | None:
        """Applies a receipt: (id, person_id, sequel, tries, body) when it said something new, else None.

        A receipt that beats the API's answer settles the row: the provider has the message. What waits for a delivery becomes an event,
        in the same statement, so that it needs no transaction around it.
        """
        values = {"rank": RANK[receipt], "sid": provider_id, "id": outbox_id, "error": error or None, "now": now}
        return (_RECEIVE_BY_ID if outbox_id else _RECEIVE_BY_SID).run(db, values).one_or_none()

    @classmethod
    def unreceipted(cls, db: Session, now: datetime) -> list[Row[Any]]:
        """Takes letters with a sequel that no receipt came for: (channel, provider_id). Each is asked about every ten minutes, for a week."""
        values = {"now": now, "silent": now - ASK_AFTER, "oldest": now - ASK_FOR}
        return list(db.connection().execute(_UNRECEIPTED, values))

    @classmethod
    def again(cls, db: Session, outbox_id: int, state: str, body: Json, due_at: datetime, *, gone: str = "") -> None:
        """A message that was taken and not delivered goes out once more, or waits ("held") until the person writes.

        `gone` is the provider's id that failed: what is still reported about it does not count for the next try.
        """
        values = {"state": state, "body": body | {"gone": gone}, "due_at": due_at, "receipt": 0, "provider_id": None}
        db.execute(update(cls).where(cls.id == outbox_id).values(values))

    @classmethod
    def window_closed(cls, db: Session, outbox_id: int, body: Json, now: datetime, *, gone: str = "") -> None:
        """Free text may not go out now: once more as an approved template, and if that cannot be either, when the person writes."""
        state = "held" if body.get("window_closed") else "waiting"
        cls.again(db, outbox_id, state, body | {"window_closed": True}, now, gone=gone)

    @classmethod
    def send_again(cls, db: Session, outbox_id: int, now: datetime) -> None:
        """By hand, once: what was given up or not delivered. Raises NotAllowed: not_now, unknown_fate, stopped, night.

        What may have been sent is never sent again. Who has not written lately is not woken: a letter that waited for the morning would
        hold up all that follows it.
        """
        row = cls._locked(db, outbox_id)
        if row.fate != "failed":
            raise NotAllowed("unknown_fate" if row.fate in ("unknown", "sending") else "not_now")
        if Person.by_id(db, row.person_id).is_stopped:
            raise NotAllowed("stopped")
        heard_at = (Inbox.last_said(db, row.person_id) or ("", None))[1]
        if not_before(now) > now and (heard_at is None or now - heard_at > AWAKE):
            raise NotAllowed("night")
        is_open = heard_at is not None and now - heard_at < WINDOW
        body = {name: value for name, value in row.body.items() if not (is_open and name == "window_closed")}
        row.tries, row.error = 0, None
        cls.again(db, outbox_id, "waiting", body, now, gone=row.provider_id or body.get("gone", ""))

    @classmethod
    def discard(cls, db: Session, outbox_id: int) -> None:
        """By hand: it leaves no more, and what was to follow its delivery does not happen. Raises NotAllowed: not_now, unknown_fate."""
        row = cls._locked(db, outbox_id)
        if row.fate not in ("waiting", "held", "failed"):
            raise NotAllowed("unknown_fate" if row.fate in ("unknown", "sending") else "not_now")
        row.state = "discarded"

    @classmethod
    def _locked(cls, db: Session, outbox_id: int) -> Outbox:
        return db.get_one(cls, outbox_id, with_for_update=True, populate_existing=True)

    @classmethod
    def open_window(cls, db: Session, person_id: int, now: datetime) -> None:
        """The person wrote: what WhatsApp's closed window held back may go."""
        db.execute(_OPEN_WINDOW, {"person": person_id, "now": now})


# The head of a person's queue is the row that no earlier unfinished row of the same person precedes: her order is kept.
# (Materialized: as a plain subselect it may be run again for each row, and then the limit means nothing.)
_CLAIM = text("""
    WITH heads AS MATERIALIZED (
        SELECT o.id FROM outbox o
        WHERE o.state = 'waiting' AND o.due_at <= :now AND NOT EXISTS (
            SELECT 1 FROM outbox e WHERE e.person_id = o.person_id AND e.id < o.id AND e.state IN ('waiting', 'sending', 'unknown'))
        ORDER BY o.id LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE outbox SET state = 'sending', started_at = :now, lease_until = :lease, tries = tries + 1 FROM heads WHERE outbox.id = heads.id
    RETURNING outbox.id, person_id, channel, body, tries""")
_SENT_AND_NEXT = text("""
    WITH done AS (
        UPDATE outbox SET state = 'sent', provider_id = :provider_id, lease_until = NULL, error = NULL
        WHERE id = :done AND state IN ('sending', 'unknown'))
    UPDATE outbox SET state = 'sending', started_at = :now, lease_until = :lease, tries = tries + 1 WHERE id = (
        SELECT o.id FROM outbox o
        WHERE o.person_id = :person AND o.id > :done AND o.state IN ('waiting', 'sending', 'unknown')
        ORDER BY o.id LIMIT 1)
      AND state = 'waiting' AND due_at <= :now
    RETURNING id, person_id, channel, body, tries""")
_UNRECEIPTED = text("""
    UPDATE outbox SET due_at = CASE WHEN created_at > :oldest THEN :now ELSE 'infinity' END
    WHERE sequel IS NOT NULL AND state = 'sent' AND receipt < 4 AND due_at <= :silent RETURNING channel, provider_id""")
_OPEN_WINDOW = text("""
    UPDATE outbox SET state = 'waiting', due_at = :now, body = body - 'window_closed' WHERE person_id = :person AND state = 'held'""")
_DOUBTFUL = text("""
    WITH lost AS MATERIALIZED (
        SELECT id FROM outbox WHERE (state = 'sending' AND lease_until < :now)
            OR (state = 'unknown' AND due_at <= :now AND (lease_until IS NULL OR lease_until < :now))
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE outbox SET state = 'unknown', lease_until = :lease FROM lost WHERE outbox.id = lost.id
    RETURNING outbox.id, person_id, channel, body, tries, started_at""")
_RECEIVE = f"""
    WITH hit AS (
        UPDATE outbox SET receipt = :rank, provider_id = coalesce(provider_id, :sid), error = coalesce(:error, error),
            state = CASE WHEN state IN ('sending', 'unknown') OR (state = 'waiting' AND :rank <> {RANK["failed"]}) THEN 'sent' ELSE state END
        WHERE {{match}} AND receipt < :rank AND coalesce(body->>'gone', '') <> :sid
        RETURNING id, person_id, sequel, tries, body),
    happened AS (
        INSERT INTO inbox (person_id, channel, provider_id, name, body, due_at, received_at, state, tries)
        SELECT coalesce((sequel->>'person')::bigint, person_id), 'events', 'delivered:' || id, sequel->>'event',
            sequel - 'event' - 'person', :now, :now, 'waiting', 0
        FROM hit WHERE sequel IS NOT NULL AND :rank IN {DELIVERED} ON CONFLICT DO NOTHING)
    SELECT * FROM hit"""
_SAID = {"rank": "int", "sid": "text", "id": "bigint", "error": "text", "now": "timestamptz"}
_RECEIVE_BY_ID = Prepared("receive_by_id", _SAID, _RECEIVE.format(match="id = :id AND (provider_id IS NULL OR provider_id = :sid)"))
_RECEIVE_BY_SID = Prepared("receive_by_sid", _SAID, _RECEIVE.format(match="provider_id = :sid AND :id IS NULL"))
