"""Vodafone Cash on the wire: statuses, reasons, and callbacks that must be signed and fresh."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.messages import Request
from bot.payments import Charge, Forged, Paid, Pending, Refused, Unknown
from bot.payments.vodafone import REASONS, Vodafone, VodafoneConfig
from tests.loopback import Answer, Server, serving

REFERENCE = "9f0c2b7e4d3a4c1e8b2a5d6e7f8091a2"
CHARGE = Charge(REFERENCE, "233201234567", "telecel", 1250, "GHS", "Ama's dress", "https://x.example/webhooks/payment/vodafone")
SECRET, NOW = "a shared secret", 1_790_000_000


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(lambda a: Answer(202, {"transaction_id": "V1", "status": "PENDING"})) as found:
        yield found


def vodafone(url: str = "https://x.example") -> Vodafone:
    return Vodafone(VodafoneConfig(api_url=url, api_key="key", webhook_secret=SECRET), now=lambda: float(NOW))


def status(server: Server, **said: Any) -> Any:
    server.answer = lambda a: Answer(
        200, {"reference": REFERENCE, "transaction_id": "V1", "currency": "GHS", "amount": "12.50", **said}
    )
    return vodafone(server.url).query(REFERENCE)


def test_the_request(server: Server) -> None:
    assert vodafone(server.url).collect(CHARGE) == Pending()
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.headers["x-api-key"]) == ("POST", "/payment/initiate", "key")
    assert json.loads(asked.body) == {
        "reference": REFERENCE,
        "msisdn": "233201234567",
        "amount": "12.50",
        "currency": "GHS",
        "description": "Ama's dress",
        "callback_url": CHARGE.callback_url,
    }


@pytest.mark.parametrize(
    ("body", "answer"), [({"error": "DUPLICATE_REFERENCE"}, Pending), ({"error": "OTHER"}, Unknown), (b"<html>", Unknown)]
)
def test_conflicts(server: Server, body: Any, answer: type) -> None:
    server.answer = lambda a: Answer(409, body)
    assert isinstance(vodafone(server.url).collect(CHARGE), answer)


def test_paid(server: Server) -> None:
    assert status(server, status="SUCCESS") == Paid(REFERENCE, 1250, "GHS", "V1")
    assert server.asked[0].path == f"/payment/status/{REFERENCE}"
    assert status(server, status="SUCCESS", amount=12.5, transaction_id=7) == Paid(REFERENCE, 1250, "GHS", "7")
    assert status(server, status="SUCCESS", amount="5", currency="EUR") == Paid(REFERENCE, 500, "EUR", "V1")


@pytest.mark.parametrize(
    "said", [{"amount": "12.505"}, {"amount": None}, {"currency": ""}, {"reference": "0" * 32}, {"reference": None}]
)
def test_paid_but_not_clearly_this_is_unknown(server: Server, said: dict[str, Any]) -> None:
    assert isinstance(status(server, status="SUCCESS", **said), Unknown)


@pytest.mark.parametrize(("code", "reason"), [*REASONS.items(), ("NEW", "unclear"), ("", "unclear")])
def test_reasons(server: Server, code: str, reason: str) -> None:
    assert status(server, status="FAILED", reason=code) == Refused(reason, code)  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["PENDING", "pending", "REVERSED"])
def test_other_statuses_are_not_final(server: Server, word: str) -> None:
    assert status(server, status=word) == Pending()


def signed(body: bytes, *, stamp: int | str = NOW, secret: str = SECRET, **headers: str) -> Request:
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return Request("POST", "/webhooks/payment/vodafone", {"x-timestamp": str(stamp), "x-signature": signature, **headers}, body)


BODY = json.dumps({"reference": REFERENCE, "status": "SUCCESS"}).encode()


@pytest.mark.parametrize("stamp", [NOW, NOW - 300, NOW + 300])
def test_a_signed_fresh_callback(stamp: int) -> None:
    assert vodafone().callback(signed(BODY, stamp=stamp)).reference == REFERENCE


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"reference": "x"}'])
def test_signed_but_unreadable(body: bytes) -> None:
    assert vodafone().callback(signed(body)).reference == ""


@pytest.mark.parametrize(
    "request_",
    [
        signed(BODY, stamp=NOW - 301),
        signed(BODY, stamp=NOW + 301),
        signed(BODY, secret="another secret"),
        signed(BODY, secret=""),
        signed(BODY, stamp=""),
        signed(BODY, stamp="1e9"),
        signed(BODY, stamp="9" * 30),
        signed(BODY, **{"x-signature": ""}),
        signed(BODY, **{"x-signature": "é"}),
        signed(BODY, **{"x-timestamp": str(NOW + 1)}),
        Request("POST", "/", {}, BODY),
        Request("POST", "/", signed(b"{}").headers, BODY),
    ],
)
def test_forged(request_: Request) -> None:
    with pytest.raises(Forged):
        vodafone().callback(request_)


@pytest.mark.parametrize("settings", [{"webhook_secret": ""}, {"api_key": ""}, {"api_url": "ftp://x"}, {"api_url": ""}])
def test_settings_that_cannot_be_right(settings: dict[str, str]) -> None:
    given = {"api_url": "https://x.example", "api_key": "key", "webhook_secret": SECRET}
    with pytest.raises(ValueError, match="validation error"):
        VodafoneConfig(**{**given, **settings})  # type: ignore[arg-type]
