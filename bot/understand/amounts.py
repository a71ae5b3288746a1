"""An amount of money in cedis, as whole pesewas."""

from __future__ import annotations

from bot.understand.errors import NotUnderstood
from bot.understand.numbers import number

_CEDI = ("ghs", "gh", "ghc", "ghȼ", "gh¢", "cedi", "cedis", "cd", "cidis", "sidis", "c", "sika")


def pesewas(text: str) -> int:
    """ "GHS 250", "250 cedis", "₵1,200.50" -> pesewas; NotUnderstood for nothing, several amounts or parts of a pesewa."""
    value = number(text, units=_CEDI) * 100
    if value.denominator != 1 or value <= 0:
        raise NotUnderstood("not_an_amount")
    return int(value)
