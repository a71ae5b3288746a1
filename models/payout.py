"""Paying a tailor what is hers: on Fridays or when she asks, and never twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from bot.rules import NotAllowed
from bot.rules import disbursement as attempts
from bot.rules import payout as rules
from bot.rules.money import ghs
from bot.rules.payment import Till
from models.disbursement import Disbursement
from models.dry_float import DryFloat
from models.funds import Funds, net, wallet_of
from models.inbox import Inbox
from models.payday import Payday
from models.person import Person
from models.purse import Purse
from models.staff import Staff
from models.switch import PAYOUTS, Switch
from models.tailor import Tailor
from models.timer import Timer

QUIET = ("", "below_minimum")  # nothing a tailor must hear of on payday
NOT_SENT = ("failed", "cancelled", "reversed")
SAME_DAYS = timedelta(days=60)  # older payouts fill no day that is still to come


# -- questions


def why_not(purse: Purse | None, funds: Funds, till: Till, now: datetime) -> str:
    """Why nothing can be paid now; "" when it can."""
    if funds.hers < till.terms.minimum:
        return "below_minimum"
    if PAYOUTS in till.closed():
        return "no_way"
    if purse is None:
        return "no_number"
    if obstacle := purse.obstacle(now):
        return obstacle
    if funds.available < till.terms.minimum:
        return "in_dispute"
    return "" if till.payer(purse.network) else "no_way"


def check_amount(amount: int, funds: Funds, till: Till) -> None:
    """Raises NotAllowed("below_minimum" | "more_than_available")."""
    if amount < till.terms.minimum:
        raise NotAllowed("below_minimum", minimum=ghs(till.terms.minimum))
    if amount > funds.available:
        raise NotAllowed("more_than_available", available=ghs(funds.available))


def to_be_paid(db: Session, week: str, minimum: int) -> list[int]:
    """Tailors with enough in their wallet whom this week has not paid."""
    return list(db.scalars(_TO_BE_PAID, {"week": week, "minimum": minimum}))


def waiting(db: Session) -> list[Disbursement]:
    """Payouts that are not over, those that a person must approve or look into first."""
    settled = Disbursement.state.not_in(("created", "needs_review", "needs_attention"))
    rows = select(Disbursement).where(Disbursement.purpose == "payout", Disbursement.state.in_(attempts.LIVE))
    return list(db.scalars(rows.order_by(settled, Disbursement.id)))


def goes_again(out: Disbursement) -> bool:
    """Whether a payout that was not sent is tried again by itself: no fault of the wallet, and not too often yet."""
    return out.purpose == "payout" and out.state == "failed" and out.reason in attempts.OURS and _tries(out) <= len(attempts.RETRIES)


# -- verbs


def may_leave(db: Session, out: Disbursement, now: datetime) -> bool:
    """Whether an approved attempt may be sent at this moment; one that may not is put off, and stays approved."""
    switches = {f"send:{out.provider}"} | ({PAYOUTS} if out.purpose == "payout" else set())
    if not (switches & Switch.off(db).keys() or (out.purpose == "payout" and DryFloat.is_at(db, out.provider))):
        return True
    out.next_at = now + rules.FLOAT_ASKED_AGAIN
    return False


def request(db: Session, tailor: Tailor, amount: int | None, *, once: str, till: Till, now: datetime) -> list[Disbursement]:
    """The tailor wants an amount, or (None) all of it, now: its parts, one for each day it takes.

    Raises NotAllowed with a reason of `why_not`, or "more_than_available", "too_many_withdrawals".
    """
    purse = Purse.of(db, tailor.id, lock=True)
    if _is_prepared(db, once):
        return []
    funds = Funds.of(db, tailor.id)
    if why := why_not(purse, funds, till, now):
        raise NotAllowed(why, minimum=ghs(till.terms.minimum))
    assert purse is not None
    amount = funds.available if amount is None else amount
    check_amount(amount, funds, till)
    if _withdrawals(db, tailor.id, now) >= rules.WITHDRAWALS_PER_DAY:
        raise NotAllowed("too_many_withdrawals")
    net(db, tailor.id, now)
    return _prepare(db, tailor, purse, amount, once=once, run=None, till=till, now=now)


def weekly(db: Session, tailor_id: int, week: str, *, till: Till, now: datetime) -> str:
    """Pays one tailor for a week, once. "paid", "before" when that was done, else why not, which she is told."""
    once = f"payout:{week}:{tailor_id}"
    purse, tailor = Purse.of(db, tailor_id, lock=True), Tailor.by_id(db, tailor_id)
    if _is_prepared(db, once):
        return "before"
    if purse is not None:
        net(db, tailor_id, now)
    funds = Funds.of(db, tailor_id)
    why = why_not(purse, funds, till, now)
    if not why and purse is not None:
        made = _prepare(db, tailor, purse, funds.available, once=once, run=week, till=till, now=now)
        why = "" if made[0].approved_by else "a_person"
    if purse is not None and why == "number_changed":
        key = f"payout:{week}:{tailor_id}:cold"
        Timer.set(db, key, "payout_hold_over", tailor.person_id, {"week": week}, purse.cold_until(now) or now)
    if why not in QUIET:
        facts = {"week": week, "why": why}
        Inbox.happen(db, tailor.person_id, "payout_held", facts, once=f"payout_held:{week}:{tailor_id}:{why}", now=now)
    return why or "paid"


def heard(db: Session, out: Disbursement, now: datetime) -> None:
    """What follows when an attempt was not sent: a new one is planned, and without money of our own the others wait. Safe to call twice."""
    if not goes_again(out):
        return
    assert out.settled_at is not None
    if out.reason == "float_empty":
        DryFloat.note(db, out.provider, now)
    _plan_again(db, out, out.settled_at + attempts.pause(_tries(out)))


def again(db: Session, disbursement_id: int, *, till: Till, now: datetime) -> Disbursement | None:
    """A new attempt for one that is proven not sent, to the wallet that is hers now. None when there is nothing (left) to send."""
    old = Disbursement.by_id(db, disbursement_id)
    assert old.tailor_id is not None
    purse, tailor = Purse.of(db, old.tailor_id, lock=True), Tailor.by_id(db, old.tailor_id)
    if not goes_again(old):
        return None
    net(db, tailor.id, now)
    funds = Funds.of(db, tailor.id)
    why = why_not(purse, funds, till, now)
    if why == "no_way":
        _plan_again(db, old, now + rules.FLOAT_ASKED_AGAIN)
    if purse is None or why:
        return None
    return _once_more(db, old, purse, funds, till, now)


def retry(db: Session, disbursement_id: int, *, till: Till, now: datetime) -> Disbursement:
    """A person has looked: one that was not sent goes again, to the wallet that is hers now, whatever had been wrong.

    Raises NotAllowed("not_now" | a reason of `why_not`).
    """
    tailor_id = Disbursement.by_id(db, disbursement_id).tailor_id
    purse = Purse.of(db, tailor_id, lock=True) if tailor_id else None
    old = Disbursement.by_id(db, disbursement_id, lock=True)
    if purse is None or old.purpose != "payout" or old.state not in NOT_SENT:
        raise NotAllowed("not_now")
    net(db, purse.tailor_id, now)
    if why := why_not(purse, funds := Funds.of(db, purse.tailor_id), till, now):
        raise NotAllowed(why, minimum=ghs(till.terms.minimum))
    made = _once_more(db, old, purse, funds, till, now)
    if made is None:
        raise NotAllowed("not_now")  # it was tried again already
    return made


def approve(db: Session, disbursement_id: int, by: str, *, till: Till, now: datetime) -> Disbursement:
    """A second person lets a payout go. Raises NotAllowed("not_now" | "same_person" | an obstacle of the purse)."""
    tailor_id = Disbursement.by_id(db, disbursement_id).tailor_id
    purse = Purse.of(db, tailor_id, lock=True) if tailor_id else None
    out = Disbursement.by_id(db, disbursement_id, lock=True)
    if purse is None or out.purpose != "payout":
        raise NotAllowed("not_now")
    if any(_is_same(db, by, maker) for maker in _makers(db, out)):
        raise NotAllowed("same_person")
    if obstacle := purse.obstacle(now):
        raise NotAllowed(obstacle)
    day = rules.first_day(out.amount, _taken(db, purse.tailor_id, now), now.date(), till.terms)
    out.approve(by, now)
    out.next_at = rules.moment(day, now)
    return out


# -- private


def _payouts(tailor_id: int) -> tuple[ColumnElement[bool], ...]:
    """Those of a tailor that carry money, or carried it."""
    lives = Disbursement.state.in_((*attempts.LIVE, "succeeded"))
    return Disbursement.purpose == "payout", Disbursement.tailor_id == tailor_id, lives


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.date(), time(), UTC)


def _plan_again(db: Session, out: Disbursement, due: datetime) -> None:
    Timer.set(db, f"payout:{out.id}:again", "payout_again", out.person_id, {"disbursement_id": out.id}, due)


def _tries(out: Disbursement) -> int:
    return 1 + out.once.count(":again")


def _is_prepared(db: Session, once: str) -> bool:
    return db.scalar(select(Disbursement.id).where(Disbursement.once == once)) is not None


def _withdrawals(db: Session, tailor_id: int, now: datetime) -> int:
    """How often she asked today; parts of one request, and what was not sent, do not count."""
    own = Disbursement.run.is_(None), Disbursement.created_at >= _midnight(now)
    return int(db.scalar(select(func.count(Disbursement.created_at.distinct())).where(*_payouts(tailor_id), *own)) or 0)


def _once_more(db: Session, old: Disbursement, purse: Purse, funds: Funds, till: Till, now: datetime) -> Disbursement | None:
    amount = min(old.amount, funds.available)
    day = rules.first_day(amount, _taken(db, purse.tailor_id, now), now.date(), till.terms)
    is_sure = purse.number == old.msisdn or (old.approved_by == "rules" and not _is_strange(db, purse))  # else nobody has agreed to this wallet
    named = {"once": f"{old.once}:again", "run": old.run, "retry_of": old.id, "approved_by": old.approved_by if is_sure else None}
    tailor, provider = Tailor.by_id(db, purse.tailor_id), till.payer(purse.network, old.provider)
    return _write(db, tailor, purse, amount, provider, rules.moment(day, now), now=now, **named)


def _taken(db: Session, tailor_id: int, now: datetime) -> Counter[date]:
    """What her wallet receives from us by day, today and later."""
    recent = Disbursement.approved_by.is_not(None), Disbursement.created_at > now - SAME_DAYS
    days: Counter[date] = Counter()
    for out in db.scalars(select(Disbursement).where(*_payouts(tailor_id), *recent)):
        when = out.submitted_at or out.next_at or now
        days[(max(when, now) if out.state == "approved" else when).date()] += out.amount
    return days


def _is_same(db: Session, by: str, maker: str) -> bool:
    """Two people of the desk are told apart by their logins, everybody else by name, where a doubt counts as yes."""
    one, other = Staff.by_login(db, by), Staff.by_login(db, maker)
    if one and other:
        return one.id == other.id
    return rules.same_name(one.name if one else by, other.name if other else maker) != "mismatched"


def _makers(db: Session, out: Disbursement) -> list[str]:
    """Who wanted a payout: whoever ran the week, and the tailor."""
    tailor, payday = Tailor.by_id(db, out.tailor_id or 0), Payday.of(db, out.run or "")
    return [*(payday.run_by if payday else ()), tailor.business, Person.by_id(db, tailor.person_id).name]


def _prepare(
    db: Session, tailor: Tailor, purse: Purse, amount: int, *, once: str, run: str | None, till: Till, now: datetime
) -> list[Disbursement]:
    """Sets an amount aside, in the parts that her wallet can take day by day; without approval when a person must look."""
    asked = db.scalar(select(func.sum(Disbursement.amount)).where(*_payouts(tailor.id), Disbursement.created_at >= _midnight(now)))
    looks = rules.needs_a_person(amount, int(asked or 0), till.terms) or _is_strange(db, purse)
    made = []
    for n, (day, part) in enumerate(rules.spread(amount, _taken(db, tailor.id, now), now.date(), till.terms), 1):
        named = {"once": once if n == 1 else f"{once}:{n}", "run": run, "approved_by": None if looks else "rules"}
        made.append(_write(db, tailor, purse, part, till.payer(purse.network), rules.moment(day, now), now=now, **named))
    return [out for out in made if out]


def _is_strange(db: Session, purse: Purse) -> bool:
    """Whether nobody can say whose wallet it is, and no payout has reached it since it is hers."""
    if purse.name_state != "unknown":
        return False
    ours = Disbursement.tailor_id == purse.tailor_id, Disbursement.state == "succeeded", Disbursement.submitted_at >= purse.verified_at
    return db.scalar(select(Disbursement.id).where(Disbursement.purpose == "payout", *ours).limit(1)) is None


def _write(
    db: Session, tailor: Tailor, purse: Purse, amount: int, provider: str | None, at: datetime, *, now: datetime, **named: Any
) -> Disbursement | None:
    """One attempt, to be sent at a moment if it is approved already; None when it was written before."""
    return Disbursement.prepare(
        db, purpose="payout", way="transfer", amount=amount, source=wallet_of(tailor.id), person_id=tailor.person_id, tailor_id=tailor.id,
        provider=provider, network=purse.network, msisdn=purse.number, name=purse.name, next_at=at if named["approved_by"] else None, now=now,
        **named,
    )  # fmt: skip


_TO_BE_PAID = text("""
    SELECT tailor.id FROM tailor JOIN account ON account.code = 'tailor_wallet:' || tailor.id
    WHERE -account.balance >= :minimum AND NOT EXISTS (
        SELECT 1 FROM disbursement WHERE once = 'payout:' || :week || ':' || tailor.id)
    ORDER BY tailor.id""")
