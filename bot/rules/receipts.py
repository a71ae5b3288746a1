"""Receipts in any order: a higher rank wins, a lower one changes nothing."""

#: One ladder, so that the end is the same whichever order they come in: what was delivered was not failed, whatever a late receipt says.
RANK = {"": 0, "queued": 1, "sending": 2, "sent": 3, "failed": 4, "delivered": 5, "read": 6}
DELIVERED = (RANK["delivered"], RANK["read"])
