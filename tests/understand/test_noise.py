"""Noise never crashes anything, never takes long, and never becomes a value."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.understand import NotUnderstood, choose, day, number, pesewas, phone, wallet, yes_no

LABELS = ["Yes", "No", "Kente shirt", "Kaba and slit", "2 weeks"]
PARSERS: dict[str, Callable[[str], object]] = {
    "number": number,
    "pesewas": pesewas,
    "yes_no": yes_no,
    "phone": phone,
    "wallet": wallet,
    "choose": lambda text: choose(text, LABELS),
    "day": lambda text: day(text, date(2026, 11, 21)),
}
PIECES = [
    "32", "33", "1/2", "½", ".", ",", "-", "/", "'", '"', "in", "cm", "m", "ft", "5", "7", "and", "a", "half", "hundred", "thousand", "no",
    "not", "or", "to", "waist", "hip", "shoulder", "yes", "ok", "friday", "next", "week", "december", "12th", "25/12", "+233", "024", "my",
    "quarter", "three", "point", "kente", "shirt", "2️⃣", "👍", "ɔha", "aduasa", "wife", "size", "same", "\n", "?", "(", ")",
]  # fmt: skip
RUBBLE = st.lists(st.sampled_from(PIECES), max_size=9)

SECONDS = 0.05


@pytest.mark.parametrize("name", PARSERS)
@given(
    text=st.one_of(
        st.text(max_size=60),
        RUBBLE.map(" ".join),
        RUBBLE.map("".join),
    )
)
@example(text="\ud800")
@example(text="0" * 400)
@example(text="1" * 5000)
def test_nothing_crashes(name: str, text: str) -> None:
    try:
        PARSERS[name](text)
    except NotUnderstood as error:
        assert error.reason


@pytest.mark.parametrize("name", PARSERS)
@given(text=st.text(alphabet=st.characters(categories=["Lu", "Ll", "Po", "So", "Zs"]), min_size=12, max_size=40))
def test_letters_without_meaning_mean_nothing(name: str, text: str) -> None:
    meaning = ("yes", "no", "ok", "shirt", "kaba", "slit", "kente", *"👍👎✅✔❌✖☑👌🆗🙆💯🚫🙅❎½¼¾🔟")
    if not any(sign in text.casefold() for sign in meaning):
        with pytest.raises(NotUnderstood):
            PARSERS[name]("zqxj " + text)  # at least one word that nothing knows


@pytest.mark.parametrize("name", PARSERS)
def test_long_noise_is_quick(name: str) -> None:
    dice = random.Random(7)
    letters = "abcdefghiklmnoprstuvwxy 0123456789 /-.,'\"\n½ɔɛ👍"
    noises = [
        "".join(dice.choice(letters) for _ in range(10_000)),
        "1 " * 5_000,
        "a" * 10_000,
        "1" * 10_000,
        "half " * 2_000,
        "and " * 2_500,
    ]
    noises += [
        "hundred thousand " * 600,
        "shoulder to " * 900,
        "0241234567 " * 900,
        "12/12 " * 1_700,
        "yes " * 2_500,
        "-" * 10_000,
        "'" * 10_000,
        "waisk " * 1_700,
    ]
    for noise in noises:
        best = 1.0
        for _ in range(3):  # the quickest of three, because the machine is shared
            start = time.process_time()
            with_noise(PARSERS[name], noise)
            best = min(best, time.process_time() - start)
        assert best < SECONDS, noise[:20]


def with_noise(parse: Callable[[str], object], noise: str) -> None:
    with contextlib.suppress(NotUnderstood):
        parse(noise)
