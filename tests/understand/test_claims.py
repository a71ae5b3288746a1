"""A claim counts only where the text itself says it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.understand import Context, Value, measurements_in
from bot.understand.claims import Claim, accepted

TEXT = "Ok so my son Kofi, his trouser thing at the waist reached Thirty  two and a half inches o, then 41 I guess; not 50; call 0241234567"
GOOD = Claim("Kofi", "waist", "waist reached thirty two and a half inches", "thirty two and a half", "inches")


def test_a_claim_that_stands_in_the_text_is_taken_and_read_by_us() -> None:
    (value,) = accepted(TEXT, [GOOD], Context())
    assert value == Value("kofi", "waist", 826, "waist reached thirty two and a half inches")
    assert accepted(TEXT, [replace(GOOD, person="son", value_text="THIRTY TWO and a half inches")], Context())[0].mm == 826
    assert accepted("neck 15½", [Claim(None, "neck", "neck 15½", "15½", None)], Context())[0].mm == 394
    assert accepted("height five seven", [Claim(None, "height", "height five seven", "five seven", None)], Context())[0].mm == 1702


@pytest.mark.parametrize(
    "claim",
    [
        replace(GOOD, evidence="waist is thirty two and a half inches"),
        replace(GOOD, value_text="thirty three"),
        replace(GOOD, value_text="thirty two"),
        replace(GOOD, value_text="two and a half"),
        replace(GOOD, value_text="waist"),
        replace(GOOD, value_text=""),
        replace(GOOD, evidence=""),
        replace(GOOD, unit_text="cm"),
        replace(GOOD, unit_text="kg"),
        replace(GOOD, field="hip"),
        replace(GOOD, field="nose"),
        replace(GOOD, person="Ama"),
        replace(GOOD, evidence="then 41 I guess", value_text="41", unit_text=None),
        replace(GOOD, evidence="waist reached Thirty two and a half inches o, then 41 I guess; not 50", value_text="50", unit_text=None),
        replace(GOOD, evidence=TEXT, value_text="0241234567", unit_text=None),
        replace(GOOD, evidence=TEXT, value_text="24", unit_text=None),
        replace(GOOD, field="height", evidence="thirty two and a half inches", unit_text="inches"),
    ],
)
def test_what_is_refused(claim: Claim) -> None:
    assert accepted(TEXT, [claim], Context()) == ()


def test_impossible_values_are_refused() -> None:
    assert accepted("neck 99 inches", [Claim(None, "neck", "neck 99 inches", "99", "inches")], Context()) == ()


def test_the_field_asked_for_needs_no_name_unless_another_is_named() -> None:
    claim = Claim(None, "hip", "then 41 I guess", "41", None)
    assert [value.mm for value in accepted(TEXT, [claim], Context(asked=("hip",)))] == [1041]
    assert accepted("the waist 41", [Claim(None, "hip", "the waist 41", "41", None)], Context(asked=("hip",))) == ()


def test_no_number_is_used_twice() -> None:
    assert len(accepted(TEXT, [GOOD, GOOD], Context())) == 1
    assert accepted(TEXT, [GOOD], Context(), [GOOD.evidence]) == ()
    assert accepted("waist 34", [Claim(None, "waist", "waist 34", "34", None)], Context(), measurements_in("waist 34").values) == ()
    assert len(accepted("waist 34 hip 34", [Claim(None, f, f"{f} 34", "34", None) for f in ("waist", "hip")], Context())) == 2
