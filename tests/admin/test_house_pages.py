"""The trail, timers, health and metrics: what they show of a house in which something happened."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from rq import SimpleWorker
from sqlalchemy import select, text, update

from bot import doctor, jobs
from bot.admin.charts import beside_words, over_time, part
from bot.admin.door import wall
from bot.rules.schedule import RUNS
from models.audit import Audit
from models.inbox import Inbox
from models.metrics import MetricDay, Numbers
from models.outbox import Outbox
from models.payment import Payment
from models.schedule import Schedule
from models.timer import Timer
from tests.admin.conftest import Browser
from tests.admin.town import IMAGE, SCRIPT
from tests.stage import Stage
from tests.test_transcripts import given, happen

Sits = Callable[..., Browser]


# -- the trail


@pytest.fixture
def links(stage: Stage) -> None:
    with stage.parts.database.begin() as db:
        for n, who in enumerate(("esi", "yaw", "esi")):
            facts = {"before": {"state": "open"}, "after": {"state": IMAGE}}
            Audit.add(db, who=who, action=f"order.{('held', 'seen', 'freed')[n]}", subject=f"order:{n}", facts=facts, why=SCRIPT, now=wall.now())


def test_the_trail_is_filtered_by_its_address(links: None, sits: Sits) -> None:
    browser = sits("finance")
    assert "order held" in browser.words("/audit?who=esi") and "order seen" not in browser.words("/audit?who=esi")
    assert "order freed" in browser.words("/audit?subject=order:2") and "order held" not in browser.words("/audit?subject=order:2")
    assert "order held" in browser.words("/audit?action=order.h") and "order freed" not in browser.words("/audit?action=order.h")
    yesterday = f"{wall.now() - timedelta(days=1):%Y-%m-%d}"
    assert "Nothing in the trail fits" in browser.words(f"/audit?until={yesterday}") and "order held" in browser.words(f"/audit?since={yesterday}")
    assert "<script>alert" not in browser.page("/audit") and "<img src=x" not in browser.page("/audit")
    assert "before: state open; after: state" in browser.get("/audit?format=csv").text


def test_whether_the_trail_is_whole(stage: Stage, links: None, sits: Sits) -> None:
    browser = sits("finance")
    assert "trail is whole" in browser.client.post("/admin/audit/check", data={"_token": browser.csrf}, follow_redirects=True).text
    with stage.parts.database.begin() as db:
        db.execute(text("SET LOCAL session_replication_role = replica"))
        db.execute(text("DELETE FROM audit WHERE action = 'order.seen'"))
    assert "trail is broken at 1 of" in browser.client.post("/admin/audit/check", data={"_token": browser.csrf}, follow_redirects=True).text
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Audit.action).where(Audit.action == "trail.checked")).all() == ["trail.checked"] * 2


@pytest.mark.parametrize("role", ["support", "verifier", "readonly"])
def test_the_trail_is_not_for_everybody(links: None, sits: Sits, role: str) -> None:
    assert sits(role).get("/audit").status_code == 403 and sits(role, login="another").post("/audit/check").status_code == 403


# -- timers


def test_what_rings_next_is_late_or_paused(stage: Stage, sits: Sits) -> None:
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    given("Ama's kente shirt by Kofi is ordered", stage)
    browser = sits()
    said = browser.words("/timers")
    assert "deposit reminder" in said and "SW-" in said and "Ama" in said and "left" in said
    assert "deposit expired" in browser.words("/timers?event=deposit+expired")
    assert "No clock runs" in browser.words("/timers?show=late") and "No clock runs" in browser.words("/timers?show=paused")
    with stage.parts.database.begin() as db:
        first = db.scalars(select(Timer).order_by(Timer.due_at)).first()
        assert first
        first.due_at = stage.parts.clock.now() - timedelta(hours=5)
    assert "5 h late" in browser.words("/timers?show=late")
    with stage.parts.database.begin() as db:
        db.execute(update(Timer).values(paused_at=stage.parts.clock.now()))
    assert "No clock runs" in browser.words("/timers?show=late") and "deposit reminder" in browser.words("/timers?show=paused")
    assert "deposit_reminder" in browser.get("/timers?format=csv").text


# -- health


def found(stage: Stage, heading: str) -> dict[str, tuple[str, str]]:
    with stage.parts.database.begin() as db:
        return {one.about: (one.how, one.said) for one in dict(doctor.examine(stage.parts, db))[heading]}


def test_the_doctor_sees_what_is_there_and_what_is_not(stage: Stage) -> None:
    assert found(stage, "Versions")["versions"][1].startswith("Sew4Mi 0.")
    assert found(stage, "Versions")["migrations"][0] == found(stage, "Speed")["database"][0] == found(stage, "Clock")["clock"][0] == "ok"
    workers = found(stage, "Workers")
    assert workers["events"] == ("bad", "Nobody works here: start “python worker.py”.") and workers["ticker"][0] == "bad"
    assert found(stage, "Keys")["keys"][1].startswith("1 in FIELD_KEYS; k1 seals")
    stage.parts.redis.tick()
    assert found(stage, "Workers")["ticker"][0] == "ok"


def test_a_worker_that_is_there_is_seen(stage: Stage) -> None:
    worker = SimpleWorker(["events"], connection=stage.parts.redis.connection)
    worker.register_birth()
    try:
        assert found(stage, "Workers")["events"][0] == "ok" and found(stage, "Workers")["money"][0] == "bad"
    finally:
        worker.register_death()
    assert found(stage, "Workers")["events"][0] == "bad"


def test_a_backup_is_known_by_its_stamp(stage: Stage) -> None:
    how, said = found(stage, "By night")["backup"]
    assert how == "warn" and "touch" in said
    stamp = stage.parts.settings.spool_dir / "backup"
    stamp.parent.mkdir(exist_ok=True)
    stamp.touch()
    try:
        assert found(stage, "By night")["backup"] == ("ok", "The last was 0 min ago.")
        os.utime(stamp, (0, 0))
        assert found(stage, "By night")["backup"][0] == "warn"
    finally:
        stamp.unlink()


@pytest.mark.parametrize(("late", "how"), [(timedelta(seconds=10), "ok"), (timedelta(minutes=5), "warn"), (timedelta(hours=1), "bad")])
def test_what_waits_too_long_is_seen(stage: Stage, late: timedelta, how: str) -> None:
    ama = stage.given_customer("ama")
    with stage.parts.database.begin() as db:
        Outbox.write(db, ama.id, "twilio", {"text": "hello"}, stage.parts.clock.now() - late)
    assert found(stage, "Waiting")["messages"][0] == how and found(stage, "Waiting")["events"] == ("ok", "Nothing waits.")


@pytest.mark.parametrize(("address", "is_played"), [("http://127.0.0.1:9000", True), ("https://proxy.momoapi.mtn.com", False)])
def test_a_stand_in_is_called_one(address: str, is_played: bool) -> None:
    assert doctor.is_played(SimpleNamespace(config=SimpleNamespace(api_url=address, key="x"))) is is_played


def test_the_command_ends_with_one_when_something_is_bad(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def run() -> tuple[int, str]:
        done = CliRunner().invoke(doctor.command(lambda: stage.parts))
        return done.exit_code, done.output

    def breaks(parts: object, db: object) -> Iterator[doctor.Finding]:
        raise OSError("no disk")
        yield

    assert run()[0] == 1 and "bad   ticker" in run()[1]
    monkeypatch.setattr(doctor, "CHECKS", {"Versions": doctor.CHECKS["Versions"]})
    assert run()[0] == 0
    monkeypatch.setattr(doctor, "CHECKS", {"Disk": breaks})
    assert run() == (1, "Disk\n  bad   check: It could not be looked at: OSError.\n")


def test_health_shows_the_same(stage: Stage, sits: Sits) -> None:
    said = sits("readonly").words("/health")
    assert "Nobody works here" in said and "The database is as this version wants it" in said and "k1 seals" in said


# -- metrics


@pytest.fixture
def busy(stage: Stage) -> Stage:
    """One order from the first hello to the deposit, one handed over, a failed letter; the day is over."""
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    given("Ama's kente shirt by Kofi is handed over", stage)
    given("Esi's kente shirt by Kofi is ordered", stage)
    stage.say("yaw", "hello")
    with stage.parts.database.begin() as db:
        first = db.scalars(select(Outbox).order_by(Outbox.id)).first()
        assert first
        first.state = "dead"
    return stage


def read(stage: Stage, days: int) -> Numbers:
    with stage.parts.database.begin() as db:
        return Numbers(MetricDay.read(db, stage.parts.clock.now(), days), stage.parts.clock.now(), days)


@pytest.mark.parametrize("days", [1, 7])
def test_today_is_counted_as_it_stands(busy: Stage, days: int) -> None:
    numbers = read(busy, days)
    assert numbers.sum("ordered", "orders") == 2 and numbers.sum("came", "deposit") == 1 and numbers.sum("came", "completed") == 0
    assert numbers.sum("in", "messages") == 1 and numbers.sum("out", "failed") == 1 and numbers.sum("out", "sent") == 0
    assert numbers.sum("payment", "mtn paid") == 3 and numbers.sum("handed_over", "on time") == 1
    assert sum(numbers.sum("tailor", wait) for wait in numbers.keys("tailor")) == 1
    assert len(numbers.times) == (24 if days == 1 else 7)


def test_a_day_that_is_over_is_counted_once_and_put_right_later(busy: Stage) -> None:
    before = read(busy, 7)
    busy.parts.story_clock.time += timedelta(days=1)
    today = busy.parts.clock.now().date()
    assert read(busy, 7).sum("ordered", "orders") == 0, "nobody has counted yet"
    for _ in range(2):
        assert MetricDay.roll(busy.parts.database, today)
    after = read(busy, 7)
    for name, key in (("ordered", "orders"), ("payment", "mtn paid"), ("in", "messages"), ("out", "failed"), ("handed_over", "on time")):
        assert after.sum(name, key) == before.sum(name, key) > 0, name
    with busy.parts.database.begin() as db:
        db.execute(update(Payment).values(state="failed"))
    assert read(busy, 7).sum("payment", "mtn paid") == 3
    MetricDay.roll(busy.parts.database, today)
    assert read(busy, 7).sum("payment", "mtn paid") == 0 and read(busy, 7).sum("payment", "mtn refused") == 3


def test_the_books_worker_counts_at_night(busy: Stage) -> None:
    with busy.parts.database.begin() as db:
        Schedule.plan(db, RUNS, busy.parts.clock.now())
    happen("24 hours pass", busy)
    jobs.carry_books()
    with busy.parts.database.begin() as db:
        assert MetricDay.last(db) is not None


def test_the_page_has_pictures_with_tables(busy: Stage, sits: Sits) -> None:
    browser = sits("readonly")
    for days in ("1", "7", "30", "90", "nonsense"):
        page = browser.page(f"/metrics?days={days}")
        assert page.count("<svg class=\"chart\"") >= 4 and page.count("<details><summary>As a table") == page.count("<svg class=\"chart\"")
    said = browser.words("/metrics?days=1")
    assert "2 orders were placed" in said and "100 % of 3 prompts were paid" in said and "100 % of 1 garments came" in said


def test_an_empty_house_says_so(stage: Stage, sits: Sits) -> None:
    said = sits().words("/metrics")
    assert said.count("Nothing of this happened") == 8 and "No day has been counted yet" in said


def test_charts_stay_inside_their_frame() -> None:
    times = [wall.now() - timedelta(days=n) for n in range(90)]
    tall = over_time("x", "", times, {"a": [10**9] * 90, "b": [1] * 90})
    assert all(bar.x >= 0 and bar.x + bar.width <= tall.width and bar.y >= 0 and bar.y + bar.height <= tall.height for bar in tall.bars)
    wide = beside_words("x", "", [("a", 10**9, ""), ("b", 0, "")])
    assert all(bar.x + bar.width <= wide.width and bar.width > 0 for bar in wide.bars)
    assert over_time("x", "", times, {"a": [0] * 90}).is_empty and beside_words("x", "", []).is_empty
    assert part(1, 8) == "12 %" and part(1, 300) == "0.3 %" and part(0, 0) == "–"


def test_events_named_by_nobody_do_not_count(busy: Stage) -> None:
    before = read(busy, 1).sum("in", "messages")
    with busy.parts.database.begin() as db:
        person = db.scalars(select(Inbox.person_id)).first()
        assert person
        Inbox.happen(db, person, "anything", {}, once="m", now=busy.parts.clock.now())
    assert read(busy, 1).sum("in", "messages") == before
