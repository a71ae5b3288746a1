"""The control API of money: prompts and PINs, wallets and vouchers, floats, what is on its way, and the truth."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.outgoing import Outgoing
from sandbox.phones import Phones
from sandbox.shared import Shared, bad, read_json
from sandbox.truth import pesewas
from sandbox.wallets import new_id

MOVEMENTS = 20  # of one wallet, the newest


class Till:
    """Reads and moves the money of the world."""

    def __init__(self, shared: Shared, phones: Phones, outgoing: Outgoing) -> None:
        self.shared, self.phones, self.outgoing, self.wallets = shared, phones, outgoing, outgoing.wallets

    def routes(self) -> list[web.RouteDef]:
        get, post = web.get, web.post
        return [
            get("/sandbox/prompts", self.prompts), post("/sandbox/prompts/{reference}", self.answer_prompt),
            get("/sandbox/wallets/{phone}", self.wallet), post("/sandbox/wallets/{phone}", self.change_wallet),
            post("/sandbox/vouchers/{phone}", self.voucher), get("/sandbox/outgoing", self.sent),
            get("/sandbox/floats", self.floats), post("/sandbox/floats/{provider}", self.change_float), get("/sandbox/truth", self.truth),
        ]  # fmt: skip

    async def prompts(self, request: web.Request) -> web.Response:
        wanted = self.phones.key(request.query.get("msisdn", "")).removeprefix("+")
        every = request.query.get("all") in ("1", "true")
        rows = [a.shown() for a in self.wallets.asks.values() if (every or a.waiting) and wanted in ("", a.msisdn)]
        return web.json_response({"prompts": rows})

    async def answer_prompt(self, request: web.Request) -> web.Response:
        ask, body = self.wallets.find_any(request.match_info["reference"]), await read_json(request)
        if ask is None:
            return bad("no such prompt", 404)
        if not ask.waiting:
            return web.json_response(ask.shown() | {"message": "This prompt is closed."}, status=409)
        if body.get("decline"):
            self.wallets.fail(ask, "declined")
            message = "Declined."
        else:
            message = self.wallets.enter_pin(ask, str(body.get("pin", "")))
        return web.json_response(ask.shown() | {"message": message})

    async def wallet(self, request: web.Request) -> web.Response:
        msisdn = self._msisdn(request)
        wallet, rows = self.wallets.wallet(msisdn), [row for row in self.wallets.truth.rows if row["msisdn"] == msisdn]
        return web.json_response({
            "msisdn": wallet.msisdn, "name": wallet.name, "balance_pesewas": wallet.balance, "registered": wallet.registered,
            "voucher": wallet.voucher, "notices": wallet.notices, "movements": rows[-MOVEMENTS:],
        })  # fmt: skip

    async def change_wallet(self, request: web.Request) -> web.Response:
        wallet, body = self.wallets.wallet(self._msisdn(request)), await read_json(request)
        wallet.balance = _amount(body, "balance", wallet.balance)
        wallet.registered = bool(body.get("registered", wallet.registered))
        wallet.name = str(body.get("name", wallet.name))
        return await self.wallet(request)

    async def voucher(self, request: web.Request) -> web.Response:
        """*110#, dialled on a phone."""
        return web.json_response({"voucher": self.wallets.new_voucher(self._msisdn(request))})

    async def sent(self, request: web.Request) -> web.Response:
        wanted = self.phones.key(request.query.get("msisdn", "")).removeprefix("+")
        return web.json_response({"outgoing": [out.shown() for out in self.outgoing.all.values() if wanted in ("", out.msisdn)]})

    async def floats(self, request: web.Request) -> web.Response:
        return web.json_response({"floats_pesewas": self.wallets.truth.floats()})

    async def change_float(self, request: web.Request) -> web.Response:
        """{"balance": "12.50"} or {"balance_pesewas": 1250}; {"settle": "12.50"} pays collected money to our bank."""
        provider, body, truth = request.match_info["provider"], await read_json(request), self.wallets.truth
        truth.set_float(provider, _amount(body, "balance", truth.float_of(provider)))
        if settled := _amount(body, "settle", 0):
            truth.note("settled", provider, reference="", msisdn="", amount=settled, currency="GHS", provider_id=new_id())
        return await self.floats(request)

    async def truth(self, request: web.Request) -> web.Response:
        """`totals_pesewas` is what lies with each provider because of all this: collected - sent - given back + reversed (- fees, settled)."""
        truth = self.wallets.truth
        sums = {"totals_pesewas": truth.totals(), "kinds_pesewas": truth.kinds(), "floats_pesewas": truth.floats()}
        return web.json_response({"entries": truth.rows, **sums})

    def _msisdn(self, request: web.Request) -> str:
        return self.phones.key(request.match_info["phone"]).removeprefix("+")


def _amount(body: dict[str, Any], name: str, default: int) -> int:
    """{name: "12.50"} or {name_pesewas: 1250}."""
    if name in body:
        return pesewas(str(body[name]))
    return int(body.get(f"{name}_pesewas", default))
