"""Cases at the desk: what was foreseen is what is booked, and nobody settles one alone; statements are handed in."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.payments import Refused, Unknown
from bot.payments._mtn_paper import read
from bot.rules.case import KINDS
from models import foreseen, ledger, resolution
from models.audit import Audit
from models.case import Case
from models.disbursement import Disbursement
from models.statement import StatementLine
from tests.admin.conftest import Browser
from tests.models.test_case import opened, paid_wrongly
from tests.stage import Stage
from tests.test_auditor import line_of, paid_orders, take

Sits = Callable[..., Browser]
HOSTILE = "<script>alert(1)</script> \"'><img src=x onerror=1>"
HEAD = "kind,provider_id,reference,amount,currency,fee,at,msisdn\n"


@pytest.fixture
def esi(sits: Sits) -> Browser:
    return sits("finance", login="esi")


@pytest.fixture
def yaw(sits: Sits) -> Browser:
    return sits("finance", login="yaw")


def mark(page: str) -> str:
    return re.search(r'name="seen" value="(\w+)"', page)[1]  # type: ignore[index]


def actions(stage: Stage) -> list[tuple[str, str]]:
    with stage.parts.database.begin() as db:
        return [(link.who, link.action) for link in db.scalars(select(Audit).order_by(Audit.id))]


# -- what is foreseen is what is booked


def wrong_amount(stage: Stage) -> Case:
    paid_wrongly(stage, 70_00)
    return opened(stage)


def theirs_only(stage: Stage) -> Case:
    payment = paid_orders(stage)[0]
    take(stage, line_of(payment), line_of(payment, provider_id="STRAY", reference="", amount=40_00, msisdn="233209999999"))
    return opened(stage)


def ours_only(stage: Stage) -> Case:
    paid_orders(stage)
    take(stage)
    return opened(stage)


def cancelled(stage: Stage, answer: Callable[[Any], Any]) -> None:
    """Ama's deposit of GHS 62.50 should go back, and providers answer so when they are to send it."""
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "deposited")
    for wallet in stage.wallets.values():
        wallet.on_send = [answer] * 50
    with stage.parts.database.begin() as db:
        db.merge(stage.orders()[0]).cancel(db, "person:1", stage.parts.clock.now())
    stage.settle()


def refund_stuck(stage: Stage) -> Case:
    cancelled(stage, lambda out: Refused("cannot_receive"))
    stage.pass_time(24 * 3)
    return opened(stage, "refund_stuck")


def disbursement_stuck(stage: Stage) -> Case:
    for wallet in stage.wallets.values():
        wallet.sent = lambda reference: Unknown("timeout")  # type: ignore[method-assign]
    cancelled(stage, lambda out: Unknown("timeout"))
    stage.pass_time(24 * 5)
    for wallet in stage.wallets.values():
        del wallet.sent
    return opened(stage, "disbursement_stuck")


WAYS = [
    (wrong_amount, "give_back"), (wrong_amount, "apply"), (wrong_amount, "returned"), (wrong_amount, "written_off"), (theirs_only, "give_back"),
    (theirs_only, "returned"), (theirs_only, "written_off"), (ours_only, "written_off"), (refund_stuck, "returned"),
    (disbursement_stuck, "arrived"), (disbursement_stuck, "not_sent"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "what"), WAYS, ids=lambda v: getattr(v, "__name__", v))
def test_what_is_foreseen_is_what_is_booked(stage: Stage, made: Callable[[Stage], Case], what: str) -> None:
    case = made(stage)
    details = {"order": stage.orders()[0].number} if made is theirs_only else {}
    with stage.parts.database.begin() as db:
        case = Case.by_id(db, case.id, lock=True)
        case.propose(what, by="esi", why="seen", **details)
        expected = foreseen.of_case(db, case)[what]
        last = db.scalar(select(ledger.Journal.id).order_by(ledger.Journal.id.desc()).limit(1)) or 0
        resolution.confirm(db, case, "yaw", stage.parts.clock.now())
        rows = select(ledger.Account.code, ledger.Entry.amount).join(ledger.Entry).where(ledger.Entry.journal_id > last)
        assert {row.code: row.amount for row in db.execute(rows)} == expected
        assert expected and sum(expected.values()) == 0


