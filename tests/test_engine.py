"""One message, one transaction: once, in order, whatever is flushed, repeated or broken."""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from bot import jobs, ticker
from bot.channels import Undelivered
from bot.messages import Incoming, Receipt
from bot.rules.retry import SEND_TRIES
from bot.spool import Spool
from models import ledger
from models.base import Away
from models.conversation import Conversation
from models.inbox import Inbox
from models.outbox import Outbox
from models.person import Address, Person
from models.tailor import Offer, Tailor
from models.timer import Timer
from tests.counting import counted
from tests.stage import PHONES, Stage


def said(stage: Stage, words: str, sid: str | None = None, who: str = "ama") -> bool:
    sid = sid or f"SM{next(_serial):032x}"
    return stage.parts.engine.hear(Incoming("twilio", sid, PHONES[who], name="Ama", text=words))


_serial = itertools.count(10**6)


def letters(stage: Stage, who: str = "ama") -> list[str]:
    with stage.parts.database.begin() as db:
        person = stage.person(db, who)
        rows = db.scalars(select(Outbox.body).where(Outbox.person_id == (person.id if person else 0)).order_by(Outbox.id))
        return [row["text"] for row in rows]


# -- once


def test_a_repeated_webhook_changes_nothing(stage: Stage) -> None:
    form = stage.form("ama", Body="hello")
    assert [stage.post(form).status_code for _ in range(3)] == [200, 200, 200]
    assert len(letters(stage)) == 1


def test_repeats_at_the_same_moment_count_once(stage: Stage) -> None:
    stage.given_customer("ama")
    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(lambda n: said(stage, "menu", sid=f"SM{7:032x}"), range(16)))
    assert sum(heard) == 1
    assert len(letters(stage)) == 1


def test_a_strangers_first_messages_make_one_person(stage: Stage) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: said(stage, "hi", sid=f"SM{n:032x}"), range(8)))
    with stage.parts.database.begin() as db:
        assert len(list(db.scalars(select(Person)))) == 1
        assert len(list(db.scalars(select(Address)))) == 1
    assert len(letters(stage)) == 8


# -- in order


def test_one_persons_messages_are_dealt_with_one_by_one(stage: Stage) -> None:
    """Many at once: every version follows the one before, none is lost."""
    stage.given_customer("ama")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: said(stage, "menu", sid=f"SM{n:032x}"), range(40)))
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Conversation.version)).one() == 40
    assert len(letters(stage)) == 40


def test_different_people_are_served_in_parallel(stage: Stage) -> None:
    """While one person's row is held, the others go on."""
    stage.given_customer("ama")
    stage.given_customer("esi")
    with stage.parts.database.begin() as db:
        ama = stage.person(db, "ama")
        db.execute(select(Person.id).where(Person.id == ama.id).with_for_update())  # type: ignore[union-attr]
        with ThreadPoolExecutor(2) as pool:
            blocked = pool.submit(said, stage, "menu")
            assert pool.submit(said, stage, "menu", who="esi").result(5)
            assert not blocked.done()
            db.rollback()
            assert blocked.result(5)


# -- Redis may forget, or be wrong


@pytest.mark.parametrize("harm", ["flushed", "stale", "nonsense"])
def test_redis_is_only_a_quick_copy(stage: Stage, harm: str) -> None:
    stage.given_customer("ama")
    said(stage, "find a tailor")
    redis = stage.parts.redis.connection
    with stage.parts.database.begin() as db:
        key = f"position:{stage.person(db, 'ama').id}"  # type: ignore[union-attr]
    old = redis.get(key)
    assert old is not None
    said(stage, "kaftan")
    if harm == "flushed":
        redis.flushall()
    else:
        redis.set(key, old if harm == "stale" else "{nonsense")
    said(stage, "Kumasi")
    assert "sort" in letters(stage)[-1]


