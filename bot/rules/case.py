"""What can be wrong with money, how bad it is, and what two people may decide about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """severity 1: our books or the provider's are wrong, payouts stop by themselves; 2: somebody's money waits; 3: to be looked at."""

    sentence: str
    severity: int
    resolutions: tuple[str, ...]


#: What a resolution does. "keep_waiting" needs one person and leaves the case open, all others need two.
RESOLUTIONS = {
    "give_back": "the money goes back to the wallet it came from",
    "apply": "it pays the part of the order that is due; what is too much goes back",
    "returned": "somebody gave it back by hand, outside of the house",
    "written_off": "the books follow the provider, at our expense or gain",
    "arrived": "there is proof that it was sent",
    "not_sent": "there is proof that it was not sent",
    "as_stated": "it is booked as the provider's statement has it",
    "already_right": "there is nothing to do any more",
    "goodwill": "it goes back to the wallet that paid, at the house's expense",
    "keep_waiting": "the provider is asked once more",
}
_IN_SUSPENSE = ("give_back", "apply", "returned", "written_off")
KINDS = {
    "wrong_amount": Kind("a payment brought another amount or currency than was asked for", 2, _IN_SUSPENSE),
    "theirs_only": Kind("the provider took money we have no record of", 2, _IN_SUSPENSE),
    "payment_stuck": Kind("nobody can say what became of a payment", 2, ("keep_waiting", "already_right")),
    "disbursement_stuck": Kind("nobody can say whether money we sent arrived", 2, ("keep_waiting", "arrived", "not_sent")),
    "refund_stuck": Kind("a refund does not go through; it is still owed", 2, ("keep_waiting", "returned")),
    "forged": Kind("a callback claimed a payment that the provider does not know of", 2, ("already_right",)),
    "ours_only": Kind("our books have a movement that the provider's statement lacks", 1, ("written_off", "already_right")),
    "sent_without_record": Kind("the provider sent money that we never asked to be sent", 1, ("written_off", "already_right")),
    "sent_though_failed": Kind("the provider sent money that we believe was not sent", 1, ("written_off", "already_right")),
    "amount_differs": Kind("the provider's statement has another amount than our books", 2, ("written_off", "already_right")),
    "status_differs": Kind(
        "the provider's statement has a movement that we have not booked yet", 2, ("keep_waiting", "as_stated", "already_right")
    ),
    "fee_differs": Kind("the provider reports another fee than before", 3, ("written_off", "already_right")),
    "balance_differs": Kind("the provider states another balance than our books", 2, ("written_off", "already_right")),
    "goodwill": Kind("somebody of ours wants to give money back at the house's expense", 3, ("goodwill", "already_right")),
    "books_wrong": Kind("a rule of the books is broken", 1, ("already_right",)),
}
HOLDING = ("wrong_amount", "theirs_only")  # their money lies in suspense until they are closed
