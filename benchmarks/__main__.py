"""`make bench`: measures, prints the table, writes benchmarks/latest.json, fails when a bar is missed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks import aloud, desk, live, money, reading, runs, voice
from benchmarks.ground import Ground

LATEST = Path(__file__).with_name("latest.json")
BARS = {
    "ratio": (">=", 0.35), "receipt_ratio": (">=", 0.8), "call_p95_ms": ("<=", 150), "sustained_reply_p95_ms": ("<=", 400), "lost": ("<=", 0),
    "doubled": ("<=", 0), "disordered": ("<=", 0), "voice_p95_s": ("<=", 6), "text_beside_ratio": ("<=", 1.25),
    "read_median_ms": ("<=", 3), "read_random_worst_ms": ("<=", 50),
    **voice.BARS, **money.BARS, **live.BARS, **desk.BARS,
}  # fmt: skip


def main(only: set[str]) -> int:
    alone = {"voice": voice.measured, "reading": reading.reading, "money": money.money, "desk": desk.desk}  # without processes
    if only and only <= alone.keys():
        return report({name: value for which in sorted(only) for name, value in alone[which]().items()})
    found: dict[str, float] = {} if only else reading.reading() | money.money() | desk.desk()
    ground = Ground()
    try:
        if not only or "ratios" in only:
            found |= runs.ratios(ground)
        if not only or "live" in only:
            found |= live.live(ground)
        ground.rest()
        ground.web("app:create_app()", threads=16)
        ground.world(**{"twilio.latency_ms": runs.PROVIDER_MS})
        ground.worker()
        if not only or "calm" in only:
            calm = runs.paced(ground, 20, 20, "12")
            found |= {"call_p95_ms": calm["call_p95_ms"], "reply_p95_ms": calm["reply_p95_ms"]}
        if not only or "busy" in only:
            found |= {f"sustained_{k}": v for k, v in runs.paced(ground, 40, 60, "13").items()} | {"sustained_per_s": 40}
        if not only or "goal" in only:
            found |= {f"goal_{k}": v for k, v in runs.paced(ground, 80, 30, "15").items()} | {"goal_per_s": 80}
        if not only or "aloud" in only:
            found |= aloud.aloud(ground)
        if not only or "crowd" in only:
            found |= runs.crowd(ground)
    finally:
        ground.stop()
    LATEST.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return report(found)


def report(found: dict[str, float]) -> int:
    missed = 0
    for name, value in found.items():
        sign, bar = BARS.get(name, ("", 0))
        fine = not sign or (value >= bar if sign == ">=" else value <= bar)
        missed += not fine
        shown = f"{value:12.2f}" if isinstance(value, float) else f"{value:12d}"
        print(f"{name:28}{shown}" + (f"   bar {sign} {bar}  {'ok' if fine else 'MISSED'}" if sign else ""))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))