def test_position_is_in_redis_with_the_version_of_the_durable_copy(stage: Stage) -> None:
    stage.given_customer("ama")
    said(stage, "find a tailor")
    with stage.parts.database.begin() as db:
        row = db.scalars(select(Conversation)).one()
        kept = json.loads(stage.parts.redis.connection.get(f"position:{row.person_id}"))  # type: ignore[arg-type]
    assert kept == {"v": row.version, "s": row.stack}
    assert 0 < stage.parts.redis.connection.ttl(f"position:{row.person_id}") <= 1800


# -- who it is


def test_phone_and_scoped_id_are_one_person_whichever_comes_first(stage: Stage) -> None:
    phone, scoped = PHONES["ama"], "GH.4566546130240823"
    for n, (sender, alias) in enumerate([(scoped, ""), (phone, scoped), (phone, ""), (scoped, "")]):
        stage.parts.engine.hear(Incoming("twilio", f"SM{n:032x}", sender, alias=alias, text="hi"))
    with stage.parts.database.begin() as db:
        assert len(list(db.scalars(select(Person)))) == 1
        assert sorted(a.value for a in db.scalars(select(Address))) == sorted([phone, scoped])


def test_names_and_numbers_are_sealed_at_rest(stage: Stage) -> None:
    said(stage, "hi")
    with stage.parts.database.begin() as db:
        stored = db.execute(text("SELECT p.name, a.value, a.value_index FROM person p JOIN address a ON a.person_id = p.id")).one()
    assert all("Ama" not in v and "23324" not in v for v in stored)


# -- bugs


def test_a_bug_costs_one_apology_and_moves_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.given_customer("ama")
    said(stage, "find a tailor")
    monkeypatch.setattr(stage.parts.flows["browse"], "hear_garment", lambda self: 1 / 0)
    assert said(stage, "kaftan", sid=f"SM{1:032x}")
    assert letters(stage)[-1].startswith("Sorry, something went wrong")
    assert not said(stage, "kaftan", sid=f"SM{1:032x}")
    monkeypatch.undo()
    said(stage, "kaftan")
    assert "In which town?" in letters(stage)[-1]


