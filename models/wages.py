"""What tailors have with us, many of them in a few statements."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.orm import Session, aliased

from bot.rules import disbursement as attempts
from models.disbursement import Disbursement
from models.funds import HERS, Funds
from models.ledger import Account
from models.person import Person
from models.purse import Purse
from models.tailor import Tailor

WALLET, OWED = aliased(Account, name="wallet"), aliased(Account, name="owed")
IN_WALLET: ColumnElement[int] = -func.coalesce(WALLET.balance, 0)


def rows() -> Select[Tailor, str, Purse, int, int]:
    """Each tailor with her person's name, her purse (if any), and pesewas in her wallet and owed by her."""
    found = select(Tailor, Person.name, Purse, IN_WALLET.label("wallet"), func.coalesce(OWED.balance, 0).label("owed"))
    found = found.join(Person, Person.id == Tailor.person_id).outerjoin(Purse, Purse.tailor_id == Tailor.id)
    found = found.outerjoin(WALLET, WALLET.code == func.concat("tailor_wallet:", Tailor.id))
    return found.outerjoin(OWED, OWED.code == func.concat("tailor_receivable:", Tailor.id))


class Wages:
    """What is more to know of some tailors, or (None) of all: held for their orders, in dispute, on its way, paid for a week already."""

    def __init__(self, db: Session, tailors: Sequence[int] | None, week: str) -> None:
        values = {"tailors": None if tailors is None else list(tailors), "hers": list(HERS)}
        self.held: dict[int, int] = {row.id: row.amount for row in db.execute(_HELD, values)}
        self.disputed: dict[int, int] = {row.id: row.amount for row in db.execute(_DISPUTED, {"tailors": values["tailors"]})}
        live = select(Disbursement.tailor_id, func.sum(Disbursement.amount)).where(Disbursement.state.in_(attempts.LIVE))
        live = live.where(Disbursement.purpose == "payout")
        self.in_flight: dict[int, int] = {ident: int(amount) for ident, amount in db.execute(live.group_by(Disbursement.tailor_id)) if ident}
        self.paid = {ident for ident in db.scalars(select(Disbursement.tailor_id).where(Disbursement.run == week)) if ident}

    def funds(self, tailor_id: int, wallet: int, owed: int) -> Funds:
        return Funds(wallet, owed, self.disputed.get(tailor_id, 0), self.in_flight.get(tailor_id, 0))


_HELD = text("""
    SELECT o.tailor_id AS id, -sum(a.balance)::bigint AS amount FROM account a JOIN orders o ON o.id = split_part(a.code, ':', 2)::bigint
    WHERE a.code LIKE 'escrow:%' AND a.balance <> 0 AND o.state = ANY(:hers)
        AND (CAST(:tailors AS bigint[]) IS NULL OR o.tailor_id = ANY(CAST(:tailors AS bigint[]))) GROUP BY o.tailor_id""")
_DISPUTED = text("""
    SELECT o.tailor_id AS id, -sum(e.amount)::bigint AS amount FROM orders o
    JOIN journal j ON j.order_id = o.id AND j.key LIKE 'release:%' JOIN entry e ON e.journal_id = j.id JOIN account a ON a.id = e.account_id
    WHERE o.state = 'DISPUTED' AND a.code = 'tailor_wallet:' || o.tailor_id
        AND (CAST(:tailors AS bigint[]) IS NULL OR o.tailor_id = ANY(CAST(:tailors AS bigint[]))) GROUP BY o.tailor_id""")
