"""Which clocks start and stop when something happens to an order; every one is a row that rings for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.rules import order as rules

STAGE_REMINDER = timedelta(days=1)
FITTING_DUE = timedelta(days=7)
NO_SHOW = timedelta(days=9)  # no work photo two days after the tailor was reminded
NO_SHOW_AGAIN = timedelta(days=2)
DELIVERY_DUE = timedelta(hours=12)
DELIVERY_DUE_AGAIN = timedelta(days=1)
REVIEW_REQUEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Clock:
    name: str  # unique within the order; the first word is what it is stopped by
    event: str
    wait: timedelta
    tailors: bool = False  # rings for the tailor; else for the customer


#: What starts when.
STARTS: dict[str, tuple[Clock, ...]] = {
    "placed": (
        *(Clock(f"deposit_reminder:{n}", "deposit_reminder", wait) for n, wait in enumerate(rules.DEPOSIT_REMINDERS)),
        Clock("deposit_expired", "deposit_expired", rules.DEPOSIT_EXPIRY),
    ),
    "deposit_paid": (Clock("tailor_silent", "tailor_silent", rules.TAILOR_SILENCE),),
    "declined": (Clock("choice_expired", "choice_expired", rules.CHOICE),),
    "offered_again": (Clock("tailor_silent", "tailor_silent", rules.TAILOR_SILENCE),),
    "accepted": (Clock("fitting_due", "fitting_due", FITTING_DUE, tailors=True), Clock("no_show", "no_show", NO_SHOW)),
    "no_show_waits": (Clock("no_show", "no_show", NO_SHOW_AGAIN),),
    "cutting_seen": (Clock("release", "deposit_release", rules.DEPOSIT_RELEASE, tailors=True),),
    "fitting_seen": (
        *(Clock(f"fitting:reminder:{n}", "fitting_reminder", wait) for n, wait in enumerate(rules.FITTING_REMINDERS)),
        Clock("fitting:silence", "fitting_silence", rules.FITTING_REVIEW),
    ),
    "fitting_approved": (Clock("stage_reminder", "stage_reminder", STAGE_REMINDER),),
    "ready_shown": (Clock("stage_reminder", "stage_reminder", STAGE_REMINDER),),
    "all_paid": (Clock("delivery_due", "delivery_due", DELIVERY_DUE, tailors=True),),
    "delivery_waits": (Clock("delivery_due", "delivery_due", DELIVERY_DUE_AGAIN, tailors=True),),
    "handed_over": (Clock("delivery_silence", "delivery_silence", rules.DELIVERY_REVIEW),),
    "completed": (Clock("review", "review_request", REVIEW_REQUEST),),
}
#: Which clock must run in a state that a dispute has ended in, and the moment that starts it if it did not run before.
NEEDED = {
    "READY_FOR_FITTING": ("fitting:silence", "fitting_seen"), "FITTING_APPROVED": ("stage_reminder", "fitting_approved"),
    "DELIVERED": ("delivery_silence", "handed_over"),
}  # fmt: skip
#: What stops when: the beginnings of names.
STOPS: dict[str, tuple[str, ...]] = {
    "deposit_paid": ("deposit_",),
    "declined": ("tailor_silent",),
    "offered_again": ("",),
    "accepted": ("tailor_silent",),
    "work_shown": ("no_show",),
    "fitting_shown": ("fitting_due",),
    "fitting_judged": ("fitting:",),
    "fitting_paid": ("stage_reminder",),
    "all_paid": ("stage_reminder",),
    "handed_over": ("delivery_due",),
    "sent_back": ("fitting:", "stage_reminder", "delivery_"),
    "completed": ("",),
    "cancelled": ("",),
}
