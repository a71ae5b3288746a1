"""Tries the mistakes and says which no test has seen: `python -m tests.mutants --help`."""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants import walks as walked
from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.generated import FILES, Mutant, mutants
from tests.mutants.laboratory import ROOT, Laboratory, Verdict
from tests.mutants.named import named

POOL = ("tests/rules", "tests/models", "tests/money")  # the tests that are shown the mistakes
ENOUGH = 90  # per cent: of all, and of each of these by itself
STRICT = ("escrow.py", "ledger.py", "refund.py")
BASE_S, SLOWER = 40.0, 4  # seconds a trial may take, and how much longer than without a mistake


def main() -> int:
    asked = _asked()
    os.nice(10)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with Laboratory(asked.at_once) as lab, ThreadPoolExecutor(asked.at_once) as pool:
        try:
            return _report(_tried(lab, pool, asked))
        except BaseException:  # whoever is tired of waiting
            pool.shutdown(wait=False, cancel_futures=True)
            lab.stop()
            raise


def _tried(lab: Laboratory, pool: ThreadPoolExecutor, asked: argparse.Namespace) -> list[tuple[Mutant, Verdict]]:
    walks, chosen = _walks(lab, pool, asked.walks), _chosen(asked)
    print(f"{len(chosen)} mistakes, {len(walks)} tests", flush=True)
    log = asked.log.open("w", encoding="utf-8") if asked.log else None
    found: list[tuple[Mutant, Verdict]] = []
    for mutant, verdict in pool.map(lambda mutant: (mutant, _try(lab, walks, mutant)), chosen):
        found.append((mutant, verdict))
        if log:
            print("killed  " if verdict.is_killed else "SURVIVED", mutant.file, "|", mutant.name, "|", verdict.by, file=log, flush=True)
        if not verdict.is_killed:
            print(f"SURVIVED {mutant.file} {mutant.name}", flush=True)
    return found


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--all", action="store_true", help="every generated mistake, not a sample")
    parser.add_argument("--each", type=int, default=12, help="generated mistakes of each file (12)")
    parser.add_argument("--seed", type=int, default=1, help="another sample (1)")
    parser.add_argument("--only", default="", help="those whose file and name fit this expression")
    parser.add_argument("--at-once", type=int, default=2, help="trials at once (2)")
    parser.add_argument("--walks", type=Path, help="a file that keeps which test walks which line; written when it is not there")
    parser.add_argument("--log", type=Path, help="a file for one line of each trial, with the test that saw the mistake")
    return parser.parse_args()


def _chosen(asked: argparse.Namespace) -> list[Mutant]:
    chance = random.Random(asked.seed)
    made = named(ROOT)
    for file in FILES:
        able = [m for m in mutants(ROOT, file) if (m.file, m.name) not in EQUIVALENT]
        made += able if asked.all or len(able) <= asked.each else sorted(chance.sample(able, asked.each), key=able.index)
    return [m for m in made if re.search(asked.only, f"{m.file} {m.name}")]


def _try(lab: Laboratory, walks: walked.Walks, mutant: Mutant) -> Verdict:
    verdict = Verdict(False, "", "no test comes here")
    for tests in walked.chosen(walks, mutant):
        verdict = lab.show(mutant, tests, BASE_S + SLOWER * walked.seconds_of(walks, tests))
        if verdict.is_killed:
            break
    return verdict


def _walks(lab: Laboratory, pool: ThreadPoolExecutor, kept: Path | None) -> walked.Walks:
    """Every test over the right code. Exits when one fails: then nothing can be learned from failures."""
    if kept and kept.exists():
        return walked.read(kept)
    files = sorted(str(p.relative_to(ROOT)) for place in POOL for p in (ROOT / place).rglob("test_*.py"))
    parts = [files[n :: 2] for n in range(2)]
    walks: walked.Walks = {}
    for failed, said, part in pool.map(lambda tests: _watched(lab, tests), parts):
        if failed:
            sys.exit(f"the tests fail without any mistake of ours:\n{said[-3000:]}")
        walks |= part
    if kept:
        walked.write(walks, kept)
    return walks


def _watched(lab: Laboratory, tests: list[str]) -> tuple[bool, str, walked.Walks]:
    with tempfile.TemporaryDirectory() as folder:
        noted = Path(folder) / "walks"
        code, said = lab.watch(tests, walked.Watcher(lab.right, noted), 3600)
        return code != 0, said, walked.read(noted) if noted.exists() else {}


def _report(found: list[tuple[Mutant, Verdict]]) -> int:
    rows: dict[str, list[bool]] = defaultdict(list)
    for mutant, verdict in found:
        rows[mutant.file].append(verdict.is_killed)
    print(f"\n{'file':42}{'killed':>8}{'of':>6}{'%':>7}")
    for file, killed in sorted(rows.items()):
        print(f"{file:42}{sum(killed):8}{len(killed):6}{100 * sum(killed) / len(killed):7.1f}")
    strict = [v.is_killed for m, v in found if Path(m.file).name in STRICT]
    every = [v.is_killed for _, v in found]
    for name, killed in (("escrow, ledger, refund", strict), ("all", every)):
        print(f"{name:42}{sum(killed):8}{len(killed):6}{100 * sum(killed) / max(1, len(killed)):7.1f}")
    ends = sum(v.by == "time" for _, v in found)
    print(f"{ends} of them never ended; {len(EQUIVALENT)} that change nothing were left out")
    groups = [rows[file] for file in rows if Path(file).name in STRICT] + [every]
    return int(any(100 * sum(killed) < ENOUGH * len(killed) for killed in groups))


if __name__ == "__main__":
    began = time.monotonic()
    code = main()
    print(f"{time.monotonic() - began:.0f} s")
    sys.exit(code)
