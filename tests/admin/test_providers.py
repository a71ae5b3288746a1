"""Providers at the desk: switched off and on with a reason, left alone, empty, and let go again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from bot.payments import NotAccepted
from bot.payments.vodafone import Vodafone
from models import ledger
from models.audit import Audit
from models.case import Case
from models.dry_float import DryFloat
from models.standing import Standing
from models.switch import PAYOUTS, Switch
from tests.admin.conftest import Browser
from tests.stage import Stage

Sits = Callable[..., Browser]
HOSTILE = "<script>alert(1)</script> \"'><img src=x onerror=1>"


@pytest.fixture
def esi(sits: Sits) -> Browser:
    return sits("finance", login="esi")


def off(stage: Stage) -> dict[str, str]:
    with stage.parts.database.begin() as db:
        return Switch.off(db)


def test_a_provider_is_switched_off_and_on(stage: Stage, esi: Browser) -> None:
    assert esi.post("/providers/switch", name="collect:mtn", way="off", why="").status_code == 422
    assert [esi.post("/providers/switch", name="collect:mtn", way="off", why=HOSTILE).status_code for _ in range(2)] == [303, 409]
    assert off(stage) == {"collect:mtn": HOSTILE}
    page = esi.page("/providers")
    assert "&lt;script&gt;" in page and "<script>alert" not in page and "(closed)" in page
    assert esi.post("/providers/switch", name="collect:mtn", way="on", why="it works again").status_code == 303
    assert off(stage) == {}
    with stage.parts.database.begin() as db:
        links = [(link.who, link.action, link.facts["before"], link.facts["after"]) for link in db.scalars(select(Audit).order_by(Audit.id))]
    assert links == [("esi", "switch.turned", "on", "off"), ("esi", "switch.turned", "off", "on")]


@pytest.mark.parametrize("name", ["collect:nobody", "network:xx", "payouts:all", "", "send:"])
def test_there_are_no_other_switches(stage: Stage, esi: Browser, name: str) -> None:
    assert esi.post("/providers/switch", name=name, way="off", why="because").status_code == 409
    assert off(stage) == {}


def test_stopped_payouts_say_why_and_are_let_go(stage: Stage, esi: Browser) -> None:
    with stage.parts.database.begin() as db:
        Case.open(db, "k", "ours_only", provider="mtn", facts={}, now=stage.parts.clock.now())
    said = esi.words("/providers")
    assert "All payouts are stopped" in said and "Still open:" in said and ": our books have a movement" in said
    assert esi.post("/providers/switch", name=PAYOUTS, way="on", why="the line came late").status_code == 303
    assert "They leave" in esi.words("/providers")


def test_one_that_fails_again_and_again_is_left_alone(stage: Stage, esi: Browser) -> None:
    assert "Left alone" not in esi.words("/providers")
    for _ in range(5):
        stage.parts.circuit.note("mtn", "collect", NotAccepted("503"))
    assert "Left alone for asking for money" in esi.words("/providers")


def test_when_money_last_came_and_went(stage: Stage) -> None:
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "deposited")
    with stage.parts.database.begin() as db:
        before = Standing.of(db, ("mtn", "vodafone"))
        db.merge(stage.orders()[0]).cancel(db, "person:1", stage.parts.clock.now())
    assert before["mtn"].taken_at and before["mtn"].sent_at is None and before["mtn"].balance == 62_50
    assert before["vodafone"] == Standing("vodafone", None, None, 0, 0, 0)
    stage.settle()
    with stage.parts.database.begin() as db:
        assert Standing.of(db, ("mtn",))["mtn"].under_way == 62_50
    stage.pass_time(1)
    with stage.parts.database.begin() as db:
        after = Standing.of(db, ("mtn",))["mtn"]
    assert after.sent_at and (after.balance, after.waiting, after.under_way) == (0, 0, 0)


def test_an_empty_float_is_filled_again(stage: Stage, esi: Browser) -> None:
    with stage.parts.database.begin() as db:
        DryFloat.note(db, "mtn", stage.parts.clock.now())
    assert "Its float is empty" in esi.words("/providers")
    assert [esi.post("/providers/mtn/float", why="GHS 5,000 from the bank").status_code for _ in range(2)] == [303, 409]
    with stage.parts.database.begin() as db:
        assert DryFloat.all(db) == []


def test_a_transfer_is_booked_once_per_number(stage: Stage, esi: Browser) -> None:
    fields = {"amount": "500.50", "way": "to", "ref": "B-1", "why": "top-up"}
    assert [esi.post("/providers/mtn/fund", **fields).status_code for _ in range(2)] == [303, 303]
    assert esi.post("/providers/mtn/fund", **fields | {"amount": "1"}).status_code == 409
    assert esi.post("/providers/mtn/fund", **fields | {"ref": "B-2", "way": "back", "amount": "0.50"}).status_code == 303
    for wrong in ({"amount": "0"}, {"amount": "-1"}, {"amount": "1e9"}, {"ref": ""}, {"ref": "a\nb"}, {"why": ""}):
        assert esi.post("/providers/mtn/fund", **fields | {"ref": "B-3"} | wrong).status_code == 422, wrong
    assert esi.post("/providers/nobody/fund", **fields).status_code == 404
    with stage.parts.database.begin() as db:
        assert ledger.balance(db, "provider_clearing:mtn") == 500_00 and ledger.faults(db) == []
        assert len(db.scalars(select(Audit)).all()) == 2, "what was booked before is not noted again"


@pytest.mark.parametrize("role", ["support", "verifier", "operator", "readonly"])
def test_others_look_and_change_nothing(stage: Stage, sits: Sits, role: str) -> None:
    browser = sits(role)
    assert "Switch off" not in browser.words("/providers")
    for path in ("switch", "mtn/float", "mtn/fund"):
        assert browser.post(f"/providers/{path}", name="payouts", way="off", why="because", amount="1", ref="r").status_code == 403
    assert off(stage) == {}


def test_what_moves_real_money_is_told_from_stand_ins() -> None:
    from bot.admin.pages.providers import host, kind

    vodafone = Vodafone(Vodafone.Config(api_url="http://127.0.0.1:9000/x", api_key="k", webhook_secret="s" * 32))
    assert (host(vodafone), kind(vodafone, "demo")) == ("127.0.0.1:9000", ("warn", "stand-in"))
    live = Vodafone(Vodafone.Config(api_url="https://user:secret@api.example.com/x", api_key="k", webhook_secret="s" * 32))
    assert (host(live), kind(live, "production")) == ("api.example.com", ("good", "live"))
    assert kind(live, "demo") == ("warn", "test keys")
