"""Who is introduced, and how old somebody is."""

from __future__ import annotations

import pytest

from bot.rules.family import KIN
from bot.understand import NotUnderstood, age_or_year, kin_named, kin_of
from bot.understand.names import RELATIVES


def test_every_word_for_a_relative_tells_who_it_is() -> None:
    assert set(RELATIVES.values()) == KIN.keys()


@pytest.mark.parametrize(
    ("text", "name", "kin"),
    [
        ("Akosua, my daughter", "Akosua", "daughter"), ("my son Kofi", "Kofi", "son"), ("kofi mensah", "Kofi Mensah", ""), ("my wife", "", "wife"),
        ("her name is Abena, she is my sister", "Abena", "sister"), ("Auntie Esi", "Esi", "aunt"), ("my mum", "", "mother"),
        ("it is for my husband please", "", "husband"), ("12345", "", ""), ("", "", ""), ("👍", "", ""), ("Ɔkyerɛ", "Ɔkyerɛ", ""),
        ("one two three four five six names in a row", "", ""), ("my other daughter", "", "daughter"), ("akosua, 9 years", "Akosua", ""),
        ("one for my husband Kofi", "Kofi", "husband"), ("someone else", "", ""), ("my son Yaw chest 25", "Yaw", "son"),
    ],
)  # fmt: skip
def test_who_is_introduced(text: str, name: str, kin: str) -> None:
    assert kin_named(text) == (name, kin)


@pytest.mark.parametrize(
    ("text", "name", "kin"),
    [
        ("these are for my daughter Akosua: chest 26", "akosua", "daughter"), ("Akosua (my daughter) chest 26", "akosua", "daughter"),
        ("Kofi chest 40, my wife bust 36", "kofi", ""), ("my wife bust 36", "wife", ""), ("", "akosua", ""),
    ],
)  # fmt: skip
def test_what_a_name_is_to_the_speaker(text: str, name: str, kin: str) -> None:
    assert kin_of(text, name) == kin


@pytest.mark.parametrize(
    ("text", "born"),
    [("9", 2017), ("9 years", 2017), ("he is 9 years old", 2017), ("2016", 2016), ("born in 2016", 2016), ("nine", 2017), ("9 months", 2025),
     ("3 weeks", 2026)],
)  # fmt: skip
def test_a_year_of_birth(text: str, born: int) -> None:
    assert age_or_year(text, 2026) == born


@pytest.mark.parametrize("text", ["", "soon", "200", "2030", "9 or 10", "-3"])
def test_no_age(text: str) -> None:
    with pytest.raises(NotUnderstood):
        age_or_year(text, 2026)
