"""What tailors are paid, by two people where it is much, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from bot.payments import Refused
from models import ledger
from models.audit import Audit
from models.disbursement import Disbursement
from models.purse import Purse
from models.switch import PAYOUTS, Switch
from tests.admin.conftest import Browser
from tests.stage import Stage
from tests.test_transcripts import given, happen

Sits = Callable[..., Browser]
FRIDAY = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
WEEK = "2026-W48"
HOSTILE = "<script>alert(1)</script> \"'><img src=x onerror=1>"


@pytest.fixture
def esi(sits: Sits) -> Browser:
    return sits("finance", login="esi")


@pytest.fixture
def yaw(sits: Sits) -> Browser:
    return sits("finance", login="yaw")


@pytest.fixture
def tailors(stage: Stage) -> None:
    """Kofi has earned more than one person may let go, Efua less, Kwame too little, and Yaw's money has no number to go to."""
    for who, earned in (("Kofi", "6,000"), ("Efua", "300"), ("Kwame", "20"), ("Yaw", "90")):
        given(f"{who} sews kente shirts in Accra from GHS 250", stage)
        given(f"{who} has earned GHS {earned}", stage)
    given("Yaw has no payout number", stage)


def outs(stage: Stage) -> list[Disbursement]:
    with stage.parts.database.begin() as db:
        return list(db.scalars(select(Disbursement).order_by(Disbursement.id)))


def tailor(stage: Stage, who: str = "kofi") -> int:
    with stage.parts.database.begin() as db:
        return stage.tailor(db, who).id


def right(stage: Stage) -> None:
    with stage.parts.database.begin() as db:
        assert ledger.faults(db) == []


def actions(stage: Stage) -> list[tuple[str, str]]:
    with stage.parts.database.begin() as db:
        return [(link.who, link.action) for link in db.scalars(select(Audit).order_by(Audit.id))]


def start(stage: Stage, browser: Browser) -> None:
    stage.parts.story_clock.time = FRIDAY
    assert browser.post("/payouts/weeks", week=WEEK, why="Friday").status_code == 303
    stage.settle()


def test_wallets_show_what_payday_would_bring_and_why_not(stage: Stage, tailors: None, esi: Browser) -> None:
    said = esi.words("/payouts/purses")
    for told in ("GHS 6,000.00 , a second person approves", "GHS 300.00", "below the minimum", "no payout number", "020 •••", WEEK):
        assert told in said, told
    assert "Kwame" not in esi.words("/payouts/purses?show=payable") and "Yaw" in esi.words("/payouts/purses?show=payable")
    given("Ama's kente shirt by Efua is deposited", stage)
    given("Esi's kente shirt by Efua is cut", stage)
    assert "GHS 125.00" not in esi.words(f"/payouts/purses/{tailor(stage, 'efua')}")
    assert "GHS 62.50" in esi.words("/payouts/purses"), "of what is held, only orders she has accepted count as hers"
    file = esi.get("/payouts/purses?format=csv").text
    assert "6000.00" in file and "233" not in file


def test_a_week_is_paid_by_two_people(stage: Stage, tailors: None, esi: Browser, yaw: Browser) -> None:
    start(stage, esi)
    big, small = outs(stage)
    assert (small.amount, small.state) == (300_00, "pending"), "what is below the limit is on its way at once"
    assert (big.amount, big.state) == (6_000_00, "created")
    assert "Kofi" in esi.page("/payouts?show=waiting") and "Efua" not in esi.page("/payouts?show=waiting")
    assert "somebody else must approve" in esi.page(f"/payouts/{big.id}")
    assert esi.post(f"/payouts/{big.id}/approve").status_code == 409, "who started it is not the second person"
    assert outs(stage)[0].state == "created"
    page = yaw.page(f"/payouts/{big.id}")
    assert "Approve GHS 6,000.00" in page and f"in_flight:{big.id}" in page and "by esi" not in page
    assert [yaw.post(f"/payouts/{big.id}/approve").status_code for _ in range(2)] == [303, 409]
    stage.settle()
    stage.pass_time(1)
    assert [(out.state, out.approved_by) for out in outs(stage)] == [("succeeded", "yaw"), ("succeeded", "rules")]
    assert stage.wallets["vodafone"].paid_out() + stage.wallets["mtn"].paid_out() == 6_300_00
    assert actions(stage) == [("esi", "payout.week_started"), ("yaw", "payout.approved")]
    right(stage)
    start(stage, esi)
    assert len(outs(stage)) == 2, "a week is paid once"


