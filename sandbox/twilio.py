"""Twilio's Messages API as its own specification spells it."""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.content import Contents
from sandbox.media import MediaStore
from sandbox.message_list import page_of, resource
from sandbox.phones import Message, Phones
from sandbox.receipts import Receipts
from sandbox.rendering import Rendered
from sandbox.shared import Shared
from sandbox.twilio_errors import TwilioError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BODY_LIMIT, MEDIA_LIMIT, WINDOW_S = 1600, 10, 24 * 3600
_ADDRESS = re.compile(r"^(whatsapp:)?\+[1-9]\d{6,14}$|^whatsapp:[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$")
_HOST = re.compile(r"^[A-Za-z0-9.:\[\]-]+$")


@dataclass(slots=True)
class Draft:
    """A valid request to send."""

    to: str
    sender: str
    seen: Rendered
    callback: str = ""
    content_sid: str = ""
    approved: bool = False
    media: list[str] = field(default_factory=list)


class Twilio:
    """POST and GET of messages; what a send brings about."""

    def __init__(self, shared: Shared, phones: Phones, contents: Contents, media: MediaStore) -> None:
        self.shared, self.phones, self.contents, self.media = shared, phones, contents, media
        self.receipts = Receipts(shared, phones)
        config = shared.config
        self._credentials = "Basic " + base64.b64encode(f"{config.account_sid}:{config.auth_token}".encode()).decode()

    def routes(self) -> list[web.RouteDef]:
        base = "/twilio/2010-04-01/Accounts/{account}/Messages"
        return [
            web.post(base + ".json", self.guard(self.create)),
            web.get(base + ".json", self.guard(self.index)),
            web.get(base + "/{sid}.json", self.guard(self.fetch)),
            *self.contents.routes(self.guard),
            *self.media.routes(self.guard),
        ]

    def guard(self, handler: Handler) -> Handler:
        """Checks credentials and turns refusals into Twilio's JSON."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            await self.shared.pause("twilio.latency_ms")
            try:
                if request.headers.get("Authorization") != self._credentials:
                    raise TwilioError(20003)
                if request.match_info.get("account", self.shared.config.account_sid) != self.shared.config.account_sid:
                    raise TwilioError(20404, request.path)
                return await handler(request)
            except TwilioError as refusal:
                self.shared.counts[f"twilio.{refusal.status}"] += 1
                return refusal.answer()

        return guarded

    async def create(self, request: web.Request) -> web.Response:
        self.shared.counts["twilio.calls"] += 1
        draft = self._read(await request.post())
        take = self.shared.faults.take
        if (hold := take("twilio.timeout", draft.to)) is not None:
            return await self.shared.hang_up(request, float(hold))
        for name, code in (("error_429", 20429), ("error_500", 20500)):
            if take(f"twilio.{name}", draft.to):
                raise TwilioError(code)
        if refusal := take("twilio.reject", draft.to):
            raise TwilioError(int(refusal), status=400)
        message = self._store(draft)
        early = bool(take("twilio.receipt_before_answer", draft.to))
        carried = self.shared.spawn(self._carry(message, draft, at_once=early))
        if early:
            await carried
        return await self._answer(request, message)

    async def _answer(self, request: web.Request, message: Message) -> web.Response:
        """The answer to a message that exists, unless a fault keeps it."""
        take = self.shared.faults.take
        if (hold := take("twilio.create_then_timeout", message.phone)) is not None:
            return await self.shared.hang_up(request, float(hold))
        if take("twilio.create_then_close", message.phone):
            return await self.shared.hang_up(request, 0)
        if take("twilio.error_500_created", message.phone):
            raise TwilioError(20500)
        self.shared.counts["twilio.201"] += 1
        fresh = {"status": "queued", "error_code": None, "error_message": None, "price": None, "price_unit": None}
        return web.json_response(resource(message, self.shared.config.account_sid) | fresh, status=201)

    async def fetch(self, request: web.Request) -> web.Response:
        message = self.phones.by_sid.get(request.match_info["sid"])
        if message is None:
            raise TwilioError(20404, request.path)
        return web.json_response(resource(message, self.shared.config.account_sid))

    async def index(self, request: web.Request) -> web.Response:
        self.shared.counts["twilio.lists"] += 1
        return web.json_response(page_of(self.phones, request, self.shared.config.account_sid))

    def reply_by_twiml(self, message: Message, text: str) -> None:
        """An answer written into the webhook's response reaches the phone as well."""
        draft = Draft(message.sender, message.to, Rendered("text", text[:BODY_LIMIT]))
        self.shared.spawn(self._carry(self._store(draft), draft, at_once=False))

    def _read(self, form: Any) -> Draft:
        """Twilio's checks, in its order. Raises TwilioError."""
        to, sender = form.get("To", "").strip(), form.get("From", "").strip()
        if not to:
            raise TwilioError(21604)
        if not _ADDRESS.match(to):
            raise TwilioError(21211, to[:60])
        if not sender:
            raise TwilioError(21603)
        if to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
            raise TwilioError(21910)
        if sender.startswith("whatsapp:") and sender != self.shared.config.whatsapp_number:
            raise TwilioError(63007)
        callback = form.get("StatusCallback", "")
        if callback and not _is_url(callback):
            raise TwilioError(21609, callback[:200])
        media = [str(url) for url in form.getall("MediaUrl", [])]
        draft = self._body(form, to, sender, media)
        draft.callback = callback
        return draft

    def _body(self, form: Any, to: str, sender: str, media: list[str]) -> Draft:
        body, content_sid = form.get("Body", ""), form.get("ContentSid", "")
        if len(body) > BODY_LIMIT:
            raise TwilioError(21617)
        if content_sid:
            if media:
                raise TwilioError(63030, "MediaUrl with ContentSid")
            content, seen = self.contents.render(content_sid, form.get("ContentVariables", ""))
            return Draft(to, sender, seen, content_sid=content_sid, approved=content.approved, media=seen.media)
        if not body and not media:
            raise TwilioError(21619)
        if len(media) > MEDIA_LIMIT:
            raise TwilioError(21623)
        if any(not _is_url(url) for url in media):
            raise TwilioError(21620)
        return Draft(to, sender, Rendered("media" if media else "text", body), media=media[:1])

    def _store(self, draft: Draft) -> Message:
        phone, seen = self.phones.key(draft.to), draft.seen
        message = self.phones.add(
            prefix="MM" if draft.media else "SM", who="bot", phone=phone, sender=draft.sender, to=draft.to,
            kind=seen.kind, body=seen.body, status="queued",
        )  # fmt: skip
        message.content, message.callback = seen.content, draft.callback
        message.content_sid, message.approved = draft.content_sid, draft.approved
        self.phones.announce(message)
        self.phones.read_by_bot(phone)
        self.shared.counts["twilio.created"] += 1
        return message

    async def _carry(self, message: Message, draft: Draft, *, at_once: bool) -> None:
        error = draft.seen.error
        if not error and self.shared.faults.settings["window"] and not draft.approved and self._closed(message):
            error = 63016
        if not error and draft.media:
            error = await self._attach(message, draft.media[0])
        await self.receipts.carry(message, error, at_once=at_once)

    async def _attach(self, message: Message, url: str) -> int | None:
        fetched = await self.media.collect(url)
        if isinstance(fetched, int):
            return fetched
        file = self.media.add(message.sid, *fetched)
        message.media = [{"url": f"/sandbox/media/{file.sid}", "content_type": file.content_type, "source": url}]
        self.phones.announce(message)
        return None

    def _closed(self, message: Message) -> bool:
        last = self.phones.last_inbound.get(message.phone)
        return message.to.startswith("whatsapp:") and (last is None or self.shared.clock.now() - last > WINDOW_S)


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(_HOST.match(parts.netloc)) and len(url) <= 4000
    except ValueError:
        return False
