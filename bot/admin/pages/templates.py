"""What the house says, as templates: those that lie at the provider, and every line of every conversation in every language."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import abort, request
from markupsafe import Markup
from sqlalchemy import func, select

from bot.admin.bubbles import spoken
from bot.admin.door import Answer, Desk, Pages
from bot.everywhere import LINES
from bot.flow import COMMON
from bot.hearing import VOICE
from bot.messages import BUBBLE_LIMIT, Choice
from models.content import Content
from models.outbox import Outbox

pages = Pages("templates", "Templates", group="Things", rank=2)

QUESTION = "Hello Ama, what would you like to do?"
LONG = 300  # characters; more than that nobody likes to read on a phone
#: What stands in a blank of a preview; another blank shows its own name.
SAMPLES = {
    "name": "Ama", "tailor": "Kofi's Sewing", "customer": "Ama", "amount": "GHS 250.00", "total": "GHS 250.00", "price": "GHS 250.00",
    "order": "SW-2611-7K3QX", "number": "SW-2611-7K3QX", "garment": "kente shirt", "day": "Friday 4 Dec", "date": "Friday 4 Dec",
    "when": "tomorrow 8:00", "town": "Accra", "network": "MTN", "wallet": "024 ••• 4567", "phone": "024 ••• 4567", "code": "4711",
    "hint": "Please answer with one of the choices.", "days": "7", "hours": "24", "count": "3", "who": "Kofi", "kind": "voice note",
    "text": "waist thirty two", "reason": "the cloth is late", "step": "cutting",
}  # fmt: skip
#: Lines that belong to no one conversation: {table: (lines, where they are said)}.
SHARED = {
    "common": (COMMON, "in every conversation"), "global": (LINES, "at the words that win everywhere (menu, back, stop …)"),
    "voice": (VOICE, "after a voice note"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """A form of message as it lies at the provider; what it says travels in its blanks."""

    name: str
    about: str
    provider_id: str
    blanks: list[tuple[str, str, str]] = field(default_factory=list)  # number, what goes in, sample
    text: str = QUESTION
    choices: tuple[Choice, ...] = ()
    has_picture: bool = False

    @property
    def characters(self) -> int:
        return len(self.text) + sum(len(c.label) + len(c.about) for c in self.choices)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation. `said` is what a person with this language reads: the English one where nobody has translated it."""

    key: str
    said: str
    english: str
    is_missing: bool
    blanks: dict[str, str]

    @property
    def characters(self) -> int:
        return len(self.said)

    @property
    def how(self) -> str:
        return "bad" if self.characters > BUBBLE_LIMIT else "warn" if self.characters > LONG else "calm"

    @property
    def shown(self) -> Markup:
        return spoken(self.said)


@pages.page("/templates")
def templates(desk: Desk) -> Answer:
    stored = [shape_of(row.shape, row.provider_id) for row in desk.db.scalars(select(Content).order_by(Content.shape))]
    held = desk.db.scalar(select(func.count()).select_from(Outbox).where(Outbox.state == "held"))
    configs = {name: getattr(channel, "config", None) for name, channel in desk.parts.channels.items()}
    sids = {name: getattr(config, "window_template_sid", None) for name, config in configs.items()}
    windows = {name: sid for name, sid in sids.items() if sid is not None}  # a channel whose window never closes has no such setting
    languages = [language for code, language in desk.parts.words.languages.items() if code != "en"]
    rows = [
        (name, len(said), {x.code: sum(f"{name}.{key}" in x.lines for key in said) for x in languages}) for name, said in tables(desk).items()
    ]
    return desk.show("templates.html", shapes=stored, windows=windows, held=held, languages=languages, rows=rows, limit=BUBBLE_LIMIT)


