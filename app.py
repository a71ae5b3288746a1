"""The web application and the `flask` commands."""

from __future__ import annotations

import click
from flask import Flask

from bot import terminal
from bot.settings import BadSettings, stop
from bot.wiring import Parts, build, make_app


def create_app(parts: Parts | None = None) -> Flask:
    """The application from the environment; ends with a clear message when that is not complete."""
    try:
        house = parts or build()
        app = make_app(house)
        house.channels, house.providers  # noqa: B018  configured wrongly, it must not start
    except BadSettings as bad:
        stop(bad)
    app.cli.add_command(click.Command("seed", callback=lambda: terminal.seed(house), help="Put the catalogue and sample tailors in."))
    app.cli.add_command(click.Command("chat", callback=lambda: terminal.chat(house), help="Talk with the bot in the terminal."))
    app.cli.add_command(click.Command("ledger", callback=lambda: terminal.ledger(house), help="Show balances; exit 1 when they are wrong."))
    return app
