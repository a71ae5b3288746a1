"""MTN MoMo collecting, on the wire: its specification, its statuses and reasons, its token, its unsigned callbacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import pytest

from bot.messages import Request
from bot.payments import Absent, Charge, NotAccepted, Paid, Pending, Reason, Refused, Unknown
from bot.payments._mtn_api import clean_note
from bot.payments.mtn import REASONS, Mtn, MtnConfig
from tests.loopback import Answer, Asked, Server, serving
from tests.payments.specification import SPECS, Specification

VECTORS = json.loads((SPECS / "conformance_payments.json").read_text())
SPEC = Specification("mtn_momo")
REFERENCE, DASHED = "9f0c2b7e4d3a4c1e8b2a5d6e7f8091a2", "9f0c2b7e-4d3a-4c1e-8b2a-5d6e7f8091a2"
CHARGE = Charge(
    REFERENCE, "233241234567", "mtn", 1250, "GHS", "Ama's dress & shirt", "https://x.example/webhooks/payment/mtn?ref=r"
)

PAID = '{"status":"SUCCESSFUL","currency":"GHS","amount":?}'


def momo(asked: Asked) -> Answer:
    if asked.path == "/collection/token/":
        return Answer(200, {"access_token": "T1", "token_type": "access_token", "expires_in": 3600})
    return Answer(202) if asked.method == "POST" else Answer(200, {"status": "PENDING"})


@pytest.fixture
def server() -> Iterator[Server]:
    """Whatever a test asked for, the specification knows it."""
    with serving(momo) as found:
        yield found
    for asked in found.asked:
        SPEC.check(asked)


def mtn(url: str, environment: str = "mtnghana", **tools: Any) -> Mtn:
    keys: dict[str, Any] = {"collection_key": "sub", "api_user": "user", "api_key": "key"}
    return Mtn(MtnConfig(api_url=url + "/", target_environment=environment, **keys), **tools)


def answering(server: Server, status: int, body: Any) -> Mtn:
    server.answer = lambda a: momo(a) if a.path.endswith("/token/") else Answer(status, body)
    return mtn(server.url)


def test_a_request_for_money_is_what_the_specification_wants(server: Server) -> None:
    mtn(server.url).collect(CHARGE)
    token, asked = server.asked
    body = json.loads(asked.body)
    assert asked.path == "/collection/v1_0/requesttopay"
    assert asked.headers["x-reference-id"] == DASHED
    assert asked.headers["x-callback-url"] == CHARGE.callback_url
    assert (asked.headers["ocp-apim-subscription-key"], asked.headers["authorization"]) == ("sub", "Bearer T1")
    assert (body["amount"], body["payerMessage"], body["externalId"]) == ("12.50", "Amas dress shirt", REFERENCE)
    assert (token.body, token.headers["authorization"]) == (b"", "Basic dXNlcjprZXk=")


@pytest.mark.parametrize(
    ("api", "environment", "url", "told"),
    [
        ("https://momo.example", "mtnghana", "https://x/a", True),
        ("https://momo.example", "mtnghana", "http://x/a", False),
        ("https://momo.example", "sandbox", "http://x/a", True),
        ("http://127.0.0.1:9000/mtn", "mtnghana", "http://x/a", True),
        ("http://127.0.0.1:9000/mtn", "sandbox", "", False),
    ],
)
def test_where_mtn_may_call_back(api: str, environment: str, url: str, told: bool) -> None:
    assert mtn(api, environment)._callback_url(url) == (url if told else "")


def test_empty_texts_and_addresses_are_left_out(server: Server) -> None:
    mtn(server.url).collect(Charge(REFERENCE, "233241234567", "mtn", 1, "EUR", "'", ""))
    assert "x-callback-url" not in server.asked[1].headers
    assert "payerMessage" not in json.loads(server.asked[1].body)


@pytest.mark.parametrize("amount", VECTORS["money"]["to_provider"])
def test_amounts(server: Server, amount: dict[str, Any]) -> None:
    mtn(server.url).collect(Charge(REFERENCE, "233241234567", "mtn", amount["pesewas"], "GHS", "x", ""))
    assert json.loads(server.asked[1].body)["amount"] == amount["mtn_momo_string"]


def test_notes() -> None:
    texts = VECTORS["references"]["mtn_text_fields"]
    assert clean_note(texts["example_in"]) == texts["example_out"]
    assert clean_note("Kofi’s kente\n– café, 50% <b>") == "Kofis kente cafe, 50 b"
    assert len(clean_note("ab " * 99)) <= texts["max_length"]


@pytest.mark.parametrize("row", VECTORS["mtn_momo"]["http_on_post"], ids=lambda row: str(row["code"]))
def test_what_http_says_to_a_request(server: Server, row: dict[str, Any]) -> None:
    answer = Answer(broken=True) if isinstance(row["code"], str) else Answer(row["code"])
    server.answer = lambda a: momo(a) if a.path.endswith("/token/") else answer
    heard = mtn(server.url).collect(CHARGE)
    wanted = {"pending": Pending, "this": Pending, "definitely_not_created": NotAccepted, "definitely_not_created,": NotAccepted}
    assert isinstance(heard, wanted.get(row["means"].split(" ")[0], Unknown))


@pytest.mark.parametrize("row", VECTORS["mtn_momo"]["http_on_get"], ids=lambda row: str(row["code"]))
def test_what_http_says_to_a_question(server: Server, row: dict[str, Any]) -> None:
    for status in (500, 503) if row["code"] == "5xx" else (row["code"],):
        heard = answering(server, status, {"status": "PENDING"}).query(REFERENCE)
        assert isinstance(heard, {200: Pending, 404: Absent}.get(status, Unknown))


@pytest.mark.parametrize("vector", VECTORS["references"]["vectors"], ids=lambda v: v.get("why", "version 4"))
def test_references(server: Server, vector: dict[str, Any]) -> None:
    mtn(server.url).query(vector["hex"])
    assert server.asked.pop().path.endswith("/" + vector["mtn"])


def test_a_duplicate_is_as_good_as_accepted(server: Server) -> None:
    assert answering(server, 409, {"code": "RESOURCE_ALREADY_EXIST"}).collect(CHARGE) == Pending()


@pytest.mark.parametrize("vector", VECTORS["mtn_momo"]["status_body_vectors"])
def test_status_bodies(server: Server, vector: dict[str, Any]) -> None:
    raw, expect = json.loads(vector["raw"]), vector["expect"]
    answer = answering(server, 200, vector["raw"].encode()).query(REFERENCE)
    assert server.asked[1].path == f"/collection/v1_0/requesttopay/{DASHED}"
    if expect["state"] == "pending":
        assert answer == Pending()
    elif expect["state"] == "failed":
        assert isinstance(answer, Refused)
        assert answer.code == expect["reason"]
    else:  # a mismatch is told as it is: comparing is the caller's
        assert isinstance(answer, Paid)
        assert answer.amount == expect.get("pesewas", expect.get("suspense_credit", 500))
        assert (answer.reference, answer.currency) == (REFERENCE, raw["currency"])
        assert answer.provider_id == str(raw.get("financialTransactionId", ""))


@pytest.mark.parametrize("amount", VECTORS["money"]["from_provider"][:3])
def test_amounts_from_mtn(server: Server, amount: dict[str, Any]) -> None:
    body = PAID.replace("?", amount["raw"])
    answer = answering(server, 200, body.encode()).query(REFERENCE)
    assert isinstance(answer, Paid)
    assert answer.amount == amount["pesewas"]


@pytest.mark.parametrize(
    "amount", ['"12.505"', "12.505", "-1", '"1,000"', "null", "1e3", "true", "[]", "NaN", '"' + "9" * 50 + '"', "9" * 5000]
)
def test_paid_but_unreadable_is_unknown(server: Server, amount: str) -> None:
    body = PAID.replace("?", amount)
    assert isinstance(answering(server, 200, body.encode()).query(REFERENCE), Unknown)


@pytest.mark.parametrize("code", [*VECTORS["mtn_momo"]["reasons"], "SOMETHING_NEW", "", None, 7, {}])
def test_reasons(server: Server, code: Any) -> None:
    for reason in (code, {"code": code, "message": "x"}):
        answer = answering(server, 200, {"status": "FAILED", "reason": reason}).query(REFERENCE)
        assert isinstance(answer, Refused)
        assert answer.reason in get_args(Reason)
        ours = VECTORS["mtn_momo"]["reasons"].get(code if isinstance(code, str) else "", {}).get("class") == "our_configuration"
        assert (answer.reason == "our_fault") is ours


def test_every_known_reason_stands_in_the_table() -> None:
    assert REASONS.keys() == VECTORS["mtn_momo"]["reasons"].keys()


@pytest.mark.parametrize("status", [*VECTORS["mtn_momo"]["nonfinal_statuses"], "CANCELLED", "TIMEOUT", "pending"])
def test_other_statuses_are_not_final(server: Server, status: str) -> None:
    assert answering(server, 200, {"status": status, "amount": "1", "currency": "GHS"}).query(REFERENCE) == Pending()


def tokens(server: Server) -> int:
    return server.paths().count("POST /collection/token/")


def test_one_token_for_many_threads(server: Server) -> None:
    provider = mtn(server.url)
    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(lambda _: provider.query(REFERENCE), range(40))) == {Pending()}
    assert tokens(server) == 1


def test_a_token_is_renewed_before_it_ends(server: Server) -> None:
    now = [1000.0]
    provider = mtn(server.url, monotonic=lambda: now[0])
    for step, expected in ((0, 1), (3500, 1), (20, 2), (3400, 2)):
        now[0] += step
        provider.query(REFERENCE)
        assert tokens(server) == expected


def test_a_refused_token_is_renewed_once_with_the_same_reference(server: Server) -> None:
    served = iter(["old", "new"])
    server.answer = lambda a: (
        Answer(200, {"access_token": next(served), "expires_in": "3600"})
        if a.path.endswith("/token/")
        else Answer(202 if a.headers["authorization"] == "Bearer new" else 401)
    )
    assert mtn(server.url).collect(CHARGE) == Pending()
    assert {a.headers["x-reference-id"] for a in server.asked if "requesttopay" in a.path} == {DASHED}


def test_keys_that_are_wrong_for_good(server: Server) -> None:
    provider = answering(server, 401, b"")
    assert provider.collect(CHARGE) == NotAccepted("HTTP 401", ours=True)
    assert (len(server.asked), tokens(server)) == (4, 2)


@pytest.mark.parametrize(
    ("answer", "ours"),
    [
        (Answer(401), True),
        (Answer(500), False),
        (Answer(200, b"<html>"), False),
        (Answer(200, {"access_token": ""}), False),
        (Answer(broken=True), False),
    ],
)
def test_without_a_token_nothing_is_asked_for(server: Server, answer: Answer, ours: bool) -> None:
    server.answer = lambda a: answer
    refused = mtn(server.url).collect(CHARGE)
    assert isinstance(refused, NotAccepted)
    assert refused.ours is ours
    assert isinstance(mtn(server.url).query(REFERENCE), Unknown)
    assert set(server.paths()) == {"POST /collection/token/"}


@pytest.mark.parametrize(
    ("path", "body", "reference"),
    [
        (f"/w?ref={REFERENCE}&k=t", b"", REFERENCE),
        (f"/w?ref={REFERENCE}", b'{"externalId": "other", "status": "SUCCESSFUL"}', REFERENCE),
        ("/w", json.dumps({"externalId": REFERENCE}).encode(), REFERENCE),
        ("/w?ref=", json.dumps({"externalId": DASHED.upper()}).encode(), REFERENCE),
        ("/w?ref=../../x", b'{"externalId": 7}', ""),
        ("/w", b"\xff\xfe", ""),
        ("//[", b"[]", ""),
    ],
)
def test_a_callback_is_only_a_hint(path: str, body: bytes, reference: str) -> None:
    for method in ("POST", "PUT"):
        assert mtn("https://x.example").callback(Request(method, path, {}, body)).reference == reference
