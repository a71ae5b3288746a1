"""The templates: forms at the provider, the approved one, and every line in every language."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from bot.admin.pages.templates import shape_of
from bot.channels._twilio_content import Shelf, shaped
from bot.messages import Choice, Reply
from models.content import Content
from models.outbox import Outbox
from tests.admin.conftest import Browser
from tests.stage import Stage

Sits = Callable[..., Browser]
PICTURE = "https://bot.example/media/1-abc.jpg"


def choices(count: int, about: str = "") -> tuple[Choice, ...]:
    return tuple(Choice(f"c{n}", f"Choice {n}", about) for n in range(count))


@pytest.mark.parametrize(
    "reply",
    [
        Reply("Which?", choices(1)), Reply("Which?", choices(3)), Reply("Which?", choices(7)), Reply("Which?", choices(4, "about"), menu="Pick"),
        Reply("Which?", choices(2), picture=PICTURE),
    ],
)  # fmt: skip
def test_each_form_has_the_blanks_that_are_stored(reply: Reply) -> None:
    """What the page says of a form is what the channel keeps of it."""
    made = shaped(reply)
    assert made
    shape = shape_of(Shelf("AC1", {}, lambda _: "")._key(made), "HX1")  # type: ignore[arg-type]
    assert [number for number, _, _ in shape.blanks] == list(made.variables)
    assert set(re.findall(r"{{(\d+)}}", json.dumps(made.types))) == {number for number, _, _ in shape.blanks}
    assert len(shape.choices) == len(reply.choices) and shape.has_picture == bool(reply.picture)


def test_forms_and_the_approved_template(stage: Stage, sits: Sits) -> None:
    browser = sits("readonly")
    assert "No form lies at the provider yet" in browser.page("/templates")
    with stage.parts.database.begin() as db:
        Content.put(db, "1a2b3c4d:twilio/quick-reply:2", "HX123")
        Content.put(db, "1a2b3c4d:twilio/list-picker:--d", "")
        Content.put(db, "<script>:<script>alert(1)</script>:2", "<img src=x>")
    page = browser.page("/templates")
    assert "A question with 2 buttons" in page and "HX123" in page and "made anew at the next use" in page
    assert "<script>alert" not in page and "<img src=x" not in page
    assert "not set" in page and "0 messages" in page


def test_what_is_held_back_is_counted(stage: Stage, sits: Sits) -> None:
    person = stage.given_customer("ama")
    with stage.parts.database.begin() as db:
        now = stage.parts.clock.now()
        db.add(Outbox(person_id=person.id, channel="twilio", body={"text": "x"}, state="held", due_at=now, created_at=now))
    assert "1 message<" in sits().page("/templates")


def test_the_matrix_says_what_is_missing(stage: Stage, sits: Sits) -> None:
    page = sits().words("/templates")
    assert "unreviewed" in page and "Twi" in page
    flow = stage.parts.flows["menu"]
    twi = stage.parts.words.languages["tw"].lines
    missing = [key for key in flow.says if f"menu.{key}" not in twi]
    browser = sits("support")
    shown = browser.page("/templates/menu?language=tw&show=missing")
    assert shown.count('<article class="card">') == len(missing)
    whole = browser.page("/templates/menu?language=tw")
    assert whole.count('<article class="card">') == len(flow.says) and whole.count("not translated") == len(missing)


def test_every_line_of_every_conversation_has_its_preview(stage: Stage, sits: Sits) -> None:
    browser = sits()
    for name in [*stage.parts.flows, "common", "global", "voice"]:
        for code in stage.parts.words.languages:
            page = browser.page(f"/templates/{name}?language={code}")
            assert ", too long<" not in page, f"{name} {code}"
    assert browser.get("/templates/nonsense").status_code == 404
    assert "Hello Ama, what would you like to do?" in browser.page("/templates/menu?language=nonsense")
