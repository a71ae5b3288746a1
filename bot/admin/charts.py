"""Small pictures of numbers, drawn by the server as SVG; under each stands its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

WIDTH, HIGH, ROW = 320, 96, 26  # of a drawing, in its own units
LEFT, RIGHT = 96, 92  # room for words beside a row


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    place: int  # of its series: 1, 2, 3
    said: str


@dataclass(slots=True)
class Chart:
    """`bars` over time or `rows` beside words; `head` and `lines` are the same as a table."""

    title: str
    said: str  # what it comes to, in one line
    width: int
    height: int
    bars: list[Bar] = field(default_factory=list)
    words: list[tuple[float, float, str, str]] = field(default_factory=list)  # x, y, anchor, text
    legend: list[str] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    lines: list[list[str]] = field(default_factory=list)
    is_empty: bool = False


def over_time(title: str, said: str, times: Sequence[datetime], series: dict[str, list[int]], *, hours: bool = False) -> Chart:
    """Series on top of each other, one column for each hour or day."""
    spoken = [f"{at:%H:%M}" if hours else f"{at.day} {at:%b}" for at in times]
    most = max((sum(column) for column in zip(*series.values(), strict=True)), default=0)
    chart = Chart(title, said, WIDTH, HIGH + 36, legend=list(series), is_empty=not most)
    chart.head = ["Hour" if hours else "Day", *series]
    step = WIDTH / max(len(times), 1)
    for n, name in enumerate(spoken):
        top = HIGH + 16.0
        for place, (label, values) in enumerate(series.items(), 1):
            height = values[n] / most * HIGH if most else 0.0
            top -= height
            if values[n]:
                at, wide = round(n * step + step * 0.1, 2), round(step * 0.8, 2)
                chart.bars.append(Bar(at, round(top, 2), wide, round(height, 2), place, f"{name}: {values[n]} {label}"))
        chart.lines.append([name, *(str(values[n]) for values in series.values())])
    chart.words = [(0, 11, "start", f"{most:,} at most"), (0, HIGH + 32, "start", spoken[0]), (WIDTH, HIGH + 32, "end", spoken[-1])]
    return chart


def beside_words(title: str, said: str, rows: Sequence[tuple[str, int, str]], *, head: tuple[str, str, str] = ("", "Number", "Part")) -> Chart:
    """A bar for each (word, number, what it is of the whole)."""
    most = max((number for _, number, _ in rows), default=0)
    chart = Chart(title, said, WIDTH, max(ROW * len(rows), ROW), head=list(head), is_empty=not most)
    for n, (word, number, part) in enumerate(rows):
        width = number / most * (WIDTH - LEFT - RIGHT) if most else 0.0
        chart.bars.append(Bar(LEFT, n * ROW + 5, round(max(width, 1), 2), ROW - 10, 1, f"{word}: {number}"))
        chart.words += [(LEFT - 8, n * ROW + 17, "end", word), (round(LEFT + width + 6, 2), n * ROW + 17, "start", part or f"{number:,}")]
        chart.lines.append([word, f"{number:,}", part or "–"])
    return chart


def part(some: int, whole: int) -> str:
    """"12 %", "0.4 %"; nothing of nothing is a dash."""
    if not whole:
        return "–"
    percent = 100 * some / whole
    return f"{percent:.1f} %" if 0 < percent < 10 else f"{percent:.0f} %"
