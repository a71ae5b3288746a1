"""Lists: filtered by their address, fifty at a time, the same rows as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from markupsafe import Markup
from sqlalchemy import Select
from sqlalchemy.orm import Session

from bot.admin.door import Desk, wall

Rows = Select[*tuple[Any, ...]]
AT_ONCE, MOST_PAGES, MOST_ROWS = 50, 200, 50_000
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet takes for a formula


@dataclass(frozen=True, slots=True)
class Column:
    """`show(row)` for the page (escaped unless Markup), `plain(row)` for a file; `sort` names a line of Table.sorts."""

    label: str
    show: Callable[[Any], Any]
    plain: Callable[[Any], Any] | None = None
    sort: str = ""
    right: bool = False

    def cell(self, row: Any) -> Any:
        return (self.plain or self.show)(row)


@dataclass(frozen=True, slots=True)
class Filter:
    """A line of the filter form: name in the address, label, what may be chosen ({value: word}; none: free text)."""

    name: str
    label: str
    choices: dict[str, str] = field(default_factory=dict)
    kind: str = "search"  # or "date"

    @property
    def value(self) -> str:
        given = request.args.get(self.name, "").strip()[:100]
        return given if not self.choices or given in self.choices else ""


@dataclass(slots=True)
class Table:
    """One list. `topic` and `subject(row)` let live.js mark what has changed; `link(row)` is where Enter goes."""

    name: str
    caption: str
    columns: Sequence[Column]
    empty: str
    filters: Sequence[Filter] = ()
    sorts: dict[str, Any] = field(default_factory=dict)  # the first is how it comes
    topic: str = ""
    subject: Callable[[Any], str] | None = None
    link: Callable[[Any], str] | None = None
    rows: list[Any] = field(default_factory=list)
    page: int = 1
    has_more: bool = False

    def fill(self, db: Session, statement: Rows, *, scalars: bool = True) -> Table:
        """Reads the page that the address asks for, and one row more to know whether there are more."""
        self.page = min(max(request.args.get("page", 1, int), 1), MOST_PAGES)
        asked = self._sorted(statement).limit(AT_ONCE + 1).offset((self.page - 1) * AT_ONCE)
        found = list(db.scalars(asked) if scalars else db.execute(asked))
        self.rows, self.has_more = found[:AT_ONCE], len(found) > AT_ONCE
        return self

    def file(self, desk: Desk, statement: Rows, *, scalars: bool = True) -> Response:
        """All rows as CSV; what names people is masked as on the page, and that it was taken is written down."""
        desk.need("export")
        asked = self._sorted(statement).limit(MOST_ROWS).execution_options(yield_per=500)
        found = desk.db.scalars(asked) if scalars else desk.db.execute(asked)
        lines = list(csv_lines([c.label for c in self.columns], ([c.cell(row) for c in self.columns] for row in found)))
        desk.note("list.exported", f"list:{self.name}", filters={f.name: f.value for f in self.filters if f.value})
        answer = Response(lines, mimetype="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{self.name}-{wall.now():%Y%m%d-%H%M}.csv"'
        return answer

    @property
    def sort(self) -> str:
        asked = request.args.get("sort", "")
        return asked if asked in self.sorts else next(iter(self.sorts), "")

    def address(self, **changed: Any) -> str:
        """This list with something else in its address."""
        kept = {name: value for name, value in request.args.items() if name not in ("page", *changed)}
        return "?" + urlencode(kept | {name: value for name, value in changed.items() if value not in ("", None)})

    def _sorted(self, statement: Rows) -> Rows:
        order = self.sorts.get(self.sort)
        return statement if order is None else statement.order_by(*(order if isinstance(order, tuple) else (order,)))


def wants_file() -> bool:
    return request.args.get("format") == "csv"


def csv_lines(head: Sequence[str], rows: Iterator[Sequence[Any]] | Sequence[Sequence[Any]]) -> Iterator[str]:
    """With a byte order mark, which Excel wants, and no cell that it would run."""
    yield "\ufeff" + _line(head)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_safe(cell) for cell in cells])
    return out.getvalue()


def _safe(cell: Any) -> str:
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, int | float):
        return str(cell)
    text = cell.striptags() if isinstance(cell, Markup) else str(cell if cell is not None else "")
    return f"'{text}" if text.startswith(DANGEROUS) else text
