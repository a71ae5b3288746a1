"""The plain values that travel between a channel and the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal[
    "text", "tap", "image", "audio", "video", "document", "sticker", "contact", "location", "unsupported"
]
Status = Literal["queued", "sending", "sent", "delivered", "read", "failed"]

#: WhatsApp's limits, in characters and rows (Twilio Content API and Meta, 2026).
BUBBLE_LIMIT = 1024
BUTTON_LIMIT, BUTTON_TITLE = 3, 20
LIST_LIMIT, LIST_TITLE, LIST_ABOUT = 10, 24, 72
CHOICE_ID = 128


@dataclass(frozen=True, slots=True)
class Request:
    """A webhook request as it came, before anybody believes it.

    `path` holds path and query string exactly as received ("/webhooks/twilio?x=1"); `form` keeps blank values and repeated keys.
    """

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    form: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """A file the provider keeps for us; `content_type` is only what the provider claims."""

    url: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Location:
    latitude: float
    longitude: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing a person sent.

    `sender` is an E.164 phone ("+233241234567") or a business-scoped id ("GH.4566…"); `alias` is the other one when the message carries both.
    """

    channel: str
    provider_id: str
    sender: str
    alias: str = ""
    name: str = ""
    kind: Kind = "text"
    text: str = ""
    tap: str = ""
    media: Media | None = None
    location: Location | None = None
    quoted: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message we sent. `outbox_id` is our own id when the provider carried it back."""

    channel: str
    provider_id: str
    status: Status
    outbox_id: int | None = None
    error: str = ""  # the provider's code, as text
    outcome: Outcome = "ok"


#: What an error code means for us: try again, give up, never write to this address again, or write again as plain text.
Outcome = Literal["ok", "retry", "give_up", "opted_out", "plain_text", "window_closed"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer a person may tap: its id travels back unchanged."""

    id: str
    label: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One bubble: text, and perhaps choices to tap or a picture (a public URL) above it."""

    text: str
    choices: tuple[Choice, ...] = ()
    menu: str = ""  # the label that opens a list
    picture: str = ""

    @property
    def is_document(self) -> bool:
        """A PDF or a voice note travels alone: WhatsApp shows no text beside it."""
        return self.picture.endswith((".pdf", ".ogg"))

    def stored(self) -> dict[str, Any]:
        """As it is written into the outbox."""
        choices = [{"id": c.id, "label": c.label, "about": c.about} for c in self.choices]
        return {"text": self.text, "choices": choices, "menu": self.menu, "picture": self.picture}

    @classmethod
    def restored(cls, body: dict[str, Any]) -> Reply:
        """As it was stored; what else its row remembers (who wrote it, a closed window) is left out."""
        return cls(body["text"], tuple(Choice(**c) for c in body["choices"]), body["menu"], body["picture"])

    def numbered(self) -> str:
        """The same bubble for a phone that cannot tap."""
        rows = [f"{n}. {c.label}" + (f" - {c.about}" if c.about else "") for n, c in enumerate(self.choices, 1)]
        return "\n".join([self.text, "", *rows] if rows else [self.text])


@dataclass(frozen=True, slots=True)
class Letter:
    """A reply with an address on it, ready for a channel to send."""

    outbox_id: int
    to: str
    reply: Reply
    receipt_url: str  # where the provider shall report; carries the outbox id
    window_open: bool = True  # False: only an approved template may go out (WhatsApp's 24 hours are over)


@dataclass(frozen=True, slots=True)
class File:
    """A downloaded file; `content_type` was read from its bytes."""

    content: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class Sending:
    """A send whose outcome nobody knows: what to look for at the provider."""

    letter: Letter
    since: datetime
    known: frozenset[str]  # provider ids that already belong to other rows
