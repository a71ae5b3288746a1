"""A stage whose providers are the real adapters: what people do costs money at the stand-ins, and the books must say the same."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import httpx
from click.testing import CliRunner

from bot import bookkeeper_cli, jobs
from bot.payments import Charge, Paid
from bot.settings import Settings
from models.payment import Payment
from models.purse import Purse
from sandbox.wallets import Ask
from tests.fakes import StoryClock
from tests.money.records import Records
from tests.money.rim import IMPATIENT_S, READ_S, Doors, adapters
from tests.money.world import PIN, World
from tests.stage import PHONES, Life

GARMENT, PRICE = "kente shirt", 333  # GHS; its parts are not round


class RealLife(Life):
    """Leads an order through its life; what is paid is really taken from a wallet."""

    stage: Bank

    def pay(self, stage: str) -> None:
        number = PHONES[next(n for n in PHONES if n.capitalize() == self.customer.first_name)][1:]
        values = {"stage": stage, "person_id": self.customer.id, "provider": "mtn", "network": "mtn", "msisdn": number}
        early = self.now - timedelta(hours=1)
        payment = Payment.start(self.db, order_id=self.order.id, amount=self.order.part(stage), currency="GHS", now=early, **values)
        payment.begin(self.now, timedelta(minutes=1))
        mtn, world = self.stage.parts.providers["mtn"], self.stage.world
        mtn.collect(Charge(payment.reference, number, "mtn", payment.amount, "GHS", "", ""))
        world.rest()
        assert world.approve(world.prompts(number)[-1]) == "Approved."
        answer = mtn.query(payment.reference)
        assert isinstance(answer, Paid)
        payment.hear(self.db, answer, (), {}, due=True, now=self.now)
        self.order.funded(self.db, stage, self.now)


class Bank(Records):
    """The house between the people and the stand-ins."""

    def __init__(self, settings: Settings, world: World, doors: Doors, clock: StoryClock) -> None:
        self.world, self.doors = world, doors
        super().__init__(settings, providers=adapters(world.config, clock), clock=clock)
        doors.app = self.web.application
        self._routes = dict(self.parts.till.routes)

    def reset(self) -> None:
        super().reset()
        self.world.begin_again()
        self.paper = ""  # what a command reads
        self.doors.replies.clear()
        for provider in self.parts.providers.values():
            self.patience(provider.name, READ_S)
            provider.forget()
        if hasattr(self, "_routes"):
            self.parts.till.routes.clear()
            self.parts.till.routes.update(self._routes)

    # -- the story

    def order(self, reached: str = "ordered", who: str = "ama", tailor: str = "kofi") -> int:
        """An order that has come so far; its id."""
        with self.parts.database.begin() as db:
            known = self.person(db, tailor)
        if known is None:
            self.given_tailor(tailor, GARMENT, "Accra", PRICE)
            with self.parts.database.begin() as db:
                sews = self.tailor(db, tailor)
                sews.per_day = sews.per_month = 99
        self.given_order(who, GARMENT, tailor, reached)
        return self.orders()[-1].id

    def is_paid_at(self, tailor: str, number: str, network: str) -> None:
        """Where the tailor's earnings have always gone; the wallet bears her name."""
        with self.parts.database.begin() as db:
            values = {"number": number, "network": network, "name": self.tailor(db, tailor).business, "name_state": "matched"}
            purse, _ = Purse.take(db, self.tailor(db, tailor), now=self.parts.clock.now(), **values)
            purse.changed_at = purse.before = purse.before_index = None

    def given_order(self, who: str, garment: str, tailor: str, reached: str) -> None:
        self.person_or_new(who)
        with self.parts.database.begin() as db:
            RealLife(self, db, who, garment, tailor).until(reached)

    def talks(self, who: str, *texts: str) -> None:
        """One word after the other, each when the one before is answered; the rest of the house wakes after the last."""
        for words in texts:
            assert self.post(self._fields(who, words)).status_code == 200
            jobs.carry_messages()
            list(self.new_letters())
        self.settle()

    def is_prompted(self, who: str = "ama", wallet: str = "", network: str = "1") -> Ask | None:
        """The customer asks in chat for the prompt of what is due. What is now open on that phone."""
        number = wallet or "0" + PHONES[who][4:]
        self.talks(who, "my orders", "[Pay now]", number, network, "[Send prompt]")
        return next(reversed(self.world.prompts("233" + number[1:].replace(" ", ""))), None)

    def approves(self, ask: Ask | None) -> None:
        assert ask is not None, "there is no prompt on the phone"
        assert self.world.approve(ask, PIN) == "Approved."
        self.settle()

    def declines(self, ask: Ask | None) -> None:
        assert ask is not None, "there is no prompt on the phone"
        self.world.decline(ask)
        self.settle()

    def pays(self, who: str = "ama", wallet: str = "", network: str = "1") -> None:
        """A prompt, and a PIN."""
        self.approves(self.is_prompted(who, wallet, network))

    def cancels(self, who: str = "ama") -> None:
        self.talks(who, "cancel order", "1", "yes")

    def routes(self, network: str, *providers: str) -> None:
        """Which providers serve a network in this story, preferred first."""
        self.parts.till.routes[network] = providers

    def fault(self, name: str, value: Any = True) -> None:
        self.world.fault(name, value)

    @contextmanager
    def impatient(self, provider: str) -> Iterator[None]:
        """Meanwhile we hardly wait for an answer of this provider."""
        self.patience(provider, IMPATIENT_S)
        yield
        self.patience(provider, READ_S)

    def patience(self, provider: str, read_s: float) -> None:
        """How long we wait for an answer of a provider."""
        adapter: Any = self.parts.providers[provider]
        if hasattr(adapter, "_wire"):
            adapter._wire._read_s = read_s
            adapter._wire.close()  # the next call opens a connection that waits so long

    # -- time, the same for both sides

    def seconds(self, count: float) -> None:
        self.pass_time(count / 3600)

    def minutes(self, count: float) -> None:
        self.pass_time(count / 60)

    def hours(self, count: float) -> None:
        self.pass_time(count)

    def days(self, count: float) -> None:
        self.pass_time(24 * count)

    def skip_to(self, moment: datetime) -> None:
        """Nobody looks meanwhile, as if the house had been closed."""
        self.parts.story_clock.time = moment
        self.seconds(1)

    def settle(self) -> None:
        """Workers and world in turn, until neither has anything to do now."""
        for _ in range(20):
            self.world.rest()
            list(self.new_letters())  # read by those they are for
            if not self._is_busy() and self.receipted == len(self.channel.sent):
                return
            super().settle()

    def _next_due(self, until: datetime) -> datetime | None:
        theirs = self.world.next_due(self.now)
        dues = [due for due in (super()._next_due(until), theirs) if due and due < until]
        return min(dues, default=None)

    # -- what people of the house do

    def until(self, done: Callable[[], bool], work: Callable[[], None]) -> None:
        """A worker wakes again and again until something is so."""
        deadline = time.monotonic() + 30
        while not done():
            assert time.monotonic() < deadline, "it never was so"
            work()
            time.sleep(0.01)

    def command(self, line: str) -> str:
        """What somebody of the house types; also `ledger …` and `switch …`."""
        words = shlex.split(line)
        group = next((g for g in bookkeeper_cli.commands(lambda: self.parts) if g.name == words[0]), None)
        if group is None:
            return super().command(line)
        done = CliRunner().invoke(group, words[1:], catch_exceptions=False, input=self.paper)
        assert done.exit_code == 0, done.output
        self.settle()
        return done.output

    def decides(self, kind: str, resolution: str) -> None:
        """One person proposes, another one agrees."""
        number = self.case(kind)
        self.command(f"ledger propose {number} {resolution} --by 'Adjoa Finance' --why 'seen on the statement'")
        self.command(f"ledger confirm {number} --by 'Kwesi Operator'")

    def statement(self, provider: str, day: date) -> str:
        """What people download of a provider's day and hand in. What came of it."""
        self.paper = httpx.get(f"{self.world.config.origin}/sandbox/statement/{provider}", params={"day": str(day)}).text
        return self.command(f"ledger statement {provider} -")