# -- two people, in the browser


def test_one_proposes_another_confirms(stage: Stage, esi: Browser, yaw: Browser) -> None:
    case = ours_only(stage)
    assert "books wrong" in esi.words("/cases") and "movement that the provider" in esi.words("/cases?severity=1&kind=ours_only")
    place = f"/cases/{case.id}"
    assert "loss:writeoff" in esi.page(place)
    assert esi.post(f"{place}/propose", resolution="written_off", why="").status_code == 422
    assert esi.post(f"{place}/propose", resolution="give_back", why="because").status_code == 409, "not for this kind"
    assert esi.post(f"{place}/propose", resolution="written_off", why=HOSTILE).status_code == 303
    assert esi.post(f"{place}/confirm", seen=mark(yaw.page(place))).status_code == 409
    assert yaw.post(f"{place}/propose", resolution="already_right", why="no").status_code == 409, "another's proposal is dropped first"
    page = yaw.page(place)
    assert "&lt;script&gt;" in page and "<script>alert" not in page and "<img src=x" not in page
    assert [yaw.post(f"{place}/confirm", seen=mark(page)).status_code for _ in range(2)] == [303, 409]
    assert "Proposed by esi" in yaw.words(place) and place not in yaw.page("/cases") and place in yaw.page("/cases?show=closed")
    assert actions(stage) == [("esi", "case.proposed"), ("yaw", "case.confirmed")]


def test_a_proposal_that_was_replaced_is_not_confirmed_unread(stage: Stage, esi: Browser, yaw: Browser) -> None:
    place = f"/cases/{ours_only(stage).id}"
    esi.post(f"{place}/propose", resolution="written_off", why="first")
    read_by_yaw = mark(yaw.page(place))
    esi.post(f"{place}/propose", resolution="already_right", why="second")
    assert yaw.post(f"{place}/confirm", seen=read_by_yaw).status_code == 409
    with stage.parts.database.begin() as db:
        assert ledger.balance(db, "loss:writeoff") == 0
        assert db.scalars(select(Case.state)).one() == "open"


def test_a_proposal_is_dropped_and_a_provider_asked_again(stage: Stage, esi: Browser, yaw: Browser) -> None:
    case = disbursement_stuck(stage)
    place = f"/cases/{case.id}"
    esi.post(f"{place}/propose", resolution="arrived", why="she says so")
    assert yaw.post(f"{place}/drop", why="she does not").status_code == 303
    assert yaw.post(f"{place}/confirm", seen="x").status_code == 409
    with stage.parts.database.begin() as db:
        out = db.scalars(select(Disbursement)).one()
    stage.wallets["mtn"].out[out.reference] = out  # type: ignore[assignment]
    assert esi.post(f"{place}/wait").status_code == 303
    stage.settle()
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Disbursement.state)).one() == "succeeded" and Case.waiting(db) == []


def test_money_that_nobody_knows_is_given_back_to_the_order_somebody_names(stage: Stage, esi: Browser, yaw: Browser) -> None:
    case = theirs_only(stage)
    place, number = f"/cases/{case.id}", stage.orders()[0].number
    assert "The order it belongs to" in esi.page(place)
    assert esi.post(f"{place}/propose", resolution="give_back", why="his", order="SW-0000-XXXXX").status_code == 409
    assert esi.post(f"{place}/propose", resolution="give_back", why="his", order=number.lower()).status_code == 303
    page = yaw.page(place)
    assert number in page and f"refunds_payable:{stage.orders()[0].customer_id}" in page
    assert yaw.post(f"{place}/confirm", seen=mark(page)).status_code == 303
    with stage.parts.database.begin() as db:
        assert ledger.faults(db) == []


@pytest.mark.parametrize("role", ["support", "verifier", "operator", "readonly"])
def test_others_look_and_change_nothing(stage: Stage, sits: Sits, role: str) -> None:
    place, browser = f"/cases/{ours_only(stage).id}", sits(role)
    assert "loss:writeoff" in browser.page(place) and "<form class=\"stack\"" not in browser.page(place)
    for deed in ("propose", "confirm", "drop", "wait"):
        assert browser.post(f"{place}/{deed}", resolution="written_off", why="because", seen="x").status_code == 403
    assert browser.post("/statements", provider="mtn").status_code == 403


