"""Downloads what a person sent, from Twilio's own hosts only."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from bot.channels import Undelivered
from bot.channels._filetypes import type_of
from bot.channels._twilio_rest import CONNECT_S, READ_S, no_answer, retry_after
from bot.messages import File, Media, Outcome

LOOPBACK = frozenset({"127.0.0.1", "localhost"})
REDIRECTS, TRIES, DEADLINE_S, CHUNK = 3, 3, 60.0, 65_536
#: Strict on purpose: URL parsers disagree about backslashes, user info and spaces, and the disagreement is the hole.
_PLAIN_URL = re.compile(r"(https?)://([A-Za-z0-9.-]+)(?::([0-9]{1,5}))?(?:/[!-\[\]-~]*)?")


@dataclass(frozen=True, slots=True)
class Downloads:
    """How media may be fetched. `hosts` may start with "*."; `sleep` is seconds; `cap` bytes."""

    session: requests.Session
    api_url: str
    auth: tuple[str, str]
    hosts: tuple[str, ...]
    cap: int
    sleep: Callable[[float], None] = time.sleep

    def fetch(self, media: Media) -> File:
        """Raises Undelivered. Media is sometimes not ready yet when its message arrives: 404 is asked again."""
        if not self._allowed(media.url):
            raise Undelivered("the file is not on a host we know", outcome="give_up")
        for attempt in range(1, TRIES + 1):
            with self._follow(media.url) as answer:
                if answer.status_code == 200:
                    return self._file(answer, media.content_type)
                if answer.status_code != 404 or attempt == TRIES:
                    raise _failed(answer)
            self.sleep(0.5 * attempt)
        raise AssertionError("the loop returns or raises")

    def _follow(self, url: str) -> requests.Response:
        """The credentials go to the API's own host, with the first request only."""
        auth: Any = self.auth if _origin(url) == _origin(self.api_url) else _nobody
        for _ in range(REDIRECTS + 1):
            answer = self._get(url, auth)
            if answer.status_code not in (301, 302, 303, 307, 308):
                return answer
            answer.close()
            url, auth = urljoin(url, answer.headers.get("Location", "")), _nobody
            if not self._allowed(url):
                raise Undelivered("the file was redirected to a host we do not know", outcome="give_up")
        raise Undelivered("the file was redirected too often", outcome="give_up")

    def _get(self, url: str, auth: Any) -> requests.Response:
        try:
            return self.session.get(
                url,
                auth=auth,
                timeout=(CONNECT_S, READ_S),
                allow_redirects=False,
                stream=True,
                headers={"Accept-Encoding": "identity"},
            )
        except requests.RequestException as error:
            raise Undelivered(no_answer(error).why) from None

    def _allowed(self, url: str) -> bool:
        """A listed host over https, or the API's own; a stand-in on loopback may use all of loopback."""
        origin, api = _origin(url), _origin(self.api_url)
        if origin is None or api is None:
            return False
        scheme, host, port = origin
        if origin == api or {host, api[1]} <= LOOPBACK:
            return True
        return scheme == "https" and port == 443 and any(_fits(host, pattern) for pattern in self.hosts)

    def _file(self, answer: requests.Response, claimed: str) -> File:
        content = self._read(answer)
        kind = type_of(content, claimed)
        if kind is None:
            raise Undelivered("the file is of no kind we take", outcome="give_up")
        return File(content=content, content_type=kind)

    def _read(self, answer: requests.Response) -> bytes:
        content, started = bytearray(), time.monotonic()
        try:
            for chunk in answer.iter_content(CHUNK):
                content += chunk
                if len(content) > self.cap:
                    raise Undelivered(f"the file is larger than {self.cap} bytes", outcome="give_up")
                if time.monotonic() - started > DEADLINE_S:
                    raise Undelivered(f"the file took longer than {DEADLINE_S:.0f} s")
        except requests.RequestException as error:
            raise Undelivered(no_answer(error).why) from None
        return bytes(content)


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from looking for credentials in a netrc file."""
    return request


def _origin(url: str) -> tuple[str, str, int] | None:
    match = _PLAIN_URL.match(url) if _PLAIN_URL.fullmatch(url) else None
    if not match:
        return None
    port = int(match[3] or (443 if match[1] == "https" else 80))
    return match[1], (urlsplit(url).hostname or "").rstrip("."), port


def _fits(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _failed(answer: requests.Response) -> Undelivered:
    """Not found yet, not allowed (a signed link that ran out), or a fault: all may pass. Gone does not."""
    outcome: Outcome = "give_up" if answer.status_code in (400, 410, 415) else "retry"
    return Undelivered(f"the file answered HTTP {answer.status_code}", outcome=outcome, wait_s=retry_after(answer))
