"""Every file in bot/payments keeps the contract of a payment provider, whatever happens to its requests."""

from __future__ import annotations

import inspect
import threading
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.payments
from bot.messages import Request
from bot.payments import Absent, Charge, Forged, Hint, NotAccepted, Pending, Provider, Unknown
from bot.plugins import classes_in
from bot.rules.payment import ROUTES
from bot.settings import Section
from tests.loopback import Answer, Asked, Server, closed_port, serving

PAYLOADS = Path(__file__).parent / "payloads"
PROVIDERS: dict[str, Any] = {
    name: found for name, found in classes_in(bot.payments, marked_by="name").items() if (PAYLOADS / name).is_dir()
}
REFERENCE = "9f0c2b7e4d3a4c1e8b2a5d6e7f8091a2"
CHARGE = Charge(REFERENCE, "233241234567", "mtn", 1250, "GHS", "Ama's dress & shirt", "https://x.example/webhooks/payment/x?k=t")


def built(name: str, url: str, **more: Any) -> Any:
    settings = tomllib.loads((PAYLOADS / name / "settings.toml").read_text())
    return PROVIDERS[name](PROVIDERS[name].Config(api_url=url, **settings), **more)


def after_token(answer: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """Gives a token to those who need one, then answers."""
    return lambda a: Answer(200, {"access_token": "T", "expires_in": 3600}) if a.path.endswith("/token/") else answer(a)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(after_token(lambda a: Answer(202))) as found:
        yield found


def charges(server: Server) -> list[Asked]:
    return [a for a in server.asked if a.method == "POST" and not a.path.endswith("/token/")]


@pytest.mark.parametrize("name", PROVIDERS)
def test_it_keeps_the_contract(name: str) -> None:
    adapter = PROVIDERS[name]
    assert adapter.name == name
    assert issubclass(adapter.Config, Section)
    assert adapter.Config.model_config["env_prefix"] == name.upper() + "_"
    for method in ("collect", "query", "callback", "forget"):
        assert list(inspect.signature(getattr(adapter, method)).parameters) == list(
            inspect.signature(getattr(Provider, method)).parameters
        )
    ready = built(name, "https://x.example")
    assert ready.currency == "GHS"
    assert 60 <= ready.window_s <= 900
    assert {network for network, route in ROUTES.items() if name in route} == set(ready.networks)
    assert "secret" not in repr(ready.config).replace("webhook_secret", "")


@pytest.mark.parametrize("name", PROVIDERS)
def test_accepted(server: Server, name: str) -> None:
    assert built(name, server.url).collect(CHARGE) == Pending()
    (charge,) = charges(server)
    assert b'"12.50"' in charge.body
    assert b"233241234567" in charge.body


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(("status", "ours"), [(400, True), (401, True), (403, True), (404, True), (429, False)])
def test_definitely_not_created(server: Server, name: str, status: int, ours: bool) -> None:
    server.answer = after_token(lambda a: Answer(status, b"<html>no</html>"))
    answer = built(name, server.url).collect(CHARGE)
    assert isinstance(answer, NotAccepted)
    assert answer.ours is ours


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(
    "answer", [Answer(s) for s in (200, 201, 204, 302, 408, 418, 500, 502, 503, 504)] + [Answer(broken=True)]
)
def test_nobody_knows(server: Server, name: str, answer: Answer) -> None:
    server.answer = after_token(lambda a: answer)
    assert isinstance(built(name, server.url).collect(CHARGE), Unknown)
    assert len(charges(server)) == 1  # a request for money is never repeated by itself


@pytest.mark.parametrize("name", PROVIDERS)
def test_created_but_answered_too_late(server: Server, name: str) -> None:
    done = threading.Event()
    server.answer = after_token(lambda a: Answer(202, wait=done))
    answer = built(name, server.url, read_s=0.1).collect(CHARGE)
    done.set()
    assert isinstance(answer, Unknown)
    assert len(charges(server)) == 1


@pytest.mark.parametrize("name", PROVIDERS)
def test_nobody_listening(name: str) -> None:
    provider = built(name, closed_port())
    assert isinstance(provider.collect(CHARGE), NotAccepted)
    assert isinstance(provider.query(REFERENCE), Unknown)


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(
    "answer",
    [*(Answer(s) for s in (202, 204, 302, 400, 401, 403, 429, 500, 503)), Answer(broken=True)]
    + [
        Answer(200, b)
        for b in (b"", b"<html>", b"[]", b"null", b"{}", b'{"status": ["SUCCESS"]}', b"[" * 9000, b'{"status": NaN}')
    ],
)
def test_an_answer_that_says_nothing(server: Server, name: str, answer: Answer) -> None:
    server.answer = after_token(lambda a: answer)
    assert isinstance(built(name, server.url).query(REFERENCE), Unknown)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_reference_nobody_knows(server: Server, name: str) -> None:
    server.answer = after_token(lambda a: Answer(404, {"code": "RESOURCE_NOT_FOUND"}))
    assert built(name, server.url).query(REFERENCE) == Absent()


@pytest.mark.parametrize("name", PROVIDERS)
def test_after_forgetting_it_works_again(server: Server, name: str) -> None:
    provider = built(name, server.url)
    for _ in range(2):
        assert provider.collect(CHARGE) == Pending()
        provider.forget()


@pytest.mark.parametrize("name", PROVIDERS)
def test_nothing_private_is_logged(server: Server, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    provider = built(name, server.url)
    provider.collect(CHARGE)
    provider.query(REFERENCE)
    said = caplog.text
    assert not any(secret in said for secret in ("233241234567", "subscription", "Bearer", "key'", "Ama"))


@pytest.mark.parametrize("name", PROVIDERS)
@given(
    body=st.binary(max_size=60),
    ref=st.text(max_size=34),
    headers=st.dictionaries(st.sampled_from(["x-signature", "x-timestamp"]), st.text(max_size=70)),
)
def test_strange_callbacks_are_hints_or_forged(name: str, body: bytes, ref: str, headers: dict[str, str]) -> None:
    path = f"/webhooks/payment/{name}?ref={quote(ref, errors='replace')}&k=t"
    try:
        hint = built(name, "https://x.example").callback(Request("POST", path, headers, body))
    except Forged:
        return
    assert isinstance(hint, Hint)
    assert hint.reference == "" or len(hint.reference) == 32
