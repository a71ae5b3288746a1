"""Downloads: only from hosts we know, with credentials on the first hop only, capped, and believed by their bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.channels import Undelivered
from bot.channels._filetypes import type_of
from bot.channels._twilio_media import Downloads
from bot.channels._twilio_rest import kept_session
from bot.channels.twilio import MEDIA_HOSTS, Twilio, TwilioConfig
from bot.messages import Media
from tests.loopback import Answer, Asked, Server, closed_port, serving

JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 200


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(lambda asked: Answer(200, JPEG)) as found:
        yield found


def channel(url: str, **settings: Any) -> tuple[Twilio, list[float]]:
    config = TwilioConfig(account_sid="AC1", auth_token="t", whatsapp_number="+233302000000", api_url=url, **settings)
    naps: list[float] = []
    return Twilio(config, public_url="https://x.example", sleep=naps.append), naps


def refused(adapter: Twilio, url: str) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        adapter.fetch(Media(url, "image/jpeg"))
    assert not caught.value.unknown
    return caught.value


def test_a_photo_with_a_redirect(server: Server) -> None:
    server.answer = lambda a: Answer(200, JPEG) if a.path == "/cdn/x" else Answer(307, b"", {"Location": "/cdn/x"})
    file = channel(server.url)[0].fetch(Media(server.url + "/Media/ME1", "application/pdf"))
    assert (file.content, file.content_type) == (JPEG, "image/jpeg")
    assert server.asked[0].headers["authorization"].startswith("Basic ")
    assert "authorization" not in server.asked[1].headers


def test_a_redirect_to_elsewhere_on_loopback_carries_no_credentials(server: Server) -> None:
    with serving(lambda a: Answer(302, b"", {"Location": server.url.replace("127.0.0.1", "localhost") + "/cdn"})) as api:
        assert channel(api.url)[0].fetch(Media(api.url + "/ME1", "")).content == JPEG
    assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest", "https://evil.example/x", "file:///etc/passwd", "", "//x", "http://[::1]/x", "gopher://127.0.0.1/",
        "https://api.twilio.com@evil.example/x", "https://evil.example\\@api.twilio.com/x", "http://mms.twiliocdn.com/x",
        "https://mms.twiliocdn.com:8443/x", "https://twilio.com.evil.example/x", "https://eviltwilio.com/x", "https://api.twilio.com /x",
        "HTTPS://evil.example", "https://api.twilio.com:99999999/x", "https://\u0430pi.twilio.com/x",
    ],
)  # fmt: skip
def test_other_hosts_are_never_asked(server: Server, url: str) -> None:
    adapter, _ = channel(server.url)
    assert refused(adapter, url).outcome == "give_up"
    server.answer = lambda a: Answer(302, b"", {"Location": url.encode("ascii", "ignore").decode() or "https://evil.example"})
    if url.isascii() and url not in ("", "//x"):
        assert refused(adapter, server.url + "/x").outcome == "give_up"
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://api.twilio.com/x", True), ("https://mms.twiliocdn.com/x?a=b%20c", True), ("https://media.us1.twilio.com/x", True),
        ("https://s3-external-1.amazonaws.com/x", True), ("https://s3.amazonaws.com/x", False), ("http://127.0.0.1/x", False),
        ("http://localhost/x", False), ("http://api.twilio.com/x", False), ("https://twilio.com/x", False),
    ],
)  # fmt: skip
def test_hosts_of_the_real_thing(url: str, allowed: bool) -> None:
    downloads = Downloads(kept_session(), "https://api.twilio.com", ("AC1", "t"), MEDIA_HOSTS, 10)
    assert downloads._allowed(url) is allowed


def test_endless_redirects(server: Server) -> None:
    server.answer = lambda a: Answer(307, b"", {"Location": "/again"})
    assert refused(channel(server.url)[0], server.url + "/x").outcome == "give_up"
    assert len(server.asked) == 4


def test_a_file_that_is_not_ready_yet(server: Server) -> None:
    answers = iter([Answer(404), Answer(404), Answer(200, JPEG)])
    server.answer = lambda a: next(answers)
    adapter, naps = channel(server.url)
    assert adapter.fetch(Media(server.url + "/x", "")).content == JPEG
    assert naps == [0.5, 1.0]


@pytest.mark.parametrize(
    ("answer", "outcome", "asked"),
    [
        (Answer(404), "retry", 3), (Answer(500), "retry", 1), (Answer(401), "retry", 1), (Answer(403), "retry", 1), (Answer(429), "retry", 1),
        (Answer(410), "give_up", 1), (Answer(200, b"<html>no</html>"), "give_up", 1), (Answer(200, b""), "give_up", 1),
        (Answer(200, JPEG * 600), "give_up", 1), (Answer(broken=True), "retry", 1),
        (Answer(200, JPEG, {"Content-Length": "900"}, wait=None), "retry", 1),
    ],
)  # fmt: skip
def test_trouble(server: Server, monkeypatch: pytest.MonkeyPatch, answer: Answer, outcome: str, asked: int) -> None:
    monkeypatch.setattr("bot.channels._twilio_media.READ_S", 0.2)
    server.answer = lambda a: answer
    assert refused(channel(server.url, media_cap_bytes=100_000)[0], server.url + "/x").outcome == outcome
    assert len(server.asked) == asked


def test_nobody_listening() -> None:
    url = closed_port()
    assert refused(channel(url)[0], url + "/x").outcome == "retry"


def test_an_api_key_is_used_where_there_is_one(server: Server) -> None:
    def basic(asked: Asked) -> str:
        return asked.headers["authorization"]

    channel(server.url)[0].fetch(Media(server.url + "/x", ""))
    channel(server.url, api_key="SK1", api_secret="s")[0].fetch(Media(server.url + "/x", ""))
    assert basic(server.asked[0]) != basic(server.asked[1])


@pytest.mark.parametrize(
    ("start", "claimed", "kind"),
    [
        (b"\xff\xd8\xff\xdb", "", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "", "image/png"), (b"RIFF\x01\0\0\0WEBPVP8 ", "", "image/webp"),
        (b"GIF89a", "", "image/gif"), (b"OggS\0\x02", "", "audio/ogg"), (b"ID3\x04", "", "audio/mpeg"), (b"\xff\xfb\x90\x44", "", "audio/mpeg"),
        (b"RIFF\x01\0\0\0WAVEfmt ", "", "audio/wav"), (b"\0\0\0\x20ftypisom", "video/mp4", "video/mp4"),
        (b"\0\0\0\x20ftypisom", "audio/mp4", "audio/mp4"), (b"\0\0\0\x20ftypM4A ", "", "audio/mp4"), (b"\0\0\0\x18ftyp3gp4", "", "video/3gpp"),
        (b"\0\0\0\x18ftyp3gp4", "audio/3gpp", "audio/3gpp"), (b"#!AMR\n", "", "audio/amr"), (b"\xff\xf1\x50\x80", "", "audio/aac"),
        (b"%PDF-1.7", "", "application/pdf"), (b"BEGIN:VCARD\r\n", "", "text/vcard"), (b"<!doctype html>", "image/jpeg", None),
        (b"MZ\x90\0", "image/png", None), (b"RIFF\x01\0\0\0AVI ", "", None), (b"", "", None), (b"\xff", "", None), (b"\xff\xfeh\0i\0", "", None),
        (b"PK\x03\x04", "application/pdf", None), (b'{"code": 20404}', "image/jpeg", None),
    ],
)  # fmt: skip
def test_the_bytes_decide(start: bytes, claimed: str, kind: str | None) -> None:
    assert type_of(start, claimed) == kind
