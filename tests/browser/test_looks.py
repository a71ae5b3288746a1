"""Everybody can use every page: axe finds nothing, in both colour schemes; nothing is cut on a phone or on a wide screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

from tests.admin.test_every_page import PAGES, real
from tests.admin.town import addresses, furnish
from tests.stage import Stage

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
Opens = Callable[..., Page]
pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize(("scheme", "wide"), [("light", 1440), ("dark", 360)])
def test_every_page_is_usable(stage: Stage, opens: Opens, scheme: str, wide: int) -> None:
    furnish(stage)
    known, wrong = addresses(stage), list[str]()
    tabs = {role: opens(role, wide=wide, scheme=scheme) for role in ("operator", "finance", "verifier")}
    for tab in tabs.values():
        tab.on("dialog", lambda dialog: wrong.append(f"a script of somebody else ran: {dialog.message}"))
        tab.on("console", lambda said: wrong.append(f"{said.page.url}: {said.text}") if said.type == "error" and not _is_nothing(said) else None)
    for path, can in PAGES:
        tab = tabs["finance" if can == "money" else "verifier" if can == "verify" else "operator"]
        answer = tab.goto(f"/admin{real(path, known)}")
        assert answer is not None
        if "text/html" not in answer.headers.get("content-type", "") or "<!doctype" not in answer.text():
            continue  # a file, or a part of a page
        wrong += [f"{path}: {fault}" for fault in _faults(tab)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_way_in_is_usable(stage: Stage, opens: Opens, scheme: str) -> None:
    tab = opens("operator", "/sign-in", scheme=scheme, wide=360)
    assert _faults(tab) == []


def _is_nothing(said: ConsoleMessage) -> bool:
    """A stream without a seat, and the icon a browser looks for when it is shown a part of a page."""
    return "503" in said.text or said.location["url"].endswith("/favicon.ico")


def _faults(tab: Page) -> list[str]:
    found = Axe().run(tab, options=RULES).response["violations"]
    faults = [f"{v['id']}: {v['nodes'][0]['target']} {v['nodes'][0]['html'][:120]}" for v in found]
    if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
        faults.append("is wider than the screen")
    return faults


def test_axe_finds_what_is_wrong(opens: Opens, tmp_path: Path) -> None:
    """Else all this says nothing."""
    tab = opens("operator")
    tab.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"/x.png\"><input>')")
    assert {fault.split(":")[0] for fault in _faults(tab)} >= {"image-alt", "label"}
