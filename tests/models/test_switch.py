"""What operators switch off stops what is new, and finishes what has begun."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import event

from bot.rules import NotAllowed
from bot.rules.payment import ROUTES
from bot.settings import BadSettings
from bot.till import open_routes
from models.payment import Payment
from models.switch import PAYOUTS, Switch
from tests.fakes import Wallets
from tests.stage import Stage


def turn(stage: Stage, name: str, *, off: bool = True, why: str = "maintenance") -> None:
    with stage.parts.database.begin() as db:
        Switch.turn(db, name, off=off, why=why, by="Efua Mensah", now=stage.parts.clock.now())


def test_off_and_on_again(stage: Stage) -> None:
    turn(stage, PAYOUTS)
    with stage.parts.database.begin() as db:
        assert Switch.off(db) == {PAYOUTS: "maintenance"} and not Switch.is_on(db, PAYOUTS) and Switch.is_on(db, "collect:mtn")
    turn(stage, PAYOUTS, off=False, why="over")
    with stage.parts.database.begin() as db:
        assert Switch.off(db) == {} and Switch.is_on(db, PAYOUTS)


WRONG = [("everything", "so", "no_such_switch"), ("collect:", "so", "no_such_switch"), (PAYOUTS, " ", "no_reason")]


@pytest.mark.parametrize(("name", "why", "reason"), WRONG)
def test_a_switch_needs_a_name_and_a_reason(stage: Stage, name: str, why: str, reason: str) -> None:
    with pytest.raises(NotAllowed, match=reason):
        turn(stage, name, why=why)


def test_the_till_follows_at_once(stage: Stage) -> None:
    till = stage.parts.till
    assert (till.first("mtn"), till.first("at"), till.networks()) == ("mtn", "vodafone", ("mtn", "telecel", "at"))
    turn(stage, "collect:mtn")
    turn(stage, "network:at")
    assert (till.first("mtn"), till.first("at"), till.networks()) == ("vodafone", None, ("mtn", "telecel"))
    assert till.route("at") == ("vodafone",), "what has begun is finished"
    turn(stage, "collect:vodafone")
    assert till.networks() == ()


def test_a_network_that_is_off_is_not_offered(stage: Stage) -> None:
    """F30: the others are; who had it in mind hears why not; what is under way is finished."""
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    for who in ("kwame", "efua"):
        stage.given_order(who, "kente shirt", "kofi", "ordered")
        for said in ("my orders", "1", "1", "AT Money"):
            stage.say(who, said)
    stage.say("kwame", "yes")
    turn(stage, "network:at")
    wallet, reference = stage.prompt()
    wallet.pay(reference)
    stage.pass_time(0.1)
    with stage.parts.database.begin() as db:
        assert Payment.by_reference(db, reference).state == "succeeded"  # type: ignore[union-attr]
    stage.say("efua", "yes")
    assert "cannot collect from AT Money" in stage.channel.sent[-1].reply.text
    for said in ("Other number", "026 123 4567"):
        stage.say("efua", said)
    asked = stage.channel.sent[-1].reply
    assert "which network" in asked.text and sorted(c.label for c in asked.choices) == ["MTN MoMo", "Telecel Cash"]


def test_messages_that_are_not_about_paying_ask_no_switch(stage: Stage) -> None:
    stage.given_tailor("kofi", "kaftan", "Accra", 150)
    stage.given_customer("ama")
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    for engine in (stage.parts.database.engine, stage.parts.database._single):
        event.listen(engine, "before_cursor_execute", note)
    try:
        for said in ("menu", "1", "kaftan", "anywhere", "menu", "my orders", "settings"):
            stage.say("ama", said)
    finally:
        for engine in (stage.parts.database.engine, stage.parts.database._single):
            event.remove(engine, "before_cursor_execute", note)
    assert seen and not [s for s in seen if "switch" in s]


def test_operators_may_set_routes() -> None:
    providers = {name: Wallets(name) for name in ("mtn", "vodafone", "paystack")}
    assert open_routes({}, providers)["mtn"] == ROUTES["mtn"]
    given = json.loads('{"mtn": ["paystack"]}')
    assert open_routes(given, providers)["mtn"] == ("paystack",)
    assert open_routes(given, {"mtn": providers["mtn"]})["mtn"] == ()


@pytest.mark.parametrize(
    ("network", "provider", "said"), [("mtm", "mtn", "no network"), ("mtn", "mtm", "no provider"), ("at", "mtn", "does not reach")]
)
def test_wrong_routes_stop_the_start(network: str, provider: str, said: str) -> None:
    wallets = Wallets("mtn")
    wallets.networks = ("mtn",)  # type: ignore[misc]
    with pytest.raises(BadSettings, match=said):
        open_routes({network: (provider,)}, {"mtn": wallets})
