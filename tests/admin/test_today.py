"""What matters now stands on the first page, and each number leads to its list."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.admin.conftest import Browser
from tests.admin.town import furnish
from tests.stage import Stage


def test_an_empty_house_says_what_will_stand_here(stage: Stage, sits: Callable[..., Browser]) -> None:
    words = sits("readonly").words("/")
    assert "0 disputes open" in words and "Nobody waits." in words and "No order is late." in words


def test_what_has_happened_is_counted_and_comes_first(stage: Stage, sits: Callable[..., Browser]) -> None:
    furnish(stage)
    browser = sits("operator")
    words, page = browser.words("/"), browser.page("/")
    for told in ("1 waiting for a person", "1 disputes open", "1 jobs failed", "1 cases about money", "GHS 62.50 held for orders"):
        assert told in words, told
    assert re.search(r'href="/admin/conversations/\d+">Ama', page) and re.search(r'href="/admin/disputes/\d+">D-', page)
    for where in set(re.findall(r'class="tile[^"]*" href="/admin([^"]+)"', page)):
        assert browser.get(where).status_code == 200, where


def test_who_may_not_see_names_sees_the_first(stage: Stage, sits: Callable[..., Browser]) -> None:
    furnish(stage)
    with stage.parts.database.begin() as db:
        stage.person(db, "ama").name = "Ama Mensah"  # type: ignore[union-attr]
    assert "Ama Mensah" in sits("support").words("/")
    assert "Mensah" not in sits("readonly").words("/")


def test_a_note_is_kept_and_only_under_what_has_a_page(stage: Stage, sits: Callable[..., Browser]) -> None:
    browser = sits("support")
    assert browser.post("/notes", subject="order:1", text="call her at four").status_code == 303
    assert browser.post("/notes", subject="staff:1", text="x").status_code == 422
    assert browser.post("/notes", subject="order:1", text=" ").status_code == 422
    assert sits("readonly").post("/notes", subject="order:1", text="x").status_code == 403
