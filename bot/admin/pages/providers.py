"""The providers: what is switched off and why, who is left alone after failures, and whether payouts may leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import abort, request, url_for
from markupsafe import Markup
from sqlalchemy import select

from bot.admin.door import Answer, Desk, Pages, Refused
from bot.admin.shown import badge
from bot.payments import Payer, Provider, Refunder
from bot.rules import NotAllowed
from bot.rules.money import ghs, pesewas
from bot.rules.payment import NETWORKS
from models import ledger, topup
from models.audit import Audit
from models.case import Case
from models.dry_float import DryFloat
from models.standing import Standing
from models.switch import PAYOUTS, Switch

pages = Pages("providers", "Providers", group="Money", rank=6)
CALLS = {"collect": "asking for money", "send": "sending", "give_back": "giving back", "query": "asking what became of it"}
STOPPING = 1  # cases of this severity switch payouts off


@dataclass(frozen=True, slots=True)
class Seen:
    """One provider as the page shows it."""

    name: str
    kind: Markup
    host: str
    takes: bool
    sends: bool
    networks: tuple[str, ...]
    resting: list[str]
    standing: Standing
    dry_since: datetime | None


@dataclass(frozen=True, slots=True)
class Route:
    """Who serves the wallets of a network: {provider: whether it is open}."""

    network: str
    called: str
    is_off: bool
    providers: dict[str, bool]
    payer: str | None


@pages.page("/providers")
def listed(desk: Desk) -> Answer:
    db, providers = desk.db, desk.parts.providers
    switches = {row.name: row for row in db.scalars(select(Switch))}
    dry, standings = {row.provider: row.since for row in DryFloat.all(db)}, Standing.of(db, providers)
    resting = {call: desk.parts.circuit.resting(providers, call) for call in CALLS}
    seen = [
        Seen(
            name, badge(*kind(provider, desk.parts.settings.environment)), host(provider), name != "cash", can_send(provider), provider.networks,
            [about for call, about in CALLS.items() if name in resting[call]], standings[name], dry.get(name),
        )
        for name, provider in providers.items()
    ]  # fmt: skip
    stopped = switches.get(PAYOUTS)
    worst = select(Case).where(Case.state == "open", Case.severity == STOPPING).order_by(Case.opened_at)
    return desk.show(
        "providers.html", title="Providers", seen=seen, switches=switches, routes=_routes(desk), may=desk.may("money"), badge=badge,
        stopped=stopped if stopped and stopped.is_off else None, worst=list(db.scalars(worst)), links=Audit.of(db, "switches"),
    )  # fmt: skip


@pages.deed("/providers/switch", can="money", fresh=True)
def switch(desk: Desk) -> Answer:
    """On or off, at once; what is under way is finished in every case."""
    name, way, why = request.form.get("name", ""), request.form.get("way", ""), desk.why()
    if way not in ("on", "off") or name not in _names(desk):
        raise NotAllowed("no_such_switch")
    before = "on" if Switch.is_on(desk.db, name) else "off"
    if before == way:
        raise NotAllowed("not_now")
    Switch.turn(desk.db, name, off=way == "off", why=why, by=desk.staff.login, now=desk.now)
    desk.note("switch.turned", "switches", why=why, name=name, before=before, after=way)
    desk.wakes.add("money")
    return desk.back(f"{name} is {way}.", url_for("desk.providers_listed"), kind="good" if way == "on" else "warn")


@pages.deed("/providers/<name>/float", can="money", fresh=True)
def float_is_full(desk: Desk, name: str) -> Answer:
    """There is money with it again: what waited goes on."""
    if not DryFloat.is_at(desk.db, name):
        raise NotAllowed("not_now")
    why = desk.why()
    DryFloat.over(desk.db, name, desk.now)
    desk.note("float.full", f"provider:{name}", why=why)
    desk.wakes.add("money")
    return desk.back(f"Payouts by {name} go on.", url_for("desk.providers_listed"))


@pages.deed("/providers/<name>/fund", can="money", fresh=True)
def fund(desk: Desk, name: str) -> Answer:
    """A transfer between our bank account and the provider is booked, once per the bank's number of it."""
    ref, why = request.form.get("ref", "").strip()[:60], desk.why()
    if name not in desk.parts.providers:
        abort(404)
    if not ref.isprintable() or not ref:
        raise Refused("Give the bank's number of the transfer: it is booked once.", 422)
    try:
        moved = pesewas(request.form.get("amount", "").strip()) * (1 if request.form.get("way") != "back" else -1)
        new = topup.book(desk.db, name, moved, ref, desk.now)
    except ledger.Conflict:
        raise Refused(f"{ref} was booked before, with another amount.") from None
    except ValueError:
        raise Refused("The amount is not one: write it like 500 or 500.50.", 422) from None
    if not new:
        return desk.back(f"{ref} was booked before.", url_for("desk.providers_listed"), kind="warn")
    desk.note("provider.funded", f"provider:{name}", why=why, amount=moved, ref=ref)
    return desk.back(f"Booked: {ghs(abs(moved))} {'to' if moved > 0 else 'from'} {name}.", url_for("desk.providers_listed"))


def host(provider: Provider) -> str:
    """Where it is reached, without anything that could be a secret."""
    found = urlsplit(getattr(getattr(provider, "config", None), "api_url", ""))
    return found.netloc.rpartition("@")[2]


def kind(provider: Provider, environment: str) -> tuple[str, str]:
    """(How it is, word): whether it moves real money."""
    name = host(provider).rpartition(":")[0] or host(provider)
    if not name:
        return ("calm", "hand to hand") if provider.name == "cash" else ("warn", "stand-in")
    if name in ("localhost", "0.0.0.0", "[::1]") or name.startswith(("127.", "sandbox.")):  # noqa: S104
        return ("warn", "stand-in")
    return ("warn", "test keys") if getattr(provider, "is_test", False) or environment != "production" else ("good", "live")


def can_send(provider: Provider) -> bool:
    return isinstance(provider, Payer | Refunder) and provider.sends


# -- private


def _routes(desk: Desk) -> list[Route]:
    till = desk.parts.till
    closed = till.closed()
    able = {n: [p for p in till.routes.get(n, ()) if n in till.payers.get(p, ()) and f"send:{p}" not in closed] for n in NETWORKS}
    return [
        Route(n, called, f"network:{n}" in closed, {p: f"collect:{p}" not in closed for p in till.routes.get(n, ())}, next(iter(able[n]), None))
        for n, called in NETWORKS.items()
    ]


def _names(desk: Desk) -> set[str]:
    each = {f"{what}:{name}" for what in ("collect", "send") for name in desk.parts.providers}
    return {PAYOUTS} | each | {f"network:{network}" for network in NETWORKS}
