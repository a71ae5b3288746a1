"""A world of its own for the tests of the stand-ins, and a small server in the product's place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from sandbox.samples import jpeg
from sandbox.sayings import TINY_PDF

ROOT = Path(__file__).parents[2]
ACCOUNT, TOKEN, SECRET = "AC" + "ab12" * 8, "12345", "shhh"
AMA, BOT = "+233241234567", "whatsapp:+14155238886"
FILES = {"/photo.jpg": (200, jpeg("fabric"), "image/jpeg"), "/cards.pdf": (200, TINY_PDF, "application/pdf")}
PAYSTACK_KEY = "sk_test_conformance_only"
SUBSCRIPTION = {"Ocp-Apim-Subscription-Key": "sub"}


@dataclass
class Call:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Product(ThreadingHTTPServer):
    """Remembers every webhook; answers with the next planned status, else 200."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.plan: list[int] = []
        self.busy = self.most_busy = 0
        self.delay_s = 0.0
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def wait(self, wanted: Callable[[Call], Any], count: int = 1, within_s: float = 5) -> list[Call]:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            found = [c for c in self.calls if wanted(c)]
            if len(found) >= count:
                return found
            time.sleep(0.01)
        raise AssertionError(f"waited in vain; saw {[(c.method, c.path, c.body[:200]) for c in self.calls]}")


class Handler(BaseHTTPRequestHandler):
    server: Product
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {k.lower(): v for k, v in self.headers.items()}
        self.server.busy += 1
        self.server.most_busy = max(self.server.most_busy, self.server.busy)
        time.sleep(self.server.delay_s)
        self.server.busy -= 1
        self.server.calls.append(Call(self.command, self.path, headers, body, time.monotonic()))
        self._answer(self.server.plan.pop(0) if self.server.plan else 200, b"<Response/>", "text/xml")

    do_PUT = do_POST

    def do_GET(self) -> None:
        self._answer(*FILES.get(self.path, (404, b"", "text/plain")))

    do_HEAD = do_GET

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    server = Product()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def base(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    env = os.environ | {
        "PUBLIC_URL": product.url, "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_WHATSAPP_NUMBER": BOT,
        "MTN_API_USER": "user", "MTN_API_KEY": "key", "MTN_COLLECTION_KEY": "sub", "MTN_TARGET_ENVIRONMENT": "mtnghana",
        "MTN_CURRENCY": "GHS", "MTN_DISBURSEMENT_USER": "out-user", "MTN_DISBURSEMENT_API_KEY": "out-key", "MTN_DISBURSEMENT_KEY": "out-sub",
        "PAYSTACK_SECRET_KEY": PAYSTACK_KEY, "SANDBOX_SEND_DELAY_S": "0.03",
        "VODAFONE_API_KEY": "vkey", "VODAFONE_WEBHOOK_SECRET": SECRET, "SANDBOX_CALLBACK_DELAY_S": "0.02",
        "CLOCK_FILE": str(tmp_path_factory.mktemp("clock") / "offset"), "DATABASE_URL": "",
    }  # fmt: skip
    command = [sys.executable, "-m", "sandbox.world", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = process.stdout.readline().split()[4].rstrip(",")
        yield address
        process.terminate()


@pytest.fixture
def world(base: str, product: Product) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base, timeout=10) as client:
        client.post("/sandbox/reset", json={"clock": True, "content": True})
        product.calls.clear()
        product.plan.clear()
        product.delay_s, product.most_busy = 0.0, 0
        client.post("/sandbox/faults", json={"twilio.receipt_delay_ms": 5, "twilio.webhook_retry_ms": 20})
        yield client


def fault(world: httpx.Client, **changes: Any) -> None:
    world.post("/sandbox/faults", json={k.replace("__", "."): v for k, v in changes.items()}).raise_for_status()


def mtn_headers(world: httpx.Client) -> dict[str, str]:
    answer = world.post("/mtn/collection/token/", auth=("user", "key"), headers=SUBSCRIPTION)
    assert answer.status_code == 200
    return {"Authorization": "Bearer " + answer.json()["access_token"], "X-Target-Environment": "mtnghana", **SUBSCRIPTION}


def ask(world: httpx.Client, headers: dict[str, str], reference: str, callback: str = "", **changes: Any) -> httpx.Response:
    body = {"amount": "80", "currency": "GHS", "externalId": "42", "payerMessage": "Deposit", "payeeNote": "Order 7"}
    body |= {"payer": {"partyIdType": "MSISDN", "partyId": AMA[1:]}} | changes
    more = {"X-Reference-Id": reference} | ({"X-Callback-Url": callback} if callback else {})
    return world.post("/mtn/collection/v1_0/requesttopay", json=body, headers=headers | more)


def until(found: Callable[[], Any], within_s: float = 5) -> Any:
    """Waits for something true and returns it."""
    end = time.monotonic() + within_s
    while not (value := found()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return value


def truth(world: httpx.Client) -> dict[str, Any]:
    return dict(world.get("/sandbox/truth").json())


def balance(world: httpx.Client, phone: str = AMA) -> int:
    return int(world.get(f"/sandbox/wallets/{phone}").json()["balance_pesewas"])


def collected(world: httpx.Client, amount: str = "80") -> str:
    """A request to pay that was approved: its reference."""
    reference = str(uuid.uuid4())
    assert ask(world, mtn_headers(world), reference, amount=amount).status_code == 202
    until(lambda: world.get("/sandbox/prompts", params={"msisdn": AMA}).json()["prompts"])
    assert world.post(f"/sandbox/prompts/{reference}", json={"pin": "1234"}).json()["state"] == "SUCCESS"
    return reference
