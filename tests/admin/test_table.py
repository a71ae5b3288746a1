"""Lists: their file is no danger to a spreadsheet, tells each role what its page tells, and is written down."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from markupsafe import Markup
from sqlalchemy import select

from bot.admin.table import csv_lines
from models.audit import Audit
from tests.admin.conftest import Browser
from tests.stage import Stage
from tests.test_transcripts import given

Sits = Callable[..., Browser]
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://evil\")")


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_is_a_formula(cell: str) -> None:
    told = "".join(csv_lines(["a"], [[cell]]))
    assert next(csv.reader(io.StringIO(told.split("\r\n", 1)[1])))[0].startswith("'")


def test_what_is_no_text_stays_what_it_is() -> None:
    moment = datetime(2026, 11, 23, 9, tzinfo=UTC)
    told = "".join(csv_lines(["a", "b", "c", "d"], [[-5, moment, Markup("<b>GHS</b> 5"), None]]))
    assert told == "\ufeffa,b,c,d\r\n-5,2026-11-23T09:00:00+00:00,GHS 5,\r\n"


def test_a_list_is_taken_as_a_file_and_that_is_written_down(stage: Stage, sits: Sits) -> None:
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    given("Ama's kente shirt by Kofi is half paid", stage)
    with stage.parts.database.begin() as db:
        stage.person(db, "ama").name = "=cmd|' /C calc'!A0"  # type: ignore[union-attr]
    answer = sits("support").get("/orders?format=csv")
    assert answer.mimetype == "text/csv" and answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert len(rows) == 2 and not any(cell.startswith(("=", "+", "@")) for cell in rows[1])
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Audit.action)).all() == ["list.exported"]


def test_who_may_not_export_gets_no_file(stage: Stage, sits: Sits) -> None:
    assert sits("readonly").get("/orders?format=csv").status_code == 403


ODD = ("page=0", "page=-1", "page=999999999999999999999", "page=x", "sort=drop", "state=%00", "date=notaday", "state=' OR 1=1 --")


@pytest.mark.parametrize("asked", ODD)
def test_any_address_of_a_list_is_answered(stage: Stage, sits: Sits, asked: str) -> None:
    browser = sits("operator")
    for path in ("/orders", "/people", "/messages", "/refunds", "/payouts", "/tailors", "/audit", "/timers"):
        assert browser.get(f"{path}?{asked}").status_code == 200, path
