"""Builds the till: which providers serve a network here, and what is closed at the moment somebody pays."""

from __future__ import annotations

from collections.abc import Mapping

import bot.payments
from bot.circuit import Circuit
from bot.payments import Payer, Provider
from bot.plugins import names_in
from bot.rules.payment import ROUTES, Till
from bot.settings import BadSettings, Settings
from models.base import Database
from models.ledger import HOUSE_CURRENCY
from models.switch import Switches

Routes = Mapping[str, tuple[str, ...]]


def open_till(settings: Settings, providers: Mapping[str, Provider], circuit: Circuit, database: Database) -> Till:
    """Raises BadSettings."""
    switches = Switches(database)

    def closed() -> dict[str, str]:
        """What must not be begun now, and why: broken, or switched off."""
        return {f"collect:{name}": "left alone after failures" for name in circuit.resting(providers, "collect")} | switches.off()

    currencies = {name: provider.currency for name, provider in providers.items()}
    payers = {name: provider.networks for name, provider in providers.items() if isinstance(provider, Payer) and provider.sends}
    return Till(open_routes(settings.routes, providers), currencies, settings.cash_commission, closed, payers, settings.payout_terms)


def check_providers(providers: Mapping[str, Provider], settings: Settings) -> None:
    """In production everybody takes real money in the house's currency. Raises BadSettings."""
    wrong = [] if providers.keys() - {"cash"} else ["no payment provider is configured: set MTN_…, VODAFONE_… or PAYSTACK_…"]
    if settings.environment == "production":
        foreign = [name for name, provider in providers.items() if provider.currency != HOUSE_CURRENCY]
        wrong += [f"{name.upper()}_CURRENCY: must be {HOUSE_CURRENCY} when ENVIRONMENT=production" for name in foreign]
        trying = [name for name, provider in providers.items() if getattr(provider, "is_test", False)]
        wrong += [f"{name.upper()}: a test key moves no money: refused when ENVIRONMENT=production" for name in trying]
    if wrong:
        raise BadSettings(wrong)


def open_routes(given: Routes, providers: Mapping[str, Provider]) -> dict[str, tuple[str, ...]]:
    """{network: providers that are configured, preferred first}: the built-in routes, or what the operator set instead. Raises BadSettings."""
    if wrong := _problems(given, providers):
        raise BadSettings([f"ROUTES: {problem}" for problem in wrong])
    return {network: tuple(p for p in route if p in providers and providers[p].networks) for network, route in {**ROUTES, **given}.items()}


def _problems(given: Routes, providers: Mapping[str, Provider]) -> list[str]:
    known = names_in(bot.payments)
    wrong = [f"there is no network {network!r}, only {', '.join(ROUTES)}" for network in given if network not in ROUTES]
    named = [(network, name) for network, route in given.items() for name in route]
    wrong += [f"there is no provider {name!r}, only {', '.join(known)}" for _, name in named if name not in known]
    reach = {name: provider.networks for name, provider in providers.items()}
    return wrong + [f"{name} does not reach {network}" for network, name in named if reach.get(name) and network not in reach[name]]
