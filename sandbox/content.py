"""Twilio's Content API: templates with their approvals."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

from sandbox.clock import iso
from sandbox.rendering import Rendered, check_types, read_variables, render
from sandbox.shared import Shared
from sandbox.twilio_errors import TwilioError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_NAME = re.compile(r"^[a-z0-9_]{1,512}$")
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
SESSION_ONLY = ("twilio/list-picker", "twilio/location")


@dataclass(slots=True)
class Content:
    sid: str
    friendly_name: str
    language: str
    variables: dict[str, str]
    types: dict[str, Any]
    created: float
    approval: dict[str, Any] = field(default_factory=dict)

    @property
    def approved(self) -> bool:
        return self.approval.get("status") == "approved"


class Contents:
    """All templates of the account; kept in a file when one is named, so that a product's cached ids survive a restart."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.by_sid: dict[str, Content] = {}
        self._load()

    def routes(self, guard: Callable[[Handler], Handler]) -> list[web.RouteDef]:
        base = "/twilio/v1/Content"
        return [
            web.post(base, guard(self.create)),
            web.get(base, guard(self.index)),
            web.get("/twilio/v1/ContentAndApprovals", guard(self.index_with_approvals)),
            web.get(base + "/{sid}", guard(self.fetch)),
            web.delete(base + "/{sid}", guard(self.delete)),
            web.post(base + "/{sid}/ApprovalRequests/whatsapp", guard(self.ask_approval)),
            web.get(base + "/{sid}/ApprovalRequests", guard(self.approval)),
        ]

    def render(self, sid: str, variables: str) -> tuple[Content, Rendered]:
        """What a person will see. Raises TwilioError 21655, 21656."""
        content = self.by_sid.get(sid)
        if content is None:
            raise TwilioError(21655)
        return content, render(content.types, content.variables, read_variables(variables), approved=content.approved)

    def forget(self) -> None:
        self.by_sid.clear()
        self._save()

    async def create(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        check_types(body.get("types"))
        language, variables = body.get("language"), body.get("variables") or {}
        if not isinstance(language, str) or not language:
            raise TwilioError(20001, "language is required")
        if not isinstance(variables, dict) or not all(isinstance(v, str) for v in variables.values()):
            raise TwilioError(20001, "variables must be an object of strings")
        sid = "HX" + secrets.token_hex(16)
        name = str(body.get("friendly_name") or "")
        content = Content(sid, name, language, variables, body["types"], self.shared.clock.now())
        self.by_sid[sid] = content
        self.shared.counts["content.created"] += 1
        self._save()
        return web.json_response(self._resource(content), status=201)

    async def fetch(self, request: web.Request) -> web.Response:
        return web.json_response(self._resource(self._found(request)))

    async def delete(self, request: web.Request) -> web.Response:
        del self.by_sid[self._found(request).sid]
        self._save()
        return web.Response(status=204)

    async def index(self, request: web.Request) -> web.Response:
        return self._page(request, self._resource)

    async def index_with_approvals(self, request: web.Request) -> web.Response:
        return self._page(request, lambda c: self._resource(c) | {"approval_requests": self._approval(c)})

    async def ask_approval(self, request: web.Request) -> web.Response:
        content, body = self._found(request), await self._body(request)
        if not _NAME.match(str(body.get("name") or "")) or body.get("category") not in CATEGORIES:
            raise TwilioError(20001, "name of [a-z0-9_] and a category")
        if any(name in SESSION_ONLY for name in content.types):
            raise TwilioError(20001, "this type cannot be submitted for approval")
        if content.approval:
            raise TwilioError(92009, "already submitted")
        content.approval = {
            "type": "whatsapp", "name": body["name"], "category": body["category"], "content_type": next(iter(content.types)),
            "status": "approved", "rejection_reason": "", "allow_category_change": bool(body.get("allow_category_change", True)),
        }  # fmt: skip
        self._save()
        received = {k: v for k, v in content.approval.items() if k != "type"} | {"status": "received"}
        return web.json_response(received, status=201)

    async def approval(self, request: web.Request) -> web.Response:
        content = self._found(request)
        url = self._url(content) + "/ApprovalRequests"
        sids = {"sid": content.sid, "account_sid": self.shared.config.account_sid}
        return web.json_response({**sids, "whatsapp": self._approval(content), "url": url})

    async def _body(self, request: web.Request) -> dict[str, Any]:
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise TwilioError(20001, "the body must be JSON") from None
        if not isinstance(body, dict):
            raise TwilioError(20001, "the body must be an object")
        return body

    def _found(self, request: web.Request) -> Content:
        content = self.by_sid.get(request.match_info["sid"])
        if content is None:
            raise TwilioError(20404, request.path)
        return content

    def _page(self, request: web.Request, shape: Callable[[Content], dict[str, Any]]) -> web.Response:
        try:
            size = min(max(int(request.query.get("PageSize", 50)), 1), 1000)
            page = max(int(request.query.get("Page", 0)), 0)
        except ValueError:
            raise TwilioError(20001, "PageSize and Page are numbers") from None
        found = sorted(self.by_sid.values(), key=lambda c: c.created, reverse=True)
        here = found[page * size : (page + 1) * size]
        base = f"{self.shared.config.origin}{request.path}?PageSize={size}&Page="
        meta = {
            "page": page, "page_size": size, "first_page_url": f"{base}0", "url": f"{base}{page}", "key": "contents",
            "previous_page_url": f"{base}{page - 1}" if page else None,
            "next_page_url": f"{base}{page + 1}&PageToken=PA{page + 1}" if len(found) > (page + 1) * size else None,
        }  # fmt: skip
        return web.json_response({"contents": [shape(c) for c in here], "meta": meta})

    def _url(self, content: Content) -> str:
        return f"{self.shared.config.origin}/twilio/v1/Content/{content.sid}"

    def _approval(self, content: Content) -> dict[str, Any]:
        unsubmitted = {"type": "whatsapp", "name": "", "category": "", "content_type": next(iter(content.types))}
        return content.approval or unsubmitted | {"status": "unsubmitted", "rejection_reason": "", "allow_category_change": True}

    def _resource(self, content: Content) -> dict[str, Any]:
        url, date = self._url(content), iso(content.created)[:19] + "Z"
        links = {"approval_create": url + "/ApprovalRequests/whatsapp", "approval_fetch": url + "/ApprovalRequests"}
        return {
            "sid": content.sid, "account_sid": self.shared.config.account_sid, "friendly_name": content.friendly_name,
            "language": content.language, "variables": content.variables, "types": content.types, "url": url,
            "date_created": date, "date_updated": date, "links": links,
        }  # fmt: skip

    def _load(self) -> None:
        file = self.shared.config.content_file
        if file and file.exists():
            try:
                self.by_sid = {row["sid"]: Content(**row) for row in json.loads(file.read_text())}
            except (ValueError, TypeError, KeyError):
                self.by_sid = {}  # a half-written or older file: the product creates its templates again

    def _save(self) -> None:
        if file := self.shared.config.content_file:
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_name(file.name + ".new")
            draft.write_text(json.dumps([asdict(c) for c in self.by_sid.values()]))
            draft.replace(file)
