"""The letters of everything we draw: one typeface that has those of all Ghanaian languages, small and capital."""

from __future__ import annotations

import io
import unicodedata
from functools import cache
from importlib import import_module


@cache
def font(bold: bool = False) -> bytes:
    """The font file; unpacking it takes a few hundredths of a second, so it waits until something is drawn."""
    packed = import_module(f"pymupdf_fonts.NotoSans_{'Bold' if bold else 'Regular'}")
    return bytes(packed.fontbuffer)


@cache
def known() -> frozenset[str]:
    """The characters it has."""
    from fontTools.ttLib import TTFont

    return frozenset(map(chr, TTFont(io.BytesIO(font()), lazy=True).getBestCmap()))


def clean(text: str) -> str:
    """A text as it can be drawn in one line: accents joined to their letters where such a letter exists, what has no glyph left out."""
    joined = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text))
    return " ".join("".join(c for c in joined if c in known()).split())
