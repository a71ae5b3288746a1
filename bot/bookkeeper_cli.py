"""`flask ledger …` and `flask switch …`: what the books say, what is wrong with money, and what people decide about it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.payments import Paper
from bot.rules import NotAllowed
from bot.rules.case import KINDS, RESOLUTIONS
from bot.rules.money import ghs, pesewas
from models import export, invariants, ledger, money_story, resolution, topup
from models.case import Case
from models.ledger import Account
from models.order import Order
from models.statement import Statement
from models.switch import Switch

if TYPE_CHECKING:
    from bot.wiring import Parts

log = logging.getLogger(__name__)
WHY_NOT = {
    "no_such_case": "There is no such case.",
    "closed": "This case is closed.",
    "does_not_fit": "This case cannot be settled so.",
    "no_reason": "Say why, and who you are.",
    "nothing_proposed": "Nothing has been proposed yet.",
    "same_person": "Somebody else must confirm it.",
    "foreign_currency": "Another currency can only be returned by hand or written off.",
    "whose": "Say which order it belongs to: --order.",
    "no_wallet": "The statement names no wallet: it can only be applied, returned by hand or written off.",
    "nothing_due": "Nothing is due there that it could pay.",
    "too_little": "It is less than what is due.",
    "nothing_to_write_off": "The books need no correction for it.",
    "not_now": "It has moved on meanwhile.",
    "no_such_switch": "Switches are payouts, collect:PROVIDER, send:PROVIDER and network:NETWORK.",
}
House = Callable[[], "Parts"]
BY, WHY = click.option("--by", required=True, help="Your full name."), click.option("--why", default="", help="In a sentence.")
NUMBER = click.argument("number", metavar="CASE", type=int)
PROVIDER, DAY = click.argument("provider"), click.DateTime(["%Y-%m-%d"])


@contextmanager
def books(house: House) -> Iterator[Session]:
    """A transaction whose refusals are said in words."""
    try:
        with house().database.begin() as db:
            yield db
    except NotAllowed as no:
        raise click.ClickException(WHY_NOT.get(no.reason, no.reason)) from None


def commands(house: House) -> list[click.Command]:
    """The group `ledger` and the command `switch`."""

    @click.group("ledger", help="Show balances; exit 1 when they are wrong.", invoke_without_command=True)
    @click.pass_context
    def group(context: click.Context) -> None:
        if not context.invoked_subcommand:
            show(house, "")

    for add in (_reading, _checking, _showing_cases, _settling_cases, _comparing, _funding):
        add(group, house)
    return [group, _switch(house)]


def show(house: House, prefix: str) -> None:
    """Every account and its balance; exit 1 when the books are wrong."""
    with books(house) as db:
        for account in db.scalars(select(Account).where(Account.code.startswith(prefix, autoescape=True)).order_by(Account.code)):
            click.echo(f"{account.code:45} {ghs(ledger.own_side(account.kind, account.balance)):>18}")
        wrong = [] if prefix else ledger.faults(db)
    click.echo("\n".join(wrong) or ("" if prefix else "The books are right."), nl=not prefix)
    if wrong:
        raise SystemExit(1)


def _reading(group: click.Group, house: House) -> None:
    @group.command("balances", help="Accounts whose code begins with PREFIX, and what they hold.")
    @click.argument("prefix", default="")
    def balances(prefix: str) -> None:
        show(house, prefix)

    @group.command("story", help="One order's money from the first prompt on.")
    @click.argument("number", metavar="ORDER-NUMBER")
    def story(number: str) -> None:
        with books(house) as db:
            for at, told in money_story.tell(db, _order(db, number)):
                click.echo(f"{at:%Y-%m-%d %H:%M:%S}  {told}")


def _checking(group: click.Group, house: House) -> None:
    @group.command("check", help="Every rule of the books, over all of them or for one order; exit 1 when one is broken.")
    @click.argument("number", metavar="[ORDER-NUMBER]", default="")
    def check(number: str) -> None:
        with books(house) as db:
            order_id = _order(db, number).id if number else None
            asked = [c for c in invariants.CHECKS if number == "" or not c.whole]
            results = [(c, invariants.breaches(db, c, order_id)) for c in asked]
        for rule, found in results:
            click.echo(f"{rule.id} {rule.sentence}: {'BROKEN by ' + ', '.join(found) if found else 'right'}")
        for ident, where in [] if number else invariants.ELSEWHERE.items():
            click.echo(f"{ident} tested elsewhere: {where}")
        if any(found for _, found in results):
            raise SystemExit(1)

    @group.command("export", help="The books of some days as CSV.")
    @click.argument("start", metavar="FROM", type=DAY)
    @click.argument("end", metavar="TO", type=DAY)
    def rows(start: datetime, end: datetime) -> None:
        with books(house) as db:
            for line in export.csv_lines(export.journal_rows(db, start.date(), end.date())):
                click.echo(line, nl=False)


def _showing_cases(group: click.Group, house: House) -> None:
    @group.command("cases", help="What a person must look at, the worst first.")
    @click.option("--all", "closed", is_flag=True, help="Also what is closed.")
    def cases(closed: bool) -> None:
        with books(house) as db:
            click.echo("\n".join(_row(case) for case in Case.waiting(db, closed=closed)) or "Nothing is to be looked at.")

    @group.command("case", help="One case, and how it may be settled.")
    @NUMBER
    def look(number: int) -> None:
        with books(house) as db:
            found = Case.by_id(db, number)
            click.echo(_row(found))
            click.echo("\n".join(f"  {name}: {value}" for name, value in {**found.facts, **(found.proposal or {})}.items()))
            click.echo("\n".join(f"  {name}: {RESOLUTIONS[name]}" for name in KINDS[found.kind].resolutions))


def _settling_cases(group: click.Group, house: House) -> None:
    @group.command("propose", help="Says how a case should be settled; somebody else confirms it.")
    @NUMBER
    @click.argument("what", metavar="RESOLUTION", type=click.Choice(list(RESOLUTIONS)))
    @click.option("--order", default="", help="The number of the order it belongs to, when the case does not say.")
    @WHY
    @BY
    def propose(number: int, what: str, order: str, why: str, by: str) -> None:
        with books(house) as db:
            Case.by_id(db, number, lock=True).propose(what, by=by, why=why, **({"order": order} if order else {}))
        click.echo(f"Case {number}: {RESOLUTIONS[what]}. Somebody else confirms it.")

    @group.command("confirm", help="Agrees with what somebody else proposed for a case: it is done.")
    @NUMBER
    @BY
    def confirm(number: int, by: str) -> None:
        with books(house) as db:
            resolution.confirm(db, found := Case.by_id(db, number), by, house().clock.now())
        _wake(house)
        click.echo(f"Case {number} is closed: {RESOLUTIONS[found.resolution or '']}.")

    @group.command("drop", help="Lets a proposal fall.")
    @NUMBER
    @BY
    def drop(number: int, by: str) -> None:
        with books(house) as db:
            Case.by_id(db, number, lock=True).take_back(by)

    @group.command("wait", help="Has the provider of a case asked once more.")
    @NUMBER
    def again(number: int) -> None:
        with books(house) as db:
            resolution.keep_waiting(db, Case.by_id(db, number), house().clock.now())
        _wake(house)


def _comparing(group: click.Group, house: House) -> None:
    @group.command("statement", help="Takes in the statement of a provider that somebody has downloaded.")
    @PROVIDER
    @click.argument("file", type=click.File(encoding="utf-8"))
    @click.option("--balance", default="", metavar="GHS", help="What the provider says it holds for us.")
    def statement(provider: str, file: Any, balance: str) -> None:
        parts, reader = house(), _known(house, provider)
        if not isinstance(reader, Paper):
            raise click.ClickException(f"{provider} has no statement on paper.")
        try:
            lines, stated = list(reader.read_statement(file.read())), pesewas(balance) if balance else None
        except ValueError as error:
            raise click.ClickException(str(error)) from None
        today = parts.clock.now().astimezone(UTC).date()
        verdicts = parts.auditor.take_in(provider, lines, Statement.whole([line.at.date() for line in lines], today))
        click.echo("\n".join(f"{verdict}: {count}" for verdict, count in sorted(verdicts.items())) or "Nothing new.")
        if stated is not None and (gap := parts.auditor.compare_balance(provider, stated)):
            click.echo(f"The balance differs by {ghs(gap)}.")
        _wake(house)

    @group.command("reconcile", help="Asks the providers for their statements (of DAY), as it is done every night.")
    @click.argument("day", type=DAY, default=None, required=False)
    def reconcile(day: datetime | None) -> None:
        done = house().auditor.reconcile(day.date() if day else None)
        _wake(house)
        if not done:
            raise click.ClickException("A provider gave no statement.")


def _funding(group: click.Group, house: House) -> None:
    @group.command("fund", help="Books money that was brought to a provider from our bank account, or from there to the bank.")
    @PROVIDER
    @click.argument("amount", metavar="GHS")
    @click.option("--from", "origin", type=click.Choice(["bank", "provider"]), default="bank", show_default=True)
    @click.option("--ref", required=True, help="The bank's number of the transfer: it is booked once.")
    @BY
    def fund(provider: str, amount: str, origin: str, ref: str, by: str) -> None:
        _known(house, provider)
        try:
            moved = pesewas(amount) * (1 if origin == "bank" else -1)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
        try:
            with books(house) as db:
                new = topup.book(db, provider, moved, ref, house().clock.now())
        except ValueError:
            raise click.ClickException("There is nothing to book.") from None
        except ledger.Conflict:
            raise click.ClickException(f"{ref} was booked before, with another amount.") from None
        log.warning("%s booked %s from the %s, %s (%s)", by, ghs(abs(moved)), origin, provider, ref)
        click.echo("Booked." if new else "It was booked before.")


def _switch(house: House) -> click.Command:
    @click.command("switch", help="Shows what is off; NAME on or NAME off changes it.")
    @click.argument("name", default="")
    @click.argument("way", type=click.Choice(["on", "off"]), required=False)
    @WHY
    @click.option("--by", default="", help="Your full name.")
    def switch(name: str, way: str | None, why: str, by: str) -> None:
        with books(house) as db:
            if name and way:
                Switch.turn(db, name, off=way == "off", why=why, by=by, now=house().clock.now())
            click.echo("\n".join(f"{off} is off: {because}" for off, because in sorted(Switch.off(db).items())) or "Everything is on.")

    return switch


def _order(db: Session, number: str) -> Order:
    found = db.scalars(select(Order).where(Order.number == number.upper())).one_or_none()
    if found is None:
        raise click.ClickException("There is no such order.")
    return found


def _known(house: House, provider: str) -> Any:
    if provider not in (known := house().providers):
        raise click.ClickException(f"There is no provider {provider!r}, only {', '.join(known)}.")
    return known[provider]


def _row(case: Case) -> str:
    state = f"closed: {case.resolution}" if case.state == "closed" else f"proposed: {case.proposal['resolution']}" if case.proposal else "open"
    return f"{case.id}: [{case.severity}] {case.sentence} ({case.key}), since {case.opened_at:%d %b %H:%M}, {state}"


def _wake(house: House) -> None:
    for bell in ("money", "events"):
        house().redis.ring(bell)
