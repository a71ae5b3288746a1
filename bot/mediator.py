"""`flask dispute …`: the cases, what was said in them, and the mediator's word, until there is a page for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy.orm import Session

from bot.rules import NotAllowed, days
from bot.rules import dispute as rules
from bot.rules.escrow import STAGES
from bot.rules.money import ghs, pesewas
from models import escrow, ledger
from models.dispute import Dispute
from models.dispute_word import PDF, DisputeWord
from models.picture import Picture
from models.recording import Recording

if TYPE_CHECKING:
    from bot.wiring import Parts

WHY_NOT = {
    "not_now": "This case is closed.",
    "closed": "This case is closed: only a note to admins can be added.",
    "unknown_reason": "That reason does not go with {outcome}. Known: {known}.",
    "unknown_bearer": "The bearer must be one of: {known}.",
    "no_refund_here": "With {outcome} no money moves.",
    "no_changes_here": "Changes go with the outcome continue only, not with {outcome}.",
    "nothing_to_give_back": "There is no amount to give back (held: {held}); name one.",
    "less_than_held": "A full refund gives back all that is held ({held}); for less there is a partial refund.",
    "more_than_paid": "At most {most} can be given back: what was collected and not given back yet.",
    "bearer_missing": "Only {held} is held: say who bears the rest.",
}
MONEY = ("held", "most")
MOST_WORDS = rules.TEXT_LIMIT // 2  # of a decision


class Number(click.ParamType):
    """ "12" or "D-12"."""

    name = "N"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        digits = str(value).upper().removeprefix("D-")
        return int(digits) if digits.isdigit() else self.fail(f"{value} is no number of a case")


class Cedis(click.ParamType):
    name = "GHS"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return value if isinstance(value, int) else pesewas(str(value))
        except ValueError:
            self.fail(f"{value} is no amount in cedis")


def commands(house: Callable[[], Parts]) -> click.Group:
    """The group `dispute`."""
    group = click.Group("dispute", help="Cases: who complains about what, and the mediator's decision.")
    for name, (run, about, params) in COMMANDS.items():
        group.add_command(click.Command(name, params=list(params), help=about, callback=partial(_in, house, run)))
    return group


def _in(house: Callable[[], Parts], run: Callable[..., None], **given: object) -> None:
    run(house(), **given)


def show_all(parts: Parts) -> None:
    with parts.database.begin() as db:
        rows = [_row(db, dispute, parts.clock.now()) for dispute in Dispute.waiting(db)]
    click.echo("\n".join(rows) or "No case is open.")


def show(parts: Parts, number: int, files: Path | None) -> None:
    with parts.database.begin() as db:
        dispute = _found(db, number)
        click.echo("\n".join([*_head(db, dispute, parts.clock.now()), *_talk(db, dispute, files)]))


def say(parts: Parts, number: int, text: str, for_whom: str, by: str) -> None:
    with _refusals(), parts.database.begin() as db:
        entry: dict[str, object] = {"text": text[: rules.TEXT_LIMIT]}
        _found(db, number).say(db, "mediator", entry, parts.clock.now(), for_whom=for_whom, said_by=by)
    parts.redis.ring("events")


def decide(parts: Parts, number: int, to_customer: str, to_tailor: str, **what: Any) -> None:
    with _refusals(), parts.database.begin() as db:
        dispute = _found(db, number)
        dispute.decide(db, now=parts.clock.now(), to_customer=to_customer[:MOST_WORDS], to_tailor=to_tailor[:MOST_WORDS], **what)
        click.echo(_decision(db, dispute))
    parts.redis.ring("events")


_CASE = click.Argument(["number"], type=Number(), metavar="N")
_FOLDER = click.Path(file_okay=False, path_type=Path)
_REASONS = "; ".join(f"{outcome}: {', '.join(known)}" for outcome, known in rules.REASONS.items())
COMMANDS: dict[str, tuple[Callable[..., None], str, tuple[click.Parameter, ...]]] = {
    "list": (show_all, "Open cases, the most urgent first.", ()),
    "show": (
        show, "Everything about one case.",
        (_CASE, click.Option(["--files"], type=_FOLDER, help="A folder to put photos, documents and voice notes into.")),
    ),
    "say": (
        say, "The mediator's words; to admins they are a note.",
        (
            _CASE, click.Argument(["text"]), click.Option(["--by"], default="", help="Who says it."),
            click.Option(["--to", "for_whom"], type=click.Choice(["both", "customer", "tailor", "admins"]), required=True),
        ),
    ),
    "decide": (
        decide, "Closes a case: moves the money and the order, and tells both sides.",
        (
            _CASE, click.Option(["--outcome"], type=click.Choice(list(rules.REASONS)), required=True),
            click.Option(["--reason"], required=True, metavar="CODE", help=_REASONS),
            click.Option(["--refund"], type=Cedis(), help="What goes to the customer, in cedis; a full refund without it is all that is held."),
            click.Option(["--bearer"], type=click.Choice(rules.BEARERS), help="Who bears what goes beyond the money that is held."),
            click.Option(["--changes"], is_flag=True, help="With continue: the tailor changes something first."),
            click.Option(["--to-customer"], default="", help="Words for the customer."),
            click.Option(["--to-tailor"], default="", help="Words for the tailor."),
            click.Option(["--by"], required=True, help="Who decides."),
        ),
    ),
}  # fmt: skip


@contextmanager
def _refusals() -> Iterator[None]:
    """Says in plain words why a rule refuses, and ends with 1."""
    try:
        yield
    except NotAllowed as refusal:
        raise click.ClickException(in_words(refusal)) from refusal


def in_words(refusal: NotAllowed) -> str:
    values = {k: ghs(int(str(v))) if k in MONEY else v for k, v in refusal.values.items()}
    return WHY_NOT.get(refusal.reason, refusal.reason).format(**values)


def _found(db: Session, number: int) -> Dispute:
    dispute = db.get(Dispute, number)
    if dispute is None:
        raise click.ClickException(f"There is no case D-{number}.")
    return dispute


def _row(db: Session, dispute: Dispute, now: datetime) -> str:
    order, late = dispute.order(db), dispute.is_overdue(now)
    due = "answered" if dispute.answered_at else f"{'OVERDUE since' if late else 'answer by'} {dispute.answer_due_at:%a %d %b %H:%M}"
    held = ghs(ledger.held(db, order.id))
    return f"{dispute.number:8} {dispute.priority:8} {order.number}  {dispute.category} by the {dispute.side}, {held} held, {due}"


def _head(db: Session, dispute: Dispute, now: datetime) -> list[str]:
    order = dispute.order(db)
    held = {stage: ledger.balance(db, escrow.account(order, stage)) for stage in STAGES}
    lines = [
        _row(db, dispute, now), f"Order {order.number}, {order.noun(db)}, total {ghs(order.total)}, was {dispute.from_state}, is {order.state}",
        f"Customer {order.customer(db).first_name}, tailor {order.tailor(db).business}, ready by {days.spoken(order.promised_on, now.date())}",
        "Held: " + ", ".join(f"{stage} {ghs(amount)}" for stage, amount in held.items()),
    ]  # fmt: skip
    content = {True: "content", False: "not content", None: "silent"}
    pleased = f"Afterwards: customer {content[dispute.customer_satisfied]}, tailor {content[dispute.tailor_satisfied]}"
    return [*lines, _decision(db, dispute), pleased] if dispute.is_closed else lines


def _talk(db: Session, dispute: Dispute, files: Path | None) -> list[str]:
    lines = []
    for word in DisputeWord.of(db, dispute.id):
        to = "" if word.for_whom == "both" else f" to {word.for_whom}"
        lines.append(f"{word.at:%d %b %H:%M} {word.said_by or word.who}{to}: {' '.join([word.text, _file(db, dispute, word, files)]).strip()}")
    return lines


def _file(db: Session, dispute: Dispute, word: DisputeWord, files: Path | None) -> str:
    """The name of its file, which is written into the folder when there is one."""
    if word.picture_id:
        picture = Picture.by_id(db, word.picture_id)
        content, ending = picture.content, "pdf" if picture.content_type == PDF else "jpg"
    elif word.recording_id:
        content, ending = Recording.by_id(db, word.recording_id).content, "ogg"
    else:
        return ""
    name = f"{dispute.number}-{word.id}.{ending}"
    if files and content:
        files.mkdir(parents=True, exist_ok=True)
        (files / name).write_bytes(content)
    return f"[{name}]" if content else f"[{name}: not here]"


def _decision(db: Session, dispute: Dispute) -> str:
    borne = f" ({ghs(dispute.borne)} borne by the {dispute.bearer})" if dispute.borne else ""
    money = f"{ghs(dispute.refund)} to the customer{borne}, {ghs(dispute.released)} to the tailor"
    order = dispute.order(db)
    return f"{dispute.number}: {dispute.outcome} ({dispute.reason}) by {dispute.decided_by}: {money}; {order.number} is {order.state}"
