"""What a person does with the phone, as the form fields Twilio makes of it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sandbox.clips import CLIPS, LONGEST, VOICE, aloud, clip
from sandbox.phones import Phones
from sandbox.samples import SAMPLES, jpeg, sticker
from sandbox.voice_notes import as_ogg

FILE_LIMIT = 16 * 1024 * 1024
ACCRA = {"latitude": 5.556, "longitude": -0.1969, "label": "Makola Market", "address": "Kojo Thompson Road, Accra"}
TINY_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
TINY_MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00\x00\x00\x08mdat"


class Unclear(Exception):
    """The control call does not say what is sent."""


@dataclass(slots=True)
class Saying:
    """One inbound message before it has an id. `seen` is what the phone's own bubble shows beside the body; `spoken` makes its voice note, slowly."""

    kind: str
    body: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)
    file: tuple[str, bytes, str] | None = None  # content type, bytes, name
    spoken: Callable[[], bytes] | None = None


def read(spec: dict[str, Any], phones: Phones, phone: str) -> Saying:
    """Finds what is said in a control call. Raises Unclear."""
    for kind, reader in _READERS.items():
        if spec.get(kind) is not None:
            return reader(spec, phones, phone)
    raise Unclear("one of " + ", ".join(_READERS))


def _text(spec: dict[str, Any], phones: Phones, phone: str) -> Saying:
    return Saying("text", str(spec["text"]), {"MessageType": "text"})


def _tap(spec: dict[str, Any], phones: Phones, phone: str) -> Saying:
    return _chosen(spec["tap"], phones, phone, row=False)


def _list(spec: dict[str, Any], phones: Phones, phone: str) -> Saying:
    return _chosen(spec["list"], phones, phone, row=True)


def _chosen(wanted: Any, phones: Phones, phone: str, *, row: bool) -> Saying:
    """A tap by id or label on the newest message that offers it; {"id", "title", "sid"} taps what the caller says."""
    if isinstance(wanted, dict):
        choice = {"id": str(wanted.get("id", "")), "title": str(wanted.get("title") or wanted.get("id", ""))}
        choice["description"] = str(wanted.get("description") or "")
        sid = str(wanted.get("sid") or "")
        row = bool(wanted.get("row", row))
    else:
        found = phones.offered(phone, str(wanted))
        if found is None:
            raise Unclear(f"nothing to tap is called {wanted!r}")
        message, choice, row = found
        sid = message.sid
    if row:
        fields = {"ListId": choice["id"], "ListTitle": choice["title"]}
        if choice.get("description"):
            fields["ListDescription"] = choice["description"]
    else:
        fields = {"ButtonText": choice["title"], "ButtonPayload": choice["id"], "ButtonType": "REPLY"}
    fields["MessageType"] = "interactive"
    if sid in phones.by_sid:
        fields |= {"OriginalRepliedMessageSid": sid, "OriginalRepliedMessageSender": phones.by_sid[sid].sender}
    return Saying("tap", choice["title"], fields, {"choice": choice["id"], "reply_to": sid})


def _bytes(value: Any) -> tuple[bytes, str]:
    """Base64 or a data: URL: (bytes, content type or ""). Raises Unclear."""
    text = str(value)
    content_type = ""
    if text.startswith("data:"):
        head, _, text = text.partition(",")
        content_type = head[5:].split(";")[0]
    if len(text) > FILE_LIMIT * 4 // 3 + 4:
        raise Unclear("a file of at most 16 MB")
    try:
        return base64.b64decode(text, validate=True), content_type
    except binascii.Error:
        raise Unclear("base64 or the name of a sample") from None


def _image(spec: dict[str, Any], phones: Phones, phone: str) -> Saying:
    if spec["image"] in SAMPLES:
        content, content_type = jpeg(spec["image"]), "image/jpeg"
    else:
        content, _ = _bytes(spec["image"])
        content_type = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    content_type = str(spec.get("content_type") or content_type)
    caption = str(spec.get("caption") or spec.get("text") or "")
    return Saying("image", caption, {"MessageType": "image"}, file=(content_type, content, ""))


def _voice(spec: dict[str, Any], phones: Phones, phone: str) -> Saying:
    """A recording, {"clip": a sample's name}, {"says": words}, or the words themselves."""
    value, heard = spec["voice"], Saying("voice", "", {"MessageType": "audio"})
    if isinstance(value, dict):
        if "clip" not in value:
            heard.spoken = partial(aloud, str(value.get("says", ""))[:LONGEST], str(value.get("voice") or VOICE))
        elif (name := str(value["clip"])) in CLIPS:
            heard.spoken = partial(clip, name)
        else:
            raise Unclear(f"no clip is called {name!r}; there are " + ", ".join(CLIPS))
        return heard
    try:
        content, _ = _bytes(value)
    except Unclear:
        content = b""
    if content.startswith((b"OggS", b"\x1a\x45\xdf\xa3", b"ID3", b"RIFF", b"\xff\xfb", b"\x00\x00\x00")):
        heard.file = (str(spec.get("content_type") or "audio/ogg"), as_ogg(content), "")
    else:
        heard.spoken = partial(aloud, str(value)[:LONGEST])
    return heard


def _file(kind: str, content_type: str, sample: Callable[[], bytes]) -> Any:
    def reader(spec: dict[str, Any], phones: Phones, phone: str) -> Saying:
        given = spec[kind]
        content = sample() if given in (True, "sample") else _bytes(given)[0]
        name = str(spec.get("filename") or "") if kind == "document" else ""
        body = name or str(spec.get("caption") or "")
        made = (str(spec.get("content_type") or content_type), content, name)
        return Saying(kind, body, {"MessageType": kind}, {"filename": name} if name else {}, file=made)

    return reader


def _location(spec: dict[str, Any], phones: Phones, phone: str) -> Saying:
    place: dict[str, Any] = spec["location"] if isinstance(spec["location"], dict) else ACCRA
    try:
        fields = {"Latitude": str(float(place["latitude"])), "Longitude": str(float(place["longitude"]))}
    except (KeyError, TypeError, ValueError):
        raise Unclear("a location needs latitude and longitude") from None
    fields |= {k.capitalize(): str(place[k]) for k in ("label", "address") if place.get(k)} | {"MessageType": "location"}
    return Saying("location", "", fields, {"location": place})


def _contact(spec: dict[str, Any], phones: Phones, phone: str) -> Saying:
    card = spec["contact"] if isinstance(spec["contact"], dict) else {}
    name, number = card.get("name", "Auntie Efua"), card.get("phone", "+233241110022")
    telephone = f"TEL;type=CELL;waid={number[1:]}:{number}"
    vcard = "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", f"N:;{name};;;", f"FN:{name}", telephone, "END:VCARD", ""]).encode()
    return Saying("contact", "", {"MessageType": "contacts"}, {"name": name}, file=("text/vcard", vcard, ""))


def _unsupported(spec: dict[str, Any], phones: Phones, phone: str) -> Saying:
    kind = spec["unsupported"] if isinstance(spec["unsupported"], str) else "unsupported"
    metadata = json.dumps({"type": "whatsapp", "data": {"type": kind}})
    return Saying("unsupported", "", {"MessageType": kind, "ChannelMetadata": metadata})


_READERS = {
    "tap": _tap, "list": _list, "image": _image, "voice": _voice, "location": _location, "contact": _contact,
    "document": _file("document", "application/pdf", lambda: TINY_PDF), "video": _file("video", "video/mp4", lambda: TINY_MP4),
    "sticker": _file("sticker", "image/webp", sticker), "unsupported": _unsupported, "text": _text,
}  # fmt: skip
