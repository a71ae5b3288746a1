"""Every file in bot/channels keeps the contract of a channel."""

from __future__ import annotations

import inspect
import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.channels
from bot.channels import Channel, MemoryBook
from bot.messages import Incoming, Location, Media, Receipt, Request
from bot.plugins import classes_in
from bot.settings import Section

PAYLOADS = Path(__file__).parent / "payloads"
CHANNELS: dict[str, Any] = classes_in(bot.channels, marked_by="name")
NAMES = [
    "MessageSid",
    "SmsSid",
    "From",
    "To",
    "Body",
    "NumMedia",
    "MediaUrl0",
    "MediaContentType0",
    "ProfileName",
    "WaId",
    "ButtonText",
    "ButtonPayload",
    "InteractiveData",
    "ChannelMetadata",
    "Latitude",
    "Longitude",
    "Address",
    "Label",
    "OriginalRepliedMessageSid",
    "MessageType",
    "ExternalUserId",
    "ListId",
    "ListTitle",
    "MessageStatus",
    "ErrorCode",
    "OptOutType",
]
SAID = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            "whatsapp:+233241234567",
            "GH.1",
            "SM1",
            "\x00",
            "\ud800",
            "1e999",
            "-inf",
            "read",
            "63016",
            '{"a":' * 99,
            "9" * 5000,
        ]
    ),
)


@cache
def built(name: str) -> Any:
    """The adapter, given those of our tools its constructor asks for."""
    tools = {"public_url": "https://sew4mi.example", "book": MemoryBook()}
    adapter = CHANNELS[name]
    wanted = inspect.signature(adapter).parameters
    settings = tomllib.loads((PAYLOADS / name / "settings.toml").read_text())
    return adapter(adapter.Config(**settings), **{k: v for k, v in tools.items() if k in wanted})


def request(form: dict[str, str], path: str = "/webhooks/x") -> Request:
    pairs = tuple(form.items())
    return Request("POST", path, {}, urlencode(pairs, errors="replace").encode(), pairs)


def expected(said: dict[str, Any] | None) -> Incoming | None:
    if said is None:
        return None
    parts = {"media": Media, "location": Location}
    return Incoming(**{k: parts[k](**v) if k in parts and v else v for k, v in said.items()})


@pytest.mark.parametrize("name", CHANNELS)
def test_it_keeps_the_contract(name: str) -> None:
    adapter = CHANNELS[name]
    assert adapter.name == name
    assert issubclass(adapter.Config, Section)
    assert adapter.Config.model_config["env_prefix"] == name.upper() + "_"
    for method in ("genuine", "read", "read_receipt", "send", "find", "fetch", "forget"):
        ours, theirs = (list(inspect.signature(getattr(c, method)).parameters) for c in (adapter, Channel))
        assert ours == theirs


FILES = [(name, file) for name in CHANNELS for file in sorted((PAYLOADS / name).glob("*.json"))]


@pytest.mark.parametrize(("name", "file"), FILES, ids=[f"{n}-{f.stem}" for n, f in FILES])
def test_it_reads_each_payload(name: str, file: Path) -> None:
    case = json.loads(file.read_text())
    assert built(name).read(request(case["form"])) == expected(case["incoming"])


@pytest.mark.parametrize("name", CHANNELS)
@given(form=st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=9)), SAID, max_size=12), path=st.text(max_size=30))
def test_strange_forms_never_raise(name: str, form: dict[str, str], path: str) -> None:
    adapter, asked = built(name), request(form, path)
    message, receipt = adapter.read(asked), adapter.read_receipt(asked)
    assert message is None or (message.sender and message.provider_id and "\x00" not in message.text + message.name + message.tap)
    if message:
        words = [message.text, message.name, message.quoted, message.tap, message.media.url if message.media else ""]
        assert all(word.encode() or True for word in words)  # half characters would fail here, and in PostgreSQL
    assert receipt is None or isinstance(receipt, Receipt)
    assert adapter.genuine(asked) is False


@pytest.mark.parametrize("name", CHANNELS)
def test_forgetting_twice_is_harmless(name: str) -> None:
    adapter = built(name)
    adapter.forget()
    adapter.forget()