def test_an_event_that_fails_is_tried_again_and_then_kept(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    ama = stage.given_customer("ama")
    monkeypatch.setattr(stage.parts.flows["pay"], "on_deposit_reminder", lambda self, facts: 1 / 0)
    with stage.parts.database.begin() as db:
        Inbox.happen(db, ama.id, "deposit_reminder", {"order_id": 1}, once="x", now=stage.parts.clock.now())
    waits: list[timedelta] = []
    for _ in range(12):
        jobs.carry_events()
        with stage.parts.database.begin() as db:
            row = db.scalars(select(Inbox)).one()
        if row.state == "failed":
            break
        waits.append(row.due_at - stage.parts.clock.now())
        stage.parts.story_clock.time = row.due_at
    assert [round(wait.total_seconds()) for wait in waits] == [5, 30, 120, 600, 3600, 21600]
    with stage.parts.database.begin() as db:
        row = db.scalars(select(Inbox)).one()
        assert (row.state, row.tries) == ("failed", 7)
        assert "ZeroDivisionError" in (row.error or "")


# -- statements and speed


def test_a_message_costs_a_fixed_number_of_statements(stage: Stage) -> None:
    """Hearing, keeping, and at most three of the conversation's own: never one per row."""
    stage.given_tailor("kofi", "kaftan", "Accra", 150)
    stage.given_customer("ama")
    said(stage, "menu")
    costs = {}
    for words in ("menu", "1", "kaftan", "anywhere", "1", "menu", "my orders", "settings"):
        with counted(stage) as seen:
            said(stage, words)
        costs[words] = len([s for s in seen if not s.startswith("PREPARE")])
    assert costs["menu"] == 2
    assert max(costs.values()) <= 6, costs


def many_tailors(stage: Stage, count: int) -> None:
    with stage.parts.database.begin() as db:
        now = stage.parts.clock.now()
        first = 1_000_000
        people = [{"id": first + n, "name": "T", "language": "en", "role": "tailor", "created_at": now} for n in range(count)]
        db.execute(insert(Person), people)
        rows = [
            {
                "person_id": p["id"], "business": f"Tailor {n}", "town": "accra" if n % 3 else "kumasi", "state": "APPROVED",
                "rating100": 300 + n % 200, "jobs": n % 80, "identity_verified": True, "background_checked": bool(n % 2),
                "answer_minutes": 10 + n % 90, "commission_bp": 2000, "per_month": 10, "per_day": 2, "express": True, "busy": False,
            }
            for n, p in enumerate(people)
        ]  # fmt: skip
        db.execute(insert(Tailor), rows)
        db.execute(
            text(
                "INSERT INTO offer (tailor_id, garment, price, town, score, rating100, open) "
                "SELECT id, 'kaftan', 10000 + id, town, rating100 / 10, rating100, true FROM tailor ON CONFLICT DO NOTHING"
            )
        )
    with stage.parts.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def browse_seconds(stage: Stage) -> tuple[float, int]:
    """Seconds of the two steps that search, the quickest of many; and their statements."""
    best, cost = 9.9, 0
    for _ in range(25):
        said(stage, "menu")
        for words in ("find a tailor", "kaftan", "Accra"):
            said(stage, words)
        with counted(stage) as seen:
            began = time.perf_counter()
            said(stage, "1")
            best = min(best, time.perf_counter() - began)
        cost = len(seen)
    return best, cost


def test_browse_costs_the_same_with_ten_thousand_tailors(stage: Stage) -> None:
    from tests.conftest import empty

    stage.given_tailor("kofi", "kaftan", "Accra", 150)
    stage.given_customer("ama")
    many_tailors(stage, 10)
    few, few_statements = browse_seconds(stage)
    empty(stage.parts.database)
    stage.parts.redis.connection.flushall()
    stage.given_tailor("kofi", "kaftan", "Accra", 150)
    stage.given_customer("ama")
    many_tailors(stage, 10_000)
    many, many_statements = browse_seconds(stage)
    with stage.parts.database.begin() as db:
        plan = "\n".join(
            row[0]
            for row in db.execute(
                text("EXPLAIN SELECT id FROM offer WHERE garment = 'kaftan' AND open AND town = 'accra' ORDER BY score DESC, id DESC LIMIT 20")
            )
        )
        assert db.scalar(select(Offer.id).limit(1)) is not None
    assert many_statements == few_statements
    assert "Index" in plan and "Seq Scan" not in plan, plan
    assert many < few * 1.2 + 0.0005, (few, many)


# -- what leaves


def test_an_unknown_send_is_looked_up_before_it_is_sent_again(stage: Stage) -> None:
    """The provider took it and did not answer: one message, found by asking."""
    stage.given_customer("ama")
    taken: list[int] = []

    def lost_answer(letter: object) -> Undelivered | None:
        if not taken:
            taken.append(1)
            stage.channel.sent.append(letter)  # type: ignore[arg-type]
            return Undelivered("timeout", unknown=True)
        return None

    stage.channel.fail = lost_answer
    stage.say("ama", "menu")
    stage.pass_time(0.5)
    assert len(stage.channel.sent) == 1
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Outbox.state)).one() == "sent"


def test_an_unknown_send_that_never_arrived_is_sent_again(stage: Stage) -> None:
    stage.given_customer("ama")
    failures = iter([Undelivered("reset", unknown=True)])
    stage.channel.fail = lambda letter: next(failures, None)
    stage.say("ama", "menu")
    assert not stage.channel.sent
    stage.pass_time(0.5)
    assert len(stage.channel.sent) == 1


