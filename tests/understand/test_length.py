"""One measurement in the context of one question: values, corrections, and everything that must be asked again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.measurements import FIELDS, MM_PER_INCH, inches, show
from bot.understand import NotUnderstood, Said, field_names, fillers, length, quantities
from bot.understand.length import _ADDRESSED, _CORRECTIONS, _DELTA, _NEUTRAL, _OTHER_THINGS, _PEOPLE, _PREVIOUS, _SIZES


def inch(value: float) -> int:
    return round(value * 25.4)


@pytest.mark.parametrize(
    ("text", "mm"),
    [
        ("32", inch(32)), ("32.5 inches", 826), ("32½", 826), ('32 1/2"', 826), ('32"', 813), ("32''", 813), ("32in", 813),
        ("thirty two and a half", 826),
        ("32 inches and a half", 826), ("32 and a half inches", 826), ("aduasa mmienu ne fa", 826), ("82 cm", 820),
        ("82cm", 820), ("82 in cm", 820),
        ("in cm 82", 820), ("0.8 m", 800), ("826 mm", 826), ("1 m", 1000), ("82", 820), ("150", 1500), ("about 33", 838),
        ("33 madam", 838),
        ("ok 33 please", 838), ("my waist be 33 chale", 838), ("waist: 33.5in", 851), ("sisi 33", 838), ("wasit 34", 864),
        ("round 33", 838),
        ("no, waist is 33", 838), ("32 no 33", 838), ("32 sorry 33", 838), ("33 not 32", 838), ("33 instead of 32", 838),
        ("32, I mean 33", 838),
        ("32 inches (81 cm)", 813), ("33 inches, all in cm", 838), ("82, all in cm", 820), ("32 32", 813), ("1. 33", 838),
        ("I am 25 years waist 33", 838),
    ],
)  # fmt: skip
def test_a_waist(text: str, mm: int) -> None:
    assert length(text, "waist") == Said("waist", mm)


@pytest.mark.parametrize(
    ("text", "asked", "field", "value"),
    [
        ("hip is 40", "waist", "hip", 40), ("the belly is 38", "waist", "tummy", 38), ("waist is 33", "", "waist", 33),
        ("neck 15½", "", "neck", 15.5),
        ("chest 36", "bust", "bust", 36), ("bust 36", "chest", "chest", 36),
        ("sleeve 10", "short_sleeve_length", "short_sleeve_length", 10),
        ("short sleeve is 9 and half", "sleeve_length", "short_sleeve_length", 9.5), ("lap 24", "thigh", "thigh", 24),
        ("length 30", "top_length", "top_length", 30),
        ("half length 16", "shoulder_to_waist", "shoulder_to_waist", 16),
        ("shoulder to waist 16", "neck", "shoulder_to_waist", 16),
        ("from the shoulder to my waist 16", "shoulder_to_waist", "shoulder_to_waist", 16),
        ("waist 33", "shoulder_to_waist", "waist", 33),
        ("three quarter length 22", "shorts_length", "shorts_length", 22),
        ("24 and three quarters", "sleeve_length", "sleeve_length", 24.75),
        ("trouser 40", "top_length", "trouser_length", 40), ("3 feet 5", "trouser_length", "trouser_length", 41),
        ("ɛserɛ 24", "knee", "thigh", 24),
    ],
)  # fmt: skip
def test_the_field_is_the_one_named(text: str, asked: str, field: str, value: float) -> None:
    assert length(text, asked) == Said(field, inch(value))


@pytest.mark.parametrize(
    ("text", "mm"),
    [("5 7", inch(67)), ("five seven", inch(67)), ("5'7", inch(67)), ("5’7”", inch(67)), ("5 ft 7 in", inch(67)),
     ("5ft7", inch(67)), ("5 foot", inch(60)),
     ("5 feet 7 and a half inches", inch(67.5)), ("tall 5 8", inch(68)), ("67", inch(67)), ("84", 840), ("170", 1700),
     ("170cm", 1700), ("1.70 m", 1700),
     ("1m70", 1700), ("one meter seventy", 1700)],
)  # fmt: skip
def test_a_height(text: str, mm: int) -> None:
    assert length(text, "height") == Said("height", mm)


def test_feet_in_answer_to_a_girth_are_somebodys_height() -> None:
    assert length("5'7\"", "waist") == Said("height", inch(67))
    assert length("1.75 m", "neck") == Said("height", 1750)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"), ("hello", "no_measurement"), ("GHS 33", "no_measurement"), ("400", "out_of_range"),
        ("3", "out_of_range"), ("10 cm", "out_of_range"),
        ("32 or 33", "ambiguous_value"), ("38 to 40", "ambiguous_value"), ("32-34", "ambiguous_value"),
        ("between 32 and 34", "ambiguous_value"),
        ("32,33", "ambiguous_value"), ("33\n34", "ambiguous_value"), ("32 32.1", "ambiguous_value"),
        ("waist 32 waist 34", "conflict"),
        ("waist 32 hip 40", "several"), ("waist hip 40", "ambiguous_field"), ("length 40", "ambiguous_field"),
        ("tip to tip 40", "ambiguous_field"),
        ("2 inches more", "relative_delta"), ("same as last time", "reference_previous"), ("XL", "size_label"),
        ("size 12", "size_label"),
        ("I don't know", "unknown_value"), ("I no know", "unknown_value"), ("32 kg", "bad_unit"), ("5.7 feet", "ambiguous_unit"),
        ("my wife's waist is 33", "other_person"), ("my sister waist 33", "other_person"), ("call me 0241234567", "unclear"),
        ("33 shirts", "unclear"),
    ],
)  # fmt: skip
def test_what_is_asked_again(text: str, reason: str) -> None:
    with pytest.raises(NotUnderstood) as error:
        length(text, "waist")
    assert error.value.reason == reason


def test_a_value_without_a_field_is_nothing_when_nothing_was_asked() -> None:
    with pytest.raises(NotUnderstood, match="ambiguous_field"):
        length("33", "")


@given(st.sampled_from(sorted(FIELDS)), st.data())
def test_every_field_is_heard_by_each_of_its_names_and_in_each_unit(field: str, data: st.DataObject) -> None:
    low, high = FIELDS[field].hard
    mm = data.draw(st.integers(low + 2, high - 2))
    name = data.draw(st.sampled_from(FIELDS[field].says))
    other = "neck" if field != "neck" else "hip"
    assert length(f"{name} {mm / 10:g} cm", other) == length(f"{name} is {mm} mm", "") == Said(field, mm)
    assert length(show(mm), field).mm == pytest.approx(mm, abs=2)
    if low <= round(round(mm * 8 / MM_PER_INCH) / 8 * MM_PER_INCH) <= high:
        assert length(f"{inches(mm)} in", field).mm == pytest.approx(mm, abs=2)


def test_no_word_of_ours_is_mistaken_for_a_field() -> None:
    spoken = fillers.ASIDES | _ADDRESSED | _CORRECTIONS | _DELTA | _NEUTRAL | _OTHER_THINGS | _PEOPLE | _PREVIOUS | _SIZES | quantities.FOREIGN_UNITS
    for word in spoken | set(quantities.UNITS):
        assert field_names._spelling(word) == word