@pages.page("/templates/<name>")
def lines(desk: Desk, name: str) -> Answer:
    said = tables(desk).get(name) or abort(404)
    languages = desk.parts.words.languages
    asked = request.args.get("language", "en")
    language = languages[asked if asked in languages else "en"]
    only_missing = request.args.get("show") == "missing"
    found = [_line(name, key, english, language.lines if language.code != "en" else None) for key, english in said.items()]
    return desk.show(
        "template.html", name=name, lines=[one for one in found if one.is_missing or not only_missing], total=len(found), languages=languages,
        language=language, only_missing=only_missing, where=_where(desk, name), limit=BUBBLE_LIMIT,
    )  # fmt: skip


def tables(desk: Desk) -> Mapping[str, Mapping[str, str]]:
    """The English lines of each conversation, and of what belongs to none."""
    return {name: said for name, (said, _) in SHARED.items()} | {name: flow.says for name, flow in sorted(desk.parts.flows.items())}


def shape_of(key: str, provider_id: str) -> Shape:
    """What a key of the shelf names: "1a2b3c4d:twilio/quick-reply:2", with samples in its blanks."""
    _, kind, detail = [*key.split(":", 2), "", ""][:3]
    made = {"twilio/quick-reply": _buttons, "twilio/card": _card, "twilio/list-picker": _list}.get(kind)
    return made(detail, provider_id) if made else Shape(kind or key, "a form this page does not know", provider_id)


# -- private


def _where(desk: Desk, name: str) -> str:
    if name in SHARED:
        return SHARED[name][1]
    opens = desk.parts.flows[name].starts_with
    return "in the conversation that " + (", ".join(f"“{word}”" for word in opens) + " opens" if opens else "begins by itself, or within another one")


def _line(name: str, key: str, english: str, translated: Mapping[str, str] | None) -> Line:
    text = english if translated is None else translated.get(f"{name}.{key}", english)
    parts = list(string.Formatter().parse(text))
    blanks = {blank: SAMPLES.get(blank, f"({blank})") for _, blank, _, _ in parts if blank}
    said = "".join(literal + (blanks[blank] if blank else "") for literal, blank, _, _ in parts)
    return Line(key, said, english, translated is not None and f"{name}.{key}" not in translated, blanks)


def _buttons(detail: str, provider_id: str, *, has_picture: bool = False) -> Shape:
    labels = ("Yes", "No", "Later")[: int(detail or 0)]
    about = f"a {'picture' if has_picture else 'question'} with {len(labels)} button{'s' if len(labels) > 1 else ''}"
    picture = [("the picture's path", "media/17-….jpg")] if has_picture else []
    pairs = [("the text", QUESTION), *picture, *(pair for label in labels for pair in (("a button", label), ("what it answers", label.lower())))]
    name = f"{'card' if has_picture else 'quick reply'}, {len(labels)}"
    return Shape(name, about, provider_id, _numbered(pairs), choices=tuple(Choice(x.lower(), x) for x in labels), has_picture=has_picture)


def _card(detail: str, provider_id: str) -> Shape:
    count, _, host = detail.partition(":")
    made = _buttons(count, provider_id, has_picture=True)
    return Shape(made.name, f"{made.about}, from {urlsplit(host).netloc}", provider_id, made.blanks, choices=made.choices, has_picture=True)


def _list(detail: str, provider_id: str) -> Shape:
    """Its detail has a letter per row: "d" where the row has a second line."""
    rows = [Choice(f"row-{n}", f"Row {n}", "What it is" if mark == "d" else "") for n, mark in enumerate(detail, 1)]
    pairs = [("the text", QUESTION), ("what opens the list", "Choose")]
    for row in rows:
        pairs += [("a row", row.label), ("what it answers", row.id), *([("its second line", row.about)] if row.about else [])]
    about = f"a list of {len(rows)} rows" + (", with second lines" if "d" in detail else "")
    return Shape(f"list picker, {len(rows)}", about, provider_id, _numbered(pairs), choices=tuple(rows))


def _numbered(pairs: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    return [(str(n), *pair) for n, pair in enumerate(pairs, 1)]
