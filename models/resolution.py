"""What two people's decision about a case does to the books."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.payments import Paid, Refused, Reversed
from bot.rules import NotAllowed
from bot.rules import case as rules
from bot.understand import network_hint
from models import goodwill, ledger, payout
from models.base import Json
from models.case import Case
from models.disbursement import Disbursement
from models.document import refund_receipt_for
from models.inbox import Inbox
from models.order import Order
from models.payment import Payment
from models.reconciliation import ADOPTED
from models.refund import Refund
from models.statement import StatementLine


def confirm(db: Session, case: Case, by: str, now: datetime) -> None:
    """A second person agrees: it is done, and the case is closed. Raises NotAllowed."""
    case = _locked(db, case)
    proposal = case.check_second(by)
    EFFECTS[proposal["resolution"]](db, case, proposal, now)
    case.close(proposal["resolution"], by=by, now=now)


def keep_waiting(db: Session, case: Case, now: datetime) -> None:
    """The provider is asked once more; nothing is decided. Raises NotAllowed("does_not_fit" | "closed")."""
    case = _locked(db, case)
    if "keep_waiting" not in rules.KINDS[case.kind].resolutions:
        raise NotAllowed("does_not_fit", resolution="keep_waiting")
    if case.state != "open":
        raise NotAllowed("closed")
    if ident := case.facts.get("payment_id"):
        Payment.by_id(db, ident, lock=True).hint(now)
    elif ident := case.facts.get("disbursement_id"):
        Disbursement.by_id(db, ident, lock=True).hint(now)
    elif ident := case.facts.get("refund_id"):
        Refund.by_id(db, ident, lock=True).next_at = now


# -- one function for each resolution


def _give_back(db: Session, case: Case, proposal: Json, now: datetime) -> None:
    _check_currency(case)
    refund = _held(db, case)
    if refund is None:
        payment = _adopt(db, case, _order(db, case, proposal), None, now)
        _owe(db, case, payment, case.facts["excess"], now)
        refund_account = f"refunds_payable:{payment.person_id}"
    else:
        refund.let_go(now)
        refund_account = refund.account
    _post(db, case, {refund_account: -case.facts["excess"]}, now)


def _apply(db: Session, case: Case, proposal: Json, now: datetime) -> None:
    """Only when it is enough for what is due. The customer's conversation tells everybody."""
    _check_currency(case)
    order, refund = _order(db, case, proposal), _held(db, case)
    stage, amount = order.due_stage(db), int(case.facts["excess"])
    if stage is None or amount < order.part(stage):
        raise NotAllowed("nothing_due" if stage is None else "too_little")
    if refund is None:
        payment = _adopt(db, case, order, stage, now)
    else:
        payment = Payment.by_id(db, refund.payment_id, lock=True)
        if payment.stage != stage:
            raise NotAllowed("nothing_due")
        payment.booked = "escrow"
        db.delete(refund)
        db.flush()
    rest = amount - order.part(stage)
    _post(db, case, {f"escrow:{order.id}:{stage}": -order.part(stage), f"refunds_payable:{payment.person_id}": -rest}, now, order.id)
    if rest:
        _owe(db, case, payment, rest, now)
    facts = {"payment_id": payment.id, "order_id": order.id, "net": order.funded(db, stage, now)}
    Inbox.happen(db, payment.person_id, "payment_applied", facts, once=f"case:{case.id}", now=now)


def _returned(db: Session, case: Case, proposal: Json, now: datetime) -> None:
    """By the provider's own page, or in cash: it left the account the provider keeps for us."""
    if case.kind == "refund_stuck":
        refund = Refund.by_id(db, case.facts["refund_id"], lock=True)
        if refund.state != "owed":
            raise NotAllowed("not_now")  # an attempt is under way
        lines = {refund.account: refund.amount, f"provider_clearing:{case.provider}": -refund.amount}
        ledger.post(db, _key(db, case), lines, order_id=refund.order_id, now=now)
    else:
        held, mark = _held(db, case), str(case.facts["account"]).removeprefix("suspense:unmatched")
        _post(db, case, {f"provider_clearing:{case.provider}{mark}": -case.facts["excess"]}, now)
        if held is None:
            return
        refund = held
    refund.arrived(now)


def _written_off(db: Session, case: Case, proposal: Json, now: datetime) -> None:
    if refund := _held(db, case):
        db.delete(refund)
    if "account" not in case.facts:
        raise NotAllowed("nothing_to_write_off")  # which of two amounts is right is not known: a correction is posted by hand
    mark = "" if case.facts["currency"] == ledger.HOUSE_CURRENCY else f":{case.facts['currency']}"
    _post(db, case, {f"loss:writeoff{mark}": -case.facts["excess"]}, now)


def _proven(db: Session, case: Case, proposal: Json, now: datetime) -> None:
    """Somebody holds the proof that the provider does not give: it is heard as if the provider had said it."""
    out = Disbursement.by_id(db, case.facts["disbursement_id"], lock=True)
    arrived = proposal["resolution"] == "arrived"
    _heard(db, out, Paid(out.reference, out.amount, out.currency, "") if arrived else Refused("unclear", "by hand"), now)


def _as_stated(db: Session, case: Case, proposal: Json, now: datetime) -> None:
    """The provider does not say it when it is asked, but its statement does."""
    line = StatementLine.by_id(db, case.facts["line_id"])
    if line.kind == "collected":
        payment = Payment.by_id(db, case.facts["payment_id"])
        answer = asdict(Paid(payment.reference, line.amount, line.currency, line.provider_id))
        facts = {"payment_id": payment.id, "order_id": payment.order_id, "kind": "paid", "answer": answer}
        Inbox.happen(db, payment.person_id, "payment_answered", facts, once=f"case:{case.id}", now=now)
        return
    out = Disbursement.by_id(db, case.facts["disbursement_id"], lock=True)
    if line.amount != out.amount:
        raise NotAllowed("does_not_fit", resolution="as_stated")
    is_back = line.kind == "reversed"
    _heard(db, out, Reversed(line.provider_id) if is_back else Paid(out.reference, out.amount, out.currency, line.provider_id), now)


