"""The split that follows the typing says to the pesewa what the house would do."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from bot.rules.dispute import effects
from bot.rules.escrow import STAGES, split
from bot.rules.money import ghs, major
from tests.stage import Stage
from tests.test_transcripts import given

pytestmark = pytest.mark.xdist_group("browser")
ANEW = """(facts) => {
    const old = document.querySelector("form[data-split]"), anew = old.cloneNode(true);
    Object.assign(anew.dataset, facts);
    old.replaceWith(anew);
}"""
TYPE = """(refund) => {
    const form = document.querySelector("form[data-split]");
    form.elements.reason.value = "partial_refund:agreed";
    form.elements.refund.value = refund;
    form.dispatchEvent(new Event("input"));
    return Object.fromEntries([...form.querySelectorAll("[data-part]")].map((at) => [at.dataset.part, at.textContent]));
}"""


def test_it_splits_as_the_house_does(stage: Stage, opens: Callable[..., Page]) -> None:
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    given("Ama's kente shirt by Kofi is handed over", stage)
    for said in ("problem", "quality", "The sleeves are too short", "done"):
        stage.say("ama", said)
    page, dice = opens("support", "/disputes"), random.Random(7)
    page.locator("a.open").first.click()
    page.wait_for_selector("form[data-split]")
    for _ in range(300):
        parts = split(dice.randint(30_00, 10_000_00))
        held = {name: parts[name] * dice.randint(0, 1) for name in STAGES}
        before, rate = sum(parts.values()) - sum(held.values()), dice.choice((2000, 1500, 1, 0, 3333))
        have, returnable = sum(held.values()), sum(parts.values())
        wanted = dice.randint(1, returnable)
        facts = {name: str(amount) for name, amount in held.items()}
        facts |= {"returnable": str(returnable), "commissioned": str(before), "rate": str(rate)}
        house = effects("partial_refund", held, refund=wanted, bearer="platform", returnable=returnable, released_before=before, rate_bp=rate)
        said = typed(page, facts, major(wanted))
        assert said["back"] == ghs(sum(house.back.values())), facts
        assert said["tailor"] == ghs(house.to_tailor) and said["fee"] == ghs(sum(house.fees.values())), facts
        assert said["borne"] == ghs(house.borne) and said["stays"] == ghs(0)
        assert sum(house.back.values()) + house.to_tailor + sum(house.fees.values()) == have


def typed(page: Page, facts: dict[str, str], refund: str) -> dict[str, str]:
    """The script reads what is held when the page opens; so each order has the form anew."""
    page.evaluate(ANEW, facts)
    page.add_script_tag(url="/admin/static/split.js")
    found: dict[str, str] = page.evaluate(TYPE, refund)
    return found
