"""What all mobile-money stand-ins do alike with money that goes out: it arrives after a moment, unless a script says otherwise."""

from __future__ import annotations

import asyncio

from sandbox.outgoing import Kind, Out, Outgoing
from sandbox.provider import Provider
from sandbox.shared import Shared


class Sender(Provider[Out]):
    """The base of whoever sends; `kinds` names what it sends."""

    kinds: tuple[Kind, ...] = ()

    def __init__(self, shared: Shared, outgoing: Outgoing) -> None:
        super().__init__(shared, outgoing.wallets)
        self.outgoing = outgoing
        for kind in self.kinds:
            outgoing.when_final[self.name, kind] = self.when_final

    def scenario(self, out: Out) -> bool:
        """Whether this provider's own tables of test numbers decided it."""
        return False

    async def on_the_way(self, out: Out) -> bool:
        """What the provider does before it moves the money. False: it stops there."""
        return True

    def add(self, job: Out) -> None:
        self.outgoing.add(job)

    def succeed(self, job: Out) -> None:
        self.outgoing.succeed(job)

    async def play(self, job: Out) -> None:
        if self.take("pending_forever", job):
            return
        if (late := self.take("late_success", job)) is not None:
            job.due = job.created + float(late)
            return
        reason = self.take("fail", job)
        await asyncio.sleep(self.shared.config.send_delay_s)
        if not await self.on_the_way(job):
            return
        if reason:
            self.outgoing.fail(job, str(reason))
        elif not self.scenario(job):
            self.outgoing.succeed(job)
