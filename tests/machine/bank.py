"""A provider whose wallets, like its network, do what chance says, and which knows what really happened."""

from __future__ import annotations

from bot.payments import Absent, Answer, Charge, GiveBack, NotAccepted, Paid, Pending, Refused, Reversed, Submitted, Transfer, Unknown
from tests.fakes import Wallets

#: How a request may be met: what the caller hears, and whether it was created all the same.
MEETINGS: dict[str, tuple[Submitted, bool]] = {
    "fine": (Pending(), True),
    "lost_after": (Unknown("timeout"), True),
    "lost_before": (Unknown("timeout"), False),
    "turned_away": (NotAccepted("503"), False),
    "refused": (Refused("float_empty"), False),
}


class Bank(Wallets):
    """Pending until chance decides."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.mood, self.is_silent = "fine", False
        self.gone: set[str] = set()  # came back after it had arrived

    def collect(self, charge: Charge) -> Submitted:
        answer, is_created = MEETINGS[self.mood]
        if is_created or charge.reference in self.charges:
            self.charges.setdefault(charge.reference, charge)
        return NotAccepted("503") if isinstance(answer, Refused) else answer

    def send(self, transfer: Transfer | GiveBack) -> Submitted:
        if transfer.reference in self.out:
            return Pending()
        answer, is_created = MEETINGS[self.mood]
        if is_created:
            self.out[transfer.reference] = transfer
        return answer

    def query(self, reference: str) -> Answer:
        if self.is_silent:
            return Unknown("timeout")
        return self.answers.get(reference, Pending()) if reference in self.charges else Absent()

    def sent(self, reference: str) -> Answer:
        if self.is_silent:
            return Unknown("timeout")
        return self.out_answers.get(reference, Pending()) if reference in self.out else Absent()

    def bounce(self, reference: str) -> None:
        """What had arrived comes back."""
        if isinstance(self.out_answers.get(reference), Paid):
            self.gone.add(reference)
            self.out_answers[reference] = Reversed()

    def holds(self) -> int:
        """What really lies with the provider for us, in the house's currency."""
        foreign = sum(a.amount for a in self.answers.values() if isinstance(a, Paid) and a.currency != self.currency)
        return self.taken() - foreign - self.paid_out()
