"""MTN's stand-in sends money and gives it back: on the wire, in the wallets, in the truth, and with everything that can go wrong."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.sandbox.conftest import AMA, Product, balance, collected, fault, mtn_headers, truth, until

SPECS = Path(__file__).parents[1] / "specs"
SPEC = yaml.safe_load((SPECS / "mtn_momo_openapi.yaml").read_text())
BASE = "/mtn/disbursement/v1_0"
OUT_SUBSCRIPTION = {"Ocp-Apim-Subscription-Key": "out-sub"}
RESULT = Draft202012Validator({**SPEC["components"]["schemas"]["TransferResult"], "components": SPEC["components"]})
OPENING, FLOAT = 500_000, 10_000_000


@pytest.fixture
def headers(world: httpx.Client) -> dict[str, str]:
    answer = world.post("/mtn/disbursement/token/", auth=("out-user", "out-key"), headers=OUT_SUBSCRIPTION)
    assert answer.status_code == 200 and answer.json()["expires_in"] == 3600
    return {"Authorization": "Bearer " + answer.json()["access_token"], "X-Target-Environment": "mtnghana", **OUT_SUBSCRIPTION}


def post(world: httpx.Client, path: str, headers: dict[str, str], reference: str, callback: str, body: dict[str, Any]) -> httpx.Response:
    more = {"X-Reference-Id": reference} | ({"X-Callback-Url": callback} if callback else {})
    return world.post(path, json=body, headers=headers | more)


def transfer(
    world: httpx.Client, headers: dict[str, str], reference: str, callback: str = "", *, to: str = AMA[1:], amount: str = "45", **changes: Any
) -> httpx.Response:
    payee = {"partyIdType": "MSISDN", "partyId": to}
    body = {"amount": amount, "currency": "GHS", "externalId": "42", "payee": payee, "payerMessage": "Wages", "payeeNote": "Order 7"}
    return post(world, f"{BASE}/transfer", headers, reference, callback, body | changes)


def refund(
    world: httpx.Client, headers: dict[str, str], reference: str, of: str, amount: str, callback: str = "", version: str = "v2_0"
) -> httpx.Response:
    body = {"amount": amount, "currency": "GHS", "externalId": "43", "referenceIdToRefund": of}
    return post(world, f"/mtn/disbursement/{version}/refund", headers, reference, callback, body)


def outcome(world: httpx.Client, headers: dict[str, str], reference: str, kind: str = "transfer") -> dict[str, Any]:
    def final() -> dict[str, Any] | None:
        body = world.get(f"{BASE}/{kind}/{reference}", headers=headers).json()
        RESULT.validate(body)
        return None if body["status"] == "PENDING" else dict(body)

    return dict(until(final))


def test_each_product_has_keys_and_tokens_of_its_own(world: httpx.Client, headers: dict[str, str]) -> None:
    assert world.post("/mtn/disbursement/token/", auth=("user", "key"), headers=OUT_SUBSCRIPTION).status_code == 401
    assert world.post("/mtn/disbursement/token/", auth=("out-user", "out-key"), headers={"Ocp-Apim-Subscription-Key": "sub"}).status_code == 401
    assert transfer(world, mtn_headers(world), str(uuid.uuid4())).status_code == 401
    mixed = headers | {"Authorization": mtn_headers(world)["Authorization"]}
    assert transfer(world, mixed, str(uuid.uuid4())).status_code == 401
    world.post("/sandbox/clock", json={"move_s": 3601})
    assert transfer(world, headers, str(uuid.uuid4())).status_code == 401


def test_a_transfer_is_checked(world: httpx.Client, headers: dict[str, str]) -> None:
    fresh = str(uuid.uuid4())
    assert transfer(world, headers, str(uuid.uuid1())).status_code == 400
    assert transfer(world, headers, fresh, amount="0").status_code == 400
    assert transfer(world, headers, fresh, to="0241").status_code == 400
    assert transfer(world, headers, fresh, payeeNote="Kofi's").status_code == 400
    assert transfer(world, headers, fresh, currency="EUR").json()["code"] == "INVALID_CURRENCY"
    assert transfer(world, headers, fresh, "http://elsewhere.example/x").json()["code"] == "INVALID_CALLBACK_URL_HOST"
    assert world.get(f"{BASE}/transfer/{fresh}", headers=headers).status_code == 404
    assert truth(world)["entries"] == []


def test_money_is_sent(world: httpx.Client, product: Product, headers: dict[str, str]) -> None:
    reference = str(uuid.uuid4())
    made = transfer(world, headers, reference, product.url + "/webhooks/payment/mtn/abc")
    assert (made.status_code, made.content) == (202, b"")
    assert transfer(world, headers, reference).json()["code"] == "RESOURCE_ALREADY_EXIST"
    body = outcome(world, headers, reference)
    assert (body["status"], body["amount"], body["payee"]["partyId"], body["externalId"]) == ("SUCCESSFUL", "45", AMA[1:], "42")
    (call,) = product.wait(lambda c: c.path == "/webhooks/payment/mtn/abc")
    assert call.method == "POST" and call.json == body
    assert balance(world) == OPENING + 4500
    found = truth(world)
    assert found["totals_pesewas"] == {"mtn": {"GHS": -4500}} and found["kinds_pesewas"] == {"mtn": {"sent": {"GHS": 4500}}}
    assert found["floats_pesewas"]["mtn"] == FLOAT - 4500
    (row,) = found["entries"]
    assert (row["kind"], row["reference"], row["provider_id"]) == ("sent", reference, body["financialTransactionId"])
    assert world.get(f"{BASE}/account/balance", headers=headers).json() == {"availableBalance": "99955.00", "currency": "GHS"}
    assert "You have received GHS 45.00 from Sew4Mi." in world.get(f"/sandbox/wallets/{AMA}").json()["notices"][0]


def test_account_holders_are_known_to_both_products(world: httpx.Client, headers: dict[str, str]) -> None:
    assert world.get(f"{BASE}/accountholder/msisdn/{AMA[1:]}/basicuserinfo", headers=headers).json()["name"] == "Ama Mensah"
    world.post(f"/sandbox/wallets/{AMA}", json={"registered": False})
    assert world.get(f"{BASE}/accountholder/msisdn/{AMA[1:]}/active", headers=headers).json() == {"result": False}
    assert world.get(f"{BASE}/accountholder/msisdn/{AMA[1:]}/basicuserinfo", headers=headers).status_code == 404


@pytest.mark.parametrize("version", ["v1_0", "v2_0"])
def test_a_payment_is_given_back_in_parts_and_never_more_than_it_was(
    world: httpx.Client, product: Product, headers: dict[str, str], version: str
) -> None:
    paid, first, second, third = collected(world), *(str(uuid.uuid4()) for _ in range(3))
    assert refund(world, headers, first, paid, "50", product.url + "/cb", version).status_code == 202
    body = outcome(world, headers, first, "refund")
    assert (body["status"], body["amount"], body["payee"]["partyId"]) == ("SUCCESSFUL", "50", AMA[1:])
    (call,) = product.wait(lambda c: c.path == "/cb")
    assert call.method == {"v1_0": "POST", "v2_0": "PUT"}[version]
    assert world.get(f"{BASE}/transfer/{first}", headers=headers).status_code == 404
    refund(world, headers, second, paid, "30.01")
    assert outcome(world, headers, second, "refund")["reason"] == "NOT_ALLOWED"
    refund(world, headers, third, paid, "30")
    assert outcome(world, headers, third, "refund")["status"] == "SUCCESSFUL"
    found = truth(world)
    assert found["kinds_pesewas"]["mtn"] == {"collected": {"GHS": 8000}, "given_back": {"GHS": 8000}}
    assert found["totals_pesewas"]["mtn"] == {"GHS": 0} and found["floats_pesewas"]["mtn"] == FLOAT - 8000
    assert [row["paid"] for row in found["entries"][1:]] == [paid, paid] and balance(world) == OPENING


def test_what_was_never_paid_is_not_given_back(world: httpx.Client, headers: dict[str, str]) -> None:
    reference = str(uuid.uuid4())
    assert refund(world, headers, reference, str(uuid.uuid4()), "1").status_code == 202
    assert outcome(world, headers, reference, "refund")["reason"] == "TRANSACTION_NOT_FOUND"


def test_an_empty_float_sends_nothing(world: httpx.Client, headers: dict[str, str]) -> None:
    one, two, three = (str(uuid.uuid4()) for _ in range(3))
    assert world.post("/sandbox/floats/mtn", json={"balance": "44.99"}).json()["floats_pesewas"]["mtn"] == 4499
    transfer(world, headers, one)
    assert outcome(world, headers, one)["reason"] == "NOT_ENOUGH_FUNDS"
    world.post("/sandbox/floats/mtn", json={"balance_pesewas": 4500})
    transfer(world, headers, two)
    assert outcome(world, headers, two)["status"] == "SUCCESSFUL"
    fault(world, mtn__transfer_float_empty=1)
    transfer(world, headers, three, amount="0.01")
    assert outcome(world, headers, three)["reason"] == "NOT_ENOUGH_FUNDS"
    assert truth(world)["totals_pesewas"] == {"mtn": {"GHS": -4500}}


@pytest.mark.parametrize(
    ("msisdn", "reason"),
    [
        ("46733123450", "INTERNAL_PROCESSING_ERROR"), ("46733123455", "NOT_ENOUGH_FUNDS"), ("46733123456", "PAYER_LIMIT_REACHED"),
        ("46733123457", "PAYEE_NOT_FOUND"), ("46733123458", "NOT_ALLOWED"), ("46733123463", "SERVICE_UNAVAILABLE"), ("46733999999", None),
    ],
)  # fmt: skip
def test_test_numbers_mean_other_things_here(world: httpx.Client, headers: dict[str, str], msisdn: str, reason: str | None) -> None:
    reference = str(uuid.uuid4())
    transfer(world, headers, reference, to=msisdn)
    assert outcome(world, headers, reference).get("reason") == reason


def test_test_payments_of_refunds(world: httpx.Client, headers: dict[str, str]) -> None:
    one, six = str(uuid.uuid4()), str(uuid.uuid4())
    refund(world, headers, one, "3", "1")
    assert outcome(world, headers, one, "refund")["reason"] == "APPROVAL_REJECTED"
    refund(world, headers, six, "6", "1")
    world.post("/sandbox/clock", json={"move_s": 3000})
    assert world.get(f"{BASE}/refund/{six}", headers=headers).json()["status"] == "PENDING"


@pytest.mark.parametrize(("trouble", "status"), [("503", 503), ("401", 401), ("403", 403), ("429", 429), ("500_not_created", 500)])
@pytest.mark.parametrize("kind", ["transfer", "refund"])
def test_refusals_create_nothing(world: httpx.Client, headers: dict[str, str], kind: str, trouble: str, status: int) -> None:
    paid, reference = collected(world), str(uuid.uuid4())
    world.post("/sandbox/faults", json={f"mtn.{kind}_error_{trouble}": 1}).raise_for_status()
    answer = transfer(world, headers, reference) if kind == "transfer" else refund(world, headers, reference, paid, "80")
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["message"] == "FORBIDDEN IP"
    if status != 401:  # the token is gone with it
        assert world.get(f"{BASE}/{kind}/{reference}", headers=headers).status_code == 404
    assert world.get("/sandbox/outgoing").json()["outgoing"] == []


def test_unknown_outcomes(world: httpx.Client, product: Product, headers: dict[str, str]) -> None:
    once = {"times": 1, "value": 0.05, "match": "233241"}
    fault(world, mtn__transfer_timeout_created=once, mtn__transfer_timeout_not_created=once)
    lost, there = str(uuid.uuid4()), str(uuid.uuid4())
    with pytest.raises(httpx.HTTPError):
        transfer(world, headers, lost)
    with pytest.raises(httpx.HTTPError):
        transfer(world, headers, there, product.url + "/cb")
    assert world.get(f"{BASE}/transfer/{lost}", headers=headers).status_code == 404
    assert transfer(world, headers, there).status_code == 409
    fault(world, mtn__transfer_error_500_created=1, mtn__transfer_callback_before_answer=1)
    third = str(uuid.uuid4())
    assert transfer(world, headers, third, product.url + "/early").status_code == 500
    assert [c.json["status"] for c in product.calls if c.path == "/early"] == ["SUCCESSFUL"]
    until(lambda: len(truth(world)["entries"]) == 2)
    assert balance(world) == OPENING + 9000


def test_a_transfer_fails_waits_and_looks_strange(world: httpx.Client, product: Product, headers: dict[str, str]) -> None:
    refs = [str(uuid.uuid4()) for _ in range(4)]
    fault(world, mtn__transfer_fail=1, mtn__transfer_callback_repeated=1, mtn__transfer_reason_object=1)
    transfer(world, headers, refs[0], product.url + "/cb")
    assert outcome(world, headers, refs[0])["reason"]["code"] == "PAYEE_NOT_FOUND"
    assert len(product.wait(lambda c: c.path == "/cb", 3)) == 3
    fault(world, mtn__transfer_pending_forever=1, mtn__transfer_late_success=2)
    for reference in refs[1:3]:
        transfer(world, headers, reference)
    world.post("/sandbox/clock", json={"move_s": 1201})
    token = world.post("/mtn/disbursement/token/", auth=("out-user", "out-key"), headers=OUT_SUBSCRIPTION).json()["access_token"]
    headers["Authorization"] = "Bearer " + token
    states = {world.get(f"{BASE}/transfer/{ref}", headers=headers).json()["status"] for ref in refs[1:3]}
    assert states == {"PENDING", "SUCCESSFUL"}
    fault(world, mtn__transfer_type_mix=True, mtn__transfer_unknown_status=1)
    transfer(world, headers, refs[3])
    strange = world.get(f"{BASE}/transfer/{refs[3]}", headers=headers).json()
    assert (strange["status"], strange["amount"], strange["payee"]["partyId"]) == ("SOMETHING_NEW", 45, int(AMA[1:]))


def test_money_comes_back(world: httpx.Client, product: Product, headers: dict[str, str]) -> None:
    reference = str(uuid.uuid4())
    fault(world, mtn__transfer_reversed_after={"times": 1, "value": 600})
    transfer(world, headers, reference)
    outcome(world, headers, reference)
    assert balance(world) == OPENING + 4500
    world.post("/sandbox/clock", json={"move_s": 601})
    assert balance(world) == OPENING
    assert [row["kind"] for row in truth(world)["entries"]] == ["sent", "reversed"]
    assert truth(world)["totals_pesewas"] == {"mtn": {"GHS": 0}} and truth(world)["floats_pesewas"]["mtn"] == FLOAT
    assert world.get(f"{BASE}/transfer/{reference}", headers=headers).json()["status"] == "SUCCESSFUL"
    fault(world, mtn__reversed_status="REVERSED")
    assert world.get(f"{BASE}/transfer/{reference}", headers=headers).json()["status"] == "REVERSED"


def test_a_forged_callback_moves_nothing(world: httpx.Client, product: Product, headers: dict[str, str]) -> None:
    fault(world, mtn__transfer_callback_forged=1, mtn__transfer_pending_forever=1)
    transfer(world, headers, str(uuid.uuid4()), product.url + "/cb")
    (call,) = product.wait(lambda c: c.path == "/cb")
    assert call.json["status"] == "SUCCESSFUL" and truth(world)["entries"] == []
