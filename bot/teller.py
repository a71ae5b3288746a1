"""Asks providers about wallets and balances: whose a number is, and whether there is money again where it ran out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from bot.clock import Clock
from bot.payments import Payer, Provider
from bot.rules.payment import Till
from models.base import Database
from models.dry_float import DryFloat
from models.holder_check import HolderCheck
from models.inbox import Inbox
from models.purse import Purse
from models.tailor import Tailor

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)  # longer than any call to a provider
EVENT = "purse_checked"


class Teller:
    def __init__(self, database: Database, providers: Mapping[str, Provider], till: Till, clock: Clock) -> None:
        self.database, self.providers, self.till, self.clock = database, providers, till, clock

    def check_due(self) -> bool:
        """Answers every question that is due; whether a conversation must hear of something."""
        answered = False
        while self._check_next():
            answered = True
        with self.database.begin() as db:
            dry = DryFloat.claim(db, self.clock.now())
        for provider in dry:
            self._look_into(provider)
        return answered

    # -- private

    def _check_next(self) -> bool:
        with self.database.begin() as db:
            check = HolderCheck.claim(db, self.clock.now(), LEASE)
            if check is None:
                return False
            check_id, number, network = check.id, check.number, check.network
        name = self._holder(number, network)
        with self.database.begin() as db:
            check = HolderCheck.by_id(db, check_id, lock=True)
            if check.answered_at is None:
                now = self.clock.now()
                check.answer(name, now)
                purse = Purse.of(db, check.tailor_id, lock=True)
                if purse is not None and (purse.number, purse.network) == (number, network):
                    purse.reread(name, check.verdict(db))
                person_id = Tailor.by_id(db, check.tailor_id).person_id
                Inbox.happen(db, person_id, EVENT, {"check_id": check_id}, once=f"{EVENT}:{check_id}", now=now)
        return True

    def _holder(self, number: str, network: str) -> str | None:
        """What the first provider says that sends money there and knows; None when none does."""
        for name in self.till.routes.get(network, ()):
            provider = self.providers.get(name)
            if isinstance(provider, Payer) and network in provider.networks and (said := self._ask(provider, number, network)) is not None:
                return said
        return None

    def _ask(self, provider: Payer, number: str, network: str) -> str | None:
        try:
            return provider.holder(number, network)
        except Exception:
            log.exception("a provider's adapter failed to name a wallet's holder", extra={"provider": provider.name})
            return None

    def _look_into(self, name: str) -> None:
        """Payouts go on when there is enough for one of them, or when nobody can say: then the next refusal stops them again."""
        provider, balance = self.providers.get(name), None
        try:
            balance = provider.balance() if isinstance(provider, Payer) else None
        except Exception:
            log.exception("a provider's adapter failed to tell our balance", extra={"provider": name})
        with self.database.begin() as db:
            if balance is None or balance >= DryFloat.wanted(db, name):
                DryFloat.over(db, name, self.clock.now())
            else:
                log.error("payouts by %s wait: its float is empty", name)
