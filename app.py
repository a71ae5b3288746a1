"""The web application and the `flask` commands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from flask import Flask
from flask.cli import FlaskGroup

from bot import bookkeeper_cli, doctor, events_cli, mediator, payroll_cli, terminal, understanding_cli
from bot.admin import cli as admin_cli
from bot.settings import BadSettings, stop
from bot.wiring import Parts, build, listener, make_app

COMMANDS = {
    "seed": (terminal.seed, "Put the catalogue in, and sample tailors unless in production."),
    "chat": (terminal.chat, "Talk with the bot in the terminal."),
    "timers": (terminal.timers, "Show what rings next, for which order, and when."),
}
UNDERSTAND = "Read lines from standard input, print the measurements in each as JSON."
LISTEN = "Print what a voice note says, and the measurements in it, as JSON."


def create_app(parts: Parts | None = None) -> Flask:
    """The application from the environment; ends with a clear message when that is not complete.

    While a `flask` command is only looked up nothing is built: a command builds what it needs when it runs.
    """
    context = click.get_current_context(silent=True)
    if parts is None and context is not None and isinstance(context.command, FlaskGroup):
        return _with_commands(Flask(__name__), _house)
    house = parts or _house()
    return _with_commands(make_app(house), lambda: house)


def _house() -> Parts:
    try:
        house = build()
        house.channels, house.till  # noqa: B018  configured wrongly, it must not start
    except BadSettings as bad:
        stop(bad)
    return house


def _with_commands(app: Flask, house: Callable[[], Parts]) -> Flask:
    for name, (run, about) in COMMANDS.items():
        app.cli.add_command(click.Command(name, callback=partial(lambda run: run(house()), run), help=about))
    recording = click.Argument(["file"], type=click.Path(exists=True, dir_okay=False, path_type=Path))
    app.cli.add_command(click.Command("understand", callback=understanding_cli.understand, help=UNDERSTAND))
    app.cli.add_command(click.Command("listen", params=[recording], callback=partial(understanding_cli.listen, listener), help=LISTEN))
    closing = click.Option(["--answered"], type=int, help="The number of one that has been answered.")
    pleas = click.Command("pleas", params=[closing], callback=lambda answered: terminal.pleas(house(), answered), help="Who waits for a person.")
    app.cli.add_command(pleas)
    app.cli.add_command(admin_cli.commands(house))
    app.cli.add_command(doctor.command(house))
    app.cli.add_command(events_cli.commands(house))
    app.cli.add_command(mediator.commands(house))
    app.cli.add_command(payroll_cli.commands(house))
    for command in bookkeeper_cli.commands(house):
        app.cli.add_command(command)
    return app
