"""The people of a story: they write, tap, send photos and approve prompts, all through the world's control API."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from sandbox.clips import CLIPS
from sandbox.samples import SAMPLES

PEOPLE = {
    "ama": "+233241234567", "kofi": "+233201234567", "esi": "+233551234567", "kwame": "+233261234567",
    "adwoa": "+233208000001", "yaw": "+233208000002",
}  # fmt: skip
PIN, LOOK_S = "1234", 0.03


class NotHeard(AssertionError):
    """What a story waits for did not happen."""


class Cast:
    """Everybody's phone. `sent` is what the bot said so far, in the order of the world, from the story's beginning."""

    def __init__(self, origin: str, people: Mapping[str, str] = PEOPLE) -> None:
        self.people = dict(people)
        self._names = {phone: name for name, phone in self.people.items()}
        self._http = httpx.Client(base_url=origin, timeout=70, trust_env=False)
        self.sent: list[dict[str, Any]] = []

    # -- what people do

    def say(self, who: str, text: str, *, wait: bool = False) -> dict[str, Any]:
        """A text, "[Label]" for a tap, "[photo] caption" for a photo, "[voice] words" for a voice note.

        `wait` for the product's answer to the webhook: {"status", "tries", …}.
        """
        return self._post("/sandbox/say", {"from": self.people[who], "name": who.capitalize(), "wait": wait, **self._spec(who, text)})

    def prompt(self, who: str) -> dict[str, Any] | None:
        """The payment prompt that is open on the phone."""
        return next(iter(self._get("/sandbox/prompts", msisdn=self.people[who])["prompts"]), None)

    def approve(self, who: str) -> None:
        """Enters the PIN at the open prompt, if there is one."""
        if found := self.prompt(who):
            self._post(f"/sandbox/prompts/{found['reference']}", {"pin": PIN})

    def move_clock(self, seconds: float) -> None:
        self._post("/sandbox/clock", {"move_s": seconds})

    # -- what the world knows

    def listen(self) -> list[dict[str, Any]]:
        """What the bot said since the last time, oldest first."""
        before, self.sent = len(self.sent), self._get("/sandbox/sent")["sent"]
        return self.sent[before:]

    def arrived(self) -> list[dict[str, Any]]:
        """What the bot said and the provider could hand over, when last listened to; of the rest the product was told, and said it again."""
        return [m for m in self.sent if m["status"] not in ("failed", "undelivered")]

    def who(self, message: Mapping[str, Any]) -> str:
        return self._names.get(message["phone"], message["phone"])

    def bodies(self, who: str) -> list[str]:
        """Everything the bot said to a person and that arrived, as it was shown."""
        return [shown(m) for m in self.arrived() if m["phone"] == self.people[who]]

    def failed(self) -> list[str]:
        """Messages either way that the provider could not hand over."""
        messages = [m for phone in self.people.values() for m in self._get(f"/sandbox/phone/{phone}")["messages"]]
        return [f"{m['who']} {m['error_code']}: {m['body'][:60]}" for m in messages if m["status"] in ("failed", "undelivered")]

    def truth(self) -> dict[str, Any]:
        """What the providers really did with money: {"entries": […], "totals_pesewas": {provider: {currency: pesewas, net}}, …}."""
        return self._get("/sandbox/truth")

    def paid(self) -> int:
        """How many payments the providers really took."""
        return sum(entry["kind"] == "collected" for entry in self.truth()["entries"])

    def counts(self) -> dict[str, Any]:
        return self._get("/sandbox/counts")

    def switch(self, faults: Mapping[str, Any]) -> None:
        """Switches trouble on and off: {"twilio.error_429": 3, …}."""
        self._post("/sandbox/faults", faults)

    def begin_again(self) -> None:
        """Forgets every message, payment and fault, and gives the clock back."""
        self._post("/sandbox/reset", {"clock": True})
        self.sent = []

    def close(self) -> None:
        self._http.close()

    # -- private

    def _spec(self, who: str, text: str) -> dict[str, Any]:
        if photo := re.fullmatch(r"\[photo\]\s*(.*)", text):
            sample = next((name for name in SAMPLES if name in photo[1].lower()), "ready")
            return {"image": sample, "caption": photo[1]}
        if voice := re.fullmatch(r"\[voice\]\s*(.*)", text):
            return {"voice": {"clip" if voice[1] in CLIPS else "says": voice[1]}}
        if tap := re.fullmatch(r"\[(.+)\]", text):
            return {"tap": self._label(who, tap[1])}
        return {"text": text}

    def _label(self, who: str, wanted: str) -> str:
        """The choice as the phone shows it; long ones are cut there."""
        for message in reversed([m for m in self.sent if m["phone"] == self.people[who]]):
            for choice in (*message.get("buttons", ()), *message.get("rows", ())):
                if wanted.startswith(choice["title"].rstrip("…")):
                    return str(choice["title"])
        raise NotHeard(f"nothing on {who}'s phone is called [{wanted}]")

    def _get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._read(self._http.get(path, params=query))

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._read(self._http.post(path, json=body))

    def _read(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.status_code >= 400:
            raise NotHeard(f"{answer.request.url.path}: {answer.text[:300]}")
        return dict(answer.json())


def until(found: Callable[[], Any], *, patience_s: float, what: Callable[[], str], nudge: Callable[[], None] = lambda: None) -> Any:
    """Waits for something true and returns it; calls `nudge` now and then. Raises NotHeard."""
    end = time.monotonic() + patience_s
    while not (value := found()):
        if time.monotonic() > end:
            raise NotHeard(what())
        nudge()
        time.sleep(LOOK_S)
    return value


def shown(message: Mapping[str, Any]) -> str:
    """A bubble as a transcript writes it."""
    kinds = [file["content_type"] for file in message["media"]]
    picture = "" if message["kind"] != "media" and not kinds else "[document] " if "application/pdf" in kinds else "[photo] "
    buttons = " ".join(f"[{b['title']}]" for b in message.get("buttons", ()))
    rows = (f"{n}. {r['title']}" + (f" - {r['description']}" if r["description"] else "") for n, r in enumerate(message.get("rows", ()), 1))
    return "\n".join([picture + message["body"], *rows, *([buttons] if buttons else [])])
