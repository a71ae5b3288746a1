"""What speaks with Redis forgets gracefully: positions, bells, and an outage."""

from __future__ import annotations

import fakeredis
import pytest
import redis
from rq import SimpleWorker

from bot.queue import BELL_TTL_S, POSITION_TTL_S, QUEUES, Redis


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Redis:
    server = fakeredis.FakeServer()
    monkeypatch.setattr(redis.Redis, "from_url", lambda url, **options: fakeredis.FakeRedis(server=server))
    return Redis("redis://nowhere")


def waiting(queue: Redis, name: str) -> int:
    return int(queue.connection.llen(f"rq:queue:{name}"))  # type: ignore[arg-type]


def test_a_position_comes_back_with_its_version(queue: Redis) -> None:
    queue.put(7, 3, '[{"flow": "menu"}]', [])
    assert queue.get(7) == (3, [{"flow": "menu"}])
    assert 0 < queue.connection.ttl("position:7") <= POSITION_TTL_S
    assert queue.get(8) is None


def test_nonsense_counts_as_forgotten(queue: Redis) -> None:
    for kept in (b"", b"{", b"[]", b'{"v": 1}', b"null"):
        queue.connection.set("position:7", kept)
        assert queue.get(7) is None


def test_a_bell_wakes_once_until_it_is_answered(queue: Redis) -> None:
    for name in QUEUES:
        queue.ring(name)
        queue.ring(name)
        assert waiting(queue, name) == 1
        assert 0 < queue.connection.ttl(f"bell:{name}") <= BELL_TTL_S
        queue.answer(name)
        queue.ring(name)
        assert waiting(queue, name) == 2


def test_several_bells_at_once(queue: Redis) -> None:
    queue.put(7, 1, "[]", {"messages", "events"})
    assert [waiting(queue, name) for name in QUEUES] == [1, 1, 0, 0, 0, 0]


def test_an_outage_is_survived(queue: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise redis.ConnectionError

    for name in ("get", "pipeline", "delete", "ping"):
        monkeypatch.setattr(queue.connection, name, away)
    queue.put(7, 1, "[]", ["messages"])
    queue.answer("messages")
    assert queue.get(7) is None
    assert queue.ping() is False


def test_who_is_at_work_is_asked_of_redis(queue: Redis) -> None:
    assert not queue.ticks() and queue.workers() == [] and set(queue.lengths()) == set(QUEUES)
    queue.tick()
    queue.ring("money")
    assert queue.ticks() and queue.lengths()["money"] == 1 and queue.lengths()["events"] == 0
    worker = SimpleWorker(["money"], connection=queue.connection)
    worker.register_birth()
    assert [(seen.queue, seen.beat_at is not None) for seen in queue.workers()] == [("money", True)]
    assert (queue.latency_ms() or 0) > 0


def test_nobody_is_seen_while_redis_is_away(queue: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(queue.connection, "execute_command", away)
    monkeypatch.setattr(queue.connection, "pipeline", away)
    assert queue.lengths() == {} and queue.workers() == [] and queue.latency_ms() is None and queue.version() == "" and not queue.ticks()
