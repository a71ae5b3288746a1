"""Everything that can go wrong outside, as named switches that count how often they fired."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

#: Values that hold until changed: name -> (default, what it means).
SETTINGS: dict[str, tuple[Any, str]] = {
    "window": (False, "Refuse free text outside the 24-hour window (63016)"),
    "strict_network": (False, "A wallet exists only at the network its number belongs to"),
    "twilio.latency_ms": (0, "Every Twilio API call takes this long"),
    "twilio.receipts": ("read", "How far receipts go: none, sent, delivered or read"),
    "twilio.receipt_delay_ms": (40, "Before the first receipt, and between receipts"),
    "twilio.webhook_retries": (20, "How often a webhook that met no answer or a 5xx is tried again"),
    "twilio.webhook_retry_ms": (500, "Longest pause between such tries"),
    "twilio.media_404_times": (0, "Each inbound file answers 404 this many times first"),
    "twilio.external_user_id": (True, "Inbound messages carry ExternalUserId"),
    "mtn.latency_ms": (0, "Every MTN API call takes this long"),
    "mtn.token_s": (3600, "How long an MTN token lives, in seconds"),
    "mtn.callback_method": ("PUT", "PUT or POST"),
    "mtn.callback_retries": (3, "How often a callback that met no answer or a 5xx is tried again"),
    "mtn.reversed_status": ("SUCCESSFUL", "What a transfer that came back is called afterwards: MTN documents no word for it"),
    "vodafone.latency_ms": (0, "Every Vodafone API call takes this long"),
    "vodafone.callback_retries": (3, "How often a callback that met no answer or a 5xx is tried again"),
    "paystack.latency_ms": (0, "Every Paystack API call takes this long"),
    "paystack.callback_retries": (3, "How often a webhook that met no answer or a 5xx is tried again"),
    "paystack.vouchers": (True, "Telecel wallets (020, 050) are asked for a voucher from *110# first"),
    "openai.latency_ms": (0, "Every OpenAI API call takes this long"),
}

#: Faults and scripts: name -> (value used when none is given, what happens).
TWILIO: dict[str, tuple[Any, str]] = {
    "error_429": (True, "429, code 20429, nothing created"),
    "error_500": (True, "500, code 20500, nothing created"),
    "error_500_created": (True, "500, code 20500, although the message was created"),
    "reject": (21610, "400 with this code, nothing created"),
    "timeout": (30.0, "Nothing created; the connection stays open this many seconds without an answer"),
    "create_then_timeout": (30.0, "Created and delivered; the connection stays open this many seconds without an answer"),
    "create_then_close": (True, "Created and delivered; the connection is closed without an answer"),
    "duplicate_webhook": (3, "The inbound webhook is sent this many times in parallel"),
    "inbound_shuffle": (400, "Each inbound webhook waits a random time up to this many ms: persons overtake each other"),
    "receipts_reordered": (True, "read arrives before delivered before sent"),
    "receipts_duplicated": (2, "Every receipt is sent this many times in parallel"),
    "receipts_lost": (True, "No receipt is sent"),
    "receipt_before_answer": (True, "Receipts are sent before the API answers"),
    "receipt_failed": (63024, "The message ends as failed with this code"),
    "receipt_undelivered": (63024, "The message ends as undelivered with this code"),
}
PAYMENT: dict[str, tuple[Any, str]] = {
    "auto_approve": (0.0, "The person approves at once (after this many seconds)"),
    "auto_decline": (0.0, "The person declines at once (after this many seconds)"),
    "fail": ("no_funds", "Fails at once: no_funds, declined, expired, not_registered, limit, down or a raw code"),
    "pending_forever": (True, "Never becomes final"),
    "late_success": (1200.0, "Stays pending, then succeeds after this many seconds, window or not"),
    "callback_lost": (True, "No callback is sent"),
    "callback_late": (5.0, "The callback comes this many seconds later"),
    "callback_repeated": (3, "The callback is sent this many times"),
    "callback_forged": (True, "At acceptance somebody else sends a callback that claims success"),
    "callback_before_answer": (True, "The person is faster than the API: the callback arrives before the 202"),
    "wrong_amount": (-100, "This many pesewas more (or less) than asked are taken"),
    "wrong_currency": ("EUR", "Another currency is taken and reported"),
    "timeout_created": (30.0, "Created; the connection stays open this many seconds without an answer"),
    "timeout_not_created": (30.0, "Nothing created; the connection stays open this many seconds without an answer"),
    "error_500_created": (True, "500 although the request was created"),
    "error_500_not_created": (True, "500, nothing created"),
    "error_503": (True, "503, nothing created"),
    "error_401": (True, "401, nothing created"),
    "error_403": (True, "403, nothing created"),
    "error_429": (True, "429, nothing created"),
    "status_404": (True, "Asking for the status answers 404 although it exists"),
    "status_500": (True, "Asking for the status answers 500"),
    "status_timeout": (30.0, "Asking for the status gets no answer for this many seconds"),
    "type_mix": (True, "Numbers where strings are documented"),
    "reason_object": (True, "The reason is an object {code, message}"),
    "unknown_status": ("SOMETHING_NEW", "The status is this word while pending"),
}
#: Money that goes out: "mtn.transfer_fail", "paystack.refund_callback_lost" … Without one of these it arrives after a moment.
OUT: dict[str, tuple[Any, str]] = {
    "fail": ("not_registered", "Fails: not_registered, limit, no_float, down or a raw code"),
    "float_empty": (True, "Too little money lies with the provider"),
    "reversed_after": (172_800.0, "This many seconds after it arrived the money comes back"),
    **{name: entry for name, entry in PAYMENT.items() if not name.startswith(("auto_", "wrong_", "fail"))},
}
#: Only at Paystack, which knows no reasons as objects.
TRANSFER_OTP = {"otp": (True, "Stops at otp, as where the dashboard still asks for one")}
ATTENTION = {"needs_attention": (True, "Stops at needs-attention until somebody names an account")}
PLAIN_PAYMENT, PLAIN_OUT = ({name: entry for name, entry in table.items() if name != "reason_object"} for table in (PAYMENT, OUT))
STATEMENT: dict[str, tuple[Any, str]] = {
    "missing": (True, "A line is left out"),
    "doubled": (True, "A line stands there twice"),
    "altered": (100, "A line shows this many pesewas more (or less) than were moved"),
    "fee": (100, "The provider really takes a fee of this many pesewas, which only its statement shows"),
}
OPENAI: dict[str, tuple[Any, str]] = {
    "error_400": (True, "400, whatever was sent"),
    "error_401": (True, "401, as for a wrong key"),
    "error_403": (True, "403, as for a country that is not served"),
    "error_429": (True, "429, too many requests"),
    "quota": (True, "429, insufficient_quota"),
    "error_500": (True, "500"),
    "error_503": (True, "503"),
    "timeout": (30.0, "The connection stays open this many seconds without an answer"),
    "no_ogg": (True, "400 for a file that is called .ogg"),
    "no_languages": (True, "400 when language hints are sent"),
    "hears": ("Thank you for watching!", "The transcript is this, whatever was said"),
    "refusal": (True, "The reader refuses to answer"),
    "truncated": (True, "The reader's answer is cut in the middle"),
}
#: How the names begin -> what follows. `match` looks at phone numbers; for statements at "provider reference msisdn".
GROUPS = {
    "twilio.": TWILIO, "mtn.": PAYMENT, "mtn.transfer_": OUT, "mtn.refund_": OUT, "vodafone.": PAYMENT, "paystack.": PLAIN_PAYMENT,
    "paystack.transfer_": PLAIN_OUT | TRANSFER_OTP, "paystack.refund_": PLAIN_OUT | ATTENTION, "statement.": STATEMENT, "openai.": OPENAI,
}  # fmt: skip
FAULTS: dict[str, tuple[Any, str]] = {prefix + name: entry for prefix, t in GROUPS.items() for name, entry in t.items()}


@dataclass(slots=True)
class Switch:
    """A fault that is on: for `left` more calls (None: until switched off), for a share of calls, for some numbers."""

    left: int | None
    value: Any
    rate: float = 1.0
    match: str = ""


class Faults:
    """The switchboard. Values: true, false, a number of calls, or {times, value, rate, match}."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.reset()

    def reset(self) -> None:
        self.settings = {name: default for name, (default, _) in SETTINGS.items()}
        self.active: dict[str, Switch] = {}
        self.fired: Counter[str] = Counter()
        self.dice = random.Random(self.seed)

    def take(self, name: str, who: str = "") -> Any | None:
        """The fault's value when it strikes this call, else None."""
        switch = self.active.get(name)
        if switch is None or (switch.match and switch.match not in who):
            return None
        if switch.rate < 1 and self.dice.random() >= switch.rate:
            return None
        if switch.left is not None:
            switch.left -= 1
            if switch.left <= 0:
                del self.active[name]
        self.fired[name] += 1
        return switch.value

    def change(self, wanted: dict[str, Any]) -> None:
        """Applies {name: value}. Raises ValueError naming the first thing that is not understood; then nothing changed."""
        settings = {name: _like(name, value) for name, value in wanted.items() if name in SETTINGS}
        switches = {name: _switch(name, value) for name, value in wanted.items() if name not in SETTINGS}
        self.settings.update(settings)
        for name, switch in switches.items():
            self.active.pop(name, None)
            if switch:
                self.active[name] = switch

    def shown(self) -> dict[str, Any]:
        return {
            "settings": {n: {"value": self.settings[n], "default": d, "about": about} for n, (d, about) in SETTINGS.items()},
            "faults": {n: self._row(n, default, about) for n, (default, about) in FAULTS.items()},
        }

    def _row(self, name: str, default: Any, about: str) -> dict[str, Any]:
        switch = self.active.get(name)
        row = {"on": switch is not None, "fired": self.fired[name], "default": default, "about": about}
        if switch:
            row |= {"left": switch.left, "value": switch.value, "rate": switch.rate, "match": switch.match}
        return row


def _like(name: str, value: Any) -> Any:
    default = SETTINGS[name][0]
    number = (int, float)
    fits = isinstance(value, bool) == isinstance(default, bool)
    fits &= isinstance(value, number) if isinstance(default, number) else isinstance(value, type(default))
    if not fits:
        raise ValueError(f"{name} must look like {default!r}")
    return value


def _switch(name: str, value: Any) -> Switch | None:
    if name not in FAULTS:
        raise ValueError(f"unknown fault {name}")
    default = FAULTS[name][0]
    if value is None or value is False or value == 0:
        return None
    if value is True:
        return Switch(None, default)
    if isinstance(value, int) and value > 0:
        return Switch(value, default)
    if isinstance(value, dict) and not set(value) - {"times", "value", "rate", "match"}:
        times = value.get("times")
        if (times is None or isinstance(times, int)) and isinstance(value.get("rate", 1.0), (int, float)):
            given = value.get("value")
            return Switch(times, default if given is None else given, float(value.get("rate", 1.0)), str(value.get("match", "")))
    raise ValueError(f"{name}: true, false, a number of calls, or an object of times, value, rate, match")
