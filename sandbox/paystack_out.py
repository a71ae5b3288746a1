"""Paystack's transfers to mobile-money wallets, the people they go to, and the balance they are paid from."""

from __future__ import annotations

import secrets
from typing import Any

from aiohttp import web

from sandbox.clock import iso
from sandbox.outgoing import Out, Outgoing
from sandbox.paystack_door import NETWORKS, Door, Refused, between, done, msisdn_of, must_be_cedis, page, read_body, whole, word
from sandbox.paystack_shapes import BANKS, mixed, recipient, transfer
from sandbox.provider import Letter
from sandbox.sender import Sender
from sandbox.statements import doctored, take_fees
from sandbox.wallets import new_id

#: Their code of a mobile-money bank -> whose wallets.
WALLETS = {code.upper(): network for code, network in NETWORKS.items()}
STATUSES = {"PENDING": "pending", "SUCCESS": "success", "FAILED": "failed", "REVERSED": "reversed"}


class PaystackOut(Sender):
    name = "paystack"
    kinds = ("transfer",)

    def __init__(self, door: Door, outgoing: Outgoing) -> None:
        super().__init__(door.shared, outgoing)
        self.door = door
        self.recipients: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[web.RouteDef]:
        guard = self.door.guard
        return [
            web.post("/paystack/transferrecipient", guard(self.recipient)), web.post("/paystack/transfer", guard(self.transfer)),
            web.get("/paystack/transfer/verify/{reference}", guard(self.verify)), web.get("/paystack/transfer", guard(self.transfers)),
            web.get("/paystack/bank", guard(self.banks)), web.get("/paystack/bank/resolve", guard(self.resolve)),
            web.get("/paystack/balance", guard(self.balance)),
        ]  # fmt: skip

    async def recipient(self, request: web.Request) -> web.Response:
        """The same account twice is the same recipient."""
        body = await read_body(request)
        word(body, "name")
        must_be_cedis(body.setdefault("currency", "GHS"))
        if word(body, "type", "mobile_money|ghipss") != "mobile_money" or body.get("bank_code") not in WALLETS:
            raise Refused(400, "invalid_bank_code", "Bank is invalid")
        msisdn_of(word(body, "account_number"))
        account = body["account_number"], body["bank_code"]
        old = next((r for r in self.recipients.values() if (r["details"]["account_number"], r["details"]["bank_code"]) == account), None)
        if old:
            return done("Transfer recipient created successfully", old, status=201)
        code, number = "RCP_" + secrets.token_hex(8)[:15], len(self.recipients) + 1
        made = recipient(code, number, iso(self.shared.clock.now()), body, domain=self.door.domain)
        self.recipients[code] = made
        return done("Transfer recipient created successfully", made, status=201)

    async def transfer(self, request: web.Request) -> web.Response:
        self.shared.counts["paystack.transfer_calls"] += 1
        body = await read_body(request)
        word(body, "source", "balance")
        must_be_cedis(body.get("currency", "NGN"))
        amount, reference = whole(body, "amount"), word(body, "reference", r"[a-z0-9_-]{16,50}")
        to = self.recipients.get(word(body, "recipient"))
        if to is None:
            raise Refused(404, "resource_not_found", "Recipient specified is invalid")
        if self.outgoing.find(self.name, reference):
            raise Refused(400, "duplicate_reference", "Duplicate Transfer Reference")
        details = to["details"]
        out = Out(
            self.name, "transfer", reference, msisdn_of(details["account_number"]), WALLETS[details["bank_code"]], amount, body["currency"],
            self.door.webhook_url, self.shared.clock.now(), note=str(body.get("reason") or ""), provider_id="TRF_" + new_id(),
            body=body | {"recipient": to},
        )  # fmt: skip
        if not self.outgoing.affordable(out):
            raise Refused(400, "insufficient_balance", "Your balance is not enough to fulfil this request", "api_error")
        return await self.accept(request, out)

    async def verify(self, request: web.Request) -> web.StreamResponse:
        self.shared.counts["paystack.transfer_queries"] += 1
        out = self.outgoing.find(self.name, request.match_info["reference"], "transfer")
        if out is None:
            raise Refused(404, "transfer_not_found", "Transfer not found")
        return await self.unreadable(request, out) or done("Transfer retrieved", self._shape(out))

    async def transfers(self, request: web.Request) -> web.Response:
        """Paystack's statement of what was sent, one status at a time; not asked for one it shows what is pending."""
        wanted, truth = request.query.get("status", "pending"), self.wallets.truth
        mine = [out for out in self.outgoing.of(self.name, "transfer") if wanted == self._status(out)]
        found = {out.reference: out for out in between(request, mine, lambda out: out.created)}
        rows = [{"provider": self.name, "reference": out.reference, "msisdn": out.msisdn} for out in found.values()]
        take_fees(self.shared, truth, [row for row in truth.of(self.name, "sent") if row["reference"] in found])
        shapes = [(self._plain(found[row["reference"]]), more) for row, more in doctored(self.shared, rows)]
        shown, where = page(request, [shape | {"amount": shape["amount"] + more} for shape, more in shapes])
        return done("Transfers retrieved", shown, meta=where)

    async def banks(self, request: web.Request) -> web.Response:
        """The networks, which are the mobile-money banks of Ghana."""
        kinds = request.query.get("type", "mobile_money"), request.query.get("currency", "GHS")
        banks = list(WALLETS.items()) if kinds == ("mobile_money", "GHS") else []
        return done("Banks retrieved", [_bank(number, code, network) for number, (code, network) in enumerate(banks, 28)])

    async def resolve(self, request: web.Request) -> web.Response:
        code, number = request.query.get("bank_code", ""), request.query.get("account_number", "")
        msisdn = msisdn_of(number)
        if code not in WALLETS:
            raise Refused(400, "invalid_bank_code", "Unknown bank code: " + code)
        if not self.wallets.reachable(WALLETS[code], msisdn):
            raise Refused(422, "account_not_resolved", "Could not resolve account name. Check parameters or try again.")
        data = {"account_number": number, "account_name": self.wallets.wallet(msisdn).name, "bank_id": 28 + list(WALLETS).index(code)}
        return done("Account number resolved", data)

    async def balance(self, request: web.Request) -> web.Response:
        return done("Balances retrieved", [{"currency": "GHS", "balance": self.wallets.truth.float_of(self.name)}])

    def refuse(self, status: int) -> web.Response:
        return self.door.refuse(status)

    def accepted(self, job: Out) -> web.Response:
        data = {name: value for name, value in self._plain(job).items() if name not in ("session", "fee_charged", "gateway_response")}
        more = {"transfersessionid": [], "transfertrials": [], "recipient": job.body["recipient"]["id"]}
        return done("Transfer has been queued" if not job.step else "Transfer requires OTP to continue", data | more)

    def begin(self, job: Out) -> None:
        if self.take("otp", job):
            job.step = "otp"
        else:
            super().begin(job)

    def callback(self, job: Out, *, forged: bool) -> Letter:
        data = self._plain(job) | ({"status": "success"} if forged else {})
        return self.door.webhook("transfer." + data["status"], data, forged=forged)

    def _status(self, out: Out) -> str:
        return out.step or STATUSES[out.state]

    def _plain(self, out: Out) -> dict[str, Any]:
        return transfer(out, status=self._status(out), domain=self.door.domain, fee=self.wallets.truth.fee_of(self.name, out.reference))

    def _shape(self, out: Out) -> dict[str, Any]:
        shape = self._plain(out)
        if out.state == "PENDING" and (said := self.take("unknown_status", out)):
            shape["status"] = str(said)
        return mixed(shape) if self.take("type_mix", out) else shape


def _bank(number: int, code: str, network: str) -> dict[str, Any]:
    return {
        "id": number, "name": BANKS[network], "slug": BANKS[network].lower().replace(" ", "-"), "code": code, "longcode": "", "gateway": None,
        "pay_with_bank": False, "supports_transfer": True, "available_for_direct_debit": False, "active": True, "is_deleted": None,
        "country": "Ghana", "currency": "GHS", "type": "mobile_money", "createdAt": "2020-01-01T00:00:00.000Z",
        "updatedAt": "2020-01-01T00:00:00.000Z",
    }  # fmt: skip
