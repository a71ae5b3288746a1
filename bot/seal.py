"""Keeps names and numbers unreadable at rest: AES-GCM for the value, a keyed hash for looking it up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class Unreadable(Exception):
    """A sealed value whose key is missing or that was altered."""


class Seal:
    """Keys by id; the first one seals, all open. The blind index uses the last (oldest) key, so that rotation keeps look-ups."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self._current = next(iter(keys))
        self._index_key = hashlib.sha256(b"index" + list(keys.values())[-1]).digest()

    def close(self, text: str) -> str:
        name, _, secret = self.close_bytes(text.encode()).partition(b":")
        return f"{name.decode()}:{base64.b64encode(secret).decode()}"

    def open(self, sealed: str) -> str:
        name, _, encoded = sealed.partition(":")
        try:
            return self.open_bytes(name.encode() + b":" + base64.b64decode(encoded)).decode()
        except ValueError:
            raise Unreadable(name) from None

    def close_bytes(self, content: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        name = self._current.encode()
        return name + b":" + nonce + self._ciphers[self._current].encrypt(nonce, content, name)

    def open_bytes(self, sealed: bytes) -> bytes:
        name, _, raw = sealed.partition(b":")
        try:
            return self._ciphers[name.decode()].decrypt(raw[:NONCE], raw[NONCE:], name)
        except (KeyError, ValueError, InvalidTag):
            raise Unreadable(name.decode(errors="replace")) from None

    def index(self, text: str) -> str:
        """The same text gives the same index; nobody without the key can guess it."""
        return hmac.digest(self._index_key, text.encode(), "sha256").hex()


class Ring:
    """The process's seal; wiring puts it in before the first row is read."""

    _seal: Seal | None = None

    def use(self, seal: Seal) -> None:
        self._seal = seal

    @property
    def seal(self) -> Seal:
        if self._seal is None:
            raise RuntimeError("no FIELD_KEYS: bot.seal.ring.use(...) was not called")
        return self._seal


ring = Ring()


def masked(number: str) -> str:
    """"+233241234567" -> "+23324***4567", for logs."""
    return f"{number[:6]}***{number[-4:]}" if len(number) > 9 else "***"
