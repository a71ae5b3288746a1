"""Redis forgets or dies, PostgreSQL goes away: people notice a pause and nothing else."""

from __future__ import annotations

import time

from tests.faults.conftest import Theatre, Told, must_equal, normal

AWAY_S = 4.0
BEFORE = ("hello", "[Yes]", "Ama Mensah", "[English]", "order a kente shirt")
MEANWHILE = ("Accra", "1", "1", "1", "blue with white stripes", "no", "1")


def test_redis_forgets_everything(theatre: Theatre, plain: Told) -> None:
    def flush(n: int) -> None:
        if n % 3 == 0:
            theatre.redis.flushall()

    must_equal(theatre.play(flush), plain)
    theatre.is_right()


def test_redis_is_killed_and_comes_back(theatre: Theatre, plain: Told) -> None:
    def kill(n: int) -> None:
        if n in (8, 30):
            theatre.house.kill("redis")
            time.sleep(1)
            theatre.house.revive("redis")

    must_equal(theatre.play(kill), plain)
    theatre.is_right()


def test_people_write_while_postgres_is_away(theatre: Theatre, plain: Told) -> None:
    """Every webhook is answered 200 at the first try and kept on disk; afterwards all are dealt with in the order they came."""
    theatre.talk("ama", *BEFORE)
    theatre.house.servers["postgres"].stop()
    back = time.monotonic() + AWAY_S
    outcomes = [theatre.cast.say("ama", text, wait=True) for text in MEANWHILE]
    assert {(o["status"], o["tries"]) for o in outcomes} == {(200, 1)}
    assert theatre.spooled() >= len(MEANWHILE)  # receipts wait there too
    time.sleep(max(0, back - time.monotonic()))
    theatre.house.revive("postgres")
    told = 1 + next(n for n, body in enumerate(plain["ama"]) if body.startswith("Whose measurements"))
    theatre.wait_for("ama", told)
    must_equal({"ama": [normal(b) for b in theatre.cast.bodies("ama")]}, {"ama": plain["ama"][:told]})
    assert theatre.spooled() == 0
