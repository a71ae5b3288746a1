"""Ranges, contradictions, patterns and ease, against the data model and real bodies of the fact sheet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import measurements as m
from bot.rules.pricing import CATALOGUE

MODEL = json.loads((Path(m.__file__).parent / "measurement_fields.json").read_text(encoding="utf-8"))

#: ANSUR II medians in mm, of the dimensions a tailor takes too.
MAN = {"neck": 400, "shoulder": 420, "chest": 1060, "waist": 940, "hip": 1020, "bicep": 360, "wrist": 180, "thigh": 620,
       "knee": 410, "ankle": 230, "sleeve_length": 590, "nape_to_waist": 480, "trouser_length": 1060, "inseam": 840, "height": 1760}  # fmt: skip
WOMAN = {"neck": 330, "shoulder": 360, "bust": 940, "waist": 850, "hip": 1020, "bicep": 300, "wrist": 150, "thigh": 610,
         "knee": 400, "ankle": 220, "sleeve_length": 540, "nape_to_waist": 420, "trouser_length": 980, "inseam": 780, "height": 1630}  # fmt: skip


def test_the_44_fields_and_every_garment_of_the_catalogue_are_known() -> None:
    assert len(m.FIELDS) == 44
    assert set(m.GARMENT_FIELDS) == {garment.name for garment in CATALOGUE}
    for pattern in m.GARMENT_FIELDS.values():
        assert {name for either in pattern.required for name in either} | set(pattern.optional) <= set(m.FIELDS)


def test_every_field_can_be_asked_for() -> None:
    for name, field in m.FIELDS.items():
        assert m.label(name)
        assert len(m.label(name)) <= 36
        assert m.how_to(name).endswith(".")
        assert len(m.how_to(name)) <= 100
        assert field.hard[0] <= min(field.soft_men[0], field.soft_women[0])
        assert max(field.soft_men[1], field.soft_women[1]) <= field.hard[1]
    assert len({m.label(name) for name in m.FIELDS}) == 44


def test_no_two_fields_share_a_name() -> None:
    spoken = [name for field in m.FIELDS.values() for name in field.says]
    assert len(spoken) == len(set(spoken))


@pytest.mark.parametrize(("sex", "body"), [("m", MAN), ("f", WOMAN)])
def test_an_ordinary_body_raises_no_question(sex: m.Sex, body: dict[str, int]) -> None:
    assert {name: m.check(name, mm, sex) for name, mm in body.items()} == dict.fromkeys(body, "fine")
    assert m.contradictions(body) == []


@pytest.mark.parametrize(
    ("field", "mm", "sex", "verdict"),
    [
        ("neck", 179, None, "impossible"), ("neck", 180, None, "doubtful"), ("neck", 279, None, "doubtful"),
        ("neck", 280, None, "fine"),
        ("neck", 300, "m", "doubtful"), ("neck", 300, "f", "fine"), ("neck", 520, None, "fine"), ("neck", 521, None, "doubtful"),
        ("neck", 650, None, "doubtful"), ("neck", 651, None, "impossible"), ("waist", 320, None, "impossible"),
        ("height", 2400, "m", "impossible"),
    ],
)  # fmt: skip
def test_ranges(field: str, mm: int, sex: m.Sex | None, verdict: m.Verdict) -> None:
    assert m.check(field, mm, sex) == verdict


@pytest.mark.parametrize(
    ("field", "mm", "about", "verdict"),
    [
        ("chest", 630, {"age": 6}, "fine"), ("chest", 630, {"age": 30}, "doubtful"), ("chest", 630, {}, "doubtful"),
        ("chest", 900, {"age": 6}, "doubtful"),
        ("chest", 660, {"age": 7}, "fine"), ("waist", 570, {"age": 6}, "fine"), ("waist", 400, {"age": 6}, "doubtful"),
        ("chest", 970, {"age": 15}, "fine"),
        ("height", 1150, {"age": 6}, "fine"), ("height", 1500, {"age": 6}, "doubtful"), ("height", 1150, {"age": 16}, "doubtful"),
        ("height", 1580, {"age": 10, "sex": "m"}, "doubtful"), ("height", 1580, {"age": 10, "sex": "f"}, "fine"),
        ("height", 780, {"age": 1}, "fine"),
        ("hip", 700, {"child": True, "height": 1160}, "fine"), ("hip", 1000, {"child": True, "height": 1160}, "doubtful"),
        ("sleeve_length", 400, {"child": True, "height": 1160}, "fine"),
        ("inseam", 700, {"child": True, "height": 1160}, "doubtful"),
        ("head", 500, {"child": True}, "fine"), ("head", 610, {"child": True}, "doubtful"),
        ("neck", 260, {"child": True}, "fine"),
        ("neck", 600, {"child": True}, "doubtful"), ("neck", 100, {"child": True}, "impossible"),
        ("chest", 900, {"child": True, "age": 40}, "fine"),
    ],
)  # fmt: skip
def test_children(field: str, mm: int, about: dict[str, object], verdict: m.Verdict) -> None:
    assert m.check(field, mm, **about) == verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"waist": 1400}, {("waist", "hip", "big"), ("chest", "waist", "small")}),
        ({"hip": 760}, {("waist", "hip", "big"), ("chest", "hip", "big"), ("thigh", "hip", "big")}),
        ({"sleeve_length": 800}, {("sleeve_length", "height", "big")}),
        ({"inseam": 1000}, {("inseam", "height", "big"), ("trouser_length", "inseam", "small")}),
        ({"wrist": 400}, {("wrist", "bicep", "big")}),
        ({"knee": 640}, {("knee", "thigh", "big")}),
        ({"neck": 200}, {("neck", "chest", "small")}),
    ],
)
def test_values_that_do_not_fit_one_body(change: dict[str, int], found: set[tuple[str, str, str]]) -> None:
    assert {(c.first, c.second, c.size) for c in m.contradictions(MAN | change)} == found


def test_a_child_is_compared_with_children() -> None:
    child = {"chest": 540, "waist": 520, "height": 880, "inseam": 310}
    assert m.contradictions(child, child=True) == []
    assert [(c.first, c.second) for c in m.contradictions(child)] == [("inseam", "height")]
    assert m.contradictions({"chest": 800, "height": 880}, child=True) == [m.Contradiction("chest", "height", "big")]


def test_what_is_missing_is_told_with_its_alternatives() -> None:
    assert m.required("kente_shirt")[3] == ("sleeve_length", "short_sleeve_length")
    assert m.missing("kente_shirt", {"neck", "chest", "short_sleeve_length"}) == (("shoulder",), ("top_length",))
    assert m.missing("skirt", ["waist", "hip", "skirt_length"]) == ()
    assert m.required("funeral_cloth") == m.required("kaba_and_slit")
    assert m.required("school_uniform")[-1] == ("shorts_length", "trouser_length", "skirt_length")


@pytest.mark.parametrize(
    ("garment", "chest", "waist", "hip"),
    [
        ("agbada", 40, 30, 0), ("kaftan", 20, 20, 0), ("kente_shirt", 30, 20, 0), ("suit", 20, 10, 0),
        ("office_dress", 10, 5, 10),
        ("wedding_dress", 10, 5, 10), ("school_uniform", 20, 15, 0), ("kaba_and_slit", 20, 10, 10), ("smock", 40, 30, 0),
        ("trousers", 0, 0, 0),
    ],
)  # fmt: skip
def test_ease(garment: str, chest: int, waist: int, hip: int) -> None:
    assert [m.ease(garment, name) for name in ("chest", "bust", "waist", "tummy", "hip", "neck")] == [
        chest,
        chest,
        waist,
        waist,
        hip,
        0,
    ]


def test_the_cut_keeps_body_and_ease_apart_and_leaves_out_what_the_garment_does_not_use() -> None:
    cut = m.cut_values("office_dress", {"bust": 940, "waist": 850, "hip": 1020, "neck": 330})
    assert cut == {"bust": m.Cut(940, 10), "waist": m.Cut(850, 5), "hip": m.Cut(1020, 10)}
    assert [value.cut for value in cut.values()] == [950, 855, 1030]


@pytest.mark.parametrize(
    ("mm", "field", "text"),
    [
        (826, "", "32½ in (82.6 cm)"), (813, "", "32 in (81.3 cm)"), (820, "", "32¼ in (82 cm)"), (13, "", "½ in (1.3 cm)"),
        (0, "", "0 in (0 cm)"), (978, "", "38½ in (97.8 cm)"), (1702, "height", "5 ft 7 in (170.2 cm)"),
        (1830, "height", "6 ft 0 in (183 cm)"),
    ],
)  # fmt: skip
def test_values_are_shown_in_both_units(mm: int, field: str, text: str) -> None:
    assert m.show(mm, field) == text


@given(st.integers(1, 2500))
def test_the_tape_is_read_to_an_eighth(mm: int) -> None:
    shown = m.inches(mm)
    parts = {"": 0, "⅛": 1, "¼": 2, "⅜": 3, "½": 4, "⅝": 5, "¾": 6, "⅞": 7}
    eighths = parts.get(shown[-1], 0)
    whole = shown[:-1] if eighths else shown
    assert abs((int(whole or 0) * 8 + eighths) * 25.4 / 8 - mm) <= 25.4 / 16 + 1e-9


@given(st.sampled_from(sorted(m.FIELDS)), st.integers(-50, 4000), st.sampled_from(["m", "f", None]), st.none() | st.integers(0, 90))
def test_a_verdict_never_contradicts_the_hard_range(field: str, mm: int, sex: m.Sex | None, age: int | None) -> None:
    low, high = m.FIELDS[field].hard
    assert (m.check(field, mm, sex, age=age) == "impossible") == (not low <= mm <= high)


def test_the_data_model_is_used_whole() -> None:
    assert set(MODEL["fields"]) == set(m.FIELDS)
    for a, b, low, high in MODEL["rules"]:
        body = {a: round(1000 * high) + 10, b: 1000}
        assert m.Contradiction(a, b, "big") in m.contradictions(body)
        assert m.Contradiction(a, b, "small") in m.contradictions(body | {a: round(1000 * low) - 10})
