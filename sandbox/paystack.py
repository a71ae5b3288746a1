"""Paystack's charges of mobile money: prompts, vouchers, what became of them, and the list of transactions."""

from __future__ import annotations

import secrets
from typing import Any

from aiohttp import web

from sandbox.collector import AUTO_S, Collector
from sandbox.outgoing import Outgoing
from sandbox.paystack_door import CURRENCY, NETWORKS, Door, Refused, between, done, msisdn_of, must_be_cedis, page, read_body, whole, word
from sandbox.paystack_shapes import charge, mixed, transaction
from sandbox.provider import Letter
from sandbox.statements import doctored, take_fees
from sandbox.wallets import PIN_TRIES, PREFIXES, Ask

LEAST, WINDOW_S = 10, 180.0
TEST_NUMBER = "233551234987"  # pays at once, as with test keys
DIAL = "Please dial *110# to generate a voucher code, then enter it here"
APPROVE = "Please complete the authorization process by inputting your PIN on your mobile device"


class Paystack(Collector):
    name = "paystack"

    def __init__(self, door: Door, outgoing: Outgoing) -> None:
        super().__init__(door.shared, outgoing.wallets)
        self.door = door

    def routes(self) -> list[web.RouteDef]:
        guard = self.door.guard
        return [
            web.post("/paystack/charge", guard(self.charge)), web.post("/paystack/charge/submit_otp", guard(self.submit_otp)),
            web.get("/paystack/charge/{reference}", guard(self.pending)),
            web.get("/paystack/transaction/verify/{reference}", guard(self.verify)),
            web.get("/paystack/transaction", guard(self.transactions)),
        ]  # fmt: skip

    async def charge(self, request: web.Request) -> web.Response:
        self.shared.counts["paystack.calls"] += 1
        body = await read_body(request)
        word(body, "email", r"[^@\s]+@[^@\s]+\.[^@\s]+")
        amount, wallet = whole(body, "amount", LEAST), body.get("mobile_money")
        must_be_cedis(body.get("currency", CURRENCY))
        if not isinstance(wallet, dict) or wallet.get("provider") not in NETWORKS:
            raise Refused(400, "invalid_params", "mobile_money needs a phone and a provider: mtn, vod or atl")
        msisdn, network = msisdn_of(wallet.get("phone")), NETWORKS[wallet["provider"]]
        reference = word(body, "reference", r"[A-Za-z0-9.=-]+") if "reference" in body else secrets.token_hex(8)
        if self.wallets.find(self.name, reference):
            raise Refused(400, "duplicate_reference", "Duplicate Transaction Reference")
        now = self.shared.clock.now()
        ask = Ask(
            self.name, reference, msisdn, amount, CURRENCY, "by Paystack", self.door.webhook_url,
            now, now + min(self.shared.config.pay_window_s, WINDOW_S), network=network, body=body,
        )  # fmt: skip
        ask.wants_voucher = bool(
            network == "vodafone" and self.shared.faults.settings["paystack.vouchers"] and msisdn[3:].startswith(PREFIXES["vodafone"])
        )
        return await self.accept(request, ask)

    async def submit_otp(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        ask, digits = self._find(word(body, "reference")), word(body, "otp")
        if not ask.wants_voucher:
            raise Refused(400, "invalid_transaction_state", "Transaction is not waiting for an OTP")
        if self.wallets.use_voucher(ask.msisdn, digits):
            ask.wants_voucher, ask.tries_left = False, PIN_TRIES
            self.shared.spawn(self.play(ask))
        else:
            ask.tries_left -= 1
            if ask.tries_left == 0:
                self.wallets.fail(ask, "declined")
        return self.accepted(ask)

    async def pending(self, request: web.Request) -> web.StreamResponse:
        """What a charge waits for."""
        self.shared.counts["paystack.queries"] += 1
        ask = self._find(request.match_info["reference"])
        data = charge(ask, status=self._status(ask, "pending"), domain=self.door.domain)
        return await self.unreadable(request, ask) or done("Reference check successful", self._strange(ask, data))

    async def verify(self, request: web.Request) -> web.StreamResponse:
        self.shared.counts["paystack.queries"] += 1
        ask = self._find(request.match_info["reference"])
        return await self.unreadable(request, ask) or done("Verification successful", self._strange(ask, self._shape(ask)))

    async def transactions(self, request: web.Request) -> web.Response:
        """Paystack's statement of what was collected."""
        wanted, truth = request.query.get("status"), self.wallets.truth
        mine = [ask for ask in self.wallets.asks.values() if ask.provider == self.name and wanted in (None, self._status(ask))]
        found = {ask.reference: ask for ask in between(request, mine, lambda ask: ask.created)}
        rows = [{"provider": self.name, "kind": "collected", "reference": ask.reference, "msisdn": ask.msisdn} for ask in found.values()]
        take_fees(self.shared, truth, [row for row in truth.of(self.name, "collected") if row["reference"] in found])
        shapes = [(self._shape(found[row["reference"]]), more) for row, more in doctored(self.shared, rows)]
        shown, where = page(request, [shape | {"amount": shape["amount"] + more, "plan": {}, "connect": {}} for shape, more in shapes])
        return done("Transactions retrieved", shown, meta=where | {"total_volume": sum(s["amount"] for s, _ in shapes if s["status"] == "success")})

    def refuse(self, status: int) -> web.Response:
        return self.door.refuse(status)

    def accepted(self, ask: Ask) -> web.Response:
        status, text = self._status(ask, "pay_offline"), DIAL if ask.wants_voucher else APPROVE
        return done("Charge attempted", {"reference": ask.reference, "status": status, "display_text": text})

    def begin(self, job: Ask) -> None:
        if not job.wants_voucher:
            super().begin(job)

    def scenario(self, ask: Ask) -> bool:
        if ask.msisdn == TEST_NUMBER and self.door.domain == "test":
            ask.due = ask.created + AUTO_S
        return ask.due is not None

    def callback(self, ask: Ask, *, forged: bool) -> Letter | None:
        """Only money that came is reported; a charge that failed is never heard of again."""
        if ask.state != "SUCCESS" and not forged:
            return None
        return self.door.webhook("charge.success", self._shape(ask) | ({"status": "success"} if forged else {}), forged=forged)

    def _find(self, reference: str) -> Ask:
        ask = self.wallets.find(self.name, reference)
        if ask is None:
            raise Refused(404, "transaction_not_found", "Transaction reference not found")
        return ask

    def _status(self, ask: Ask, waiting: str = "ongoing") -> str:
        """A charge nobody finished is abandoned, one given back in full is reversed."""
        if ask.state == "PENDING":
            return "send_otp" if ask.wants_voucher and waiting != "ongoing" else waiting
        if ask.state == "FAILED":
            return "abandoned" if ask.reason == "expired" else "failed"
        returned = sum(row["amount_pesewas"] for row in self.wallets.truth.of(self.name, "given_back") if row["paid"] == ask.reference)
        return "reversed" if returned >= ask.taken else "success"

    def _shape(self, ask: Ask) -> dict[str, Any]:
        fees = self.wallets.truth.fee_of(self.name, ask.reference)
        return transaction(ask, status=self._status(ask), domain=self.door.domain, fees=fees)

    def _strange(self, ask: Ask, data: dict[str, Any]) -> dict[str, Any]:
        """The answer with whatever is to be wrong with it."""
        if ask.state == "PENDING" and (said := self.take("unknown_status", ask)):
            data["status"] = str(said)
        return mixed(data) if self.take("type_mix", ask) else data
