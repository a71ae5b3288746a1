"""The authenticator app of the people at the demo's desk: a page with their six digits."""

from __future__ import annotations

import base64
import hmac
import html
import struct
import time

from aiohttp import web

from sandbox.config import Config

STEP_S, DIGITS = 30, 6
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="{left}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Digits for the desk</title>
<main><h1>{code}</h1><p>Good for {left} more seconds, and once for each person. The page shows the next ones by itself.</p>
<p>Password: <code>{password}</code></p><p>Logins: esi, yaa, kojo, adjoa, nii, abla</p>
<p><a href="{desk}/admin">To the desk</a></p></main></html>"""


class Authenticator:
    """Real time, as on a real phone: moving the demo's clock does not move it."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/play/desk", self.page)]

    async def page(self, request: web.Request) -> web.Response:
        if not self.config.desk_key:
            raise web.HTTPNotFound
        now = int(time.time())
        told = {"code": digits(self.config.desk_key, now), "left": STEP_S - now % STEP_S, "password": html.escape(self.config.desk_password)}
        page = PAGE.format(desk=html.escape(self.config.public_url), **told)
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'"}
        return web.Response(text=page, content_type="text/html", headers=headers)


def digits(key: str, moment: int) -> str:
    """RFC 6238 with SHA-1, thirty seconds, six digits; `key` is base32."""
    mac = hmac.digest(base64.b32decode(key), struct.pack(">Q", moment // STEP_S), "sha1")
    at = mac[-1] & 15
    number = struct.unpack(">I", mac[at : at + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"
