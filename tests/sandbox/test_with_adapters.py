"""The product's adapters and the stand-ins understand each other: money in, out and back, and the statement."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from bot.messages import Request
from bot.payments import Absent, Charge, GiveBack, Needs, Paid, Pending, Refused, Reversed, Transfer
from bot.payments.mtn import Mtn, MtnConfig
from bot.payments.paystack import Paystack, PaystackConfig
from tests.sandbox.conftest import AMA, PAYSTACK_KEY, Product, fault, truth, until

KOFI = "233201234567"


@pytest.fixture
def mtn(base: str) -> Mtn:
    config: dict[str, Any] = {"api_url": f"{base}/mtn", "collection_key": "sub", "api_user": "user", "api_key": "key"}
    return Mtn(MtnConfig(**config, disbursement_key="out-sub", disbursement_user="out-user", disbursement_api_key="out-key"))


@pytest.fixture
def paystack(base: str) -> Paystack:
    return Paystack(PaystackConfig(api_url=f"{base}/paystack", secret_key=PAYSTACK_KEY))


Both = Mtn | Paystack


def provider(name: str, request: pytest.FixtureRequest) -> Both:
    found: Both = request.getfixturevalue(name)
    return found


def collect(world: httpx.Client, at: Both, amount: int = 8000) -> str:
    reference = uuid.uuid4().hex
    assert at.collect(Charge(reference, AMA[1:], "mtn", amount, "GHS", "Deposit", "")) == Pending()
    until(lambda: world.get("/sandbox/prompts", params={"msisdn": AMA}).json()["prompts"])
    world.post(f"/sandbox/prompts/{reference}", json={"pin": "1234"})
    return reference


def wages(network: str = "mtn", msisdn: str = AMA[1:], amount: int = 4500) -> Transfer:
    return Transfer(uuid.uuid4().hex, msisdn, network, amount, "GHS", "Ama's wages", "Ama Mensah", "")


def final(ask: Any) -> Any:
    return until(lambda: None if (answer := ask()) == Pending() else answer)


@pytest.mark.parametrize("name", ["mtn", "paystack"])
def test_money_comes_goes_and_goes_back(world: httpx.Client, request: pytest.FixtureRequest, name: str) -> None:
    at = provider(name, request)
    reference, transfer = collect(world, at), wages()
    paid = final(lambda: at.query(reference))
    assert isinstance(paid, Paid) and (paid.reference, paid.amount, paid.currency) == (reference, 8000, "GHS")
    assert at.holder(AMA[1:], "mtn") == "Ama Mensah"
    assert at.sent(transfer.reference) == Absent()
    assert at.send(transfer) == Pending() and at.send(transfer) in (Pending(), at.sent(transfer.reference))
    arrived = final(lambda: at.sent(transfer.reference))
    assert isinstance(arrived, Paid) and arrived.amount == 4500 and at.balance() == 10_000_000 - 4500
    back = GiveBack(uuid.uuid4().hex, reference, paid.provider_id, 3000, "GHS", "sorry", "")
    assert at.given_back(back) == Absent() and at.give_back(back) == Pending()
    returned = final(lambda: at.given_back(back))
    assert isinstance(returned, Paid) and returned.amount == 3000
    rows = {row["kind"]: row for row in truth(world)["entries"]}
    assert rows["collected"]["provider_id"] == paid.provider_id and rows["sent"]["provider_id"] == arrived.provider_id
    assert rows["given_back"]["provider_id"] == returned.provider_id and len(truth(world)["entries"]) == 3
    assert truth(world)["totals_pesewas"] == {name: {"GHS": 500}}


@pytest.mark.parametrize("name", ["mtn", "paystack"])
def test_refusals_of_money_that_goes_out(world: httpx.Client, request: pytest.FixtureRequest, name: str) -> None:
    at, transfer, empty = provider(name, request), wages(), wages()
    world.post(f"/sandbox/wallets/{AMA}", json={"registered": False})
    assert at.holder(AMA[1:], "mtn") == ""
    at.send(transfer)
    assert isinstance(final(lambda: at.sent(transfer.reference)), Refused)
    world.post(f"/sandbox/wallets/{AMA}", json={"registered": True})
    world.post(f"/sandbox/floats/{name}", json={"balance_pesewas": 4499})
    first = at.send(empty)
    answer = first if isinstance(first, Refused) else final(lambda: at.sent(empty.reference))
    assert isinstance(answer, Refused) and answer.reason == "float_empty"
    assert truth(world)["entries"] == []


def test_a_voucher(world: httpx.Client, paystack: Paystack, product: Product) -> None:
    charge = Charge(uuid.uuid4().hex, KOFI, "telecel", 8000, "GHS", "Deposit", "")
    assert paystack.collect(charge) == Needs()
    assert paystack.voucher(charge.reference, "000") == Needs()
    digits = world.post(f"/sandbox/vouchers/+{KOFI}", json={}).json()["voucher"]
    assert paystack.voucher(charge.reference, digits) == Pending()
    until(lambda: world.get("/sandbox/prompts", params={"msisdn": KOFI}).json()["prompts"])
    world.post(f"/sandbox/prompts/{charge.reference}", json={"pin": "1234"})
    (call,) = product.wait(lambda c: c.path == "/webhooks/payment/paystack")
    assert paystack.callback(Request("POST", product.url + call.path, call.headers, call.body)).reference == charge.reference
    assert isinstance(paystack.query(charge.reference), Paid)


def test_a_transfer_comes_back(world: httpx.Client, paystack: Paystack) -> None:
    transfer = wages("telecel", KOFI)
    fault(world, paystack__transfer_reversed_after={"times": 1, "value": 60})
    paystack.send(transfer)
    assert isinstance(final(lambda: paystack.sent(transfer.reference)), Paid)
    world.post("/sandbox/clock", json={"move_s": 61})
    assert isinstance(paystack.sent(transfer.reference), Reversed)
    kinds = [line.kind for line in paystack.statement(today(world))]
    assert kinds == ["sent", "reversed"]


def test_the_statement_is_the_truth(world: httpx.Client, paystack: Paystack) -> None:
    reference, transfer = collect(world, paystack), wages()
    paystack.send(transfer)
    final(lambda: paystack.sent(transfer.reference))
    back = GiveBack(uuid.uuid4().hex, reference, "", 8000, "GHS", "sorry", "")
    paystack.give_back(back)
    final(lambda: paystack.given_back(back))
    lines = sorted((line.kind, line.provider_id, line.amount) for line in paystack.statement(today(world)))
    assert lines == sorted((row["kind"], row["provider_id"], row["amount_pesewas"]) for row in truth(world)["entries"])
    assert {line.reference for line in paystack.statement(today(world))} == {reference, transfer.reference, back.reference}


def today(world: httpx.Client) -> date:
    return datetime.fromisoformat(world.get("/sandbox/clock").json()["now"]).astimezone(UTC).date()


def test_the_paper_can_be_read(world: httpx.Client, mtn: Mtn) -> None:
    reference = collect(world, mtn)
    final(lambda: mtn.query(reference))
    (line,) = mtn.read_statement(world.get("/sandbox/statement/mtn").text)
    assert (line.kind, line.reference, line.amount, line.msisdn) == ("collected", reference, 8000, AMA[1:])
