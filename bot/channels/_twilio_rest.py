"""Carries the SDK's requests to Twilio over kept connections, and turns what goes wrong into Undelivered."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NoReturn

import requests
from requests.adapters import HTTPAdapter
from twilio.http import HttpClient
from twilio.http.response import Response
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from bot.channels import Undelivered
from bot.messages import Outcome

#: Seconds to connect and between bytes; connections kept (>= sender threads, the SDK keeps only CPUs + 4).
CONNECT_S, READ_S, CONNECTIONS = 5, 10, 256
#: code -> (outcome, seconds to wait or None)
Judge = Callable[[int, int], tuple[Outcome, float | None]]

# Below INFO it writes every URL, and a URL may hold a phone number.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class Refused(Undelivered):
    """Twilio answered, and the answer is no. `code` is Twilio's, or the HTTP status when there is none."""

    def __init__(self, status: int, code: int, *, outcome: Outcome, wait_s: float | None) -> None:
        # Never Twilio's message: it quotes phone numbers.
        super().__init__(f"Twilio refused: HTTP {status}, code {code}", outcome=outcome, wait_s=wait_s)
        self.code = code


def kept_session() -> requests.Session:
    """A session with room for every thread, without retries and without cookies."""
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_connections=8, pool_maxsize=CONNECTIONS, max_retries=0))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


class Wire(HttpClient):
    """The SDK's own client keeps the last answer on itself and returns it from there: with threads, another thread's answer."""

    def __init__(self, session: requests.Session, judge: Judge) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self.session, self._judge = session, judge

    def request(
        self,
        method: str,
        uri: str,
        params: Any = None,
        data: Any = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One try. Raises Refused or Undelivered for everything but 2xx."""
        is_json = (headers or {}).get("Content-Type") == "application/json"
        body = {"json": data} if is_json else {"data": data}
        try:
            answer = self.session.request(
                method, uri, params=params, headers=headers, auth=auth, timeout=(CONNECT_S, READ_S), allow_redirects=False, **body
            )
        except requests.RequestException as error:
            raise no_answer(error) from None
        if not 200 <= answer.status_code < 300:
            self._refuse(answer)
        return Response(answer.status_code, answer.text, answer.headers)

    def _refuse(self, answer: requests.Response) -> NoReturn:
        if answer.status_code >= 500:
            raise Undelivered(f"Twilio answered HTTP {answer.status_code}", unknown=True, wait_s=retry_after(answer))
        code = _code(answer)
        outcome, wait_s = self._judge(answer.status_code, code)
        raise Refused(answer.status_code, code, outcome=outcome, wait_s=retry_after(answer) or wait_s)


def no_answer(error: requests.RequestException) -> Undelivered:
    """Only a connection that was never made proves that nothing was sent."""
    return Undelivered(f"no answer: {type(error).__name__}", unknown=not _never_connected(error))


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))


def retry_after(answer: requests.Response) -> float | None:
    """Seconds from Retry-After, at most an hour; None when absent or a date."""
    text = answer.headers.get("Retry-After", "").strip()
    return float(min(int(text), 3600)) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _code(answer: requests.Response) -> int:
    try:
        return int(json.loads(answer.text)["code"])
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return answer.status_code
