"""Money that leaves by Paystack's transfers, and what its lists know of wallets."""

from __future__ import annotations

import logging

from bot.payments import Absent, Answer, Needs, NotAccepted, Pending, Reason, Refused, Reversed, Submitted, Transfer, Unknown
from bot.payments._http import NoAnswer, NotSent, reference, text
from bot.payments._paystack_api import BANKS, Api, Said, local, minor, readable

#: A transfer's last words -> ours. Paystack gives no reason with them.
ENDED: dict[str, Reason] = {"failed": "unclear", "abandoned": "too_late", "blocked": "our_fault", "rejected": "our_fault"}
WAITING = frozenset({"pending", "received", "processing", "queued", "ongoing"})

log = logging.getLogger(__name__)


class Transfers:
    def __init__(self, api: Api) -> None:
        self._api = api

    def send(self, transfer: Transfer) -> Submitted:
        """Looks first whether the reference is there: that a repeated one is refused is promised only for lists of transfers."""
        try:
            known = self._api.get(f"/transfer/verify/{transfer.reference}")
            if known.worked:
                return _submitted(self._answer(transfer.reference, known))
            if not known.says_missing:
                return known.refusal()
            recipient = self._recipient(transfer)
            if not isinstance(recipient, str):
                return recipient
            return self._sent_off(transfer.reference, self._api.post("/transfer", _body(transfer, recipient)))
        except NotSent as error:
            return NotAccepted(f"not sent: {error}")
        except NoAnswer as error:
            return Unknown(f"no answer: {error}")

    def sent(self, reference: str) -> Answer:
        try:
            said = self._api.get(f"/transfer/verify/{reference}")
        except (NotSent, NoAnswer) as error:
            return Unknown(f"no answer: {error}")
        if said.says_missing:
            return Absent()
        return self._answer(reference, said) if said.worked else Unknown(f"HTTP {said.http}")

    def holder(self, msisdn: str, network: str) -> str | None:
        if network not in BANKS:
            return None
        try:
            said = self._api.get("/bank/resolve", account_number=local(msisdn), bank_code=BANKS[network])
        except (NotSent, NoAnswer):
            return None
        if said.worked:
            return text(said.data.get("account_name"), 128) or None
        nobody = said.http == 404 or "could not resolve" in said.message
        return "" if nobody and said.body.get("status") is False and said.code != "invalid_bank_code" else None

    def balance(self) -> int | None:
        try:
            said = self._api.get("/balance")
        except (NotSent, NoAnswer):
            return None
        pots = said.body.get("data") if said.worked else None
        ours = [pot for pot in pots if isinstance(pot, dict) and pot.get("currency") == self._api.currency] if isinstance(pots, list) else []
        return minor(ours[0].get("balance")) if len(ours) == 1 else None

    # -- private

    def _recipient(self, transfer: Transfer) -> str | NotAccepted | Unknown:
        """Paystack's code for a wallet; asking twice gives the same one. Nothing has been sent yet, so no refusal can be doubtful."""
        said = self._api.post(
            "/transferrecipient",
            {
                "type": "mobile_money",
                "name": readable(transfer.name) or local(transfer.msisdn),
                "account_number": local(transfer.msisdn),
                "bank_code": BANKS[transfer.network],
                "currency": transfer.currency,
            },
        )
        code = text(said.data.get("recipient_code")) if said.worked else ""
        return code or NotAccepted(f"no recipient: HTTP {said.http}", ours=said.http in (400, 401, 403))

    def _sent_off(self, asked: str, said: Said) -> Submitted:
        """What is final is proven by asking again, not by the answer to the request."""
        if said.worked:
            return _submitted(self.sent(asked) if said.status == "success" else self._answer(asked, said))
        if said.http == 400 and (said.code == "insufficient_balance" or "balance is not enough" in said.message):
            return Refused("float_empty", "insufficient_balance")
        if said.http == 400 or said.says_duplicate:  # how a repeated reference is refused is written nowhere
            known = self.sent(asked)
            return said.refusal() if isinstance(known, Absent) and not said.says_duplicate else _submitted(known)
        return said.refusal()

    def _answer(self, asked: str, said: Said) -> Answer:
        code, status = text(said.data.get("transfer_code")), said.status
        if (other := reference(said.data.get("reference"))) and other != asked:
            return Unknown("an answer about something else")
        if status == "success":
            return self._api.paid(asked, said.data, code)
        if status == "reversed":
            return Reversed(code)
        if status in ENDED:
            return Refused(ENDED[status], status)
        if status == "otp":
            log.error("paystack: a transfer waits for a code; switch the confirmation of transfers off, or type it in on the dashboard")
            return Needs("attention")
        if not status:
            return Unknown("an answer without a status")
        if status not in WAITING:
            log.warning("paystack: a transfer's status we do not know: %.40r", status)
        return Pending()


def _submitted(answer: Answer) -> Submitted:
    return Unknown("it is there, but how it stands is unclear") if isinstance(answer, Absent | Reversed) else answer


def _body(transfer: Transfer, recipient: str) -> dict[str, object]:
    """The currency is always named: Paystack takes naira otherwise."""
    return {
        "source": "balance",
        "amount": transfer.amount,
        "currency": transfer.currency,
        "recipient": recipient,
        "reference": transfer.reference,
        "reason": readable(transfer.note),
    }
