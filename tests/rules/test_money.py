"""Money is read and written exactly or not at all."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.money import ghs, major, pesewas

VECTORS = json.loads((Path(__file__).parents[1] / "specs" / "conformance_payments.json").read_text())["money"]


@pytest.mark.parametrize("vector", VECTORS["parse_major_string"])
def test_amounts_that_are_read(vector: dict[str, Any]) -> None:
    assert pesewas(vector["in"]) == vector["pesewas"]


@pytest.mark.parametrize("text", [*VECTORS["parse_reject"], " 1", "1\n", "+1", "0x1", "01", ".5", "1.2.3", "9" * 11, "12.5 "])
def test_amounts_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        pesewas(text)


@pytest.mark.parametrize("value", [12.5, True, None, b"1", Decimal("NaN"), Decimal("1E+2"), Decimal(-1), Decimal("0.001"), -1])
def test_values_that_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="amount"):
        pesewas(value)


@pytest.mark.parametrize("vector", VECTORS["to_provider"])
def test_amounts_for_providers(vector: dict[str, Any]) -> None:
    assert major(vector["pesewas"]) == vector["mtn_momo_string"]


def test_json_numbers_stay_exact() -> None:
    for vector in VECTORS["from_provider"]:
        if vector["provider"] != "paystack":  # Paystack counts in pesewas
            assert pesewas(json.loads(vector["raw"], parse_float=Decimal)) == vector["pesewas"]


@given(st.integers(0, 10**12 - 1))
def test_there_and_back(amount: int) -> None:
    assert pesewas(major(amount)) == amount


def test_nobody_is_asked_for_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="less than nothing"):
        major(-1)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(123450, "GHS 1,234.50"), (0, "GHS 0.00"), (5, "GHS 0.05"), (-5, "GHS -0.05"), (100000000, "GHS 1,000,000.00")],
)
def test_amounts_for_people(amount: int, text: str) -> None:
    assert ghs(amount) == text
