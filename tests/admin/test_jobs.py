"""Events that failed: shown once for each mistake, tried again, put away; by page and by command."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from bot import jobs
from bot.events_cli import commands
from models.audit import Audit
from models.backlog import Fault, mistake
from models.inbox import Inbox
from models.outbox import Outbox
from tests.admin.conftest import Browser
from tests.admin.town import IMAGE, SCRIPT
from tests.fakes import MONDAY
from tests.stage import Stage

Sits = Callable[..., Browser]


@pytest.fixture
def failed(stage: Stage) -> list[int]:
    """Three events that were given up, two of them for the same reason."""
    ama = stage.given_customer("ama")
    errors = (f"KeyError('Ama {SCRIPT} 0241234567')", f"KeyError('Efua {IMAGE}')", "ZeroDivisionError('division by zero')")
    with stage.parts.database.begin() as db:
        for n, error in enumerate(errors):
            facts = {"order_id": 7 + n, "text": f"secret {SCRIPT}", "msisdn": "233241234567", "stage": "deposit"}
            Inbox.happen(db, ama.id, "deposit_reminder", facts, once=f"e{n}", now=stage.parts.clock.now())
            event = db.scalars(select(Inbox).where(Inbox.provider_id == f"e{n}")).one()
            event.state, event.tries, event.error = "failed", 7, error
        db.flush()
        return list(db.scalars(select(Inbox.id).order_by(Inbox.id)))


def states(stage: Stage) -> list[str]:
    with stage.parts.database.begin() as db:
        return list(db.scalars(select(Inbox.state).order_by(Inbox.id)))


def trail(stage: Stage) -> list[tuple[str, str, str]]:
    with stage.parts.database.begin() as db:
        return [(link.action, link.subject, link.why) for link in db.scalars(select(Audit).order_by(Audit.id))]


def test_what_failed_is_shown_without_what_people_said(failed: list[int], sits: Sits) -> None:
    said = sits("readonly").words("/jobs")
    assert "deposit reminder" in said and "order id 7" in said and "stage deposit" in said and "024 ••• 4567" in said
    assert "secret" not in said and "0241234567" not in said and "ZeroDivisionError: division by zero" in said


def test_the_same_mistake_stands_once(stage: Stage, failed: list[int]) -> None:
    assert mistake("KeyError('order 17')") == mistake("KeyError('order 9')") == "KeyError: order …"
    assert mistake("""ValueError("no such name: 'Ama Owusu'")""") == "ValueError: no such name: …"
    assert mistake(None) == "no words" and mistake("Boom()") == "Boom"
    with stage.parts.database.begin() as db:
        assert [(fault.name, fault.times) for fault in Fault.read(db)] == [("deposit_reminder", 1)] * 3
        db.scalars(select(Inbox).where(Inbox.id == failed[0])).one().error = "KeyError('order 1')"
        db.scalars(select(Inbox).where(Inbox.id == failed[1])).one().error = "KeyError('order 2')"
        db.flush()
        assert [fault.times for fault in Fault.read(db)] == [2, 1]


def test_chosen_ones_are_tried_again_once(stage: Stage, failed: list[int], sits: Sits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.parts.flows["pay"], "on_deposit_reminder", lambda self, facts: None)
    browser = sits("operator")
    answer = browser.post("/jobs/again", event=[str(failed[0]), str(failed[2])])
    assert answer.status_code == 303 and states(stage) == ["waiting", "failed", "waiting"]
    jobs.carry_events()
    assert states(stage) == ["done", "failed", "done"]
    again = browser.post("/jobs/again", event=[str(failed[0])])
    assert again.status_code == 409 and "somebody else was quicker" in again.text and states(stage)[0] == "done"
    assert [link[:2] for link in trail(stage)] == [("event.again", f"event:{failed[0]}"), ("event.again", f"event:{failed[2]}")]


def test_what_waits_for_a_late_try_can_be_tried_at_once(stage: Stage, failed: list[int], sits: Sits) -> None:
    with stage.parts.database.begin() as db:
        late = db.get_one(Inbox, failed[0])
        late.state, late.tries, late.due_at = "waiting", 5, stage.parts.clock.now() + timedelta(hours=1)
        fresh = db.get_one(Inbox, failed[1])
        fresh.state, fresh.tries = "waiting", 0
    assert sits("operator").post("/jobs/again", event=[str(i) for i in failed]).status_code == 303
    with stage.parts.database.begin() as db:
        rows = [db.get_one(Inbox, i) for i in failed]
        assert [(row.state, row.tries) for row in rows] == [("waiting", 0)] * 3 and rows[0].due_at <= stage.parts.clock.now()
    assert len(trail(stage)) == 2, "the one that waits for its first try was left alone"


def test_putting_away_needs_a_reason_and_lasts(stage: Stage, failed: list[int], sits: Sits) -> None:
    browser = sits("operator")
    assert browser.post("/jobs/discard", event=[str(failed[1])]).status_code == 422
    assert browser.post("/jobs/discard", why="a test payment").status_code == 422, "none is chosen"
    assert browser.post("/jobs/discard", event=[str(failed[1])], why="a test payment").status_code == 303
    assert states(stage) == ["failed", "discarded", "failed"]
    with stage.parts.database.begin() as db:
        person = db.get_one(Inbox, failed[1]).person_id
        Inbox.happen(db, person, "deposit_reminder", {}, once="e1", now=stage.parts.clock.now())
    assert states(stage)[1] == "discarded", "what was put away does not come back by itself"
    assert browser.post("/jobs/again", event=[str(failed[1])]).status_code == 409
    assert trail(stage) == [("event.discarded", f"event:{failed[1]}", "a test payment")]
    assert "put away" in browser.words("/jobs?show=discarded") and "deposit reminder" in browser.words("/jobs?show=discarded")


@pytest.mark.parametrize("role", ["support", "verifier", "finance", "readonly"])
def test_only_operators_act(stage: Stage, failed: list[int], sits: Sits, role: str) -> None:
    browser = sits(role)
    assert 'type="checkbox"' not in browser.page("/jobs")
    for deed in ("again", "discard"):
        assert browser.post(f"/jobs/{deed}", event=[str(failed[0])], why="because").status_code == 403
    assert states(stage) == ["failed"] * 3


def test_the_file_is_masked_like_the_page(failed: list[int], sits: Sits) -> None:
    text = sits("operator").get("/jobs?format=csv").text
    assert "secret" not in text and "0241234567" not in text and text.count("deposit_reminder") == 3


def test_letters_are_called_as_on_their_own_page(stage: Stage, sits: Sits) -> None:
    ama = stage.given_customer("ama")
    with stage.parts.database.begin() as db:
        for state in ("dead", "held", "waiting", "sent"):
            db.add(Outbox(person_id=ama.id, channel="twilio", body={"text": "x"}, state=state, due_at=MONDAY, created_at=MONDAY))
    page = sits().page("/jobs")
    assert [f"state={state}" in page for state in ("failed", "held", "waiting", "sent")] == [True, True, True, False]


def test_an_empty_page_says_what_will_stand_there(stage: Stage, sits: Sits) -> None:
    said = sits().words("/jobs")
    assert "until somebody tries it again" in said and "Every letter has left" in said


def test_the_commands(stage: Stage, failed: list[int]) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(commands(lambda: stage.parts), list(words))
        return done.exit_code, done.output

    assert run("list")[1].count("deposit_reminder") == 3 and "secret" not in run("list")[1] and "0241234567" not in run("list")[1]
    assert run("discard", str(failed[0]))[0] != 0, "a reason is missing"
    assert run("discard", str(failed[0]), "--why", "old")[1] == f"Put away: {failed[0]}.\n"
    assert run("again")[1] == f"Trying again: {failed[1]}, {failed[2]}.\n"
    assert states(stage) == ["discarded", "waiting", "waiting"] and run("again")[1] == "Trying again: none.\n"
    assert [link[0] for link in trail(stage)] == ["event.discarded", "event.again", "event.again"]


def test_what_brings_money_into_the_books_is_never_put_away(stage: Stage, failed: list[int], sits: Sits) -> None:
    with stage.parts.database.begin() as db:
        db.get_one(Inbox, failed[0]).name = "payment_answered"
    answer = sits("operator").post("/jobs/discard", event=[str(failed[0])], why="a test payment")
    assert answer.status_code == 409 and states(stage)[0] == "failed"
