"""`flask admin …`: the first person at the desk, and help for who lost a phone or a password."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click
from sqlalchemy.orm import Session

from bot.admin.door import wall
from bot.admin.shown import why_not
from bot.rules import NotAllowed
from bot.rules.roles import ROLES, Role
from models.audit import Audit
from models.staff import Staff, StaffSession

if TYPE_CHECKING:
    from bot.wiring import Parts

LOGIN = click.Argument(["login"])


def commands(house: Callable[[], Parts]) -> click.Group:
    group = click.Group("admin", help="Who works at the desk (/admin).")
    for name, (run, about, params) in COMMANDS.items():
        group.add_command(click.Command(name, params=list(params), help=about, callback=partial(run, house)))
    return group


def create(house: Callable[[], Parts], login: str, name: str, role: Role, password: str) -> None:
    with house().database.begin() as db:
        try:
            staff = Staff.hire(db, login=login, name=name, role=role, password=password, now=wall.now())
        except NotAllowed as error:
            raise click.ClickException(why_not(error)) from None
        _note(db, "staff.hired", staff)
    click.echo(f"{staff.login} may sign in at {house().settings.public_url}/admin as {role}.")


def reset(house: Callable[[], Parts], login: str, phone: bool, password: str | None) -> None:
    with house().database.begin() as db:
        staff = Staff.by_login(db, login)
        if staff is None:
            raise click.ClickException(f"Nobody has the login {login}.")
        if phone:
            staff.begin_anew()
        try:
            staff.take_password(password) if password else None
        except NotAllowed as error:
            raise click.ClickException(why_not(error)) from None
        StaffSession.end_all(db, staff.id, wall.now())
        _note(db, "staff.reset", staff)
    click.echo("Done. Every session has ended.")


def show(house: Callable[[], Parts]) -> None:
    with house().database.begin() as db:
        for staff in Staff.all(db):
            click.echo(f"{staff.login:<20} {staff.role:<10} {staff.name}{' (gone)' if staff.ended_at else ''}")


def trail(house: Callable[[], Parts]) -> None:
    with house().database.begin() as db:
        broken = list(Audit.broken(db))
    click.echo("The trail is whole." if not broken else f"Broken at {', '.join(map(str, broken[:20]))}.")
    raise SystemExit(1 if broken else 0)


def _note(db: Session, action: str, staff: Staff) -> None:
    Audit.add(db, who="cli", action=action, subject=f"staff:{staff.id}", facts={"login": staff.login, "role": staff.role}, now=wall.now())


#: {command: (function, help, parameters)}
COMMANDS: dict[str, tuple[Callable[..., None], str, tuple[click.Parameter, ...]]] = {
    "create": (create, "Add somebody; the first sign-in shows a code for an authenticator app.", (
        LOGIN, click.Option(["--name"], default="", help="As colleagues see it."),
        click.Option(["--role"], type=click.Choice(ROLES), default="operator", show_default=True),
        click.Option(["--password"], prompt=True, hide_input=True, confirmation_prompt=True, envvar="ADMIN_PASSWORD",
                     help="Twelve characters at least; or in ADMIN_PASSWORD."),
    )),
    "reset": (reset, "Forget a lost phone, or give a new password; every session of hers ends.", (
        LOGIN, click.Option(["--phone"], is_flag=True, help="A new code for the app at the next sign-in."),
        click.Option(["--password"], envvar="ADMIN_PASSWORD", help="A new password; better in ADMIN_PASSWORD than typed here."),
    )),
    "list": (show, "Everybody at the desk.", ()),
    "trail": (trail, "Whether the trail of what was done is whole; exit 1 when it is not.", ()),
}  # fmt: skip
