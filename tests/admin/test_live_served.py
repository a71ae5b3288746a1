"""Streams in a real web server and a real browser: who hangs up, who takes nothing, how a server stops, what a page shows."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.news import News
from sandbox.servers import free_port
from tests.fakes import MONDAY
from tests.stage import Stage

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium")


class Served:
    """One worker of gunicorn with the live part of the desk."""

    def __init__(self, stage: Stage, given: str) -> None:
        settings, self.stage, self.port = stage.parts.settings, stage, free_port()
        names = ("environment", "database_url", "redis_url", "public_url", "secret_key", "field_keys", "spool_dir")
        env = os.environ | {name.upper(): str(getattr(settings, name)) for name in names}
        program = [sys.executable, "-m", "gunicorn", f"tests.admin.open_desk:create_app({given})", "-w", "1", "-b", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen([*program, "--log-level", "critical"], cwd=ROOT, env=env)
        self.until(lambda: self.ask("/admin/news") == 200, 20)

    def until(self, what: Callable[[], Any], seconds: float = 6) -> None:
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, "it did not come to pass"
            time.sleep(0.05)

    def ask(self, path: str) -> int:
        """The status; HEAD takes no seat."""
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method="HEAD")
        try:
            with urllib.request.urlopen(asked, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def stream(self) -> socket.socket:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", self.port))
        sock.settimeout(5)
        sock.sendall(b"GET /admin/events HTTP/1.1\r\nHost: desk\r\n\r\n")
        assert sock.recv(12) == b"HTTP/1.1 200"
        return sock

    def write(self, topic: str, *subjects: str) -> None:
        with self.stage.parts.database.begin() as db:
            for subject in subjects:
                News.add(db, topic, subject, MONDAY)


@pytest.fixture
def served(stage: Stage, request: pytest.FixtureRequest) -> Iterator[Served]:
    served = Served(stage, getattr(request, "param", "streams=1"))
    yield served
    served.process.kill()
    served.process.wait()


def test_who_hangs_up_leaves_her_seat_at_once(served: Served) -> None:
    first = served.stream()
    assert served.ask("/admin/events") == 503
    first.close()
    served.until(lambda: served.ask("/admin/events") == 200, 3)


@pytest.mark.parametrize("served", ["streams=1, comment_s=60"], indirect=True)
def test_it_is_noticed_without_a_word_on_the_line(served: Served) -> None:
    served.stream().close()
    served.until(lambda: served.ask("/admin/events") == 200, 3)


def test_who_takes_nothing_is_not_waited_for(served: Served) -> None:
    stuck = served.stream()
    served.write("order", *("x" * 300_000 for _ in range(50)))
    served.until(lambda: served.ask("/admin/events") == 200, 8)
    stuck.close()


def test_open_streams_do_not_keep_the_server_from_stopping(served: Served) -> None:
    stream = served.stream()
    served.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    served.process.wait(9)
    assert time.monotonic() - began < 5, "it was not waited for until the patience of the server was over"
    stream.close()


# -- in a browser


@pytest.fixture
def page(served: Served) -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no browser on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(f"http://127.0.0.1:{served.port}/admin/page")
        yield page
        assert not page.faults
        browser.close()


def is_open(served: Served) -> bool:
    """Whether the one seat is taken."""
    return served.ask("/admin/events") == 503


def test_changed_rows_are_marked_where_they_are(served: Served, page: Any) -> None:
    served.until(lambda: is_open(served))
    served.write("order", "SW-2", "SW-9")
    served.until(lambda: page.title() == "(2) Desk")
    assert page.locator(".is-new").all_inner_texts() == ["two changed"]
    assert [row.strip() for row in page.locator("tr").all_inner_texts()] == ["one", "two changed"]
    assert page.get_by_role("status").inner_text() == "2 changes · reload"
    assert page.locator("link[rel=icon]").get_attribute("href") == "/calm.svg"
    served.write("order", "SW-2")
    served.write("dispute", "D-1")
    served.until(lambda: page.title() == "(3) Desk")
    assert page.locator("link[rel=icon]").get_attribute("href").endswith("/alarm.svg")
    assert page.locator(".is-new").all_inner_texts() == ["two changed"]


def test_what_happened_between_reading_and_listening_is_told(served: Served, page: Any) -> None:
    page.route("**/live.js", lambda route: (served.write("order", "SW-1"), route.continue_()))
    page.reload()
    served.until(lambda: page.title() == "(1) Desk")
    assert page.locator(".is-new").all_inner_texts() == ["one changed"]


def test_a_pause_holds_over_pages_and_nothing_is_lost_by_it(served: Served, page: Any) -> None:
    served.until(lambda: is_open(served))
    button = page.get_by_role("button", name="Pause")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    served.until(lambda: not is_open(served))
    served.write("order", "SW-1")
    page.wait_for_timeout(500)
    assert page.title() == "Desk"
    button.click()
    served.until(lambda: page.title() == "(1) Desk")
    button.click()
    page.reload()
    assert page.get_by_role("button", name="Pause").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("served", ["streams=0"], indirect=True)
def test_without_a_seat_the_page_asks(served: Served, page: Any) -> None:
    page.clock.install()
    page.reload()
    page.wait_for_load_state("networkidle")
    served.write("order", "SW-1")
    page.clock.fast_forward(15_000)
    served.until(lambda: page.title() == "(1) Desk")


def test_a_hidden_page_leaves_its_seat_and_catches_up(served: Served, page: Any) -> None:
    served.until(lambda: is_open(served))
    hide = """value => {
        Object.defineProperty(document, 'hidden', {value, configurable: true});
        document.dispatchEvent(new Event('visibilitychange')); }"""
    page.evaluate(hide, True)
    served.until(lambda: not is_open(served))
    served.write("order", "SW-1")
    page.evaluate(hide, False)
    served.until(lambda: page.title() == "(1) Desk")
    served.until(lambda: is_open(served))


def test_who_was_signed_out_reads_it(served: Served, page: Any) -> None:
    served.until(lambda: is_open(served))
    for path in ("events", "news"):
        page.route(f"**/admin/{path}*", lambda route: route.fulfill(status=401, body="no"))
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Pause").click()
    served.until(lambda: page.get_by_role("status").inner_text() == "You are signed out · reload")
