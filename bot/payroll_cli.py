"""`flask payouts …`: what waits, the second person's yes, a tailor who is not paid, and going on when there is money again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy.orm import Session

from bot.rules import NotAllowed
from bot.rules.money import ghs
from bot.rules.payout import last_week
from bot.seal import masked
from models import payout
from models.disbursement import Disbursement
from models.dry_float import DryFloat
from models.payday import Payday
from models.purse import Purse
from models.tailor import Tailor

if TYPE_CHECKING:
    from bot.wiring import Parts

WHY_NOT = {
    "not_now": "This payout waits for nobody.",
    "same_person": "Somebody else must approve it: not whoever ran the week, and not the tailor. Give your full name.",
    "payouts_stopped": "Payouts to this tailor are stopped: `flask payouts free` when you have looked.",
    "name_mismatched": "The wallet's name is not the tailor's: `flask payouts free` when you have spoken with her.",
    "number_changed": "The number was changed less than three days ago.",
}
WAITS = {
    "created": "waits for approval", "needs_review": "LOOK: the provider does not say what became of it",
    "needs_attention": "LOOK: the provider wants something from us",
}  # fmt: skip


def commands(house: Callable[[], Parts]) -> click.Group:
    """The group `payouts`."""
    tailor, name = click.Argument(["tailor_id"], metavar="TAILOR", type=int), click.Option(["--by"], required=True, help="Your full name.")
    deeds: tuple[tuple[Callable[..., str], list[click.Parameter], str], ...] = (
        (show, [], "Payouts under way, those that wait for a person first; who is held, and what is planned."),
        (run, [click.Option(["--week"], default="", metavar="YYYY-WNN"), name],
         "Pays everybody for a week (the last payday's) who was not paid for it. Safe to call twice."),
        (approve, [click.Argument(["number"], type=int), name], "Lets a payout go. Not by whoever ran the week."),
        (hold, [tailor, click.Option(["--because"], required=True)],
         "Pays a tailor nothing until somebody has looked; what was to leave comes back."),
        (free, [tailor, name], "You have looked: a tailor is paid again, and her wallet is hers whatever name it has."),
        (resume, [], "There is money with the provider again: what waited goes on."),
    )  # fmt: skip
    group = click.Group("payouts", help="What tailors are paid.")
    for deed, params, about in deeds:
        called = "list" if deed is show else deed.__name__
        group.add_command(click.Command(called, params=params, help=about, callback=partial(_do, house, deed)))
    return group


def _do(house: Callable[[], Parts], deed: Callable[..., str], **said: Any) -> None:
    """Does it, prints what came of it, and wakes the workers."""
    parts = house()
    with _refusals():
        click.echo(deed(parts, **said))
    for bell in ("money", "events"):
        parts.redis.ring(bell)


def show(parts: Parts) -> str:
    with parts.database.begin() as db:
        lines = [_row(db, out) for out in payout.waiting(db)] + [_held(db, purse) for purse in Purse.held(db)]
        lines += [f"{dry.provider}: its float has been empty since {dry.since:%d %b %H:%M}" for dry in DryFloat.all(db)]
        lines += [f"{p.week}: due {p.next_at:%a %d %b %H:%M}" for p in Payday.open(db)]
    return "\n".join(lines) or "Nothing is under way."


def run(parts: Parts, week: str, by: str) -> str:
    last = last_week(parts.clock.now())
    if week and not re.fullmatch(r"\d{4}-W\d\d", week):
        raise click.ClickException(f"{week} is no week; like {last}.")
    done = parts.payroll.run(week or last, by)
    return f"{week or last}: " + (", ".join(f"{count} {what}" for what, count in sorted(done.items())) or "nobody to pay")


def approve(parts: Parts, number: int, by: str) -> str:
    with parts.database.begin() as db:
        if db.get(Disbursement, number) is None:
            raise NotAllowed("not_now")
        return _row(db, payout.approve(db, number, by, till=parts.till, now=parts.clock.now()))


def hold(parts: Parts, tailor_id: int, because: str) -> str:
    if not because.strip():
        raise click.ClickException("Say why.")
    with parts.database.begin() as db:
        _purse(db, tailor_id).stop(db, because, parts.clock.now())
    return "Held."


def free(parts: Parts, tailor_id: int, by: str) -> str:
    with parts.database.begin() as db:
        _purse(db, tailor_id).free(by)
    return "Free."


def resume(parts: Parts) -> str:
    with parts.database.begin() as db:
        dry = [found.provider for found in DryFloat.all(db)]
        for provider in dry:
            DryFloat.over(db, provider, parts.clock.now())
    return ", ".join(dry) + ": going on." if dry else "Nothing was paused."


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except NotAllowed as refusal:
        raise click.ClickException(WHY_NOT.get(refusal.reason, refusal.reason)) from None


def _purse(db: Session, tailor_id: int) -> Purse:
    found = Purse.of(db, tailor_id, lock=True)
    if found is None:
        raise click.ClickException(f"Tailor {tailor_id} has no payout number: nothing can be paid.")
    return found


def _row(db: Session, out: Disbursement) -> str:
    when = f", goes out {out.next_at:%a %d %b %H:%M}" if out.state == "approved" and out.next_at else ""
    who = f"{Tailor.by_id(db, out.tailor_id or 0).business} ({out.tailor_id})"
    return f"{out.id}: {ghs(out.amount)} to {who}, {masked('+' + out.msisdn)} by {out.provider}, {WAITS.get(out.state, out.state)}{when}"


def _held(db: Session, purse: Purse) -> str:
    why = purse.stopped_because or ("the wallet has another name" if purse.name_state == "mismatched" else "")
    return f"{Tailor.by_id(db, purse.tailor_id).business} ({purse.tailor_id}), {masked('+' + purse.number)}: held, {why}"
