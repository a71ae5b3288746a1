"""Receipts in any order: a higher rank wins, a lower one changes nothing."""

RANK = {"": 0, "queued": 1, "sending": 2, "sent": 3, "delivered": 4, "read": 5, "failed": 6}


def newer(old: str, new: str) -> bool:
    """Whether `new` says more than `old`. Delivered beats a late "failed"; failed beats everything before delivery."""
    if old in ("delivered", "read") and new == "failed":
        return False
    return RANK[new] > RANK[old]
