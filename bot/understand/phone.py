"""A phone number, and whether a Ghanaian mobile-money wallet can live on it."""

from __future__ import annotations

import re
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumberMatcher, PhoneNumberType

from bot.understand.errors import NotUnderstood

Network = Literal["mtn", "telecel", "at"]

HOME = "GH"
LONGEST_TEXT = 200  # characters
#: The two digits behind 233. A hint only: numbers move between networks, so the person's word wins.
PREFIXES: dict[str, Network] = {
    **dict.fromkeys(("24", "25", "53", "54", "55", "59"), "mtn"),
    **dict.fromkeys(("20", "50"), "telecel"),
    **dict.fromkeys(("23", "26", "27", "56", "57"), "at"),
}  # fmt: skip
_ONLY_NUMBER = re.compile(r"\+?[\d\s().\-/]{6,30}")
_TRUNK_ZERO = re.compile(r"(\+|00)?2330(\d{9})")


def phone(text: str) -> str:
    """The one phone number in a text as E.164 ("+233241234567"); numbers without a country are Ghanaian."""
    text = text.strip()[:LONGEST_TEXT]
    found = [_parse(text)] if _ONLY_NUMBER.fullmatch(text) else [_parse(match.raw_string) for match in _matches(text)]
    numbers = {phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) for number in found if number is not None}
    if len(numbers) != 1:
        raise NotUnderstood("several_phones" if numbers else "no_phone")
    return numbers.pop()


def wallet(text: str) -> str:
    """A Ghanaian mobile number as E.164; NotUnderstood "foreign_wallet" or "not_mobile" when money cannot be sent there."""
    number = phonenumbers.parse(phone(text))
    if number.country_code != phonenumbers.country_code_for_region(HOME):
        raise NotUnderstood("foreign_wallet")
    if phonenumbers.number_type(number) is not PhoneNumberType.MOBILE:
        raise NotUnderstood("not_mobile")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def network_hint(msisdn: str) -> Network | None:
    """The network that gave out a Ghanaian number ("+233…" or "233…"); to be confirmed by the person."""
    digits = msisdn.removeprefix("+")
    return PREFIXES.get(digits[3:5]) if digits.startswith("233") else None


def _parse(text: str) -> phonenumbers.PhoneNumber | None:
    digits = re.sub(r"[^\d+]", "", text)
    if slip := _TRUNK_ZERO.fullmatch(digits):  # the 0 of 024… kept behind the country code
        digits = f"+233{slip[2]}"
    if re.fullmatch(r"233\d{9}", digits):
        digits = f"+{digits}"
    try:
        number = phonenumbers.parse(digits, HOME)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _matches(text: str) -> list[phonenumbers.PhoneNumberMatch]:
    return list(PhoneNumberMatcher(text, HOME, max_tries=20))
