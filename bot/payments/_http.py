"""Talks HTTP to a payment provider and tells "nothing was sent" from "nobody knows"."""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from bot.messages import Request
from bot.rules.money import pesewas

CONNECT_S, READ_S, CONNECTIONS = 5.0, 30.0, 32
#: HTTP answers to a request for money that prove that nothing was created; True: our keys, addresses or words are at fault.
#: 5xx proves nothing: providers have been seen to create and then answer 500. Nor does 404: it may come from a door before theirs.
NOT_CREATED = {400: True, 401: True, 403: True, 429: False}

for _talker in ("httpx", "httpcore"):  # they write every URL and header
    logging.getLogger(_talker).setLevel(logging.WARNING)


class NotSent(Exception):
    """The request never left: no connection, no name, not even a valid request."""


class NoAnswer(Exception):
    """The request may have arrived."""


class Wire:
    """One kept client per process, without retries: a forked child opens its own connections."""

    def __init__(self, base_url: str, *, read_s: float = READ_S) -> None:
        self._base_url, self._read_s = base_url.rstrip("/"), read_s
        self._lock = threading.Lock()
        self._client: tuple[int, httpx.Client] | None = None

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Raises NotSent, NoAnswer; their text is the kind of error, never an address or a key."""
        try:
            return self._kept().request(method, self._base_url + path, **request)
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
            httpx.InvalidURL,
            UnicodeEncodeError,  # a name or a key that cannot be written down; its text must not travel in an error
        ) as error:
            raise NotSent(type(error).__name__) from None
        except httpx.HTTPError as error:
            raise NoAnswer(type(error).__name__) from None

    def close(self) -> None:
        with self._lock:
            kept, self._client = self._client, None
        if kept and kept[0] == os.getpid():
            kept[1].close()

    def _kept(self) -> httpx.Client:
        with self._lock:
            if self._client is None or self._client[0] != os.getpid():
                limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
                timeout = httpx.Timeout(self._read_s, connect=CONNECT_S, pool=CONNECT_S)
                transport = httpx.HTTPTransport(limits=limits, retries=0)
                self._client = os.getpid(), httpx.Client(timeout=timeout, transport=transport, follow_redirects=False)
            return self._client[1]


def fields(content: bytes | str) -> dict[str, Any]:
    """A JSON object with its numbers exact; {} for anything else."""
    try:
        data = json.loads(content, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError, ArithmeticError):
        return {}
    return data if isinstance(data, dict) else {}


def money(value: Any) -> int | None:
    """Pesewas, None when unreadable."""
    try:
        return pesewas(value)
    except ValueError:
        return None


def text(value: Any, limit: int = 64) -> str:
    """An id or code as text; providers send some of them as numbers. "" for anything else."""
    return str(value).strip()[:limit] if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def reference(value: Any) -> str:
    """The 32 hex digits of a reference in either spelling, "" when it is none."""
    plain = text(value).replace("-", "").lower()
    return plain if re.fullmatch("[0-9a-f]{32}", plain) else ""


def asked_for(request: Request, name: str) -> str:
    """A value of the query string, "" when absent."""
    try:
        return parse_qs(urlsplit(request.path).query).get(name, [""])[0]
    except ValueError:
        return ""


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
