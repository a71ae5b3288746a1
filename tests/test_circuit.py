"""A provider that fails again and again is left alone, and tried again by one caller at a time."""

from __future__ import annotations

import time
from datetime import timedelta

import fakeredis
import pytest
import redis

from bot import jobs
from bot.circuit import FAILURES, REST_S, WITHIN_S, Circuit
from bot.payments import Absent, Charge, NotAccepted, Pending, Refused, Submitted, Unknown
from bot.queue import Redis
from models.payment import Payment
from models.switch import Switch
from tests.fakes import MONDAY, StoryClock
from tests.stage import Stage


@pytest.fixture
def clock() -> StoryClock:
    clock = StoryClock()
    clock.time = MONDAY
    return clock


@pytest.fixture
def memory() -> Redis:
    memory = Redis("redis://localhost:1")
    memory.connection = fakeredis.FakeRedis()
    return memory


@pytest.fixture
def circuit(memory: Redis, clock: StoryClock) -> Circuit:
    return Circuit(memory, clock)


def fail(circuit: Circuit, times: int, answer: Submitted = Unknown("timeout"), provider: str = "mtn", operation: str = "collect") -> None:  # noqa: B008
    for _ in range(times):
        circuit.note(provider, operation, answer)


def test_five_failures_within_a_minute_open_it(circuit: Circuit) -> None:
    fail(circuit, FAILURES - 1)
    assert circuit.allows("mtn", "collect")
    fail(circuit, 1, NotAccepted("HTTP 401", ours=True))
    assert not circuit.allows("mtn", "collect")
    assert circuit.resting(["mtn", "paystack"], "collect") == ["mtn"]
    assert circuit.allows("mtn", "query") and circuit.allows("paystack", "collect"), "each operation of each provider by itself"


def test_failures_over_a_longer_time_do_not(circuit: Circuit, clock: StoryClock) -> None:
    for _ in range(3 * FAILURES):
        fail(circuit, 1)
        clock.time += timedelta(seconds=WITHIN_S / (FAILURES - 1) + 1)
    assert circuit.allows("mtn", "collect")


def test_what_customers_do_is_no_failure(circuit: Circuit) -> None:
    for answer in (Refused("no_funds"), Refused("declined"), Pending(), Absent()):
        fail(circuit, 10, answer)  # type: ignore[arg-type]
    assert circuit.allows("mtn", "collect")


def test_one_probe_closes_it_or_opens_it_anew(circuit: Circuit, clock: StoryClock) -> None:
    fail(circuit, FAILURES)
    clock.time += timedelta(seconds=REST_S)
    assert circuit.resting(["mtn"], "collect") == [], "who pays now may be the probe"
    assert circuit.allows("mtn", "collect")
    assert not circuit.allows("mtn", "collect"), "one probe at a time"
    fail(circuit, 1)
    assert not circuit.allows("mtn", "collect")
    assert circuit.resting(["mtn"], "collect") == ["mtn"]
    clock.time += timedelta(seconds=REST_S)
    assert circuit.allows("mtn", "collect")
    circuit.note("mtn", "collect", Pending())
    assert circuit.allows("mtn", "collect") and circuit.allows("mtn", "collect")
    fail(circuit, FAILURES - 1)
    assert circuit.allows("mtn", "collect"), "old failures are forgotten"


