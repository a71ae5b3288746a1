"""Builds every part of the house from the settings: the only module that knows them all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import bot.channels
import bot.payments
import bot.voice
import flows
from bot import admin, darkroom, jobs, logs, order_page, webhooks
from bot.auditor import Auditor
from bot.cashier import Cashier
from bot.channels import Channel
from bot.circuit import Circuit
from bot.clerk import Clerk
from bot.clock import Clock
from bot.counter import Counter
from bot.ear import Ear
from bot.engine import Engine
from bot.flow import Flow
from bot.gallery import Gallery
from bot.links import Links
from bot.outbox import Carrier
from bot.paymaster import Paymaster
from bot.payments import Provider
from bot.payroll import Payroll
from bot.plugins import class_in, classes_in, names_in
from bot.queue import Redis
from bot.rules.payment import Till
from bot.seal import Seal, ring
from bot.settings import BadSettings, Settings, VoiceChoice, is_begun, load, refuse_stand_ins
from bot.spool import Spool
from bot.switchboard import Switchboard
from bot.teller import Teller
from bot.till import check_providers, open_till
from bot.understand import plain
from bot.voice import Engine as Listener
from bot.voice import Reader
from bot.words import Words
from models.base import Away, Database
from models.content import Shelf
from models.seller import Seller, house

log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parent.parent


class Parts(Gallery):
    """Every part, made when first needed and kept for the life of the process."""

    def __init__(
        self, settings: Settings, *, channels: Mapping[str, Channel] | None = None, providers: Mapping[str, Provider] | None = None,
        voice: Listener | None = None,
    ) -> None:  # fmt: skip
        self.settings = settings
        ring.use(Seal(settings.keys))
        house.use(Seller(settings.seller_name, settings.seller_address, settings.seller_tin, settings.vat_registered))
        self._channels, self._providers, self._voice = channels, providers, voice

    # -- the ground

    @cached_property
    def clock(self) -> Clock:
        return Clock(self.settings.clock_file)

    @cached_property
    def links(self) -> Links:
        number = next(filter(None, (getattr(channel, "number", "") for channel in self.channels.values())), "")
        return Links(self.settings.public_url, self.settings.secret_key, number)

    @cached_property
    def database(self) -> Database:
        return Database(self.settings.database_url, self.settings.db_pool)

    @cached_property
    def redis(self) -> Redis:
        return Redis(self.settings.redis_url)

    @cached_property
    def spool(self) -> Spool:
        return Spool(self.settings.spool_dir)

    @cached_property
    def words(self) -> Words:
        return Words(ROOT / "flows" / "words")

    # -- adapters, one file each

    @cached_property
    def channels(self) -> dict[str, Channel]:
        if self._channels is not None:
            return dict(self._channels)
        tools = {"public_url": self.settings.public_url, "book": Shelf(self.database)}
        return {name: cls(self._config(name, cls), **tools) for name, cls in classes_in(bot.channels, marked_by="name").items()}

    @cached_property
    def providers(self) -> dict[str, Provider]:
        if self._providers is not None:
            return dict(self._providers)
        made: dict[str, Provider] = {}
        for name, cls in classes_in(bot.payments, marked_by="name").items():
            try:
                made[name] = cls(self._config(name, cls))
            except BadSettings as bad:
                if is_begun(cls.Config):  # type: ignore[attr-defined]
                    raise  # half configured is a mistake; not configured at all is a choice
                log.warning("payment provider %s is off: %s", name, bad.problems[0])
        check_providers(made, self.settings)
        return made

    @cached_property
    def voice(self) -> Listener:
        return self._voice or voice_engine(self.settings, self._config)

    @cached_property
    def reader(self) -> Reader | None:
        """A language model for what the rules do not understand; the engine that has one brings it."""
        return self.voice if isinstance(self.voice, Reader) else None

    @cached_property
    def till(self) -> Till:
        return open_till(self.settings, self.providers, self.circuit, self.database)

    @cached_property
    def circuit(self) -> Circuit:
        return Circuit(self.redis, self.clock)

    # -- the road of a message

    @cached_property
    def flows(self) -> dict[str, type[Flow]]:
        return classes_in(flows, marked_by="says")

    @cached_property
    def switchboard(self) -> Switchboard:
        board = Switchboard(self.flows, self.words.line, self.translated())
        board.repeats = self.voice.repeats
        return board

    @cached_property
    def engine(self) -> Engine:
        return Engine(self.database, self.redis, self.switchboard, self.words, self.links, self.till, self.clock, has_reader=self.reader is not None)

    @cached_property
    def counter(self) -> Counter:
        return Counter(self.database, self.redis, self.switchboard, self.words, self.links, self.till, self.clock)

    @cached_property
    def carrier(self) -> Carrier:
        threads, lease = self.settings.sender_threads, self.settings.send_lease_s
        return Carrier(self.database, self.channels, self.links, self.clock, threads=threads, lease_s=lease)

    @cached_property
    def cashier(self) -> Cashier:
        return Cashier(self.database, self.providers, self.till, self.circuit, self.links, self.clock)

    @cached_property
    def auditor(self) -> Auditor:
        return Auditor(self.database, self.providers, self.clock)

    @cached_property
    def paymaster(self) -> Paymaster:
        return Paymaster(self.database, self.providers, self.circuit, self.links, self.clock)

    @cached_property
    def payroll(self) -> Payroll:
        return Payroll(self.database, self.till, self.clock)

    @cached_property
    def clerk(self) -> Clerk:
        return Clerk(self.database, self.clock)

    @cached_property
    def teller(self) -> Teller:
        return Teller(self.database, self.providers, self.till, self.clock)

    @cached_property
    def ear(self) -> Ear:
        return Ear(self.database, self.channels, self.voice, self.reader, self.clock)

    @cached_property
    def darkroom(self) -> darkroom.Darkroom:
        return darkroom.Darkroom(self.database, self.channels, self.clock)

    # -- questions

    def translated(self) -> dict[str, str]:
        """{what a person may type: global word} from the tables [global_words] of all languages."""
        found: dict[str, str] = {}
        for language in self.words.languages.values():
            for key, said in language.lines.items():
                if key.startswith("global_words."):
                    found[plain(said)] = key.split(".")[1]
        return found

    def database_answers(self) -> bool:
        try:
            with self.database.begin() as db:
                return db.execute(text("SELECT 1")).scalar() == 1
        except (Away, SQLAlchemyError):
            return False

    @cached_property
    def _head(self) -> str | None:
        """The newest migration of this version."""
        return ScriptDirectory.from_config(AlembicConfig(str(ROOT / "migrations" / "alembic.ini"))).get_current_head()

    def is_migrated(self) -> bool:
        try:
            with self.database.begin() as db:
                return db.execute(text("SELECT version_num FROM alembic_version")).scalar() == self._head
        except (Away, SQLAlchemyError):
            return False

    def _config(self, name: str, cls: Any) -> Any:
        config = load(cls.Config)
        for field, value in vars(config).items():
            if field.endswith("_url") and isinstance(value, str):
                refuse_stand_ins(self.settings, f"{name}_{field}".upper(), value)
        return config


def voice_engine(choice: VoiceChoice, config: Callable[[str, Any], Any]) -> Listener:
    """The engine that listens; the others, and what they need, are not even imported. Raises BadSettings."""
    known = names_in(bot.voice)
    if choice.engine not in known:
        raise BadSettings([f"VOICE_ENGINE: must be one of {', '.join(known)}"])
    cls: Any = class_in(bot.voice, choice.engine, marked_by="name")
    made: Listener = cls(config(choice.engine, cls))
    return made


def listener() -> Listener:
    """The same without a house, for trying it. Raises BadSettings."""
    return voice_engine(load(VoiceChoice), lambda name, cls: load(cls.Config))


def build(**given: Any) -> Parts:
    """Reads the environment and builds the house. Raises BadSettings."""
    settings = load(Settings, **given)
    logs.start(settings.log_level)
    return Parts(settings)


def make_app(parts: Parts) -> Flask:
    app = Flask("sew4mi")
    app.config["MAX_CONTENT_LENGTH"] = webhooks.LARGEST_BODY
    app.register_blueprint(webhooks.blueprint(parts))
    app.register_blueprint(order_page.blueprint(parts))
    admin.install(app, parts)
    app.extensions["sew4mi"] = parts
    return app


def make_worker(parts: Parts) -> None:
    jobs.parts = parts


