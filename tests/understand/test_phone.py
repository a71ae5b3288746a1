"""Ghanaian and foreign numbers, as people type them, against the vectors of the payment specification."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.understand import NotUnderstood, network_hint, phone, wallet

VECTORS = json.loads((Path(__file__).parents[1] / "specs" / "msisdn.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["normalise"], ids=lambda vector: vector["in"])
def test_wallets_that_are_read(vector: dict[str, str]) -> None:
    assert phone(vector["in"]) == wallet(vector["in"]) == "+" + vector["out"]
    assert network_hint(vector["out"]) == network_hint("+" + vector["out"]) == vector["network_hint"]


@pytest.mark.parametrize("text", VECTORS["reject"])
def test_wallets_that_are_refused(text: str) -> None:
    with pytest.raises(NotUnderstood):
        wallet(text)


@pytest.mark.parametrize(("prefix", "network"), VECTORS["prefix_to_network"].items())
def test_networks_by_prefix(prefix: str, network: str) -> None:
    assert network_hint(f"+233{prefix}1234567") == (network if network in ("mtn", "telecel", "at") else None)


@pytest.mark.parametrize(
    "text",
    ["+233241234567", "+233 24-123-4567", "00233241234567", "233241234567", "0241234567", "(024) 123 4567", "024.123.4567",
     "my number is 024 123 4567", "momo: 0241234567 thanks", "+2330241234567", "0241234567, 0241234567"],
)  # fmt: skip
def test_ways_to_write_one_number(text: str) -> None:
    assert phone(text) == "+233241234567"


def test_foreign_numbers_may_chat_but_hold_no_wallet() -> None:
    assert phone("+44 7911 123456") == "+447911123456"
    assert phone("00 1 415 555 2671") == "+14155552671"
    with pytest.raises(NotUnderstood, match="foreign_wallet"):
        wallet("+44 7911 123456")
    assert network_hint("+447911123456") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("call 0241234567 or 0201234567", "several_phones"),
        ("0302123456", "not_mobile"),
        ("tomorrow", "no_phone"),
        ("32", "no_phone"),
    ],
)
def test_the_reason_is_named(text: str, reason: str) -> None:
    with pytest.raises(NotUnderstood, match=reason):
        wallet(text)
