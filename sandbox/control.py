"""The control API of tests, stories, benchmarks and the play page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.clips import CLIPS, clip
from sandbox.content import Contents
from sandbox.drawer import Drawer
from sandbox.inbound import Inbound
from sandbox.media import in_parts
from sandbox.outgoing import Outgoing
from sandbox.samples import SAMPLES, jpeg
from sandbox.sayings import Unclear
from sandbox.shared import Shared, bad, read_json

STATIC = Path(__file__).parent / "static"
PEOPLE = (
    {"phone": "+233241234567", "name": "Ama", "role": "Customer"},
    {"phone": "+233201234567", "name": "Kofi", "role": "Tailor"},
    {"phone": "+233551234567", "name": "Esi", "role": "Customer"},
    {"phone": "+233261234567", "name": "Kwame", "role": "Customer"},
)
SAFE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; media-src 'self' data: blob:; base-uri 'none'",
    "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff",
}  # fmt: skip
KEPT = {"Cache-Control": "max-age=3600"}
PAGE_PARTS = ("play.css", "money.css", "play.js", "phone.js", "money.js", "bubble.js", "attach.js", "drawer.js", "dom.js")
WAIT_LIMIT_S, HEARTBEAT_S = 60.0, 15.0


class Control:
    """Reads and moves the world; the money has a till of its own."""

    def __init__(self, shared: Shared, inbound: Inbound, outgoing: Outgoing, contents: Contents, drawer: Drawer) -> None:
        self.shared, self.inbound, self.contents, self.drawer = shared, inbound, contents, drawer
        self.wallets, self.outgoing = outgoing.wallets, outgoing
        self.phones, self.media = inbound.phones, inbound.media

    def routes(self) -> list[web.RouteDef]:
        get, post = web.get, web.post
        return [
            post("/sandbox/say", self.say), get("/sandbox/phone/{phone}", self.phone), get("/sandbox/sent", self.sent),
            get("/sandbox/counts", self.counts), get("/sandbox/faults", self.faults), post("/sandbox/faults", self.change_faults),
            get("/sandbox/clock", self.clock), post("/sandbox/clock", self.move_clock), post("/sandbox/reset", self.reset),
            get("/sandbox/drawer", self.look), get("/sandbox/people", self.people), get("/sandbox/events", self.events),
            get("/sandbox/samples/{name}.jpg", self.sample), get("/sandbox/samples/{name}.ogg", self.clip), get("/sandbox/health", self.health),
            get("/play", self.page("play.html")), *[get(f"/play/{name}", self.page(name)) for name in PAGE_PARTS],
        ]  # fmt: skip

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def say(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(await self.inbound.say(await read_json(request)))
        except Unclear as problem:
            return bad(str(problem))

    async def phone(self, request: web.Request) -> web.Response:
        phone = self.phones.key(request.match_info["phone"])
        after, changed = _whole(request, "after"), _whole(request, "changed")
        if wait_s := min(float(request.query.get("wait_s") or 0), WAIT_LIMIT_S):
            messages = await self.phones.wait(phone, after, wait_s)
        else:
            messages = self.phones.since(phone, after, changed)
        known = self.phones.by_phone.get(phone, [])
        last, name = known[-1].n if known else 0, self.phones.names.get(phone, "")
        body = {"phone": phone, "name": name, "last": last, "rev": self.phones.rev, "messages": messages}
        return web.json_response(body)

    async def sent(self, request: web.Request) -> web.Response:
        after, to = _whole(request, "after"), request.query.get("to", "")
        source = self.phones.by_phone.get(self.phones.key(to), []) if to else self.phones.messages[after:]
        rows = [m.shown() for m in source if m.who == "bot" and m.n > after]
        return web.json_response({"sent": rows, "last": len(self.phones.messages)})

    async def counts(self, request: web.Request) -> web.Response:
        sizes = len(self.phones.messages), len(self.phones.by_phone), len(self.wallets.open)
        here = dict(zip(("messages", "phones", "open_requests"), sizes, strict=True))
        tallies = {"counts": dict(sorted(self.shared.counts.items())), "fired": dict(self.shared.faults.fired)}
        return web.json_response(tallies | here)

    async def faults(self, request: web.Request) -> web.Response:
        return web.json_response(self.shared.faults.shown())

    async def change_faults(self, request: web.Request) -> web.Response:
        try:
            self.shared.faults.change(await read_json(request))
        except ValueError as problem:
            return bad(str(problem))
        self.shared.hub.publish("faults", {})
        return web.json_response(self.shared.faults.shown())

    async def clock(self, request: web.Request) -> web.Response:
        return web.json_response(self.shared.clock.shown())

    async def move_clock(self, request: web.Request) -> web.Response:
        body, clock = await read_json(request), self.shared.clock
        try:
            offset = float(body["offset_s"]) if "offset_s" in body else clock.offset() + float(body["move_s"])
        except (KeyError, TypeError, ValueError):
            return bad("move_s or offset_s, in seconds")
        clock.set(offset)
        self.wallets.sweep()
        self.outgoing.sweep()
        self.shared.hub.publish("clock", clock.shown())
        return web.json_response(clock.shown())

    async def reset(self, request: web.Request) -> web.Response:
        """Forgets everything; templates and the moved clock only with {"content": true}, {"clock": true}."""
        body = await read_json(request) if request.can_read_body else {}
        self.shared.cancel_all()
        for part in (self.phones, self.wallets, self.outgoing, self.shared.faults):
            part.reset()
        self.shared.counts.clear()
        self.media.by_sid.clear()
        if body.get("content"):
            self.contents.forget()
        if body.get("clock"):
            self.shared.clock.set(0)
        self.shared.hub.publish("reset", {})
        return web.json_response({"ok": True})

    async def look(self, request: web.Request) -> web.Response:
        return web.json_response({"tables": await self.drawer.look(self.phones.key(request.query.get("phone", "")))})

    async def people(self, request: web.Request) -> web.Response:
        samples = [{"name": name, "label": label} for name, (label, _) in SAMPLES.items()]
        clips = [{"name": name, "label": sample.label, "words": sample.words} for name, sample in CLIPS.items()]
        return web.json_response({"people": PEOPLE, "samples": samples, "clips": clips})

    async def sample(self, request: web.Request) -> web.Response:
        if request.match_info["name"] not in SAMPLES:
            return web.Response(status=404)
        return web.Response(body=jpeg(request.match_info["name"]), content_type="image/jpeg", headers=KEPT)

    async def clip(self, request: web.Request) -> web.Response:
        if request.match_info["name"] not in CLIPS:
            return web.Response(status=404)
        content = await asyncio.to_thread(clip, request.match_info["name"])
        return in_parts(request, content, KEPT | {"Content-Type": "audio/ogg"})

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: message, prompt, money, clock, faults, reset."""
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await stream.prepare(request)
        await stream.write(b"retry: 1500\n\n")
        queue: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.shared.hub.listeners.add(queue)
        try:
            while not self.shared.closing.is_set():
                await stream.write(await _next_event(queue))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.shared.hub.listeners.discard(queue)
        return stream

    def page(self, name: str) -> Callable[[web.Request], Any]:
        async def serve(request: web.Request) -> web.FileResponse:
            return web.FileResponse(STATIC / name, headers=SAFE)

        return serve


async def _next_event(queue: asyncio.Queue[tuple[str, Any]]) -> bytes:
    try:
        kind, data = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
    except TimeoutError:
        return b": still here\n\n"
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()


def _whole(request: web.Request, name: str) -> int:
    text = request.query.get(name, "0")
    return int(text) if text.isdigit() else 0
