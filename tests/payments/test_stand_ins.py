"""The adapters and the stand-ins of MTN and Paystack understand each other, whole journeys over real HTTP."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.payments import Absent, Charge, GiveBack, Needs, Paid, Pending, Refused, Reversed, Transfer, Unknown
from bot.payments.mtn import Mtn, MtnConfig
from bot.payments.paystack import Paystack, PaystackConfig

ROOT = Path(__file__).parents[2]
READ_S = 1.0
AMA, KOFI, NOBODY = "233241234567", "233201234567", "233249999999"
KEYS = {
    "MTN_COLLECTION_KEY": "in", "MTN_API_USER": "in-user", "MTN_API_KEY": "in-key", "PAYSTACK_SECRET_KEY": "sk_test_conformance_only",
    "MTN_DISBURSEMENT_KEY": "out", "MTN_DISBURSEMENT_USER": "out-user", "MTN_DISBURSEMENT_API_KEY": "out-key",
}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> Iterator[httpx.Client]:
    quick = {"SANDBOX_CALLBACK_DELAY_S": "0.02", "SANDBOX_SEND_DELAY_S": "0.02", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.world", "--port", "0"], cwd=ROOT, env=os.environ | KEYS | quick, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    assert found
    with httpx.Client(base_url=found[0], timeout=10) as client:
        yield client
    process.terminate()
    process.wait(10)


@pytest.fixture
def fresh(world: httpx.Client) -> httpx.Client:
    world.post("/sandbox/reset", json={}).raise_for_status()
    return world


@pytest.fixture
def mtn(fresh: httpx.Client) -> Mtn:
    given: dict[str, Any] = {name.removeprefix("MTN_").lower(): value for name, value in KEYS.items() if name.startswith("MTN_")}
    return Mtn(MtnConfig(api_url=f"{str(fresh.base_url).rstrip('/')}/mtn", **given), read_s=READ_S)


@pytest.fixture
def later() -> list[float]:
    """Seconds by which the adapter's own clock is ahead."""
    return [0.0]


@pytest.fixture
def paystack(fresh: httpx.Client, later: list[float]) -> Paystack:
    config = PaystackConfig(api_url=f"{str(fresh.base_url).rstrip('/')}/paystack", secret_key=KEYS["PAYSTACK_SECRET_KEY"])
    return Paystack(config, read_s=READ_S, monotonic=lambda: time.monotonic() + later[0])


def charge(number: str = AMA, network: str = "mtn", amount: int = 1250) -> Charge:
    return Charge(uuid.uuid4().hex, number, network, amount, "GHS", "order SW-2601-ABCDE", "")


def transfer(number: str = AMA, network: str = "mtn", amount: int = 1250) -> Transfer:
    return Transfer(uuid.uuid4().hex, number, network, amount, "GHS", "a week's work", "Ama Mensah", "")


def eventually(ask: Callable[[], Any], wanted: type) -> Any:
    answer, end = ask(), time.monotonic() + 8
    while not isinstance(answer, wanted) and time.monotonic() < end:
        time.sleep(0.05)
        answer = ask()
    assert isinstance(answer, wanted), answer
    return answer


def pay(world: httpx.Client, made: Charge) -> None:
    (prompt,) = eventually(lambda: [p for p in world.get("/sandbox/prompts").json()["prompts"] if p["msisdn"] == made.msisdn], list)
    world.post(f"/sandbox/prompts/{prompt['reference']}", json={"pin": "1234"}).raise_for_status()


def trouble(world: httpx.Client, name: str, **how: Any) -> None:
    world.post("/sandbox/faults", json={name: {"times": 1, **how}}).raise_for_status()


def today() -> date:
    return datetime.now(UTC).date()


