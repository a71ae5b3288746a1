"""Money brought to a provider from our bank account, or from there to the bank."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from models import ledger


def book(db: Session, provider: str, amount: int, ref: str, now: datetime) -> bool:
    """Once per `ref`, the bank's number of the transfer; a negative amount went to the bank.

    False when it was booked before. Raises ledger.Conflict when that was another amount, ValueError when there is nothing to book.
    """
    lines = {f"provider_clearing:{provider}": amount, "bank:settlement": -amount}
    return ledger.post(db, f"fund:{provider}:{ref}", lines, now=now)
