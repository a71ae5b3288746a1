"""The press: sets one sheet in type, over as many pages as it needs."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from fpdf import FPDF

from bot.typeface import clean, font

INK, QUIET, RULE, BAND, MARK = (28, 26, 23), (107, 100, 90), (205, 197, 184), (244, 234, 214), (29, 107, 69)
FORMAT = {"A4": (210, 297), "A5": (148, 210)}  # millimetres, as everything here
MARGIN, FOOT = {"A4": 20, "A5": 14}, 16
ROW, LINE = 7.0, 4.8
logging.getLogger("fontTools").setLevel(logging.ERROR)  # it reports tables of the font that a document does not need


@dataclass(frozen=True, slots=True)
class Column:
    """Its width is its share of the page."""

    title: str
    share: float
    right: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that is printed, as text, from top to bottom."""

    size: Literal["A4", "A5"]
    seller: Sequence[str]
    title: str
    number: str
    dates: Sequence[str]
    parties: Sequence[tuple[str, Sequence[str]]]
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    totals: Sequence[tuple[str, str, bool]]  # label, amount, whether it is the one that counts
    notes: Sequence[str]
    made_at: datetime


class _Page(FPDF):
    """One kind of letters in two weights, and the same foot on every page."""

    def __init__(self, sheet: Sheet, folder: Path) -> None:
        super().__init__(format=FORMAT[sheet.size])
        self.sheet, side = sheet, MARGIN[sheet.size]
        for style, bold in (("", False), ("B", True)):
            file = folder / f"letters{style}.ttf"
            file.write_bytes(font(bold))
            self.add_font("letters", style, file)
        self.set_margins(side, side, side)
        self.set_auto_page_break(True, side + FOOT)
        self.c_margin = 0
        self.set_title(f"{sheet.title} {sheet.number}")
        self.set_author(clean(sheet.seller[0]))
        self.set_creation_date(sheet.made_at)
        self.set_lang("en-GH")

    def pen(self, size: float, *, bold: bool = False, colour: tuple[int, int, int] = INK) -> None:
        self.set_font("letters", "B" if bold else "", size)
        self.set_text_color(*colour)

    def fitted(self, text: str, room: float) -> str:
        """One line, cut where the room ends; people's names may be long."""
        text = clean(text)
        while text and self.get_string_width(text) > room:
            text = text.removesuffix("…")[:-1].rstrip() + "…"
        return text

    def put(self, width: float, text: str, *, right: bool = False, height: float = LINE, feed: bool = False) -> None:
        ends = {"new_x": "LMARGIN", "new_y": "NEXT"} if feed else {}
        self.cell(width, height, self.fitted(text, width), align="R" if right else "L", **ends)  # type: ignore[arg-type]

    def rule(self, colour: tuple[int, int, int] = RULE, width: float = 0.2) -> None:
        self.set_draw_color(*colour)
        self.set_line_width(width)
        self.line(self.l_margin, self.y, self.w - self.r_margin, self.y)

    def footer(self) -> None:
        self.set_y(-(MARGIN[self.sheet.size] + FOOT / 4))
        self.rule()
        self.ln(1.5)
        self.pen(7.5, colour=QUIET)
        self.put(self.epw, f"{self.sheet.seller[0]} · {self.sheet.number} · page {self.page_no()} of {{nb}}")


def pdf(sheet: Sheet) -> bytes:
    """The same sheet gives the same bytes."""
    with tempfile.TemporaryDirectory() as folder:  # the library reads fonts only from files
        page = _Page(sheet, Path(folder))
        page.add_page()
        _head(page, sheet)
        _parties(page, sheet)
        _table(page, sheet)
        _totals(page, sheet)
        _notes(page, sheet)
        return bytes(page.output())


