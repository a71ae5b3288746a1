"""Prices are looked at before they change, change once, and remember who changed them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from models.audit import Audit
from models.garment import Garment
from models.tailor import Offer
from tests.admin.conftest import Browser
from tests.admin.town import SCRIPT
from tests.stage import Stage
from tests.test_transcripts import given

Sits = Callable[..., Browser]
WISH = {"label": "Kente shirt", "base": "90.50", "days": "6", "yards": "2.5", "rank": "1", "active": "1"}


@pytest.fixture(autouse=True)
def stocked(stage: Stage) -> None:
    given("Kofi sews kente shirts in Accra from GHS 85", stage)
    given("Yaw sews kente shirts in Accra from GHS 250", stage)


def kente(stage: Stage) -> tuple[Any, ...]:
    with stage.parts.database.begin() as db:
        one = db.get_one(Garment, "kente_shirt")
        return one.base, one.days, one.yards10, one.rank, one.active, one.stamp


def test_a_change_is_shown_before_it_is_made(stage: Stage, sits: Sits) -> None:
    browser, before = sits(), kente(stage)
    answer = browser.post("/catalogue/kente_shirt/look", **WISH)
    assert answer.status_code == 200 and kente(stage) == before
    for said in ("GHS 80.00", "GHS 90.50", "GHS 20.00", "GHS 22.62", "1 would ask less", "1 more"):
        assert said in answer.text, said


def test_a_change_happens_once_with_its_reason_and_tailors_keep_theirs(stage: Stage, sits: Sits) -> None:
    browser, stamp = sits(), kente(stage)[-1]
    assert browser.post("/catalogue/kente_shirt/change", **WISH, stamp=stamp).status_code == 422, "no reason"
    assert browser.post("/catalogue/kente_shirt/change", **WISH, stamp=stamp, why="cloth costs more").status_code == 303
    assert kente(stage)[:5] == (9050, 6, 25, 1, True)
    assert browser.post("/catalogue/kente_shirt/change", **WISH, stamp=stamp, why="cloth costs more").status_code == 409
    with stage.parts.database.begin() as db:
        link = db.scalars(select(Audit)).one()
        assert link.facts["Base price"] == {"before": 8000, "after": 9050} and link.why == "cloth costs more"
        assert sorted(db.scalars(select(Offer.price))) == [85_00, 250_00]
    said = browser.words("/catalogue/kente_shirt")
    assert "GHS 80.00" in said and "GHS 90.50" in said and "cloth costs more" in said


def test_a_garment_can_be_taken_out_of_the_menu(stage: Stage, sits: Sits) -> None:
    off = {name: value for name, value in WISH.items() if name != "active"}
    assert sits().post("/catalogue/kente_shirt/change", **off, stamp=kente(stage)[-1], why="season").status_code == 303
    with stage.parts.database.begin() as db:
        assert "kente_shirt" not in [g.name for g in Garment.all(db)] and Garment.named(db, "kente_shirt").base == 9050


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("base", "-5", "amount in cedis"), ("base", "1e3", "amount in cedis"), ("base", "0.50", "between GHS 1"),
        ("base", "10000.01", "between GHS 1"), ("rank", "1000", "0 to 999"),
        ("days", "0", "between 2 and 120"), ("days", "x", "whole numbers"), ("yards", "2.55", "one decimal"), ("yards", "0", "0.1 and 30"),
        ("label", "x" * 25, "24 characters"), ("label", "*bold*", "24 characters"), ("label", "Kaftan", "Another garment"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_what_was_typed_stays(stage: Stage, sits: Sits, field: str, value: str, said: str) -> None:
    before, browser = kente(stage), sits()
    answer = browser.post("/catalogue/kente_shirt/look", **(WISH | {field: value}))
    assert answer.status_code == 422 and said in answer.text and f'name="{field}"' in answer.text and f'value="{value}"' in answer.text
    refused = browser.post("/catalogue/kente_shirt/change", **(WISH | {field: value}), stamp=before[-1], why="because")
    assert refused.status_code in (409, 422) and kente(stage) == before


def test_nothing_different_is_no_change(stage: Stage, sits: Sits) -> None:
    same = WISH | {"base": "80", "days": "7", "yards": "2"}
    assert "Nothing is different" in sits().post("/catalogue/kente_shirt/look", **same).text


def test_only_garments_whose_measurements_are_known_can_be_added(stage: Stage, sits: Sits) -> None:
    browser = sits()
    assert "first needs its list of measurements" in browser.words("/catalogue")
    assert browser.post("/catalogue", **WISH, name="space_suit", why="why not").status_code == 409
    with stage.parts.database.begin() as db:
        db.delete(db.get_one(Garment, "skirt"))
    assert 'value="skirt"' in browser.page("/catalogue")
    made = browser.post("/catalogue", **(WISH | {"label": "Skirt"}), name="skirt", why="asked for")
    assert made.status_code == 303 and "Skirt" in browser.words("/catalogue/skirt")
    assert browser.post("/catalogue", **(WISH | {"label": "Skirt"}), name="skirt", why="asked for").status_code == 409


def test_a_hostile_name_stays_text(stage: Stage, sits: Sits) -> None:
    label = SCRIPT[:24]
    browser = sits()
    assert browser.post("/catalogue/kente_shirt/change", **(WISH | {"label": label}), stamp=kente(stage)[-1], why=SCRIPT).status_code == 303
    for path in ("/catalogue", "/catalogue/kente_shirt", "/audit"):
        assert "<script>alert" not in browser.page(path)


@pytest.mark.parametrize("role", ["support", "verifier", "finance", "readonly"])
def test_others_look_only(stage: Stage, sits: Sits, role: str) -> None:
    browser, before = sits(role), kente(stage)
    assert "GHS 80.00" in browser.words("/catalogue/kente_shirt") and "<form class=\"stack\"" not in browser.page("/catalogue/kente_shirt")
    for deed in ("/catalogue/kente_shirt/look", "/catalogue/kente_shirt/change", "/catalogue"):
        assert browser.post(deed, **WISH, stamp=before[-1], why="because", name="skirt").status_code == 403
    assert kente(stage) == before
