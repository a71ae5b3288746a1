"""How Paystack is asked, and what its answers have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.payments import NotAccepted, Paid, Unknown
from bot.payments._http import NOT_CREATED, NoAnswer, Wire, fields, reference, text

#: Networks as Paystack's charges and its list of banks call them.
PROVIDERS = {"mtn": "mtn", "telecel": "vod", "at": "atl"}
BANKS = {"mtn": "MTN", "telecel": "VOD", "at": "ATL"}
PAGE_SIZE, PAGES, NOTE_LIMIT = 100, 200, 200
_DIGITS = re.compile("[0-9]{1,13}")
_MISSING = ("transaction_not_found", "transfer_not_found")


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. HTTP 200 only means that the call worked; what it is about stands in `data`."""

    http: int
    body: dict[str, Any]

    @property
    def worked(self) -> bool:
        return self.http in (200, 201) and self.body.get("status") is True

    @property
    def data(self) -> dict[str, Any]:
        data = self.body.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def status(self) -> str:
        return text(self.data.get("status")).lower()

    @property
    def code(self) -> str:
        return text(self.body.get("code")).lower()

    @property
    def message(self) -> str:
        return text(self.body.get("message"), 200).lower()

    @property
    def says_missing(self) -> bool:
        """Paystack itself knows no such reference; a 404 in other words may come from a door before it."""
        if self.body.get("status") is not False:
            return False
        return self.http == 404 or (self.http == 400 and (self.code in _MISSING or self.message.startswith("transaction reference not found")))

    @property
    def says_duplicate(self) -> bool:
        return self.http in (400, 409, 422) and (self.code == "duplicate_reference" or self.message.startswith("duplicate"))

    def refusal(self) -> NotAccepted | Unknown:
        """What an answer that did not work proves."""
        if self.http in NOT_CREATED:
            return NotAccepted(f"HTTP {self.http}", ours=NOT_CREATED[self.http])
        return Unknown(f"HTTP {self.http}")


class Api:
    """One key, one set of connections. `environment` is what a genuine answer calls its domain."""

    def __init__(self, wire: Wire, key: str, currency: str, *, test: bool) -> None:
        self._wire, self._key, self.currency = wire, key, currency
        self.environment = "test" if test else "live"

    def get(self, path: str, **asked: str | int) -> Said:
        """Raises NotSent, NoAnswer."""
        return self._call("GET", path, params=asked)

    def post(self, path: str, body: dict[str, Any]) -> Said:
        """Raises NotSent, NoAnswer."""
        return self._call("POST", path, json=body)

    def rows(self, path: str, size_name: str, **asked: str | int) -> Iterator[dict[str, Any]]:
        """All rows of a list, page by page. Raises NotSent and NoAnswer, the latter also when the list cannot be read to its end."""
        for page in range(1, PAGES + 1):
            said = self.get(path, page=page, **{size_name: PAGE_SIZE}, **asked)
            rows = said.body.get("data")
            if not said.worked or not isinstance(rows, list):
                raise NoAnswer(f"HTTP {said.http}")
            for row in rows:
                if not isinstance(row, dict):
                    raise NoAnswer("a list with something strange in it")
                yield row
            if not rows:
                return
        raise NoAnswer("the list does not end")

    def paid(self, asked: str, data: dict[str, Any], provider_id: str) -> Paid | Unknown:
        """Money moved if everything fits together: the reference, a readable amount, the environment our key belongs to."""
        amount, currency = minor(data.get("amount")), text(data.get("currency"))
        if reference(data.get("reference")) != asked:
            return Unknown("an answer about something else")
        if data.get("domain") != self.environment:
            return Unknown("an answer from another environment")
        if amount is None or not currency:
            return Unknown("paid, but how much is unreadable")
        return Paid(asked, amount, currency, provider_id)

    def _call(self, method: str, path: str, **request: Any) -> Said:
        answer = self._wire.call(method, path, headers={"Authorization": f"Bearer {self._key}"}, **request)
        return Said(answer.status_code, fields(answer.content))


def minor(value: Any) -> int | None:
    """Pesewas as Paystack writes them: a whole number, in refund events the same as a string. None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**13 else ""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else None


def local(msisdn: str) -> str:
    """ "0551234987" from "233551234987"."""
    return "0" + msisdn.removeprefix("233")


def readable(note: str) -> str:
    """Words that can be written down, at most 200 characters."""
    return " ".join(note.encode("utf-8", "ignore").decode().split())[:NOTE_LIMIT]


def moment(value: Any) -> datetime | None:
    """A time as Paystack writes it, in UTC; None when there is none."""
    try:
        at = datetime.fromisoformat(text(value))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def stamp(at: datetime) -> str:
    """A time as Paystack's lists want it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
