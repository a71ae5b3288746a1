"""MTN MoMo Disbursements: transfers to wallets and refunds of what was collected, paid from a float of our own."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from sandbox.mtn_door import MESSAGES, UUID4, Door, Handler, Keys, error, is_well_formed, mixed, plain, read_body
from sandbox.outgoing import Kind, Out, Outgoing
from sandbox.sender import Sender
from sandbox.shared import Shared
from sandbox.truth import cedis, pesewas

Script = str | float | None
REASONS = {
    "not_registered": "PAYEE_NOT_FOUND", "limit": "PAYEE_NOT_ALLOWED_TO_RECEIVE", "no_float": "NOT_ENOUGH_FUNDS", "down": "SERVICE_UNAVAILABLE",
}  # fmt: skip
#: MTN's test numbers mean other things here than for collections: a reason of failure, or seconds before success (None: for ever).
NUMBERS: dict[str, Script] = {
    "46733123450": "INTERNAL_PROCESSING_ERROR", "46733123451": "APPROVAL_REJECTED", "46733123452": "EXPIRED",
    "46733123453": 30.0, "46733123454": None, "46733123455": "NOT_ENOUGH_FUNDS", "46733123456": "PAYER_LIMIT_REACHED",
    "46733123457": "PAYEE_NOT_FOUND", "46733123458": "NOT_ALLOWED", "46733123459": "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "46733123460": "INVALID_CALLBACK_URL_HOST", "46733123461": "INVALID_CURRENCY", "46733123462": "INTERNAL_PROCESSING_ERROR",
    "46733123463": "SERVICE_UNAVAILABLE", "46733123464": "TRANSFER_TYPE_UNKNOWN",
}  # fmt: skip
#: What the sandbox does when asked to give back the payment "1", "2" …
REFUNDS: dict[str, Script] = {
    "1": "RESOURCE_NOT_FOUND", "2": "INTERNAL_PROCESSING_ERROR", "3": "APPROVAL_REJECTED", "4": "EXPIRED", "5": 30.0, "6": None,
    "7": "NOT_ALLOWED", "8": "NOT_ALLOWED_TARGET_ENVIRONMENT", "9": "INVALID_CALLBACK_URL_HOST", "10": "INVALID_CURRENCY",
    "11": "INTERNAL_PROCESSING_ERROR", "12": "SERVICE_UNAVAILABLE", "13": "COULD_NOT_PERFORM_TRANSACTION",
}  # fmt: skip
NOBODY = "46733123400"  # whose payment a test number stands for


class MtnOut(Sender):
    name = "mtn"
    kinds = ("transfer", "refund")

    def __init__(self, shared: Shared, outgoing: Outgoing) -> None:
        super().__init__(shared, outgoing)
        config = shared.config
        keys = Keys(config.mtn_out_subscription, config.mtn_out_user, config.mtn_out_key)
        self.door = Door("disbursement", keys, shared, self.wallets, lambda: self.wallets.truth.float_of(self.name))

    def routes(self) -> list[web.RouteDef]:
        base, guard = "/mtn/disbursement", self.door.guard
        return [
            *self.door.routes(),
            web.post(f"{base}/v1_0/transfer", guard(self.transfer)),
            web.get(f"{base}/v1_0/transfer/{{reference}}", guard(self.status("transfer"))),
            web.post(f"{base}/v1_0/refund", guard(self.refund("POST"))),
            web.post(f"{base}/v2_0/refund", guard(self.refund("PUT"))),
            web.get(f"{base}/v1_0/refund/{{reference}}", guard(self.status("refund"))),
        ]

    async def transfer(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        if not is_well_formed(request, body, "payee"):
            return web.Response(status=400)
        return await self._take_in(request, "transfer", body["payee"]["partyId"], body | {"method": "POST"})

    def refund(self, method: str) -> Handler:
        """`method` is how this version calls back."""

        async def refund(request: web.Request) -> web.Response:
            body = await read_body(request)
            if not is_well_formed(request, body) or not isinstance(body.get("referenceIdToRefund"), str):
                return web.Response(status=400)
            paid = self.wallets.find(self.name, body["referenceIdToRefund"])
            return await self._take_in(request, "refund", paid.msisdn if paid else NOBODY, body | {"method": method})

        return refund

    def status(self, kind: Kind) -> Handler:
        async def status(request: web.Request) -> web.Response:
            self.shared.counts[f"mtn.{kind}_queries"] += 1
            if not UUID4.match(request.match_info["reference"]):
                return web.Response(status=400)
            out = self.outgoing.find(self.name, request.match_info["reference"], kind)
            if out is None:
                return error(404, "RESOURCE_NOT_FOUND")
            return await self.unreadable(request, out) or web.json_response(self._result(out))

        return status

    def refuse(self, status: int) -> web.Response:
        return self.door.refuse(status)

    def accepted(self, job: Out) -> web.Response:
        return web.Response(status=202)

    def scenario(self, out: Out) -> bool:
        """A refund of too much, or of what was never paid, fails; test numbers behave as in MTN's sandbox."""
        script: Script = 0.0
        if out.paid in REFUNDS:
            script = REFUNDS[out.paid]
        elif out.kind == "refund":
            script = self._unfounded(out)
        elif not out.msisdn.startswith("233"):
            script = NUMBERS.get(out.msisdn, 0.0)
        if isinstance(script, str):
            self.outgoing.fail(out, script)
        elif script:
            out.due = out.created + script
        return script != 0.0

    def callback(self, job: Out, *, forged: bool) -> tuple[str, bytes, dict[str, str]]:
        body = self._result(job)
        if forged:
            body |= {"status": "SUCCESSFUL", "financialTransactionId": "1", "amount": cedis(job.amount)}
            body.pop("reason", None)
        return job.body["method"], json.dumps(body).encode(), {"Content-Type": "application/json"}

    async def _take_in(self, request: web.Request, kind: Kind, msisdn: str, body: dict[str, Any]) -> web.Response:
        self.shared.counts[f"mtn.{kind}_calls"] += 1
        reference = request.headers["X-Reference-Id"]
        if self.outgoing.find(self.name, reference):
            return error(409, "RESOURCE_ALREADY_EXIST")
        if (refused := self.door.misaddressed(request, body)) is not None:
            return refused
        out = Out(
            self.name, kind, reference, msisdn, self.name, pesewas(body["amount"]), body["currency"],
            request.headers.get("X-Callback-Url", ""), self.shared.clock.now(), paid=body.get("referenceIdToRefund", ""),
            note=body.get("payeeNote", ""), body=body,
        )  # fmt: skip
        return await self.accept(request, out)

    def _unfounded(self, out: Out) -> Script:
        ask = self.wallets.find(self.name, out.paid)
        if ask is None or ask.state != "SUCCESS":
            return "TRANSACTION_NOT_FOUND"
        return "NOT_ALLOWED" if out.amount > self.outgoing.refundable(ask, without=out) else 0.0

    def _result(self, out: Out) -> dict[str, Any]:
        """The body of a status answer and of a callback. MTN documents no word for money that came back: the setting chooses one."""
        body = {name: out.body[name] for name in ("externalId", "payerMessage", "payeeNote") if name in out.body}
        body |= {"amount": plain(out.amount), "currency": out.currency, "payee": {"partyIdType": "MSISDN", "partyId": out.msisdn}}
        came_back = self.shared.faults.settings["mtn.reversed_status"]
        body["status"] = {"SUCCESS": "SUCCESSFUL", "REVERSED": came_back}.get(out.state, out.state)
        if out.arrived:
            body["financialTransactionId"] = out.provider_id
        if out.state == "PENDING" and (word := self.take("unknown_status", out)):
            body["status"] = str(word)
        if out.state == "FAILED":
            code = REASONS.get(out.reason, out.reason)
            body["reason"] = {"code": code, "message": MESSAGES.get(code, code)} if self.take("reason_object", out) else code
        return mixed(body) if self.take("type_mix", out) else body
