"""MTN MoMo sending and giving back: its own keys and token, what its reasons mean now, names, balance and statement."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.payments import Absent, Charge, GiveBack, Line, NotAccepted, Paid, Pending, Reason, Refused, Transfer, Unknown
from bot.payments.mtn import REASONS, REASONS_OUT, Mtn, MtnConfig
from tests.loopback import Answer, Asked, Server, serving
from tests.payments.specification import SPECS, Specification

VECTORS = json.loads((SPECS / "conformance_payments.json").read_text())["mtn_momo"]
SPEC = Specification("mtn_momo")
REFERENCE, DASHED = "0a1b2c3d4e5f4a1b8c2d3e4f5a6b7c8d", "0a1b2c3d-4e5f-4a1b-8c2d-3e4f5a6b7c8d"
PAID, PAID_DASHED = "9f0c2b7e4d3a4c1e8b2a5d6e7f8091a2", "9f0c2b7e-4d3a-4c1e-8b2a-5d6e7f8091a2"
BACK = "https://x.example/webhooks/payment/mtn?ref=r"
TRANSFER = Transfer(REFERENCE, "233241234567", "mtn", 45_000, "GHS", "Kofi's week", "Kofi Mensah", BACK)
REFUND = GiveBack(REFERENCE, PAID, "23503452", 999, "GHS", "order SW-2601-ABCDE", BACK)


def momo(asked: Asked) -> Answer:
    if asked.path.endswith("/token/"):
        return Answer(200, {"access_token": f"for {asked.path.split('/')[1]}", "token_type": "access_token", "expires_in": 3600})
    return Answer(202) if asked.method == "POST" else Answer(200, {"status": "PENDING"})


@pytest.fixture
def server() -> Iterator[Server]:
    """Whatever a test asked for, the specification knows it."""
    with serving(momo) as found:
        yield found
    for asked in found.asked:
        SPEC.check(asked)


def mtn(url: str = "https://x.example", **given: str) -> Mtn:
    keys: dict[str, Any] = {"collection_key": "in", "api_user": "in-user", "api_key": "in-key"}
    out = {"disbursement_key": "out", "disbursement_user": "out-user", "disbursement_api_key": "out-key"}
    return Mtn(MtnConfig(api_url=url, **(keys | out | given)))


def collecting_only(url: str = "https://x.example") -> Mtn:
    return mtn(url, disbursement_key="", disbursement_user="", disbursement_api_key="")


def answering(server: Server, status: int, body: Any = b"") -> Mtn:
    server.answer = lambda a: momo(a) if a.path.endswith("/token/") else Answer(status, body)
    return mtn(server.url)


def test_a_transfer(server: Server) -> None:
    assert mtn(server.url).send(TRANSFER) == Pending()
    asked = server.asked[-1]
    assert (asked.path, asked.headers["x-reference-id"], asked.headers["x-callback-url"]) == ("/disbursement/v1_0/transfer", DASHED, BACK)
    assert json.loads(asked.body) == {
        "amount": "450.00",
        "currency": "GHS",
        "externalId": REFERENCE,
        "payee": {"partyIdType": "MSISDN", "partyId": "233241234567"},
        "payerMessage": "Kofis week",
        "payeeNote": "Kofis week",
    }


def test_a_refund_names_the_payment_and_no_number(server: Server) -> None:
    assert mtn(server.url).give_back(REFUND) == Pending()
    asked = server.asked[-1]
    assert (asked.path, asked.headers["x-reference-id"]) == ("/disbursement/v2_0/refund", DASHED)
    body = json.loads(asked.body)
    assert (body["amount"], body["referenceIdToRefund"], body["externalId"]) == ("9.99", PAID_DASHED, REFERENCE)
    assert b"2332" not in asked.body


def test_status_is_always_asked_of_version_one(server: Server) -> None:
    provider = answering(server, 200, {"status": "SUCCESSFUL", "amount": "9.99", "currency": "GHS", "financialTransactionId": 77})
    assert provider.given_back(REFUND) == Paid(REFERENCE, 999, "GHS", "77")
    assert provider.sent(REFERENCE) == Paid(REFERENCE, 999, "GHS", "77")
    assert [a.path for a in server.asked if a.method == "GET"] == [f"/disbursement/v1_0/refund/{DASHED}", f"/disbursement/v1_0/transfer/{DASHED}"]


def test_each_product_has_its_own_keys_and_token(server: Server) -> None:
    provider = mtn(server.url)
    for _ in range(2):
        provider.collect(Charge(PAID, "233241234567", "mtn", 100, "GHS", "", ""))
        provider.send(TRANSFER)
    said = [(a.path, a.headers["ocp-apim-subscription-key"], a.headers["authorization"]) for a in server.asked]
    assert said[:4] == [
        ("/collection/token/", "in", "Basic aW4tdXNlcjppbi1rZXk="),
        ("/collection/v1_0/requesttopay", "in", "Bearer for collection"),
        ("/disbursement/token/", "out", "Basic b3V0LXVzZXI6b3V0LWtleQ=="),
        ("/disbursement/v1_0/transfer", "out", "Bearer for disbursement"),
    ]
    assert len(said) == 6  # no second token


def test_a_duplicate_is_as_good_as_accepted(server: Server) -> None:
    provider = answering(server, 409, {"code": "RESOURCE_ALREADY_EXIST"})
    assert (provider.send(TRANSFER), provider.give_back(REFUND)) == (Pending(), Pending())


def test_a_provider_that_only_collects(server: Server) -> None:
    provider = collecting_only(server.url)
    for answer in (provider.send(TRANSFER), provider.give_back(REFUND)):
        assert isinstance(answer, NotAccepted)
        assert answer.ours
    assert isinstance(provider.sent(REFERENCE), Unknown)
    assert isinstance(provider.given_back(REFUND), Unknown)
    assert provider.balance() is None
    assert server.asked == []


@pytest.mark.parametrize("missing", ["disbursement_key", "disbursement_user", "disbursement_api_key"])
def test_half_a_set_of_keys_is_a_mistake(missing: str) -> None:
    with pytest.raises(ValueError, match="all or none"):
        mtn(**{missing: ""})


def test_the_reasons_when_we_send(server: Server) -> None:
    assert REASONS_OUT.keys() == REASONS.keys() == VECTORS["reasons"].keys()
    wanted = {
        "NOT_ENOUGH_FUNDS": "float_empty",
        "PAYEE_NOT_FOUND": "not_registered",
        "PAYEE_NOT_ALLOWED_TO_RECEIVE": "wallet_limit",
        "PAYER_NOT_FOUND": "our_fault",
        "SERVICE_UNAVAILABLE": "provider_down",
        "INTERNAL_PROCESSING_ERROR": "unclear",
        "SOMETHING_NEW": "unclear",
    }
    for code, reason in wanted.items():
        provider = answering(server, 200, {"status": "FAILED", "reason": {"code": code}})
        assert provider.sent(REFERENCE) == provider.given_back(REFUND) == Refused(reason, code)  # type: ignore[arg-type]
    assert set(REASONS_OUT.values()) <= set(get_args(Reason))


@pytest.mark.parametrize("row", VECTORS["http_on_post"], ids=lambda row: str(row["code"]))
def test_what_http_says_to_a_request(server: Server, row: dict[str, Any]) -> None:
    answer = Answer(broken=True) if isinstance(row["code"], str) else Answer(row["code"])
    server.answer = lambda a: momo(a) if a.path.endswith("/token/") else answer
    wanted = {"pending": Pending, "this": Pending, "definitely_not_created": NotAccepted, "definitely_not_created,": NotAccepted}
    for heard in (mtn(server.url).send(TRANSFER), mtn(server.url).give_back(REFUND)):
        assert isinstance(heard, wanted.get(row["means"].split(" ")[0], Unknown))


@pytest.mark.parametrize("vector", VECTORS["status_body_vectors"])
def test_status_bodies(server: Server, vector: dict[str, Any]) -> None:
    answer = answering(server, 200, vector["raw"].encode()).sent(REFERENCE)
    wanted = {"pending": Pending, "failed": Refused, "succeeded": Paid, "mismatch": Paid}  # a mismatch is told: comparing is the caller's
    assert isinstance(answer, wanted[vector["expect"]["state"]])


def test_unknown_references(server: Server) -> None:
    provider = answering(server, 404, {"code": "RESOURCE_NOT_FOUND"})
    assert (provider.sent(REFERENCE), provider.given_back(REFUND)) == (Absent(), Absent())


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (200, {"name": "Kofi Mensah"}, "Kofi Mensah"),
        (200, {"given_name": "Kofi", "family_name": "Mensah"}, "Kofi Mensah"),
        (200, {"given_name": "Kofi"}, "Kofi"),
        (200, {"name": ["Kofi"]}, None),
        (200, b"<html>", None),
        (404, {"code": "RESOURCE_NOT_FOUND"}, ""),
        (401, b"", None),
        (500, {"code": "NOT_ALLOWED"}, None),
    ],
)
def test_names(server: Server, status: int, body: Any, name: str | None) -> None:
    assert answering(server, status, body).holder("233241234567", "mtn") == name
    assert server.asked[1].path == "/disbursement/v1_0/accountholder/msisdn/233241234567/basicuserinfo"


def test_names_by_the_product_there_is_and_of_its_own_network_only(server: Server) -> None:
    server.answer = lambda a: momo(a) if a.path.endswith("/token/") else Answer(200, {"name": "Ama"})
    assert collecting_only(server.url).holder("233241234567", "mtn") == "Ama"
    assert server.asked[-1].path.startswith("/collection/")
    assert mtn(server.url).holder("233201234567", "telecel") is None


@pytest.mark.parametrize(
    ("status", "body", "pesewas"),
    [
        (200, b'{"availableBalance": "1000.5", "currency": "GHS"}', 100_050),
        (200, b'{"availableBalance": 1000.10, "currency": "GHS"}', 100_010),
        (200, b'{"availableBalance": "1000", "currency": "EUR"}', None),
        (200, b'{"availableBalance": "-1", "currency": "GHS"}', None),
        (200, b'{"availableBalance": "0.001", "currency": "GHS"}', None),
        (200, b"[]", None),
        (500, b'{"availableBalance": "1000", "currency": "GHS"}', None),
    ],
)
def test_the_balance(server: Server, status: int, body: bytes, pesewas: int | None) -> None:
    assert answering(server, status, body).balance() == pesewas


HEADING = "kind,provider_id,reference,amount,currency,fee,at,msisdn"
ROW = f"sent,23503452,{DASHED},450.00,GHS,1.00,2026-01-05T10:00:00Z,+233 24 123 4567"
LINE = Line("sent", "23503452", REFERENCE, 45_000, "GHS", 100, datetime(2026, 1, 5, 10, tzinfo=UTC), "233241234567")


def test_a_statement() -> None:
    (line,) = mtn().read_statement(f"{HEADING}\r\n{ROW}\r\n\r\n")
    assert line == LINE


def test_columns_in_another_order_and_more_of_them() -> None:
    text = '\ufeff At ;Amount; currency;KIND;provider_id;Remark\n2026-01-05 10:00;12.5;GHS;collected;7;"a; b"\n2026-01-05T11:00+01:00;1;GHS;fee;8;\n'
    first, second = mtn().read_statement(text)
    assert first == Line("collected", "7", "", 1250, "GHS", 0, datetime(2026, 1, 5, 10, tzinfo=UTC))
    assert second == replace(first, kind="fee", provider_id="8", amount=100)


def test_a_line_twice_is_told_twice() -> None:
    assert list(mtn().read_statement(f"{HEADING}\n{ROW}\n{ROW}\n")) == [LINE, LINE]


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ("450.00", "450,00"), ("450.00", "4.5e2"), ("450.00", "450.001"), ("450.00", "-450.00"), ("450.00", "0"), ("450.00", ""),
        ("450.00", "GHS 450"),
        ("1.00", "1.001"), ("1.00", "free"), ("GHS", ""), ("GHS", "cedi"), ("sent", "gone"), ("23503452", " "), ("2026-01-05T10:00:00Z", "5/1/2026"),
        ("2026-01-05T10:00:00Z", ""), ("2026-01-05T10:00:00Z", "9999-12-31T23:59:59-23:00"), (",GHS,1.00,2026-01-05T10:00:00Z,+233 24 123 4567", ""),
        ("sent", '"sent'), ("450.00", "9" * 30),
    ],
)  # fmt: skip
def test_a_line_that_is_not_right_is_named(was: str, is_now: str) -> None:
    with pytest.raises(ValueError, match=r"^line 3: ") as error:
        mtn().read_statement(f"{HEADING}\n{ROW}\n{ROW.replace(was, is_now)}\n")
    assert "241234567" not in str(error.value)


@pytest.mark.parametrize("text", ["", "\n", "kind,amount\n", "<html>", HEADING.replace("amount", "sum") + "\n" + ROW])
def test_no_statement_at_all(text: str) -> None:
    with pytest.raises(ValueError, match=r"^line 1: there is no column"):
        mtn().read_statement(text)


@given(st.text(max_size=200), st.booleans())
def test_rubble_is_refused_or_read(text: str, headed: bool) -> None:
    try:
        lines = list(mtn().read_statement(f"{HEADING}\n{text}" if headed else text))
    except ValueError as error:
        assert str(error).startswith("line ")
    else:
        assert not lines or all(line.amount > 0 for line in lines)
