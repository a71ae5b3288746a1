"""What stories say about an order that somebody of ours moves in a person's place.

    * Esi cancels Ama's order                    the newest of hers; or: approves, confirms
    * Esi puts Ama's order off by 5 days
    * Esi gives Ama's order to Yaw
    * Esi may not cancel Ama's order: only_by_dispute
"""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select

from bot.rules import NotAllowed
from models import on_behalf
from models.order import Order
from tests.stage import Stage

PLAIN = {"cancel": on_behalf.cancel, "approve": on_behalf.approve_fitting, "confirm": on_behalf.confirm}


def happen(line: str, stage: Stage) -> bool:
    order = r"(\w+)'s order"
    deeds = rf"(cancel|approve|confirm)s? {order}|puts? {order} off by (\d+) days|gives? {order} to (\w+)"
    m = re.fullmatch(rf"(\w+) (?:(may not) )?(?:{deeds})(?:: (\w+))?", line)
    if not m:
        return False
    by, is_refused, verb, whose, put_off, days, given, tailor, refusal = m.groups()
    who = whose or put_off or given
    try:
        _act(stage, by.lower(), verb, who.lower(), int(days or 0), (tailor or "").lower())
    except NotAllowed as why:
        assert is_refused and why.reason == refusal, why.reason
    else:
        assert not is_refused, f"that was to be refused: {refusal}"
    stage.settle()
    return True


def _act(stage: Stage, by: str, verb: str | None, who: str, days: int, tailor: str) -> None:
    with stage.parts.database.begin() as db:
        person, now = stage.person(db, who), stage.parts.clock.now()
        assert person
        order = db.scalars(select(Order).where(Order.customer_id == person.id).order_by(Order.id.desc()).with_for_update()).first()
        assert order
        if verb:
            PLAIN[verb](db, order, by, now)
        elif days:
            on_behalf.promise(db, order, order.promised_on + timedelta(days=days), by, now)
        else:
            on_behalf.offer_to(db, order, stage.tailor(db, tailor), by, now)
