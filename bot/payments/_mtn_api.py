"""What every product of MTN's Open API has in common: its own key and token, one way to ask, one way to read an answer."""

from __future__ import annotations

import logging
import re
import threading
import time
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.payments import Absent, Answer, NotAccepted, Paid, Pending, Reason, Refused, Submitted, Unknown
from bot.payments._http import NOT_CREATED, NoAnswer, NotSent, Wire, fields, money, text

WAITING = frozenset({"PENDING", "CREATED", "ONGOING", "DELAYED"})
NOTE_LIMIT, TOKEN_MARGIN_S, TOKEN_LIFE_S = 160, 90, 3600

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Keys:
    """Who we are for one product: its subscription and the user made for it."""

    subscription: str = field(repr=False)
    user: str
    secret: str = field(repr=False)


class NoToken(Exception):
    """Nothing could be asked: no token was given. `ours`: our keys or addresses are at fault."""

    def __init__(self, why: str, *, ours: bool = False) -> None:
        super().__init__(why)
        self.ours = ours


class Product:
    """One product ("collection", "disbursement") with the token it keeps; safe to share between threads."""

    def __init__(
        self, name: str, wire: Wire, keys: Keys, environment: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.name, self._wire, self._keys, self._environment, self._monotonic = name, wire, keys, environment, monotonic
        self._lock = threading.Lock()
        self._token, self._token_ends = "", 0.0

    def submit(self, path: str, reference: str, body: Mapping[str, Any], callback_url: str) -> Submitted:
        """Asks for something that moves money, under our reference. Header X-Callback-Url must never be empty."""
        headers = {"X-Reference-Id": dashed(reference)} | ({"X-Callback-Url": callback_url} if callback_url else {})
        try:
            answer = self.call("POST", path, headers, json=body)
        except NoToken as error:
            return NotAccepted(f"no token: {error}", ours=error.ours)
        except NotSent as error:
            return NotAccepted(f"not sent: {error}")
        except NoAnswer as error:
            return Unknown(f"no answer: {error}")
        return _submitted(answer.status_code)

    def status(self, path: str, reference: str, reasons: Mapping[str, Reason]) -> Answer:
        """What became of a reference."""
        try:
            answer = self.call("GET", f"{path}/{dashed(reference)}")
        except (NoToken, NotSent, NoAnswer) as error:
            return Unknown(f"no answer: {error}")
        if answer.status_code == 404:
            return Absent()
        if answer.status_code != 200:
            return Unknown(f"HTTP {answer.status_code}")
        return _answer(reference, fields(answer.content), reasons)

    def call(self, method: str, path: str, headers: Mapping[str, str] | None = None, **body: Any) -> httpx.Response:
        """One call to /<product>/<path>; a token that was refused is renewed once. Raises NoToken, NotSent, NoAnswer."""
        for last in (False, True):
            token = self._fresh_token()
            sent = {
                "Ocp-Apim-Subscription-Key": self._keys.subscription,
                "X-Target-Environment": self._environment,
                "Authorization": f"Bearer {token}",
                **(headers or {}),
            }
            answer = self._wire.call(method, f"/{self.name}/{path}", headers=sent, **body)
            if answer.status_code != 401 or last:
                return answer
            self._drop_token(token)
        raise AssertionError("the loop returns")

    def forget(self) -> None:
        with self._lock:
            self._token, self._token_ends = "", 0.0

    def _drop_token(self, token: str) -> None:
        """Only the token that failed: another thread may have brought a new one."""
        with self._lock:
            if self._token == token:
                self._token, self._token_ends = "", 0.0

    def _fresh_token(self) -> str:
        with self._lock:
            if not self._token or self._monotonic() >= self._token_ends:
                self._token, life_s = self._ask_for_token()
                self._token_ends = self._monotonic() + life_s - TOKEN_MARGIN_S
            return self._token

    def _ask_for_token(self) -> tuple[str, int]:
        """The token and its seconds. No money has been asked for yet, so even a lost answer here is harmless."""
        key = {"Ocp-Apim-Subscription-Key": self._keys.subscription}
        try:
            answer = self._wire.call("POST", f"/{self.name}/token/", headers=key, auth=(self._keys.user, self._keys.secret))
        except (NotSent, NoAnswer) as error:
            raise NoToken(str(error)) from None
        data = fields(answer.content)
        token, life_s = text(data.get("access_token"), 16_384), text(data.get("expires_in"), 9)
        if answer.status_code != 200 or not token or not token.isascii():
            raise NoToken(f"HTTP {answer.status_code}", ours=answer.status_code in (400, 401, 403, 404))
        return token, int(life_s) if life_s.isascii() and life_s.isdigit() else TOKEN_LIFE_S


def dashed(reference: str) -> str:
    """MTN's spelling of a reference."""
    return str(uuid.UUID(reference))


def clean_note(note: str) -> str:
    """MTN answers 400 to an apostrophe: plain letters, digits and a few marks, at most 160."""
    plain = unicodedata.normalize("NFKD", note).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^A-Za-z0-9 .,:/-]", "", re.sub(r"\s", " ", plain))
    return " ".join(kept.split())[:NOTE_LIMIT].strip()


def notes(note: str) -> dict[str, str]:
    """The two texts of a request; an empty one is left out."""
    clean = clean_note(note)
    return {"payerMessage": clean, "payeeNote": clean} if clean else {}


def party(msisdn: str) -> dict[str, str]:
    return {"partyIdType": "MSISDN", "partyId": msisdn}


def _submitted(status: int) -> Submitted:
    """202: accepted. 409: this reference is already there, which is as good."""
    if status in (202, 409):
        return Pending()
    if status in NOT_CREATED:
        return NotAccepted(f"HTTP {status}", ours=NOT_CREATED[status])
    return Unknown(f"HTTP {status}")


def _answer(reference: str, data: Mapping[str, Any], reasons: Mapping[str, Reason]) -> Answer:
    status = text(data.get("status")).upper()
    if status == "SUCCESSFUL":
        amount, currency = money(data.get("amount")), text(data.get("currency"))
        if amount is None or not currency:
            return Unknown("paid, but how much is unreadable")
        return Paid(reference, amount, currency, text(data.get("financialTransactionId")))
    if status == "FAILED":
        reason = data.get("reason")
        code = text(reason.get("code") if isinstance(reason, dict) else reason)
        return Refused(reasons.get(code, "unclear"), code)
    if not status:
        return Unknown("an answer without a status")
    if status not in WAITING:
        log.warning("mtn: a status we do not know: %.40r", status)
    return Pending()
