"""The measurements (a) to (e), each as a function of the ground it stands on."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import text

from benchmarks.ground import Ground, message, receipt
from benchmarks.load import Answer, drive, post
from models.person import Address

#: What each person says, again and again: menu, finding a tailor, her orders. Every line is understood and answered.
SCRIPT = ("menu", "1", "kaftan", "anywhere", "1", "menu", "my orders", "menu", "settings", "menu")
#: Letters each line brings: the cards of the tailors come as a picture and a question.
LETTERS = (1, 1, 1, 1, 2, 1, 1, 1, 1, 1)
SLICES, SLICE_S, CONNECTIONS, MOST_PER_S = 8, 2.0, 8, 2500
PROVIDER_MS = 150
_serial = count(1)


def new_sid() -> str:
    return f"SM{next(_serial):032x}"


class Talk:
    """Messages of many people, each person's in the order of the script."""

    def __init__(self, phones: list[str]) -> None:
        self.phones, self.steps = phones, dict.fromkeys(phones, 0)
        self.next = 0

    def request(self) -> tuple[bytes, object]:
        phone = self.phones[self.next % len(self.phones)]
        self.next += 1
        return self.of(phone)

    def of(self, phone: str) -> tuple[bytes, object]:
        step = self.steps[phone]
        self.steps[phone] += 1
        sid = new_sid()
        body, signature = message(sid, phone, SCRIPT[step % len(SCRIPT)])
        return post("/webhooks/twilio", body, signature), (phone, step, sid)


class Supply:
    """Requests made before they are needed; what one slice leaves over, the next one sends, so that nobody's talk has a gap."""

    def __init__(self, make: Callable[[], tuple[bytes, object]]) -> None:
        self._make, self._ready = make, deque[tuple[bytes, object]]()

    def prepare(self, count: int) -> None:
        while len(self._ready) < count:
            self._ready.append(self._make())

    def take(self) -> tuple[bytes, object]:
        return self._ready.popleft() if self._ready else self._make()


def saturate(port: int, supply: Supply, seconds: float) -> list[Answer]:
    """As many requests as the server takes on a few connections."""
    supply.prepare(int(seconds * MOST_PER_S))
    until = time.perf_counter() + seconds
    answers = drive(port, CONNECTIONS, lambda now: supply.take() if now < until else None, lambda: time.perf_counter() >= until)
    bad = [a.status for a in answers if a.status >= 300]
    assert not bad, f"answers {set(bad)}"
    return answers


def ratios(ground: Ground) -> dict[str, float]:
    """(a) floor, (b) whole path, and receipts: interleaved slices, medians."""
    floor, path = ground.web("benchmarks.floor:create_app()"), ground.web("app:create_app()")
    talk, floor_talk = Talk(ground.people(100, "10")), Talk(ground.people(10, "11"))
    rates: dict[str, list[float]] = defaultdict(list)
    seconds: list[float] = []
    receipts = _receipts(ground)
    supplies = {"floor": (floor, Supply(floor_talk.request)), "path": (path, Supply(talk.request))}
    supplies["receipts"] = path, Supply(lambda: next(receipts))
    for _ in range(SLICES):
        for name, (port, source) in supplies.items():
            began = time.perf_counter()
            answers = saturate(port, source, SLICE_S)
            rates[name].append(len(answers) / (time.perf_counter() - began))
            seconds += [a.seconds for a in answers] if name == "path" else []
    medians = {name: statistics.median(values) for name, values in rates.items()}
    return {
        "floor_rps": medians["floor"], "path_rps": medians["path"], "receipt_rps": medians["receipts"],
        "ratio": medians["path"] / medians["floor"], "receipt_ratio": medians["receipts"] / medians["floor"],
        "path_p50_ms": percentile(seconds, 50) * 1000, "path_p99_ms": percentile(seconds, 99) * 1000,
    }  # fmt: skip


SENT = """
    INSERT INTO outbox (person_id, channel, body, state, due_at, created_at, provider_id)
    SELECT person_id, 'twilio', '{}', 'sent', now(), now(), 'SM' || lpad(to_hex(n), 32, 'e')
    FROM (SELECT row_number() OVER () AS n, person_id FROM address, generate_series(1, 200)) AS letters RETURNING id, provider_id"""


def _receipts(ground: Ground) -> Iterator[tuple[bytes, object]]:
    """sent, delivered, read for letters that were sent."""
    with ground.database.begin() as db:
        rows = list(db.execute(text(SENT)))
    return (
        (post(url, body, signature), None)
        for status in ("sent", "delivered", "read")
        for row in rows
        for url, body, signature in [receipt(row.provider_id, "+233241000000", status, row.id)]
    )


