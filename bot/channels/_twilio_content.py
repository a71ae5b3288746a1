"""Keeps one stored Content per shape of reply at Twilio; what a reply says travels in variables."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bot.channels import ContentBook, Undelivered
from bot.messages import BUBBLE_LIMIT, BUTTON_LIMIT, BUTTON_TITLE, CHOICE_ID, LIST_ABOUT, LIST_LIMIT, LIST_TITLE, Choice, Reply

REST_S = 600  # how long a shape that Twilio would not store stays numbered text
QUICK, LIST, CARD = "twilio/quick-reply", "twilio/list-picker", "twilio/card"


@dataclass(frozen=True, slots=True)
class Shaped:
    """A reply poured into a shape. `key` names the shape; `types` is what Twilio stores; `variables` is what this reply says."""

    key: str
    types: dict[str, Any]
    variables: dict[str, str]
    samples: dict[str, str]  # what Twilio shows in its console; never a person's words


def shaped(reply: Reply) -> Shaped | None:
    """The shape for a reply with choices; None when only numbered text shows all of it."""
    kind = _kind(reply)
    rows = _rows(reply.choices, BUTTON_TITLE if kind in (QUICK, CARD) else LIST_TITLE)
    if not kind or not rows or not 1 <= len(reply.text.strip()) <= BUBBLE_LIMIT:
        return None
    return {QUICK: _quick, LIST: _list, CARD: _card}[kind](reply, rows)


def shorten(text: str, limit: int) -> str:
    """The text on one line, cut with "…" when it is longer than `limit` characters."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _kind(reply: Reply) -> str:
    """Buttons for up to three short answers, a list for up to ten; a picture goes with buttons only, on a card."""
    few = 1 <= len(reply.choices) <= BUTTON_LIMIT and not any(c.about.strip() for c in reply.choices)
    if reply.picture:
        return CARD if few and urlsplit(reply.picture).path.strip("/") else ""
    if few and all(len(c.label.strip()) <= BUTTON_TITLE for c in reply.choices):
        return QUICK
    return LIST if 1 <= len(reply.choices) <= LIST_LIMIT else ""


def _rows(choices: tuple[Choice, ...], limit: int) -> list[Choice]:
    """The choices cut to WhatsApp's sizes; none when two would look or travel alike, or one would be empty or cut in its id."""
    rows = [Choice(c.id, shorten(c.label, limit), shorten(c.about, LIST_ABOUT)) for c in choices]
    distinct = len({r.label for r in rows}) == len(rows) == len({r.id for r in rows})
    sound = all(r.label and r.id.strip() == r.id != "" and len(r.id) <= CHOICE_ID for r in rows)
    return rows if distinct and sound else []


class _Variables:
    """Hands out {{1}}, {{2}} … and remembers what each of them says."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.samples: dict[str, str] = {}

    def hold(self, value: str, sample: str = "") -> str:
        number = str(len(self.values) + 1)
        self.values[number], self.samples[number] = value, sample or f"Sample {number}"
        return "{{" + number + "}}"

    def shaped(self, key: str, kind: str, stored: dict[str, Any]) -> Shaped:
        return Shaped(key, {kind: stored}, self.values, self.samples)


def _buttons(rows: list[Choice], variables: _Variables) -> list[dict[str, str]]:
    return [{"type": "QUICK_REPLY", "title": variables.hold(r.label), "id": variables.hold(r.id)} for r in rows]


def _quick(reply: Reply, rows: list[Choice]) -> Shaped:
    variables = _Variables()
    stored = {"body": variables.hold(reply.text), "actions": _buttons(rows, variables)}
    return variables.shaped(f"{QUICK}:{len(rows)}", QUICK, stored)


def _card(reply: Reply, rows: list[Choice]) -> Shaped:
    """Twilio wants the picture's host in the stored object and only the path as a variable."""
    variables = _Variables()
    parts = urlsplit(reply.picture)
    host = f"{parts.scheme}://{parts.netloc}/"
    path = reply.picture.removeprefix(host)
    stored = {"title": variables.hold(reply.text), "media": [host + variables.hold(path, sample=path)]}
    return variables.shaped(f"{CARD}:{len(rows)}:{host}", CARD, stored | {"actions": _buttons(rows, variables)})


def _list(reply: Reply, rows: list[Choice]) -> Shaped:
    variables = _Variables()
    stored = {"body": variables.hold(reply.text), "button": variables.hold(shorten(reply.menu, BUTTON_TITLE) or "Menu")}
    abouts = "".join("d" if r.about else "-" for r in rows)
    return variables.shaped(f"{LIST}:{abouts}", LIST, stored | {"items": [dict(_item(r, variables)) for r in rows]})


def _item(row: Choice, variables: _Variables) -> Iterator[tuple[str, str]]:
    yield "item", variables.hold(row.label)
    yield "id", variables.hold(row.id)
    if row.about:
        yield "description", variables.hold(row.about)


@dataclass(slots=True)
class Shelf:
    """The stored shapes of one account. `create` stores one at Twilio and returns its sid, or raises Undelivered."""

    account: str
    book: ContentBook
    create: Callable[[dict[str, Any]], str]
    _resting: dict[str, float] = field(default_factory=dict)

    def sid_of(self, shape: Shaped) -> str | None:
        """The stored object of a shape, made on first use; None when Twilio will not store it. Raises Undelivered to try later."""
        key = self._key(shape)
        if sid := self.book.get(key):
            return sid
        return None if time.monotonic() < self._resting.get(key, 0.0) else self._make(key, shape)

    def drop(self, shape: Shaped) -> None:
        """Twilio does not know the object (any more)."""
        self.book.put(self._key(shape), "")

    def _make(self, key: str, shape: Shaped) -> str | None:
        wanted = {"friendly_name": key[:64], "language": "en", "variables": shape.samples, "types": shape.types}
        try:
            sid = self.create(wanted)
        except Undelivered as error:
            if error.outcome == "retry":  # no message has gone out yet, whatever happened to this call
                raise Undelivered(error.why, wait_s=error.wait_s) from None
            self._resting[key] = time.monotonic() + REST_S
            return None
        self.book.put(key, sid)
        return sid

    def _key(self, shape: Shaped) -> str:
        """An object belongs to an account: another account's would be refused."""
        return f"{hashlib.sha256(self.account.encode()).hexdigest()[:8]}:{shape.key}"
