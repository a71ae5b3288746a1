"""Turns Twilio's inbound form into one Incoming, whatever the form holds."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from bot.messages import CHOICE_ID, Incoming, Kind, Location, Media

TEXT_LIMIT, NAME_LIMIT, LABEL_LIMIT, ID_LIMIT, URL_LIMIT, JSON_LIMIT = 4096, 80, 200, 64, 2048, 20_000

#: What a media type means to us; the part before the slash decides where the whole type is not listed.
KIND_OF_TYPE: dict[str, Kind] = {
    "image/webp": "sticker",
    "text/vcard": "contact",
    "text/x-vcard": "contact",
    "text/directory": "contact",
    "application/ogg": "audio",
    "image": "image",
    "audio": "audio",
    "video": "video",
}
#: What MessageType means for a file without a media type.
KIND_OF_NAME: dict[str, Kind] = {
    "contacts": "contact",
    "sticker": "sticker",
    "image": "image",
    "audio": "audio",
    "video": "video",
}
#: Message types without words of their own, even when Twilio puts something into Body (a reaction is not an answer).
WORDLESS = frozenset({"reaction", "unsupported", "unknown", "delete", "revoke", "poll", "poll_update", "system"})

_PHONE = re.compile(r"\+?([1-9][0-9]{4,14})")
_BUSINESS_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # PostgreSQL refuses NUL and half characters


def incoming(channel: str, form: dict[str, str]) -> Incoming | None:
    """The message in a form, None when it is a status report or names nobody who sent it."""
    provider_id = line(first(form, "MessageSid", "SmsMessageSid", "SmsSid"), ID_LIMIT)
    sender, alias = _people(form)
    if not provider_id or not sender or form.get("MessageStatus"):
        return None
    media, place, tap = _media(form), _place(form), _tap(form)
    words = clean(form.get("Body", ""), TEXT_LIMIT) or clean(form.get("ButtonText") or form.get("ListTitle", ""), TEXT_LIMIT)
    return Incoming(
        channel=channel,
        provider_id=provider_id,
        sender=sender,
        alias=alias,
        name=line(form.get("ProfileName", ""), NAME_LIMIT),
        kind=_kind(form, words, tap, media, place),
        text=words,
        tap=tap,
        media=media,
        location=place,
        quoted=line(form.get("OriginalRepliedMessageSid", ""), ID_LIMIT),
    )


def clean(text: str, limit: int) -> str:
    """The text without characters nobody can see or store, cut to `limit` characters."""
    return _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:limit].strip()


def line(text: str, limit: int) -> str:
    return " ".join(clean(text, limit).split())


def first(form: dict[str, str], *names: str) -> str:
    return next((form[n] for n in names if form.get(n, "").strip()), "")


def address(text: str) -> str:
    """ "+233241234567" or "GH.4566…" from any form Twilio writes them in; "" when it is neither."""
    text = text.strip().removeprefix("whatsapp:").strip()
    if match := _PHONE.fullmatch(text):
        return "+" + match[1]
    return text if _BUSINESS_ID.fullmatch(text) else ""


def _people(form: dict[str, str]) -> tuple[str, str]:
    """Who wrote, and the same person's other address when the message carries a phone and a business-scoped id."""
    found = [a for name in ("From", "WaId", "ExternalUserId") if (a := address(form.get(name, "")))]
    if not found:
        return "", ""
    return found[0], next((a for a in found if a.startswith("+") != found[0].startswith("+")), "")


def _kind(form: dict[str, str], words: str, tap: str, media: Media | None, place: Location | None) -> Kind:
    said = line(form.get("MessageType", ""), ID_LIMIT).lower()
    if tap:
        return "tap"
    if media:
        return _kind_of_media(media.content_type, said)
    if place:
        return "location"
    return "text" if words and said not in WORDLESS else "unsupported"


def _kind_of_media(content_type: str, said: str) -> Kind:
    if not content_type:
        return KIND_OF_NAME.get(said, "document")
    return KIND_OF_TYPE.get(content_type) or KIND_OF_TYPE.get(content_type.partition("/")[0], "document")


def _media(form: dict[str, str]) -> Media | None:
    """WhatsApp sends one file per message; a voice note says "audio/ogg; codecs=opus" and only the first part counts."""
    url = line(form.get("MediaUrl0", ""), URL_LIMIT)
    kind = line(form.get("MediaContentType0", ""), ID_LIMIT).partition(";")[0].strip().lower()
    return Media(url=url, content_type=kind) if url else None


def _place(form: dict[str, str]) -> Location | None:
    """A place; a dropped pin has no label. Tema lies on the meridian, so "1.2E-5" is a real longitude."""
    try:
        latitude, longitude = float(form["Latitude"][:40]), float(form["Longitude"][:40])
    except (KeyError, ValueError):
        return None
    if not (math.isfinite(latitude) and math.isfinite(longitude) and abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    names = [line(form.get(n, ""), LABEL_LIMIT) for n in ("Label", "Address")]
    return Location(latitude, longitude, ", ".join(dict.fromkeys(n for n in names if n))[:LABEL_LIMIT])


def _tap(form: dict[str, str]) -> str:
    """The id of what was tapped. A tap that carries no id stays plain text: its title is in Body or ButtonText."""
    tapped = first(form, "ButtonPayload", "ListId")
    return clean(tapped or _tap_in(form.get("InteractiveData", "")) or _tap_in(form.get("ChannelMetadata", "")), CHOICE_ID)


def _tap_in(text: str) -> str:
    try:
        return _reply_id(json.loads(text), depth=6) if 2 < len(text) <= JSON_LIMIT else ""
    except (ValueError, RecursionError):
        return ""


def _reply_id(data: Any, *, depth: int) -> str:
    """Looks for {"list_reply": {"id": …}} or its button sister, wherever Twilio nests it this year."""
    if not isinstance(data, dict) or not depth:
        return ""
    for name in ("list_reply", "listReply", "button_reply", "buttonReply"):
        reply = data.get(name)
        if isinstance(reply, dict) and isinstance(reply.get("id"), str):
            return str(reply["id"])
    return next((found for value in data.values() if (found := _reply_id(value, depth=depth - 1))), "")
