"""The stand-ins speak the vendors' wire formats: checked over real HTTP, with a small server in the product's place."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sandbox.samples import SAMPLES, jpeg
from sandbox.signing import twilio_signature, vodafone_signature
from sandbox.voice_notes import as_ogg, spoken
from tests.sandbox.conftest import ACCOUNT, AMA, BOT, SECRET, SUBSCRIPTION, TOKEN, Product, ask, fault, mtn_headers

MESSAGES = f"/twilio/2010-04-01/Accounts/{ACCOUNT}/Messages"


def send(world: httpx.Client, **fields: str) -> httpx.Response:
    return world.post(MESSAGES + ".json", data={"To": f"whatsapp:{AMA}", "From": BOT, **fields}, auth=(ACCOUNT, TOKEN))


URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALLER = "+14158675309"
DIGITS = [("CallSid", "CA1234567890ABCDE"), ("Caller", CALLER), ("Digits", "1234"), ("From", CALLER), ("To", "+18005551212")]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (URL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL + "#rc=3", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL.replace(".com/", ".com:443/"), "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("http" + URL[5:].replace(".com/", ".com:80/"), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("http" + URL[5:].replace(".com/", ".com:1234/"), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ],
)
def test_twilio_signature_vectors(url: str, expected: str) -> None:
    assert twilio_signature("12345", url, DIGITS) == expected


def test_repeated_values_are_signed_once_and_sorted() -> None:
    params = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
    assert twilio_signature("12345", URL, params) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


def test_an_inbound_text_is_signed_and_complete(world: httpx.Client, product: Product) -> None:
    said = world.post("/sandbox/say", json={"from": AMA, "text": "Hello & welcome", "name": "Ama"}).json()
    (call,) = product.wait(lambda c: c.path == "/webhooks/twilio")
    assert said["status"] == 200
    assert call.headers["x-twilio-signature"] == twilio_signature(TOKEN, product.url + call.path, call.form.items())
    wanted = {"MessageSid": said["sid"], "Body": "Hello & welcome", "From": f"whatsapp:{AMA}", "WaId": AMA[1:], "NumMedia": "0"}
    assert wanted.items() <= call.form.items()
    assert call.form["ProfileName"] == "Ama" and call.form["MessageType"] == "text"


def test_one_webhook_at_a_time_per_phone_and_in_order(world: httpx.Client, product: Product) -> None:
    product.delay_s = 0.05
    for n in range(4):
        world.post("/sandbox/say", json={"from": AMA, "text": str(n), "wait": False})
    calls = product.wait(lambda c: c.form.get("Body"), 4)
    assert [c.form["Body"] for c in calls] == ["0", "1", "2", "3"]
    assert product.most_busy == 1


def test_a_webhook_that_meets_a_500_is_tried_again(world: httpx.Client, product: Product) -> None:
    product.plan[:] = [503, 500]
    said = world.post("/sandbox/say", json={"from": AMA, "text": "hi"}).json()
    calls = product.wait(lambda c: c.form.get("Body") == "hi", 3)
    assert (said["status"], said["tries"]) == (200, 3)
    assert len({c.headers["i-twilio-idempotency-token"] for c in calls}) == 1


def test_a_message_is_created_listed_and_reported(world: httpx.Client, product: Product) -> None:
    callback = product.url + "/webhooks/twilio/status?outbox=7"
    made = send(world, Body="*Hi* Ama", StatusCallback=callback)
    assert made.status_code == 201
    body = made.json()
    assert body["status"] == "queued" and body["num_media"] == "0" and body["error_code"] is None
    assert body["uri"].endswith(f"/Messages/{body['sid']}.json") and body["date_created"].endswith("+0000")
    receipts = product.wait(lambda c: "MessageStatus" in c.form, 3)
    assert [r.form["MessageStatus"] for r in receipts] == ["sent", "delivered", "read"]
    assert receipts[0].path == "/webhooks/twilio/status?outbox=7"
    assert receipts[0].headers["x-twilio-signature"] == twilio_signature(TOKEN, callback, receipts[0].form.items())
    send(world, Body="second")
    page = world.get(MESSAGES + ".json", params={"To": f"whatsapp:{AMA}", "PageSize": "1"}, auth=(ACCOUNT, TOKEN)).json()
    assert [m["body"] for m in page["messages"]] == ["second"]
    following = world.get("/twilio" + page["next_page_uri"], auth=(ACCOUNT, TOKEN)).json()
    assert [m["sid"] for m in following["messages"]] == [body["sid"]]
    assert following["next_page_uri"] is None
    one = world.get(f"{MESSAGES}/{body['sid']}.json", auth=(ACCOUNT, TOKEN)).json()
    assert one["status"] == "read" and one["direction"] == "outbound-api"


def test_the_list_knows_dates(world: httpx.Client) -> None:
    send(world, Body="today")
    world.post("/sandbox/clock", json={"move_s": 7200})
    send(world, Body="later")
    now = world.get("/sandbox/clock").json()["now"][:19]
    params = {"To": f"whatsapp:{AMA}", "DateSent>": now[:14] + "00:00Z"}
    bodies = [m["body"] for m in world.get(MESSAGES + ".json", params=params, auth=(ACCOUNT, TOKEN)).json()["messages"]]
    assert bodies == ["later"]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"Body": "x" * 1601}, 400, 21617),
        ({}, 400, 21619),
        ({"Body": "x", "To": "whatsapp:0241"}, 400, 21211),
        ({"Body": "x", "From": "whatsapp:+15550001111"}, 400, 63007),
        ({"Body": "x", "From": "+15550001111"}, 400, 21910),
        ({"ContentSid": "HX" + "0" * 32}, 400, 21655),
        ({"Body": "x", "StatusCallback": "http://under_score.example/x"}, 400, 21609),
    ],
)
def test_refusals(world: httpx.Client, fields: dict[str, str], status: int, code: int) -> None:
    answer = send(world, **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"code", "message", "more_info", "status"}


def test_credentials_are_checked(world: httpx.Client) -> None:
    answer = world.post(MESSAGES + ".json", data={"To": f"whatsapp:{AMA}", "From": BOT, "Body": "x"}, auth=(ACCOUNT, "wrong"))
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_a_hidden_phone_writes_and_is_answered(world: httpx.Client, product: Product) -> None:
    world.post("/sandbox/say", json={"from": AMA, "text": "hi", "hidden": True})
    (call,) = product.wait(lambda c: c.form.get("Body") == "hi")
    assert call.form["From"] == call.form["ExternalUserId"] and "WaId" not in call.form
    assert send(world, To=call.form["From"], Body="answer").status_code == 201
    assert world.get(f"/sandbox/phone/{AMA}").json()["messages"][-1]["body"] == "answer"


def test_media_takes_two_hops_and_the_second_refuses_credentials(world: httpx.Client, product: Product) -> None:
    fault(world, twilio__media_404_times=1)
    world.post("/sandbox/say", json={"from": AMA, "image": "fabric", "caption": "mine"})
    (call,) = product.wait(lambda c: c.form.get("NumMedia") == "1")
    assert call.form["MediaContentType0"] == "image/jpeg" and call.form["MessageSid"].startswith("MM")
    url = call.form["MediaUrl0"]
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, auth=(ACCOUNT, TOKEN)).status_code == 404
    hop = httpx.get(url, auth=(ACCOUNT, TOKEN))
    assert hop.status_code == 307 and httpx.URL(hop.headers["location"]).host == "localhost"
    assert httpx.get(hop.headers["location"]).content == jpeg("fabric")
    assert httpx.get(hop.headers["location"], auth=(ACCOUNT, TOKEN)).status_code == 400


def test_a_silent_voice_note_is_ogg() -> None:
    content = spoken("a kaba please")
    assert content.startswith(b"OggS") and b"SPOKEN=a kaba please" in content and as_ogg(content) == content


def test_an_outgoing_picture_is_fetched(world: httpx.Client, product: Product) -> None:
    good = send(world, Body="look", MediaUrl=product.url + "/photo.jpg").json()["sid"]
    bad = send(world, Body="look", MediaUrl=product.url + "/none.jpg").json()["sid"]
    away = send(world, Body="look", MediaUrl="http://198.51.100.7/a.jpg").json()["sid"]
    assert [final(world, sid) for sid in (good, bad, away)] == [("read", None), ("failed", 63019), ("failed", 63019)]
    seen = {m["sid"]: m for m in world.get(f"/sandbox/phone/{AMA}").json()["messages"]}
    assert world.get(seen[good]["media_url"]).content == jpeg("fabric")


def final(world: httpx.Client, sid: str) -> tuple[str, int | None]:
    for _ in range(300):
        one = world.get(f"{MESSAGES}/{sid}.json", auth=(ACCOUNT, TOKEN)).json()
        if one["status"] in ("read", "failed", "undelivered"):
            return one["status"], one["error_code"]
        time.sleep(0.01)
    return one["status"], one["error_code"]


def content(world: httpx.Client, types: dict[str, Any], **more: Any) -> httpx.Response:
    body = {"language": "en", "friendly_name": "t", "types": types, **more}
    return world.post("/twilio/v1/Content", json=body, auth=(ACCOUNT, TOKEN))


def quick_reply(count: int) -> dict[str, Any]:
    actions = [{"title": f"{{{{t{n}}}}}", "id": f"{{{{i{n}}}}}"} for n in range(count)]
    return {"twilio/quick-reply": {"body": "{{b}}", "actions": actions}}


def variables(count: int, title: str = "Go {n}") -> str:
    filled = {f"t{n}": title.format(n=n) for n in range(count)} | {f"i{n}": f"go:{n}" for n in range(count)}
    return json.dumps(filled | {"b": "Choose"})


def test_buttons_are_rendered_and_tapped(world: httpx.Client, product: Product) -> None:
    sid = content(world, quick_reply(2)).json()["sid"]
    sent = send(world, ContentSid=sid, ContentVariables=variables(2)).json()["sid"]
    shown = world.get(f"/sandbox/phone/{AMA}").json()["messages"][-1]
    assert shown["body"] == "Choose" and shown["buttons"] == [{"id": "go:0", "title": "Go 0"}, {"id": "go:1", "title": "Go 1"}]
    world.post("/sandbox/say", json={"from": AMA, "tap": "go 1"})
    (call,) = product.wait(lambda c: "ButtonPayload" in c.form)
    wanted = {"ButtonPayload": "go:1", "ButtonText": "Go 1", "Body": "Go 1", "MessageType": "interactive"}
    assert (wanted | {"OriginalRepliedMessageSid": sent}).items() <= call.form.items()


def test_a_list_is_rendered_and_tapped(world: httpx.Client, product: Product) -> None:
    items = [{"item": f"Tailor {n}", "id": f"t{n}", "description": "Accra"} for n in range(10)]
    sid = content(world, {"twilio/list-picker": {"body": "Who?", "button": "Tailors", "items": items}}).json()["sid"]
    send(world, ContentSid=sid)
    assert len(world.get(f"/sandbox/phone/{AMA}").json()["messages"][-1]["rows"]) == 10
    world.post("/sandbox/say", json={"from": AMA, "list": "t4"})
    (call,) = product.wait(lambda c: "ListId" in c.form)
    assert (call.form["ListId"], call.form["ListTitle"], call.form["Body"]) == ("t4", "Tailor 4", "Tailor 4")


@pytest.mark.parametrize(
    ("sent", "code"),
    [((3, "Go {n}"), None), ((4, "Go {n}"), 63013), ((2, "A title that is far too long {n}"), 63013), ((2, "Same"), 63013)],
)
def test_limits_of_buttons_show_in_the_receipt(world: httpx.Client, sent: tuple[int, str], code: int | None) -> None:
    sid = content(world, quick_reply(sent[0])).json()["sid"]
    made = send(world, ContentSid=sid, ContentVariables=variables(*sent)).json()["sid"]
    assert final(world, made)[1] == code


def test_limits_of_templates(world: httpx.Client) -> None:
    item = {"item": "x" * 25, "id": "1"}
    assert content(world, {"twilio/list-picker": {"body": "b", "button": "c", "items": [item]}}).status_code == 400
    assert content(world, {"twilio/quick-reply": {"body": "b", "actions": [{"title": "x" * 21, "id": "1"}]}}).status_code == 400
    sid = content(world, quick_reply(1)).json()["sid"]
    assert send(world, ContentSid=sid, ContentVariables="not json").json()["code"] == 21656
    missing = send(world, ContentSid=sid).json()["sid"]
    assert final(world, missing) == ("failed", 63028)


def test_the_window_closes_for_free_text_but_not_for_approved_templates(world: httpx.Client) -> None:
    fault(world, window=True)
    sid = content(world, {"twilio/text": {"body": "Your order {{1}} is ready."}}, variables={"1": "7"}).json()["sid"]
    world.post("/sandbox/say", json={"from": AMA, "text": "hi"})
    world.post("/sandbox/clock", json={"move_s": 25 * 3600})
    assert final(world, send(world, Body="late").json()["sid"]) == ("failed", 63016)
    path = f"/twilio/v1/Content/{sid}/ApprovalRequests"
    asked = world.post(path + "/whatsapp", json={"name": "ready", "category": "UTILITY"}, auth=(ACCOUNT, TOKEN))
    assert asked.status_code == 201
    assert world.get(path, auth=(ACCOUNT, TOKEN)).json()["whatsapp"]["status"] == "approved"
    assert final(world, send(world, ContentSid=sid).json()["sid"]) == ("read", None)


def test_create_then_timeout_leaves_a_message(world: httpx.Client, product: Product) -> None:
    fault(world, twilio__create_then_timeout={"times": 1, "value": 0.1})
    with pytest.raises(httpx.HTTPError):
        send(world, Body="once", StatusCallback=product.url + "/status")
    product.wait(lambda c: c.form.get("MessageStatus") == "read")
    assert send(world, Body="twice").status_code == 201
    assert [m["body"] for m in world.get("/sandbox/sent").json()["sent"]] == ["once", "twice"]
    assert world.get("/sandbox/faults").json()["faults"]["twilio.create_then_timeout"]["fired"] == 1


def test_receipts_may_beat_the_answer_and_come_in_any_order(world: httpx.Client, product: Product) -> None:
    fault(world, twilio__receipt_before_answer=1, twilio__receipts_reordered=1, twilio__receipts_duplicated=1)
    send(world, Body="x", StatusCallback=product.url + "/status")
    assert [c.form["MessageStatus"] for c in product.calls] == ["read", "read", "delivered", "delivered", "sent", "sent"]


def test_errors_of_the_api(world: httpx.Client) -> None:
    fault(world, twilio__error_429=1, twilio__error_500_created=1, twilio__reject={"times": 1, "value": 21610})
    codes = [send(world, Body=str(n)).json().get("code") for n in range(4)]
    assert codes == [20429, 21610, 20500, None]
    assert [m["body"] for m in world.get("/sandbox/sent").json()["sent"]] == ["2", "3"]


def test_duplicate_webhooks(world: httpx.Client, product: Product) -> None:
    fault(world, twilio__duplicate_webhook={"times": 1, "value": 4})
    world.post("/sandbox/say", json={"from": AMA, "text": "again"})
    assert len({c.form["MessageSid"] for c in product.wait(lambda c: c.form.get("Body") == "again", 4)}) == 1


def test_mtn_token(world: httpx.Client) -> None:
    path = "/mtn/collection/token/"
    assert world.post(path, auth=("user", "key")).status_code == 401
    assert world.post(path, auth=("user", "no"), headers=SUBSCRIPTION).status_code == 401
    assert world.post(path, auth=("user", "key"), headers=SUBSCRIPTION, json={}).status_code == 400
    headers = mtn_headers(world)
    world.post("/sandbox/clock", json={"move_s": 3601})
    assert ask(world, headers, str(uuid.uuid4())).status_code == 401


def test_mtn_checks_a_request(world: httpx.Client) -> None:
    headers, fresh = mtn_headers(world), str(uuid.uuid4())
    assert ask(world, headers, str(uuid.uuid1())).status_code == 400
    assert ask(world, headers, fresh, payerMessage="Ama's shirt").status_code == 400
    assert ask(world, headers, fresh, payerMessage="x" * 161).status_code == 400
    assert ask(world, headers, fresh, currency="EUR").json()["code"] == "INVALID_CURRENCY"
    assert ask(world, headers, fresh, "http://elsewhere.example/x").json()["code"] == "INVALID_CALLBACK_URL_HOST"
    assert ask(world, headers | {"X-Target-Environment": "sandbox"}, fresh).json()["code"] == "NOT_ALLOWED_TARGET_ENVIRONMENT"
    assert world.get(f"/mtn/collection/v1_0/requesttopay/{fresh}", headers=headers).status_code == 404


def test_mtn_prompt_is_approved_on_the_phone(world: httpx.Client, product: Product) -> None:
    headers, reference = mtn_headers(world), str(uuid.uuid4())
    made = ask(world, headers, reference, product.url + "/webhooks/payment/mtn/abc")
    assert (made.status_code, made.content) == (202, b"")
    again = ask(world, headers, reference)
    assert (again.status_code, again.json()["code"]) == (409, "RESOURCE_ALREADY_EXIST")
    path = f"/mtn/collection/v1_0/requesttopay/{reference}"
    assert world.get(path, headers=headers).json()["status"] == "PENDING"
    (prompt,) = world.get("/sandbox/prompts", params={"msisdn": AMA}).json()["prompts"]
    assert (prompt["payee"], prompt["amount"]) == ("Sew4Mi", "80.00")
    wrong = world.post(f"/sandbox/prompts/{reference}", json={"pin": "0000"}).json()
    assert (wrong["state"], wrong["tries_left"]) == ("PENDING", 2)
    assert world.post(f"/sandbox/prompts/{reference}", json={"pin": "1234"}).json()["state"] == "SUCCESS"
    (call,) = product.wait(lambda c: c.path == "/webhooks/payment/mtn/abc")
    assert call.method == "PUT" and call.json["status"] == "SUCCESSFUL" and call.json["externalId"] == "42"
    final_body = world.get(path, headers=headers).json()
    assert final_body == call.json and final_body["amount"] == "80"
    truth = world.get("/sandbox/truth").json()
    assert truth["totals_pesewas"] == {"mtn": {"GHS": 8000}} and truth["entries"][0]["reference"] == reference
    assert world.get(f"/sandbox/wallets/{AMA}").json()["balance_pesewas"] == 492_000


def outcome(world: httpx.Client, headers: dict[str, str], reference: str) -> tuple[str, Any]:
    for _ in range(200):
        body = world.get(f"/mtn/collection/v1_0/requesttopay/{reference}", headers=headers).json()
        if body["status"] != "PENDING":
            break
        time.sleep(0.01)
    return body["status"], body.get("reason")


@pytest.mark.parametrize(
    ("msisdn", "expected"),
    [
        ("46733123450", ("FAILED", "INTERNAL_PROCESSING_ERROR")),
        ("46733123455", ("FAILED", "PAYER_NOT_FOUND")),
        ("46733123463", ("FAILED", "COULD_NOT_PERFORM_TRANSACTION")),
        ("46733999999", ("SUCCESSFUL", None)),
    ],
)
def test_mtn_test_numbers(world: httpx.Client, msisdn: str, expected: tuple[str, Any]) -> None:
    headers, reference = mtn_headers(world), str(uuid.uuid4())
    assert ask(world, headers, reference, payer={"partyIdType": "MSISDN", "partyId": msisdn}).status_code == 202
    assert outcome(world, headers, reference) == expected


def test_mtn_prompts_expire_and_money_runs_out(world: httpx.Client) -> None:
    headers, one, two = mtn_headers(world), str(uuid.uuid4()), str(uuid.uuid4())
    ask(world, headers, one)
    world.post("/sandbox/clock", json={"move_s": 301})
    assert outcome(world, headers, one) == ("FAILED", "EXPIRED")
    world.post(f"/sandbox/wallets/{AMA}", json={"balance": "10.00"})
    fault(world, mtn__auto_approve=1, mtn__reason_object=1)
    ask(world, headers, two)
    assert outcome(world, headers, two)[1]["code"] == "NOT_ENOUGH_FUNDS"


def test_mtn_faults(world: httpx.Client, product: Product) -> None:
    headers, reference = mtn_headers(world), str(uuid.uuid4())
    fault(world, mtn__timeout_created={"times": 1, "value": 0.05}, mtn__auto_approve=1)
    fault(world, mtn__wrong_amount=1, mtn__callback_repeated=1)
    with pytest.raises(httpx.HTTPError):
        ask(world, headers, reference, product.url + "/cb")
    assert ask(world, headers, reference).status_code == 409
    calls = product.wait(lambda c: c.path == "/cb", 3)
    assert {c.json["amount"] for c in calls} == {"79"}
    fault(world, mtn__timeout_not_created={"times": 1, "value": 0.05}, mtn__callback_before_answer=1)
    other = str(uuid.uuid4())
    with pytest.raises(httpx.HTTPError):
        ask(world, headers, other)
    assert world.get(f"/mtn/collection/v1_0/requesttopay/{other}", headers=headers).status_code == 404
    assert ask(world, headers, other, product.url + "/early").status_code == 202
    assert [c.json["status"] for c in product.calls if c.path == "/early"] == ["SUCCESSFUL"]


def test_mtn_late_success(world: httpx.Client) -> None:
    headers, reference = mtn_headers(world), str(uuid.uuid4())
    fault(world, mtn__late_success={"times": 1, "value": 1200})
    ask(world, headers, reference)
    world.post("/sandbox/clock", json={"move_s": 1000})
    path = f"/mtn/collection/v1_0/requesttopay/{reference}"
    assert world.get(path, headers=headers).json()["status"] == "PENDING"
    world.post("/sandbox/clock", json={"move_s": 300})
    assert outcome(world, headers, reference)[0] == "SUCCESSFUL"


VODAFONE = {"X-Api-Key": "vkey"}


def initiate(world: httpx.Client, reference: str, callback: str = "", **changes: Any) -> httpx.Response:
    body = {"reference": reference, "msisdn": "233201234567", "amount": "12.50", "currency": "GHS", "description": "Deposit"}
    return world.post("/vodafone/payment/initiate", json=body | {"callback_url": callback} | changes, headers=VODAFONE)


def test_vodafone_pays_and_signs_its_callback(world: httpx.Client, product: Product) -> None:
    made = initiate(world, "r1", product.url + "/webhooks/payment/vodafone")
    assert made.status_code == 202 and made.json()["status"] == "PENDING"
    assert initiate(world, "r1").json()["error"] == "DUPLICATE_REFERENCE"
    assert world.post("/sandbox/prompts/r1", json={"pin": "4321"}).json()["state"] == "SUCCESS"
    (call,) = product.wait(lambda c: c.path == "/webhooks/payment/vodafone")
    stamp = call.headers["x-timestamp"]
    expected = hmac.new(SECRET.encode(), stamp.encode() + b"." + call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-signature"] == expected == vodafone_signature(SECRET, stamp, call.body)
    status = world.get("/vodafone/payment/status/r1", headers=VODAFONE).json()
    assert status == call.json
    assert (status["status"], status["amount"], status["transaction_id"]) == ("SUCCESS", "12.50", made.json()["transaction_id"])


def test_vodafone_refuses_and_fails(world: httpx.Client, product: Product) -> None:
    assert initiate(world, "r1", amount="12.5").status_code == 400
    assert world.post("/vodafone/payment/initiate", json={}).status_code == 401
    assert world.get("/vodafone/payment/status/none", headers=VODAFONE).status_code == 404
    fault(world, vodafone__error_429=1, vodafone__callback_forged=1)
    assert initiate(world, "r2").json()["error"] == "TOO_MANY_REQUESTS"
    initiate(world, "r2", product.url + "/cb")
    (forged,) = product.wait(lambda c: c.path == "/cb")
    assert forged.json["status"] == "SUCCESS"
    assert forged.headers["x-signature"] != vodafone_signature(SECRET, forged.headers["x-timestamp"], forged.body)
    world.post("/sandbox/prompts/r2", json={"decline": True})
    assert world.get("/vodafone/payment/status/r2", headers=VODAFONE).json()["reason"] == "DECLINED"
    assert world.get("/sandbox/truth").json()["entries"] == []


def test_control(world: httpx.Client) -> None:
    assert world.post("/sandbox/faults", json={"no.such": 1}).status_code == 400
    assert world.post("/sandbox/faults", json={"window": "yes"}).status_code == 400
    assert world.post("/sandbox/say", data={"from": AMA, "text": "x"}).status_code == 415
    assert world.post("/sandbox/say", json={"from": AMA, "tap": "nothing"}).status_code == 400
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(world.get, f"/sandbox/phone/{AMA}?after=0&wait_s=5")
        send(world, Body="hello")
        assert [m["body"] for m in waiting.result().json()["messages"]] == ["hello"]
    assert world.get("/sandbox/counts").json()["counts"]["twilio.created"] == 1
    assert world.get("/play").status_code == 200
    tables = world.get("/sandbox/drawer", params={"phone": AMA}).json()["tables"]
    assert tables and all(t["error"] for t in tables)


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_jpegs(name: str) -> None:
    assert jpeg(name).startswith(b"\xff\xd8\xff")


def test_a_photo_in_base64(world: httpx.Client, product: Product) -> None:
    photo = "data:image/jpeg;base64," + base64.b64encode(jpeg("style")).decode()
    world.post("/sandbox/say", json={"from": AMA, "image": photo})
    (call,) = product.wait(lambda c: c.form.get("NumMedia") == "1")
    assert httpx.get(httpx.get(call.form["MediaUrl0"], auth=(ACCOUNT, TOKEN)).headers["location"]).content == jpeg("style")