def test_order_is_kept_when_the_first_letter_has_to_wait(stage: Stage) -> None:
    stage.given_customer("ama")
    failures = iter([Undelivered("429", outcome="retry", wait_s=30)])
    stage.channel.fail = lambda letter: next(failures, None)
    for words in ("menu", "settings", "menu"):
        said(stage, words)
    stage.settle()
    assert not stage.channel.sent
    stage.pass_time(0.5)
    ids = [letter.outbox_id for letter in stage.channel.sent]
    assert ids == sorted(ids)
    assert len(ids) == 3


def test_a_letter_is_given_up_after_bounded_tries(stage: Stage) -> None:
    stage.given_customer("ama")
    stage.channel.fail = lambda letter: Undelivered("500", outcome="retry")
    stage.say("ama", "menu")
    stage.pass_time(9)
    with stage.parts.database.begin() as db:
        row = db.scalars(select(Outbox)).one()
        assert (row.state, row.tries) == ("dead", SEND_TRIES)


def test_a_worker_that_vanished_leaves_nothing_behind(stage: Stage) -> None:
    """Claimed, never sent, never released: after the lease it is looked up and then sent, once."""
    stage.given_customer("ama")
    said(stage, "menu")
    now = stage.parts.clock.now()
    with stage.parts.database.begin() as db:
        assert len(Outbox.claim(db, now, timedelta(seconds=30), 10)) == 1
    stage.settle()
    assert not stage.channel.sent
    stage.pass_time(1)
    assert len(stage.channel.sent) == 1


def test_opting_out_at_the_provider_is_honoured(stage: Stage) -> None:
    stage.given_customer("ama")
    stage.channel.fail = lambda letter: Undelivered("21610", outcome="opted_out")
    stage.say("ama", "menu")
    with stage.parts.database.begin() as db:
        assert stage.person(db, "ama").is_stopped  # type: ignore[union-attr]


def test_outside_the_window_a_template_is_tried_once(stage: Stage) -> None:
    stage.given_customer("ama")
    stage.channel.fail = lambda letter: Undelivered("63016", outcome="window_closed") if letter.window_open else None
    stage.say("ama", "menu")
    assert [letter.window_open for letter in stage.channel.sent] == [False]


def test_what_a_closed_window_held_back_goes_when_the_person_writes(stage: Stage) -> None:
    stage.given_customer("ama")
    stage.channel.fail = lambda letter: Undelivered("63016", outcome="window_closed")
    stage.say("ama", "menu")
    stage.channel.fail = lambda letter: None
    stage.pass_time(30)
    assert not stage.channel.sent
    stage.say("ama", "menu")
    assert [letter.window_open for letter in stage.channel.sent] == [True, True]


@pytest.mark.parametrize("order", [*itertools.permutations(["sent", "delivered", "read"]), ("failed", "delivered"), ("delivered", "failed")])
def test_receipts_may_come_in_any_order(stage: Stage, order: tuple[str, ...]) -> None:
    stage.given_customer("ama")
    stage.off.add("ama")
    stage.say("ama", "menu")
    sid = f"SM{stage.channel.sent[0].outbox_id:032x}"
    for status in [*order, *order]:
        stage.parts.engine.receive(Receipt("twilio", sid, status, stage.channel.sent[0].outbox_id, outcome="give_up"))  # type: ignore[arg-type]
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Outbox.receipt)).one() == (5 if "failed" in order else 6)


def test_a_receipt_that_beats_the_answer_settles_the_letter(stage: Stage) -> None:
    stage.given_customer("ama")
    said(stage, "menu")
    with stage.parts.database.begin() as db:
        row = Outbox.claim(db, stage.parts.clock.now(), timedelta(seconds=30), 10)[0]
    stage.parts.engine.receive(Receipt("twilio", "SM" + "a" * 32, "delivered", row.id))
    with stage.parts.database.begin() as db:
        kept = db.get_one(Outbox, row.id)
        assert (kept.state, kept.provider_id, kept.receipt) == ("sent", "SM" + "a" * 32, 5)
    stage.pass_time(1)
    assert not stage.channel.sent


