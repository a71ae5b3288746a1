"""Reads what a file is from its first bytes, because senders and providers may claim anything."""

from __future__ import annotations

_STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
    (b"%PDF-", "application/pdf"),
    (b"BEGIN:VCARD", "text/vcard"),
)


def type_of(content: bytes, claimed: str = "") -> str | None:
    """The media type, None when unknown (HTML, text, programs). `claimed` only tells sound from film inside an MP4 or 3GP box."""
    for start, kind in _STARTS:
        if content.startswith(start):
            return kind
    if content[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(content[8:12])
    if content[4:8] == b"ftyp":
        return _boxed(content[8:12], claimed)
    return _bare_audio(content[:2])


def _boxed(brand: bytes, claimed: str) -> str:
    family = "audio" if brand in (b"M4A ", b"M4B ") or claimed.lower().startswith("audio/") else "video"
    return f"{family}/3gpp" if brand[:2] == b"3g" else f"{family}/mp4"


def _bare_audio(head: bytes) -> str | None:
    """MP3 and AAC without a container start with eleven set bits; the two layer bits tell them apart."""
    if len(head) < 2 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    return "audio/mpeg" if head[1] & 0xE6 == 0xE2 else None
