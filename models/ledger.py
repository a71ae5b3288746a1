"""Double entry: every pesewa that moved, from where, to where, and never changed afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules.escrow import STAGES
from models import invariants
from models.base import Base, Id

HOUSE_CURRENCY = "GHS"
#: Account kind by the first word of its code: asset, liability, income, expense. Debits are positive, credits negative.
KINDS = {
    "provider_clearing": "A", "bank": "A", "tailor_receivable": "A",
    "escrow": "L", "tailor_wallet": "L", "refunds_payable": "L", "in_flight": "L", "suspense": "L", "vat_payable": "L",
    "platform_revenue": "I", "provider_fees": "X", "loss": "X",
}  # fmt: skip
#: May never be overdrawn. A provider's own balance may: what it has done must be bookable, whatever we believed it held.
FLOORED = ("escrow", "tailor_wallet", "tailor_receivable", "refunds_payable", "in_flight", "suspense", "vat_payable")


class Account(Base):
    __tablename__ = "account"
    __table_args__ = (Index("ix_account_held", "code", postgresql_ops={"code": "text_pattern_ops"}, postgresql_where=text("balance <> 0")),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    floored: Mapped[bool]
    balance: Mapped[int] = mapped_column(BigInteger, default=0)  # kept by the database itself, from the entries


class Journal(Base):
    """One movement. Its key says what it is for, so that it happens once."""

    __tablename__ = "journal"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    posted_at: Mapped[datetime] = mapped_column(index=True)


class Entry(Base):
    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint("amount <> 0 AND abs(amount) <= 10000000000000", name="amount"),
        Index("ix_entry_account", "account_id", "id"),
    )

    id: Mapped[Id]
    journal_id: Mapped[int] = mapped_column(ForeignKey("journal.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]


class Overdrawn(Exception):
    """A movement would take more out of an account than it holds."""


class Conflict(Exception):
    """The same key was posted before with other lines."""


def post(
    db: Session, key: str, lines: Mapping[str, int], *, now: datetime, order_id: int | None = None, currency: str = HOUSE_CURRENCY
) -> bool:
    """Posts one balanced movement: {account code: pesewas}. False when it was posted before; raises Conflict, Overdrawn, ValueError."""
    moved = {code: amount for code, amount in lines.items() if amount}
    if not moved or sum(moved.values()) != 0:
        raise ValueError(f"{key}: lines do not balance")
    made = insert(Journal).values(key=key, order_id=order_id, posted_at=now).on_conflict_do_nothing().returning(Journal.id)
    journal_id = db.execute(made).scalar_one_or_none()
    if journal_id is None:
        if lines_of(db, key) != moved:
            raise Conflict(key)
        return False
    accounts = _locked(db, moved)
    rows = [{"journal_id": journal_id, "account_id": accounts[c], "amount": a, "currency": currency} for c, a in moved.items()]
    db.connection().execute(insert(Entry.__table__), rows)  # type: ignore[arg-type]
    return True


def _locked(db: Session, moved: Mapping[str, int]) -> dict[str, int]:
    """{code: id} of the accounts, made when new, locked in one order, none overdrawn by the movement."""
    new = [{"code": c, "kind": KINDS[c.split(":")[0]], "floored": c.split(":")[0] in FLOORED, "balance": 0} for c in sorted(moved)]
    db.connection().execute(insert(Account.__table__).on_conflict_do_nothing(), new)  # type: ignore[arg-type]
    locked = select(Account.id, Account.code, Account.kind, Account.balance, Account.floored).where(Account.code.in_(sorted(moved)))
    rows = db.execute(locked.order_by(Account.code).with_for_update()).all()
    for row in rows:
        if row.floored and own_side(row.kind, row.balance + moved[row.code]) < 0:
            raise Overdrawn(row.code)
    return {row.code: row.id for row in rows}


def lines_of(db: Session, key: str) -> dict[str, int]:
    rows = db.execute(select(Account.code, Entry.amount).join(Entry).join(Journal).where(Journal.key == key))
    return {row[0]: row[1] for row in rows}


def balance(db: Session, code: str) -> int:
    """What an account holds, on its own side: escrow with money in it is positive."""
    row = db.execute(select(Account.kind, Account.balance).where(Account.code == code)).one_or_none()
    return 0 if row is None else own_side(row.kind, row.balance)


def own_side(kind: str, amount: int) -> int:
    """A balance as its owner reads it: what an asset or an expense holds, what we owe or earned."""
    return amount if kind in "AX" else -amount


def held(db: Session, order_id: int) -> int:
    """Pesewas in an order's escrow."""
    codes = [f"escrow:{order_id}:{stage}" for stage in STAGES]
    return -int(db.scalar(select(func.sum(Account.balance)).where(Account.code.in_(codes))) or 0)


def story(db: Session, order_id: int) -> list[tuple[str, str, int]]:
    """One order's money as (journal key, account code, amount), in the order it moved."""
    rows = select(Journal.key, Account.code, Entry.amount).join(Entry, Entry.journal_id == Journal.id).join(Account)
    return [(k, c, a) for k, c, a in db.execute(rows.where(Journal.order_id == order_id).order_by(Entry.id))]


def faults(db: Session) -> list[str]:
    """What is wrong with the books, in sentences; nothing when they are right."""
    return [f"{check.id} {check.sentence}: {', '.join(found)}" for check, found in invariants.broken(db)]
