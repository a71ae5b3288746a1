"""Every page and every deed, for everybody: a page somebody adds is tried here by itself."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.admin import pages as folder
from bot.plugins import names_in
from bot.rules.roles import ROLES, may
from tests.admin.conftest import Browser
from tests.admin.town import IMAGE, SCRIPT, addresses, furnish
from tests.counting import counted
from tests.stage import Stage

MOST_STATEMENTS = 12
Sits = Callable[..., Browser]


def books() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """(method, path, name, rule) of all that the files in bot/admin/pages bring."""
    for name in names_in(folder):
        module = __import__(f"{folder.__name__}.{name}", fromlist=["pages"])
        for method, path, view, _, rule in module.pages.views:
            yield method, path, view, rule


PAGES = sorted({(path, rule["can"]) for method, path, _, rule in books() if method == "GET"})
DEEDS = sorted({(path, rule["can"]) for method, path, _, rule in books() if method == "POST"})


def real(path: str, known: dict[str, str]) -> str:
    """The path with its blanks filled by what the town has."""
    beginning = next((b for b in sorted(known, key=len, reverse=True) if f"/admin{path}".startswith(b)), "")
    return re.sub(r"<(?:\w+:)?\w+>", known.get(beginning, "1"), path)


@pytest.fixture
def town(stage: Stage) -> dict[str, str]:
    furnish(stage)
    return addresses(stage)


def test_every_page_for_every_role(stage: Stage, town: dict[str, str], sits: Sits) -> None:
    """Who may sees it, with few statements and nothing of the town's hostile names left alive; who may not is refused."""
    wrong: list[str] = []
    for role in ROLES:
        browser = sits(role)
        for path, can in PAGES:
            counted, answer = statements(stage, browser, real(path, town))
            if not may(role, can):
                wrong += [f"{role} {path}: {answer.status}"] if answer.status_code != 403 else []
                continue
            wrong += [f"{role} {path}: {answer.status}"] if answer.status_code not in (200, 204, 303, 404, 422) else []
            wrong += [f"{role} {path}: {counted} statements"] if counted > MOST_STATEMENTS else []
            if answer.mimetype == "text/html":
                wrong += [f"{role} {path}: {fault}" for fault in faults(answer.text)]
    assert not wrong, "\n".join(wrong)


def test_every_page_that_names_something_has_it(town: dict[str, str], sits: Sits) -> None:
    browser = sits("operator")
    wrong = [path for path, can in PAGES if "<" in path and may("operator", can) and browser.get(real(path, town)).status_code == 404]
    assert not wrong, "not tried, since the town has none of it: " + ", ".join(wrong)


def test_every_deed_is_shut_for_who_may_not_and_without_its_token(town: dict[str, str], sits: Sits) -> None:
    wrong: list[str] = []
    for role in ROLES:
        browser = sits(role)
        for path, can in DEEDS:
            there = real(path, town)
            bare = browser.client.post(f"/admin{there}").status_code
            wrong += [f"{role} {path} without its token: {bare}"] if bare != 403 else []
            if not may(role, can):
                refused = browser.post(there, why="because").status_code
                wrong += [f"{role} {path}: {refused}"] if refused != 403 else []
    assert not wrong, "\n".join(wrong)


def test_no_deed_breaks_on_nonsense(stage: Stage, town: dict[str, str], sits: Sits) -> None:
    """Each is sent nothing, and each of its fields as rubbish; whatever comes back is an answer in words."""
    browser, wrong = sits("operator"), []
    more = {role: sits(role) for role in ("finance", "verifier", "support")}
    nonsense: dict[str, Any] = {"why": SCRIPT, "amount": "1e309", "refund": "-5", "text": IMAGE, "outcome": "none", "ident": "0", "page": "x" * 5000}
    for path, can in DEEDS:
        who = browser if may("operator", can) else next(b for role, b in more.items() if may(role, can))
        for ident in (real(path, town), re.sub(r"<(?:\w+:)?\w+>", "987654321", path)):
            for fields in ({}, nonsense):
                answer = who.post(ident, **fields)
                wrong += [f"{path} {sorted(fields)}: {answer.status}"] if answer.status_code >= 500 else []
                found = faults(answer.text) if answer.mimetype == "text/html" else []
                wrong += [f"{path}: {fault}" for fault in found if not (path.endswith("/reveal") and "phone" in fault)]
    assert not wrong, "\n".join(wrong)


def statements(stage: Stage, browser: Browser, path: str) -> tuple[int, Any]:
    with counted(stage) as seen:
        answer = browser.get(path)
    return len(seen), answer


def faults(page: str) -> list[str]:
    """What must not stand in any page."""
    found = [word for word in (SCRIPT, "<img src=x", ">49<", 'href="javascript', "Traceback", " style=") if word in page]
    found += ["inline script"] if re.search(r"<script(?![^>]* src=)[^>]*>", page) else []
    found += ["no h1"] if "<!doctype" in page and page.count("<h1") != 1 else []
    found += ["a phone number in full"] if re.search(r"(\+?233|0)(24|20|55|26)\d{7}(?!\d)", html.unescape(re.sub(r"<[^>]+>", " ", page))) else []
    return found
