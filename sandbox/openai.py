"""OpenAI's transcription and responses: hears what a note's comment says, and reads what it was told to read."""

from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import dataclass
from typing import Any

import av
from aiohttp import web
from aiohttp.multipart import BodyPartReader

from sandbox.shared import Shared

KEEP = 200
LARGEST = 25 * 1024 * 1024
STATUSES = {"error_400": 400, "error_429": 429, "error_500": 500, "error_503": 503, "error_401": 401, "error_403": 403, "quota": 429}
CODES = {401: "invalid_api_key", 403: "unsupported_country_region_territory", 429: "rate_limit_exceeded"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived, for whoever wants to check it."""

    path: str
    fields: dict[str, list[str]]
    file_name: str = ""
    file_type: str = ""
    file_sha256: str = ""
    file_bytes: int = 0
    body: Any = None


class OpenAI:
    name = "openai"

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.asked: list[Asked] = []
        self.says: list[str] = []  # transcripts for the next notes, before their comments count
        self.reads: list[Any] = []  # answers of the reader: a list of items, or a text as it is

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/openai/v1/audio/transcriptions", self.transcribe),
            web.post("/openai/v1/responses", self.respond),
            web.get("/sandbox/openai", self.shown),
            web.post("/sandbox/openai", self.told),
        ]

    async def transcribe(self, request: web.Request) -> web.StreamResponse:
        if not request.content_type.startswith("multipart/"):
            return error(415, "multipart/form-data is needed")
        asked, content = await _form(request)
        self._remember(asked)
        if (refused := await self._refused(request)) is not None:
            return refused
        problem = self._problem(asked, content)
        if problem:
            return error(400, *problem)
        words = self.says.pop(0) if self.says else comment_of(content)
        if (more := self.shared.faults.take("openai.hears")) is not None:
            words = str(more)
        return web.json_response({"text": words, "languages": [], "usage": {"type": "duration", "seconds": 1.0}})

    async def respond(self, request: web.Request) -> web.StreamResponse:
        try:
            body = json.loads(await request.read())
        except ValueError:
            return error(400, "We could not parse the JSON body of your request.")
        self._remember(Asked(request.path, {}, body=body))
        if (refused := await self._refused(request)) is not None:
            return refused
        form = body.get("text", {}).get("format", {}) if isinstance(body, dict) else {}
        if form.get("type") != "json_schema" or not form.get("strict") or not body.get("model"):
            return error(400, "this stand-in answers strict structured output only", "text.format")
        if self.shared.faults.take("openai.refusal"):
            return web.json_response(_response(body, {"type": "refusal", "refusal": "I cannot help with that."}))
        said = self.reads.pop(0) if self.reads else []
        text = said if isinstance(said, str) else json.dumps({"items": said})
        cut = bool(self.shared.faults.take("openai.truncated"))
        text = text[: len(text) // 2] if cut else text
        return web.json_response(_response(body, {"type": "output_text", "text": text, "annotations": []}, cut=cut))

    async def shown(self, _: web.Request) -> web.Response:
        rows = [{name: getattr(asked, name) for name in Asked.__slots__} for asked in self.asked]
        return web.json_response({"asked": rows})

    async def told(self, request: web.Request) -> web.Response:
        """{"says": […], "reads": […]}: what to answer next."""
        if request.content_type != "application/json":
            return web.Response(status=415)
        told = json.loads(await request.read() or b"{}")
        self.says, self.reads = list(told.get("says", [])), list(told.get("reads", []))
        self.asked.clear()
        return web.json_response({})

    async def _refused(self, request: web.Request) -> web.StreamResponse | None:
        await self.shared.pause("openai.latency_ms")
        if not re.fullmatch(r"Bearer \S+", request.headers.get("Authorization", "")):
            return error(401, "You didn't provide an API key.", code="invalid_api_key")
        take = self.shared.faults.take
        if (hold := take("openai.timeout")) is not None:
            return await self.shared.hang_up(request, float(hold))
        for name, status in STATUSES.items():
            if take(f"openai.{name}"):
                return error(status, "refused", code="insufficient_quota" if name == "quota" else CODES.get(status, "server_error"))
        return None

    def _problem(self, asked: Asked, content: bytes) -> tuple[str, str] | None:
        """What the real service refuses, as (message, parameter)."""
        codes = asked.fields.get("languages[]", [])
        if asked.fields.get("languages") or (codes and asked.fields.get("language")):
            return "languages must be a list and not stand beside language", "languages"
        if not asked.fields.get("model") or asked.fields.get("response_format", ["json"]) != ["json"]:
            return "model and response_format=json are needed", "response_format"
        if codes and (any(len(code) != 2 for code in codes) or self.shared.faults.take("openai.no_languages")):
            return f"Invalid language hint: {codes[0]}", "languages"
        if any(re.search(r"[<>\r\n]", word) for word in asked.fields.get("keywords[]", [])):
            return "keywords must be single lines without angle brackets", "keywords"
        refused_ogg = asked.file_name.endswith(".ogg") and self.shared.faults.take("openai.no_ogg")
        if refused_ogg or not content or len(content) > LARGEST or content[:4] not in (b"OggS", b"RIFF"):
            return "Audio file might be corrupted or unsupported", "file"
        return None

    def _remember(self, asked: Asked) -> None:
        self.asked = [*self.asked, asked][-KEEP:]
        self.shared.counts["openai.calls"] += 1


def comment_of(content: bytes) -> str:
    """The words in the comment of an Ogg file; "" when there are none."""
    try:
        with av.open(io.BytesIO(content)) as file:
            notes = {**file.metadata, **file.streams.audio[0].metadata}
    except (av.error.FFmpegError, IndexError):
        return ""
    return next((value for name, value in notes.items() if name.upper() == "SPOKEN"), "")


async def _form(request: web.Request) -> tuple[Asked, bytes]:
    fields: dict[str, list[str]] = {}
    content, name, kind = b"", "", ""
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        value = bytes(await part.read())
        if part.filename:
            content, name, kind = value, part.filename, part.headers.get("Content-Type", "")
        else:
            fields.setdefault(part.name or "", []).append(value.decode())
    return Asked(request.path, fields, name, kind, hashlib.sha256(content).hexdigest(), len(content)), content


def _response(body: dict[str, Any], content: dict[str, Any], *, cut: bool = False) -> dict[str, Any]:
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "incomplete" if cut else "completed", "content": [content]}
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "model": body["model"], "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None, "error": None, "output": [message],
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "metadata": {},
    }  # fmt: skip


def error(status: int, message: str, param: str | None = None, code: str | None = None) -> web.Response:
    kind = "invalid_request_error" if status < 429 else "server_error"
    return web.json_response({"error": {"message": message, "type": kind, "param": param, "code": code}}, status=status)