def _head(page: _Page, sheet: Sheet) -> None:
    page.set_fill_color(*MARK)
    page.rect(0, 0, page.w, 3, style="F")
    top, half = page.y, page.epw / 2
    name, *rest = sheet.seller
    page.pen(17, bold=True, colour=MARK)
    page.put(half, name, height=8, feed=True)
    page.pen(8, colour=QUIET)
    for line in filter(None, rest):
        page.multi_cell(half, LINE - 0.6, clean(line), align="L", new_x="LMARGIN", new_y="NEXT")
    bottom = page.y
    page.set_y(top)
    for text, size, bold, height in ((sheet.title, 15, True, 8), (sheet.number, 10.5, True, 5.5), *((d, 8.5, False, LINE) for d in sheet.dates)):
        page.pen(size, bold=bold, colour=INK if bold else QUIET)
        page.set_x(page.l_margin + half)
        page.put(half, text, right=True, height=height, feed=True)
    page.set_y(max(bottom, page.y) + 4)
    page.rule(MARK, 0.5)
    page.ln(5)


def _parties(page: _Page, sheet: Sheet) -> None:
    top, width, bottom = page.y, page.epw / len(sheet.parties), page.y
    for place, (label, lines) in enumerate(sheet.parties):
        page.set_y(top)
        for n, (text, size) in enumerate([(label, 8), *((line, 10) for line in lines if line)]):
            page.pen(size, bold=n == 1, colour=QUIET if n == 0 else INK)
            page.set_x(page.l_margin + place * width)
            text = page.fitted(text, 2 * width - 20)  # two lines at most
            page.multi_cell(width - 6, LINE + (0.4 if n else 0), text, align="L", new_x="LMARGIN", new_y="NEXT")
        bottom = max(bottom, page.y)
    page.set_y(bottom + 6)


def _table(page: _Page, sheet: Sheet) -> None:
    _titles(page, sheet)
    for n, row in enumerate(sheet.rows):
        if page.will_page_break(ROW):
            page.add_page()
            _titles(page, sheet)
        _row(page, sheet.columns, row, shaded=n % 2 == 0)


def _titles(page: _Page, sheet: Sheet) -> None:
    page.pen(8, colour=QUIET)
    _cells(page, sheet.columns, [column.title for column in sheet.columns], 6)
    page.rule(INK, 0.4)
    page.ln(0.6)


def _row(page: _Page, columns: Sequence[Column], row: Sequence[str], *, shaded: bool) -> None:
    if shaded:
        page.set_fill_color(*BAND)
        page.rect(page.l_margin, page.y, page.epw, ROW, style="F")
    page.pen(8.5)
    _cells(page, columns, row, ROW)


def _cells(page: _Page, columns: Sequence[Column], row: Sequence[str], height: float) -> None:
    whole, inset = sum(column.share for column in columns), 2.0
    left, top = page.l_margin, page.y
    for column, text in zip(columns, row, strict=True):
        width = page.epw * column.share / whole
        page.set_xy(left + inset, top)
        page.put(width - 2 * inset, text, right=column.right, height=height)
        left += width
    page.set_xy(page.l_margin, top + height)


def _totals(page: _Page, sheet: Sheet) -> None:
    if page.will_page_break((len(sheet.totals) + 1) * ROW):
        page.add_page()
    page.ln(0.6)
    page.rule(INK, 0.4)
    page.ln(2)
    width, inset = page.epw * (0.5 if sheet.size == "A4" else 0.62), 2.0
    for label, amount, counts in sheet.totals:
        page.pen(11 if counts else 9.5, bold=counts)
        page.set_x(page.w - page.r_margin - width)
        page.put(width * 0.6 - inset, label, height=ROW - (0 if counts else 1))
        page.put(width * 0.4, amount, right=True, height=ROW - (0 if counts else 1), feed=True)
    page.ln(5)


def _notes(page: _Page, sheet: Sheet) -> None:
    for note in filter(None, sheet.notes):
        page.pen(9)
        page.multi_cell(page.epw, LINE, clean(note), align="L", new_x="LMARGIN", new_y="NEXT")
        page.ln(1.6)
