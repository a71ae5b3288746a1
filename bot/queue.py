"""The only module that speaks with Redis and RQ: quick positions, bells for the workers, a lock for the ticker."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, Worker

log = logging.getLogger(__name__)

POSITION_TTL_S = 30 * 60
BELL_TTL_S = 5  # a bell that nobody answers may be rung again after this
#: A bell, its RQ queue and its job share a name; one queue per worker process, so that a slow provider never holds up another kind.
QUEUES = ("messages", "events", "money", "pictures", "voice", "books")
LONGEST_S = {"books": 3000}  # a statement may have many lines; less than until the run is due again
TICKER, TICKER_TTL_S = "alive:ticker", 30


@dataclass(frozen=True, slots=True)
class Seen:
    """A worker process as it last told of itself; between jobs it does so every seven minutes."""

    name: str
    queue: str
    state: str
    beat_at: datetime | None


class Redis:
    """Forgets gracefully: when Redis is away, PostgreSQL has it all and the ticker wakes the workers."""

    def __init__(self, url: str) -> None:
        self.connection = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 1))
        self._queues = {name: Queue(name, connection=self.connection) for name in QUEUES}

    # -- positions

    def get(self, person_id: int) -> tuple[int, list[Any]] | None:
        try:
            found = self.connection.get(f"position:{person_id}")
            kept = json.loads(found) if found else None
            return (kept["v"], kept["s"]) if kept else None
        except (redis.RedisError, ValueError, KeyError, TypeError):
            return None

    def put(self, person_id: int, version: int, stack: str, wake: Iterable[str]) -> None:
        bells = sorted(wake)
        try:
            pipe = self.connection.pipeline(transaction=False)
            if version:
                pipe.set(f"position:{person_id}", f'{{"v": {version}, "s": {stack}}}', ex=POSITION_TTL_S)
            for bell in bells:
                pipe.set(f"bell:{bell}", 1, nx=True, ex=BELL_TTL_S)
            rung = pipe.execute()[-len(bells) :] if bells else pipe.execute()[:0]
            for bell, new in zip(bells, rung, strict=True):
                if new:
                    self._enqueue(bell)
        except redis.RedisError as error:
            log.warning("redis is away: %s", type(error).__name__)

    # -- bells

    def ring(self, bell: str) -> None:
        """Wakes the worker of a queue unless it was woken a moment ago."""
        self.put(0, 0, "", [bell])

    def answer(self, bell: str) -> None:
        """The worker is awake: the next ring counts again."""
        try:
            self.connection.delete(f"bell:{bell}")
        except redis.RedisError as error:
            log.warning("redis is away: %s", type(error).__name__)

    def ping(self) -> bool:
        try:
            return bool(self.connection.ping())
        except redis.RedisError:
            return False

    # -- who is at work

    def tick(self) -> None:
        """The ticker has looked."""
        self.remember(TICKER, "1", TICKER_TTL_S)

    def ticks(self) -> bool:
        return self.recall([TICKER]) != [None]

    def lengths(self) -> dict[str, int]:
        """{queue: how many bells wait to be answered}; nothing when Redis is away."""
        try:
            pipe = self.connection.pipeline(transaction=False)
            for queue in self._queues.values():
                pipe.llen(queue.key)
            return dict(zip(QUEUES, pipe.execute(), strict=True))
        except redis.RedisError:
            return {}

    def workers(self) -> list[Seen]:
        """Those that have not said goodbye, by queue."""
        try:
            found = Worker.all(connection=self.connection)
        except redis.RedisError:
            return []
        seen = [Seen(w.name, ", ".join(w.queue_names()), str(w.get_state()), _utc(w.last_heartbeat)) for w in found]
        return sorted(seen, key=lambda worker: (worker.queue, worker.name))

    def latency_ms(self) -> float | None:
        """How long one question takes; None when it is not answered."""
        began = time.perf_counter()
        return (time.perf_counter() - began) * 1000 if self.ping() else None

    def version(self) -> str:
        try:
            told: dict[str, str] = self.connection.info("server")  # type: ignore[assignment]
        except redis.RedisError:
            return ""
        return f"Valkey {told['valkey_version']}" if "valkey_version" in told else f"Redis {told.get('redis_version', '')}"

    # -- what all processes know together (bot/circuit.py)

    def tally(self, key: str, at: float, within_s: int) -> int:
        try:
            pipe = self.connection.pipeline()
            pipe.zremrangebyscore(key, 0, at - within_s)
            pipe.zadd(key, {token_hex(8): at})
            pipe.zcard(key)
            pipe.expire(key, within_s)
            return int(pipe.execute()[2])
        except redis.RedisError:
            return 0

    def recall(self, keys: list[str]) -> list[str | None]:
        try:
            found: list[Any] = self.connection.mget(keys) if keys else []  # type: ignore[assignment]
            return [value.decode() if value else None for value in found]
        except redis.RedisError:
            return [None] * len(keys)

    def remember(self, key: str, value: str, ttl_s: int, *, once: bool = False) -> bool:
        try:
            return bool(self.connection.set(key, value, ex=ttl_s, nx=once))
        except redis.RedisError:
            return True

    def drop(self, *keys: str) -> None:
        try:
            self.connection.delete(*keys)
        except redis.RedisError as error:
            log.warning("redis is away: %s", type(error).__name__)

    def _enqueue(self, bell: str) -> None:
        self._queues[bell].enqueue(f"bot.jobs.carry_{bell}", job_timeout=LONGEST_S.get(bell, 120), result_ttl=0, failure_ttl=3600)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None
