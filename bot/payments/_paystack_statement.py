"""Paystack's statement of a day, put together from its lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from bot.payments import Line, Silent
from bot.payments._http import NoAnswer, NotSent, reference, text
from bot.payments._paystack_api import Api, minor, moment, stamp

#: The lists are asked by the day something was begun; how many days later it may have moved.
DAYS_LATER = {"/transaction": 2, "/transfer": 10, "/refund": 30}


def read(api: Api, day: date) -> list[Line]:
    """What moved on a day (UTC). Raises Silent: half a statement would accuse the other half."""
    try:
        found = [*_collected(api, day), *_sent(api, day), *_given_back(api, day)]
    except (NotSent, NoAnswer) as error:
        raise Silent(str(error)) from None
    return [line for line in found if line.at.date() == day]


def _collected(api: Api, day: date) -> Iterator[Line]:
    """A payment stays collected when it is reversed later: what goes back stands among the refunds."""
    for row in api.rows("/transaction", "per_page", **_days("/transaction", day)):
        if _status(row) in ("success", "reversed"):
            ident = text(row.get("id"))
            yield _line("collected", row, ident, row.get("reference"), row.get("fees"), ("paid_at", "paidAt", "created_at", "createdAt"))


def _sent(api: Api, day: date) -> Iterator[Line]:
    """Each status by itself: without one, Paystack lists only what is pending."""
    for status in ("success", "reversed"):
        for row in api.rows("/transfer", "per_page", status=status, **_days("/transfer", day)):
            ident, fee, ours = text(row.get("transfer_code")), row.get("fee_charged"), row.get("reference")
            if status == "reversed":
                yield _line("sent", row, ident, ours, fee, ("transferred_at", "createdAt"), number=_number(row))
                yield _line("reversed", row, ident, ours, 0, ("updatedAt", "createdAt"), number=_number(row))
            else:
                yield _line("sent", row, ident, ours, fee, ("transferred_at", "updatedAt", "createdAt"), number=_number(row))


def _given_back(api: Api, day: date) -> Iterator[Line]:
    for row in api.rows("/refund", "perPage", **_days("/refund", day)):
        if _status(row) == "processed":
            ours = text(row.get("merchant_note"), 1000).rpartition(" ")[2]
            yield _line("given_back", row, text(row.get("id")), ours, 0, ("refunded_at", "updatedAt", "createdAt"))


def _line(
    kind: Literal["collected", "sent", "given_back", "reversed"], row: dict[str, Any], ident: str, ours: Any, fee: Any,
    times: tuple[str, ...], *, number: str = "",
) -> Line:  # fmt: skip
    amount, taken, currency = minor(row.get("amount")), minor(fee or 0), text(row.get("currency"))
    at = next((found for name in times if (found := moment(row.get(name)))), None)
    if not (ident and amount and currency and at) or taken is None:
        raise NoAnswer(f"a line among the {kind} that cannot be read")
    return Line(kind, ident, reference(ours), amount, currency, taken, at, number)


def _status(row: dict[str, Any]) -> str:
    return text(row.get("status")).lower()


def _number(row: dict[str, Any]) -> str:
    """ "233551234987" from "0551234987", "" when the list does not say."""
    recipient = row.get("recipient")
    details = recipient.get("details") if isinstance(recipient, dict) else None
    account = text(details.get("account_number")) if isinstance(details, dict) else ""
    return "233" + account[1:] if account.isascii() and account.isdigit() and account.startswith("0") else ""


def _days(path: str, day: date) -> dict[str, str]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {"from": stamp(midnight - timedelta(days=DAYS_LATER[path])), "to": stamp(midnight + timedelta(days=1))}
