"""Which providers serve a network here: the built-in routes, or what the operator has set in their place."""

from __future__ import annotations

from collections.abc import Mapping

import bot.payments
from bot.payments import Provider
from bot.plugins import names_in
from bot.rules.payment import ROUTES
from bot.settings import BadSettings

Routes = Mapping[str, tuple[str, ...]]


def open_routes(given: Routes, providers: Mapping[str, Provider]) -> dict[str, tuple[str, ...]]:
    """{network: providers that are configured, preferred first}. Raises BadSettings."""
    if wrong := _problems(given, providers):
        raise BadSettings([f"ROUTES: {problem}" for problem in wrong])
    return {network: tuple(p for p in route if p in providers and providers[p].networks) for network, route in {**ROUTES, **given}.items()}


def _problems(given: Routes, providers: Mapping[str, Provider]) -> list[str]:
    known = names_in(bot.payments)
    unknown = [f"there is no network {network!r}, only {', '.join(ROUTES)}" for network in given if network not in ROUTES]
    named = [(network, name) for network, route in given.items() for name in route]
    unknown += [f"there is no provider {name!r}, only {', '.join(known)}" for _, name in named if name not in known]
    reach = {name: provider.networks for name, provider in providers.items()}
    return unknown + [f"{name} does not reach {network}" for network, name in named if reach.get(name) and network not in reach[name]]
