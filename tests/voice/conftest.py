"""A world with the stand-in for OpenAI, and notes that are made once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.voice.openai import OpenAI, OpenAIConfig
from sandbox import speak

ROOT = Path(__file__).parents[2]
WAIST = "My waist is thirty two and a half inches."


class World:
    """The stand-in, asked and told."""

    def __init__(self, base: str) -> None:
        self.client = httpx.Client(base_url=base, timeout=10)
        self.url = f"{base}/openai/v1"

    def tell(self, **told: Any) -> None:
        self.client.post("/sandbox/openai", json=told).raise_for_status()

    def fault(self, **faults: Any) -> None:
        self.client.post("/sandbox/faults", json={f"openai.{name}": value for name, value in faults.items()}).raise_for_status()

    def asked(self) -> list[dict[str, Any]]:
        return self.client.get("/sandbox/openai").json()["asked"]

    def engine(self, **changes: Any) -> OpenAI:
        return OpenAI(OpenAIConfig(**{"api_key": "sk-test", "base_url": self.url} | changes))


@pytest.fixture(scope="session")
def base() -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox.world", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"DATABASE_URL": ""}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().split()[4].rstrip(",")
        process.terminate()


@pytest.fixture
def world(base: str) -> World:
    world = World(base)
    world.client.post("/sandbox/reset", json={}).raise_for_status()
    world.tell()
    return world


@pytest.fixture(scope="session")
def waist() -> bytes:
    return speak.note(WAIST, "us")
