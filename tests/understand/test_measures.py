"""Messages about measurements: whose, which, how much, and what is asked."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.rules.measurements import FIELDS, MM_PER_INCH, inches, show
from bot.understand import fillers, quantities, vocabulary
from bot.understand.field_names import _spelling
from bot.understand.measures import LONGEST, measurements_in
from bot.understand.names import NAMES
from bot.understand.plain import clean
from bot.understand.reading import Context
from bot.understand.spelling import _meant
from tests.understand.test_noise import RUBBLE

Given = dict[str, float]  # "field" or "person.field" -> inches


def read(text: str, context: Context) -> tuple[Given, str | None]:
    reading = measurements_in(text, context)
    return {f"{v.person}.{v.field}" if v.person else v.field: v.mm for v in reading.values}, reading.ask


def check(text: str, given: Given, ask: str | None = None, context: Context = Context()) -> None:  # noqa: B008
    values, asked = read(text, context)
    assert values == {name: pytest.approx(inch * 25.4, abs=2) for name, inch in given.items()}
    assert asked == ask


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("chest is 40 inches", {"chest": 40}), ("my waist is thirty two and a half", {"waist": 32.5}), ("waist 32½", {"waist": 32.5}),
        ("waist forty and half", {"waist": 40.5}), ("neck 15 1/2, waist 32 point 5", {"neck": 15.5, "waist": 32.5}),
        ("thigh thirty-two-and-a-quarter", {"thigh": 32.25}), ("waist 82cm chest 40", {"waist": 32.28, "chest": 40}),
        ("waist 820 mm", {"waist": 32.28}), ("chest 1.02 m", {"chest": 40.16}), ("height 5'7", {"height": 67}), ("height five seven", {"height": 67}),
        ("5 7 tall", {"height": 67}), ("I am 5 feet, 7 inches", {"height": 67}), ("1m70", {"height": 66.93}),
        ("one meter seventy tall", {"height": 66.93}),
        ("height one seventy", {"height": 66.93}), ("height 170", {"height": 66.93}), ("I'm 5'7, waist 34", {"height": 67, "waist": 34}),
        ("chest 102 waist 86 wrist 17 all in cm", {"chest": 40.16, "waist": 33.86, "wrist": 6.69}),
        ("in cm: chest 102, wrist 17", {"chest": 40.16, "wrist": 6.69}),
        ("chest 102 waist 86 wrist 17 centimeters", {"chest": 40.16, "waist": 33.86, "wrist": 6.69}),
        ("chest 40 waist 34 height 170 cm", {"chest": 40, "waist": 34, "height": 66.93}),
        ("waist about 34", {"waist": 34}), ("chest like 40 and waist almost 34", {"chest": 40, "waist": 34}),
        ("bust 36 inches (91 cm)", {"bust": 36}), ("waist 34, hip 40, waist 34", {"waist": 34, "hip": 40}),
        ("me sisi yɛ aduasa mmienu ne fa", {"waist": 32.5}), ("kokoo aduanan, sisie 34", {"chest": 40, "waist": 34}),
        ("my waist dey 34", {"waist": 34}), ("the chest na 40", {"chest": 40}), ("I get 34 for waist", {"waist": 34}),
        ("sisi no yɛ 34", {"waist": 34}),
        ("wasit 34 and tigh 24 and shouldr 18", {"waist": 34, "thigh": 24, "shoulder": 18}),
        ("half length 16 and sleeve 24 and half", {"shoulder_to_waist": 16, "sleeve_length": 24.5}),
        ("round the waist 34, length of my sleeve is 24", {"waist": 34, "sleeve_length": 24}),
    ],
)  # fmt: skip
def test_values(text: str, given: Given) -> None:
    check(text, given)


@pytest.mark.parametrize(
    "text",
    [
        "chest 40 waist 34 hip 42", "chest 40, waist 34, hip 42", "chest:40 waist:34 hip:42", "chest=40;waist=34;hip=42", "chest40 waist34 hip42",
        "Chest - 40\nWaist - 34\nHip - 42", "40 chest, 34 waist, 42 hip", "40 chest 34 waist 42 hip", "chest waist hip: 40 34 42",
        "chest, waist and hip are 40, 34 and 42", "chest/waist/hip 40/34/42", "Chest\n40\nWaist\n34\nHip\n42", "1. chest 40\n2. waist 34\n3. hip 42",
        "1) chest 40 2) waist 34 3) hip 42", "• Chest: 40\n• Waist: 34\n• Hip: 42", "Chest. 40. Waist. 34. Hip. 42.",
        "hello, my chest is forty inches and my waist is thirty-four inches then the hip is forty two", "chest 40\n34 waist\nhip 42",
        "Trousers: waist 34, hip 42. Shirt: chest 40", "chest waist hip\n40\n34\n42", "My measurements are; chest 40, waist 34 & hips 42",
    ],
)  # fmt: skip
def test_lists_in_any_order_and_form(text: str) -> None:
    check(text, {"chest": 40, "waist": 34, "hip": 42})


@pytest.mark.parametrize(
    ("text", "given", "ask"),
    [
        ("waist 34 no 36", {"waist": 36}, None), ("waist 34, no sorry, 36", {"waist": 36}, None), ("waist 34 I mean 36", {"waist": 36}, None),
        ("waist 34 actually 36 hip 42", {"waist": 36, "hip": 42}, None), ("chest 40 scratch that 42 waist 34", {"chest": 42, "waist": 34}, None),
        ("waist is not 32 but 33", {"waist": 33}, None), ("waist 33 not 32", {"waist": 33}, None), ("waist 33 instead of 32", {"waist": 33}, None),
        ("waist should be 33 instead", {"waist": 33}, None), ("change waist from 32 to 33", {"waist": 33}, None),
        ("chest 40 waist 34 sorry chest 42", {"chest": 42, "waist": 34}, None),
        ("chest 40, waist 34. Oh no, the chest is 42", {"chest": 42, "waist": 34}, None),
        ("waist 40, I mean hip", {"hip": 40}, None), ("waist 40 sorry hip 40", {"hip": 40}, None),
        ("waist 34 sorry hip 40", {"hip": 40}, "ambiguous_field"),
        ("chest 40 na waist 34", {"chest": 40, "waist": 34}, None), ("my waist was 34, now it is 36", {"waist": 36}, None),
    ],
)  # fmt: skip
def test_corrections(text: str, given: Given, ask: str | None) -> None:
    check(text, given, ask)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("Kofi chest 40 waist 34, Ama bust 36", {"kofi.chest": 40, "kofi.waist": 34, "ama.bust": 36}), ("for Kofi: chest 40", {"kofi.chest": 40}),
        ("Kofi's waist is 34", {"kofi.waist": 34}), ("kofis waist is 34", {"kofi.waist": 34}), ("my son's chest is 26", {"son.chest": 26}),
        ("these are for my daughter Akosua: chest 26 waist 24", {"akosua.chest": 26, "akosua.waist": 24}),
        ("me: chest 40; my wife: bust 36", {"chest": 40, "wife.bust": 36}),
        ("Kwesi\nchest 40\nwaist 34\n\nAma\nbust 36", {"kwesi.chest": 40, "kwesi.waist": 34, "ama.bust": 36}),
        ("hello Akua, my waist is 34", {"waist": 34}), ("Kofi, my waist is 34", {"waist": 34}), ("My name is Ama. waist 34", {"waist": 34}),
        ("Please, waist 34", {"waist": 34}), ("Chst 40 waist 34", {"waist": 34, "chest": 40}), ("my mum's hip is 44", {"mother.hip": 44}),
        ("bust 36 for my wife", {"wife.bust": 36}), ("chest 40 for Kofi, bust 36 for Ama", {"kofi.chest": 40, "ama.bust": 36}),
        ("my wife bust 36, mine is chest 40", {"wife.bust": 36, "chest": 40}),
        ("my hubby waist 36 and my waist 30", {"husband.waist": 36, "waist": 30}),
        ("Zubbel: chest 40", {"zubbel.chest": 40}), ("my 5 year old son chest 24", {"son.chest": 24}),
        ("measured by my wife: waist 34", {"waist": 34}),
    ],
)  # fmt: skip
def test_people(text: str, given: Given) -> None:
    check(text, given)


def test_a_known_name_may_be_mistyped() -> None:
    check("Akosuwa waist 24 tommy chest 26", {"akosua.waist": 24, "tommy.chest": 26}, None, Context(people=("Akosua", "Tommy")))


@pytest.mark.parametrize(
    ("text", "given", "ask"),
    [
        ("", {}, "empty"), ("👍 !!", {}, "empty"), ("good morning", {}, "no_measurement"), ("waist 400, hip 40", {"hip": 40}, "out_of_range"),
        ("waist 20 cm", {}, "out_of_range"), ("waist 16", {"waist": 16}, "cross_check"), ("waist 60 hip 34", {"waist": 60, "hip": 34}, "cross_check"),
        ("waist 32 or 33, hip 40", {"hip": 40}, "ambiguous_value"), ("waist 38 to 40", {}, "ambiguous_value"), ("waist 32-34", {}, "ambiguous_value"),
        ("waist between 30 and 32", {}, "ambiguous_value"), ("length 41", {}, "ambiguous_field"), ("round 30", {}, "ambiguous_field"),
        ("tip to tip 60", {}, "ambiguous_field"), ("33", {}, "ambiguous_field"), ("chest 40 foo 34", {"chest": 40}, "ambiguous_field"),
        ("chest waist hip 40 34", {}, "ambiguous_field"), ("height 5.7 feet", {}, "ambiguous_unit"), ("height 5.7", {}, "ambiguous_unit"),
        ("same as last time", {}, "reference_previous"), ("use my old one", {}, "reference_previous"),
        ("waist as before, hip 40", {"hip": 40}, "reference_previous"),
        ("add half an inch", {}, "relative_delta"), ("2 inches more", {}, "relative_delta"), ("a bit bigger", {}, "relative_delta"),
        ("size 12", {}, "size_label"), ("XL", {}, "size_label"), ("I wear medium", {}, "size_label"), ("I don't know my waist", {}, "unknown_value"),
        ("I don't know my waist but chest is 40", {"chest": 40}, "unknown_value"), ("waist 34 waist 36 hip 42", {"hip": 42}, "conflict"),
        ("waist 34 kg", {}, "bad_unit"), ("waist 3 yards hip 40", {"hip": 40}, "bad_unit"),
        ("all in cm, all in inches: chest 102", {}, "ambiguous_unit"),
    ],
)  # fmt: skip
def test_questions(text: str, given: Given, ask: str) -> None:
    check(text, given, ask)


def test_other_numbers_are_no_measurements() -> None:
    for text in (
        "call me on 024 123 4567", "GHS 250", "I paid 200 cedis", "on 12/12/2026", "by 25th December", "at 3pm", "he is 12 years old",
        "I weigh 70 kg",
        "I need 6 yards", "2 shirts", "for 3 people", "order number 1234", "2 trousers and 3 shorts", "my waist is not 34",
        "how do I measure my waist?",
        "is 34 waist ok?", "https://example.com/34?waist=35", "50% off", "wedding in 2 weeks", "10:30", "Robert'); DROP TABLE person; --",
    ):  # fmt: skip
        assert read(text, Context()) == ({}, "no_measurement"), text


@pytest.mark.parametrize(
    ("text", "asked", "given"),
    [
        ("33", ("waist",), {"waist": 33}), ("e be 33", ("waist",), {"waist": 33}), ("40 34 42", ("chest", "waist",
        "hip"), {"chest": 40, "waist": 34, "hip": 42}),
        ("36-28-38", ("bust", "waist", "hip"), {"bust": 36, "waist": 28, "hip": 38}), ("hip is 40", ("waist",), {"hip": 40}),
        ("32 no 33", ("waist",), {"waist": 33}),
        ("make it 33", ("waist",), {"waist": 33}), ("5 7", ("height",), {"height": 67}), ("33, hip 40", ("waist",), {"waist": 33, "hip": 40}),
        ("Kofi 40, Kwame 38", ("chest",), {"kofi.chest": 40, "kwame.chest": 38}),
    ],
)  # fmt: skip
def test_answers_to_what_was_asked(text: str, asked: tuple[str, ...], given: Given) -> None:
    check(text, given, None, Context(asked=asked))


def test_the_garment_decides_about_length() -> None:
    for garment, field in (("trousers", "trouser_length"), ("kaftan", "top_length"), ("wedding_dress", "full_length"), ("skirt", "skirt_length")):
        check("length 41", {field: 41}, None, Context(garment=garment))


def test_age_sex_and_saved_values_sharpen_the_doubts() -> None:
    check("chest 26 waist 23", {"chest": 26, "waist": 23}, "cross_check")
    check("chest 26 waist 23", {"chest": 26, "waist": 23}, None, Context(birth_year=2018, year=2026))
    check("chest 44 waist 40", {"chest": 44, "waist": 40}, "cross_check", Context(birth_year=2018, year=2026))
    check("waist 58", {"waist": 58}, "cross_check", Context(saved={"hip": 1000}))


def test_what_was_cut_off_is_asked_for() -> None:
    reading = measurements_in("chest 40 " + "la " * LONGEST + "waist 34")
    assert [value.field for value in reading.values] == ["chest"]
    assert reading.ask


PARTS = st.lists(st.one_of(RUBBLE.map(" ".join), st.sampled_from([name for f in FIELDS.values() for name in f.says]), st.text(max_size=6)),
max_size=12)


@given(PARTS.map(" ".join), st.lists(st.sampled_from(sorted(FIELDS)), max_size=3).map(tuple))
@example("waist 34\n no 36, 5'7", ("hip",))
def test_every_value_is_possible_and_stands_in_the_text(text: str, asked: tuple[str, ...]) -> None:
    whole = " ".join(clean(text, LONGEST).split())
    for value in measurements_in(text, Context(asked=asked, people=("Kofi",))).values:
        low, high = FIELDS[value.field].hard
        assert low <= value.mm <= high
        assert value.said in whole


def seconds(text: str) -> float:
    start = time.process_time()
    measurements_in(text)
    return time.process_time() - start


def test_it_is_quick() -> None:
    dice = random.Random(11)
    alphabets = ["abcdefghijklmnopqrstuvwxyz  ", "0123456789 ", " .,:;-/'\"\n?!", "waistchet 0123456789", "ɔɛŋ½¼👍🙏🏾 ", "абвгд ", "中文字 ",
    "0123456789/-. "]
    known = ["chest", "waist", "40", "34", "no", "for", "kofi", "my", "wife", "and", "or", "to", "half", "cm", "in", ",", "\n", "not", "sorry",
    "'s", "1.", "same", "as"]
    texts = ["".join(dice.choices(dice.choice(alphabets), k=dice.randrange(400))) for _ in range(5_000)]
    texts += [" ".join(dice.choices(known, k=dice.randrange(90))) for _ in range(5_000)]
    taken = [seconds(text) for text in texts]
    middle = sorted(taken)[len(taken) // 2]
    assert middle < 0.003
    for text in (text for text, took in zip(texts, taken, strict=True) if took > 0.05):  # again: the machine is shared
        assert min(seconds(text) for _ in range(3)) < max(0.05, 200 * middle), text[:40]


@pytest.mark.parametrize("part", ["waist ", "34 ", "waist 34 ", "no ", "for kofi ", "a", "1", "'", "don't know ", "0241234567 ", "my ", "5 7 ", "- "])
def test_the_time_grows_as_the_text_does(part: str) -> None:
    short, long = (min(seconds(part * (length // len(part))) for _ in range(5)) for length in (1_000, 4_000))
    assert long < 9 * max(short, 0.001)  # 4 where it grows evenly, 16 where it grows with the square


def test_values_of_several_people_at_once_are_asked_about() -> None:
    for text in ("Kofi and Ama: chest 40", "chest 40 for me and my brother", "my wife and I: chest 40"):
        check(text, {}, "ambiguous_field")
    check("Hello, Kofi: chest 40", {"kofi.chest": 40})
    check("Please Kofi chest 40, and Ama bust 36", {"kofi.chest": 40, "ama.bust": 36})


def test_small_numbers_before_a_field_are_values_and_before_a_garment_counts() -> None:
    check("9 nipple to nipple, 7 wrist", {"nipple_to_nipple": 9, "wrist": 7})
    check("2 trousers, waist 34", {"waist": 34})
    check("thirty nine and a half length of slit", {"slit_length": 39.5})
    check("Hi Sew4Mi, waist 34", {"waist": 34})


@pytest.mark.parametrize(
    ("text", "given", "ask"),
    [
        ("waist is not 37 but 36 chest 39 knee 17", {"waist": 36, "chest": 39, "knee": 17}, None),
        ("hip 45. sleeve is not 25 but 24", {"hip": 45, "sleeve_length": 24}, None),
        ("chest between 37 and 38 shoulder 18 knee 16", {"shoulder": 18, "knee": 16}, "ambiguous_value"),
        ("knee is 15 or maybe 17, waist 34", {"waist": 34}, "ambiguous_value"),
        ("chest 40 waist I don't know hip 42", {"chest": 40, "hip": 42}, "unknown_value"),
        ("neck 15. hip 44 oh sorry my neck is 16", {"neck": 16, "hip": 44}, None),
        ("knee 17 wait 31", {}, "ambiguous_field"),
    ],
)
def test_one_odd_member_does_not_shift_a_list(text: str, given: Given, ask: str | None) -> None:
    check(text, given, ask)


@given(st.sampled_from(sorted(FIELDS)), st.data())
def test_every_field_is_heard_by_each_of_its_names_and_in_each_unit(field: str, data: st.DataObject) -> None:
    low, high = FIELDS[field].hard
    mm = data.draw(st.integers(low + 2, high - 2))
    name = data.draw(st.sampled_from(FIELDS[field].says))

    def said(text: str, *asked: str) -> list[tuple[str, int]]:
        return [(value.field, pytest.approx(value.mm, abs=2)) for value in measurements_in(text, Context(asked=asked)).values]

    assert said(f"{name} {mm / 10:g} cm", "neck" if field != "neck" else "hip") == said(f"{name} is {mm} mm") == [(field, mm)]
    assert said(show(mm), field) == [(field, mm)]
    if low <= round(round(mm * 8 / MM_PER_INCH) / 8 * MM_PER_INCH) <= high:
        assert said(f"{inches(mm)} in", field) == [(field, mm)]


def test_no_ordinary_word_is_mistaken_for_a_field_or_a_number() -> None:
    for word in fillers.ASIDES | quantities.FOREIGN_UNITS | set(quantities.UNITS) | vocabulary.CORRECTIONS | vocabulary.LINKS:
        assert _spelling(word) == word, word
    for word in NAMES | vocabulary.KNOWN - quantities.UNITS.keys():
        assert _meant(word) == (word,), word


@pytest.mark.parametrize(
    ("text", "given"),
    [
        # heights said before they are named, or not named at all
        ("5 foot 3 is my height and 30 is my waist", {"height": 63, "waist": 30}), ("6 ft tall and my chest is 44", {"height": 72, "chest": 44}),
        ("one metre seventy five", {"height": 68.9}), ("my husband is 5'10 with chest 42", {"husband.height": 70, "husband.chest": 42}),
        ("I'm five-eight, waist 33", {"height": 68, "waist": 33}), ('5"7 tall', {"height": 67}),
        # slips in number words and in names of measurements
        ("wasit is thirty fuor", {"waist": 34}), ("chest fourty two waist tirty six", {"chest": 42, "waist": 36}),
        ("neck fiveteen, hip thirtyeight", {"neck": 15, "hip": 38}), ("bust 33nhalf slitt 42", {"bust": 33.5, "slit_length": 42}),
        ("kaba lenght 24 slitt 42", {"kaba_length": 24, "slit_length": 42}), ("Waits 34 weist 34 hipp 41", {"waist": 34, "hip": 41}),
        ("Under burst 31", {"under_bust": 31}), ("from the shoulder to my waist 16", {"shoulder_to_waist": 16}),
        # what is taken back
        ("bust is 38 oo, no be 36, hip 44", {"bust": 38, "hip": 44}), ("e no be 32, na 34 be my waist", {"waist": 34}),
        ("don't use 36 for my chest, use 38", {"chest": 38}), ("I didn't say 30. My waist is 31", {"waist": 31}),
        ("it's not waist 32, it's waist 34", {"waist": 34}), ("me waist nyɛ 36, ɛyɛ 34", {"waist": 34}),
        ("sleeve 23, neck 15. Please the sleeve is 24, not 23", {"sleeve_length": 24, "neck": 15}),
        # corrections that go on, or come in other words
        ("bust 36 waist 29. Ooh sorry bust 37 and waist 30", {"bust": 37, "waist": 30}), ("chest 40, make that 42", {"chest": 42}),
        ("waist 33, my bad, 34", {"waist": 34}), ("use 32 for waist, hip 40, hip 41 instead", {"waist": 32, "hip": 41}),
        ("waist 30 no let me check again 31", {"waist": 31}),
        # lists with numbers, marks and words of their own
        ("No. 1 chest 39, No. 2 waist 33", {"chest": 39, "waist": 33}), ("number 1 is chest 40 number 2 is waist 34", {"chest": 40, "waist": 34}),
        ("1. neck 2. chest : 15, 40", {"neck": 15, "chest": 40}), ("Bust; 36 Waist; 28 Hips; 39", {"bust": 36, "waist": 28, "hip": 39}),
        ("Bust-36, Waist-28, Hips-39", {"bust": 36, "waist": 28, "hip": 39}), ("neck and chest in that order: 15, 40", {"neck": 15, "chest": 40}),
        # spoken without a stop
        ("the first one is my chest the chest is forty then the waist the waist is thirty four", {"chest": 40, "waist": 34}),
        ("chest which is forty and waist which is thirty four", {"chest": 40, "waist": 34}),
        ("it's thirty three yes waist thirty three", {"waist": 33}), ("length length trouser length forty one", {"trouser_length": 41}),
        ("34 inches is my waist and 41 inches is my hip", {"waist": 34, "hip": 41}), ("waist 34 and hips 46 small small", {"waist": 34, "hip": 46}),
        # Twi numbers behind tens, words that have grown together
        ("me sisi yɛ aduasa nan", {"waist": 34}), ("me hip yɛ aduanan num ne fa", {"hip": 45.5}), ("m'abakɔn yɛ 7", {"wrist": 7}),
        ("me waist aduasa nnum na me chest nso yɛ aduanan ne mmienu", {"waist": 35, "chest": 42}), ("me serɛ aduonu nan", {"thigh": 24}),
        # other numbers
        ("my shoe is 43 and waist is 34", {"waist": 34}), ("bra size 36C, under bust 31", {"under_bust": 31}), ("by 24/12. hip 42", {"hip": 42}),
        ("I am 28, my waist is 30", {"waist": 30}), ("born 12/03/1990, qty 2, 4 yards, waist 34", {"waist": 34}),
    ],
)  # fmt: skip
def test_ways_of_speaking(text: str, given: Given) -> None:
    check(text, given)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("Nana Yaa bust 39\nNana Kwame chest 43", {"nana yaa.bust": 39, "nana kwame.chest": 43}), ("Naa Dei's hip is 39", {"naa dei.hip": 39}),
        ("Ama bust 36. Me too bust 38", {"ama.bust": 36, "bust": 38}), ("Ama bust 36, then me, bust 38", {"ama.bust": 36, "bust": 38}),
        ("bust 36 is for Ama, bust 40 is mine", {"ama.bust": 36, "bust": 40}),
        ("Yaw waist 34 sorry Yaw waist 35. Ama waist 30", {"yaw.waist": 35, "ama.waist": 30}),
        ("Yaw waist 34, Ama waist 30. Correction: Yaw's waist is 36", {"yaw.waist": 36, "ama.waist": 30}),
        ("the bust of Ama is 36 and the chest of Yaw is 40", {"ama.bust": 36, "yaw.chest": 40}),
        ("Chest 40 (Yaw), bust 36 (Ama)", {"yaw.chest": 40, "ama.bust": 36}), ("Ama (my sister) bust 36", {"ama.bust": 36}),
    ],
)  # fmt: skip
def test_people_of_ours(text: str, given: Given) -> None:
    check(text, given, None, Context(people=("Nana Yaa", "Nana Kwame", "Naa Dei", "Ama", "Yaw")))


def test_who_is_spoken_to_was_not_measured() -> None:
    for text in ("Good morning Fatima: chest 40", "I am Kofi, chest 40", "This is Kofi. Chest 40", "My name is Esi Mensah, chest 40"):
        check(text, {"chest": 40})


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("chest 40 wsist 34 hip 42", {"chest": 40, "hip": 42}), ("upper waist 30, hip 40", {"hip": 40}), ("above knee 18", {}),
        ("waist is 36 if not 37", {}), ("my waist is thirty two or is it thirty three", {}), ("trouser length 40 to 42 depending on shoes", {}),
        ("Yaw chest 40, Ama is the same", {"yaw.chest": 40}), ("chest 40 hip 42 waist three zero zero", {"chest": 40, "hip": 42}),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_asked(text: str, given: Given) -> None:
    values, asked = read(text, Context())
    assert values == {name: pytest.approx(inch * 25.4, abs=2) for name, inch in given.items()}
    assert asked


@pytest.mark.parametrize(
    ("text", "given", "ask"),
    [
        # brands, places and givers are nobody
        ("I have 6 yards of Woodin. Bust 38 waist 31", {"bust": 38, "waist": 31}, None), ("Location: Madina\nbust 38", {"bust": 38}, None),
        ("Woodin: 6 yards. Bust 38", {"bust": 38}, None), ("waist 34 for Kasoa branch", {"waist": 34}, None),
        ("My neighbour's waist is 34, my waist is 36", {"waist": 36}, None),
        ("I got it from Ama. Bust 38", {"bust": 38}, None), ("the bust of Zubbel is 38", {"zubbel.bust": 38}, None),
        # units that are no lengths of a body
        ("sleeve 24 grams", {}, "bad_unit"), ("waist is 34 percent, hip 40", {"hip": 40}, "bad_unit"), ("waist 34 degrees", {}, "bad_unit"),
        ("in 2 hours. waist 34", {"waist": 34}, None), ("hip: -40", {}, "out_of_range"), ("hip -40\nwaist -34", {"hip": 40, "waist": 34}, None),
        ("waist tirty too", {}, "ambiguous_value"), ("waist thirty to, hip 40", {"hip": 40}, "ambiguous_value"),
        # his and hers
        ("my guy Kofi hin waist be 34", {"kofi.waist": 34}, None), ("Kofi im waist be 34", {"kofi.waist": 34}, None),
        ("my broda hin waist be 34", {"brother.waist": 34}, None), ("im bust 36", {"bust": 36}, None),
        ("then we have ama her bust is 36", {"ama.bust": 36}, None),
        ("Please my brother, the chest is 40", {"chest": 40}, None), ("my brother, chest 40", {"brother.chest": 40}, None),
        # people in general
        ("The average Ghanaian man has a chest of 38", {}, "no_measurement"), ("The average waist is 34. Mine: waist 32", {"waist": 32}, None),
        ("most women have hip 40 but my hip is 42", {"hip": 42}, None), ("somebody with a waist of 34 is slim", {}, "no_measurement"),
        ("I have a standard waist of 34", {"waist": 34}, None), ("I want a shirt for a man with chest 40", {"chest": 40}, None),
        ("my tailor said my waist is 34", {"waist": 34}, None), ("my tailor said that a chest of 40 is big", {}, "no_measurement"),
    ],
)  # fmt: skip
def test_nothing_is_taken_for_what_it_is_not(text: str, given: Given, ask: str | None) -> None:
    check(text, given, ask)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("for kwame: 1. chest 40 2. waist 34 for ama: 1. bust 36 2. waist 29", {"kwame.chest": 40, "kwame.waist": 34, "ama.bust": 36,
        "ama.waist": 29}),
        ("House No 27, Spintex. Bust 36", {"bust": 36}), ("plot 5, room 12, waist 34", {"waist": 34}), ("line 3 waist 34", {"waist": 34}),
        ("waist 81,5 cm", {"waist": 32.09}), ("hip 99,5cm waist 40,5", {"hip": 39.17, "waist": 40.5}),
        ("waist, hip: 32,33", {"waist": 32, "hip": 33}), ("height 1,75m, waist 0,85 m", {"height": 68.9, "waist": 33.46}),
        ("Tema community 5, waist 34", {"waist": 34}),
        ("5-foot-3", {"height": 63}), ("I'm a 5-foot-3 lady, bust 36", {"height": 63, "bust": 36}),
        ("I'm 178cm, waist 34", {"height": 70.08, "waist": 34}),
        ("m'etire yɛ 22", {"head": 22}), ("me pa yɛ 41", {"hip": 41}), ("me pa wo kyɛw waist 34", {"waist": 34}),
        ("the kaba should be 25 length and the slit length 40", {"kaba_length": 25, "slit_length": 40}),
    ],
)  # fmt: skip
def test_more_ways_of_speaking(text: str, given: Given) -> None:
    check(text, given)


@pytest.mark.parametrize(
    ("text", "given", "ask"),
    [
        ("waist: Kofi 34, Yaw 36, Kojo 32", {"kofi.waist": 34, "yaw.waist": 36, "kojo.waist": 32}, None),
        ("Bust\nAma: 36\nEsi: 38\nWaist\nAma: 28\nEsi: 30", {"ama.bust": 36, "esi.bust": 38, "ama.waist": 28, "esi.waist": 30}, None),
        ("chest: me 40, my wife 38", {"chest": 40, "wife.chest": 38}, None),
        ("Kofi 40, Ama 36, Esi 38 chest", {"kofi.chest": 40, "ama.chest": 36, "esi.chest": 38}, None),
        ("Kofi and Yaw's waists are 34 and 36 respectively", {"kofi.waist": 34, "yaw.waist": 36}, None),
        ("my wife and I: waist 32, 34", {"wife.waist": 32, "waist": 34}, None),
        ("Adwoa's waist is 28 and mine is 31", {"adwoa.waist": 28, "waist": 31}, None),
        ("my father's waist is 40, my wife's is 30, my own is 34", {"father.waist": 40, "wife.waist": 30, "waist": 34}, None),
        ("My friend Kofi has waist 34, but mine is 36", {"kofi.waist": 34, "waist": 36}, None),
        ("Ama bust 36. My measurements: bust 38", {"ama.bust": 36, "bust": 38}, None),
        ("Ama waist 30, back to me, waist 35", {"ama.waist": 30, "waist": 35}, None),
        ("kwabena chest 40 then we have zubbel his chest is 42", {"kwabena.chest": 40, "zubbel.chest": 42}, None),
        # an age, two values, or as many people as fields
        ("My waist is 34, Kofi is 12", {"waist": 34}, "ambiguous_field"), ("Kofi and Ama: chest 40 or 38", {}, "ambiguous_field"),
        ("Kofi and Ama: chest 40, waist 38", {}, "ambiguous_field"), ("chest: Kofi 40 or 41, Yaw 38", {}, "ambiguous_field"),
    ],
)  # fmt: skip
def test_one_field_for_several_people(text: str, given: Given, ask: str | None) -> None:
    check(text, given, ask)


def test_an_inch_more_beside_a_value_is_asked_about() -> None:
    for more in ("Add an inch to the sleeve.", "Take the waist in by an inch", "Add a bit to the hip"):
        check(f"Chest 40. {more}", {"chest": 40}, "relative_delta")