def test_a_lost_receipt_is_asked_for_when_a_clock_hangs_on_it(stage: Stage) -> None:
    """The photo is on the phone, the receipt never came: the deposit is released all the same."""
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_customer("ama")
    stage.given_order("ama", "kente shirt", "kofi", "accepted")
    stage.off.add("ama")
    stage.say("kofi", "[photo] cutting")
    stage.channel.true_status = "delivered"
    stage.pass_time(1)
    stage.pass_time(3)
    with stage.parts.database.begin() as db:
        assert ledger.lines_of(db, f"release:{stage.orders()[0].id}:deposit")


# -- timers and the diary on disk


def test_a_timer_rings_once_however_often_it_is_looked_at(stage: Stage) -> None:
    ama = stage.given_customer("ama")
    now = stage.parts.clock.now()
    with stage.parts.database.begin() as db:
        Timer.set(db, "t", "tailor_silent", ama.id, {"order_id": 1}, now - timedelta(seconds=1))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: ticker.tick(stage.parts), range(8)))
    with stage.parts.database.begin() as db:
        assert len(list(db.scalars(select(Inbox)))) == 1


def test_the_diary_keeps_what_came_while_the_database_was_away(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stage.given_customer("ama")
    monkeypatch.setattr(stage.parts, "spool", Spool(tmp_path / "spool"), raising=False)

    def away(incoming: Incoming) -> bool:
        raise Away("connection refused")

    with monkeypatch.context() as outage:
        outage.setattr(stage.parts.engine, "hear", away)
        assert [stage.post(stage.form("ama", Body=words)).status_code for words in ("find a tailor", "kaftan")] == [200, 200]
    assert stage.post(stage.form("ama", Body="Kumasi")).status_code == 200  # queues up behind the others
    assert letters(stage) == []
    kept = (tmp_path / "spool" / "requests").read_text()
    assert "23324" not in kept and "kaftan" not in kept
    ticker.tick(stage.parts)
    assert ["sewn" in letters(stage)[0], "town" in letters(stage)[1], "sort" in letters(stage)[2]] == [True] * 3
    assert not stage.parts.spool.is_waiting()


def test_people_who_stopped_hear_nothing(stage: Stage) -> None:
    ama = stage.given_customer("ama")
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.say("ama", "stop")
    stage.channel.sent.clear()
    with stage.parts.database.begin() as db:
        Inbox.happen(db, ama.id, "invited", {"flow": "menu", "memory": {}}, once="x", now=stage.parts.clock.now())
    stage.settle()
    assert not stage.channel.sent


def test_letters_of_many_people_are_sent_side_by_side(stage: Stage) -> None:
    """A slow provider holds up its own letter only; each person's letters stay in order."""
    from bot.outbox import Carrier

    parts = stage.parts
    people = [stage.given_customer(who) for who in ("ama", "esi", "kofi", "yaw", "adwoa")]
    for _ in range(3):
        for who in ("ama", "esi", "kofi", "yaw", "adwoa"):
            said(stage, "menu", who=who)

    def slow(letter: object) -> None:
        time.sleep(0.05)

    stage.channel.fail = slow
    carrier = Carrier(parts.database, parts.channels, parts.links, parts.clock, threads=5, lease_s=30)
    began = time.perf_counter()
    assert carrier.drain() == 15
    assert time.perf_counter() - began < 15 * 0.05
    seen: dict[str, list[int]] = defaultdict(list)
    for letter in stage.channel.sent:
        seen[letter.to].append(letter.outbox_id)
    assert len(seen) == len(people)
    assert all(ids == sorted(ids) for ids in seen.values())


def test_a_claim_never_takes_more_than_it_was_asked_for(stage: Stage) -> None:
    for who in ("ama", "esi", "kofi", "yaw", "adwoa"):
        stage.given_customer(who)
        said(stage, "menu", who=who)
    with stage.parts.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE outbox"))
    with stage.parts.database.begin() as db:
        assert len(Outbox.claim(db, stage.parts.clock.now(), timedelta(seconds=30), 2)) == 2
