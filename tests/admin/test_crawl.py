"""Every link that any page shows leads somewhere, for every role, and nothing hostile comes alive on the way."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest

from bot.rules.roles import ROLES
from tests.admin.conftest import Browser
from tests.admin.test_every_page import faults
from tests.admin.town import furnish
from tests.stage import Stage

MOST_PAGES, EACH = 400, 6  # of pages that differ only in their numbers or their filters so many


@pytest.mark.parametrize("role", ROLES)
def test_every_link_leads_somewhere(stage: Stage, sits: Callable[..., Browser], role: str) -> None:
    furnish(stage)
    browser = sits(role)
    waiting, seen, alike, wrong = ["/admin/"], {"/admin/"}, dict[str, int](), list[str]()
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        answer = browser.client.get(path)
        if answer.status_code not in (200, 204, 303, 304):
            wrong.append(f"{path}: {answer.status}")
        if answer.mimetype != "text/html":
            continue
        wrong += [f"{path}: {fault}" for fault in faults(answer.text)] if path.startswith("/admin/") and "<!doctype" in answer.text else []
        for link in links(path, answer.text):
            sort = re.sub(r"\d+", "#", link.split("?")[0]) + "?" + "&".join(sorted(re.findall(r"[?&](\w+)=", link)))
            alike[sort] = alike.get(sort, 0) + 1
            if link not in seen and alike[sort] <= EACH:
                seen.add(link)
                waiting.append(link)
    assert not wrong, "\n".join(wrong)
    assert len(seen) > 20


def links(path: str, page: str) -> list[str]:
    """What a person could click there: paths of ours, with their filters."""
    found = [urlsplit(urljoin(path, html.unescape(href))) for href in re.findall(r'(?:href|src)="([^"]*)"', page)]
    ours = [f for f in found if not f.scheme and not f.netloc and f.path.startswith(("/admin", "/media", "/o/"))]
    return [f.path + (f"?{f.query}" if f.query else "") for f in ours]
