"""The contract of a channel: whatever carries words between a person and the bot."""

from __future__ import annotations

from typing import Protocol

from bot.messages import File, Incoming, Letter, Media, Outcome, Receipt, Request, Sending


class Undelivered(Exception):
    """A send or a download did not succeed. `outcome` says what to do; `unknown` that it may have succeeded all the same."""

    def __init__(self, why: str, *, outcome: Outcome = "retry", unknown: bool = False, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.why, self.outcome, self.unknown, self.wait_s = why, outcome, unknown, wait_s


class Channel(Protocol):
    """One file, one channel. The file's name is its name, its URL and its settings prefix."""

    name: str

    def genuine(self, request: Request) -> bool:
        """Whether the provider really sent this. Fails closed."""

    def read(self, request: Request) -> Incoming | None:
        """The message in an inbound request, None when it holds none. Never raises on strange content."""

    def read_receipt(self, request: Request) -> Receipt | None:
        """The receipt in a status request, None when it holds none."""

    def send(self, letter: Letter) -> str:
        """Sends one letter; returns the provider's id. Raises Undelivered."""

    def find(self, sending: Sending) -> str | None:
        """Asks the provider whether a send of unknown outcome arrived: its id, or None. Raises Undelivered when it cannot say."""

    def receipt_of(self, provider_id: str) -> Receipt | None:
        """Asks the provider what became of a letter whose receipts were lost; None when it cannot say."""

    def fetch(self, media: Media) -> File:
        """Downloads what a person sent. Raises Undelivered."""

    def forget(self) -> None:
        """Closes connections; the next call opens new ones."""


class ContentBook(Protocol):
    """Where a channel keeps the provider's ids of the message shapes it has created there. Shared by all processes."""

    def get(self, shape: str) -> str | None:
        """The provider's id for a shape; None or "" when there is none (any more)."""

    def put(self, shape: str, sid: str) -> None:
        """Remembers an id, the last one wins; "" forgets it."""


class MemoryBook:
    """A book that lives as long as its process: for tests and demos."""

    def __init__(self) -> None:
        self._sids: dict[str, str] = {}

    def get(self, shape: str) -> str | None:
        return self._sids.get(shape)

    def put(self, shape: str, sid: str) -> None:
        self._sids[shape] = sid
