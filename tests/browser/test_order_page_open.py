"""The customer's order page in a real browser: usable by everybody, and live without moving what is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from models.order import Order
from tests.stage import Life, Stage

pytestmark = pytest.mark.xdist_group("browser")
Opens = Callable[..., Page]


@pytest.fixture
def order_id(stage: Stage) -> int:
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "cut")
    return stage.orders()[-1].id


@pytest.fixture
def follow(stage: Stage, chromium: Browser, served: str, order_id: int) -> Iterator[Opens]:
    """Opens the page of the order as a phone would; complaints of the browser fail the test."""
    contexts, complaints = [], list[str]()

    def opens(wide: int = 360, scheme: str = "light", *, script: bool = True) -> Page:
        size = {"width": wide, "height": 640}
        context = chromium.new_context(viewport=size, color_scheme=scheme, java_script_enabled=script)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") and "410" not in said.text else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(served + stage.parts.links.order(order_id, stage.parts.clock.now()))
        return page

    yield opens
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize(("wide", "scheme"), list(product((360, 1440), ("light", "dark"))))
def test_it_is_usable(follow: Opens, wide: int, scheme: str) -> None:
    page = follow(wide, scheme)
    assert [v["id"] for v in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_reads_without_script(follow: Opens) -> None:
    page = follow(script=False)
    expect(page.locator("#standing")).to_contain_text("The tailor is at work")
    expect(page.get_by_role("status")).to_contain_text("As it stood on")


def test_news_comes_in_where_it_belongs(stage: Stage, follow: Opens, order_id: int) -> None:
    """Above what is read something grows: what is read stays under the eye."""
    page = follow()
    expect(page.get_by_role("status")).to_have_text("This page keeps itself up to date.")
    page.evaluate("document.getElementById('money').scrollIntoView()")
    where = "document.getElementById('money').getBoundingClientRect().top"
    before = page.evaluate(where)
    with stage.parts.database.begin() as db:
        Life.of(stage, db, Order.by_id(db, order_id)).show("fitting")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("status")).to_contain_text("Photos of the work")
    assert page.locator(".photos img").count() == 2
    assert abs(page.evaluate(where) - before) < 1


def test_a_link_that_grows_old_meanwhile_says_so(stage: Stage, follow: Opens) -> None:
    from bot.links import ORDER_LIFE

    page = follow()
    expect(page.get_by_role("status")).to_contain_text("up to date")
    stage.parts.story_clock.time += ORDER_LIFE
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("status")).to_contain_text("no longer good")
