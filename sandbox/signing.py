"""The signatures the providers put on what they send."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable


def twilio_signature(token: str, url: str, params: Iterable[tuple[str, str]] = ()) -> str:
    """X-Twilio-Signature: the URL without its fragment, then each name with its distinct values, all sorted."""
    values: dict[str, set[str]] = {}
    for name, value in params:
        values.setdefault(name, set()).add(value)
    text = url.split("#")[0] + "".join(name + value for name in sorted(values) for value in sorted(values[name]))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def vodafone_signature(secret: str, timestamp: str, body: bytes) -> str:
    """X-Signature: hex HMAC-SHA256 over the timestamp, a dot, and the raw body."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def paystack_signature(key: str, body: bytes) -> str:
    """x-paystack-signature: hex HMAC-SHA512 of the raw body with the secret key."""
    return hmac.new(key.encode(), body, hashlib.sha512).hexdigest()
