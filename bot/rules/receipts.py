"""Receipts in any order: a higher rank wins, a lower one changes nothing."""

#: One ladder, so that the end is the same whichever order they come in: what was delivered was not failed, whatever a late receipt says.
RANK = {"": 0, "queued": 1, "sending": 2, "sent": 3, "failed": 4, "delivered": 5, "read": 6}
DELIVERED = (RANK["delivered"], RANK["read"])


def fate(state: str, rank: int) -> str:
    """What became of a letter: waiting, sending, unknown, held, sent, delivered, read, failed (given up or not delivered) or discarded."""
    if rank in DELIVERED:
        return "read" if rank == RANK["read"] else "delivered"
    if state == "sent":
        return "failed" if rank == RANK["failed"] else "sent"
    return "failed" if state == "dead" else state
