"""WhatsApp through Twilio."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict
from twilio.rest import Client

from bot.channels import ContentBook, MemoryBook, Undelivered
from bot.channels._twilio_content import Shelf, shaped, shorten
from bot.channels._twilio_media import Downloads
from bot.channels._twilio_read import ID_LIMIT, address, incoming, line
from bot.channels._twilio_rest import Refused, Wire, kept_session
from bot.channels._twilio_signature import Signature
from bot.messages import File, Incoming, Letter, Media, Outcome, Receipt, Reply, Request, Sending, Status
from bot.settings import Section

#: What Twilio's error codes mean for us, at the call and in the receipt. A code that is not here: give up.
OUTCOMES: dict[int, Outcome] = {
    # Too fast, too full, or Twilio's or our own house is out of order for a while.
    **dict.fromkeys((429, 20003, 20429, 20500, 20503, 21611, 30001, 63009, 63010, 63012, 63017, 63018, 63019, 63038), "retry"),
    21610: "opted_out",
    63016: "window_closed",
    # The stored Content or its variables do not please: the same words go as numbered text.
    **dict.fromkeys((21655, 21656, 63013, 63021, 63030, 92002, 92007), "plain_text"),
}
#: Seconds before another try makes sense, where Twilio does not say: our credentials, full queues, a pair limit, the daily limit.
WAIT_S: dict[int, float] = {20003: 60, 21611: 60, 30001: 60, 63018: 10, 63038: 3600}
#: The Content we remembered is not there (any more).
STALE = (21655, 20404)

STATUSES: dict[str, Status] = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "sending",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
BODY_LIMIT, TEMPLATE_LIMIT = 1600, 900
FIND_LIMIT, FIND_SLACK = 200, timedelta(seconds=5)
MEDIA_HOSTS = ("mms.twiliocdn.com", "media.twiliocdn.com", "s3-external-1.amazonaws.com", "*.twilio.com")


class TwilioConfig(Section):
    """TWILIO_… An API key and secret are better for sending; webhooks are signed with the auth token in any case."""

    model_config = SettingsConfigDict(env_prefix="TWILIO_")

    account_sid: str = Field(min_length=1)
    auth_token: str = Field(min_length=1, repr=False)
    auth_token_before: str = Field(default="", repr=False, description="the old token while it is being replaced")
    api_key: str = ""
    api_secret: str = Field(default="", repr=False)
    whatsapp_number: str
    messaging_service_sid: str = ""
    window_template_sid: str = Field(default="", description="approved template with the text as {{1}}, for a closed window")
    api_url: str = "https://api.twilio.com"
    content_url: str = "https://content.twilio.com"
    media_hosts: Annotated[tuple[str, ...], NoDecode] = Field(default=MEDIA_HOSTS, description="comma separated")
    media_cap_bytes: int = Field(default=16 * 2**20, gt=0)

    @field_validator("media_hosts", mode="before")
    @classmethod
    def _are_hosts(cls, value: Any) -> Any:
        return tuple(h.strip().lower() for h in value.split(",") if h.strip()) if isinstance(value, str) else value

    @field_validator("whatsapp_number")
    @classmethod
    def _is_a_number(cls, value: str) -> str:
        if not address(value).startswith("+"):
            raise ValueError("must look like whatsapp:+233241234567")
        return "whatsapp:" + address(value)

    @field_validator("api_url", "content_url")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
            raise ValueError("must be an http(s) URL")
        return value.rstrip("/")


class Twilio:
    """Sends over kept connections from any number of threads."""

    name = "twilio"
    Config = TwilioConfig

    def __init__(
        self,
        config: TwilioConfig,
        *,
        public_url: str,
        book: ContentBook | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.config, self._sleep = config, sleep
        self._signature = Signature((config.auth_token, config.auth_token_before), public_url)
        self._shelf = Shelf(config.account_sid, book or MemoryBook(), self._create)
        self._lock = threading.Lock()
        self._line: tuple[int, Client] | None = None

    @property
    def number(self) -> str:
        """Where people write to us."""
        return self.config.whatsapp_number.removeprefix("whatsapp:")

    def genuine(self, request: Request) -> bool:
        return self._signature.fits(request)

    def read(self, request: Request) -> Incoming | None:
        return incoming(self.name, dict(reversed(request.form)))

    def read_receipt(self, request: Request) -> Receipt | None:
        form = dict(reversed(request.form))
        provider_id = line(form.get("MessageSid") or form.get("SmsSid", ""), ID_LIMIT)
        status = STATUSES.get(form.get("MessageStatus", "").strip().lower())
        if not provider_id or not status:
            return None
        error = line(form.get("ErrorCode", ""), 16)
        return Receipt(self.name, provider_id, status, _outbox_id(request.path), error, _outcome_of(status, error))

    def send(self, letter: Letter) -> str:
        if not letter.window_open:
            return self._send_template(letter)
        shape = shaped(letter.reply)
        sid = self._shelf.sid_of(shape) if shape else None
        if not shape or not sid:
            return self._send_plain(letter)
        try:
            return self._post(letter, content_sid=sid, content_variables=json.dumps(shape.variables))
        except Refused as refusal:
            if refusal.code in STALE:
                self._shelf.drop(shape)
            elif refusal.outcome != "plain_text":
                raise
        return self._send_plain(letter)

    def find(self, sending: Sending) -> str | None:
        """Asks without DateSent on purpose: a message that still waits in Twilio's queue has none."""
        said = {_flat(text) for text in _as_sent(sending.letter.reply)}
        try:
            for message in self._client().messages.stream(to=_to(sending.letter), limit=FIND_LIMIT, page_size=50):
                if message.date_created < sending.since - FIND_SLACK:
                    return None
                ours = str(message.direction).startswith("outbound") and _flat(message.body or "") in said
                if ours and message.sid not in sending.known:
                    return str(message.sid)
        except Undelivered as error:
            raise Undelivered(error.why, outcome="retry", wait_s=error.wait_s) from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Undelivered(f"unreadable list: {type(error).__name__}") from None
        return None

    def receipt_of(self, provider_id: str) -> Receipt | None:
        try:
            message = self._client().messages(provider_id).fetch()
            status, error = STATUSES.get(str(message.status)), str(message.error_code or "")
        except (Undelivered, ValueError, TypeError, KeyError, AttributeError):
            return None
        return Receipt(self.name, provider_id, status, None, error, _outcome_of(status, error)) if status else None

    def fetch(self, media: Media) -> File:
        wire = self._client().http_client
        auth, hosts, cap = self._auth, self.config.media_hosts, self.config.media_cap_bytes
        return Downloads(wire.session, self.config.api_url, auth, hosts, cap, self._sleep).fetch(media)

    def forget(self) -> None:
        with self._lock:
            line, self._line = self._line, None
        if line and line[0] == os.getpid():
            line[1].http_client.session.close()

    # How a letter becomes a call.

    def _send_plain(self, letter: Letter) -> str:
        reply = letter.reply
        body = _clipped(reply.numbered())
        return self._post_or_give_up(letter, body=body or None, media_url=[reply.picture] if reply.picture else None)

    def _send_template(self, letter: Letter) -> str:
        if not self.config.window_template_sid:
            raise Undelivered("the window is closed and there is no template", outcome="window_closed")
        variables = json.dumps({"1": _template_text(letter.reply)})
        return self._post_or_give_up(letter, content_sid=self.config.window_template_sid, content_variables=variables)

    def _post_or_give_up(self, letter: Letter, **message: Any) -> str:
        """For what cannot be said more plainly."""
        try:
            return self._post(letter, **message)
        except Undelivered as error:
            if error.outcome == "plain_text":
                raise Undelivered(error.why, outcome="give_up") from None
            raise

    def _post(self, letter: Letter, **message: Any) -> str:
        if self.config.messaging_service_sid:
            message["messaging_service_sid"] = self.config.messaging_service_sid
        callback = letter.receipt_url or None
        create = self._client().messages.create
        try:
            sid = create(to=_to(letter), from_=self.config.whatsapp_number, status_callback=callback, **message).sid
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Undelivered(f"unreadable answer: {type(error).__name__}", unknown=True) from None
        if not isinstance(sid, str) or not sid:
            raise Undelivered("the answer names no message", unknown=True)
        return sid

    def _create(self, content: dict[str, Any]) -> str:
        url, headers = f"{self.config.content_url}/v1/Content", {"Content-Type": "application/json"}
        answer = self._client().request("POST", url, data=content, headers=headers)
        try:
            return str(json.loads(answer.text)["sid"])
        except (ValueError, KeyError, TypeError):
            raise Undelivered("the Content answer names no sid") from None

    @property
    def _auth(self) -> tuple[str, str]:
        key = self.config.api_key, self.config.api_secret
        return key if all(key) else (self.config.account_sid, self.config.auth_token)

    def _client(self) -> Client:
        """One client per process: a forked child must not share its parent's connections."""
        line = self._line
        if line and line[0] == os.getpid():
            return line[1]
        with self._lock:
            if not self._line or self._line[0] != os.getpid():
                client = Client(*self._auth, account_sid=self.config.account_sid, http_client=Wire(kept_session(), _judge))
                client.api.base_url = self.config.api_url
                self._line = os.getpid(), client
            return self._line[1]


def _judge(status: int, code: int) -> tuple[Outcome, float | None]:
    otherwise: Outcome = "retry" if status in (408, 425, 429) or status < 400 else "give_up"
    return OUTCOMES.get(code, otherwise), WAIT_S.get(code)


def _outcome_of(status: Status, error: str) -> Outcome:
    if status != "failed":
        return "ok"
    return OUTCOMES.get(int(error), "give_up") if error.isascii() and error.isdigit() else "give_up"


def _outbox_id(path: str) -> int | None:
    try:
        text = parse_qs(urlsplit(path).query)["outbox"][0]
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    except (ValueError, KeyError):
        return None


def _to(letter: Letter) -> str:
    return "whatsapp:" + letter.to


def _clipped(text: str) -> str:
    return text if len(text) <= BODY_LIMIT else text[: BODY_LIMIT - 1] + "…"


def _template_text(reply: Reply) -> str:
    """An approved template takes no line breaks and no empty value."""
    return shorten(reply.numbered(), TEMPLATE_LIMIT) or "-"


def _as_sent(reply: Reply) -> tuple[str, ...]:
    return reply.text, _clipped(reply.numbered()), _template_text(reply)


def _flat(text: str) -> str:
    return " ".join(text.split())
