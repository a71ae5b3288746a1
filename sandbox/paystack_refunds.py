"""Paystack's refunds: whole or in part, through all their steps."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from sandbox.outgoing import Out, Outgoing
from sandbox.paystack_door import Door, Refused, between, done, msisdn_of, must_be_cedis, page, read_body, whole, word
from sandbox.paystack_shapes import customer, mixed, queued_refund, refund
from sandbox.provider import Letter
from sandbox.sender import Sender
from sandbox.wallets import Ask, new_id

STATUSES = {"PENDING": "pending", "SUCCESS": "processed", "FAILED": "failed", "REVERSED": "failed"}


class PaystackRefunds(Sender):
    """They are paid from what was collected, not from the balance that transfers use."""

    name = "paystack"
    kinds = ("refund",)

    def __init__(self, door: Door, outgoing: Outgoing) -> None:
        super().__init__(door.shared, outgoing)
        self.door = door

    def routes(self) -> list[web.RouteDef]:
        guard = self.door.guard
        return [
            web.post("/paystack/refund", guard(self.refund)), web.get("/paystack/refund", guard(self.refunds)),
            web.get("/paystack/refund/{id}", guard(self.status)),
            web.post("/paystack/refund/retry_with_customer_details/{id}", guard(self.retry)),
        ]  # fmt: skip

    async def refund(self, request: web.Request) -> web.Response:
        """Nothing makes a second call the same refund: only its payment limits it."""
        self.shared.counts["paystack.refund_calls"] += 1
        body = await read_body(request)
        ask = self._paid(word({"transaction": str(body.get("transaction") or "")}, "transaction"))
        must_be_cedis(body.get("currency", ask.currency))
        left = self.outgoing.refundable(ask)
        amount = whole(body, "amount") if "amount" in body else left
        if left <= 0:
            raise Refused(400, "transaction_reversed", "Transaction has been fully reversed")
        if amount > left:
            raise Refused(400, "invalid_amount", "Refund amount cannot be more than what is left of the transaction")
        number = new_id()
        out = Out(
            self.name, "refund", number, ask.msisdn, ask.wallet_of, amount, ask.taken_currency, self.door.webhook_url, self.shared.clock.now(),
            paid=ask.reference, note=str(body.get("merchant_note") or ""), from_float=False, provider_id=number, body=body,
        )  # fmt: skip
        return await self.accept(request, out)

    async def refunds(self, request: web.Request) -> web.Response:
        found = between(request, self.outgoing.of(self.name, "refund"), lambda out: out.created)
        shown, where = page(request, [self._shape(out) for out in found])
        failed = sum(out.state == "FAILED" for out in found)
        return done("Refunds retrieved", shown, meta=where | {"perPage": str(where["perPage"]), "failedRefundCount": failed})

    async def status(self, request: web.Request) -> web.StreamResponse:
        self.shared.counts["paystack.refund_queries"] += 1
        out = self._find(request)
        return await self.unreadable(request, out) or done("Refund retrieved", self._shape(out))

    async def retry(self, request: web.Request) -> web.Response:
        """Somebody names an account for a refund that needs attention."""
        out, body = self._find(request), await read_body(request)
        details = body.get("refund_account_details")
        if out.step != "needs-attention" or not isinstance(details, dict):
            raise Refused(422, "invalid_params", "Refund is not waiting for account details")
        must_be_cedis(details.get("currency"))
        word(details, "bank_id")
        out.msisdn, out.step = msisdn_of(details.get("account_number")), "processing"
        self.shared.spawn(self._go_on(out))
        made = queued_refund(out, self._ask(out), status="processing", domain=self.door.domain)
        return done("Refund retried and has been queued for processing", self._shape(out) | {"expected_at": made["expected_at"]})

    def refuse(self, status: int) -> web.Response:
        return self.door.refuse(status)

    def accepted(self, job: Out) -> web.Response:
        return done("Refund has been queued for processing", queued_refund(job, self._ask(job), status=self._status(job), domain=self.door.domain))

    def begin(self, job: Out) -> None:
        self.shared.spawn(self._tell(job))
        super().begin(job)

    async def on_the_way(self, out: Out) -> bool:
        attention = self.take("needs_attention", out)
        out.step = "needs-attention" if attention else "processing"
        await self._tell(out)
        await asyncio.sleep(0 if attention else self.shared.config.send_delay_s)
        return not attention

    def callback(self, job: Out, *, forged: bool) -> Letter:
        """The amount is a string here."""
        status, ask = "processed" if forged else self._status(job), self._ask(job)
        data = {
            "status": status, "transaction_reference": ask.reference, "refund_reference": job.provider_id if status != "pending" else None,
            "amount": str(job.amount), "currency": job.currency, "processor": "mobile_money", "domain": self.door.domain,
            "customer": customer(ask.msisdn, ask.body["email"]),
        }  # fmt: skip
        return self.door.webhook(f"refund.{status}", data, forged=forged)

    async def _go_on(self, out: Out) -> None:
        await self._tell(out)
        await asyncio.sleep(self.shared.config.send_delay_s)
        self.succeed(out)

    async def _tell(self, out: Out) -> None:
        """A step before the last; while webhooks are in trouble only the last step is told, with that trouble."""
        if not any(name.startswith("paystack.refund_callback") for name in self.shared.faults.active):
            await self.send(out)

    def _paid(self, name: str) -> Ask:
        """The payment, by our reference or by their id."""
        mine = (ask for ask in self.wallets.asks.values() if ask.provider == self.name and name in (ask.reference, ask.provider_id))
        ask = next(mine, None)
        if ask is None:
            raise Refused(404, "transaction_not_found", "Transaction not found")
        if ask.state != "SUCCESS":
            raise Refused(400, "transaction_not_successful", "Only successful transactions can be refunded")
        return ask

    def _find(self, request: web.Request) -> Out:
        out = self.outgoing.find(self.name, request.match_info["id"], "refund")
        if out is None:
            raise Refused(404, "refund_not_found", "Refund not found")
        return out

    def _ask(self, out: Out) -> Ask:
        return self._paid(out.paid)

    def _status(self, out: Out) -> str:
        return out.step or STATUSES[out.state]

    def _shape(self, out: Out) -> dict[str, Any]:
        shape = refund(out, self._ask(out), status=self._status(out), domain=self.door.domain)
        if out.state == "PENDING" and (said := self.take("unknown_status", out)):
            shape["status"] = str(said)
        return mixed(shape) if self.take("type_mix", out) else shape
