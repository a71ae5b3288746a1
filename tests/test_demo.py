"""What somebody meets who starts the product for the first time: clear words when a setting is wrong, and a demo that is looked after."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import bot.channels
import bot.payments
import bot.voice
from bot.plugins import classes_in
from bot.settings import BadSettings, Settings, load
from bot.wiring import Parts
from sandbox import demo, papers
from sandbox.house import DidNotStart, House
from tests.conftest import KEY, ROOT
from tests.stage import Stage

WHOLE = {
    "ENVIRONMENT": "production", "DATABASE_URL": "postgresql://x/y", "REDIS_URL": "redis://x", "PUBLIC_URL": "https://bot.example",
    "SECRET_KEY": "s" * 40, "FIELD_KEYS": f"k1:{KEY}", "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "hush-hush",
    "TWILIO_WHATSAPP_NUMBER": "whatsapp:+233241234567", "MTN_COLLECTION_KEY": "c", "MTN_API_USER": "u", "MTN_API_KEY": "hush-hush",
}  # fmt: skip


def start(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """`flask ledger` in an environment that holds only these settings."""
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "flask", "--app", "app", "ledger"]
    return subprocess.run(command, env=clean | settings, cwd=ROOT, capture_output=True, text=True, check=False)


def test_everything_missing_is_named_at_once(tmp_path: Path) -> None:
    done = start(tmp_path)
    assert done.returncode == 2
    assert "Sew4Mi cannot start" in done.stderr
    assert ".env.example" in done.stderr
    assert "Traceback" not in done.stderr
    for name in ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEY", "FIELD_KEYS"):
        assert f"{name}: is missing" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("DATABASE_URL", "mysql://x", "DATABASE_URL: must be a postgresql:// URL"), ("REDIS_URL", "x", "REDIS_URL: must be"),
        ("PUBLIC_URL", "http://bot.example", "PUBLIC_URL must be https"), ("SECRET_KEY", "hush-hush", "SECRET_KEY: "),
        ("FIELD_KEYS", "hush-hush", "FIELD_KEYS must look like"), ("CLOCK_FILE", "/x", "CLOCK_FILE moves time"), ("TICK_S", "soon", "TICK_S: "),
        ("TWILIO_AUTH_TOKEN", "", "TWILIO_AUTH_TOKEN: is missing"), ("TWILIO_WHATSAPP_NUMBER", "024", "TWILIO_WHATSAPP_NUMBER: must look like"),
        ("TWILIO_API_URL", "http://127.0.0.1:8010/twilio", "TWILIO_API_URL: http://127.0.0.1:8010/twilio is a stand-in"),
        ("MTN_API_URL", "https://localhost/mtn", "MTN_API_URL: https://localhost/mtn is a stand-in"), ("MTN_API_KEY", "", "MTN_API_KEY: is missing"),
        ("VODAFONE_API_URL", "http://bridge.example", "VODAFONE_"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str, why: str) -> None:
    done = start(tmp_path, **(WHOLE | {name: value}))
    assert done.returncode == 2, done.stderr
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert "hush-hush" not in done.stderr, "a secret was shown"


def test_the_example_names_every_setting_once() -> None:
    text = (ROOT / ".env.example").read_text()
    folders = bot.channels, bot.payments, bot.voice
    adapters = [cls for folder in folders for name, cls in classes_in(folder, marked_by="name").items() if name != "fixture"]
    models: list[Any] = [Settings, *(cls.Config for cls in adapters)]
    names = {(str(m.model_config.get("env_prefix", "")) + field).upper() for m in models for field in m.model_fields}
    shown = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]*)=", text, re.MULTILINE)
    assert sorted(shown) == sorted(names | {"POSTGRES_PASSWORD"})
    for field, info in Settings.model_fields.items():
        assert not info.is_required() or re.search(rf"^{field.upper()}=", text, re.MULTILINE), f"{field} is required"


def test_the_example_explains_every_setting() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    bare = [line for before, line in pairwise(lines) if _setting(line) and (_setting(before) or not before.startswith("# "))]
    assert not bare


def _setting(line: str) -> str:
    found = re.match(r"(?:# )?([A-Z][A-Z0-9_]*)=", line)
    return found[1] if found else ""


def test_well_and_ready(stage: Stage) -> None:
    assert stage.web.get("/healthz").json == {"ok": True}
    ready = stage.web.get("/readyz")
    assert (ready.status_code, ready.json) == (200, {"database": True, "redis": True, "migrations": True})


def test_alive_but_not_ready_without_a_database(settings: Settings) -> None:
    from bot.wiring import make_app

    gone = settings.model_copy(update={"database_url": "postgresql+psycopg2://nobody@127.0.0.1:1/x", "redis_url": "redis://127.0.0.1:1"})
    web = make_app(Parts(gone, channels={}, providers={})).test_client()
    assert web.get("/healthz").status_code == 200
    ready = web.get("/readyz")
    assert (ready.status_code, ready.json) == (503, {"database": False, "redis": False, "migrations": False})


def test_a_missing_setting_never_shows_another_ones_value() -> None:
    with pytest.raises(BadSettings) as bad:
        load(Settings, database_url="postgresql://u:hush-hush@x/y", secret_key="hush-hush")
    assert "hush-hush" not in str(bad.value)


# -- the demo


def test_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first = papers.keys(tmp_path / "env")
    assert papers.keys(tmp_path / "env") == first
    assert (tmp_path / "env").stat().st_mode & 0o777 == 0o600
    assert len(set(first.values())) == len(first)


def test_no_real_account_reaches_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_API_KEY", "real")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    made = papers.environment(tmp_path, {}, database_url="postgresql://", redis_url="redis://", web_port=1, world_port=2)
    assert "real" not in made.values()
    assert "HTTPS_PROXY" not in made


def test_what_ends_is_started_again_but_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house, revived = House(tmp_path), list[str]()
    monkeypatch.setattr(house, "ended", lambda: ["worker"])
    monkeypatch.setattr(house, "revive", revived.append)
    monkeypatch.setattr(demo, "LOOK_S", 0)
    with pytest.raises(DidNotStart, match="again and again"):
        demo.watch(house)
    assert revived == ["worker"] * demo.RESTARTS


def test_a_fresh_start_leaves_the_stories_of_others(tmp_path: Path) -> None:
    for name in ("logs", "story-1", "postgres"):
        (tmp_path / name).mkdir()
    (tmp_path / "clock").write_text("5")
    demo.forget(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["story-1"]
