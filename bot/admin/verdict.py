"""A mediator's decision as it is typed, and what it would do: tried for real and taken back, so that the deed cannot differ."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from flask import request

from bot import mediator
from bot.admin import rehearsal
from bot.admin.door import Desk
from bot.rules import NotAllowed
from bot.rules import dispute as rules
from bot.rules.money import pesewas
from models import settlement
from models.dispute import SIDES, Dispute
from models.order import Order
from models.person import Person


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was chosen and typed. `refund` is as typed, in cedis."""

    outcome: str = ""
    reason: str = ""
    refund: str = ""
    bearer: str = ""
    changes: bool = False
    to_customer: str = ""
    to_tailor: str = ""

    @classmethod
    def typed(cls) -> Verdict:
        form = {name: request.form.get(name, "").strip() for name in ("outcome", "reason", "refund", "bearer")}
        words = {name: request.form.get(name, "").strip()[: mediator.MOST_WORDS] for name in ("to_customer", "to_tailor")}
        outcome, _, reason = form.pop("reason").rpartition(":")
        picked = form["outcome"] or outcome
        return cls(**form | words | {"outcome": picked, "reason": reason}, changes="changes" in request.form)

    @property
    def pesewas(self) -> int | None:
        """Raises NotAllowed("bad_amount")."""
        try:
            return pesewas(self.refund.replace(",", "").removeprefix("GHS").strip()) if self.refund else None
        except ValueError:
            raise NotAllowed("bad_amount") from None

    def decide(self, desk: Desk, dispute: Dispute) -> None:
        """Raises NotAllowed, also where the outcome moves no money and yet an amount was typed."""
        if self.outcome not in rules.REASONS:
            raise NotAllowed("no_outcome")
        dispute.decide(
            desk.db, self.outcome, reason=self.reason, by=desk.staff.login, now=desk.now, refund=self.pesewas, bearer=self.bearer or None,
            changes=self.changes, to_customer=self.to_customer, to_tailor=self.to_tailor,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    to: str
    language: str
    text: str
    delay: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What it would do, in pesewas, and what both would read. `seal` changes whenever anything of it does."""

    back: int
    borne: int
    bearer: str
    released: int
    commission: int
    tax: int
    to_tailor: int
    held: int
    stays: int
    order_state: str
    messages: list[Message]
    seal: str

    @property
    def adds_up(self) -> bool:
        return self.back - self.borne + self.commission + self.tax + self.to_tailor + self.stays == self.held


def preview(desk: Desk, dispute_id: int, verdict: Verdict) -> Preview:
    """Raises NotAllowed."""
    with rehearsal.tried(desk.db):
        order = Order.by_id(desk.db, Dispute.by_id(desk.db, dispute_id).order_id, lock=True)  # before its case, as everywhere
        dispute = Dispute.by_id(desk.db, dispute_id, lock=True)
        held = sum(settlement.bounds(desk.db, order).held.values())
        moved = settlement.effects(desk.db, order, verdict.outcome, refund=verdict.pesewas, bearer=verdict.bearer or None)
        verdict.decide(desk, dispute)
        desk.db.flush()
        released, commission = sum(moved.released.values()), sum(moved.fees.values())
        stays = held - sum(moved.back.values()) - released
        done: dict[str, Any] = {
            "back": dispute.refund, "borne": dispute.borne, "bearer": dispute.bearer or "", "released": released, "commission": commission,
            "tax": released - commission - dispute.released, "to_tailor": dispute.released, "held": held, "stays": stays,
            "order_state": order.state, "messages": [_message(desk, dispute, side) for side in SIDES],
        }  # fmt: skip
    return Preview(**done, seal=_sealed(verdict, done))


def _message(desk: Desk, dispute: Dispute, side: str) -> Message:
    person = Person.by_id(desk.db, dispute.person_on(desk.db, side))
    text = rehearsal.read_by(desk, person.id, "decision", dispute_id=dispute.id)
    language = desk.parts.words.languages.get(person.language)
    return Message(dispute.name_of(desk.db, side), language.name if language else "English", text, rehearsal.delay(desk, person, by_day=False))


def _sealed(verdict: Verdict, done: dict[str, Any]) -> str:
    """Texts are left out: the hours that are left in them pass while somebody reads."""
    seen = asdict(verdict) | {name: value for name, value in done.items() if name != "messages"}
    return sha256(repr(sorted(seen.items())).encode()).hexdigest()[:32]
