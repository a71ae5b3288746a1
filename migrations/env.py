"""Runs the migrations against DATABASE_URL."""

from __future__ import annotations

import importlib
import os
import pkgutil

from alembic import context
from sqlalchemy import create_engine

import models
from models.base import Base, Sealed

for module in pkgutil.iter_modules(models.__path__):
    importlib.import_module(f"models.{module.name}")


def render(kind: str, item: object, _: object) -> str | bool:
    """Our own column types are plain text in a migration."""
    return "sa.Text()" if kind == "type" and isinstance(item, Sealed) else False


def url() -> str:
    given = context.config.attributes.get("url") or os.environ.get("DATABASE_URL")
    if not given:
        raise SystemExit("DATABASE_URL is missing. See .env.example.")
    return "postgresql+psycopg2://" + str(given).split("://", 1)[1]


if context.is_offline_mode():
    context.configure(url=url(), target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = create_engine(url())
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True, render_item=render)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()
