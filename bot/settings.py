"""One typed settings object; nothing else reads the environment."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.rules.payout import Terms


class Section(BaseSettings):
    """Settings of one adapter, kept in the adapter's own file: `class Config(Section, env_prefix="MTN_")`."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)


class VoiceChoice(Section):
    """Which engine listens to voice notes: the one that is named, OpenAI's where there is a key, else the one that needs none."""

    voice_engine: str = Field(default="", description="the file's name in bot/voice")
    openai_api_key: str = Field(default="", repr=False)

    @property
    def engine(self) -> str:
        return self.voice_engine or ("openai" if self.openai_api_key else "offline")


class Settings(VoiceChoice):
    """What the house needs whatever it talks to. Times in seconds."""

    environment: Literal["production", "demo", "test"] = "production"
    database_url: str
    redis_url: str
    public_url: str
    secret_key: str = Field(min_length=32)
    field_keys: str = Field(description="id:base64 of 32 bytes, comma separated; the first one encrypts, all decrypt")
    spool_dir: Path = Path(".demo/spool")
    clock_file: Path | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    db_pool: int = Field(default=16, ge=1, le=200)
    sender_threads: int = Field(default=32, ge=1, le=256)
    send_lease_s: float = Field(default=30, gt=0)
    tick_s: float = Field(default=1.0, gt=0)
    routes: dict[str, tuple[str, ...]] = Field(default={}, description='providers by network, preferred first: {"mtn": ["paystack"]}')
    cash_commission: bool = Field(default=False, description="whether commission is owed on what a tailor was paid in cash")
    payout_minimum_ghs: int = Field(default=50, ge=1)
    payout_approval_above_ghs: int = Field(default=5_000, ge=0)
    payout_per_day_ghs: int = Field(default=10_000, ge=1)
    desk_password: str = Field(default="", repr=False, description="with desk_key: people for the desk of a demo, made by `flask seed`")
    desk_key: str = Field(default="", repr=False, description="base32; what their authenticator apps share")
    seller_name: str = "Sew4Mi"
    seller_address: str = ""
    seller_tin: str = ""
    vat_registered: bool = False

    @field_validator("public_url")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an http(s) URL without query or fragment")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: str) -> str:
        if not value.startswith(("postgresql://", "postgres://", "postgresql+psycopg2://")):
            raise ValueError("must be a postgresql:// URL")
        return "postgresql+psycopg2://" + value.split("://", 1)[1]

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: str) -> str:
        if not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must be a redis://, rediss:// or unix:// URL")
        return value

    @field_validator("field_keys")
    @classmethod
    def _are_keys(cls, value: str) -> str:
        read_keys(value)
        return value

    @model_validator(mode="after")
    def _goes_together(self) -> Settings:
        if self.environment == "production":
            if self.clock_file:
                raise ValueError("CLOCK_FILE moves time: not in production")
            if self.desk_password or self.desk_key:
                raise ValueError("DESK_PASSWORD and DESK_KEY are for demos: use `flask admin create` in production")
            if not self.public_url.startswith("https://"):
                raise ValueError("PUBLIC_URL must be https in production")
        if self.payout_per_day_ghs < 2 * self.payout_minimum_ghs:
            raise ValueError("PAYOUT_PER_DAY_GHS must be at least twice PAYOUT_MINIMUM_GHS")
        if self.vat_registered and not self.seller_tin:
            raise ValueError("SELLER_TIN must be set when VAT_REGISTERED: it stands on every tax invoice")
        return self

    @property
    def payout_terms(self) -> Terms:
        return Terms(self.payout_minimum_ghs * 100, self.payout_approval_above_ghs * 100, self.payout_per_day_ghs * 100)

    @property
    def keys(self) -> dict[str, bytes]:
        return read_keys(self.field_keys)


def read_keys(text: str) -> dict[str, bytes]:
    """{key id: 32 bytes} from "k2:base64,k1:base64". Raises ValueError."""
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        name, _, encoded = part.strip().partition(":")
        try:
            keys[name] = base64.b64decode(encoded, validate=True)
        except ValueError:
            keys[name] = b""
        if not name or len(keys[name]) != 32:
            raise ValueError("FIELD_KEYS must look like k1:<base64 of 32 bytes>,k0:<…>")
    return keys


def refuse_stand_ins(settings: Settings, name: str, url: str) -> None:
    """Start-up refuses a stand-in's address in production: an adapter's base URL must be https and not this machine."""
    if settings.environment == "production" and (is_stand_in(url) or not url.startswith("https://")):
        raise BadSettings([f"{name}: {url} is a stand-in or not https: refused when ENVIRONMENT=production"])


def is_stand_in(url: str) -> bool:
    """Whether an address is on this machine, or of the sandbox beside it."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "0.0.0.0", "::1") or host.startswith(("127.", "sandbox."))  # noqa: S104


class BadSettings(Exception):
    """The environment is not complete or not right; `problems` are sentences."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(model: type[Any], **given: Any) -> Any:
    """Reads one settings class from the environment. Raises BadSettings that names every variable at fault, never its value."""
    try:
        return model(**given)
    except ValidationError as error:
        prefix = str(model.model_config.get("env_prefix", ""))
        raise BadSettings([_sentence(prefix, e) for e in error.errors(include_input=False, include_url=False)]) from None


def is_begun(model: type[BaseSettings]) -> bool:
    """Whether any variable of a section is set: half configured is a mistake, not configured at all is a choice."""
    prefix = str(model.model_config.get("env_prefix", ""))
    return any(os.environ.get((prefix + field).upper()) for field in model.model_fields)


def stop(error: BadSettings) -> NoReturn:
    """Ends a start that cannot succeed, with the reasons in plain words."""
    print("Sew4Mi cannot start:", *(f"  - {p}" for p in error.problems), "See .env.example.", sep="\n", file=sys.stderr)
    raise SystemExit(2)


def _sentence(prefix: str, error: Any) -> str:
    name = (prefix + "_".join(str(p) for p in error["loc"])).upper()
    why = "is missing" if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")
    return f"{name}: {why}" if name else why
