"""A provider's statement of one day as people download it, right or wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from aiohttp import web

from sandbox.shared import Shared, bad
from sandbox.truth import Truth, cedis
from sandbox.wallets import Wallets, new_id

COLUMNS = ("kind", "provider_id", "reference", "amount", "currency", "fee", "at", "msisdn")
PROVIDERS = ("mtn", "vodafone", "paystack")


class Statements:
    """`GET /sandbox/statement/mtn?day=2026-01-05`, days in UTC; without a day it is today's."""

    def __init__(self, shared: Shared, wallets: Wallets) -> None:
        self.shared, self.wallets = shared, wallets

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/sandbox/statement/{provider}", self.statement)]

    async def statement(self, request: web.Request) -> web.Response:
        provider, day = request.match_info["provider"], request.query.get("day") or str(self.shared.clock.shown()["now"])[:10]
        try:
            date.fromisoformat(day)
        except ValueError:
            return bad("day: as 2026-01-05")
        if provider not in PROVIDERS:
            return bad("no such provider", 404)
        take_fees(self.shared, self.wallets.truth, self._rows(provider, day))
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\r\n")
        writer.writeheader()
        for row, more in doctored(self.shared, self._rows(provider, day)):
            writer.writerow(row | {"fee": "0.00", "amount": cedis(row["amount_pesewas"] + more)})
        name = f'attachment; filename="{provider}-{day}.csv"'
        return web.Response(text=out.getvalue(), content_type="text/csv", headers={"Content-Disposition": name})

    def _rows(self, provider: str, day: str) -> list[dict[str, Any]]:
        return [row for row in self.wallets.truth.rows if row["provider"] == provider and row["at"].startswith(day)]


def take_fees(shared: Shared, truth: Truth, rows: Iterable[dict[str, Any]]) -> None:
    """The fee that nobody announced, once for a movement."""
    for row in rows:
        charged = row["kind"] == "fee" or truth.fee_of(row["provider"], row["reference"])
        if not charged and (fee := shared.faults.take("statement.fee", who(row))):
            truth.charge(row, int(fee), new_id())


def doctored(shared: Shared, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], int]]:
    """The rows as the statement shows them, not at all, once or twice, each with the pesewas it shows too many."""
    take = shared.faults.take
    for row in rows:
        if take("statement.missing", who(row)):
            continue
        more = int(take("statement.altered", who(row)) or 0)
        for _ in range(2 if take("statement.doubled", who(row)) else 1):
            yield row, more


def who(row: dict[str, Any]) -> str:
    """What `match` of a statement's fault looks at."""
    return f"{row['provider']} {row['reference']} {row['msisdn']}"
