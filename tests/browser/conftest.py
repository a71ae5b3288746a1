"""A real browser before the real pages: Debian's chromium, and a web server of this process."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from bot.admin.door import COOKIE
from bot.rules.roles import Role
from tests.admin.conftest import Browser as Seat
from tests.stage import Stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
LOOKS_MS = 15_000


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def served(stage: Stage) -> Iterator[str]:
    """Where the house answers."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, stage.web.application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def opens(stage: Stage, chromium: Browser, served: str) -> Iterator[Callable[..., Page]]:
    """`opens("finance", "/refunds", wide=360, scheme="dark")` is that page before somebody of that role."""
    contexts: list[BrowserContext] = []
    seats: dict[str, Seat] = {}

    def open_page(role: Role, path: str = "/", *, login: str = "", wide: int = 1440, scheme: str = "light", script: bool = True) -> Page:
        seat = seats[login or role] = seats.get(login or role) or Seat(stage, role, login=login)
        context = chromium.new_context(
            base_url=served, viewport={"width": wide, "height": 900}, color_scheme=scheme, java_script_enabled=script, reduced_motion="reduce"  # type: ignore[arg-type]
        )
        contexts.append(context)
        context.add_cookies([{"name": COOKIE, "value": seat.token, "url": f"{served}/admin"}])
        page = context.new_page()
        page.set_default_timeout(LOOKS_MS)
        page.goto(f"/admin{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
