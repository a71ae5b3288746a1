"""The list of messages: filters, pages, and the resource as the API shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from sandbox.clock import rfc2822
from sandbox.phones import Message, Phones
from sandbox.twilio_errors import TwilioError, meaning

PAGE, PAGE_LIMIT = 50, 1000
VERSION = "2010-04-01"


def resource(message: Message, account: str) -> dict[str, Any]:
    """A message with every field of the specification."""
    uri = f"/{VERSION}/Accounts/{account}/Messages/{message.sid}"
    inbound = message.who == "person"
    status = "received" if inbound else message.status
    unpriced = status in ("queued", "failed")
    return {
        "account_sid": account, "api_version": VERSION, "body": message.body, "date_created": rfc2822(message.created),
        "date_sent": rfc2822(message.created), "date_updated": rfc2822(message.updated),
        "direction": "inbound" if inbound else "outbound-api", "error_code": message.error_code,
        "error_message": meaning(message.error_code), "from": message.sender, "messaging_service_sid": None,
        "num_media": str(len(message.media) or int(message.sid.startswith("MM"))), "num_segments": "1",
        "price": None if unpriced else "-0.00500", "price_unit": None if unpriced else "USD",
        "sid": message.sid, "status": status,
        "subresource_uris": {"media": uri + "/Media.json"}, "to": message.to, "uri": uri + ".json",
    }  # fmt: skip


def page_of(phones: Phones, request: web.Request, account: str) -> dict[str, Any]:
    """One page of messages, newest first. Raises TwilioError."""
    query = request.query
    try:
        size = min(max(int(query.get("PageSize", PAGE)), 1), PAGE_LIMIT)
        page = max(int(query.get("Page", 0)), 0)
    except ValueError:
        raise TwilioError(20001, "PageSize and Page are numbers") from None
    found = [m for m in _candidates(phones, query) if _matches(m, query)]
    here = found[page * size : (page + 1) * size]
    more = len(found) > (page + 1) * size
    return {
        "messages": [resource(m, account) for m in here], "page": page, "page_size": size, "start": page * size,
        "end": page * size + max(len(here) - 1, 0), "uri": _uri(request, size, page), "first_page_uri": _uri(request, size, 0),
        "next_page_uri": _uri(request, size, page + 1, "PA" + here[-1].sid) if more else None,
        "previous_page_uri": _uri(request, size, page - 1, "PB" + here[0].sid) if page and here else None,
    }  # fmt: skip


def _candidates(phones: Phones, query: Any) -> list[Message]:
    """A filter by phone looks only at that phone's messages."""
    for name in ("To", "From"):
        key = phones.key(query.get(name, ""))
        if key in phones.by_phone:
            return phones.by_phone[key][::-1]
    return phones.messages[::-1]


def _matches(message: Message, query: Any) -> bool:
    if ("To" in query and query["To"] != message.to) or ("From" in query and query["From"] != message.sender):
        return False
    sent = int(message.created)
    if (after := query.get("DateSent>")) and sent < _moment(after):
        return False
    if (before := query.get("DateSent<")) and sent > _moment(before, end=True):
        return False
    if day := query.get("DateSent"):
        start = _moment(day[:10])
        return start <= sent < start + 86400
    return True


def _moment(text: str, *, end: bool = False) -> int:
    """A date or a moment as seconds; with `end`, a date means its last second."""
    clean = text.strip().replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(clean.replace(" ", "+") if "T" in clean else clean)  # an unescaped + arrives as a space
    except ValueError:
        raise TwilioError(20001, f"DateSent {text[:40]}") from None
    if end and len(text) == 10:
        moment += timedelta(days=1, seconds=-1)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _uri(request: web.Request, size: int, page: int, token: str = "") -> str:
    kept = {k: v for k, v in request.query.items() if k not in ("PageSize", "Page", "PageToken")}
    extra = {"PageSize": str(size), "Page": str(page)} | ({"PageToken": token} if token else {})
    return request.path.removeprefix("/twilio") + "?" + urlencode(kept | extra)
