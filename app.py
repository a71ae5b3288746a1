"""The web application and the `flask` commands."""

from __future__ import annotations

from functools import partial

import click
from flask import Flask

from bot import terminal
from bot.settings import BadSettings, stop
from bot.wiring import Parts, build, make_app

COMMANDS = {
    "seed": (terminal.seed, "Put the catalogue in, and sample tailors unless in production."),
    "chat": (terminal.chat, "Talk with the bot in the terminal."),
    "ledger": (terminal.ledger, "Show balances; exit 1 when they are wrong."),
}


def create_app(parts: Parts | None = None) -> Flask:
    """The application from the environment; ends with a clear message when that is not complete."""
    try:
        house = parts or build()
        app = make_app(house)
        house.channels, house.providers  # noqa: B018  configured wrongly, it must not start
    except BadSettings as bad:
        stop(bad)
    for name, (run, about) in COMMANDS.items():
        app.cli.add_command(click.Command(name, callback=partial(run, house), help=about))
    closing = click.Option(["--answered"], type=int, help="The number of one that has been answered.")
    app.cli.add_command(click.Command("pleas", params=[closing], callback=partial(terminal.pleas, house), help="Who waits for a person."))
    return app
