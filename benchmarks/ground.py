"""The ground the measurements stand on: real servers, real processes, people who are already customers."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import text

from benchmarks.floor import TABLES
from bot.seal import Seal, ring
from bot.settings import read_keys
from bot.terminal import seed
from bot.wiring import Parts, Settings
from models.base import Database
from models.conversation import Conversation
from models.person import Address, Person
from sandbox import servers

ROOT = Path(__file__).resolve().parent.parent
SID, TOKEN = "AC" + "b" * 32, "bench-token"
PUBLIC = "http://bench"


class Ground:
    """PostgreSQL (fsync on), Redis, the stand-ins, and web and worker processes when asked for."""

    def __init__(self) -> None:
        self.state = ROOT / ".demo" / f"bench-{os.getpid()}"
        self.state.mkdir(parents=True)
        self.postgres, self.redis = servers.postgres(self.state), servers.redis(self.state)
        self.world_port = servers.free_port(8110)
        world = f"http://127.0.0.1:{self.world_port}"
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        self.env = os.environ | {
            "ENVIRONMENT": "demo", "DATABASE_URL": self.postgres.url, "REDIS_URL": self.redis.url, "PUBLIC_URL": PUBLIC,
            "SECRET_KEY": secrets.token_hex(20), "FIELD_KEYS": f"b:{key}", "SPOOL_DIR": str(self.state / "spool"), "LOG_LEVEL": "ERROR",
            "TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_WHATSAPP_NUMBER": "whatsapp:+14155238886",
            "TWILIO_API_URL": f"{world}/twilio", "TWILIO_CONTENT_URL": f"{world}/twilio", "MTN_API_URL": f"{world}/mtn",
            "MTN_API_USER": "u", "MTN_API_KEY": "k", "MTN_COLLECTION_KEY": "c", "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        self.running: list[subprocess.Popen[bytes]] = []
        ring.use(Seal(read_keys(self.env["FIELD_KEYS"])))
        self._run("-m", "alembic", "upgrade", "head")
        self.database = Database(self.postgres.url.replace("postgresql://", "postgresql+psycopg2://", 1))
        os.environ.update({k: v for k, v in self.env.items() if k.isupper()})
        self.parts = Parts(Settings())  # type: ignore[call-arg]
        seed(self.parts)
        with self.database.engine.begin() as connection:
            connection.exec_driver_sql(TABLES)

    # -- processes

    def world(self, **faults: Any) -> None:
        self._spawn("-m", "sandbox.world", "--port", str(self.world_port), PUBLIC_URL=PUBLIC, SANDBOX_DELIVER_URL=f"http://127.0.0.1:{self.web_port}")
        self._wait(f"http://127.0.0.1:{self.world_port}/sandbox/health")
        self.ask("/sandbox/faults", faults)

    def web(self, app: str, threads: int = 8) -> int:
        port = servers.free_port()
        gunicorn = ["-m", "gunicorn", app, "-w", "2", "-k", "gthread", "--threads", str(threads), "--keep-alive", "75", "-b", f"127.0.0.1:{port}"]
        self._spawn(*gunicorn, "--no-control-socket", "--log-level", "error")
        for _ in range(200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
                break
            time.sleep(0.1)
        self.web_port = port
        return port

    def worker(self) -> None:
        self._spawn("worker.py")
        time.sleep(2.5)

    def rest(self) -> None:
        """Ends the processes; the servers and what they hold stay."""
        for process in reversed(self.running):
            process.send_signal(signal.SIGTERM)
        for process in self.running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
        self.running.clear()
        with self.database.begin() as db:
            db.execute(text("UPDATE outbox SET state = 'dead' WHERE state = 'waiting'"))  # nobody carried them; they are not the next run's load

    def stop(self) -> None:
        self.rest()
        self.database.engine.dispose()
        self.parts.database.engine.dispose()
        self.redis.stop()
        self.postgres.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    def ask(self, path: str, body: Any = None) -> Any:
        """The stand-ins' control interface."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.world_port}{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    # -- people

    def people(self, count: int, area: str) -> list[str]:
        """Phones of customers who have agreed already."""
        phones = [f"+23324{area}{n:05d}" for n in range(count)]
        now = self.parts.clock.now()
        with self.database.begin() as db:
            for phone in phones:
                person = Person(name="Bench", consented_at=now, created_at=now)
                db.add(person)
                db.flush()
                db.add(Conversation(person_id=person.id, version=0, stack=[], misses=0))
                Address.add(db, person.id, "twilio", phone)
        return phones

    def _run(self, *args: str) -> None:
        subprocess.run([sys.executable, *args], cwd=ROOT, env=self.env, check=True, capture_output=True)

    def _spawn(self, *args: str, **more: str) -> None:
        log = (self.state / "log").open("ab")
        self.running.append(subprocess.Popen([sys.executable, *args], cwd=ROOT, env=self.env | more, stdout=log, stderr=log))

    def _wait(self, url: str) -> None:
        for _ in range(200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url, timeout=1).close()
                return
            time.sleep(0.1)
        raise TimeoutError(url)


def message(sid: str, phone: str, text: str) -> tuple[bytes, str]:
    """An inbound text as Twilio sends it."""
    fields = {
        "SmsMessageSid": sid, "NumMedia": "0", "ProfileName": "Ama", "MessageType": "text", "SmsSid": sid, "WaId": phone[1:],
        "SmsStatus": "received", "Body": text, "To": "whatsapp:+14155238886", "NumSegments": "1", "ReferralNumMedia": "0", "MessageSid": sid,
        "AccountSid": SID, "From": f"whatsapp:{phone}", "ApiVersion": "2010-04-01",
    }  # fmt: skip
    return urlencode(fields).encode(), sign("/webhooks/twilio", fields)


def receipt(sid: str, phone: str, status: str, outbox: int) -> tuple[str, bytes, str]:
    path = f"/webhooks/twilio/status?outbox={outbox}"
    fields = {
        "ChannelPrefix": "whatsapp", "ApiVersion": "2010-04-01", "MessageStatus": status, "SmsSid": sid, "SmsStatus": status, "MessageSid": sid,
        "ChannelInstallSid": "XE" + "0" * 32, "To": f"whatsapp:{phone}", "From": "whatsapp:+14155238886", "AccountSid": SID,
        "ChannelToAddress": phone,
    }  # fmt: skip
    return path, urlencode(fields).encode(), sign(path, fields)


def sign(path: str, fields: dict[str, str]) -> str:
    signed = PUBLIC + path + "".join(k + fields[k] for k in sorted(fields))
    return base64.b64encode(hmac.digest(TOKEN.encode(), signed.encode(), "sha1")).decode()

