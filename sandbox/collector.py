"""What all mobile-money stand-ins do alike with a request for money: a script, or a prompt for a person."""

from __future__ import annotations

import asyncio

from sandbox.provider import Provider
from sandbox.shared import Shared
from sandbox.wallets import Ask, Wallets

AUTO_S = 0.05  # even the fastest person is slower than the 202


class Collector(Provider[Ask]):
    """The base of whoever collects."""

    def __init__(self, shared: Shared, wallets: Wallets) -> None:
        super().__init__(shared, wallets)
        wallets.when_final[self.name] = self.when_final

    def scenario(self, ask: Ask) -> bool:
        """Whether this provider's own table of test numbers decided the request."""
        return False

    def add(self, job: Ask) -> None:
        self.wallets.add(job)

    def succeed(self, job: Ask) -> None:
        self.wallets.succeed(job)

    async def play(self, job: Ask) -> None:
        if reason := self.take("fail", job):
            await asyncio.sleep(AUTO_S)
            self.wallets.fail(job, str(reason))
        elif self.take("pending_forever", job):
            pass
        elif (late := self.take("late_success", job)) is not None:
            job.due = job.created + float(late)
        elif (wait := self.take("auto_decline", job)) is not None:
            await asyncio.sleep(float(wait) or AUTO_S)
            self.wallets.fail(job, "declined")
        elif (wait := self.take("auto_approve", job)) is not None:
            await asyncio.sleep(float(wait) or AUTO_S)
            self.wallets.succeed(job)
        elif not self.scenario(job):
            if self.wallets.reachable(job.wallet_of, job.msisdn):
                self.wallets.prompt(job)
            else:
                self.wallets.fail(job, "not_registered")
