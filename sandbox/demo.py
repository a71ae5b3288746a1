"""The demo: the whole product on this machine, started with one command and stopped with Ctrl-C."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections import deque
from pathlib import Path
from types import FrameType

from sandbox._process import lock
from sandbox.control import PEOPLE
from sandbox.house import ROOT, DidNotStart, House

STATE = ROOT / ".demo"
WEB_PORT, WORLD_PORT = 8000, 8010
LOOK_S = 0.5
RESTARTS, WITHIN_S = 5, 60.0  # more deaths than that, and the demo ends

WELCOME = """
Sew4Mi is running. Open the phones in a browser:

    {play}

What to try
  1. On {customer}'s phone write "hello", then "order a kente shirt", and follow the talk; pay with any PIN but 0000.
  2. {tailor} is a tailor: accept the order on his phone, send a photo "cutting", later "fitting" and "ready".
  3. Send a sample voice note from the plus button, or type there what one shall say: after "my measurements" its numbers are read back.
  4. The button in the corner of each phone is its wallet: what came and went, and on {tailor}'s the voucher of *110#.
  5. On {customer}'s phone write "family order", and let the others join from their phones with the code she gets.
  6. Move the clock and see deadlines ring; open the drawer to see the order, the ledger and what leaves the house;
     under "Faults" make WhatsApp or the mobile-money providers fail.

The desk, where the business is run: {web}/admin
  Sign in as esi (operator), yaa or kojo (finance), adjoa (support), nii (verifier) or abla (may only look).
  The password of all of them is {password}, the six digits are at {play}/desk

The product itself answers at {web} ({web}/readyz). Logs: {logs}/
Everything lives below {state}/ and is there again next time; `make demo RESET=1` starts afresh. Ctrl-C stops it.
"""


class Asked(Exception):
    """Somebody asked the demo to end."""


def main(*, reset: bool = False) -> int:
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _asked)
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    house = House(STATE, web_port=WEB_PORT, world_port=WORLD_PORT, extra=given)
    try:
        if reset:
            forget(STATE)
        print("Starting PostgreSQL, Redis, the web, the workers and the world around them …", flush=True)
        house.start()
        print(welcome(house), flush=True)
        watch(house)
    except Asked:
        print("\nStopping …", flush=True)
    except DidNotStart as problem:
        print(f"\nThe demo cannot go on: {problem}", file=sys.stderr, flush=True)
        return 1
    finally:
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, signal.SIG_IGN)
        house.stop()
    print("Stopped. `make demo` goes on from here.")
    return 0


def forget(state: Path) -> None:
    """Removes what an earlier demo left; stories that run at the same time keep theirs. Raises DidNotStart when a demo is running."""
    for name in ("postgres", "redis"):
        _nobody_uses(state / name)
    for entry in state.iterdir() if state.exists() else ():
        if entry.is_file():
            entry.unlink()
        elif not entry.name.startswith(("story-", "bench-")):
            shutil.rmtree(entry)


def welcome(house: House) -> str:
    names = {role: next(p["name"] for p in PEOPLE if p["role"] == role) for role in ("Customer", "Tailor")}
    ports = (WEB_PORT, house.web_port), (WORLD_PORT, house.world_port)
    moved = [f"Port {want} is busy: using {have}." for want, have in ports if want != have]
    text = WELCOME.format(
        play=f"{house.origin}/play", web=house.web, logs=_near(house.logs), state=_near(house.state),
        customer=names["Customer"], tailor=names["Tailor"], password=house.environment["DESK_PASSWORD"],
    )  # fmt: skip
    return "\n".join([*moved, text])


def watch(house: House) -> None:
    """Looks after the processes until somebody asks for the end. What dies is started again; DidNotStart when it dies again and again."""
    deaths: deque[float] = deque(maxlen=RESTARTS)
    while True:
        for name in house.ended():
            if len(deaths) == RESTARTS and time.monotonic() - deaths[0] < WITHIN_S:
                raise DidNotStart(f"the {name} ends again and again. {house.last_words(name)}")
            deaths.append(time.monotonic())
            print(f"The {name} has ended and is started again. {house.last_words(name)}", file=sys.stderr, flush=True)
            house.revive(name)
        time.sleep(LOOK_S)


def _nobody_uses(home: Path) -> None:
    if home.exists():
        lock(home).close()


def _near(path: Path) -> str:
    return os.path.relpath(path)


def _asked(signum: int, frame: FrameType | None) -> None:
    raise Asked
