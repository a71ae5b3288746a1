"""From what people write to values; whatever is not clear raises NotUnderstood and is asked again."""

from bot.understand.amounts import pesewas
from bot.understand.choice import choose
from bot.understand.dates import day
from bot.understand.errors import NotUnderstood
from bot.understand.kin import age_or_year, kin_named, kin_of
from bot.understand.measures import measurements_in
from bot.understand.numbers import number, whole
from bot.understand.phone import Network, network_hint, phone, wallet
from bot.understand.plain import clean, plain
from bot.understand.reading import Context, Reading, Value
from bot.understand.yes_no import yes_no

__all__ = [
    "Context", "Network", "NotUnderstood", "Reading", "Value", "age_or_year", "choose", "clean", "day", "kin_named", "kin_of",
    "measurements_in", "network_hint", "number", "pesewas", "phone", "plain", "wallet", "whole", "yes_no",
]  # fmt: skip
