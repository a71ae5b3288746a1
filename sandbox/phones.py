"""Every message of every phone, in the order the provider saw them."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import iso
from sandbox.shared import Shared

RANK = {"queued": 0, "sending": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 9, "undelivered": 9}


@dataclass(slots=True, eq=False)
class Message:
    """One message either way. `who` is "person" or "bot"; `n` counts all messages of the world, `rev` all their changes."""

    n: int
    sid: str
    who: str
    phone: str
    sender: str
    to: str
    kind: str
    body: str
    status: str
    created: float
    content: dict[str, Any] = field(default_factory=dict)  # buttons, rows, button, footer, location …
    media: list[dict[str, str]] = field(default_factory=list)  # url, content_type
    content_sid: str = ""
    approved: bool = False
    callback: str = ""
    error_code: int | None = None
    updated: float = 0.0
    rev: int = 0

    def shown(self) -> dict[str, Any]:
        return {
            "n": self.n, "sid": self.sid, "who": self.who, "phone": self.phone, "from": self.sender, "to": self.to,
            "kind": self.kind, "body": self.body, **self.content,
            "media": self.media, "media_url": (self.media or [{}])[0].get("url"),
            "status": self.status, "error_code": self.error_code, "content_sid": self.content_sid or None,
            "at": iso(self.created), "rev": self.rev,
        }  # fmt: skip


class Phones:
    """The memory of all phones. A phone's key is its number ("+233241234567") or a business-scoped id nobody has a number for."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.reset()
        self._changed = asyncio.Event()

    def reset(self) -> None:
        self.messages: list[Message] = []
        self.by_sid: dict[str, Message] = {}
        self.by_phone: dict[str, list[Message]] = {}
        self.names: dict[str, str] = {}
        self.user_ids: dict[str, str] = {}
        self.last_inbound: dict[str, float] = {}
        self.rev = getattr(self, "rev", 0)

    def add(self, *, prefix: str, who: str, phone: str, sender: str, to: str, kind: str, body: str, status: str) -> Message:
        now = self.shared.clock.now()
        sid = prefix + secrets.token_hex(16)
        message = Message(len(self.messages) + 1, sid, who, phone, sender, to, kind, body, status, now, updated=now)
        self.messages.append(message)
        self.by_sid[sid] = message
        self.by_phone.setdefault(phone, []).append(message)
        if who == "person":
            self.last_inbound[phone] = now
        return message

    def announce(self, message: Message) -> None:
        """Tells whoever listens that a message is new or changed."""
        self.rev += 1
        message.rev = self.rev
        self._changed.set()
        self._changed = asyncio.Event()
        if self.shared.hub.listeners:
            self.shared.hub.publish("message", message.shown())

    def move(self, message: Message, status: str, error_code: int | None = None) -> None:
        """Moves a status forward, never back."""
        if RANK[status] > RANK[message.status]:
            message.status, message.error_code, message.updated = status, error_code, self.shared.clock.now()
            self.announce(message)

    def read_by_bot(self, phone: str) -> None:
        """An answer shows that the bot has read what came before."""
        for message in reversed(self.by_phone.get(phone, ())):
            if message.who == "person":
                if message.status == "read":
                    break
                if message.status == "delivered":
                    self.move(message, "read")

    def user_id(self, phone: str) -> str:
        """The business-scoped id of a number: stable, and known for the way back."""
        known = "GH." + str(int.from_bytes(hashlib.sha256(phone.encode()).digest()[:7]))[:16]
        self.user_ids[known] = phone
        return known

    def key(self, address: str) -> str:
        """The phone behind "whatsapp:+233…", "+233…", "233…", "024…" or a business-scoped id."""
        bare = address.removeprefix("whatsapp:").strip().replace(" ", "")
        if bare in self.user_ids:
            return self.user_ids[bare]
        if bare.isdigit():
            return "+233" + bare[1:] if bare.startswith("0") else "+" + bare
        return bare

    def since(self, phone: str, after: int = 0, changed: int = 0) -> list[dict[str, Any]]:
        known = self.by_phone.get(phone, [])
        return [m.shown() for m in known if m.n > after and m.rev > changed]

    async def wait(self, phone: str, after: int, wait_s: float) -> list[dict[str, Any]]:
        """As `since`, but waits for the first message when there is none yet."""
        end = asyncio.get_running_loop().time() + wait_s
        while not (found := self.since(phone, after)):
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                break
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                break
        return found

    def offered(self, phone: str, wanted: str) -> tuple[Message, dict[str, str], bool] | None:
        """The newest button or row of a phone with this id or label: (message, choice, whether it is a row)."""
        text = wanted.strip().casefold()
        for message in reversed(self.by_phone.get(phone, ())):
            for place, row in (("buttons", False), ("rows", True)):
                choices: Iterable[dict[str, str]] = message.content.get(place, ())
                for choice in choices:
                    if wanted == choice["id"] or text == choice["title"].casefold():
                        return message, choice, row
        return None
