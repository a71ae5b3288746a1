"""Paystack collecting, on the wire: its specification, statuses, vouchers, keys, and its signed callbacks."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.messages import Request
from bot.payments import Absent, Charge, Forged, Needs, NotAccepted, Paid, Pending, Refused, Reversed, Unknown
from bot.payments._paystack_api import BANKS, PROVIDERS, minor
from bot.payments.paystack import REAL_URL, Paystack, PaystackConfig
from tests.loopback import Answer, Server, closed_port, serving
from tests.payments.specification import SPECS, Specification

VECTORS = json.loads((Path(__file__).parents[1] / "payloads" / "paystack" / "vectors.json").read_text())
MONEY = json.loads((SPECS / "conformance_payments.json").read_text())["money"]
SPEC = Specification("paystack")
REFERENCE = "9f0c2b7e4d3a4c1e8b2a5d6e7f8091a2"
KEY = VECTORS["webhook_secret_for_vectors"]
CHARGE = Charge(REFERENCE, "233551234987", "mtn", 1250, "GHS", "Ama's dress & shirt", "https://x.example/webhooks/payment/paystack")
SUCCESS = {"id": 9001, "domain": "test", "status": "success", "reference": REFERENCE, "amount": 1250, "currency": "GHS"}


def said(data: Any, message: str = "Charge attempted") -> dict[str, Any]:
    return {"status": True, "message": message, "data": data}


def error(code: str, message: str = "no", kind: str = "validation_error") -> dict[str, Any]:
    return {"status": False, "message": message, "meta": {"nextStep": "try again"}, "type": kind, "code": code}


@pytest.fixture
def server() -> Iterator[Server]:
    """Whatever a test asked for, the specification knows it."""
    with serving(lambda a: Answer(200, said({"status": "pay_offline", "reference": REFERENCE}))) as found:
        yield found
    for asked in found.asked:
        SPEC.check(asked)


def paystack(url: str = "https://x.example", **given: Any) -> Paystack:
    return Paystack(PaystackConfig(**{"secret_key": KEY, "api_url": url, "email_domain": "pay.sew4mi.example", **given}))


def answering(server: Server, charge: Answer, verify: Answer | None = None) -> Paystack:
    """`charge` is said to every request, `verify` to every question."""
    server.answer = lambda a: charge if a.method == "POST" else (verify or Answer(500))
    return paystack(server.url)


def test_a_charge(server: Server) -> None:
    assert paystack(server.url).collect(CHARGE) == Pending()
    (asked,) = server.asked
    body = json.loads(asked.body)
    email = body.pop("email")
    assert (asked.path, asked.headers["authorization"]) == ("/charge", f"Bearer {KEY}")
    assert body == {
        "amount": 1250,
        "currency": "GHS",
        "reference": REFERENCE,
        "mobile_money": {"phone": "0551234987", "provider": "mtn"},
    }
    assert email.endswith("@pay.sew4mi.example")
    assert "551234987" not in email


def test_one_address_for_one_wallet(server: Server) -> None:
    provider = paystack(server.url)
    for number in ("233551234987", "233551234987", "233201234567"):
        provider.collect(Charge(REFERENCE, number, "telecel", 100, "GHS", "", ""))
    first, again, other = (json.loads(a.body)["email"] for a in server.asked)
    assert first == again != other


def test_networks(server: Server) -> None:
    assert VECTORS["providers_ghana"] == PROVIDERS
    assert BANKS["mtn"] == VECTORS["recipient_bank_code"]["mtn"]
    assert set(paystack().networks) == set(PROVIDERS)
    assert paystack().window_s == VECTORS["customer_window_seconds"]
    for network, name in PROVIDERS.items():
        paystack(server.url).collect(Charge(REFERENCE, "233201234567", network, 100, "GHS", "", ""))
        assert json.loads(server.asked[-1].body)["mobile_money"]["provider"] == name
    assert isinstance(paystack(server.url).collect(Charge(REFERENCE, "1", "expresso", 100, "GHS", "", "")), NotAccepted)


@pytest.mark.parametrize("amount", MONEY["to_provider"])
def test_amounts_to_paystack(server: Server, amount: dict[str, Any]) -> None:
    paystack(server.url).collect(Charge(REFERENCE, "233551234987", "mtn", amount["pesewas"], "GHS", "", ""))
    assert f'"amount":{amount["paystack_integer"]},'.encode() in server.asked[0].body


@pytest.mark.parametrize("amount", [a for a in MONEY["from_provider"] if a["provider"] == "paystack"])
def test_amounts_from_paystack(amount: dict[str, Any]) -> None:
    assert minor(json.loads(amount["raw"])) == amount["pesewas"]


@pytest.mark.parametrize("amount", ["", "-1", -1, "12.5", 12.5, "1e3", " 1", "1_0", "١٢", True, None, [], "9" * 14, 10**13])
def test_what_is_no_amount(amount: Any) -> None:
    assert minor(amount) is None


STATES = {"succeeded": Paid, "failed": Refused, "expired": Refused, "reversed": Reversed, "pending": Pending, "unknown": Unknown}


@pytest.mark.parametrize("status", [s for s in VECTORS["charge_status"] if not s.startswith("send_") or s == "send_otp"])
def test_statuses(server: Server, status: str) -> None:
    wanted: type = STATES.get(VECTORS["charge_status"][status], Needs)
    answer = answering(server, Answer(500), Answer(200, said({**SUCCESS, "status": status}))).query(REFERENCE)
    assert isinstance(answer, wanted)
    assert server.asked[0].path == f"/transaction/verify/{REFERENCE}"


@pytest.mark.parametrize("status", ["send_pin", "send_phone", "send_birthday", "SOMETHING_NEW"])
def test_what_a_wallet_is_never_asked_for_is_not_final(server: Server, status: str, caplog: pytest.LogCaptureFixture) -> None:
    assert answering(server, Answer(500), Answer(200, said({**SUCCESS, "status": status}))).query(REFERENCE) == Pending()
    assert status.lower() in caplog.text


def test_paid(server: Server) -> None:
    assert answering(server, Answer(500), Answer(200, said(SUCCESS))).query(REFERENCE) == Paid(REFERENCE, 1250, "GHS", "9001")


@pytest.mark.parametrize(
    "wrong",
    [{"reference": "0" * 32}, {"reference": None}, {"domain": "live"}, {"domain": None}, {"amount": "12.50"}, {"amount": None}, {"currency": ""}],
)
def test_paid_but_not_clearly_this_is_unknown(server: Server, wrong: dict[str, Any]) -> None:
    assert isinstance(answering(server, Answer(500), Answer(200, said({**SUCCESS, **wrong}))).query(REFERENCE), Unknown)


@pytest.mark.parametrize("status", ["failed", "abandoned", "reversed", "pending", "send_otp"])
def test_an_answer_about_something_else_says_nothing(server: Server, status: str) -> None:
    answer = answering(server, Answer(500), Answer(200, said({**SUCCESS, "status": status, "reference": "0" * 32}))).query(REFERENCE)
    assert isinstance(answer, Unknown)


def test_a_mismatch_is_told_as_it_is(server: Server) -> None:
    provider = answering(server, Answer(500), Answer(200, said({**SUCCESS, "amount": 1249, "currency": "NGN"})))
    assert provider.query(REFERENCE) == Paid(REFERENCE, 1249, "NGN", "9001")


@pytest.mark.parametrize(
    ("explained", "reason"),
    [
        ("Insufficient Funds", "no_funds"),
        ("LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED", "no_funds"),
        ("Declined", "declined"),
        ("Transaction timed out", "too_late"),
        ("Number not registered", "not_registered"),
        ("Daily limit exceeded", "wallet_limit"),
        ("Something else", "unclear"),
        (None, "unclear"),
    ],
)
def test_reasons(server: Server, explained: str | None, reason: str) -> None:
    answer = answering(server, Answer(500), Answer(200, said({**SUCCESS, "status": "failed", "gateway_response": explained}))).query(REFERENCE)
    assert isinstance(answer, Refused)
    assert answer.reason == reason


@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        (404, error("transaction_not_found"), Absent),
        (400, error("transaction_not_found"), Absent),
        (400, error("", "Transaction reference not found."), Absent),
        (404, b"<html>not found</html>", Unknown),
        (404, {"message": "no route"}, Unknown),
        (400, {"status": False, "message": "Invalid key"}, Unknown),
        (200, error("transaction_not_found"), Unknown),
    ],
)
def test_only_paystack_itself_can_say_that_there_is_none(server: Server, status: int, body: Any, wanted: type) -> None:
    assert isinstance(answering(server, Answer(500), Answer(status, body)).query(REFERENCE), wanted)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ({"status": "pay_offline", "display_text": "Please complete", "reference": REFERENCE}, Pending()),
        ({"status": "pending"}, Pending()),
        ({"status": "send_otp", "display_text": "dial *110#", "reference": REFERENCE}, Needs("voucher")),
    ],
)
def test_how_a_charge_begins(server: Server, data: dict[str, Any], wanted: Any) -> None:
    assert answering(server, Answer(200, said(data))).collect(CHARGE) == wanted
    assert len(server.asked) == 1


def test_success_at_once_is_looked_up_before_it_is_believed(server: Server) -> None:
    assert answering(server, Answer(200, said(SUCCESS)), Answer(200, said(SUCCESS))).collect(CHARGE) == Paid(REFERENCE, 1250, "GHS", "9001")
    assert server.paths() == ["POST /charge", f"GET /transaction/verify/{REFERENCE}"]
    lied = answering(server, Answer(200, said(SUCCESS)), Answer(404, error("transaction_not_found")))
    assert isinstance(lied.collect(CHARGE), Unknown)


def test_a_repeated_reference_charges_nothing(server: Server) -> None:
    known = VECTORS["duplicate_reference"]["charge"]
    twice = Answer(known["http"], error(known["code"], "Duplicate Transaction Reference"))
    assert answering(server, twice, Answer(200, said({**SUCCESS, "status": "ongoing"}))).collect(CHARGE) == Pending()
    assert isinstance(answering(server, twice, Answer(500)).collect(CHARGE), Unknown)
    assert isinstance(answering(server, twice, Answer(404, error(""))).collect(CHARGE), Unknown)


def test_a_network_that_refused_was_asked(server: Server) -> None:
    refused = Answer(400, error("", "Charge attempted", "processor_error") | {"data": {"status": "failed"}})
    provider = answering(server, refused, Answer(200, said({**SUCCESS, "status": "failed", "gateway_response": "declined"})))
    assert provider.collect(CHARGE) == Refused("declined", "declined")
    plain = answering(server, Answer(400, error("invalid_params")))
    assert plain.collect(CHARGE) == NotAccepted("HTTP 400", ours=True)


@pytest.mark.parametrize(
    ("answer", "verify", "wanted"),
    [
        (Answer(200, said({"status": "pending", "reference": REFERENCE})), None, Pending()),
        (Answer(200, said({"status": "send_otp", "reference": REFERENCE})), None, Needs()),
        (Answer(200, said(SUCCESS)), Answer(200, said(SUCCESS)), Paid(REFERENCE, 1250, "GHS", "9001")),
        (Answer(400, error("invalid_otp")), Answer(200, said({**SUCCESS, "status": "pending"})), Needs()),
        (Answer(400, error("x")), Answer(200, said({**SUCCESS, "status": "abandoned"})), Refused("too_late", "abandoned")),
        (Answer(400, error("x")), Answer(500), Unknown("HTTP 500")),
        (Answer(422, error("x")), None, Needs()),
        (Answer(429), None, Needs()),
        (Answer(500), None, Unknown("HTTP 500")),
    ],
)
def test_a_voucher(server: Server, answer: Answer, verify: Answer | None, wanted: Any) -> None:
    assert answering(server, answer, verify).voucher(REFERENCE, " 483920 ") == wanted
    assert (server.asked[0].path, json.loads(server.asked[0].body)) == ("/charge/submit_otp", {"otp": "483920", "reference": REFERENCE})


def test_a_voucher_that_cannot_be_handed_in_is_told_to_nobody(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    assert paystack(closed_port()).voucher(REFERENCE, "483920") == Needs()
    assert isinstance(answering(server, Answer(broken=True)).voucher(REFERENCE, "483920"), Unknown)
    assert "483920" not in caplog.text


# -- callbacks


def request(body: str | bytes, signature: str) -> Request:
    raw = body.encode() if isinstance(body, str) else body
    return Request("POST", "/webhooks/payment/paystack", {"x-paystack-signature": signature}, raw)


def sign(body: bytes, key: str = KEY) -> str:
    return hmac.new(key.encode(), body, hashlib.sha512).hexdigest()


@pytest.mark.parametrize("vector", VECTORS["webhook_vectors"], ids=lambda v: v["name"])
def test_signed_callbacks(vector: dict[str, Any]) -> None:
    asked = request(vector["raw_body"], vector["x-paystack-signature"])
    if not vector["expect"]["accepted"]:
        with pytest.raises(Forged):
            paystack().callback(asked)
        return
    data = json.loads(vector["raw_body"])["data"]
    assert paystack().callback(asked).reference == data.get("reference", data.get("transaction_reference", ""))


def test_there_are_sixteen_vectors() -> None:
    assert len(VECTORS["webhook_vectors"]) == 16


def test_two_keys_while_they_are_being_changed() -> None:
    body = json.dumps({"event": "charge.success", "data": {"reference": REFERENCE}}).encode()
    changing = paystack(secret_key="sk_test_new", secret_key_before=KEY)
    for key in ("sk_test_new", KEY):
        assert changing.callback(request(body, sign(body, key))).reference == REFERENCE
    for key in ("sk_test_other", ""):
        with pytest.raises(Forged):
            changing.callback(request(body, sign(body, key)))
    with pytest.raises(Forged):
        paystack(secret_key="sk_test_new").callback(request(body, sign(body, KEY)))
    with pytest.raises(Forged):
        paystack().callback(Request("POST", "/", {}, body))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"\xff", b'{"event": 7, "data": {}}', b'{"event": "charge.success", "data": []}', b'{"event": "charge.success"}']
    + [json.dumps({"event": event, "data": {"reference": REFERENCE}}).encode() for event in ("refund.processed", "invoice.create", "")],
)
def test_signed_but_about_none_of_ours(body: bytes) -> None:
    assert paystack().callback(request(body, sign(body))).reference == ""


# -- settings

LIVE = "sk_live_" + "a" * 24


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"secret_key": LIVE, "api_url": "http://127.0.0.1:9000/paystack"}, "live key"),
        ({"secret_key": LIVE, "api_url": "http://api.paystack.co"}, "live key"),
        ({"secret_key": LIVE, "api_url": "https://api.paystack.co.example"}, "live key"),
        ({"secret_key": LIVE, "api_url": REAL_URL, "secret_key_before": KEY}, "do not go together"),
        ({"secret_key": "pk_live_x"}, "string_pattern_mismatch"),
        ({"secret_key": ""}, "string_pattern_mismatch"),
        ({"secret_key": "sk_test_a b"}, "string_pattern_mismatch"),
        ({"email_domain": "nowhere"}, "string_pattern_mismatch"),
        ({"api_url": "ftp://x"}, "string_pattern_mismatch"),
    ],
)
def test_settings_that_cannot_be_right(given: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match="validation error") as wrong:
        paystack(**given)
    assert why in str(wrong.value)


def test_which_keys_are_real() -> None:
    assert paystack().is_test
    assert paystack(REAL_URL).config.is_test
    live = paystack(REAL_URL + "/", secret_key=LIVE, secret_key_before="sk_live_before")
    assert not live.is_test
    assert LIVE not in repr(live.config)
