"""The measurement card a tailor pins to the cloth: every number of one piece, in inches and centimetres."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from bot.rules import measurements
from bot.typeface import clean, font

WIDTH, MARGIN, ROW, HEAD = 1080, 56, 62, 270  # pixels
INK, QUIET, PAPER, BAND, MARK = "#1c1a17", "#6b645a", "#ffffff", "#f4ead6", "#1d6b45"
COLUMNS = (MARGIN, 490, 755)  # where name, body and cut begin


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on it; `measures` as an order freezes them: {field: {"body": mm, "ease": mm, "cut": mm}}."""

    order: str
    garment: str
    wearer: str
    ready: str
    measures: Mapping[str, Mapping[str, int]]


def png(card: Card) -> bytes:
    """One card as a picture."""
    out = io.BytesIO()
    _sheet(card).quantize(32).save(out, "PNG", optimize=True)
    return out.getvalue()


def pdf(cards: Sequence[Card]) -> bytes:
    """Several cards as a document, a page each."""
    first, *more = [_sheet(card) for card in cards]
    out = io.BytesIO()
    first.save(out, "PDF", save_all=True, append_images=more, resolution=144, title=cards[0].order)
    return out.getvalue()


def _sheet(card: Card) -> Image.Image:
    """One row for each measurement."""
    names = [name for name in measurements.FIELDS if name in card.measures]
    sheet = Image.new("RGB", (WIDTH, HEAD + ROW * len(names) + MARGIN), PAPER)
    pen = ImageDraw.Draw(sheet)
    _head(pen, card)
    for place, name in enumerate(names):
        _row(pen, HEAD + place * ROW, name, card.measures[name], shaded=place % 2 == 0)
    return sheet


def _head(pen: ImageDraw.ImageDraw, card: Card) -> None:
    pen.rectangle((0, 0, WIDTH, 14), fill=MARK)
    _write(pen, (MARGIN, 40), card.garment, 54, bold=True, room=WIDTH - 2 * MARGIN - 310)
    _write(pen, (MARGIN, 112), card.wearer, 38, room=WIDTH - 2 * MARGIN - 240)
    _write(pen, (WIDTH - MARGIN, 48), card.order, 38, bold=True, right=True)
    _write(pen, (WIDTH - MARGIN, 112), card.ready, 34, colour=QUIET, right=True)
    for at, title in zip(COLUMNS, ("", "Body", "Cut (with ease)"), strict=True):
        _write(pen, (at, HEAD - 58), title, 32, colour=QUIET)
    pen.line((MARGIN, HEAD - 8, WIDTH - MARGIN, HEAD - 8), fill=INK, width=3)


def _row(pen: ImageDraw.ImageDraw, top: int, name: str, row: Mapping[str, int], *, shaded: bool) -> None:
    if shaded:
        pen.rectangle((MARGIN - 16, top, WIDTH - MARGIN + 16, top + ROW - 1), fill=BAND)
    _write(pen, (COLUMNS[0], top + 11), measurements.label(name).capitalize(), 28)
    _write(pen, (COLUMNS[1], top + 11), _both(row["body"]), 28, colour=QUIET)
    _write(pen, (COLUMNS[2], top + 11), _both(row["cut"]), 28, bold=True)


def _both(mm: int) -> str:
    return f"{measurements.inches(mm)} in · {mm / 10:g} cm"


def _write(
    pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, *, colour: str = INK, bold: bool = False, right: bool = False,
    room: int = WIDTH - 2 * MARGIN,
) -> None:  # fmt: skip
    """One line, cut where the sheet ends; people's names may be long."""
    letters = _letters(size, bold)
    text = clean(text)
    while text and letters.getlength(text) > room:
        text = text[:-2].rstrip() + "…" if not text.endswith("…") else text[:-2] + "…"
    pen.text(at, text, font=letters, fill=colour, anchor="ra" if right else "la")


@cache
def _letters(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(io.BytesIO(font(bold)), size)
