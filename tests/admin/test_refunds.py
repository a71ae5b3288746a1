"""What goes back to customers: seen before it is done, done once, and by two people where it is much."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from bot.payments import NotAccepted
from models import ledger
from models.audit import Audit
from models.case import Case
from models.refund import Refund
from tests.admin.conftest import Browser
from tests.models.test_case import paid_wrongly
from tests.stage import Stage

Sits = Callable[..., Browser]
HOSTILE = "<script>alert(1)</script> \"'><img src=x onerror=1>"


@pytest.fixture
def owed(stage: Stage) -> Refund:
    """Ama's deposit of GHS 62.50 goes back, and MTN cannot be reached."""
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "deposited")
    stage.wallets["mtn"].on_send = [lambda out: NotAccepted("503")] * 9
    with stage.parts.database.begin() as db:
        db.merge(stage.orders()[0]).cancel(db, "person:1", stage.parts.clock.now())
    stage.settle()
    return the(stage)


@pytest.fixture
def finished(stage: Stage) -> str:
    """The number of an order whose tailor was paid everything, GHS 250."""
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "finished")
    stage.settle()
    return stage.orders()[0].number


def the(stage: Stage) -> Refund:
    with stage.parts.database.begin() as db:
        return db.scalars(select(Refund)).one()


def trail(stage: Stage) -> list[tuple[str, str, str]]:
    with stage.parts.database.begin() as db:
        return [(link.who, link.action, link.why) for link in db.scalars(select(Audit).order_by(Audit.id))]


def books(stage: Stage) -> dict[str, int]:
    with stage.parts.database.begin() as db:
        assert ledger.faults(db) == []
        return {a.code: ledger.own_side(a.kind, a.balance) for a in db.scalars(select(ledger.Account).where(ledger.Account.balance != 0))}


def key_of(page: str) -> str:
    return re.search(r'name="key" value="(\w+)"', page)[1]  # type: ignore[index]


def test_a_refund_is_listed_and_opened_with_what_happens_next(stage: Stage, owed: Refund, sits: Sits) -> None:
    esi = sits("finance", login="esi")
    number = stage.orders()[0].number
    said = esi.words("/refunds")
    assert number in said and "GHS 62.50" in said and "owed" in said and "Ama" in said
    assert number not in esi.words("/refunds?show=paid") and number in esi.words(f"/refunds?show=owed&cause=cancelled&order={number.lower()}")
    one = esi.page(f"/refunds/{owed.id}")
    for told in (f"refunds_payable:{owed.person_id}", "provider_clearing:mtn", "503", "024 ••• 4567", "Try now"):
        assert told in one, told
    assert "+233241234567" not in one and "233241234567" not in one
    assert esi.get("/refunds/999999").status_code == 404


def test_it_is_tried_now_or_put_off_with_a_reason(stage: Stage, owed: Refund, sits: Sits) -> None:
    esi = sits("finance", login="esi")
    assert esi.post(f"/refunds/{owed.id}/now").status_code == 422, "no reason"
    assert esi.post(f"/refunds/{owed.id}/later", hours="24", why="her phone is off").status_code == 303
    assert (the(stage).next_at - stage.parts.clock.now()).total_seconds() > 86_000
    assert esi.post(f"/refunds/{owed.id}/later", hours="9999", why="her phone is off").status_code == 422
    stage.wallets["mtn"].on_send = []
    assert esi.post(f"/refunds/{owed.id}/now", why="MTN is well again").status_code == 303
    stage.settle()
    stage.pass_time(1)
    assert the(stage).state == "paid"
    assert esi.post(f"/refunds/{owed.id}/now", why="once more").status_code == 409, "what is paid is not sent again"
    assert trail(stage) == [("esi", "refund.put_off", "her phone is off"), ("esi", "refund.hurried", "MTN is well again")]
    assert books(stage).get(f"refunds_payable:{owed.person_id}", 0) == 0
    assert "Try now" not in esi.page(f"/refunds/{owed.id}")


