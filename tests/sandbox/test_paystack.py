"""Paystack's stand-in on the wire: charges and vouchers, transfers, refunds, signed webhooks, and everything that can go wrong."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator

from sandbox.signing import paystack_signature
from tests.sandbox.conftest import AMA, PAYSTACK_KEY, Call, Product, balance, fault, truth, until

SPECS = Path(__file__).parents[1] / "specs"
SPEC = yaml.safe_load((SPECS / "paystack_openapi.yaml").read_text())
KOFI = "+233201234567"
AUTH = {"Authorization": f"Bearer {PAYSTACK_KEY}"}
HOOK = "/webhooks/payment/paystack"
OPENING, FLOAT = 500_000, 10_000_000


def readable(schema: Any) -> Any:
    """OpenAPI 3.0 says nullable where JSON Schema lists a type."""
    if isinstance(schema, list):
        return [readable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: readable(part) for name, part in schema.items()}
    if plain.pop("nullable", False) and "type" in plain:
        plain["type"] = [plain["type"], "null"]
    return plain


COMPONENTS = readable(SPEC["components"])


def must_fit(answer: httpx.Response, path: str, method: str = "get", status: str = "200") -> dict[str, Any]:
    """The answer is what Paystack's own specification says."""
    response = SPEC["paths"][path][method]["responses"][status]
    if "$ref" in response:
        response = SPEC["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    assert answer.status_code == int(status), answer.text
    Draft202012Validator({**readable(response["content"]["application/json"]["schema"]), "components": COMPONENTS}).validate(answer.json())
    return dict(answer.json())


def refusal(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["status"] is False and body["message"] and body["meta"]["nextStep"]
    assert body["type"] in ("validation_error", "api_error", "processor_error")
    return answer.status_code, body["code"]


@pytest.fixture
def shop(world: httpx.Client) -> httpx.Client:
    """The world, with the key already in hand."""
    world.headers.update(AUTH)
    return world


def charge(shop: httpx.Client, reference: str, *, phone: str = "0241234567", provider: str = "mtn", **changes: Any) -> httpx.Response:
    body = {"email": "payer@example.com", "amount": 8000, "currency": "GHS", "reference": reference}
    return shop.post("/paystack/charge", json=body | {"mobile_money": {"phone": phone, "provider": provider}} | changes)


def paid(shop: httpx.Client, reference: str = "") -> str:
    """A charge that was approved: its reference."""
    reference = reference or uuid.uuid4().hex
    assert charge(shop, reference).json()["data"]["status"] == "pay_offline"
    until(lambda: shop.get("/sandbox/prompts", params={"msisdn": AMA}).json()["prompts"])
    assert shop.post(f"/sandbox/prompts/{reference}", json={"pin": "1234"}).json()["state"] == "SUCCESS"
    return reference


def hooks(product: Product, event: str, count: int = 1) -> list[Call]:
    """Webhooks of one event; every one is signed over its raw bytes."""
    calls = product.wait(lambda c: c.path == HOOK and c.json["event"] == event, count)
    for call in calls:
        assert call.headers["x-paystack-signature"] == hmac.new(PAYSTACK_KEY.encode(), call.body, hashlib.sha512).hexdigest()
    return calls


def recipient(shop: httpx.Client, phone: str = "0241234567", code: str = "MTN") -> str:
    body = {"type": "mobile_money", "name": "Ama Mensah", "account_number": phone, "bank_code": code, "currency": "GHS"}
    return str(must_fit_made(shop.post("/paystack/transferrecipient", json=body))["recipient_code"])


def must_fit_made(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json()
    schema = readable(SPEC["paths"]["/transferrecipient"]["post"]["responses"]["201"]["content"]["application/json"]["schema"])
    without = dict(body["data"]) | {"email": ""}  # null in the lists, a string here: their specification disagrees with itself
    Draft202012Validator({**schema, "components": COMPONENTS}).validate(body | {"data": without})
    return dict(body["data"])


def transfer(shop: httpx.Client, reference: str, amount: int = 45_000, **changes: Any) -> httpx.Response:
    body = {"source": "balance", "amount": amount, "currency": "GHS", "reference": reference, "reason": "Wages"}
    return shop.post("/paystack/transfer", json=body | {"recipient": changes.pop("recipient", None) or recipient(shop)} | changes)


def sent(shop: httpx.Client, reference: str, *statuses: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        data = shop.get(f"/paystack/transfer/verify/{reference}").json()["data"]
        return dict(data) if data["status"] in statuses else None

    return dict(until(found))


def refund(shop: httpx.Client, of: str, **body: Any) -> int:
    """The id of a refund that was taken."""
    return int(must_fit(shop.post("/paystack/refund", json={"transaction": of} | body), "/refund", "post")["data"]["id"])


def given_back(shop: httpx.Client, ident: int, status: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        data = shop.get(f"/paystack/refund/{ident}").json()["data"]
        return dict(data) if data["status"] == status else None

    return dict(until(found))


RAW = (
    b'{"event":"refund.processed","data":{"status":"processed","transaction_reference":"9f0c2b7e4d3a4c1e8b2a5d6e7f8091a2",'
    b'"refund_reference":"132013318360","amount":"1250","currency":"GHS","processor":"mobile_money"}}'
)
SIGNED = "f4a99c82a92f9e84c6df2a0d4453025f459d871493991d0dbf7026557ec17d7b910a948507b68cfd8d0864173a49870f9a3b0aa72c07674f01505caec750ab70"


def test_the_signature_is_over_the_raw_body() -> None:
    assert paystack_signature("sk_test_conformance_only", RAW) == SIGNED


def test_the_key_is_checked(world: httpx.Client) -> None:
    for path in ("/paystack/balance", "/paystack/transaction", "/paystack/refund", "/paystack/transfer/verify/x"):
        assert refusal(world.get(path, headers={"Authorization": "Bearer sk_test_other"})) == (401, "invalid_Key")
    assert refusal(world.post("/paystack/charge", json={})) == (401, "invalid_Key")


def test_a_charge_is_approved_verified_reported_and_listed(shop: httpx.Client, product: Product) -> None:
    reference = uuid.uuid4().hex
    made = charge(shop, reference).json()
    assert made["data"] == {"reference": reference, "status": "pay_offline", "display_text": made["data"]["display_text"]}
    assert refusal(charge(shop, reference)) == (400, "duplicate_reference")
    assert shop.get(f"/paystack/transaction/verify/{reference}").json()["data"]["status"] == "ongoing"
    assert shop.get(f"/paystack/charge/{reference}").json()["data"]["status"] == "pending"
    (prompt,) = until(lambda: shop.get("/sandbox/prompts", params={"msisdn": AMA}).json()["prompts"])
    assert (prompt["provider"], prompt["network"], prompt["amount"]) == ("paystack", "mtn", "80.00")
    shop.post(f"/sandbox/prompts/{reference}", json={"pin": "1234"})
    data = must_fit(shop.get(f"/paystack/transaction/verify/{reference}"), "/transaction/verify/{reference}")["data"]
    assert (data["status"], data["amount"], data["currency"], data["domain"]) == ("success", 8000, "GHS", "test")
    (call,) = hooks(product, "charge.success")
    assert call.json["data"] == data
    listed = must_fit(shop.get("/paystack/transaction", params={"per_page": 10, "status": "success"}), "/transaction")
    assert [row["reference"] for row in listed["data"]] == [reference] and listed["meta"]["total_volume"] == 8000
    assert truth(shop)["totals_pesewas"] == {"paystack": {"GHS": 8000}} and balance(shop) == OPENING - 8000


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": "nobody"}, "invalid_params"), ({"amount": 9}, "invalid_params"), ({"amount": "12.5"}, "invalid_params"),
        ({"currency": "NGN"}, "unsupported_currency"), ({"provider": "glo"}, "invalid_params"), ({"phone": "233241234567"}, "invalid_params"),
        ({"reference": "a b"}, "invalid_params"),
    ],
)  # fmt: skip
def test_a_charge_is_checked(shop: httpx.Client, changes: dict[str, Any], code: str) -> None:
    assert refusal(charge(shop, **({"reference": "r1"} | changes))) == (400, code)
    assert refusal(shop.get("/paystack/transaction/verify/r1")) == (404, "transaction_not_found")


def test_a_voucher_comes_first_at_telecel(shop: httpx.Client, product: Product) -> None:
    reference = uuid.uuid4().hex
    asked = charge(shop, reference, phone="0201234567", provider="vod").json()["data"]
    assert asked["status"] == "send_otp" and "*110#" in asked["display_text"]
    assert shop.get(f"/paystack/charge/{reference}").json()["data"]["status"] == "send_otp"
    assert shop.get("/sandbox/prompts").json()["prompts"] == []
    voucher = shop.post(f"/sandbox/vouchers/{KOFI}", json={}).json()["voucher"]
    assert len(voucher) == 6 and voucher.isdigit()

    def hand_in(digits: str) -> httpx.Response:
        return shop.post("/paystack/charge/submit_otp", json={"otp": digits, "reference": reference})

    assert hand_in("x" + voucher).json()["data"]["status"] == "send_otp"
    assert hand_in(voucher).json()["data"]["status"] == "pay_offline"
    assert refusal(hand_in(voucher)) == (400, "invalid_transaction_state")
    until(lambda: shop.get("/sandbox/prompts", params={"msisdn": KOFI}).json()["prompts"])
    assert shop.post(f"/sandbox/prompts/{reference}", json={"pin": "1234"}).json()["state"] == "SUCCESS"
    assert hooks(product, "charge.success")[0].json["data"]["reference"] == reference


def test_three_wrong_vouchers_end_a_charge_and_the_switch_ends_vouchers(shop: httpx.Client) -> None:
    shop.post(f"/sandbox/vouchers/{KOFI}", json={})
    charge(shop, "r1", phone="0201234567", provider="vod")
    statuses = [shop.post("/paystack/charge/submit_otp", json={"otp": "no", "reference": "r1"}).json()["data"]["status"] for _ in range(3)]
    assert statuses == ["send_otp", "send_otp", "failed"]
    charge(shop, "r2", phone="0201234567", provider="vod")
    shop.post("/sandbox/clock", json={"move_s": 181})
    assert shop.get("/paystack/transaction/verify/r2").json()["data"]["status"] == "abandoned"
    fault(shop, paystack__vouchers=False)
    assert charge(shop, "r3", phone="0201234567", provider="vod").json()["data"]["status"] == "pay_offline"


def test_a_failed_charge_is_never_reported(shop: httpx.Client, product: Product) -> None:
    fault(shop, paystack__fail=1)
    charge(shop, "r1")
    data = until(lambda: (d := shop.get("/paystack/transaction/verify/r1").json()["data"])["status"] == "failed" and d)
    assert data["gateway_response"] == "Insufficient funds" and data["paid_at"] is None
    charge(shop, "r2")
    until(lambda: shop.get("/sandbox/prompts", params={"msisdn": AMA}).json()["prompts"])
    shop.post("/sandbox/clock", json={"move_s": 181})
    assert shop.get("/paystack/transaction/verify/r2").json()["data"]["status"] == "abandoned"
    paid(shop)
    hooks(product, "charge.success")
    assert len([c for c in product.calls if c.path == HOOK]) == 1


def test_troubles_of_charges(shop: httpx.Client, product: Product) -> None:
    fault(shop, paystack__error_429=1, paystack__callback_forged=1, paystack__timeout_created={"times": 1, "value": 0.05}, paystack__type_mix=1)
    assert refusal(charge(shop, "r1")) == (429, "rate_limited")
    with pytest.raises(httpx.HTTPError):
        charge(shop, "r1")
    assert refusal(charge(shop, "r1")) == (400, "duplicate_reference")
    (forged,) = product.wait(lambda c: c.path == HOOK)
    assert forged.json["event"] == "charge.success" and forged.headers["x-paystack-signature"] != paystack_signature(PAYSTACK_KEY, forged.body)
    assert shop.get("/paystack/transaction/verify/r1").json()["data"]["amount"] == "8000"
    product.calls.clear()
    fault(shop, paystack__auto_approve=1, paystack__wrong_amount=1, paystack__callback_repeated=1)
    charge(shop, "r2")
    assert {call.json["data"]["amount"] for call in hooks(product, "charge.success", 3)} == {7900}


def test_money_is_sent_once(shop: httpx.Client, product: Product) -> None:
    reference, code = uuid.uuid4().hex, recipient(shop)
    assert recipient(shop) == code
    made = must_fit(transfer(shop, reference, recipient=code), "/transfer", "post")["data"]
    assert (made["status"], made["amount"]) == ("pending", 45_000)
    assert refusal(transfer(shop, reference)) == (400, "duplicate_reference")
    data = sent(shop, reference, "success")
    (call,) = hooks(product, "transfer.success")
    assert call.json["data"] == data and data["recipient"]["recipient_code"] == code
    assert balance(shop) == OPENING + 45_000
    found = truth(shop)
    assert found["kinds_pesewas"] == {"paystack": {"sent": {"GHS": 45_000}}} and found["entries"][0]["provider_id"] == data["transfer_code"]
    assert must_fit(shop.get("/paystack/balance"), "/balance")["data"] == [{"currency": "GHS", "balance": FLOAT - 45_000}]
    assert shop.get("/paystack/transfer").json()["data"] == []  # without a status it lists what is pending
    assert [row["reference"] for row in shop.get("/paystack/transfer", params={"status": "success"}).json()["data"]] == [reference]


def test_a_transfer_is_checked(shop: httpx.Client) -> None:
    reference = uuid.uuid4().hex
    assert refusal(transfer(shop, "short")) == (400, "invalid_params")
    assert refusal(transfer(shop, reference, currency="NGN")) == (400, "unsupported_currency")
    assert refusal(transfer(shop, reference, recipient="RCP_nobody")) == (404, "resource_not_found")
    assert refusal(transfer(shop, reference, amount=FLOAT + 1)) == (400, "insufficient_balance")
    fault(shop, paystack__transfer_float_empty=1)
    assert refusal(transfer(shop, reference)) == (400, "insufficient_balance")
    assert refusal(shop.get(f"/paystack/transfer/verify/{reference}")) == (404, "transfer_not_found")
    somebody = {"name": "A", "type": "mobile_money", "bank_code": "XXX"}
    assert refusal(shop.post("/paystack/transferrecipient", json=somebody)) == (400, "invalid_bank_code")


def test_transfers_fail_stop_and_come_back(shop: httpx.Client, product: Product) -> None:
    failing, stopped, back = (uuid.uuid4().hex for _ in range(3))
    fault(shop, paystack__transfer_fail=1, paystack__transfer_reversed_after={"times": 1, "value": 3600})
    transfer(shop, failing)
    sent(shop, failing, "failed")
    assert hooks(product, "transfer.failed")[0].json["data"]["reference"] == failing
    fault(shop, paystack__transfer_otp=1)
    assert transfer(shop, stopped).json()["data"]["status"] == "otp"
    transfer(shop, back)
    arrived = sent(shop, back, "success")["transferred_at"]
    shop.post("/sandbox/clock", json={"move_s": 3601})
    data = sent(shop, back, "reversed")
    assert hooks(product, "transfer.reversed")[0].json["data"] == data
    assert data["transferred_at"] == arrived < data["updatedAt"]
    assert truth(shop)["totals_pesewas"] == {"paystack": {"GHS": 0}} and balance(shop) == OPENING
    assert sent(shop, stopped, "otp")["amount"] == 45_000


def test_names_and_banks(shop: httpx.Client) -> None:
    banks = shop.get("/paystack/bank", params={"currency": "GHS", "type": "mobile_money"}).json()["data"]
    assert [bank["code"] for bank in banks] == ["MTN", "VOD", "ATL"]
    found = must_fit(shop.get("/paystack/bank/resolve", params={"account_number": "0241234567", "bank_code": "MTN"}), "/bank/resolve")
    assert found["data"]["account_name"] == "Ama Mensah"
    shop.post(f"/sandbox/wallets/{AMA}", json={"registered": False})
    unknown = shop.get("/paystack/bank/resolve", params={"account_number": "0241234567", "bank_code": "MTN"})
    assert unknown.status_code == 422 and "Could not resolve" in unknown.json()["message"]


def test_a_refund_goes_through_its_steps(shop: httpx.Client, product: Product) -> None:
    reference = paid(shop)
    ident = refund(shop, reference, amount=5000, currency="GHS", merchant_note="n 1")
    data = given_back(shop, ident, "processed")
    for event in ("refund.pending", "refund.processing", "refund.processed"):
        (call,) = hooks(product, event)
        assert call.json["data"]["amount"] == "5000" and call.json["data"]["transaction_reference"] == reference
    assert call.json["data"]["refund_reference"] == str(ident)
    assert (data["amount"], data["merchant_note"], data["transaction_reference"]) == (5000, "n 1", reference)
    listed = shop.get("/paystack/refund", params={"perPage": 1, "page": 1}).json()
    assert [row["id"] for row in listed["data"]] == [ident] and listed["meta"]["pageCount"] == 1
    row = truth(shop)["entries"][1]
    assert (row["kind"], row["provider_id"], row["paid"], row["note"]) == ("given_back", str(ident), reference, "n 1")
    assert truth(shop)["totals_pesewas"] == {"paystack": {"GHS": 3000}} and truth(shop)["floats_pesewas"]["paystack"] == FLOAT
    assert balance(shop) == OPENING - 3000


def test_no_more_is_given_back_than_was_paid(shop: httpx.Client) -> None:
    reference = paid(shop)
    number = shop.get(f"/paystack/transaction/verify/{reference}").json()["data"]["id"]
    first = refund(shop, reference, amount=7000)
    assert refusal(shop.post("/paystack/refund", json={"transaction": reference, "amount": 1001})) == (400, "invalid_amount")
    given_back(shop, first, "processed")
    assert shop.get(f"/paystack/transaction/verify/{reference}").json()["data"]["status"] == "success"
    given_back(shop, refund(shop, number), "processed")  # by their id, and whatever is left
    assert shop.get(f"/paystack/transaction/verify/{reference}").json()["data"]["status"] == "reversed"
    assert refusal(shop.post("/paystack/refund", json={"transaction": reference})) == (400, "transaction_reversed")
    assert refusal(shop.post("/paystack/refund", json={"transaction": "nothing"})) == (404, "transaction_not_found")
    assert balance(shop) == OPENING


def test_a_refund_that_fails_may_be_asked_for_again(shop: httpx.Client, product: Product) -> None:
    reference = paid(shop)
    fault(shop, paystack__refund_fail=1, paystack__refund_callback_lost=1)
    given_back(shop, refund(shop, reference), "failed")
    given_back(shop, refund(shop, reference), "processed")
    hooks(product, "refund.processed")
    assert not [c for c in product.calls if c.path == HOOK and c.json["event"] == "refund.failed"]
    assert [row["kind"] for row in truth(shop)["entries"]] == ["collected", "given_back"]


def test_a_refund_needs_attention(shop: httpx.Client, product: Product) -> None:
    reference = paid(shop)
    fault(shop, paystack__refund_needs_attention=1)
    ident = refund(shop, reference)
    assert given_back(shop, ident, "needs-attention")["collect_account_number"] is True
    hooks(product, "refund.needs-attention")
    details = {"currency": "GHS", "account_number": "0551234567", "bank_id": "28"}
    path = f"/paystack/refund/retry_with_customer_details/{ident}"
    assert shop.post(path, json={"refund_account_details": details}).json()["data"]["status"] == "processing"
    given_back(shop, ident, "processed")
    assert balance(shop, "+233551234567") == OPENING + 8000
    assert refusal(shop.post(path, json={"refund_account_details": details})) == (422, "invalid_params")


def test_unknown_outcomes_of_a_refund(shop: httpx.Client) -> None:
    reference = paid(shop)
    fault(shop, paystack__refund_error_500_not_created=1, paystack__refund_timeout_created={"times": 1, "value": 0.05})
    assert shop.post("/paystack/refund", json={"transaction": reference, "amount": 100}).status_code == 500
    assert shop.get("/paystack/refund").json()["data"] == []
    with pytest.raises(httpx.HTTPError):
        shop.post("/paystack/refund", json={"transaction": reference, "amount": 100})
    (row,) = shop.get("/paystack/refund").json()["data"]
    given_back(shop, row["id"], "processed")


def test_pages_and_days(shop: httpx.Client) -> None:
    references = [paid(shop) for _ in range(3)]
    pages = [shop.get("/paystack/transaction", params={"per_page": 2, "page": page}).json() for page in (1, 2, 3)]
    assert [[row["reference"] for row in page["data"]] for page in pages] == [references[:0:-1], references[:1], []]
    today = shop.get("/sandbox/clock").json()["now"][:10]
    assert len(shop.get("/paystack/transaction", params={"from": today, "to": today}).json()["data"]) == 3
    assert shop.get("/paystack/transaction", params={"to": "2020-01-01T00:00:00.000Z"}).json()["data"] == []
    assert refusal(shop.get("/paystack/transaction", params={"from": "yesterday"})) == (400, "invalid_params")
