"""What may become of money we send, and when to ask about it."""

from __future__ import annotations

from datetime import timedelta

from bot.rules.lifecycle import Lifecycle

#: The life of one attempt. "unknown" is not "failed": nothing is sent again, by nobody, until the provider has said so.
DISBURSEMENT = Lifecycle(
    "disbursement",
    [
        ("approved", "created", "approved"),
        ("cancelled", "created", "cancelled"),
        ("cancelled", "approved", "cancelled"),
        ("sent", "approved", "submitting"),
        ("waiting", "submitting", "pending"),
        ("waiting", "unknown", "pending"),
        ("lost", "submitting", "unknown"),
        ("attention", "pending", "needs_attention"),
        ("attention", "unknown", "needs_attention"),
        ("attention", "submitting", "needs_attention"),
        ("waiting", "needs_attention", "pending"),
        ("absent", "submitting", "approved"),
        ("absent", "unknown", "approved"),
        ("not_accepted", "submitting", "failed"),
        *[("gave_up", s, "needs_review") for s in ("unknown", "pending", "needs_attention")],
        *[(e, s, t) for e, t in (("proven", "succeeded"), ("refused", "failed"))
          for s in ("submitting", "unknown", "pending", "needs_attention", "needs_review")],
        ("reversed", "succeeded", "reversed"),
    ],
)  # fmt: skip
POLLED = ("submitting", "unknown", "pending", "needs_attention")
ASKABLE = (*POLLED, "needs_review")
LIVE = ("created", "approved", *ASKABLE)  # its money is set aside
WAITING = {"Pending": "waiting", "Needs": "attention", "Unknown": "lost", "Absent": "lost", "Paid": "lost"}
#: Seconds after submission at which the provider is asked; then a person looks.
POLLS = (10, 30, 60, 120, 300, 900, 3600, 21_600, 86_400, 172_800, 259_200)
#: A refund that is not to be found may still be on its way into the provider's list, and sent again it would be a second one.
REFUND_SEEN = timedelta(minutes=10)
#: Pauses before what is owed is sent once more, after one, two … attempts that did not go through.
RETRIES = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
ALARM_AFTER = len(RETRIES)  # attempts: from then on a person looks, and it is tried once a day
#: Refusals that are no fault of the recipient's wallet: the same again later may succeed.
OURS = ("provider_down", "our_fault", "float_empty", "unclear")


def next_poll(polls: int, since: timedelta) -> timedelta | None:
    """How long after submission the next poll is due; None when a person must look."""
    later = [timedelta(seconds=s) for s in POLLS[polls - 1 :] if timedelta(seconds=s) > since]
    return later[0] if later else None


def pause(attempts: int) -> timedelta:
    """How long to wait before the next attempt, after `attempts` that failed."""
    return RETRIES[min(attempts, len(RETRIES)) - 1]
