"""All wording of the customer's order page that depends on how the order stands."""

from __future__ import annotations

STOPS = {
    "ordered": "Ordered", "deposit_paid": "Deposit paid", "accepted": "Accepted by the tailor", "cutting": "Cutting and sewing",
    "fitting": "Fitting photo", "approved": "Fitting approved", "ready": "Ready", "delivered": "Handed over", "done": "Done",
}  # fmt: skip
ASIDE = {"DISPUTED": "In dispute", "CANCELLED": "Cancelled", "REFUNDED": "Refunded"}
STAGES = {"deposit": "Deposit", "fitting": "Second part", "final": "Last part"}
STEPS = {
    "fabric": "the fabric", "cutting": "the cut cloth", "assembly": "the sewing", "fitting": "the fitting", "adjustments": "the adjustments",
    "pressing": "the pressing", "ready": "the finished work",
}  # fmt: skip
VERDICTS = {"approved": "You approved it.", "rejected": "You sent it back."}

#: {how it stands: (in a few words, what comes next)}; "open" is a part that is due, "trouble_…" a tailor who says no or nothing.
STANDS = {
    "PENDING_DEPOSIT": ("Waiting for your deposit", "Pay the deposit of {due} in the chat; then {tailor} is asked.{clock}"),
    "DEPOSIT_PAID": ("Waiting for the tailor’s word", "{tailor} answers, and you hear it in the chat at once.{clock}"),
    "trouble_declined": ("{tailor} cannot do it", "Choose another tailor in the chat, or take your money back.{clock}"),
    "trouble_silent": ("{tailor} has not answered yet", "You can wait, or choose another tailor or your money back in the chat."),
    "trouble_no_show": ("Accepted, but not begun", "You can wait, or choose another tailor or your money back in the chat."),
    "ACCEPTED": ("Accepted", "{tailor} begins, and sends you a photo of the cloth."),
    "IN_PROGRESS": ("The tailor is at work", "{tailor} sends you photos of the work; the one that counts is of the fitting."),
    "READY_FOR_FITTING": ("Waiting for your word on the fitting", "Look at the fitting photo, and say in the chat whether it is right.{clock}"),
    "FITTING_APPROVED": ("Fitting approved", "Pay the second part of {due} in the chat; then {tailor} finishes the work."),
    "COMPLETING": ("The tailor is finishing it", "{tailor} sends you a photo when it is ready."),
    "READY_FOR_DELIVERY": ("Ready, and all is paid", "Give {tailor} the code from the chat only when the garment is in your hands."),
    "READY_FOR_DELIVERY_open": ("Ready", "Pay the last part of {due} in the chat; then you get the code for the handover."),
    "DELIVERED": ("Handed over", "Say in the chat that all is right, or what is not.{clock}"),
    "COMPLETED": ("Done. Thank you!", "Nothing is left to do. We hope you wear it with joy."),
    "DISPUTED": ("Our people are looking into it", "Until they have decided, no money moves and no clock runs. You hear from us in the chat."),
    "CANCELLED": ("Cancelled", "What comes back to you stands under “Money”."),
    "REFUNDED": ("Refunded", "What comes back to you stands under “Money”."),
}
#: States in which it is her turn.
HERS = ("PENDING_DEPOSIT", "READY_FOR_FITTING", "FITTING_APPROVED", "DELIVERED")
#: What a clock does when it runs out, in the states in which one runs.
CLOCKS = {
    "PENDING_DEPOSIT": " Without it the order is cancelled on {when}.",
    "DEPOSIT_PAID": " There is time until {when}.",
    "trouble_declined": " Without a word of yours the money comes back on {when}.",
    "READY_FOR_FITTING": " Without a word of yours it counts as approved on {when}.",
    "DELIVERED": " Without a word of yours it counts as right on {when}, and the last part goes to {tailor}.",
}

CAUSES = {
    "cancelled": "The order was cancelled", "dispute": "Our people decided so", "surplus": "It was paid too much",
    "wrong_amount": "Not the amount that was asked for",
}  # fmt: skip
REFUNDS = {
    "held": "we look at it and tell you", "owed": "on its way to {wallet}", "sending": "on its way to {wallet}",
    "paid": "arrived at {wallet} on {when}",
}  # fmt: skip
PAPERS = {"receipt": "Receipt", "refund_receipt": "Refund receipt"}
GONE = {
    410: ("This link has grown old", "It was good for 90 days. Send *status* in the chat, and you get a new one."),
    404: ("There is nothing here", "Perhaps the link was cut off. Send *status* in the chat, and you get a whole one."),
    503: ("One moment, please", "We cannot look at your order just now. Nothing is lost; please try again in a minute."),
}
