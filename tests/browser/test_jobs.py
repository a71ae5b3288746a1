"""The five jobs of the people at the desk, done in a browser from the first page to what it leaves behind."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, text

from models import ledger
from models.dispute import Dispute
from models.outbox import Outbox
from models.refund import Refund
from tests.stage import Stage
from tests.test_transcripts import given, happen

Opens = Callable[..., Page]
pytestmark = pytest.mark.xdist_group("browser")


def last_words(stage: Stage, who: str) -> str:
    return next(letter.reply.text for name, letter in reversed(stage.unread()) if name == who)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_a_dispute_is_settled_with_a_part_given_back(stage: Stage, opens: Opens, script: bool) -> None:
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    given("Ama's kente shirt by Kofi is half paid", stage)
    for said in ("problem", "quality", "The sleeves are too short", "done"):
        stage.say("ama", said)
    page = opens("support", script=script)
    page.get_by_role("link", name="disputes open").click()
    page.locator("a.open").first.click()
    expect(page.locator("#story-customer").locator("..")).to_contain_text("The sleeves are too short")
    page.get_by_role("button", name="Take it", exact=True).click()
    page.get_by_label("Outcome and reason").select_option(value="partial_refund:" + _reason("partial_refund"))
    page.get_by_label("Back to the customer, in GHS").fill("40.05")
    if script:
        expect(page.locator(".split")).to_contain_text("40.05")
    page.get_by_role("button", name="Show what happens").click()
    effects = page.locator(".effects")
    expect(effects).to_contain_text("adds up")
    expect(effects.locator("table")).to_contain_text("GHS 40.05")
    promised = {name: effects.locator(".letter").nth(place).inner_text() for place, name in enumerate(("ama", "kofi"))}
    page.get_by_label("Why (only we read this)").fill("the photos show it")
    page.get_by_role("button", name="Decide, and tell both").click()
    expect(page.get_by_role("heading", name="The decision")).to_be_visible()
    stage.settle()
    for name, words in promised.items():
        assert _plain(words) in _plain(last_words(stage, name)), name
    with stage.parts.database.begin() as db:
        case = db.scalars(select(Dispute)).one()
        assert (case.state, case.refund, case.decided_by) == ("closed", 4005, "support")
        assert ledger.faults(db) == [] and db.scalars(select(Refund.amount)).all() == [4005]


def _reason(outcome: str) -> str:
    from bot.rules.dispute import REASONS

    return REASONS[outcome][0]


def _plain(words: str) -> str:
    return re.sub(r"[\s*_]+", " ", words).strip()


def test_a_conversation_is_taken_over_and_given_back(stage: Stage, opens: Opens) -> None:
    given("Ama is a customer", stage)
    stage.say("ama", "agent")
    page = opens("support")
    page.get_by_role("link", name="waiting for a person").click()
    page.get_by_role("link", name="Ama").first.click()
    page.get_by_role("button", name="Take over").click()
    expect(page.locator(".head")).to_contain_text("you speak with her")
    page.get_by_label("Your message").fill("Good morning, how can I help?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text("Good morning, how can I help?")
    stage.settle()
    assert last_words(stage, "ama") == "Good morning, how can I help?"
    before = len(stage.channel.sent)
    stage.say("ama", "My order is late")
    assert len(stage.channel.sent) == before, "the bot is silent"
    expect(page.get_by_role("log")).to_contain_text("My order is late", timeout=20_000)
    page.get_by_role("button", name="Give back to the bot").click()
    stage.settle()
    stage.say("ama", "menu")
    assert len(stage.channel.sent) > before + 1
    with stage.parts.database.begin() as db:
        trail = db.scalars(text("SELECT action FROM audit ORDER BY id")).all()
    assert any("taken" in action or "take" in action for action in trail)


def test_why_a_message_failed_is_found_and_it_is_sent_again(stage: Stage, opens: Opens) -> None:
    given("Ama is a customer", stage)
    stage.say("ama", "help")
    with stage.parts.database.begin() as db:
        letter = db.scalars(select(Outbox).order_by(Outbox.id.desc())).first()
        assert letter
        letter.state, letter.error, letter.receipt = "dead", "Twilio refused: HTTP 400, code 63016", 0
    page = opens("support")
    page.get_by_role("link", name="messages failed").click()
    page.locator("a.open").first.click()
    expect(page.locator("#became").locator("..")).to_contain_text("24 hours")
    sent = len(stage.channel.sent)
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_role("alert")).to_be_visible()
    stage.settle()
    assert len(stage.channel.sent) == sent + 1
    stage.settle()
    assert len(stage.channel.sent) == sent + 1, "once"


def test_a_tailor_is_verified(stage: Stage, opens: Opens) -> None:
    given("Efua has applied to sew kente shirts in Accra from GHS 200", stage)
    page = opens("verifier")
    page.get_by_role("link", name="tailors to verify").click()
    page.locator("a.open").first.click()
    while (good := page.get_by_role("button", name=re.compile("it is good$"))).count():
        good.first.click()
        page.wait_for_load_state()
    page.get_by_label("Approve", exact=False).check()
    page.get_by_label("Why").fill("all papers are in order")
    page.get_by_role("button", name="Show what she reads").click()
    read = _plain(page.locator(".effects .letter").inner_text())
    page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.locator(".standing")).to_contain_text("approved")
    stage.settle()
    assert read in _plain(last_words(stage, "efua"))
    stage.say("ama", "hello")
    with stage.parts.database.begin() as db:
        assert stage.tailor(db, "efua").state == "APPROVED"


def test_a_payout_takes_two_people(stage: Stage, opens: Opens) -> None:
    for line in ("Kofi sews kente shirts in Accra from GHS 250", "Kofi has earned GHS 6,200"):
        given(line, stage)
    yaa = opens("finance", "/payouts/purses", login="yaa")
    yaa.get_by_label("Why now").fill("the holiday comes before Friday")
    yaa.get_by_role("button", name="Start it").click()
    expect(yaa.get_by_role("alert")).to_be_visible()
    stage.settle()
    assert stage.wallets["vodafone"].paid_out() == stage.wallets["mtn"].paid_out() == 0, "above the limit nobody is paid by one person's word"
    yaa.goto("/admin/payouts?show=waiting")
    yaa.locator("a.open").first.click()
    expect(yaa.locator("main")).to_contain_text("somebody else must approve it")
    kojo = opens("finance", "/", login="kojo")
    kojo.get_by_role("link", name="payouts to approve").click()
    kojo.locator("a.open").first.click()
    kojo.get_by_role("button", name=re.compile("^Approve")).click()
    expect(kojo.get_by_role("alert")).to_be_visible()
    stage.settle()
    happen("1 hours pass", stage)
    assert stage.wallets["vodafone"].paid_out() + stage.wallets["mtn"].paid_out() == 6_200_00
    with stage.parts.database.begin() as db:
        assert ledger.faults(db) == []
        told = db.execute(text("SELECT state, approved_by FROM disbursement")).all()
    assert [tuple(row) for row in told] == [("succeeded", "kojo")]
