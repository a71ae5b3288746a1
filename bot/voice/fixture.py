"""An engine for tests: it knows recordings by their fingerprint and their words by heart."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from bot.settings import Section
from bot.voice import Heard, Hints
from bot.voice._sound import hear


class FixtureConfig(Section):
    """FIXTURE_FILE: a JSON object {sha256 of a recording: its words}."""

    model_config = SettingsConfigDict(env_prefix="FIXTURE_")

    file: Path
    environment: Literal["production", "demo", "test"] = Field(default="production", validation_alias="ENVIRONMENT")

    @model_validator(mode="after")
    def _only_for_tests(self) -> FixtureConfig:
        if self.environment == "production":
            raise ValueError("VOICE_ENGINE=fixture is for tests: not in production")
        return self


class Fixture:
    name = "fixture"
    Config = FixtureConfig
    sure = 0.5
    repeats = True

    def __init__(self, config: FixtureConfig) -> None:
        self._known: dict[str, str] = json.loads(config.file.read_text(encoding="utf-8"))

    def listen(self, recording: bytes, hints: Hints) -> Heard:
        text = self._known.get(hashlib.sha256(recording).hexdigest())
        sound = hear(recording)
        if text is not None:
            return Heard(text, 1.0, sound.seconds)
        return Heard("", 0.0, sound.seconds, sound.why or "unclear")