def test_without_redis_every_circuit_is_closed(memory: Redis, circuit: Circuit, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(circuit, FAILURES)

    def away(*args: object, **kwargs: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(memory.connection, "execute_command", away)
    monkeypatch.setattr(memory.connection, "pipeline", away)
    fail(circuit, FAILURES)
    assert circuit.allows("mtn", "collect") and circuit.resting(["mtn"], "collect") == []


# -- at the counter


def payment(stage: Stage, who: str = "ama") -> Payment:
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    with stage.parts.database.begin() as db:
        stage.tailor(db, "kofi").per_day = 50
    stage.given_order(who, "kente shirt", "kofi", "ordered")
    with stage.parts.database.begin() as db:
        order = stage.orders()[-1]
        return Payment.start(
            db, order_id=order.id, stage="deposit", person_id=order.customer_id, provider="mtn", network="mtn", msisdn="233241234567",
            amount=order.part("deposit"), currency="GHS", now=stage.parts.clock.now(),
        )  # fmt: skip


def now_at(stage: Stage, ident: int) -> Payment:
    with stage.parts.database.begin() as db:
        return Payment.by_id(db, ident)


def test_an_open_circuit_sends_the_request_elsewhere(stage: Stage) -> None:
    """Nothing was created, so another provider may be asked; the attempt says why."""
    fail(stage.parts.circuit, FAILURES)
    ident = payment(stage).id
    jobs.carry_money()
    assert stage.wallets["mtn"].charges == {}
    assert (now_at(stage, ident).provider, now_at(stage, ident).state) == ("vodafone", "not_accepted")
    assert now_at(stage, ident).code == "left alone after failures"
    stage.pass_time(0.01)
    assert now_at(stage, ident).state == "pending" and len(stage.wallets["vodafone"].charges) == 1


def test_a_request_that_may_have_arrived_goes_nowhere_else(stage: Stage) -> None:
    stage.wallets["mtn"].hears_only()
    ident = payment(stage).id
    jobs.carry_money()
    fail(stage.parts.circuit, FAILURES)
    fail(stage.parts.circuit, FAILURES, operation="query")
    stage.pass_time(0.3)
    assert now_at(stage, ident).provider == "mtn" and stage.wallets["vodafone"].charges == {}


def test_rejected_keys_are_not_the_customers_fault(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """401 at noon: nobody is told that her wallet failed, the operator is called, everybody pays another way, and MTN is tried again later."""
    stage.wallets["mtn"].on_collect = [lambda charge: NotAccepted("HTTP 401", ours=True)] * 50
    idents = [payment(stage, who).id for who in ("ama", "esi", "abena", "kojo")]
    for _ in range(4):
        jobs.carry_money()
        stage.parts.story_clock.time += timedelta(seconds=3)
    assert {now_at(stage, ident).provider for ident in idents} == {"vodafone"}
    assert {now_at(stage, ident).state for ident in idents} == {"pending"}
    assert any(r.levelname == "ERROR" and "left alone" in r.message for r in caplog.records)
    assert stage.parts.till.first("mtn") == "vodafone"
    stage.wallets["mtn"].on_collect = []
    stage.parts.story_clock.time += timedelta(seconds=REST_S)
    late = payment(stage, "akua").id
    jobs.carry_money()
    assert (now_at(stage, late).provider, now_at(stage, late).state) == ("mtn", "pending")
    assert stage.parts.till.first("mtn") == "mtn"


def test_a_slow_provider_keeps_nobody_else_waiting(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its calls hang; payments at the other provider are carried all the same, and nothing is asked twice meanwhile."""
    monkeypatch.setattr("bot.cashier.PATIENCE_S", 0.3)
    held: list[str] = []

    def hang(charge: Charge) -> Submitted:
        held.append(charge.reference)
        time.sleep(1.5)
        return Unknown("timeout")

    stage.wallets["mtn"].on_collect = [hang] * 50
    slow = [payment(stage, who) for who in ("ama", "esi", "abena")]
    with stage.parts.database.begin() as db:
        quick = payment(stage, "kojo").id
        Payment.by_id(db, quick, lock=True).provider = "vodafone"
    begun = time.monotonic()
    jobs.carry_money()
    jobs.carry_money()
    assert time.monotonic() - begun < 1.4
    assert now_at(stage, quick).state == "pending"
    assert sorted(held) == sorted(p.reference for p in slow)
    for call in stage.parts.cashier._calls.values():
        call.result(timeout=5)


def test_what_is_switched_off_is_not_sent_and_what_is_under_way_is_finished(stage: Stage) -> None:
    begun = payment(stage).id
    jobs.carry_money()
    with stage.parts.database.begin() as db:
        Switch.turn(db, "collect:mtn", off=True, why="maintenance", by="Efua", now=stage.parts.clock.now())
    later = payment(stage, "esi").id
    jobs.carry_money()
    assert (now_at(stage, later).provider, now_at(stage, later).code) == ("vodafone", "maintenance")
    stage.wallets["mtn"].pay(now_at(stage, begun).reference)
    stage.pass_time(0.1)
    assert now_at(stage, begun).state == "succeeded"
