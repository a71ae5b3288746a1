"""What has changed, told to the open pages of the desk as it happens, or when they ask."""

from __future__ import annotations

import json
import logging
import queue
import random
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from models.base import Away, Database
from models.news import News, Place, Told

if TYPE_CHECKING:
    from bot.wiring import Parts

log = logging.getLogger(__name__)
MOST_MISSED = 500  # rows; whoever missed more loads the page again
AGAIN_S = 300  # seconds after which a page that found no seat may ask for one again
HANGS_UP = getattr(select, "POLLRDHUP", 0)
View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds, and how many: of streams in one process (each holds one of its threads), of changes one stream may lag behind."""

    look_s: float = 1
    comment_s: float = 15
    life_s: float = 600
    patience_s: float = 10
    streams: int = 20
    lag: int = 100


@dataclass(eq=False)
class Listener:
    """One stream; what it is too slow to take it must fetch by coming back."""

    waiting: queue.Queue[Told]
    came: float = field(default_factory=time.monotonic)
    has_begun: bool = False
    is_dropped: bool = False


@dataclass(frozen=True, slots=True)
class Missed:
    """What happened since a page last heard of us; `is_too_much` when it should rather be loaded again."""

    place: Place
    told: list[Told] = field(default_factory=list)
    is_too_much: bool = False


class Hub:
    """One per process: while anybody listens, one thread asks the database once a second and tells everybody."""

    def __init__(self, database: Database, pace: Pace | None = None) -> None:
        self.database, self.pace = database, pace or Pace()
        self.is_serving: Callable[[], bool] = lambda: True  # gunicorn.conf.py puts in what its worker knows
        self._lock, self._seated, self._is_running = threading.Lock(), set[Listener](), False
        self._place = Place(0, 0)

    @property
    def is_full(self) -> bool:
        return len(self._seated) >= self.pace.streams

    def missed(self, after: Place | None) -> Missed:
        """Raises Away."""
        with self.database.at_once() as connection:
            if after is None:
                return Missed(News.now(connection))
            told, certain = News.after(connection, after, MOST_MISSED + 1)
        if len(told) > MOST_MISSED or after > certain:  # a place after now is one of another database
            return Missed(certain, is_too_much=True)
        return Missed(told[-1].place if told else after, told)

    def join(self) -> Listener | None:
        """A seat, until `leave`; None when every one is taken. Raises Away."""
        with self._lock:
            self._seated = {one for one in self._seated if one.has_begun or time.monotonic() - one.came < self.pace.patience_s}
            if self.is_full:
                return None
            if not self._is_running:
                with self.database.at_once() as connection:
                    self._place = News.now(connection)
                threading.Thread(target=self._run, name="news", daemon=True).start()
                self._is_running = True
            listener = Listener(queue.Queue(self.pace.lag))
            self._seated.add(listener)
            return listener

    def leave(self, listener: Listener) -> None:
        with self._lock:
            self._seated.discard(listener)

    def stream(self, listener: Listener, after: Place | None, still_valid: Callable[[], bool], sock: socket.socket | None) -> Iterator[str]:
        """Runs after the request is over, and holds no connection to the database while nothing happens."""
        try:
            if not self._begins(listener):
                return
            missed = self.missed(after)  # asked after joining: what happens in between is told twice, and sorted out by its place
            yield f"retry: {random.randint(2000, 6000)}\n\n"
            yield from map(_event, missed.told)
            yield f"id: {missed.place}\nevent: {'reset' if missed.is_too_much else 'here'}\ndata: {{}}\n\n"
            yield from self._listen(listener, missed.place, still_valid, sock)
        except Away:
            log.warning("a stream ends: the database is away")
        finally:
            self.leave(listener)

    # -- private

    def _listen(self, listener: Listener, last: Place, still_valid: Callable[[], bool], sock: socket.socket | None) -> Iterator[str]:
        begun = commented = time.monotonic()
        while self.is_serving() and not listener.is_dropped and not _has_hung_up(sock) and time.monotonic() - begun < self.pace.life_s:
            try:
                told = listener.waiting.get(timeout=self.pace.look_s)
            except queue.Empty:
                told = None
            if told is not None and told.place > last:
                last = told.place
                yield _event(told)
            if time.monotonic() - commented >= self.pace.comment_s:
                if not _counts(still_valid):
                    return
                commented = time.monotonic()
                yield ":\n\n"

    def _begins(self, listener: Listener) -> bool:
        """False when its seat was given away, because nothing seemed to come of it."""
        with self._lock:
            listener.has_begun = True
            return listener in self._seated

    def _run(self) -> None:
        while self._is_wanted():
            try:
                with self.database.at_once() as connection:
                    told, _ = News.after(connection, self._place, MOST_MISSED)
                self._tell(told)
            except Exception as error:
                log.warning("the news could not be read: %s", type(error).__name__)
            time.sleep(self.pace.look_s)

    def _is_wanted(self) -> bool:
        with self._lock:
            self._is_running = bool(self._seated) and self.is_serving()
            return self._is_running

    def _tell(self, told: list[Told]) -> None:
        with self._lock:
            seated = list(self._seated)
        for one in told:
            for listener in seated:
                try:
                    listener.waiting.put_nowait(one)
                except queue.Full:
                    listener.is_dropped = True
            self._place = one.place


def routes(bp: Blueprint, parts: Parts, guard: Callable[[View], View], watch: Callable[[], Callable[[], bool]], pace: Pace | None = None) -> Hub:
    """`guard` lets in; `watch` is asked inside a request for what tells, later and outside of it, whether its session still counts."""
    hub = Hub(parts.database, pace)
    bp.record_once(lambda state: state.app.extensions.update(live=hub))

    def events(*_: Any) -> Response:
        if request.method == "HEAD":
            return Response(status=503 if hub.is_full else 200, mimetype="text/event-stream")
        try:
            listener = hub.join()
        except Away:
            return _later("Not now.", 15)
        if listener is None:
            return _later("Ask /admin/news instead.", AGAIN_S)
        sock = request.environ.get("gunicorn.socket")
        if sock is not None:
            sock.settimeout(hub.pace.patience_s)  # a browser that takes nothing is not waited for
        stream = hub.stream(listener, _asked(), watch(), sock)
        answer = Response(stream, mimetype="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        answer.call_on_close(lambda: hub.leave(listener))  # for one that is never begun
        return answer

    def news(*_: Any) -> Response:
        after = _asked()
        try:
            missed = hub.missed(after)
        except Away:
            return _later("Not now.", 15)
        if after == missed.place and not missed.is_too_much:
            return Response(status=204, headers={"Cache-Control": "no-store"})
        answer = jsonify(after=str(missed.place), news=[one.facts() for one in missed.told], reset=missed.is_too_much)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    bp.add_url_rule("/events", "live_events", guard(events))
    bp.add_url_rule("/news", "live_news", guard(news))
    return hub


def _later(said: str, seconds: int) -> Response:
    return Response(said, 503, {"Retry-After": str(seconds)}, mimetype="text/plain")


def _asked() -> Place | None:
    """Where the page stopped; None when it does not say, or says nonsense: then it begins now."""
    try:
        return Place.read(request.headers.get("Last-Event-ID") or request.args.get("after", ""))
    except ValueError:
        return None


def _counts(still_valid: Callable[[], bool]) -> bool:
    """While the database is away nobody can end a session either."""
    try:
        return still_valid()
    except Away:
        return True


def _event(told: Told) -> str:
    return f"id: {told.place}\nevent: news\ndata: {json.dumps(told.facts())}\n\n"


def _has_hung_up(sock: socket.socket | None) -> bool:
    """Asked each second, because a write fails only much later: a page that was left must not keep its seat."""
    if sock is None:
        return False
    poll = select.poll()
    try:
        poll.register(sock, HANGS_UP)
        return bool(poll.poll(0))
    except (OSError, ValueError):
        return True
