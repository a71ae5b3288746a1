"""Twilio's signature and receipts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from bot.channels import twilio
from bot.channels._twilio_signature import Signature
from bot.messages import Request

CALL = (
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
)
TWICE = (("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234"))
PATH = "/myapp.php?foo=1&bar=2"
VECTORS = [
    ("https://mycompany.com", CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("https://mycompany.com:443", CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    ("https://mycompany.com", CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    ("https://mycompany.com:443", CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("http://mycompany.com:80", CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    ("http://mycompany.com:1234", CALL, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ("https://mycompany.com", TWICE, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
]


def asked(signature: str | None, form: tuple[tuple[str, str], ...] = (), path: str = PATH, body: bytes = b"") -> Request:
    headers = {} if signature is None else {"x-twilio-signature": signature}
    return Request("POST", path, headers, body, form)


@pytest.mark.parametrize(("url", "form", "signature"), VECTORS)
def test_known_signatures_fit(url: str, form: tuple[tuple[str, str], ...], signature: str) -> None:
    check = Signature(("12345",), url)
    assert check.fits(asked(signature, form))
    assert check.fits(asked(signature, form[::-1]))
    assert not check.fits(asked(signature, (*form, ("More", ""))))
    assert not check.fits(asked(signature, form, PATH + "&x=1"))
    assert not Signature(("12346",), url).fits(asked(signature, form))
    assert Signature(("new", "12345"), url).fits(asked(signature, form))


def test_a_json_body_is_signed_by_its_hash() -> None:
    body = b'{"property": "value", "boolean": true}'
    path = PATH + "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
    check = Signature(("12345",), "https://mycompany.com")
    assert check.fits(asked("a9nBmqA0ju/hNViExpshrM61xv4=", path=path, body=body))
    assert not check.fits(asked("a9nBmqA0ju/hNViExpshrM61xv4=", path=path, body=body + b" "))
    unhashed = RequestValidator("12345").compute_signature("https://mycompany.com" + PATH, {})
    assert check.fits(asked(unhashed))
    assert not check.fits(asked(unhashed, body=b"{}"))


@pytest.mark.parametrize("signature", [None, "", " ", "é", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "\ud800", "=" * 9999])
def test_a_missing_or_strange_signature_fails(signature: str | None) -> None:
    assert not Signature(("12345",), "https://mycompany.com").fits(asked(signature, CALL))


def test_without_a_token_nothing_fits() -> None:
    empty = RequestValidator("").compute_signature("https://mycompany.com" + PATH, dict(CALL))
    assert not Signature(("", ""), "https://mycompany.com").fits(asked(empty, CALL))


NAMES = st.text(st.characters(codec="utf-8"), max_size=8)


@given(
    form=st.lists(st.tuples(NAMES, NAMES), max_size=6),
    port=st.sampled_from(["", ":443", ":8443"]),
    query=st.sampled_from(["", "?", "?a=b&c"]),
)
def test_it_agrees_with_the_sdk(form: list[tuple[str, str]], port: str, query: str) -> None:
    sdk, url = RequestValidator("12345"), f"https://sew4mi.example{port}/base"
    pairs = MultiDict(form)
    signature = sdk.compute_signature(url + "/webhooks/twilio" + query.removesuffix("?"), pairs)
    request = asked(signature, tuple(form), "/webhooks/twilio" + query)
    assert Signature(("12345",), url).fits(request)
    assert sdk.validate(url + request.path, pairs, signature)
    assert not Signature(("12345",), url).fits(asked(signature, (*form, ("x", "not signed")), request.path))


ADAPTER = twilio.Twilio(
    twilio.TwilioConfig(account_sid="AC1", auth_token="12345", whatsapp_number="whatsapp:+233302000000"),
    public_url="https://x.example",
)


def receipt(path: str = "/webhooks/twilio/status?outbox=42", **form: str) -> Any:
    return ADAPTER.read_receipt(asked("", tuple({"MessageSid": "SM1", **form}.items()), path))


@pytest.mark.parametrize(("theirs", "ours"), twilio.STATUSES.items())
def test_every_status(theirs: str, ours: str) -> None:
    found = receipt(MessageStatus=theirs)
    assert (found.channel, found.provider_id, found.status, found.outbox_id) == ("twilio", "SM1", ours, 42)
    assert found.outcome == ("give_up" if ours == "failed" else "ok")


@pytest.mark.parametrize("status", ["", "huh", "received", "receiving", "partially_delivered"])
def test_other_statuses_say_nothing(status: str) -> None:
    assert receipt(MessageStatus=status) is None


@pytest.mark.parametrize(
    "path", ["/s", "/s?outbox=", "/s?outbox=x", "/s?outbox=-1", "/s?outbox=" + "9" * 99, "/s?outbox=٤", "//[", ""]
)
def test_a_receipt_without_our_id(path: str) -> None:
    assert receipt(path, MessageStatus="sent").outbox_id is None


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("63016", "window_closed"), ("21610", "opted_out"), ("63018", "retry"), ("63009", "retry"), ("63013", "plain_text"),
        ("63021", "plain_text"), ("63024", "give_up"), ("63033", "give_up"), ("99999", "give_up"), ("x", "give_up"), ("", "give_up"),
    ],
)  # fmt: skip
def test_error_codes(code: str, outcome: str) -> None:
    found = receipt(MessageStatus="undelivered", ErrorCode=code)
    assert (found.error, found.outcome) == (code, outcome)


def test_an_error_code_on_a_message_that_went_through_is_no_error() -> None:
    assert receipt(MessageStatus="sent", ErrorCode="63016").outcome == "ok"


@pytest.mark.parametrize("number", ["+233302000000", "whatsapp:+233302000000", "233302000000"])
def test_the_number_is_accepted_in_every_form(number: str) -> None:
    hosts: Any = "a.example, B.example"
    config = twilio.TwilioConfig(account_sid="AC1", auth_token="x", whatsapp_number=number, media_hosts=hosts)
    assert config.whatsapp_number == "whatsapp:+233302000000"
    assert config.media_hosts == ("a.example", "b.example")


@pytest.mark.parametrize("number", ["", "GH.123", "whatsapp:", "abc"])
def test_another_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="whatsapp"):
        twilio.TwilioConfig(account_sid="AC1", auth_token="x", whatsapp_number=number)
