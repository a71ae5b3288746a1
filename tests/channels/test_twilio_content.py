"""Which replies become buttons, lists and cards, within WhatsApp's limits."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels._twilio_content import CARD, LIST, QUICK, Shaped, shaped, shorten
from bot.messages import BUBBLE_LIMIT, BUTTON_LIMIT, BUTTON_TITLE, CHOICE_ID, LIST_ABOUT, LIST_LIMIT, LIST_TITLE, Choice, Reply


def choices(*labels: str, about: str = "") -> tuple[Choice, ...]:
    return tuple(Choice(f"id{n}", label, about) for n, label in enumerate(labels))


def kind(reply: Reply) -> str:
    found = shaped(reply)
    return next(iter(found.types)) if found else ""


def filled(value: Any, shape: Shaped) -> Any:
    """The stored object as a person will see it."""
    if isinstance(value, str):
        return re.sub(r"\{\{(\d+)\}\}", lambda m: shape.variables[m[1]], value)
    if isinstance(value, list):
        return [filled(v, shape) for v in value]
    return {k: filled(v, shape) for k, v in value.items()}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply("Sure?", choices("Yes", "No")), QUICK),
        (Reply("Sure?", choices("a" * 20, "b", "c")), QUICK),
        (Reply("Sure?", choices("a" * 21, "b")), LIST),
        (Reply("Sure?", choices("a" * 40, "b")), LIST),
        (Reply("Which?", choices("a", "b", "c", "d")), LIST),
        (Reply("Which?", choices("a", "b", about="from GHS 250")), LIST),
        (Reply("Which?", choices(*"abcdefghij")), LIST),
        (Reply("Which?", choices(*"abcdefghijk")), ""),
        (Reply("Sure?", choices("a" * 24 + "1", "a" * 24 + "2")), ""),
        (Reply("Sure?", choices("Yes", "Yes")), ""),
        (Reply("Sure?", choices("Yes", " ")), ""),
        (Reply("Sure?", (Choice("x", "Yes"), Choice("x", "No"))), ""),
        (Reply("Sure?", (Choice("", "Yes"),)), ""),
        (Reply("Sure?", (Choice("i" * 129, "Yes"),)), ""),
        (Reply("a" * 1025, choices("Yes")), ""),
        (Reply("", choices("Yes")), ""),
        (Reply("Hello"), ""),
        (Reply("Sure?", choices("Yes", "No"), picture="https://x.example/p/1.jpg"), CARD),
        (Reply("Which?", choices(*"abcd"), picture="https://x.example/p/1.jpg"), ""),
        (Reply("Sure?", choices("Yes"), picture="https://x.example"), ""),
    ],
)
def test_which_shape(reply: Reply, expected: str) -> None:
    assert kind(reply) == expected


def test_a_card_keeps_the_host_and_fills_in_the_path() -> None:
    reply = Reply("Sure?", choices("Yes"), picture="https://x.example/p/1.jpg?w=2")
    shape = shaped(reply)
    assert shape is not None
    assert shape.types[CARD]["media"] == ["https://x.example/{{2}}"]
    assert shape.samples["2"] == "p/1.jpg?w=2"
    assert filled(shape.types[CARD], shape)["media"] == [reply.picture]


def test_rows_with_and_without_descriptions_are_two_shapes() -> None:
    rows = (Choice("a", "A", "about"), Choice("b", "B"), Choice("c", "C"), Choice("d", "D"))
    shape = shaped(Reply("Which?", rows, menu="Clothes"))
    assert shape is not None
    assert shape.key == f"{LIST}:d---"
    assert filled(shape.types[LIST], shape) == {
        "body": "Which?",
        "button": "Clothes",
        "items": [{"item": "A", "id": "a", "description": "about"}, *({"item": x.upper(), "id": x} for x in "bcd")],
    }


def test_shortening() -> None:
    assert shorten("Kaba and slit, lined and embroidered", 24) == "Kaba and slit, lined an…"
    assert shorten("  two\n words ", 24) == "two words"


CHOICES = st.builds(Choice, st.text(max_size=140), st.text(max_size=30), st.text(max_size=90))
PICTURES = st.sampled_from(["", "https://x.example/p.jpg", "http://127.0.0.1:8000/a/b.png?c=d"])


@given(st.builds(Reply, st.text(max_size=1100), st.lists(CHOICES, max_size=12).map(tuple), st.text(max_size=30), PICTURES))
def test_no_reply_breaks_a_limit(reply: Reply) -> None:
    shape = shaped(reply)
    if shape is None:
        return
    ((kind, stored),) = shape.types.items()
    seen = filled(stored, shape)
    rows = seen["items"] if kind == LIST else seen["actions"]
    titles = [r["item" if kind == LIST else "title"] for r in rows]
    assert len(rows) <= (LIST_LIMIT if kind == LIST else BUTTON_LIMIT)
    assert all(0 < len(t) <= (LIST_TITLE if kind == LIST else BUTTON_TITLE) for t in titles)
    assert len(set(titles)) == len(titles)
    assert [r["id"] for r in rows] == [c.id for c in reply.choices]
    assert all(0 < len(r["id"]) <= CHOICE_ID and 0 < len(r.get("description", "x")) <= LIST_ABOUT for r in rows)
    assert 0 < len(seen.get("button", "x")) <= BUTTON_TITLE
    assert 0 < len(seen.get("body") or seen["title"]) <= BUBBLE_LIMIT
    assert len(shape.variables) <= 100
    assert shape.variables.keys() == shape.samples.keys()
