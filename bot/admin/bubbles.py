"""A conversation as a phone shows it: bubbles by day, with ticks, files, and who of us wrote them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from bot.admin.reasons import Reason, reason
from bot.links import Links
from bot.messages import Choice
from bot.rules import office
from models.chat import Kept, Said, Talk

_MARKS = re.compile(r"(?<!\w)([*_~])(?=\S)([^\n]*?\S)\1(?!\w)")
_SHOWN = {"*": Markup("<strong>{}</strong>"), "_": Markup("<em>{}</em>"), "~": Markup("<s>{}</s>")}
#: {fate of a letter: (tick, word)}
TICKS = {
    "waiting": ("◷", "waits to be sent"), "sending": ("◷", "is being sent"), "unknown": ("?", "nobody knows whether it was sent"),
    "held": ("‖", "waits until she writes"), "sent": ("✓", "sent"), "delivered": ("✓✓", "delivered"), "read": ("✓✓", "read"),
    "failed": ("✕", "not delivered"), "discarded": ("✕", "discarded"),
}  # fmt: skip
#: What she sent, where there is no text: in words.
KINDS = {
    "image": "a photo", "audio": "a voice note", "video": "a video", "document": "a document", "sticker": "a sticker", "contact": "a contact card",
    "location": "a location", "unsupported": "something WhatsApp does not pass on",
}  # fmt: skip
NOT_KEPT = "What was written here is not kept."


@dataclass(frozen=True, slots=True)
class File:
    """`kind`: photo, voice, paper; an empty link when we have it no more (or not yet)."""

    kind: str
    link: str
    alt: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Bubble:
    key: str  # "in-17", "out-21"
    said: Said
    text: Markup
    who: str
    file: File | None = None
    choices: tuple[Choice, ...] = ()
    is_tap: bool = False
    remark: str = ""
    failed: Reason | None = None

    @property
    def tick(self) -> tuple[str, str]:
        return TICKS.get(self.said.fate, ("", ""))


def days(talk: Talk, her: str, links: Links) -> list[tuple[date, list[Bubble]]]:
    """The bubbles of each day, the oldest first."""
    found: dict[date, list[Bubble]] = {}
    for said in talk.said:
        found.setdefault(said.at.date(), []).append(_hers(said, talk.kept.get(said.id), her, links) if said.is_hers else _ours(said, links))
    return list(found.items())


def spoken(text: str) -> Markup:
    """A text with WhatsApp's marks (*bold*, _italic_, ~struck~) as a phone shows them; everything in it stays text."""
    out, done = Markup(""), 0
    for mark in _MARKS.finditer(text):
        out += escape(text[done : mark.start()])
        out += _SHOWN[mark[1]].format(mark[2])
        done = mark.end()
    return out + escape(text[done:])


# -- private


def _hers(said: Said, kept: Kept | None, her: str, links: Links) -> Bubble:
    text = str(said.body.get("text", ""))
    file = _file(said, kept, her, links) if said.body.get("url") else None
    remark = NOT_KEPT if not said.body else f"She sent {KINDS[said.kind]}." if not text and file is None and said.kind in KINDS else ""
    return Bubble(f"in-{said.id}", said, spoken(text), her, file, is_tap=said.kind == "tap", remark=remark)


def _ours(said: Said, links: Links) -> Bubble:
    body = said.body
    by = str(body.get("by", ""))
    choices = tuple(Choice(str(c["id"]), str(c["label"]), str(c.get("about", ""))) for c in body.get("choices", ()))
    failed = (reason(said.error) or Reason("The provider named no reason.", "")) if said.fate == "failed" else None
    who = office.called(by) if by else "the bot"
    return Bubble(f"out-{said.id}", said, spoken(str(body.get("text", ""))), who, _sent(str(body.get("picture", ""))), choices, failed=failed)


def _sent(picture: str) -> File | None:
    """What we sent with a message; an address that is not ours is only a link."""
    if not picture:
        return None
    kinds = {".pdf": ("paper", "A document from us"), ".ogg": ("voice", "A voice note from us")}
    kind, alt = next((made for end, made in kinds.items() if picture.endswith(end)), ("photo", "A picture from us"))
    return File(kind if picture.startswith("/") else "paper", picture, alt)


def _file(said: Said, kept: Kept | None, her: str, links: Links) -> File:
    sent_at = f"{said.at:%H:%M}"
    if kept is None or not kept.is_here:
        words = kept.words if kept else ""
        return File("photo" if said.kind == "image" else "voice" if said.kind == "audio" else "paper", "", KINDS.get(said.kind, "a file"), words)
    if kept.recording_id:
        return File("voice", links.voice(kept.recording_id), f"Voice note from {her}, {sent_at}, {kept.seconds:.0f} seconds", kept.words)
    kind = "paper" if kept.content_type == "application/pdf" else "photo"
    return File(kind, links.evidence(kept.picture_id, kept.content_type), f"{'Document' if kind == 'paper' else 'Photo'} from {her}, {sent_at}")