def test_every_kind_can_be_shown(stage: Stage, esi: Browser) -> None:
    """Whatever a case knows or does not know, its page is there."""
    facts: dict[str, Any] = {"amount": 1, "reference": HOSTILE, "found": [HOSTILE], "claimed": None, "strange": {"a": HOSTILE}}
    with stage.parts.database.begin() as db:
        for kind in set(KINDS) - {"disbursement_stuck", "refund_stuck", "status_differs", "goodwill"}:
            Case.open(db, kind, kind, provider=HOSTILE, facts=facts, now=stage.parts.clock.now())
        ids = list(db.scalars(select(Case.id)))
    for ident in ids:
        page = esi.page(f"/cases/{ident}")
        assert "<script>alert" not in page and "<img src=x" not in page
    assert esi.get("/cases/999999").status_code == 404


# -- statements


class Reader:
    """MTN, whose statement can be read from a file."""

    def read_statement(self, content: str) -> Any:
        return read(content)


@pytest.fixture
def papers(stage: Stage) -> Stage:
    mtn = type("MtnOnPaper", (Reader, type(stage.wallets["mtn"])), {})("mtn")
    mtn.__dict__ = stage.wallets["mtn"].__dict__
    stage.parts.providers["mtn"] = mtn
    yield stage
    stage.parts.providers["mtn"] = stage.wallets["mtn"]


def csv_of(*rows: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO((HEAD + "\n".join(rows)).encode()), "mtn.csv"


def hand_in(browser: Browser, file: Any, **more: str) -> Any:
    data = {"_token": browser.csrf, "provider": "mtn", **more}
    if file:
        data["file"] = file
    return browser.client.post("/admin/statements", data=data, content_type="multipart/form-data")


def test_a_statement_is_handed_in_once(papers: Stage, esi: Browser) -> None:
    payment = paid_orders(papers)[0]
    good = f"collected,{payment.provider_id},{payment.reference},62.50,GHS,0,{payment.submitted_at:%Y-%m-%dT%H:%M:%SZ},"
    stray = f"collected,STRAY,,40.00,GHS,0,{payment.submitted_at:%Y-%m-%dT%H:%M:%SZ},233209999999"
    for _ in range(2):
        assert hand_in(esi, csv_of(good, stray), balance="102.50").status_code == 303
    page = esi.words("/statements")
    assert "Theirs only" in page and "STRAY" in page and "020 ••• 9999" in page and "covered" in page
    with papers.parts.database.begin() as db:
        assert len(db.scalars(select(StatementLine)).all()) == 2 and [c.kind for c in Case.waiting(db)] == ["theirs_only"]
    assert actions(papers)[0] == ("esi", "statement.taken")
    assert hand_in(esi, csv_of(good), balance="99.00").status_code == 303
    assert "balance" in esi.words("/cases?kind=balance_differs")


def test_what_cannot_be_read_is_said_and_changes_nothing(papers: Stage, esi: Browser) -> None:
    for file, said in ((None, "Choose the file"), (csv_of("nonsense,1,2,3"), "line 2"), ((io.BytesIO(b"\xff\xfe\x00"), "x.csv"), "no text file"),
                       ((io.BytesIO(HEAD.encode()), "x.csv"), "1 to 2000 lines")):
        answer = hand_in(esi, file)
        assert answer.status_code == 422 and said in answer.text, answer.text[-600:]
    assert hand_in(esi, csv_of("x"), provider="vodafone").status_code == 422
    assert actions(papers) == []


def test_a_day_that_is_not_over_accuses_nobody(papers: Stage, esi: Browser) -> None:
    payment = paid_orders(papers)[0]
    papers.parts.story_clock.time -= timedelta(days=1)
    line = f"collected,OTHER,,10.00,GHS,0,{payment.submitted_at:%Y-%m-%dT%H:%M:%SZ},233209999999"
    assert hand_in(esi, csv_of(line)).status_code == 303
    with papers.parts.database.begin() as db:
        assert db.scalar(text("SELECT count(*) FROM statement")) == 0 and [c.kind for c in Case.waiting(db)] == ["theirs_only"]
