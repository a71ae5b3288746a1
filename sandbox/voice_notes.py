"""Voice notes as WhatsApp sends them: Opus in Ogg, made from silence or from what a browser recorded."""

from __future__ import annotations

import struct
from collections.abc import Iterator

SERIAL = 0x5E4
RATE = 48000
FRAME = 960  # 20 ms
SILENCE = b"\xf8\xff\xfe"
_HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, RATE, 0, 0)
#: Samples per frame by the configuration in the first byte of an Opus packet (RFC 6716, table 2).
_DURATIONS = [480, 960, 1920, 2880] * 3 + [480, 960] * 2 + [120, 240, 480, 960] * 4
_MASTERS = {0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE, 0xA0}  # Segment, Cluster, Tracks, TrackEntry, BlockGroup


def spoken(text: str, seconds: float = 2.0) -> bytes:
    """A silent note whose comment header holds the words, for a transcriber that only pretends to listen."""
    frames = [SILENCE] * max(1, min(int(seconds * 50), 6000))
    return _ogg(_HEAD, frames, comment=f"SPOKEN={text}")


def as_ogg(content: bytes) -> bytes:
    """A browser's WebM recording as Ogg; everything else as it is."""
    if not content.startswith(b"\x1a\x45\xdf\xa3"):
        return content
    head, frames = _HEAD, []
    for kind, value in _elements(content, 0, len(content)):
        if kind == 0x63A2 and value.startswith(b"OpusHead"):
            head = value
        elif kind in (0xA3, 0xA1):
            frames.append(value[4:])  # track number, two bytes of time, flags
    return _ogg(head, frames) if frames else content


def _elements(data: bytes, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The leaves of a WebM file; containers of unknown size run to the end of what holds them."""
    while at < end:
        kind, at, _ = _number(data, at, keep_marker=True)
        size, at, unknown = _number(data, at, keep_marker=False)
        stop = end if unknown else min(at + size, end)
        if kind in _MASTERS:
            if unknown:
                continue  # its children follow here as siblings
            yield from _elements(data, at, stop)
        elif at < stop:
            yield kind, data[at:stop]
        at = stop


def _number(data: bytes, at: int, *, keep_marker: bool) -> tuple[int, int, bool]:
    """A variable-length number: (value, next position, whether it means unknown)."""
    if at >= len(data) or data[at] == 0:
        return 0, len(data), False
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length])
    bare = value & ((1 << (7 * length)) - 1)
    return (value if keep_marker else bare), at + length, bare == (1 << (7 * length)) - 1


def _ogg(head: bytes, frames: list[bytes], comment: str = "") -> bytes:
    notes = [comment.encode()] if comment else []
    vendor = b"sandbox"
    tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(notes))
    tags += b"".join(struct.pack("<I", len(n)) + n for n in notes)
    pages = [_page([head], 0, 0, 2), _page([tags], 0, 1, 0)]
    position = 0
    for start in range(0, len(frames), 50):
        chunk = frames[start : start + 50]
        position += sum(_samples(f) for f in chunk)
        last = 4 if start + 50 >= len(frames) else 0
        pages.append(_page(chunk, position, len(pages), last))
    return b"".join(pages)


def _samples(packet: bytes) -> int:
    count = {0: 1, 1: 2, 2: 2}.get(packet[0] & 3) or (packet[1] & 63 if len(packet) > 1 else 1)
    return _DURATIONS[packet[0] >> 3] * count


def _page(packets: list[bytes], position: int, number: int, flags: int) -> bytes:
    """One Ogg page. Fifty 20 ms packets stay well below its 255 segments."""
    lacing = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    header = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, SERIAL, number, 0) + bytes([len(lacing)]) + lacing
    page = header + b"".join(packets)
    return page[:22] + struct.pack("<I", _crc(page)) + page[26:]


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
        table.append(value & 0xFFFFFFFF)
    return table


_TABLE = _crc_table()


def _crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value = ((value << 8) & 0xFFFFFFFF) ^ _TABLE[(value >> 24) ^ byte]
    return value
