"""Inbound webhooks: signed, one at a time per phone, tried again while the product restarts."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from sandbox.media import MediaStore
from sandbox.phones import Message, Phones
from sandbox.receipts import FORM
from sandbox.sayings import Saying, Unclear, read
from sandbox.shared import Delivered, Shared
from sandbox.signing import twilio_signature
from sandbox.twilio import Twilio


class Inbound:
    """People write; the product hears it."""

    def __init__(self, shared: Shared, phones: Phones, media: MediaStore, twilio: Twilio) -> None:
        self.shared, self.phones, self.media, self.twilio = shared, phones, media, twilio
        self._turns: dict[str, asyncio.Lock] = {}

    async def say(self, spec: dict[str, Any]) -> dict[str, Any]:
        """One inbound message. Raises Unclear."""
        phone = self.phones.key(str(spec.get("from") or ""))
        if len(phone) < 5:
            raise Unclear("from: a phone number")
        saying = read(spec, self.phones, phone)
        if saying.spoken:
            saying.file = ("audio/ogg", await asyncio.to_thread(saying.spoken), "")
        if spec.get("name") is not None:
            self.phones.names[phone] = str(spec["name"])
        message, form = self._compose(spec, phone, saying)
        work = self.shared.spawn(self._in_turn(message, form))
        if not spec.get("wait", True):
            return {"sid": message.sid, "status": "queued", "n": message.n}
        outcome = await asyncio.shield(work)
        return {"sid": message.sid, "status": outcome.status, "n": message.n, "tries": outcome.tries}

    def _compose(self, spec: dict[str, Any], phone: str, saying: Saying) -> tuple[Message, dict[str, str]]:
        hidden = bool(spec.get("hidden")) or not phone.startswith("+")
        user_id = phone if not phone.startswith("+") else self.phones.user_id(phone)
        sender = "whatsapp:" + (user_id if hidden else phone)
        message = self.phones.add(
            prefix="MM" if saying.file else "SM", who="person", phone=phone, sender=sender,
            to=self.shared.config.whatsapp_number, kind=saying.kind, body=saying.body, status="sent",
        )  # fmt: skip
        message.content = saying.seen
        form = self._form(message, saying, phone, hidden, user_id)
        if saying.file:
            file = self.media.add(message.sid, *saying.file)
            message.media = [{"url": f"/sandbox/media/{file.sid}", "content_type": file.content_type}]
            form |= {"MediaUrl0": self.media.url(file), "MediaContentType0": file.content_type}
        if spec.get("forwarded"):
            form["Forwarded"] = "true"
        if quoted := self.phones.by_sid.get(str(spec.get("quoted") or "")):
            form |= {"OriginalRepliedMessageSid": quoted.sid, "OriginalRepliedMessageSender": quoted.sender}
        form |= {str(k): str(v) for k, v in (spec.get("fields") or {}).items()}
        self.phones.announce(message)
        return message, form

    def _form(self, message: Message, saying: Saying, phone: str, hidden: bool, user_id: str) -> dict[str, str]:
        form = {
            "SmsMessageSid": message.sid, "NumMedia": "1" if saying.file else "0",
            "ProfileName": self.phones.names.get(phone, ""),
            "SmsSid": message.sid, "SmsStatus": "received", "Body": saying.body, "To": message.to, "NumSegments": "1",
            "ReferralNumMedia": "0", "MessageSid": message.sid, "AccountSid": self.shared.config.account_sid,
            "From": message.sender, "ApiVersion": "2010-04-01", **saying.fields,
        }  # fmt: skip
        if not hidden:
            form["WaId"] = phone.removeprefix("+")
        if hidden or self.shared.faults.settings["twilio.external_user_id"]:
            form["ExternalUserId"] = "whatsapp:" + user_id
        return form

    async def _in_turn(self, message: Message, form: dict[str, str]) -> Delivered:
        """One message of a phone at a time; the next one starts when this one is answered or given up."""
        turn = self._turns.setdefault(message.phone, asyncio.Lock())
        async with turn:
            if most := self.shared.faults.take("twilio.inbound_shuffle", message.phone):
                await asyncio.sleep(self.shared.faults.dice.uniform(0, float(most)) / 1000)
            copies = int(self.shared.faults.take("twilio.duplicate_webhook", message.phone) or 1)
            token = str(uuid.uuid4())
            outcomes = await asyncio.gather(*(self._post(form, token) for _ in range(copies)))
        outcome = min(outcomes, key=lambda o: not o.ok)
        if outcome.ok:
            self.phones.move(message, "delivered")
            self._hear_twiml(message, outcome)
        else:
            self.phones.move(message, "failed", 11200)
        return outcome

    async def _post(self, form: dict[str, str], token: str) -> Delivered:
        config, settings = self.shared.config, self.shared.faults.settings
        url = config.public_url + config.webhook_path
        headers = {
            "Content-Type": FORM, "I-Twilio-Idempotency-Token": token, "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": twilio_signature(config.auth_token, url, form.items()),
        }  # fmt: skip
        return await self.shared.deliver(
            "inbound", "POST", url, data=urlencode(form).encode(), headers=headers,
            retries=settings["twilio.webhook_retries"], pause_ms=settings["twilio.webhook_retry_ms"],
        )  # fmt: skip

    def _hear_twiml(self, message: Message, outcome: Delivered) -> None:
        if b"<Message" not in outcome.body:
            return
        if outcome.content_type not in ("text/xml", "application/xml", "text/html"):
            self.shared.counts["twiml.wrong_type_12300"] += 1
            return
        try:
            root = ElementTree.fromstring(outcome.body)
        except ElementTree.ParseError:
            self.shared.counts["twiml.broken_12100"] += 1
            return
        for node in root.iter("Message"):
            self.twilio.reply_by_twiml(message, (node.findtext("Body") or node.text or "").strip())