def _heard(db: Session, out: Disbursement, answer: Paid | Refused | Reversed, now: datetime) -> None:
    outcome = out.hear(db, answer, now)
    if outcome not in ("sent", "not_sent", "reversed"):
        raise NotAllowed("not_now")  # it was settled meanwhile
    if out.refund_id is None:
        payout.heard(db, out, now)
        Inbox.happen(db, out.person_id, f"payout_{outcome}", {"disbursement_id": out.id}, once=f"payout:{out.id}:{outcome}", now=now)
        return
    refund = Refund.by_id(db, out.refund_id, lock=True)
    if outcome != "sent":
        refund.did_not_arrive(now)
        return
    refund.arrived(now)
    refund_receipt_for(db, refund, now, reference=out.reference)
    facts = {"refund_id": refund.id, "outcome": outcome}
    Inbox.happen(db, refund.person_id, "refund_answered", facts, once=f"refund:{refund.id}:{outcome}", now=now)


def _goodwill(db: Session, case: Case, proposal: Json, now: datetime) -> None:
    """At our own expense."""
    goodwill.give(db, case, now)


def _nothing(db: Session, case: Case, proposal: Json, now: datetime) -> None:
    """There is nothing to do."""


EFFECTS: dict[str, Callable[[Session, Case, Json, datetime], None]] = {
    "give_back": _give_back, "apply": _apply, "returned": _returned, "written_off": _written_off, "arrived": _proven, "not_sent": _proven,
    "as_stated": _as_stated, "already_right": _nothing,
    "goodwill": _goodwill,
}  # fmt: skip


# -- private


def _locked(db: Session, case: Case) -> Case:
    """What it is about is locked before the case itself, as the workers do who open and settle cases."""
    for name, kind in (("line_id", StatementLine), ("order_id", Order), ("payment_id", Payment), ("disbursement_id", Disbursement)):
        if ident := case.facts.get(name):
            kind.by_id(db, ident, lock=True)
    if ident := case.facts.get("refund_id"):
        Refund.by_id(db, ident, lock=True)
    return Case.by_id(db, case.id, lock=True)


def _post(db: Session, case: Case, others: dict[str, int], now: datetime, order_id: int | None = None) -> None:
    """The entry that was missing, against where the money goes."""
    lines = {str(case.facts["account"]): int(case.facts["excess"]), **others}
    order = order_id or case.facts.get("order_id")
    ledger.post(db, _key(db, case), lines, order_id=order, currency=case.facts["currency"], now=now)


def _key(db: Session, case: Case) -> str:
    """Of the entry: a case that was opened anew has one for each time."""
    key = f"case:{case.id}"
    before = select(func.count()).where(or_(ledger.Journal.key == key, ledger.Journal.key.startswith(f"{key}:", autoescape=True)))
    times = db.scalar(before) or 0
    return f"{key}:{times + 1}" if times else key


def _held(db: Session, case: Case) -> Refund | None:
    """What is kept for the payer of a wrong amount."""
    if case.kind != "wrong_amount":
        return None
    return next((r for r in Refund.of_order(db, case.facts["order_id"]) if r.payment_id == case.facts["payment_id"] and r.state == "held"), None)


def _order(db: Session, case: Case, proposal: Json) -> Order:
    """The one the case names, or the one the proposal names by its number. Raises NotAllowed("whose")."""
    ident = case.facts.get("order_id") or db.scalar(select(Order.id).where(Order.number == str(proposal.get("order", "")).upper()))
    if ident is None:
        raise NotAllowed("whose")
    return Order.by_id(db, int(ident), lock=True)


def _adopt(db: Session, case: Case, order: Order, stage: str | None, now: datetime) -> Payment:
    """Money without a record gets one, so that it can be counted and given back to the wallet it came from."""
    line = StatementLine.by_id(db, case.facts["line_id"], lock=True)
    if not line.msisdn and stage is None:
        raise NotAllowed("no_wallet")
    is_free = line.reference and Payment.by_reference(db, line.reference) is None
    reference = line.reference if is_free else uuid.uuid4().hex
    payment = Payment(
        reference=reference, order_id=order.id, stage=stage or "deposit", person_id=order.customer_id,
        provider=line.provider, network=network_hint(line.msisdn) or "mtn", msisdn=line.msisdn, amount=order.part(stage) if stage else line.amount,
        currency=line.currency, state="succeeded", booked="escrow" if stage else "surplus", code=f"{ADOPTED}{case.id}",
        provider_id=line.provider_id, refusals=[], callback_key=secrets.token_urlsafe(16), created_at=now, submitted_at=line.at, polls=0,
    )  # fmt: skip
    db.add(payment)
    db.flush()
    line.payment_id = payment.id
    return payment


def _owe(db: Session, case: Case, payment: Payment, amount: int, now: datetime) -> None:
    Refund.owe(
        db, f"case:{case.id}", order_id=payment.order_id, payment_id=payment.id, person_id=payment.person_id, amount=amount,
        currency=ledger.HOUSE_CURRENCY, cause="surplus", now=now,
    )  # fmt: skip


def _check_currency(case: Case) -> None:
    if case.facts["currency"] != ledger.HOUSE_CURRENCY:
        raise NotAllowed("foreign_currency")  # it can only be returned by hand, or written off
