"""A terminal as a channel: what is sent here waits to be read by `flask chat`; nothing ever comes in by the web."""

from __future__ import annotations

from typing import Any

from pydantic_settings import SettingsConfigDict

from bot.channels import Undelivered
from bot.messages import File, Incoming, Letter, Media, Receipt, Request, Sending
from bot.settings import Section


class ConsoleConfig(Section):
    """Nothing to configure."""

    model_config = SettingsConfigDict(env_prefix="CONSOLE_", extra="ignore")


class Console:
    name = "console"
    Config = ConsoleConfig

    def __init__(self, config: ConsoleConfig, **tools: Any) -> None:
        self.config = config

    def genuine(self, request: Request) -> bool:
        return False

    def read(self, request: Request) -> Incoming | None:
        return None

    def read_receipt(self, request: Request) -> Receipt | None:
        return None

    def send(self, letter: Letter) -> str:
        return f"console-{letter.outbox_id}"

    def find(self, sending: Sending) -> str | None:
        return f"console-{sending.letter.outbox_id}"

    def receipt_of(self, provider_id: str) -> Receipt | None:
        return Receipt(self.name, provider_id, "delivered")

    def fetch(self, media: Media) -> File:
        raise Undelivered("a terminal sends no files", outcome="give_up")

    def forget(self) -> None:
        """There is no connection."""
