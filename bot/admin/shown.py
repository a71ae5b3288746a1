"""How things are written on the pages: money, moments, states, people."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from flask import Flask
from markupsafe import Markup

from bot.admin.door import hidden, wall
from bot.rules import NotAllowed
from bot.rules.money import ghs

if TYPE_CHECKING:
    from bot.wiring import Parts

#: {state: (how it is, word)}; how: good, warn, bad, busy, calm. Each has its own sign, so that colour says nothing alone.
STATES: dict[str, tuple[str, str]] = {
    "PENDING_DEPOSIT": ("calm", "waits for the deposit"), "DEPOSIT_PAID": ("busy", "asks the tailor"), "ACCEPTED": ("busy", "accepted"),
    "IN_PROGRESS": ("busy", "in work"), "READY_FOR_FITTING": ("busy", "fitting shown"), "FITTING_APPROVED": ("busy", "fitting approved"),
    "COMPLETING": ("busy", "finishing"), "READY_FOR_DELIVERY": ("busy", "ready"), "DELIVERED": ("good", "delivered"),
    "COMPLETED": ("good", "completed"), "CANCELLED": ("calm", "cancelled"), "DISPUTED": ("bad", "in dispute"), "REFUNDED": ("calm", "refunded"),
    "EXPIRED": ("calm", "expired"),
    "created": ("calm", "written down"), "submitting": ("busy", "being sent"), "pending": ("busy", "under way"), "unknown": ("warn", "nobody knows"),
    "succeeded": ("good", "succeeded"), "failed": ("bad", "failed"), "mismatch": ("bad", "wrong amount"), "not_accepted": ("warn", "not accepted"),
    "action_required": ("warn", "waits for a voucher"), "superseded": ("calm", "replaced"), "withdrawn": ("calm", "withdrawn"),
    "expired": ("calm", "expired"), "approved": ("busy", "approved"), "cancelled": ("calm", "cancelled"), "reversed": ("bad", "came back"),
    "needs_attention": ("warn", "needs a person"), "needs_review": ("bad", "needs a person"),
    "owed": ("warn", "owed"), "held": ("warn", "held"), "sending": ("busy", "being sent"), "paid": ("good", "paid"),
    "open": ("warn", "open"), "proposed": ("busy", "proposed"), "closed": ("calm", "closed"), "settled": ("good", "settled"),
    "waiting": ("busy", "waiting"), "sent": ("good", "sent"), "done": ("good", "done"), "gone": ("calm", "given up"),
    "delivered": ("good", "delivered"), "read": ("good", "read"), "discarded": ("calm", "discarded"),
    "PENDING": ("warn", "pending"), "UNDER_REVIEW": ("warn", "under review"), "APPROVED": ("good", "approved"), "REJECTED": ("calm", "rejected"),
    "NEEDS_FIX": ("busy", "asked for more"), "answered": ("busy", "answered"), "SUSPENDED": ("bad", "suspended"),
    "ok": ("good", "well"), "warn": ("warn", "look"), "bad": ("bad", "trouble"), "off": ("calm", "off"),
}  # fmt: skip
SIGNS = {"good": "✓", "warn": "!", "bad": "✕", "busy": "…", "calm": "–"}
WHY_NOT = {
    "not_now": "Not in this state: it may have changed meanwhile.",
    "taken_by_another": "Somebody else has taken this already.",
    "window_closed": "Her last message is more than 24 hours old: WhatsApp takes only approved templates now.",
    "not_yours": "Somebody else speaks with this person.",
    "last_operator": "This is the last operator: nobody could let people in any more. Make somebody else operator first.",
    "too_short": "The password needs 12 characters at least.",
    "stopped": "She has told us to stop. Nobody may write to her until she sends “start”.",
    "night": "It is night (20:00 to 7:00), and she has not written within the hour.",
    "empty": "There is nothing to send.",
    "unknown_fate": "It may have been sent: the provider is being asked. Until that is known nobody may send or discard it.",
    "bad_word": "The word has small letters, digits and hyphens only, thirty at most.",
    "closed": "This case is closed: only a private note can be added.",
    "bad_amount": "That is no amount: write it like 120.50.",
    "no_outcome": "Choose an outcome and its reason.",
    "checks_missing": "Not everything was looked at yet. Still to be ticked: {missing}.",
    "tailor_already": "This person is a tailor already, or has applied.",
    "card_known": "Somebody else has applied with this Ghana Card.",
    "too_few_photos": "From {fewest} to {most} photos of her work are needed.",
    "too_few_references": "From {fewest} to {most} people must speak for her, each with a name and a number.",
    "same_reference": "Everybody who speaks for her has a number of their own, and it is not hers.",
    "login_taken": "That login is taken.",
    "bad_label": "The name needs two to 24 characters, no braces and none of * _ ~ ` |: it is a row of a WhatsApp list.",
    "bad_price": "The price must lie between GHS 1 and GHS 10,000.",
    "bad_days": "The days must lie between 2 and 120.",
    "bad_yards": "The cloth must lie between 0.1 and 30 yards.",
    "bad_rank": "The place in the menu is a number from 0 to 999.",
    "label_taken": "Another garment has that name.",
    "unknown_garment": "Nobody has said which measurements that garment needs.",
    "same_person": "Somebody else must do this: not whoever proposed or started it, and not whom it pays.",
    "no_such_case": "There is no such case.", "nothing_proposed": "Nothing is proposed any more.",
    "does_not_fit": "This case cannot be settled so.", "no_reason": "Say in a few words why.", "whose": "Say which order it belongs to.",
    "foreign_currency": "Another currency can only be returned by hand or written off.", "nothing_due": "Nothing is due there that it could pay.",
    "no_wallet": "The statement names no wallet: it can only be applied, returned by hand or written off.",
    "too_little": "It is less than what is due.",
    "nothing_to_write_off": "The books need no correction for it.", "no_such_order": "There is no such order.",
    "nothing_to_give": "Nothing can be given back for this order: what a tailor was paid for it went back already, or is still held.",
    "payouts_stopped": "Payouts to this tailor are stopped until somebody frees them.",
    "name_mismatched": "The wallet has another name than the tailor.",
    "number_changed": "The payout number was changed less than three days ago.", "no_number": "She has no payout number.",
    "no_way": "No provider sends money there now.", "in_dispute": "What is left belongs to orders in dispute.",
    "too_many_numbers": "The network was asked often enough for this tailor today.", "no_such_switch": "There is no such switch.",
    "bad_login": "A login has letters, digits, dots and hyphens only.",
}


def teach(app: Flask, parts: Parts) -> None:
    """Gives the templates their words."""
    env = app.jinja_env
    env.filters |= {"ghs": money, "state": state, "phone": hidden, "day": day, "words": words, "size": size}
    env.filters["when"] = lambda moment: when(moment, parts.clock.now())
    env.filters["really"] = lambda moment: when(moment, wall.now())  # sessions and the trail live in real time
    env.filters["left"] = lambda moment: left(moment, parts.clock.now())


def money(pesewas: int | None, currency: str = "GHS") -> Markup:
    if pesewas is None:
        return Markup("–")
    text = ghs(abs(pesewas)) if currency == "GHS" else f"{currency} {abs(pesewas) / 100:,.2f}"
    return Markup('<span class="money">{}{}</span>').format("−" if pesewas < 0 else "", text)


def state(name: str | None) -> Markup:
    return badge(*STATES.get(name or "", ("calm", words(name))))


def badge(kind: str, word: str) -> Markup:
    """A state in a word of its own: sign and word say what the colour says (good, warn, bad, busy, calm)."""
    return Markup('<span class="state {}"><span class="sign" aria-hidden="true">{}</span>{}</span>').format(kind, SIGNS[kind], word)


def when(moment: datetime | date | None, now: datetime) -> Markup:
    """"3 h ago", with the moment itself under the pointer and for machines."""
    if moment is None:
        return Markup("–")
    if not isinstance(moment, datetime):
        return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), day(moment))
    exact = f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(moment.isoformat(), exact, _relative(moment, now))


def left(moment: datetime | None, now: datetime) -> Markup:
    """A deadline: how long still, or how long over, as a state."""
    if moment is None:
        return Markup("–")
    kind = "bad" if moment <= now else "warn" if moment - now < timedelta(hours=4) else "calm"
    word = f"{span(now - moment)} late" if moment <= now else f"{span(moment - now)} left"
    badge = Markup('<span class="state {}"><span class="sign" aria-hidden="true">{}</span><time datetime="{}">{}</time></span>')
    return badge.format(kind, SIGNS[kind], moment.isoformat(), word)


def span(long: timedelta) -> str:
    minutes = int(long.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def day(moment: date | datetime | None) -> str:
    return f"{moment.day} {moment:%b %Y}" if moment else "–"


def words(name: str | None) -> str:
    """"needs_review" -> "needs review"."""
    return (name or "–").replace("_", " ").lower()


def size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def why_not(error: NotAllowed) -> str:
    """A rule's refusal in words; one that has no words here is told by its name."""
    if text := WHY_NOT.get(error.reason):
        return text.format(**error.values)
    return f"Not now: {words(error.reason)}." + "".join(f" {words(name).capitalize()}: {value}." for name, value in error.values.items())


def _relative(moment: datetime, now: datetime) -> str:
    away = now - moment
    if abs(away) < timedelta(minutes=1):
        return "now"
    if abs(away) > timedelta(days=14):
        return day(moment)
    return f"{span(away)} ago" if away > timedelta() else f"in {span(-away)}"


