"""Numbers, choices, yes and no, amounts: what people write and what it means."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bot.understand import NotUnderstood, choose, clean, number, pesewas, plain, whole, yes_no

GARMENTS = ["Suit", "Kente shirt", "Casual shirt", "Dashiki", "Kaba and slit", "Smock (fugu)"]
MENU = ["Find a tailor", "My orders", "My measurements", "Settings", "Help"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("32", 32), ("2.", 2), ("2️⃣", 2), ("🔟", 10), ("two", 2), ("twenty-five", 25), ("twenty five", 25), ("1,200", 1200),
        ("1,200.50", 1200.5),
        ("32.5", 32.5), (".5", 0.5), ("32½", 32.5), ("32 ½", 32.5), ("32 1/2", 32.5), ("32-1/2", 32.5), ("32 and 3/4", 32.75),
        ("½", 0.5),
        ("thirty two and a half", 32.5), ("thirty two and half", 32.5), ("thirty two half", 32.5),
        ("thirty two and three quarters", 32.75),
        ("thirty two point two five", 32.25), ("32 point 5", 32.5), ("a hundred and ten", 110), ("one hundred and five", 105),
        ("hundred", 100),
        ("5 hundred", 500), ("fifteen hundred", 1500), ("two thousand five hundred", 2500), ("one hundred thousand", 100_000),
        ("half", 0.5), ("a quarter", 0.25), ("three quarters", 0.75), ("zero", 0), ("about 3 please", 3), ("ok 3", 3),
        ("aduasa mmienu", 32), ("aduanan ne fa", 40.5), ("dunum", 15), ("ɔha", 100), ("٣٢", 32), ("３２", 32), ("32 32", 32),
    ],
)  # fmt: skip
def test_numbers(text: str, value: float) -> None:
    assert number(text) == Fraction(value)


@pytest.mark.parametrize(
    "text",
    ["", "none", "a", "and", "-5", "32 33", "32,33", "one twenty", "thirty zero", "25/12", "3rd",
     "two hundred three thousand hundred thousand",
     "1234567890123456", "three sandwiches", "half length", "32-34", "no one", "1/2/3"],
)  # fmt: skip
def test_what_is_not_one_number(text: str) -> None:
    with pytest.raises(NotUnderstood):
        number(text)


def test_whole_numbers_refuse_fractions_and_allow_named_units() -> None:
    assert whole("3 shirts", units=("shirts",)) == 3
    with pytest.raises(NotUnderstood, match="not_whole"):
        whole("two and a half")
    with pytest.raises(NotUnderstood, match="ambiguous_value"):
        whole("2 or 3")


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("2", 1), ("2.", 1), ("(2)", 1), ("#2", 1), ("two", 1), ("Two please", 1), ("2️⃣", 1), ("no. 2", 1),
        ("number two", 1), ("option 3", 2),
        ("the second one", 1), ("2nd", 1), ("kente shirt", 1), ("KENTE", 1), ("kente shirt please", 1),
        ("order a kente shirt", 1),
        ("i want a suit", 0), ("ka", 4), ("slit", 4), ("kaba & slit", 4), ("dashki", 3), ("smok", 5), ("ketne", 1),
        ("kente shrt", 1), ("fugu", 5),
    ],
)  # fmt: skip
def test_choices(text: str, index: int) -> None:
    assert choose(text, GARMENTS) == index


@pytest.mark.parametrize("text", ["", "7", "0", "-2", "k", "shirt", "not the suit", "suit or smock", "1 and 2", "2 suits", "hello", "???"])
def test_what_is_no_choice(text: str) -> None:
    with pytest.raises(NotUnderstood):
        choose(text, GARMENTS)


def test_an_ambiguous_choice_names_the_candidates() -> None:
    with pytest.raises(NotUnderstood) as error:
        choose("shirt", GARMENTS)
    assert (error.value.reason, error.value.candidates) == ("ambiguous_choice", ("Kente shirt", "Casual shirt"))
    with pytest.raises(NotUnderstood, match="ambiguous_choice"):
        choose("2", ["2", "3"])  # the label of the first, the number of the second


@pytest.mark.parametrize(("text", "index"), [("my order", 1), ("orders", 1), ("measurement", 2), ("tailor", 0), ("setings", 3), ("help!", 4)])
def test_menu_choices(text: str, index: int) -> None:
    assert choose(text, MENU) == index


def test_a_slip_never_turns_one_garment_into_another() -> None:
    for text, labels in (("shirt", ["Skirt", "Suit"]), ("shirts", ["Shorts", "Skirt"]), ("except", ["Accept", "Decline"])):
        with pytest.raises(NotUnderstood):
            choose(text, labels)


def test_the_longer_of_two_labels_inside_a_text_wins() -> None:
    assert choose("order a kente shirt", ["Shirt", "Kente shirt", "Suit"]) == 1


def test_labels_off_the_screen_go_by_name_only() -> None:
    labels = ["Accra", "Kumasi", "Tamale", "Ho"]
    assert choose("tamale", labels, numbered=2) == 2
    with pytest.raises(NotUnderstood):
        choose("3", labels, numbered=2)


@pytest.mark.parametrize(
    "labels", [["Yes", "No"], ["Accept", "Decline"], ["Aane", "Daabi"], ["Eh", "A'a"], ["Ɛ̃", "Ao"], ["Hɛɛ", "Daabi"], ["Yes", "No", "More"]]
)
def test_yes_and_no_labels_hear_every_yes_and_no(labels: list[str]) -> None:
    assert [choose(text, labels) for text in ("yes", "yh", "ok sure", "aane", "👍", "1")] == [0] * 6
    assert [choose(text, labels) for text in ("no", "nope", "no thanks", "daabi", "👎", "2")] == [1] * 6
    for text in ("yes no", "ye", "yse", "yes but later", "not sure", "order yes", "maybe"):
        with pytest.raises(NotUnderstood):
            choose(text, labels)


@pytest.mark.parametrize(
    "text",
    ["yes", "Yes!!!", "YES PLEASE", "y", "yh", "yeah", "ok", "okay", "sure", "correct", "go ahead", "no problem", "no wahala",
     "why not", "That's right",
     "aane", "Aane mepaakyew", "yoo", "na so", "ɛyɛ", "👍", "👍🏾", "✅", "ok 👍", "yes o", "I agree", "1"],
)  # fmt: skip
def test_yes(text: str) -> None:
    assert yes_no(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "No, thank you",
        "nope",
        "nah",
        "n",
        "not yet",
        "not correct",
        "wrong",
        "I don't want it",
        "of course not",
        "daabi",
        "dabi",
        "👎",
        "❌",
        "no no",
        "2",
    ],
)
def test_no(text: str) -> None:
    assert yes_no(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "maybe",
        "yes no",
        "yes 👎",
        "ok no",
        "not sure",
        "yes but",
        "yse",
        "yess please call me tomorrow",
        "noo way sir maybe",
        "thanks",
        "12",
        "yes 2",
        "🙂",
    ],
)
def test_neither_yes_nor_no(text: str) -> None:
    with pytest.raises(NotUnderstood):
        yes_no(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("GHS 250", 250_00),
        ("₵1,200.50", 1_200_50),
        ("250 cedis", 250_00),
        ("gh₵ 20", 20_00),
        ("GHC50", 50_00),
        ("two hundred and fifty cedis", 250_00),
    ],
)
def test_amounts(text: str, value: int) -> None:
    assert pesewas(text) == value


@pytest.mark.parametrize("text", ["", "free", "0", "-20", "250.555", "250-300", "20 dollars"])
def test_no_amounts(text: str) -> None:
    with pytest.raises(NotUnderstood):
        pesewas(text)


def test_spelling_is_evened_out() -> None:
    assert plain("  Kénte-Shirt!! 👍 ") == "kente shirt"
    assert plain("Ɛyɛ, don't") == "ɛyɛ dont"
    assert clean("5’7” 32½") == "5'7\" 32 1/2 "
    assert len(plain("\ufdfa" * 3000)) <= 2000