def test_logins_that_look_alike_are_two_people_and_names_that_do_are_not(stage: Stage, tailors: None, sits: Sits) -> None:
    one, two = sits("finance", login="finance-a"), sits("finance", login="finance-b")
    start(stage, one)
    assert one.post(f"/payouts/{outs(stage)[0].id}/approve").status_code == 409
    kofi = sits("finance", login="kofi")
    assert kofi.post(f"/payouts/{outs(stage)[0].id}/approve").status_code == 409, "the tailor may work here, too"
    assert two.post(f"/payouts/{outs(stage)[0].id}/approve").status_code == 303


def test_what_has_not_left_is_cancelled_and_sent_again(stage: Stage, tailors: None, esi: Browser, yaw: Browser) -> None:
    start(stage, esi)
    big = outs(stage)[0].id
    assert yaw.post(f"/payouts/{big}/cancel").status_code == 422, "a reason"
    assert yaw.post(f"/payouts/{big}/cancel", why="she called").status_code == 303
    assert yaw.post(f"/payouts/{big}/cancel", why="she called").status_code == 409
    assert "GHS 6,000.00" in yaw.words(f"/payouts/purses/{tailor(stage)}")
    assert yaw.post(f"/payouts/{big}/retry", why="she called again").status_code == 303
    assert yaw.post(f"/payouts/{big}/retry", why="she called again").status_code == 409, "once"
    again = outs(stage)[-1]
    assert (again.retry_of, again.state, again.amount) == (big, "created", 6_000_00), "what was never approved is not approved by being repeated"
    assert esi.post(f"/payouts/{again.id}/approve").status_code == 409
    assert yaw.post(f"/payouts/{again.id}/approve").status_code == 303
    assert yaw.post(f"/payouts/{outs(stage)[1].id}/cancel", why="too late").status_code == 409, "what has arrived stays there"
    right(stage)


def test_one_that_failed_by_the_wallets_fault_is_sent_again_by_hand(stage: Stage, tailors: None, esi: Browser) -> None:
    for wallet in stage.wallets.values():
        wallet.on_send = [lambda out: Refused("cannot_receive", "409-X")]
    start(stage, esi)
    failed = outs(stage)[1]
    page = esi.page(f"/payouts/{failed.id}")
    assert failed.state == "failed" and "409-X" in page and "Send it again" in page
    assert esi.post(f"/payouts/{failed.id}/retry", why="her wallet is open again").status_code == 303
    stage.settle()
    stage.pass_time(1)
    assert outs(stage)[-1].state == "succeeded" and outs(stage)[-1].retry_of == failed.id
    assert "Send it again" not in esi.page(f"/payouts/{failed.id}") and f"/admin/payouts/{outs(stage)[-1].id}" in esi.page(f"/payouts/{failed.id}")
    right(stage)


