"""What is written down at the bank, and whether it is what the stand-ins did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from bot import ticker
from models import ledger
from models.case import Case
from models.disbursement import Disbursement
from models.ledger import Account, Journal
from models.order import Order
from models.outbox import ASK_AFTER
from models.payment import Payment
from models.person import Person
from models.refund import Refund
from models.tailor import Tailor
from tests.money.world import World
from tests.stage import PHONES, Stage

ENDED = ("COMPLETED", "CANCELLED", "REFUNDED")


class Records(Stage):
    """Looks, and changes nothing."""

    world: World

    @property
    def now(self) -> datetime:
        return self.parts.story_clock.time

    def payments(self) -> list[Payment]:
        return self._all(Payment)

    def refunds(self) -> list[Refund]:
        return self._all(Refund)

    def disbursements(self) -> list[Disbursement]:
        return self._all(Disbursement)

    def _all(self, kind: Any) -> list[Any]:
        with self.parts.database.begin() as db:
            return list(db.scalars(select(kind).order_by(kind.id)))

    def the_order(self) -> Order:
        """The only one, or the newest."""
        return self.orders()[-1]

    def balance(self, code: str) -> int:
        with self.parts.database.begin() as db:
            return ledger.balance(db, code)

    def books(self) -> dict[str, int]:
        """Every account that is not empty, on its own side."""
        with self.parts.database.begin() as db:
            return {a.code: ledger.own_side(a.kind, a.balance) for a in db.scalars(select(Account).order_by(Account.code)) if a.balance}

    def journals(self, beginning: str = "") -> list[str]:
        with self.parts.database.begin() as db:
            return list(db.scalars(select(Journal.key).where(Journal.key.startswith(beginning)).order_by(Journal.id)))

    def cases(self, *, closed: bool = False) -> list[str]:
        """What a person must look at, by kind."""
        with self.parts.database.begin() as db:
            return [case.kind for case in Case.waiting(db, closed=closed)]

    def case(self, kind: str) -> int:
        """The number of the open case of a kind."""
        with self.parts.database.begin() as db:
            (case,) = [case for case in Case.waiting(db) if case.kind == kind]
            return case.id

    def person_id(self, who: str) -> int:
        with self.parts.database.begin() as db:
            found = self.person(db, who)
            assert isinstance(found, Person)
            return found.id

    def tailor_id(self, who: str = "kofi") -> int:
        with self.parts.database.begin() as db:
            found: Tailor = self.tailor(db, who)
            return found.id

    def was_told(self, who: str) -> str:
        return "\n".join(letter.reply.text for letter in self.channel.sent if self.who(letter.to) == who)

    def spent(self, who: str = "ama") -> int:
        """Pesewas that left a wallet and did not come back."""
        number = PHONES[who][1:]
        signs = {"collected": -1, "sent": 1, "given_back": 1, "reversed": -1}
        rows = [row for row in self.world.wallets.truth.rows if row["msisdn"] == number]
        return -sum(signs[row["kind"]] * row["amount_pesewas"] for row in rows)

    # -- the end of every story

    def books_equal_truth(self, *, in_flight: bool = False, open_money: bool = False) -> None:
        """What lies with each provider is what our books say lies there; nothing is lost, doubled or left half done.

        `in_flight`: money is still on its way out. `open_money`: something is still due, so events may wait.
        """
        with self.parts.database.begin() as db:
            assert not ledger.faults(db)
            accounts = {a.code: ledger.own_side(a.kind, a.balance) for a in db.scalars(select(Account))}
            bugs = list(db.execute(text("SELECT name, error FROM inbox WHERE state = 'failed' OR tries > 0")))
            ended = list(db.scalars(select(Order.id).where(Order.state.in_(ENDED))))
        assert not bugs
        clearing = {_place(code): amount for code, amount in accounts.items() if code.startswith("provider_clearing:") and amount}
        assert clearing == self.world.holds()
        left = {code: amount for code, amount in accounts.items() if code.startswith("escrow:") and int(code.split(":")[1]) in ended and amount}
        assert not left, "an order that has ended still holds money"
        if not in_flight:
            assert not {code: amount for code, amount in accounts.items() if code.startswith("in_flight:") and amount}
        if not open_money:
            assert not self._is_busy()

    def _is_busy(self) -> bool:
        with self.parts.database.begin() as db:
            values = {"now": self.now, "silent": self.now - ASK_AFTER}
            return any(db.execute(ticker.FORGOTTEN, values).one())


def _place(code: str) -> tuple[str, str]:
    _, provider, *currency = code.split(":")
    return provider, currency[0] if currency else ledger.HOUSE_CURRENCY
