"""A page hears what has changed, once and in order, whatever happens to it, to the database or to the server meanwhile."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Blueprint, Flask
from sqlalchemy import text

from bot.admin import live
from bot.admin.live import Hub, Pace
from models.base import Away
from models.news import News, Place
from tests.fakes import MONDAY
from tests.stage import Stage

FAST = Pace(look_s=0.02, comment_s=0.1, life_s=20, streams=3, lag=10)


def valid() -> bool:
    return True


@pytest.fixture
def hub(stage: Stage) -> Iterator[Hub]:
    hub = Hub(stage.parts.database, FAST)
    yield hub
    hub.is_serving = lambda: False
    eventually(lambda: not hub._is_running)


def eventually(what: Callable[[], Any], seconds: float = 5) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.01)


def write(hub: Hub, *subjects: object) -> None:
    with hub.database.begin() as db:
        for subject in subjects:
            News.add(db, "order", str(subject), MONDAY)


def listen(hub: Hub, after: Place | None, still_valid: Callable[[], bool] = valid) -> Iterator[str]:
    listener = hub.join()
    assert listener, "there is a seat"
    return hub.stream(listener, after, still_valid, None)


def blocks(stream: Iterator[str]) -> Iterator[dict[str, str]]:
    """The blocks of an event stream as a browser reads them, comments as {"": …}."""
    for block in stream:
        assert block.endswith("\n\n")
        lines = (line.partition(":") for line in block.strip("\n").split("\n"))
        yield {name: value.removeprefix(" ") for name, _, value in lines}


def until(stream: Iterator[dict[str, str]], event: str) -> dict[str, str]:
    return next(block for block in stream if block.get("event") == event)


def subjects(stream: Iterator[dict[str, str]], count: int) -> list[str]:
    found = itertools.islice((block for block in stream if block.get("event") == "news"), count)
    return [json.loads(block["data"])["subject"] for block in found]


def opened(hub: Hub, after: Place | None = None, still_valid: Callable[[], bool] = valid) -> Iterator[dict[str, str]]:
    stream = blocks(listen(hub, after, still_valid))
    until(stream, "here")
    return stream


# -- a stream


def test_everybody_hears_what_happens(hub: Hub) -> None:
    streams = [opened(hub), opened(hub)]
    write(hub, "SW-1", "SW-2")
    assert [subjects(stream, 2) for stream in streams] == [["SW-1", "SW-2"]] * 2


def test_whoever_comes_back_hears_what_was_missed_and_then_what_happens(hub: Hub) -> None:
    stream = blocks(listen(hub, None))
    place = Place.read(until(stream, "here")["id"])
    write(hub, "a", "b", "c")
    first = until(stream, "news")
    stream.close()  # type: ignore[attr-defined]
    again = blocks(listen(hub, Place.read(first["id"])))
    assert subjects(again, 2) == ["b", "c"]
    write(hub, "d")
    assert subjects(again, 1) == ["d"]
    assert subjects(blocks(listen(hub, place)), 4) == ["a", "b", "c", "d"]


def test_nothing_is_lost_or_doubled_while_streams_come_and_go(hub: Hub) -> None:
    """Four write in transactions of different length, three pages break off and come back all the time."""
    start = hub.missed(None).place
    rest = [f"n{n}" for n in range(120)]
    found: dict[int, list[str]] = {n: [] for n in range(3)}

    def page(number: int) -> None:
        place = start
        while len(found[number]) < len(rest):
            stream = listen(hub, place)
            for block in itertools.islice(blocks(stream), 7):
                if block.get("event") == "news":
                    place = Place.read(block["id"])
                    found[number].append(json.loads(block["data"])["subject"])
            stream.close()  # type: ignore[attr-defined]

    def writer(mine: list[str]) -> None:
        for subject in mine:
            with hub.database.begin() as db:
                db.execute(text("INSERT INTO news (at, topic, subject) VALUES (now(), 'order', :subject)"), {"subject": subject})
                time.sleep(0.002 * (len(subject) + int(subject[1:]) % 4))

    threads = [threading.Thread(target=page, args=(n,), daemon=True) for n in found]
    threads += [threading.Thread(target=writer, args=(rest[n::4],), daemon=True) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert all(sorted(seen) == sorted(rest) for seen in found.values())
    assert found[0] == found[1] == found[2]


def test_the_first_page_is_not_told_the_news_of_a_week(hub: Hub) -> None:
    write(hub, *range(FAST.lag * 3))
    stream = opened(hub)
    write(hub, "now")
    assert subjects(stream, 1) == ["now"]


def test_who_missed_too_much_loads_the_page_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_MISSED", 3)
    place = hub.missed(None).place
    write(hub, *range(4))
    stream = blocks(listen(hub, place))
    reset = until(stream, "reset")
    write(hub, "next")
    assert subjects(stream, 1) == ["next"]
    assert subjects(opened(hub, Place.read(reset["id"])), 0) == []
    assert not hub.missed(Place.read(reset["id"])).is_too_much


def test_a_place_of_another_database_means_reload(hub: Hub) -> None:
    assert hub.missed(Place(2**62, 5)).is_too_much


def test_a_page_that_takes_nothing_is_dropped_and_gets_it_when_it_comes_back(hub: Hub) -> None:
    slow, quick = blocks(listen(hub, None)), opened(hub)
    place = Place.read(until(slow, "here")["id"])
    numbers = [str(n) for n in range(40)]
    for some in (numbers[:20], numbers[20:]):
        for number in some:
            write(hub, number)
            assert subjects(quick, 1) == [number]
    assert len(list(slow)) <= 1, "it ended"
    assert subjects(blocks(listen(hub, place)), 40) == numbers


def test_a_stream_ends_when_its_session_does(hub: Hub) -> None:
    answers = iter([True, False])
    stream = opened(hub, still_valid=lambda: next(answers))
    assert [block for block in stream if "event" in block] == []
    assert not hub._seated


def test_a_busy_stream_asks_about_its_session_too(hub: Hub) -> None:
    answers = iter([True, False])
    stream = listen(hub, None, lambda: next(answers))
    seen = 0
    for block in blocks(stream):
        if block.get("event") in ("here", "news"):
            write(hub, seen)
            seen += 1
        assert seen < 1000
    assert seen > 1


def test_a_stream_ends_after_its_time_and_when_the_server_stops(stage: Stage) -> None:
    short = Hub(stage.parts.database, Pace(look_s=0.02, comment_s=5, life_s=0.2))
    assert list(opened(short)) == []
    stopping = Hub(stage.parts.database, FAST)
    stream = opened(stopping)
    stopping.is_serving = lambda: False
    assert list(stream) == []


def test_the_thread_ends_with_its_last_listener_and_begins_again(hub: Hub) -> None:
    for _ in range(3):
        stream = opened(hub)
        assert hub._is_running
        write(hub, "x")
        assert subjects(stream, 1) == ["x"]
        stream.close()  # type: ignore[attr-defined]
        del stream
        eventually(lambda: not hub._is_running)
    assert not [thread for thread in threading.enumerate() if thread.name == "news"]


def test_an_idle_stream_holds_no_connection(hub: Hub) -> None:
    streams = [opened(hub) for _ in range(3)]
    eventually(lambda: hub.database._single.pool.checkedout() == 0)
    assert hub.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert streams


def test_a_database_that_is_away_is_waited_for(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    gone: list[int] = []

    def session() -> bool:
        if hub.database.at_once is away:
            raise Away("away")
        return True

    stream = opened(hub, still_valid=session)
    real = hub.database.at_once

    def away() -> Any:
        gone.append(1)
        raise Away("away")

    monkeypatch.setattr(hub.database, "at_once", away)
    eventually(lambda: len(gone) > 2)
    write(hub, "meanwhile")
    monkeypatch.setattr(hub.database, "at_once", real)
    assert subjects(stream, 1) == ["meanwhile"]


# -- over the web


@pytest.fixture
def app(stage: Stage) -> Iterator[Flask]:
    desk = Blueprint("desk", __name__, url_prefix="/admin")
    hub = live.routes(desk, stage.parts, guard=lambda view: view, watch=lambda: valid, pace=FAST)
    app = Flask(__name__)
    app.register_blueprint(desk)
    yield app
    hub.is_serving = lambda: False
    eventually(lambda: not hub._is_running)


def test_when_all_seats_are_taken_the_page_asks_instead(app: Flask) -> None:
    client, hub = app.test_client(), app.extensions["live"]
    streams = [client.get("/admin/events", buffered=False) for _ in range(3)]
    bodies = [iter(stream.response) for stream in streams]
    assert [next(body)[:6] for body in bodies]
    refused = client.get("/admin/events")
    assert refused.status_code == 503 and int(refused.headers["Retry-After"]) > 0
    assert client.get("/admin/news").status_code == 200
    streams[0].close()
    assert len(hub._seated) == 2
    assert next(iter(client.get("/admin/events", buffered=False).response))


def test_a_stream_that_nobody_reads_takes_no_seat(app: Flask) -> None:
    client = app.test_client()
    for _ in range(5):
        assert client.head("/admin/events").status_code == 200
        client.get("/admin/events", buffered=False).close()
    assert not app.extensions["live"]._seated


def test_a_seat_of_which_nothing_comes_is_given_away(stage: Stage) -> None:
    hub = Hub(stage.parts.database, Pace(look_s=0.02, patience_s=0.2, streams=1))
    lost = hub.join()
    assert lost and hub.join() is None
    time.sleep(0.25)
    stream = opened(hub)
    time.sleep(0.25)
    assert hub.join() is None, "one that has begun keeps its own"
    assert list(hub.stream(lost, None, valid, None)) == []
    stream.close()  # type: ignore[attr-defined]
    hub.is_serving = lambda: False


def test_a_crowd_at_the_door_gets_seats_or_a_plain_no(app: Flask) -> None:
    """Nobody is let in and then sent away."""
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: app.test_client().get("/admin/events", buffered=False), range(24)))
    assert sorted(answer.status_code for answer in answers) == [200] * FAST.streams + [503] * (24 - FAST.streams)
    for answer in answers:
        answer.close()


def test_a_stream_is_not_kept_on_the_way(app: Flask) -> None:
    answer = app.test_client().get("/admin/events", buffered=False)
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["X-Accel-Buffering"] == "no"
    answer.close()


def test_asking_is_cheap_when_nothing_happened(app: Flask) -> None:
    client, hub = app.test_client(), app.extensions["live"]
    place = client.get("/admin/news").json["after"]  # type: ignore[index]
    assert client.get(f"/admin/news?after={place}").status_code == 204
    write(hub, "SW-1")
    told = client.get(f"/admin/news?after={place}").json
    assert told and [one["subject"] for one in told["news"]] == ["SW-1"] and not told["reset"]
    assert set(told["news"][0]) == {"topic", "subject", "at"}
    assert client.get(f"/admin/news?after={told['after']}").status_code == 204


def test_the_browsers_own_place_counts_before_the_pages(app: Flask) -> None:
    client, hub = app.test_client(), app.extensions["live"]
    old = hub.missed(None).place
    write(hub, "SW-1")
    new = hub.missed(None).place
    both = client.get(f"/admin/news?after={old}", headers={"Last-Event-ID": str(new)})
    assert both.status_code == 204


@pytest.mark.parametrize("nonsense", ["x", "1", "-", "1-2-3", "9" * 40 + "-1", "1-1\r\nX: y"])
def test_a_place_that_is_none_begins_now(app: Flask, nonsense: str) -> None:
    answer = app.test_client().get("/admin/news", query_string={"after": nonsense})
    assert answer.status_code == 200 and answer.json["news"] == []  # type: ignore[index]


def test_asking_while_the_database_is_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise Away("away")

    monkeypatch.setattr(app.extensions["live"].database, "at_once", away)
    client = app.test_client()
    assert client.get("/admin/news").status_code == 503
    assert client.get("/admin/events").status_code == 503


# -- behind the door


def test_the_door_stands_before_the_news(stage: Stage, sits: Callable[..., Any]) -> None:
    for path in ("/admin/events", "/admin/news"):
        assert stage.web.get(path).status_code == 303
    signed_in = sits("readonly")
    assert signed_in.get("/news").status_code == 200
    stream = signed_in.get("/events", buffered=False)
    assert stream.mimetype == "text/event-stream" and next(iter(stream.response)).startswith(b"retry:")
    stream.close()


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(stage: Stage, sits: Callable[..., Any]) -> None:
    signed_in = sits("readonly")
    with stage.parts.database.begin() as db:
        db.execute(text("UPDATE staff_session SET seen_at = seen_at - interval '10 minutes'"))
        seen = db.execute(text("SELECT seen_at FROM staff_session")).scalar_one()
    assert signed_in.get("/news").status_code == 200
    with stage.parts.database.begin() as db:
        assert db.execute(text("SELECT seen_at FROM staff_session")).scalar_one() == seen
    signed_in.page("/")
    with stage.parts.database.begin() as db:
        assert db.execute(text("SELECT seen_at FROM staff_session")).scalar_one() > seen


def test_a_page_knows_its_place_from_before_it_was_read(stage: Stage, sits: Callable[..., Any]) -> None:
    signed_in = sits("readonly")
    place = signed_in.page("/").split('data-after="')[1].split('"')[0]
    assert signed_in.get(f"/news?after={place}").status_code == 204
    write(stage.web.application.extensions["live"], "SW-1")
    assert [one["subject"] for one in signed_in.get(f"/news?after={place}").json["news"]] == ["SW-1"]


def test_a_stream_ends_when_somebody_is_signed_out(stage: Stage, sits: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    hub = stage.web.application.extensions["live"]
    monkeypatch.setattr(hub, "pace", FAST)
    signed_in = sits("readonly")
    stream = signed_in.get("/events", buffered=False)
    body = iter(stream.response)
    assert any(b"event: here" in next(body) for _ in range(3))
    with stage.parts.database.begin() as db:
        db.execute(text("UPDATE staff_session SET ended_at = now()"))
    assert len(list(body)) <= 1
    stream.close()
