"""How long it takes to read a message of measurements, and how much of what people say is read exactly."""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from bot.understand import measurements_in
from bot.understand.numbers import tokens

SAID = Path(__file__).resolve().parent.parent / "tests" / "understand" / "utterances"
ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz ", "0123456789 .,/½'\"-", "waist chest hip 3245 no sorry and half or to ", "ɛɔŋ аб中文あ🙂🧵 12",
    "(){}[]<>:;|\\*_~`\n\t", "kofi ama esi my for is 40 34 , : ",
)  # fmt: skip
RANDOM, LONGEST = 10_000, 300


def reading() -> dict[str, float]:
    """Milliseconds; the baseline is the least that any reader does with a message: cutting it into words and numbers."""
    texts = [json.loads(line)["text"] for file in sorted(SAID.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]
    dice = random.Random(7)
    noise = ["".join(dice.choices(dice.choice(ALPHABETS), k=dice.randrange(LONGEST))) for _ in range(RANDOM)]
    read = [_ms(measurements_in, text) for text in texts]
    base = statistics.median(_ms(tokens, text) for text in texts)
    wild = [_ms(measurements_in, text) for text in noise]
    return {
        "read_messages": len(texts), "read_median_ms": statistics.median(read), "read_ratio_to_cutting": statistics.median(read) / base,
        "read_worst_ms": max(read), "read_random_median_ms": statistics.median(wild), "read_random_worst_ms": max(wild),
    }  # fmt: skip


def _ms(read: Callable[[str], object], text: str) -> float:
    """The better of two tries: the machine has other things to do."""
    best = 1e9
    for _ in range(2):
        began = time.perf_counter()
        read(text)
        best = min(best, time.perf_counter() - began)
    return best * 1000
