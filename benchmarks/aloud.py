"""Voice notes beside written messages: how long a read-back takes, and what it costs those who write."""

from __future__ import annotations

import base64
import threading
import time
from datetime import datetime
from typing import Any

from benchmarks.ground import Ground
from benchmarks.runs import paced, percentile
from sandbox import speak

RATE, SECONDS, GAP_S, CLIP_S = 20, 60, 3.0, 10.0
WORDS = "my chest is forty inches, my waist is thirty four inches, the hip is forty two and a half inches, shoulder eighteen inches"
PATIENCE_S = 30
READ_BACK = "Please check"


def aloud(ground: Ground) -> dict[str, float]:
    """Written messages alone, then the same with a voice note of ten seconds every three; seconds until the read-back was taken by the provider."""
    alone = paced(ground, RATE, SECONDS, "16")
    clip = _clip()
    phones = ground.people(int(SECONDS / GAP_S), "18")
    sent: dict[str, float] = {}
    speaking = threading.Thread(target=_speak, args=(ground, phones, clip, sent))
    speaking.start()
    beside = paced(ground, RATE, SECONDS, "17")
    speaking.join()
    waits = _read_backs(ground, sent)
    return {
        "voice_notes": len(phones), "voice_read_back": len(waits), "voice_p50_s": percentile(waits, 50), "voice_p95_s": percentile(waits, 95),
        "text_alone_p95_ms": alone["reply_p95_ms"], "text_beside_p95_ms": beside["reply_p95_ms"],
        "text_beside_ratio": beside["reply_p95_ms"] / alone["reply_p95_ms"],
    }  # fmt: skip


def _clip() -> str:
    """Ten seconds of speech, as the play page would upload it."""
    samples = speak.say(WORDS, "us", pace=len(speak.say(WORDS, "us")) / speak.RATE / CLIP_S)
    return "data:audio/ogg;base64," + base64.b64encode(speak.as_note(samples)).decode()


def _speak(ground: Ground, phones: list[str], clip: str, sent: dict[str, float]) -> None:
    for phone in phones:
        sent[phone] = time.time()
        ground.ask("/sandbox/say", {"from": phone, "name": "Bench", "voice": clip})
        time.sleep(max(0.0, sent[phone] + GAP_S - time.time()))


def _read_backs(ground: Ground, sent: dict[str, float]) -> list[float]:
    until, found = time.monotonic() + PATIENCE_S, dict[str, float]()
    while len(found) < len(sent) and time.monotonic() < until:
        letters: list[dict[str, Any]] = ground.ask("/sandbox/sent")["sent"]
        backs = [m for m in letters if m["phone"] in sent and READ_BACK in m["body"]]
        found = {m["phone"]: datetime.fromisoformat(m["at"]).timestamp() - sent[m["phone"]] for m in backs}
        time.sleep(0.5)
    return list(found.values())