@pytest.fixture(params=["mtn", "paystack"])
def provider(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_a_payment_and_half_of_it_back(fresh: httpx.Client, provider: Any) -> None:
    made = charge()
    assert provider.query(made.reference) == Absent()
    assert provider.collect(made) == provider.collect(made) == provider.query(made.reference) == Pending()
    pay(fresh, made)
    paid = eventually(lambda: provider.query(made.reference), Paid)
    assert (paid.reference, paid.amount, paid.currency) == (made.reference, 1250, "GHS")
    back = GiveBack(uuid.uuid4().hex, made.reference, paid.provider_id, 625, "GHS", "half", "")
    assert provider.given_back(back) == Absent()
    assert provider.give_back(back) == Pending()
    assert not isinstance(provider.give_back(back), Absent)
    done = eventually(lambda: provider.given_back(back), Paid)
    assert (done.reference, done.amount) == (back.reference, 625)
    entries = fresh.get("/sandbox/truth").json()["entries"]
    assert [(e["kind"], e["amount_pesewas"]) for e in entries] == [("collected", 1250), ("given_back", 625)]


def test_all_of_it_back(fresh: httpx.Client, paystack: Paystack) -> None:
    """Paystack then calls the payment itself reversed."""
    made = charge()
    paystack.collect(made)
    pay(fresh, made)
    paid = eventually(lambda: paystack.query(made.reference), Paid)
    back = GiveBack(uuid.uuid4().hex, made.reference, paid.provider_id, 1250, "GHS", "all", "")
    paystack.give_back(back)
    eventually(lambda: paystack.given_back(back), Paid)
    assert isinstance(paystack.query(made.reference), Reversed)


def test_a_transfer_arrives_once(fresh: httpx.Client, provider: Any) -> None:
    made = transfer()
    assert provider.sent(made.reference) == Absent()
    assert provider.send(made) == Pending()
    assert isinstance(provider.send(made), Pending | Paid)
    arrived = eventually(lambda: provider.sent(made.reference), Paid)
    assert (arrived.reference, arrived.amount, arrived.currency) == (made.reference, 1250, "GHS")
    assert [e["kind"] for e in fresh.get("/sandbox/truth").json()["entries"]] == ["sent"]


def test_an_empty_float(fresh: httpx.Client, provider: Any) -> None:
    fresh.post(f"/sandbox/floats/{provider.name}", json={"balance_pesewas": 100}).raise_for_status()
    assert provider.balance() == 100
    made = transfer()
    answer = provider.send(made)
    refused = answer if isinstance(answer, Refused) else eventually(lambda: provider.sent(made.reference), Refused)
    assert refused.reason == "float_empty"


def test_names(fresh: httpx.Client, provider: Any) -> None:
    fresh.post(f"/sandbox/wallets/{AMA}", json={"name": "Ama Mensah"}).raise_for_status()
    fresh.post(f"/sandbox/wallets/{NOBODY}", json={"registered": False}).raise_for_status()
    assert provider.holder(AMA, "mtn") == "Ama Mensah"
    assert provider.holder(NOBODY, "mtn") == ""


def test_a_voucher_of_telecel(fresh: httpx.Client, paystack: Paystack) -> None:
    made = charge(KOFI, "telecel")
    assert paystack.collect(made) == Needs("voucher")
    assert paystack.voucher(made.reference, "000000") == Needs("voucher")
    voucher = fresh.post(f"/sandbox/vouchers/{KOFI}").json()["voucher"]
    assert paystack.voucher(made.reference, voucher) == Pending()
    pay(fresh, made)
    eventually(lambda: paystack.query(made.reference), Paid)


def test_todays_statement(fresh: httpx.Client, paystack: Paystack) -> None:
    made, out = charge(), transfer()
    paystack.collect(made)
    pay(fresh, made)
    paid = eventually(lambda: paystack.query(made.reference), Paid)
    paystack.send(out)
    arrived = eventually(lambda: paystack.sent(out.reference), Paid)
    back = GiveBack(uuid.uuid4().hex, made.reference, paid.provider_id, 50, "GHS", "a little", "")
    paystack.give_back(back)
    given = eventually(lambda: paystack.given_back(back), Paid)
    lines = {(line.kind, line.reference, line.provider_id, line.amount) for line in paystack.statement(today())}
    assert lines == {
        ("collected", made.reference, paid.provider_id, 1250),
        ("sent", out.reference, arrived.provider_id, 1250),
        ("given_back", back.reference, given.provider_id, 50),
    }


def test_mtns_statement_on_paper(fresh: httpx.Client, mtn: Mtn) -> None:
    made, out = charge(), transfer()
    mtn.collect(made)
    pay(fresh, made)
    paid = eventually(lambda: mtn.query(made.reference), Paid)
    mtn.send(out)
    arrived = eventually(lambda: mtn.sent(out.reference), Paid)
    lines = mtn.read_statement(fresh.get("/sandbox/statement/mtn").text)
    assert [(line.kind, line.reference, line.provider_id, line.amount, line.msisdn) for line in lines] == [
        ("collected", made.reference, paid.provider_id, 1250, AMA),
        ("sent", out.reference, arrived.provider_id, 1250, AMA),
    ]


LOST = ("timeout_created", "timeout_not_created", "error_500_created", "error_500_not_created", "error_503")


def done_somehow(submit: Callable[[], Any], ask: Callable[[], Any]) -> Paid:
    """What a careful caller does: asks, and submits the same again only when nobody knows it."""
    assert isinstance(submit(), Unknown | Pending | Paid)
    answer, end = ask(), time.monotonic() + 8
    while not isinstance(answer, Paid) and time.monotonic() < end:
        if isinstance(answer, Absent):
            submit()
        time.sleep(0.05)
        answer = ask()
    assert isinstance(answer, Paid), answer
    return answer


@pytest.mark.parametrize("fault", LOST)
def test_a_transfer_whose_answer_is_lost_arrives_once(fresh: httpx.Client, provider: Any, fault: str) -> None:
    made = transfer()
    trouble(fresh, f"{provider.name}.transfer_{fault}")
    done_somehow(lambda: provider.send(made), lambda: provider.sent(made.reference))
    assert [e["kind"] for e in fresh.get("/sandbox/truth").json()["entries"]] == ["sent"]


@pytest.mark.parametrize("fault", LOST)
def test_a_refund_whose_answer_is_lost_happens_once(fresh: httpx.Client, provider: Any, later: list[float], fault: str) -> None:
    made = charge()
    provider.collect(made)
    pay(fresh, made)
    paid = eventually(lambda: provider.query(made.reference), Paid)
    back = GiveBack(uuid.uuid4().hex, made.reference, paid.provider_id, 625, "GHS", "half", "")
    trouble(fresh, f"{provider.name}.refund_{fault}")
    if provider.name == "paystack" and fault not in ("timeout_created", "error_500_created"):
        assert isinstance(provider.give_back(back), Unknown)
        assert isinstance(provider.given_back(back), Unknown)  # it may still arrive: for ten minutes nobody asks again
        later[0] = 601
    done_somehow(lambda: provider.give_back(back), lambda: provider.given_back(back))
    assert [e["kind"] for e in fresh.get("/sandbox/truth").json()["entries"]] == ["collected", "given_back"]
