"""Status callbacks: signed, usually in order, and everything that happens to them on the way."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from urllib.parse import urlencode

from sandbox.phones import Message, Phones
from sandbox.shared import Delivered, Shared
from sandbox.signing import twilio_signature
from sandbox.twilio_errors import meaning

STEPS = ("sent", "delivered", "read")
FORM = "application/x-www-form-urlencoded"


class Receipts:
    """Carries a created message to the phone and reports each step."""

    def __init__(self, shared: Shared, phones: Phones) -> None:
        self.shared, self.phones = shared, phones
        self._install = "XE" + hashlib.md5(shared.config.account_sid.encode(), usedforsecurity=False).hexdigest()

    async def carry(self, message: Message, error: int | None, *, at_once: bool = False) -> None:
        """Moves the message through its statuses; with an error code it ends as failed."""
        steps, code = self._plan(message, error)
        lost = self.shared.faults.take("twilio.receipts_lost", message.phone)
        copies = self.shared.faults.take("twilio.receipts_duplicated", message.phone) or 1
        reorder = self.shared.faults.take("twilio.receipts_reordered", message.phone)
        if reorder and len(steps) > 1:
            self.phones.move(message, steps[-1], code)
            steps = steps[::-1]
        for step in steps:
            if not at_once:
                await self.shared.pause("twilio.receipt_delay_ms")
            if not reorder:
                self.phones.move(message, step, code if step in ("failed", "undelivered") else None)
            if message.callback and not lost:
                await asyncio.gather(*(self._post(message, step, code) for _ in range(int(copies))))

    def _plan(self, message: Message, error: int | None) -> tuple[tuple[str, ...], int | None]:
        if error:
            return ("failed",), error
        take = self.shared.faults.take
        if code := take("twilio.receipt_failed", message.phone):
            return ("failed",), int(code)
        if code := take("twilio.receipt_undelivered", message.phone):
            return ("sent", "undelivered"), int(code)
        far = self.shared.faults.settings["twilio.receipts"]
        return STEPS[: STEPS.index(far) + 1] if far in STEPS else (), None

    async def _post(self, message: Message, step: str, code: int | None) -> Delivered:
        form = self._form(message, step, code)
        config, settings = self.shared.config, self.shared.faults.settings
        headers = {
            "Content-Type": FORM, "I-Twilio-Idempotency-Token": str(uuid.uuid4()), "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": twilio_signature(config.auth_token, message.callback, form.items()),
        }  # fmt: skip
        return await self.shared.deliver(
            "receipts", "POST", message.callback, data=urlencode(form).encode(), headers=headers,
            retries=settings["twilio.webhook_retries"], pause_ms=settings["twilio.webhook_retry_ms"],
        )  # fmt: skip

    def _form(self, message: Message, step: str, code: int | None) -> dict[str, str]:
        form = {
            "ChannelPrefix": "whatsapp", "ApiVersion": "2010-04-01", "MessageStatus": step, "SmsStatus": step,
            "SmsSid": message.sid, "MessageSid": message.sid, "ChannelInstallSid": self._install,
            "To": message.to, "From": message.sender, "AccountSid": self.shared.config.account_sid,
        }  # fmt: skip
        if not message.to.startswith("whatsapp:"):
            del form["ChannelPrefix"], form["ChannelInstallSid"]
        elif step in ("delivered", "read"):
            form |= {"EventType": step.upper(), "ChannelToAddress": message.to[9:-4] + "XXXX"}
        elif step in ("failed", "undelivered") and code:
            form |= {"ErrorCode": str(code), "ChannelStatusMessage": meaning(code) or "", "StructuredMessage": "false"}
        return form
