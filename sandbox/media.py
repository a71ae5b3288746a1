"""The files of messages: kept by the provider, fetched in two hops."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from sandbox.shared import Shared
from sandbox.twilio_errors import TwilioError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LINK_S = 600
IMAGE_LIMIT, FILE_LIMIT = 5 * 1024 * 1024, 16 * 1024 * 1024
ACCEPTED = ("image/jpeg", "image/png", "image/webp", "audio/", "video/", "application/", "text/vcard", "text/x-vcard")


@dataclass(slots=True)
class File:
    sid: str
    message_sid: str
    content_type: str
    content: bytes
    name: str = ""
    misses: int = 0


class MediaStore:
    """All files, both ways."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.by_sid: dict[str, File] = {}
        self._key = secrets.token_bytes(16)

    def routes(self, guard: Callable[[Handler], Handler]) -> list[web.RouteDef]:
        resource = "/twilio/2010-04-01/Accounts/{account}/Messages/{message}/Media/{sid}"
        return [
            web.get(resource, guard(self.fetch)),
            web.delete(resource, guard(self.delete)),
            web.get("/cdn/{link}", self.cdn),
            web.get("/sandbox/media/{sid}", self.open),
        ]

    def add(self, message_sid: str, content_type: str, content: bytes, name: str = "") -> File:
        file = File("ME" + secrets.token_hex(16), message_sid, content_type, content, name)
        self.by_sid[file.sid] = file
        return file

    def url(self, file: File) -> str:
        config = self.shared.config
        path = f"/twilio/2010-04-01/Accounts/{config.account_sid}/Messages/{file.message_sid}/Media/{file.sid}"
        return config.origin + path

    async def fetch(self, request: web.Request) -> web.Response:
        """First hop: credentials, then a redirect to a signed address on another host."""
        file = self._found(request)
        if file.misses < self.shared.faults.settings["twilio.media_404_times"]:
            file.misses += 1
            self.shared.counts["media.404"] += 1
            raise TwilioError(20404, request.path)
        link = f"{file.sid}.{int(self.shared.clock.now()) + LINK_S}"
        location = f"{self.shared.config.cdn_origin}/cdn/{link}.{self._sign(link)}"
        return web.Response(status=307, headers={"Location": location})

    async def delete(self, request: web.Request) -> web.Response:
        del self.by_sid[self._found(request).sid]
        return web.Response(status=204)

    async def cdn(self, request: web.Request) -> web.Response:
        """Second hop: whoever brings credentials here leaks them, and is refused as the real storage does."""
        if "Authorization" in request.headers:
            self.shared.counts["media.leaked_credentials"] += 1
            return web.Response(status=400, text="Only one auth mechanism allowed")
        link, _, signature = request.match_info["link"].rpartition(".")
        sid, _, until = link.partition(".")
        if not hmac.compare_digest(signature, self._sign(link)) or int(until) < self.shared.clock.now():
            return web.Response(status=403, text="AccessDenied")
        file = self.by_sid.get(sid)
        if file is None:
            return web.Response(status=404, text="NoSuchKey")
        self.shared.counts["media.fetched"] += 1
        return _sent(request, file)

    async def open(self, request: web.Request) -> web.Response:
        """The same bytes for the play page."""
        file = self.by_sid.get(request.match_info["sid"])
        if file is None:
            return web.Response(status=404)
        return _sent(request, file)

    async def collect(self, url: str) -> tuple[str, bytes] | int:
        """Fetches a MediaUrl as Twilio does: HEAD, then GET. An error code when it cannot be used."""
        address = self.shared.address(url)
        if address is None:
            return 63019
        try:
            async with self.shared.session.head(address, allow_redirects=True) as head:
                if head.status >= 400:
                    return 63019
            async with self.shared.session.get(address) as answer:
                content = await answer.content.read(FILE_LIMIT + 1)
                return _checked(answer.status, answer.content_type, head.content_type, content)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 63019

    def _found(self, request: web.Request) -> File:
        file = self.by_sid.get(request.match_info["sid"].removesuffix(".json"))
        if file is None or file.message_sid != request.match_info["message"]:
            raise TwilioError(20404, request.path)
        return file

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:32]


def _checked(status: int, content_type: str, announced: str, content: bytes) -> tuple[str, bytes] | int:
    if status != 200 or not content or content_type != announced:
        return 63019
    if not content_type.startswith(ACCEPTED):
        return 63013
    if len(content) > (IMAGE_LIMIT if content_type.startswith("image/") else FILE_LIMIT):
        return 63034
    return content_type, content


def in_parts(request: web.Request, content: bytes, headers: dict[str, str]) -> web.Response:
    """All of it, or the part that a player asks for; one that cannot ask for parts does not know how long a voice note is."""
    try:
        part = request.http_range
    except ValueError:
        part = slice(len(content), None)
    headers = headers | {"Accept-Ranges": "bytes"}
    if part.start is None and part.stop is None:
        return web.Response(body=content, headers=headers)
    first, end, _ = part.indices(len(content))
    if first >= end:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(content)}"})
    return web.Response(status=206, body=content[first:end], headers=headers | {"Content-Range": f"bytes {first}-{end - 1}/{len(content)}"})


def _sent(request: web.Request, file: File) -> web.Response:
    headers = {"Content-Type": file.content_type, "Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    if file.name:
        safe = file.name.encode("ascii", "ignore").decode().replace('"', "")
        headers["Content-Disposition"] = f'inline; filename="{safe}"'
    return in_parts(request, file.content, headers)
