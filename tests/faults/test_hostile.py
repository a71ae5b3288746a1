"""Random and hostile webhooks: with a genuine signature never a 5xx, without one always 403, whatever the body holds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels._twilio_signature import signed_form
from bot.spool import form_of
from tests.fakes import TOKEN
from tests.stage import Stage

NAMES = (
    "MessageSid", "SmsMessageSid", "SmsSid", "From", "To", "WaId", "ExternalUserId", "ProfileName", "Body", "NumMedia", "MediaUrl0",
    "MediaContentType0", "MessageType", "ButtonPayload", "ButtonText", "ListId", "ListTitle", "Latitude", "Longitude", "Label", "Address",
    "InteractiveData", "ChannelMetadata", "OriginalRepliedMessageSid", "MessageStatus", "ErrorCode", "AccountSid", "EventType",
)  # fmt: skip
VALUES = (
    "", "0", "-1", "1", "\0", "a\0b", "\ud7ff\ufeff\u202e", "💃" * 500, "x" * 70_000, "whatsapp:+233241234567", "whatsapp:",
    "+", "NaN", "inf", "1e999", "90.1",
    "[]", "{}", "null", '{"list_reply": {"id": 7}}', '{"a":' * 900, "hello", "order", "'; DROP TABLE person; --", "{{1}}", "%s %d %(x)s",
    "../../etc/passwd",
    "http://127.0.0.1/", "file:///etc/passwd", "read", "failed", "delivered", "63016", "9" * 400, "½", "١٢٣", "yes", "stop", "SM" + "0" * 32,
)  # fmt: skip
TYPES = ("application/x-www-form-urlencoded", "application/json", "text/plain", "multipart/form-data; boundary=x", "multipart/form-data", "", "\xff")
PATHS = [f"/webhooks/twilio{more}" for more in ("", "?a=1&a=2", "/status", "/status?outbox=1", "/status?outbox=x%00")]
STRANGE = ["//", "/media/x", "/media/1-é.jpg", *(f"/webhooks/{more}" for more in ("", "nobody", "twilio/", "../app.py", "%00", "%ff"))]
WORDS = st.text(max_size=40) | st.sampled_from(VALUES)
FIELDS = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=20), WORDS), max_size=25)
FORMS = FIELDS | FIELDS.map(lambda fields: [("MessageSid", f"SM{abs(hash(str(fields))):032x}"), ("From", "whatsapp:+233241234567"), *fields])
BODIES = (
    FORMS.map(lambda form: urlencode(form, errors="replace").encode()) | st.binary(max_size=400)
    | st.lists(st.sampled_from([b"%", b"%zz", b"%00", b"=", b"&", b"&&", b"%ff%fe", b"+", b"From", b"Body=", b"\xc3"])).map(b"".join)
    | st.recursive(st.none() | st.integers() | st.text(max_size=9), lambda x: st.lists(x) | st.dictionaries(st.text(max_size=9), x)).map(
        lambda found: json.dumps(found).encode()
    )
)  # fmt: skip
EAGER = settings(max_examples=2500, deadline=None, suppress_health_check=list(HealthCheck), database=None)


def post(stage: Stage, path: str, body: bytes, content_type: str, signature: str | None) -> Any:
    headers = {"X-Twilio-Signature": signature} if signature is not None else {}
    return stage.web.open(path, method="POST", input_stream=io.BytesIO(body), content_length=len(body), content_type=content_type, headers=headers)


def signature(path: str, body: bytes, content_type: str) -> str:
    """As Twilio would sign it: the form, or the URL alone when the body is none."""
    form = signed_form(form_of(body)) if content_type == TYPES[0] else ""
    return base64.b64encode(hmac.digest(TOKEN.encode(), f"https://bot.example{path}{form}".encode("utf-8", "surrogatepass"), "sha1")).decode()


def hashed(path: str, body: bytes) -> str:
    """A body that is no form travels with its hash in the query."""
    return path + ("&" if "?" in path else "?") + "bodySHA256=" + hashlib.sha256(body).hexdigest()




@pytest.mark.parametrize("part", range(2))
@pytest.mark.xdist_group("hostile")
def test_genuine_rubbish_is_swallowed(stage: Stage, part: int, caplog: pytest.LogCaptureFixture) -> None:
    stage.web.application.config["PROPAGATE_EXCEPTIONS"] = False

    @EAGER
    @given(path=st.sampled_from(PATHS), body=BODIES, content_type=st.sampled_from(TYPES[:4]))
    def swallowed(path: str, body: bytes, content_type: str) -> None:
        if content_type != TYPES[0] or not form_of(body):
            path = hashed(path, body)
        answer = post(stage, path, body, content_type, signature(path, body, content_type))
        assert answer.status_code in (200, 204), answer.status

    swallowed()
    assert not [record for record in caplog.records if record.levelname == "ERROR"], "a message was rubbish to us, or we have a bug"


@pytest.mark.parametrize("part", range(2))
@pytest.mark.xdist_group("hostile")
def test_nobody_else_gets_in(stage: Stage, part: int) -> None:
    stage.web.application.config["PROPAGATE_EXCEPTIONS"] = False

    @EAGER
    @given(path=st.sampled_from(PATHS), body=BODIES, content_type=st.sampled_from(TYPES), forged=st.none() | st.sampled_from(VALUES[:6]) | st.text())
    def kept_out(path: str, body: bytes, content_type: str, forged: str | None) -> None:
        plain = None if forged is None else forged.encode("ascii", "ignore").decode().translate(dict.fromkeys(range(32)))
        assert post(stage, path, body, content_type, plain).status_code == 403

    kept_out()


@pytest.mark.xdist_group("hostile")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (urlencode([(f"n{n}", "v") for n in range(10_000)]).encode(), 403),
        (b"Body=" + b"x" * 1_000_000, 200), (b"Body=" + b"x" * 1_100_000, 413), (b"&" * 100_000, 403),
        (urlencode({"MessageSid": "SM1", "From": "whatsapp:+233241234567", "Body": "\0"}).encode(), 200),
        (b"MessageSid=SM2&From=whatsapp%3A%2B233241234567&Body=%ff%fe%00%c3", 200),
        (b"MessageSid=SM3&MessageSid=SM4&From=whatsapp%3A%2B233241234567&From=whatsapp%3A%2B233241234568&Body=a&Body=b", 200),
    ],
    ids=["10,000 fields", "1 MB", "more than 1 MB", "separators", "NUL", "broken utf-8", "repeated keys"],
)  # fmt: skip
def test_known_tricks(stage: Stage, body: bytes, status: int) -> None:
    try:
        signed = signature("/webhooks/twilio", body, TYPES[0])
    except ValueError:
        signed = "no form"
    assert post(stage, "/webhooks/twilio", body, TYPES[0], signed).status_code == status


@pytest.mark.xdist_group("hostile")
@pytest.mark.parametrize("path", STRANGE)
def test_strange_paths(stage: Stage, path: str) -> None:
    assert stage.web.get(path).status_code in (301, 308, 404, 405)
    assert stage.web.post(path, data=b"x").status_code in (301, 308, 403, 404, 405)