def test_a_purse_is_stopped_and_freed(stage: Stage, tailors: None, esi: Browser, yaw: Browser) -> None:
    start(stage, esi)
    place = f"/payouts/purses/{tailor(stage)}"
    assert yaw.post(f"{place}/stop", why=HOSTILE).status_code == 303
    assert outs(stage)[0].state == "cancelled", "what was to leave comes back"
    page = yaw.page(place)
    assert "&lt;script&gt;" in page and "<script>alert" not in page and "<img src=x" not in page
    assert "stopped by us" in yaw.words("/payouts/purses?show=held")
    assert esi.post(f"{place}/free", why="spoke with her").status_code == 303
    assert esi.post(f"{place}/free", why="spoke with her").status_code == 409
    with stage.parts.database.begin() as db:
        found = Purse.of(db, tailor(stage))
        assert found and (found.stopped_because, found.looked_by) == (None, "esi")
    assert esi.post(f"/payouts/purses/{tailor(stage, 'yaw')}/stop", why="none").status_code == 409


def test_a_changed_number_rests(stage: Stage, tailors: None, esi: Browser, yaw: Browser) -> None:
    start(stage, esi)
    with stage.parts.database.begin() as db:
        found = Purse.of(db, tailor(stage))
        assert found
        found.changed_at, found.before = stage.parts.clock.now(), "233559999999"
    assert "three days" in yaw.words(f"/payouts/purses/{tailor(stage)}") and "055 ••• 9999" in yaw.page(f"/payouts/purses/{tailor(stage)}")
    assert yaw.post(f"/payouts/{outs(stage)[0].id}/approve").status_code == 409


def test_the_network_is_asked_again_whose_number_it_is(stage: Stage, tailors: None, esi: Browser) -> None:
    place = f"/payouts/purses/{tailor(stage)}"
    happen("vodafone knows 020 123 4567 as Akosua Agyeman", stage)
    happen("mtn knows 020 123 4567 as Akosua Agyeman", stage)
    assert esi.post(f"{place}/reread").status_code == 303
    stage.settle()
    assert "Akosua Agyeman" in esi.page(place) and "another name" in esi.words(place)
    assert stage.channel.sent == [], "she has not asked and hears nothing"
    assert esi.post(f"{place}/free", why="she married").status_code == 303
    esi.post(f"{place}/reread")
    stage.settle()
    assert "name fits" in esi.words(place), "what a person has looked at stays looked at"
    codes = [esi.post(f"{place}/reread").status_code for _ in range(5)]
    assert codes[-1] == 409, "whose number it is must not be found out by trying"


def test_what_stops_all_payouts_is_said_on_top(stage: Stage, tailors: None, esi: Browser) -> None:
    with stage.parts.database.begin() as db:
        Switch.turn(db, PAYOUTS, off=True, why=HOSTILE, by="the house", now=stage.parts.clock.now())
    for path in ("/payouts", "/payouts/purses"):
        assert "All payouts are stopped" in esi.page(path) and "<script>alert" not in esi.page(path)
    start(stage, esi)
    assert outs(stage) == []


@pytest.mark.parametrize("role", ["support", "verifier", "operator", "readonly"])
def test_others_look_and_change_nothing(stage: Stage, tailors: None, esi: Browser, sits: Sits, role: str) -> None:
    start(stage, esi)
    browser, big, place = sits(role), outs(stage)[0].id, f"/payouts/purses/{tailor(stage)}"
    assert "Approve" not in browser.page(f"/payouts/{big}").replace("Approved", "") and "Start it" not in browser.page("/payouts/purses")
    for path in (f"/payouts/{big}/approve", f"/payouts/{big}/cancel", f"/payouts/{big}/retry", f"/payouts/{big}/ask", "/payouts/weeks"):
        assert browser.post(path, why="because", week=WEEK).status_code == 403
    for deed in ("stop", "free", "reread"):
        assert browser.post(f"{place}/{deed}", why="because").status_code == 403
    assert outs(stage)[0].state == "created"


def test_a_week_of_nobody_is_not_started(stage: Stage, tailors: None, esi: Browser) -> None:
    assert esi.post("/payouts/weeks", week="2020-W01", why="because").status_code == 422
    assert esi.post("/payouts/weeks", week=WEEK, why="").status_code == 422
