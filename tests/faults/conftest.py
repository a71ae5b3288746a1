"""A theatre for the fault tests: the real processes, a story that is played through them, and the plain run everything is compared with."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
import redis

from sandbox.books import Books
from sandbox.cast import Cast, until
from sandbox.house import House
from sandbox.story import WHOLE_LIFE, Story, read

#: What differs from run to run in what the bot says.
VARIES = (
    (re.compile(r"SW-\d{4}-[0-9A-Z]{5}"), "SW-A"), (re.compile(r"code is \*\d{4}\*"), "code is *CODE-A*"),
    (re.compile(r"Reference(:| \S+ ·) .*"), "Reference"), (re.compile(r"http\S+/media/papers/\S+"), "PAPER"),
    (re.compile(r"http\S+/o/\S+"), "PAGE"),
    (re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} [A-Z][a-z]{2}\b"), "DAY"), (re.compile(r"\(in \d+ days?\)"), "(in DAYS)"),
)  # fmt: skip
Told = dict[str, list[str]]  # by person, in the order it came
#: Said only while a photo is still on its way.
COURTESIES = ("Thank you! I am passing it on.",)
ENOUGH_S = 40.0
SETTINGS = {"TICK_S": "0.2", "SEND_LEASE_S": "2", "LOG_LEVEL": "WARNING"}


class Theatre:
    """One house for all fault tests; every test begins with the sample tailors and nothing else."""

    def __init__(self, house: House) -> None:
        self.house, self.cast, self.books = house, Cast(house.origin), Books(house.environment["DATABASE_URL"])
        self.redis = redis.Redis.from_url(house.environment["REDIS_URL"])
        self.lines = [act.line for act in read(WHOLE_LIFE)]
        self._keep_beginning()

    def play(self, meanwhile: Callable[[int], None] = lambda n: None) -> Told:
        """The whole story, then silence; what each person was told. Raises NotHeard."""
        told: list[str] = []
        try:
            Story(self.cast, self.books, tell=told.append, troubled=True, meanwhile=meanwhile).play()
            self._fall_silent()
        except AssertionError as problem:
            logs = "\n".join(self.house.last_words(name) for name in ("web", "worker"))
            raise AssertionError(f"{problem}\n" + "\n".join(told[-25:]) + "\n" + logs) from None
        return {who: [normal(body) for body in self.cast.bodies(who)] for who in ("ama", "kofi")}

    def talk(self, who: str, *texts: str) -> None:
        """Says one thing after the other, each when the one before is answered."""
        for text in texts:
            before = len(self.cast.bodies(who))
            self.cast.say(who, text)
            self.wait_for(who, before + 1)

    def wait_for(self, who: str, bubbles: int) -> None:
        def come() -> bool:
            self.cast.listen()
            return len(self.cast.bodies(who)) >= bubbles

        until(come, patience_s=ENOUGH_S, what=lambda: f"{who} was told only {self.cast.bodies(who)}")

    def spooled(self) -> int:
        """Webhooks that wait on disk."""
        file = self.house.state / "spool" / "requests"
        return len(file.read_bytes().splitlines()) if file.exists() else 0

    def is_right(self) -> None:
        """The order is completed, the books are right and say what the providers really took."""
        assert self.books.completed(), "\n".join(self.books.told())
        assert not self.books.faults()
        assert not self.books.differs(self.cast.truth())

    def begin_again(self) -> None:
        """Forgets whatever happened, in the product and in the world."""
        for name in self.house.ended():
            self.house.revive(name)
        self.house.wait_until_ready()
        self.cast.begin_again()
        self.redis.flushall()
        with psycopg2.connect(self.house.environment["DATABASE_URL"]) as connection, connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in self._tables:
                cursor.execute(f"DELETE FROM public.{table}")
                cursor.execute(f"INSERT INTO public.{table} OVERRIDING SYSTEM VALUE SELECT * FROM beginning.{table}")

    def _fall_silent(self) -> None:
        """Also the last receipt comes in, if there is one."""
        story = Story(self.cast, self.books, troubled=True)
        until(lambda: self.books.completed() and self.books.idle(), patience_s=ENOUGH_S, what=lambda: "it never ended", nudge=story.nudge())
        story.rest()
        self.cast.listen()

    def _keep_beginning(self) -> None:
        with psycopg2.connect(self.house.environment["DATABASE_URL"]) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'content')")
            self._tables = [name for (name,) in cursor.fetchall()]
            cursor.execute("CREATE SCHEMA beginning")
            for table in self._tables:
                cursor.execute(f"CREATE TABLE beginning.{table} AS SELECT * FROM public.{table}")


def must_equal(told: Told, plain: Told) -> None:
    """Everybody was told the same, in the same order; the courtesies apart.

    A photo may come later than what was said after it: the messenger fetches it from a web that has just been killed.
    """
    said = [{who: _in_order([b for b in bodies if b not in COURTESIES]) for who, bodies in run.items()} for run in (plain, told)]
    lines = [difflib.unified_diff(said[0][who], said[1][who], f"{who}, plain", f"{who}, now", lineterm="", n=1) for who in plain]
    if difference := "\n".join(line for diff in lines for line in diff):
        pytest.fail(difference, pytrace=False)


def _in_order(bodies: list[str]) -> list[str]:
    return [b for b in bodies if not b.startswith("[photo]")] + sorted(b for b in bodies if b.startswith("[photo]"))


def normal(body: str) -> str:
    for pattern, same in VARIES:
        body = pattern.sub(same, body)
    return body


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process plays all of it: one house, and no two plays beside each other."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "theatre" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("faults"))


@pytest.fixture(scope="session")
def soak() -> int:
    """How many times as many random points: `make soak`."""
    return int(os.environ.get("SOAK", "1"))


@pytest.fixture(scope="session")
def whole_theatre(state: Path) -> Iterator[Theatre]:
    house = House(state / "house", extra=SETTINGS)
    try:
        house.start()
        yield Theatre(house)
    finally:
        house.stop()


@pytest.fixture
def theatre(whole_theatre: Theatre) -> Theatre:
    whole_theatre.begin_again()
    return whole_theatre


@pytest.fixture(scope="session")
def plain(whole_theatre: Theatre) -> Told:
    """What everybody is told when nothing goes wrong."""
    whole_theatre.begin_again()
    told = whole_theatre.play()
    whole_theatre.is_right()
    return told
