"""Money that leaves by MTN: the product Disbursements."""

from __future__ import annotations

from collections.abc import Mapping

from bot.payments import Answer, GiveBack, Reason, Submitted, Transfer
from bot.payments._http import NoAnswer, NotSent, fields, money, text
from bot.payments._mtn_api import NoToken, Product, dashed, notes, party
from bot.rules.money import major


class Disbursements:
    """Transfers and refunds. The status of both is always read from v1_0, whatever version was posted to."""

    def __init__(self, product: Product, currency: str, reasons: Mapping[str, Reason]) -> None:
        self._product, self._currency, self._reasons = product, currency, reasons

    def send(self, transfer: Transfer, callback_url: str) -> Submitted:
        body = {
            "amount": major(transfer.amount),
            "currency": transfer.currency,
            "externalId": transfer.reference,
            "payee": party(transfer.msisdn),
            **notes(transfer.note),
        }
        return self._product.submit("v1_0/transfer", transfer.reference, body, callback_url)

    def sent(self, reference: str) -> Answer:
        return self._product.status("v1_0/transfer", reference, self._reasons)

    def give_back(self, refund: GiveBack, callback_url: str) -> Submitted:
        """MTN knows which wallet paid: it is told the X-Reference-Id of the payment, never a number."""
        body = {
            "amount": major(refund.amount),
            "currency": refund.currency,
            "externalId": refund.reference,
            "referenceIdToRefund": dashed(refund.paid),
            **notes(refund.note),
        }
        return self._product.submit("v2_0/refund", refund.reference, body, callback_url)

    def given_back(self, reference: str) -> Answer:
        return self._product.status("v1_0/refund", reference, self._reasons)

    def balance(self) -> int | None:
        try:
            answer = self._product.call("GET", "v1_0/account/balance")
        except (NoToken, NotSent, NoAnswer):
            return None
        data = fields(answer.content)
        if answer.status_code != 200 or text(data.get("currency")) != self._currency:
            return None
        return money(data.get("availableBalance"))


def holder(product: Product, msisdn: str) -> str | None:
    """The name of a wallet, which MTN tells without the holder's consent; either product may ask."""
    try:
        answer = product.call("GET", f"v1_0/accountholder/msisdn/{msisdn}/basicuserinfo")
    except (NoToken, NotSent, NoAnswer):
        return None
    if answer.status_code == 404:
        return ""
    data = fields(answer.content) if answer.status_code == 200 else {}
    both = " ".join(filter(None, (text(data.get("given_name")), text(data.get("family_name")))))
    return text(data.get("name"), 128) or both or None
