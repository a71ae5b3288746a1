"""Takes a verified request to the engine: at once from the web, or later from the diary on disk."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from bot.channels import Channel
from bot.engine import Engine
from bot.messages import Request
from models.base import Away

log = logging.getLogger(__name__)
__all__ = ["Away", "message", "receipt", "replay"]


def message(engine: Engine, channel: Channel, asked: Request) -> None:
    incoming = channel.read(asked)
    if incoming is not None:
        engine.hear(incoming)


def receipt(engine: Engine, channel: Channel, asked: Request) -> None:
    read = channel.read_receipt(asked)
    if read is not None:
        engine.receive(read)


def replay(engine: Engine, channels: Mapping[str, Channel], kind: str, asked: Request) -> None:
    """Deals with a request that waited on the disk; `kind` is "twilio" or "twilio/status". Raises Away to end the replay."""
    name, _, is_status = kind.partition("/")
    try:
        (receipt if is_status else message)(engine, channels[name], asked)
    except Away:
        raise
    except Exception:  # whatever is wrong with it, the next one must not wait for it
        log.exception("a request kept on disk could not be dealt with")