@pytest.mark.parametrize("role", ["support", "verifier", "operator", "readonly"])
def test_others_look_and_change_nothing(stage: Stage, owed: Refund, sits: Sits, role: str) -> None:
    browser = sits(role)
    assert "Try now" not in browser.page(f"/refunds/{owed.id}")
    for path in (f"/refunds/{owed.id}/now", f"/refunds/{owed.id}/later", f"/refunds/{owed.id}/let-go", "/refunds/new"):
        assert browser.post(path, why="because", hours="1").status_code == 403
    assert browser.get("/refunds/new").status_code == 403
    assert trail(stage) == []


def test_money_needs_the_second_factor_again(owed: Refund, sits: Sits) -> None:
    assert sits("finance", fresh=False).post(f"/refunds/{owed.id}/now", why="because").status_code == 401


def test_held_money_is_let_go_by_two(stage: Stage, sits: Sits) -> None:
    paid_wrongly(stage, 62_49)
    refund = the(stage)
    assert refund.state == "held"
    esi, yaw = sits("finance", login="esi"), sits("finance", login="yaw")
    assert esi.post(f"/refunds/{refund.id}/let-go", why="she sent a screenshot").status_code == 303
    assert the(stage).state == "held", "one alone sends nothing"
    with stage.parts.database.begin() as db:
        case = db.scalars(select(Case)).one()
    seen = re.search(r'name="seen" value="(\w+)"', yaw.page(f"/cases/{case.id}"))[1]  # type: ignore[index]
    assert esi.post(f"/cases/{case.id}/confirm", seen=seen).status_code == 409
    assert yaw.post(f"/cases/{case.id}/confirm", seen=seen).status_code == 303
    stage.settle()
    stage.pass_time(1)
    assert the(stage).state == "paid"
    assert "suspense:unmatched" not in books(stage)


def test_goodwill_below_the_limit_needs_one_and_happens_once(stage: Stage, finished: str, sits: Sits) -> None:
    esi = sits("finance", login="esi")
    page = esi.page(f"/refunds/new?order={finished.lower()}&amount=20.50")
    assert "loss:goodwill" in page and "GHS 20.50" in page and "GHS 250.00" in page
    fields = {"order": finished, "amount": "20.50", "key": key_of(page), "why": f"a late zip {HOSTILE}"}
    assert [esi.post("/refunds/new", **fields).status_code for _ in range(3)] == [303] * 3
    assert (the(stage).amount, the(stage).cause) == (20_50, "goodwill")
    stage.settle()
    stage.pass_time(1)
    assert the(stage).state == "paid" and books(stage)["loss:goodwill"] == 20_50
    assert [action for _, action, _ in trail(stage)] == ["refund.given"]
    assert "GHS 229.50" in esi.words(f"/refunds/new?order={finished}&amount=1")
    with stage.parts.database.begin() as db:
        case = db.scalars(select(Case)).one()
    page = esi.page(f"/cases/{case.id}")
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_goodwill_pressed_by_many_at_the_same_moment_is_given_once(stage: Stage, finished: str, sits: Sits) -> None:
    seats = [sits("finance", login=f"esi{'abcd'[n]}") for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda seat: seat.post("/refunds/new", order=finished, amount="200", key="k1", why="all wrong").status_code, seats))
        more = list(pool.map(lambda seat: seat.post("/refunds/new", order=finished, amount="30", key=seat.csrf, why="and more").status_code, seats))
    assert answers == [303] * 4 and sorted(more) == [303, 422, 422, 422], "never more than was paid"
    assert books(stage)["loss:goodwill"] == 230_00


