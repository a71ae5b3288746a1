"""`flask events …`: what happened outside and could not be dealt with; once more, or never."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from sqlalchemy import select

from bot.clock import Clock
from models.audit import Audit
from models.backlog import mistake
from models.inbox import Inbox

if TYPE_CHECKING:
    from bot.wiring import Parts

MOST = 1000
NUMBERS = click.argument("numbers", metavar="N…", type=int, nargs=-1)
wall = Clock()  # the trail lives in real time, wherever a demo has moved the story


def commands(house: Callable[[], Parts]) -> click.Group:
    """The group `events`."""
    group = click.Group("events", help="Events that failed: a bug, or something nobody had thought of.")

    @group.command("list", help="What failed, the newest first.")
    def show() -> None:
        with house().database.begin() as db:
            for event in db.scalars(select(Inbox).where(Inbox.state == "failed").order_by(Inbox.id.desc()).limit(MOST)):
                about = f"person {event.person_id}, {event.tries} tries, {event.received_at:%d %b %H:%M}"
                click.echo(f"{event.id}: {event.name}, {about}, {mistake(event.error)}")

    @group.command(help="Tries events again; without numbers, all that failed.")
    @NUMBERS
    def again(numbers: tuple[int, ...]) -> None:
        with house().database.begin() as db:
            chosen = numbers or tuple(db.scalars(select(Inbox.id).where(Inbox.state == "failed").order_by(Inbox.id).limit(MOST)))
            done = Inbox.again(db, chosen, house().clock.now())
            for number in done:
                Audit.add(db, who="cli", action="event.again", subject=f"event:{number}", now=wall.now())
        house().redis.ring("events")
        click.echo(f"Trying again: {_numbers(done)}.")

    @group.command(help="Puts failed events away for good.")
    @NUMBERS
    @click.option("--why", required=True, help="In a few words.")
    def discard(numbers: tuple[int, ...], why: str) -> None:
        if not numbers or not why.strip():
            raise click.ClickException("Name the events, and say why.")
        with house().database.begin() as db:
            done = Inbox.discard(db, numbers)
            for number in done:
                Audit.add(db, who="cli", action="event.discarded", subject=f"event:{number}", why=why.strip(), now=wall.now())
        click.echo(f"Put away: {_numbers(done)}.")

    return group


def _numbers(found: list[int]) -> str:
    return ", ".join(map(str, found)) or "none"
