"""Who works at the desk: let in, given another role, helped, sent away; never the last who could."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from bot.admin.door import wall
from bot.rules import NotAllowed
from models.audit import Audit
from models.staff import Staff, StaffSession
from tests.admin.conftest import PASSWORD, Browser
from tests.admin.test_door import sign_in
from tests.admin.town import IMAGE, SCRIPT
from tests.stage import Stage

Sits = Callable[..., Browser]
NEW = {"login": "yaa", "name": "Yaa Boateng", "role": "finance"}


def of(stage: Stage, login: str) -> Staff:
    with stage.parts.database.begin() as db:
        found = Staff.by_login(db, login)
        assert found
        return found


def trail(stage: Stage) -> list[tuple[str, str, str]]:
    with stage.parts.database.begin() as db:
        return [(link.action, link.subject, link.why) for link in db.scalars(select(Audit).order_by(Audit.id))]


def test_a_colleague_is_let_in_with_a_password_that_is_shown_once(stage: Stage, sits: Sits) -> None:
    browser = sits()
    answer = browser.post("/staff", **NEW)
    password = re.search(r'<code class="key">([^<]+)</code>', answer.text)[1]  # type: ignore[index]
    assert sign_in(stage, "yaa", password)[1].status_code == 303  # type: ignore[attr-defined]
    assert password not in browser.page("/staff") and of(stage, "yaa").role == "finance"
    assert trail(stage)[0][:2] == ("staff.hired", f"staff:{of(stage, 'yaa').id}")


def test_a_taken_login_keeps_what_was_typed(stage: Stage, sits: Sits) -> None:
    browser = sits()
    browser.post("/staff", **NEW)
    again = browser.post("/staff", **(NEW | {"name": "Another Yaa"}))
    assert again.status_code == 422 and "login is taken" in again.text and 'value="Another Yaa"' in again.text
    assert browser.post("/staff", **(NEW | {"login": "x", "role": "king"})).status_code == 422


def test_without_the_second_factor_nothing_changes(stage: Stage, sits: Sits) -> None:
    browser = sits(fresh=False)
    ident = browser.staff.id
    for deed in ("/staff", f"/staff/{ident}/role", f"/staff/{ident}/leave", f"/staff/{ident}/phone", f"/staff/{ident}/password"):
        assert browser.post(deed, **NEW, why="because").status_code == 401
    with stage.parts.database.begin() as db:
        assert [staff.login for staff in Staff.all(db)] == ["operator"]
    assert browser.post("/staff", **NEW, _code=browser.code()).status_code == 200, "a code that comes with the form will do"


def test_a_role_is_changed_once_with_a_reason(stage: Stage, sits: Sits) -> None:
    browser, other = sits(), sits("support")
    there = f"/staff/{other.staff.id}/role"
    assert browser.post(there, role="verifier").status_code == 422
    assert browser.post(there, role="verifier", why="she knows the tailors").status_code == 303
    assert browser.post(there, role="verifier", why="she knows the tailors").status_code == 409
    assert of(stage, "support").role == "verifier"
    assert trail(stage) == [("staff.role", f"staff:{other.staff.id}", "she knows the tailors")]
    assert "she knows the tailors" in browser.words(f"/staff/{other.staff.id}")


def test_the_last_operator_stays(stage: Stage, sits: Sits) -> None:
    browser = sits()
    ident = browser.staff.id
    assert "last operator" in browser.post(f"/staff/{ident}/leave", why="holiday").text
    assert browser.post(f"/staff/{ident}/role", role="readonly", why="holiday").status_code == 409
    sits("operator", login="second")
    assert browser.post(f"/staff/{ident}/leave", why="holiday").status_code == 303
    assert browser.get("/").status_code == 303, "she is out at once"


def test_two_operators_cannot_send_each_other_away_at_once(stage: Stage, sits: Sits) -> None:
    people = [sits("operator", login=name).staff.id for name in ("one", "two")]

    def dismiss(ident: int) -> str:
        try:
            with stage.parts.database.begin() as db:
                db.get_one(Staff, ident, with_for_update=True).dismiss(db, wall.now())
        except NotAllowed as refusal:
            return refusal.reason
        except Exception as error:  # a deadlock is resolved by the database: one of them must say it again
            return type(error).__name__
        return "gone"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(dismiss, people)) != ["gone", "gone"]
    with stage.parts.database.begin() as db:
        assert [staff for staff in Staff.all(db) if staff.ended_at is None]


def test_who_left_is_signed_out_and_cannot_return(stage: Stage, sits: Sits) -> None:
    browser, other = sits(), sits("finance")
    assert browser.post(f"/staff/{other.staff.id}/leave", why="new job").status_code == 303
    assert other.get("/").status_code == 303 and sign_in(stage, "finance", PASSWORD)[1].status_code == 401  # type: ignore[attr-defined]
    assert browser.post(f"/staff/{other.staff.id}/password", why="again").status_code == 409


def test_a_lost_phone_and_a_forgotten_password(stage: Stage, sits: Sits) -> None:
    browser, other = sits(), sits("finance")
    secret = of(stage, "finance").secret
    assert browser.post(f"/staff/{other.staff.id}/phone", why="stolen").status_code == 303
    assert of(stage, "finance").secret != secret and of(stage, "finance").enrolled_at is None and other.get("/").status_code == 303
    page = browser.post(f"/staff/{other.staff.id}/password", why="forgotten").text
    password = re.search(r'<code class="key">([^<]+)</code>', page)[1]  # type: ignore[index]
    assert sign_in(stage, "finance", PASSWORD)[1].status_code == 401  # type: ignore[attr-defined]
    assert sign_in(stage, "finance", password)[1].status_code == 303  # type: ignore[attr-defined]
    assert password not in str(trail(stage)) and [link[2] for link in trail(stage)] == ["stolen", "forgotten"]


def test_a_session_is_ended_from_the_list(stage: Stage, sits: Sits) -> None:
    browser, other = sits(), sits("finance")
    assert "Finance" in browser.words("/staff")
    with stage.parts.database.begin() as db:
        ident = db.scalars(select(StaffSession.id).where(StaffSession.staff_id == other.staff.id)).one()
    assert browser.post(f"/staff/sessions/{ident}/end").status_code == 303 and other.get("/").status_code == 303
    assert browser.post(f"/staff/sessions/{ident}/end").status_code == 409


@pytest.mark.parametrize("role", ["support", "verifier", "finance", "readonly"])
def test_only_operators_see_colleagues(sits: Sits, role: str) -> None:
    browser = sits(role)
    ident = browser.staff.id
    assert browser.get("/staff").status_code == 403 and browser.get(f"/staff/{ident}").status_code == 403
    assert browser.post(f"/staff/{ident}/role", role="operator", why="because").status_code == 403


def test_hostile_names_stay_text(stage: Stage, sits: Sits) -> None:
    browser = sits()
    browser.post("/staff", login="bad", name=f"{SCRIPT}{IMAGE}", role="support")
    for path in ("/staff", f"/staff/{of(stage, 'bad').id}", "/audit"):
        assert "<script>alert" not in browser.page(path) and "<img src=x" not in browser.page(path)
