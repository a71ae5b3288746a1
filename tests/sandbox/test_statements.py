"""What the providers say they did: a day's statement, and the ways in which it can be wrong."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import AMA, PAYSTACK_KEY, collected, fault, truth, until

COLUMNS = ["kind", "provider_id", "reference", "amount", "currency", "fee", "at", "msisdn"]
PAYSTACK = {"Authorization": f"Bearer {PAYSTACK_KEY}"}


def statement(world: httpx.Client, provider: str = "mtn", day: str = "") -> list[dict[str, str]]:
    answer = world.get(f"/sandbox/statement/{provider}", params={"day": day} if day else {})
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/csv")
    reader = csv.DictReader(io.StringIO(answer.text))
    assert reader.fieldnames == COLUMNS
    return list(reader)


def amounts(rows: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(row["kind"], row["amount"]) for row in rows]


@pytest.fixture
def payment(world: httpx.Client) -> Iterator[str]:
    yield collected(world, "80.5")


def send_back(world: httpx.Client, of: str, amount: str) -> str:
    keys = {"Ocp-Apim-Subscription-Key": "out-sub"}
    token = world.post("/mtn/disbursement/token/", auth=("out-user", "out-key"), headers=keys).json()["access_token"]
    reference = str(uuid.uuid4())
    headers = keys | {"Authorization": f"Bearer {token}", "X-Target-Environment": "mtnghana", "X-Reference-Id": reference}
    body = {"amount": amount, "currency": "GHS", "referenceIdToRefund": of}
    assert world.post("/mtn/disbursement/v2_0/refund", json=body, headers=headers).status_code == 202
    until(lambda: truth(world)["entries"][-1]["kind"] == "given_back")
    return reference


def test_a_day_on_paper(world: httpx.Client, payment: str) -> None:
    back = send_back(world, payment, "10")
    first, second = statement(world)
    entry = truth(world)["entries"][0]
    assert first == {
        "kind": "collected", "provider_id": entry["provider_id"], "reference": payment, "amount": "80.50", "currency": "GHS", "fee": "0.00",
        "at": entry["at"], "msisdn": AMA[1:],
    }  # fmt: skip
    assert (second["kind"], second["reference"], second["amount"]) == ("given_back", back, "10.00")
    assert statement(world, "vodafone") == []
    world.post("/sandbox/clock", json={"move_s": 86_400})
    assert statement(world) == [] and len(statement(world, day=entry["at"][:10])) == 2
    assert world.get("/sandbox/statement/mtn", params={"day": "5 January"}).status_code == 400
    assert world.get("/sandbox/statement/hubtel").status_code == 404


@pytest.mark.parametrize(
    ("trouble", "shown"),
    [
        ({"statement.missing": 1}, []),
        ({"statement.doubled": 1}, [("collected", "80.50"), ("collected", "80.50")]),
        ({"statement.altered": 1}, [("collected", "81.50")]),
        ({"statement.altered": {"value": -50}}, [("collected", "80.00")]),
        ({"statement.missing": {"match": "vodafone"}}, [("collected", "80.50")]),
    ],
)
def test_a_statement_may_be_wrong(world: httpx.Client, payment: str, trouble: dict[str, Any], shown: list[tuple[str, str]]) -> None:
    world.post("/sandbox/faults", json=trouble).raise_for_status()
    assert amounts(statement(world)) == shown
    assert truth(world)["totals_pesewas"] == {"mtn": {"GHS": 8050}}


def test_a_fee_is_really_taken_and_once(world: httpx.Client, payment: str) -> None:
    fault(world, statement__fee={"value": 75})
    for _ in range(2):
        assert amounts(statement(world)) == [("collected", "80.50"), ("fee", "0.75")]
    assert truth(world)["totals_pesewas"] == {"mtn": {"GHS": 7975}}
    assert truth(world)["kinds_pesewas"] == {"mtn": {"collected": {"GHS": 8050}, "fee": {"GHS": 75}}}


def test_what_was_collected_is_settled(world: httpx.Client, payment: str) -> None:
    world.post("/sandbox/floats/mtn", json={"settle": "80.50"})
    assert amounts(statement(world)) == [("collected", "80.50"), ("settled", "80.50")]
    assert truth(world)["totals_pesewas"] == {"mtn": {"GHS": 0}}


def test_paystacks_lists_are_its_statement(world: httpx.Client) -> None:
    body = {"email": "a@example.com", "amount": 8000, "reference": "r1", "mobile_money": {"phone": "0241234567", "provider": "mtn"}}
    fault(world, paystack__auto_approve=1, statement__altered=1, statement__doubled=1, statement__fee={"times": 1, "value": 156})
    world.post("/paystack/charge", json=body, headers=PAYSTACK)
    until(lambda: truth(world)["entries"])
    listed = world.get("/paystack/transaction", headers=PAYSTACK).json()["data"]
    assert [(row["reference"], row["amount"], row["fees"]) for row in listed] == [("r1", 8100, 156)] * 2
    fault(world, statement__missing=1)
    assert world.get("/paystack/transaction", headers=PAYSTACK).json()["data"] == []
    assert world.get("/paystack/transaction/verify/r1", headers=PAYSTACK).json()["data"]["amount"] == 8000
    assert amounts(statement(world, "paystack")) == [("collected", "80.00"), ("fee", "1.56")]
    assert truth(world)["totals_pesewas"] == {"paystack": {"GHS": 7844}}
