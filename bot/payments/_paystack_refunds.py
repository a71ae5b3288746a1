"""Money that Paystack gives back: it knows no reference for a refund, so ours travels in the note and is looked for before and after."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bot.payments import Absent, Answer, GiveBack, Needs, NotAccepted, Paid, Pending, Refused, Submitted, Unknown
from bot.payments._http import NoAnswer, NotSent, reference, text
from bot.payments._paystack_api import Api, minor, moment, readable, stamp

OPEN = frozenset({"pending", "processing", "needs-attention"})
#: How long a request whose answer was lost may still turn up: until then it is not repeated.
GRACE_S = 600
_OURS = re.compile(r"\b[0-9a-f]{32}\b")

log = logging.getLogger(__name__)


class Refunds:
    def __init__(self, api: Api, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._api, self._monotonic = api, monotonic
        self._lost: dict[str, float] = {}  # references whose request was never answered, and when

    def give_back(self, refund: GiveBack) -> Submitted:
        try:
            if found := self._find(refund):
                return found
            if self._may_still_come(refund.reference):
                return Unknown("the first request may still arrive")
        except NotSent as error:
            return NotAccepted(f"not sent: {error}")
        except NoAnswer as error:
            return Unknown(f"no list of refunds: {error}")
        answer = self._post(refund)
        if isinstance(answer, Unknown):
            self._lost[refund.reference] = self._monotonic()
            return self._look_again(refund) or answer
        return answer

    def given_back(self, refund: GiveBack) -> Answer:
        try:
            found = self._find(refund)
        except (NotSent, NoAnswer) as error:
            return Unknown(f"no list of refunds: {error}")
        if isinstance(found, NotAccepted):  # another one is open: ours is not there
            found = None
        if found is None and self._may_still_come(refund.reference):
            return Unknown("the request may still arrive")
        return found or Absent()

    # -- private

    def _post(self, refund: GiveBack) -> Submitted:
        body = {
            "transaction": refund.paid,
            "amount": refund.amount,
            "currency": refund.currency,
            "customer_note": readable(refund.note),
            "merchant_note": f"{readable(refund.note)[:120]} {refund.reference}".strip(),
        }
        try:
            said = self._api.post("/refund", body)
        except NotSent as error:
            return NotAccepted(f"not sent: {error}")
        except NoAnswer as error:
            return Unknown(f"no answer: {error}")
        if not said.worked:
            return said.refusal()
        if said.status == "processed":  # proven by the list, not by the answer to the request
            return self._look_again(refund) or Unknown("given back, but not in the list")
        return _answer(refund, said.data)

    def _look_again(self, refund: GiveBack) -> Submitted | None:
        """Ours in the list, None when it is not there or the list cannot be had."""
        try:
            found = self._find(refund)
        except (NotSent, NoAnswer):
            return None
        return None if isinstance(found, NotAccepted) else found

    def _find(self, refund: GiveBack) -> Pending | Needs | Paid | Refused | Unknown | NotAccepted | None:
        """Ours by the reference in its note; or why another one of the same payment stands in the way. The list is read to its end:
        half of it would prove nothing. Raises NotSent, NoAnswer."""
        theirs = [row for row in self._api.rows("/refund", "perPage", **self._since(refund)) if _is_of(row, refund)]
        ours = [row for row in theirs if refund.reference in text(row.get("merchant_note"), 1000)]
        if ours:
            return _answer(refund, min(ours, key=lambda row: _status(row) == "failed"))
        for row in theirs:
            if not _OURS.search(text(row.get("merchant_note"), 1000)) and minor(row.get("amount")) == refund.amount and _status(row) != "failed":
                return Unknown("somebody gave the same amount back by hand")
            if _status(row) in OPEN:
                return NotAccepted("another refund of this payment is open")
        return None

    def _since(self, refund: GiveBack) -> dict[str, str]:
        """Where to begin reading: nothing is given back before it was paid. Raises NotSent, NoAnswer."""
        said = self._api.get(f"/transaction/verify/{refund.paid}")
        if not said.worked and not said.says_missing:
            raise NoAnswer(f"HTTP {said.http}")
        begun = moment(said.data.get("created_at") or said.data.get("createdAt"))
        return {"from": stamp(begun - timedelta(days=1))} if begun else {}

    def _may_still_come(self, reference: str) -> bool:
        for known, at in list(self._lost.items()):
            if self._monotonic() - at >= GRACE_S:
                self._lost.pop(known, None)
        return reference in self._lost


def _is_of(row: dict[str, Any], refund: GiveBack) -> bool:
    """Whether a row is about the payment: by our reference, by Paystack's id, or by our own note."""
    about = row.get("transaction")
    ident = text(about.get("id") if isinstance(about, dict) else about)
    named = about.get("reference") if isinstance(about, dict) else row.get("transaction_reference")
    by_id = bool(refund.paid_id) and ident == refund.paid_id
    return reference(named) == refund.paid or by_id or refund.reference in text(row.get("merchant_note"), 1000)


def _status(row: dict[str, Any]) -> str:
    return text(row.get("status")).lower()


def _answer(refund: GiveBack, row: dict[str, Any]) -> Pending | Needs | Paid | Refused | Unknown:
    status = _status(row)
    if status == "processed":
        amount, currency = minor(row.get("amount")), text(row.get("currency"))
        if amount is None or not currency:
            return Unknown("given back, but how much is unreadable")
        return Paid(refund.reference, amount, currency, text(row.get("id")))
    if status == "failed":  # the money is ours again, and still owed
        return Refused("unclear", status)
    if status == "needs-attention":
        log.error("paystack: a refund needs the customer's account; retry it on the dashboard")
        return Needs("attention")
    if not status:
        return Unknown("an answer without a status")
    if status not in OPEN:
        log.warning("paystack: a refund's status we do not know: %.40r", status)
    return Pending()