def test_what_does_not_fit_is_said_and_what_was_typed_stays(stage: Stage, finished: str, sits: Sits) -> None:
    esi = sits("finance", login="esi")
    for amount, said in (("250.01", "GHS 250.00"), ("abc", "not one"), ("-5", "not one"), ("0", "Nothing can be given")):
        answer = esi.post("/refunds/new", order=finished, amount=amount, key="k1", why=HOSTILE)
        assert answer.status_code == 422 and said in answer.text, (amount, answer.text[-900:])
        assert f'value="{amount}"' in answer.text and "<img src=x" not in answer.text
    assert "no such order" in esi.post("/refunds/new", order="SW-0000-XXXXX", amount="5", key="k1", why="because").text
    assert "Say in a few words" in esi.post("/refunds/new", order=finished, amount="5", key="k1", why="").text
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Refund)).all() == [] and db.scalars(select(Case)).all() == []


def test_held_money_is_no_goodwill(stage: Stage, sits: Sits) -> None:
    """It goes back by cancelling or a dispute; else it would be given back twice."""
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "deposited")
    answer = sits("finance", login="esi").post("/refunds/new", order=stage.orders()[0].number, amount="5", key="k1", why="because")
    assert answer.status_code == 422 and "still held" in answer.text


def test_goodwill_above_the_limit_waits_for_somebody_else(stage: Stage, finished: str, sits: Sits) -> None:
    esi, yaw = sits("finance", login="esi"), sits("finance", login="yaw")
    assert esi.post("/refunds/new", order=finished, amount="30", key="k0", why="small").status_code == 303
    object.__setattr__(stage.parts.till, "terms", type(stage.parts.till.terms)(minimum=50_00, a_person_above=100_00, per_day=10_000_00))
    try:
        assert "you propose it" in esi.page(f"/refunds/new?order={finished}&amount=80"), "with what she got today it is more than the limit"
        sent = [esi.post("/refunds/new", order=finished, amount="80", key="k1", why="all wrong") for _ in range(2)]
        place = sent[0].headers["Location"].removeprefix("/admin")
        assert sent[0].headers["Location"] == sent[1].headers["Location"] and "/cases/" in place
        assert books(stage).get("loss:goodwill") == 30_00, "nothing before the second person"
        assert "Confirm" not in esi.page(place)
        page = yaw.page(place)
        assert "loss:goodwill" in page and "GHS 80.00" in page and "all wrong" in page
        seen = re.search(r'name="seen" value="(\w+)"', page)[1]  # type: ignore[index]
        assert esi.post(f"{place}/confirm", seen=seen).status_code == 409
        assert yaw.post(f"{place}/confirm", seen="0" * 16).status_code == 409, "another proposal than she has read"
        assert [yaw.post(f"{place}/confirm", seen=seen).status_code for _ in range(2)] == [303, 409]
    finally:
        object.__setattr__(stage.parts.till, "terms", stage.parts.settings.payout_terms)
    assert books(stage)["loss:goodwill"] == 110_00
    assert [(who, action) for who, action, _ in trail(stage)][-1] == ("yaw", "case.confirmed")


def test_goodwill_that_nobody_confirms_is_dropped(stage: Stage, finished: str, sits: Sits) -> None:
    esi, yaw = sits("finance", login="esi"), sits("finance", login="yaw")
    object.__setattr__(stage.parts.till, "terms", type(stage.parts.till.terms)(minimum=50_00, a_person_above=0, per_day=10_000_00))
    try:
        place = esi.post("/refunds/new", order=finished, amount="80", key="k1", why="all wrong").headers["Location"].removeprefix("/admin")
    finally:
        object.__setattr__(stage.parts.till, "terms", stage.parts.settings.payout_terms)
    assert yaw.post(f"{place}/drop", why="she was paid already").status_code == 303
    assert "closed" in yaw.words(place) and "loss:goodwill" not in books(stage)


def test_the_list_as_a_file_is_masked_and_written_down(stage: Stage, owed: Refund, sits: Sits) -> None:
    with stage.parts.database.begin() as db:
        person = stage.person(db, "ama")
        assert person
        person.name = "=HYPERLINK(1) Mensah"
    said = sits("finance", login="esi").get("/refunds?format=csv").text
    assert "62.50" in said and "'=HYPERLINK(1) Mensah" in said
    assert trail(stage)[-1][1] == "list.exported"
    assert sits("readonly").get("/refunds?format=csv").status_code == 403
