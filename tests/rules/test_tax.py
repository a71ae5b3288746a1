"""Tax is three lines that always sum to the rounded whole."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import series, tax

VAT = json.loads((Path(__file__).parents[1] / "specs" / "conformance_payments.json").read_text())["vat_2026"]
START = date.fromisoformat(VAT["effective_from"])


@pytest.mark.parametrize("vector", VAT["vectors"], ids=lambda v: str(v["base"]))
@pytest.mark.parametrize("day", [START, date(2031, 5, 6)])
def test_the_three_lines(vector: dict[str, int], day: date) -> None:
    found = tax.lines(vector["base"], day)
    assert (found.vat, found.nhil, found.getfund, found.total) == (vector["vat"], vector["nhil"], vector["getfund"], vector["total_tax"])


@given(st.integers(0, 10**12))
def test_the_lines_sum_to_a_fifth_rounded_half_up(base: int) -> None:
    found = tax.lines(base, START)
    assert found.total == (base * 20 + 50) // 100
    assert found.nhil == found.getfund == (base * 25 + 500) // 1000
    assert min(found.vat, found.nhil, found.getfund) >= 0


def test_the_rates_are_those_of_the_act() -> None:
    row = tax.rates(START)
    assert [f"{x / 10:g}" for x in (row.vat, row.nhil, row.getfund, row.total)] == [
        VAT["vat_percent"], VAT["nhil_percent"], VAT["getfund_percent"], VAT["effective_percent"],
    ]  # fmt: skip


def test_an_earlier_day_and_a_negative_base_are_refused() -> None:
    with pytest.raises(ValueError, match="2025-12-31"):
        tax.lines(100, date(2025, 12, 31))
    with pytest.raises(ValueError, match="nothing or more"):
        tax.lines(-1, START)


def test_numbers_of_papers() -> None:
    assert series.number(series.name("invoice", START), 1) == "CI-2026-000001"
    assert series.number("R-2026", 1_234_567) == "R-2026-1234567"
    assert len(set(series.PREFIXES.values())) == len(series.PREFIXES)
    with pytest.raises(ValueError, match="one"):
        series.number("R-2026", 0)
    with pytest.raises(KeyError):
        series.name("poem", START)
