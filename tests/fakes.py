"""The rim of the house in tests: a channel that notes what is sent, providers that do what the story says."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from PIL import Image

from bot.channels import Undelivered
from bot.channels.twilio import Twilio
from bot.clock import Clock
from bot.messages import File, Letter, Media, Receipt, Request, Sending, Status
from bot.payments import Absent, Answer, Charge, Forged, GiveBack, Hint, Line, Needs, Paid, Pending, Refused, Submitted, Transfer, Unknown
from bot.voice import Heard, Hints, Unheard

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SID = "AC" + "0" * 32
TOKEN = "t" * 32


class StoryClock(Clock):
    """Time that stands still until the story moves it."""

    def __init__(self) -> None:
        self.time = MONDAY

    def now(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time


class Notebook(Twilio):
    """The real adapter, but letters are noted instead of posted, and photos come from memory."""

    name = "twilio"

    def __init__(self) -> None:
        config = Twilio.Config(account_sid=SID, auth_token=TOKEN, whatsapp_number="whatsapp:+14155238886")
        super().__init__(config, public_url="https://bot.example")
        self.sent: list[Letter] = []
        self.fail: Callable[[Letter], Undelivered | None] = lambda letter: None
        self.broken_media = False
        self.true_status: Status | None = None  # what the provider says when asked

    def send(self, letter: Letter) -> str:
        failure = self.fail(letter)
        if failure:
            raise failure
        self.sent.append(letter)
        return f"SM{letter.outbox_id:032x}"

    def find(self, sending: Sending) -> str | None:
        return next((f"SM{x.outbox_id:032x}" for x in self.sent if x.outbox_id == sending.letter.outbox_id), None)

    def receipt_of(self, provider_id: str) -> Receipt | None:
        return Receipt("twilio", provider_id, self.true_status) if self.true_status else None

    def fetch(self, media: Media) -> File:
        if "/voice-" in media.url:
            return File(bytes.fromhex(media.url.rpartition("/voice-")[2]), "audio/ogg")
        if self.broken_media or media.url.endswith("broken.jpg"):
            return File(b"<html>not a photo</html>", "image/jpeg")
        if media.url.endswith(".pdf"):
            return File(b"%PDF-1.7 of a few pages", "application/pdf")
        if media.url.endswith("big.jpg"):
            return File(jpeg() + bytes(10 * 2**20), "image/jpeg")
        return File(jpeg(), "image/jpeg")


def jpeg(colour: str = "#336699") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "JPEG")
    return out.getvalue()


class Listener:
    """An engine that hears what the story says was spoken; "(silence)" and the like are why it hears nothing."""

    name = "listener"
    Config = type(None)
    sure = 0.5

    def __init__(self) -> None:
        self.repeats = True
        self.fail: Callable[[], Unheard | None] = lambda: None
        self.hints: list[Hints] = []

    def listen(self, recording: bytes, hints: Hints) -> Heard:
        failure = self.fail()
        if failure:
            raise failure
        self.hints.append(hints)
        said = recording.decode()
        if said.startswith("(partly) "):
            return Heard(said.removeprefix("(partly) "), 0.9, len(said) / 15, missed=True)
        why: Any = said.strip("()") if said.startswith("(") else ""
        return Heard("" if why else said, 0.0 if why else 0.9, len(said) / 15, why)


class Wallets:
    """A provider whose customers do what the story says. Remembers every charge it accepted: its own truth."""

    networks = ("mtn", "telecel", "at")
    currency = "GHS"
    window_s = 300
    sends = True

    def __init__(self, name: str) -> None:
        self.name = name
        self.charges: dict[str, Charge] = {}
        self.answers: dict[str, Answer] = {}
        self.on_collect: list[Callable[[Charge], Submitted | None]] = []
        self.on_query: list[Answer] = []
        self.out: dict[str, Transfer | GiveBack] = {}
        self.out_answers: dict[str, Answer] = {}
        self.on_send: list[Callable[[Transfer | GiveBack], Submitted | None]] = []
        self.holders: dict[str, str | None] = {}
        self.wants_voucher = False
        self.vouchers: list[str] = []
        self.serial = 0

    def collect(self, charge: Charge) -> Submitted:
        answer = self.on_collect.pop(0)(charge) if self.on_collect else None
        if answer is None:
            self.charges.setdefault(charge.reference, charge)
            return Needs() if self.wants_voucher else Pending()
        return answer

    def voucher(self, reference: str, secret: str) -> Submitted:
        self.vouchers.append(secret)
        return Pending()

    def send(self, transfer: Transfer | GiveBack) -> Submitted:
        answer = self.on_send.pop(0)(transfer) if self.on_send else None
        if answer is None:
            self.out.setdefault(transfer.reference, transfer)
            return Pending()
        return answer

    def sent(self, reference: str) -> Answer:
        """Without a story it arrives."""
        if reference not in self.out:
            return Absent()
        if reference not in self.out_answers:
            self.arrive(reference)
        return self.out_answers[reference]

    def give_back(self, refund: GiveBack) -> Submitted:
        return self.send(refund)

    def given_back(self, refund: GiveBack) -> Answer:
        return self.sent(refund.reference)

    def arrive(self, reference: str) -> None:
        out = self.out[reference]
        self.serial += 1
        self.out_answers[reference] = Paid(reference, out.amount, out.currency, f"{self.name.upper()}{self.serial:06d}")

    def holder(self, msisdn: str, network: str) -> str | None:
        return self.holders.get(msisdn, "")

    def balance(self) -> int | None:
        return self.taken() - self.paid_out()

    def paid_out(self) -> int:
        """Pesewas that really left and did not come back."""
        return sum(a.amount for a in self.out_answers.values() if isinstance(a, Paid))

    def statement(self, day: date) -> list[Line]:
        return []

    def query(self, reference: str) -> Answer:
        if self.on_query:
            return self.on_query.pop(0)
        if reference not in self.charges:
            return Absent()
        return self.answers.get(reference, Pending())

    def hears_only(self) -> None:
        """Requests arrive, and nothing is heard of them any more."""

        def take(charge: Charge) -> Submitted:
            self.charges.setdefault(charge.reference, charge)
            return Unknown("timeout")

        self.on_collect, self.on_query = [take] * 20, [Unknown("timeout")] * 500

    def callback(self, request: Request) -> Hint:
        if request.headers.get("x-forged"):
            raise Forged
        return Hint(dict(p.split("=") for p in request.path.partition("?")[2].split("&") if "=" in p).get("ref", ""))

    def pay(self, reference: str, *, amount: int | None = None) -> None:
        charge = self.charges[reference]
        self.serial += 1
        ident = f"{self.name.upper()}{self.serial:06d}"
        self.answers[reference] = Paid(reference, charge.amount if amount is None else amount, charge.currency, ident)

    def refuse(self, reference: str, answer: Refused) -> None:
        self.answers[reference] = answer

    def taken(self) -> int:
        """Pesewas the provider really took."""
        return sum(a.amount for a in self.answers.values() if isinstance(a, Paid))

    def forget(self) -> None:
        pass