def paced(ground: Ground, rate: float, seconds: float, area: str) -> dict[str, float]:
    """(c), (d): messages at a fixed rate while the stand-in takes 150 ms for each call and posts three receipts for each letter."""
    phones = ground.people(int(rate * 20), area)
    talk, total = Talk(phones), int(rate * seconds)
    prepared = [talk.request() for _ in range(total)]
    begin, offset = time.perf_counter() + 0.5, time.time() - time.perf_counter()
    position = 0

    def pick(now: float) -> tuple[bytes, object] | None:
        nonlocal position
        if position < total and now >= begin + position / rate:
            position += 1
            return prepared[position - 1]
        return None

    answers = drive(ground.web_port, 64, pick, lambda: position >= total)
    sent = _wait_for_replies(ground, phones)
    waits = _reply_seconds(answers, sent, offset)
    web = [a.seconds for a in answers]
    return {
        "sent": len(answers), "answered": len(waits), "reply_p50_ms": percentile(waits, 50) * 1000, "reply_p95_ms": percentile(waits, 95) * 1000,
        "call_p95_ms": percentile(waits, 95) * 1000 - PROVIDER_MS, "webhook_p95_ms": percentile(web, 95) * 1000,
    }  # fmt: skip


def crowd(ground: Ground, people: int = 1000, words: int = 5) -> dict[str, int]:
    """(e): everybody talks at once, each person her next word as soon as the last was taken. Lost, doubled and disordered are counted."""
    phones = ground.people(people, "14")
    talk, ready, left = Talk(phones), list(phones), people * words
    expected = dict.fromkeys(phones, words)

    def pick(now: float) -> tuple[bytes, object] | None:
        if not ready:
            return None
        phone = ready.pop(0)
        expected[phone] -= 1
        return talk.of(phone)

    def heard(answer: Answer) -> None:
        phone = str(answer.tag[0])  # type: ignore[index]
        if expected[phone] > 0:
            ready.append(phone)

    answers = drive(ground.web_port, 100, pick, lambda: not ready and not any(expected.values()), heard=heard)
    assert len(answers) == left
    sent = _wait_for_replies(ground, phones)
    return {"people": people, "messages": left, **_verdict(ground, phones, sent, words)}


HEARD = "SELECT count(*) FROM inbox JOIN address USING (person_id) WHERE value_index = ANY(:them)"
WRITTEN = """
    SELECT o.id, o.provider_id, o.state FROM outbox o JOIN address a USING (person_id) WHERE a.value_index = ANY(:them) ORDER BY o.id"""


def _verdict(ground: Ground, phones: list[str], sent: list[dict[str, Any]], words: int) -> dict[str, int]:
    """Counted from the database and from what the stand-in received."""
    them = {"them": [Address.index_of(phone) for phone in phones]}
    with ground.database.begin() as db:
        heard = db.execute(text(HEARD), them).scalar_one()
        written = list(db.execute(text(WRITTEN), them))
    place = {row.provider_id: n for n, row in enumerate(written)}
    arrived: dict[str, list[int]] = defaultdict(list)
    for letter in sent:
        arrived[letter["phone"]].append(place.get(letter["sid"], -1))
    known = [n for places in arrived.values() for n in places]
    unheard, unsent = len(phones) * words - heard, len(set(range(len(written))) - set(known))
    doubled = sum(n < 0 for n in known) + len(known) - len(set(known))
    return {"lost": unheard + unsent, "doubled": doubled, "disordered": sum(places != sorted(places) for places in arrived.values())}


def _wait_for_replies(ground: Ground, phones: list[str], patience_s: float = 120) -> list[dict[str, Any]]:
    """All letters to these phones, once no more come."""
    theirs, until, before = set(phones), time.monotonic() + patience_s, -1
    while time.monotonic() < until:
        with ground.database.begin() as db:
            open_rows = db.execute(text("SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sending', 'unknown')")).scalar_one()
        sent = ground.ask("/sandbox/sent")["sent"] if not open_rows else []
        found = [s for s in sent if s["phone"] in theirs]
        if not open_rows and len(found) == before:
            return found
        before = len(found)
        time.sleep(1)
    raise TimeoutError("the letters never left")


def _reply_seconds(answers: list[Answer], sent: list[dict[str, Any]], offset: float) -> list[float]:
    """From the first byte of a message until the provider had taken its (first) reply, message by message of each person."""
    replies: dict[str, list[float]] = defaultdict(list)
    for letter in sent:
        replies[letter["phone"]].append(datetime.fromisoformat(letter["at"]).timestamp())
    waits: list[float] = []
    for answer in sorted(answers, key=lambda a: a.started):
        phone, step, _ = answer.tag  # type: ignore[misc]
        letters = LETTERS[step % len(LETTERS)]
        mine, replies[phone] = replies[phone][:letters], replies[phone][letters:]
        if len(mine) == letters:
            waits.append(mine[0] - (answer.started + offset))
    return waits


def percentile(values: list[float], p: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))] if ordered else 0.0
