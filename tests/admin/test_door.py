"""Who may come in, and what keeps everybody else out."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from bot.admin.door import COOKIE, hidden, local, wall
from bot.rules.roles import ROLES
from models.audit import Audit
from models.staff import IDLE, LONGEST, RECOVERY_CODES, TRIES, Staff, StaffSession
from tests.admin.conftest import PASSWORD, Browser
from tests.stage import Stage

Sits = Callable[..., Browser]
OPEN = {"desk.sign_in", "desk.enter", "desk.static"}


@pytest.fixture
def esi(stage: Stage) -> Staff:
    with stage.parts.database.begin() as db:
        return Staff.hire(db, login="Esi", name="Esi Owusu", role="operator", password=PASSWORD, now=wall.now())


def sign_in(stage: Stage, login: str = "esi", password: str = PASSWORD) -> tuple[object, object]:
    client = stage.web.application.test_client()
    return client, client.post("/admin/sign-in", data={"login": login, "password": password})


def token_of(page: str) -> str:
    return re.search(r'name="_token" value="([^"]+)"', page)[1]  # type: ignore[index]


def test_the_first_time_shows_a_code_to_scan_and_keeps_recovery_codes(stage: Stage, esi: Staff) -> None:
    client, answer = sign_in(stage)
    assert answer.status_code == 303
    before = client.get_cookie(COOKIE, path="/admin").value
    page = client.get("/admin/second-step").text
    assert "<svg" in page and esi.secret in page
    done = client.post("/admin/second-step", data={"_token": token_of(page), "code": pyotp.TOTP(esi.secret).now()})
    assert len(re.findall(r"<li><code>", done.text)) == RECOVERY_CODES
    assert client.get_cookie(COOKIE, path="/admin").value != before, "a planted session must not become hers"
    assert client.get("/admin/").status_code == 200
    assert esi.secret not in client.get("/admin/second-step", follow_redirects=True).text


def test_the_password_alone_opens_nothing(stage: Stage, esi: Staff) -> None:
    client, _ = sign_in(stage)
    assert client.get("/admin/").headers["Location"].endswith("/admin/second-step")
    page = client.get("/admin/second-step").text
    assert client.post("/admin/second-step", data={"_token": token_of(page), "code": "000000"}).status_code == 401
    assert client.get("/admin/").status_code == 303


def test_a_code_counts_once_and_a_recovery_code_too(stage: Stage, esi: Staff) -> None:
    now = wall.now()
    code = pyotp.TOTP(esi.secret).at(now)
    assert esi.proves(code, now) and not esi.proves(code, now)
    spare = esi.enrol(now)[3]
    assert esi.proves(spare.upper(), now) and not esi.proves(spare, now)
    assert not esi.proves("", now) and not esi.proves("１２３４５６", now)


def test_the_same_code_in_many_windows_lets_one_in(stage: Stage, esi: Staff) -> None:
    windows = [sign_in(stage)[0] for _ in range(6)]
    tokens = [token_of(window.get("/admin/second-step").text) for window in windows]  # type: ignore[attr-defined]
    code = pyotp.TOTP(esi.secret).now()
    with ThreadPoolExecutor(len(windows)) as pool:
        answers = list(pool.map(lambda w, t: w.post("/admin/second-step", data={"_token": t, "code": code}).status_code, windows, tokens))
    assert sorted(answers)[0] == 200 and answers.count(200) + answers.count(303) == 1


def test_guessing_is_stopped_and_does_not_tell_who_exists(stage: Stage, esi: Staff) -> None:
    unknown, wrong = sign_in(stage, "nobody")[1], sign_in(stage, "esi", "wrong password!")[1]
    assert unknown.status_code == wrong.status_code == 401
    told = [re.sub(r"nobody|esi|<code>\w+</code>", "", answer.text) for answer in (unknown, wrong)]
    assert told[0] == told[1]
    for _ in range(TRIES):
        sign_in(stage, "esi", "wrong password!")
    assert sign_in(stage)[1].status_code == 429, "the right one waits too"


@pytest.mark.parametrize(("what", "ago"), [("seen_at", IDLE), ("created_at", LONGEST)])
def test_a_session_ends_by_itself(stage: Stage, sits: Sits, what: str, ago: timedelta) -> None:
    browser = sits()
    assert browser.get("/").status_code == 200
    with stage.parts.database.begin() as db:
        setattr(db.scalars(select(StaffSession)).one(), what, wall.now() - ago - timedelta(seconds=1))
    assert browser.get("/").status_code == 303


def test_who_has_left_is_out_at_once(stage: Stage, sits: Sits) -> None:
    browser = sits()
    with stage.parts.database.begin() as db:
        db.get_one(Staff, browser.staff.id).leave(wall.now())
    assert browser.get("/").status_code == 303


def test_sessions_are_listed_and_ended(stage: Stage, sits: Sits) -> None:
    browser, other = sits("support"), sits("finance")
    with stage.parts.database.begin() as db:
        mine, hers = (db.scalars(select(StaffSession).where(StaffSession.staff_id == b.staff.id)).one().id for b in (browser, other))
    assert browser.post(f"/sessions/{hers}/end").status_code == 404
    assert other.get("/").status_code == 200
    assert browser.post(f"/sessions/{mine}/end").status_code == 303
    assert browser.get("/").status_code == 303


def test_nothing_changes_without_the_pages_token_or_from_another_site(sits: Sits) -> None:
    browser = sits()
    assert browser.client.post("/admin/sign-out").status_code == 403
    assert browser.client.post("/admin/sign-out", data={"_token": browser.csrf}, headers={"Origin": "https://evil.example"}).status_code == 403
    assert browser.get("/").status_code == 200
    cross = browser.client.post("/admin/sign-in", data={"login": "x", "password": "y"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert cross.status_code == 403


ELSEWHERE = [
    "https://evil.example/admin/", "//evil.example/admin/", "/\\evil.example", "/admin/\\evil", "/other", "javascript:alert(1)", "/admin/\r\nX: y",
]  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nobody_is_led_elsewhere(stage: Stage, target: str) -> None:
    with stage.web.application.test_request_context("/admin/"):
        assert local(target) == ""
        assert local("/admin/orders?page=2") == "/admin/orders?page=2"


def test_every_page_is_shut_and_says_so_to_strangers(stage: Stage) -> None:
    """A page somebody adds is found here by itself."""
    client = stage.web.application.test_client()
    rules = [r for r in stage.web.application.url_map.iter_rules() if r.rule.startswith("/admin") and r.endpoint not in OPEN]
    assert len(rules) >= 7
    for rule in rules:
        path = re.sub(r"<(?:\w+:)?\w+>", "1", rule.rule)
        for method in rule.methods & {"GET", "POST"}:
            answer = client.open(path, method=method)
            assert answer.status_code in ((401,) if method == "POST" else (303, 401)), f"{method} {path}: {answer.status}"
            assert "GHS" not in answer.text


def test_headers_of_every_page(sits: Sits) -> None:
    answer = sits().get("/")
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"] and "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY" and answer.headers["Cache-Control"] == "no-store"
    assert " style=" not in answer.text and "<script>" not in answer.text and " onclick" not in answer.text


def test_the_trail_is_only_added_to_and_shows_what_was_changed(stage: Stage) -> None:
    with stage.parts.database.begin() as db:
        for n in range(3):
            Audit.add(db, who="esi", action="order.cancelled", subject=f"order:{n}", facts={"n": n}, why="ünïcode", now=wall.now())
    with stage.parts.database.begin() as db:
        assert list(Audit.broken(db)) == []
    for statement in ("UPDATE audit SET why = 'x'", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises(DBAPIError, match="only ever added to"), stage.parts.database.begin() as db:
            db.execute(text(statement))
    with stage.parts.database.begin() as db:
        db.execute(text("SET LOCAL session_replication_role = replica"))
        second = db.scalars(select(Audit).order_by(Audit.id)).all()[1]
        db.execute(text("UPDATE audit SET facts = '{\"n\": 7}' WHERE id = :id"), {"id": second.id})
    with stage.parts.database.begin() as db:
        assert list(Audit.broken(db)) == [second.id]


def test_numbers_are_hidden_by_their_middle() -> None:
    assert hidden("+233241234567") == "024 ••• 4567"
    assert hidden("233241234567") == "024 ••• 4567" and hidden(None) == "" and hidden("12") == "•••"


def test_roles_are_what_the_business_named() -> None:
    assert set(ROLES) == {"support", "verifier", "finance", "operator", "readonly"}


@pytest.mark.parametrize("evil", ["x\r\nX-Evil: 1", "x\nSet-Cookie: evil=1", "x\r\n\r\n<script>alert(1)</script>"])
def test_nobody_writes_our_headers(sits: Sits, evil: str) -> None:
    browser = sits("operator")
    get, hired = browser.client.get, {"role": "support", "password": PASSWORD}
    answers = [
        get("/admin/sign-in", query_string={"next": f"/admin/{evil}"}), get("/admin/orders", query_string={"format": "csv", "state": evil}),
        get("/admin/search", query_string={"q": evil}), get(f"/admin/{evil}"), get("/admin/", headers={"X-Forwarded-Host": "evil.example"}),
        browser.post("/staff", login=evil, name=evil, **hired), browser.post("/staff", login="nana", name=evil, **hired),
    ]  # fmt: skip
    for answer in answers:
        assert answer.status_code < 500 and "X-Evil" not in answer.headers and "evil.example" not in str(answer.headers)
        assert not any(cookie.startswith("evil=") for cookie in answer.headers.getlist("Set-Cookie"))
        assert "<script>alert(1)" not in answer.text


def test_a_code_that_came_with_a_form_counts_even_when_the_deed_is_refused(stage: Stage, sits: Sits) -> None:
    browser = sits("operator", fresh=False)
    code = browser.code()
    refused = browser.post("/staff/1/role", role="support", _code="000000")
    assert refused.status_code == 401 and "That code did not fit" in refused.text
    assert browser.post("/staff/987654/role", role="support", why="a new task", _code=code).status_code == 404, "nobody of that number"
    assert browser.post("/staff/987654/role", role="support", why="a new task").status_code == 404, "the code was right: it is not asked again"
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Audit.action)).all() == ["session.proven"]
        staff = db.scalars(select(Staff)).one()
        assert not staff.proves(code, wall.now())
