"""The worker: one process per queue, and the ticker; a process that dies is started again."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time

import redis
from rq import SimpleWorker

from bot import ticker
from bot.queue import QUEUES
from bot.settings import BadSettings, stop
from bot.wiring import Parts, build, make_worker


def carry(parts: Parts, queue: str) -> None:
    _die_with_parent()
    if queue == "voice":
        os.nice(10)  # listening takes a whole core: people who write come first
    make_worker(parts)
    while True:
        try:
            SimpleWorker([queue], connection=parts.redis.connection).work(logging_level="WARNING")
            return
        except redis.RedisError:
            time.sleep(1)  # Redis is away: the rows wait


def tick(parts: Parts) -> None:
    _die_with_parent()
    ticker.run(parts)


def main() -> None:
    try:
        parts = build()
        parts.channels, parts.till  # noqa: B018  configured wrongly, it must not start
    except BadSettings as bad:
        stop(bad)
    parts.database.forget()
    rooms = {queue: (carry, (parts, queue)) for queue in QUEUES} | {"ticker": (tick, (parts,))}
    running: dict[str, multiprocessing.Process] = {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        for name, (target, args) in rooms.items():
            if name not in running or not running[name].is_alive():
                running[name] = multiprocessing.Process(target=target, args=args, name=name, daemon=True)
                running[name].start()
        time.sleep(1)


def _die_with_parent() -> None:
    """A master killed outright takes its children along, so that no second set of workers lives on."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit(0)


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    main()
