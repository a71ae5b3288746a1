"""Addresses the house gives out: hard to guess, the same each time."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

PAPER_LIFE = timedelta(days=30)
ORDER_LIFE = timedelta(days=90)


class Links:
    def __init__(self, public_url: str, secret: str, number: str = "") -> None:
        """`number` is where people write to us, "+233…"; without one there are codes and no links."""
        self.public_url, self._secret, self.number = public_url, secret.encode(), number

    def picture(self, picture_id: int) -> str:
        """Path of a picture; the provider fetches it without logging in."""
        return f"/media/{picture_id}-{self._sign(f'picture:{picture_id}')}.jpg"

    def evidence(self, picture_id: int, content_type: str) -> str:
        """Path of a photo, or of a document somebody sent."""
        return self.picture(picture_id).removesuffix("jpg") + "pdf" if content_type == "application/pdf" else self.picture(picture_id)

    def voice(self, recording_id: int) -> str:
        """Path of a voice note, as long as it is kept."""
        return f"/media/voice/{recording_id}-{self._sign(f'voice:{recording_id}')}.ogg"

    def collage(self, offer_ids: list[int]) -> str:
        """Path of one picture made of the pictures of up to three offers."""
        ids = ".".join(map(str, offer_ids))
        return f"/media/collage/{ids}-{self._sign(f'collage:{ids}')}.jpg"

    def cards(self, order_id: int, pieces: int) -> str:
        """Path of the measurement cards of an order: a picture of one, a document of several."""
        return f"/media/cards/{order_id}-{self._sign(f'cards:{order_id}')}.{'png' if pieces == 1 else 'pdf'}"

    def document(self, document_id: int, now: datetime) -> str:
        """Path of a receipt, invoice or statement; good for PAPER_LIFE from `now`."""
        what = f"{document_id}-{int((now + PAPER_LIFE).timestamp())}"
        return f"/media/papers/{what}-{self._sign(f'paper:{what}')}.pdf"

    def order(self, order_id: int, now: datetime) -> str:
        """Path of the page on which a customer follows her order; good for ORDER_LIFE from `now`."""
        what = f"{order_id}-{int((now + ORDER_LIFE).timestamp())}"
        return f"/o/{what}-{self._sign(f'order:{what}')}"

    def chat(self, text: str) -> str:
        """What opens WhatsApp with a text already typed; "" where there is no number to write to."""
        return f"https://wa.me/{self.number.lstrip('+')}?text={text}" if self.number else ""

    def join(self, code: str) -> str:
        """What opens WhatsApp with the code of a circle already typed."""
        return f"https://wa.me/{self.number.lstrip('+')}?text=JOIN-{code}"

    def qr(self, code: str) -> str:
        """Path of the same as a picture to scan; "" where there is no number to write to."""
        return f"/media/join/{code}-{self._sign(f'join:{code}')}.jpg" if self.number else ""

    def is_right(self, kind: str, what: str, signature: str) -> bool:
        return hmac.compare_digest(self._sign(f"{kind}:{what}").encode(), signature.encode())

    def full(self, path: str) -> str:
        return self.public_url + path if path.startswith("/") else path

    def receipt(self, channel: str, outbox_id: int) -> str:
        return f"{self.public_url}/webhooks/{channel}/status?outbox={outbox_id}"

    def payment(self, provider: str, reference: str, key: str) -> str:
        return f"{self.public_url}/webhooks/payment/{provider}?ref={reference}&k={key}"

    def _sign(self, text: str) -> str:
        return hmac.digest(self._secret, text.encode(), "sha256").hex()[:24]
