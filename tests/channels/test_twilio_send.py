"""How a letter leaves through Twilio, and what every kind of trouble becomes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from bot.channels import MemoryBook, Undelivered
from bot.channels.twilio import Twilio, TwilioConfig
from bot.messages import Choice, Letter, Reply, Sending
from tests.loopback import Answer, Asked, Server, closed_port, serving

YES_NO = (Choice("y", "Yes"), Choice("n", "No"))
MESSAGES = "POST /2010-04-01/Accounts/AC1/Messages.json"


def twilio_like(asked: Asked) -> Answer:
    if asked.path.startswith("/v1/Content"):
        return Answer(201, {"sid": "HX" + "1" * 32})
    return Answer(201, {"sid": "SM" + "2" * 32, "status": "queued"})


def refusing(code: int, status: int = 400, *, only: str = "ContentSid", **headers: str) -> Any:
    """Refuses messages that carry a field, and lets the others pass."""

    def answer(asked: Asked) -> Answer:
        refused = only in asked.form if "Messages" in asked.path else only == asked.path
        return (
            Answer(status, {"code": code, "message": "To +233241234567 no", "status": status}, headers)
            if refused
            else twilio_like(asked)
        )

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(twilio_like) as found:
        yield found


def channel(url: str, **settings: Any) -> Twilio:
    config = TwilioConfig(
        account_sid="AC1", auth_token="t", whatsapp_number="+233302000000", api_url=url, content_url=url, **settings
    )
    return Twilio(config, public_url="https://x.example", book=MemoryBook())


def letter(reply: Reply, **more: Any) -> Letter:
    return Letter(7, "+233241234567", reply, "https://x.example/webhooks/twilio/status?outbox=7", **more)


def undelivered(adapter: Twilio, reply: Reply) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        adapter.send(letter(reply))
    assert "233241234567" not in caught.value.why
    return caught.value


def test_plain_text(server: Server) -> None:
    assert channel(server.url).send(letter(Reply("Akwaaba!"))) == "SM" + "2" * 32
    assert server.paths() == [MESSAGES]
    assert server.asked[0].form == {
        "To": "whatsapp:+233241234567",
        "From": "whatsapp:+233302000000",
        "Body": "Akwaaba!",
        "StatusCallback": "https://x.example/webhooks/twilio/status?outbox=7",
    }
    assert server.asked[0].headers["authorization"].startswith("Basic ")


def test_a_picture_goes_above_its_text_and_to_a_business_id(server: Server) -> None:
    reply = Letter(7, "GH.123", Reply("Kente", picture="https://x.example/p.jpg"), "")
    channel(server.url, messaging_service_sid="MG1").send(reply)
    form = server.asked[0].form
    assert (form["MediaUrl"], form["Body"], form["To"]) == ("https://x.example/p.jpg", "Kente", "whatsapp:GH.123")
    assert form["MessagingServiceSid"] == "MG1"
    assert "StatusCallback" not in form


def test_a_shape_is_stored_once_and_then_filled(server: Server) -> None:
    adapter = channel(server.url)
    for text in ("Shall I order it?", "Shall I pay\nKofi?"):
        adapter.send(letter(Reply(text, YES_NO)))
    assert server.paths() == ["POST /v1/Content", MESSAGES, MESSAGES]
    form = server.asked[2].form
    assert form["ContentSid"] == "HX" + "1" * 32
    assert json.loads(form["ContentVariables"]) == {"1": "Shall I pay\nKofi?", "2": "Yes", "3": "y", "4": "No", "5": "n"}
    assert "Body" not in form
    assert b"order it" not in server.asked[0].body  # what is said to a person is not stored


@pytest.mark.parametrize("code", [21655, 21656, 92002, 92007, 63013, 63021, 63030])
def test_content_that_does_not_please_goes_as_numbered_text(server: Server, code: int) -> None:
    server.answer = refusing(code)
    assert channel(server.url).send(letter(Reply("Sure?", YES_NO))).startswith("SM")
    assert server.asked[-1].form["Body"] == "Sure?\n\n1. Yes\n2. No"


def test_a_stored_shape_that_is_gone_is_made_again(server: Server) -> None:
    adapter, server.answer = channel(server.url), refusing(21655)
    adapter.send(letter(Reply("Sure?", YES_NO)))
    server.answer = twilio_like
    adapter.send(letter(Reply("Sure?", YES_NO)))
    assert server.paths().count("POST /v1/Content") == 2
    assert "ContentSid" in server.asked[-1].form


def test_a_shape_twilio_will_not_store_rests(server: Server) -> None:
    server.answer = refusing(20001, only="/v1/Content")
    adapter = channel(server.url)
    for _ in range(2):
        adapter.send(letter(Reply("Sure?", YES_NO)))
    assert server.paths() == ["POST /v1/Content", MESSAGES, MESSAGES]
    assert server.asked[1].form["Body"].endswith("2. No")


@pytest.mark.parametrize("answer", [Answer(500), Answer(429, {"code": 20429}), Answer(201, b"<html>"), Answer(broken=True)])
def test_trouble_while_storing_a_shape_is_tried_again_and_nothing_was_sent(server: Server, answer: Answer) -> None:
    server.answer = lambda asked: answer
    trouble = undelivered(channel(server.url), Reply("Sure?", YES_NO))
    assert (trouble.outcome, trouble.unknown) == ("retry", False)
    assert MESSAGES not in server.paths()


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [
        (63016, 400, "window_closed"), (21610, 400, "opted_out"), (63013, 400, "give_up"), (21211, 400, "give_up"), (63018, 400, "retry"),
        (20003, 401, "retry"), (20429, 429, "retry"), (63038, 429, "retry"), (99999, 404, "give_up"), (99999, 429, "retry"),
    ],
)  # fmt: skip
def test_refusals_by_the_table(server: Server, code: int, status: int, outcome: str) -> None:
    server.answer = refusing(code, status, only="Body")
    trouble = undelivered(channel(server.url), Reply("Hello"))
    assert (trouble.outcome, trouble.unknown) == (outcome, False)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("header", "wait_s"), [("7", 7.0), ("99999999", 3600.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)]
)
def test_waiting_as_long_as_twilio_says(server: Server, header: str, wait_s: float | None) -> None:
    server.answer = refusing(20429, 429, only="Body", **{"Retry-After": header})
    assert undelivered(channel(server.url), Reply("Hello")).wait_s == wait_s


@pytest.mark.parametrize(
    "answer",
    [Answer(500, {"code": 20500}), Answer(503), Answer(broken=True), Answer(201, b"<html>"), Answer(201, {}), Answer(201, [1])],
)
def test_after_these_nobody_knows(server: Server, answer: Answer) -> None:
    server.answer = lambda asked: answer
    trouble = undelivered(channel(server.url), Reply("Hello"))
    assert (trouble.outcome, trouble.unknown) == ("retry", True)
    assert len(server.asked) == 1  # never sent twice


def test_a_silent_answer_is_unknown(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels._twilio_rest.READ_S", 0.1)
    done = threading.Event()
    server.answer = lambda asked: Answer(201, {"sid": "SM1"}, wait=done)
    assert undelivered(channel(server.url), Reply("Hello")).unknown
    done.set()


def test_nobody_listening_is_known() -> None:
    trouble = undelivered(channel(closed_port()), Reply("Hello"))
    assert (trouble.outcome, trouble.unknown) == ("retry", False)


def test_each_thread_gets_its_own_answer(server: Server) -> None:
    server.answer = lambda asked: Answer(201, {"sid": "SM" + asked.form["Body"]})
    adapter = channel(server.url)
    with ThreadPoolExecutor(24) as pool:
        assert list(pool.map(lambda n: adapter.send(letter(Reply(str(n)))), range(150))) == [f"SM{n}" for n in range(150)]
    adapter.forget()
    assert adapter.send(letter(Reply("9"))) == "SM9"


def test_a_closed_window_takes_the_template_or_nothing(server: Server) -> None:
    with pytest.raises(Undelivered) as caught:
        channel(server.url).send(letter(Reply("Your shirt\nis ready"), window_open=False))
    assert (caught.value.outcome, server.asked) == ("window_closed", [])
    channel(server.url, window_template_sid="HXw").send(letter(Reply("Your shirt\nis ready", YES_NO), window_open=False))
    assert server.asked[0].form["ContentSid"] == "HXw"
    assert json.loads(server.asked[0].form["ContentVariables"]) == {"1": "Your shirt is ready 1. Yes 2. No"}


def test_an_overlong_text_is_cut_rather_than_lost(server: Server) -> None:
    channel(server.url).send(letter(Reply("a" * 2000)))
    assert len(server.asked[0].form["Body"]) == 1600


ASKED = Reply("Sure?", YES_NO)
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)


def listed(sid: str, body: str, seconds: int, direction: str = "outbound-api") -> dict[str, Any]:
    return {"sid": sid, "body": body, "direction": direction, "date_created": format_datetime(NOW + timedelta(seconds=seconds))}


def found(server: Server, messages: list[dict[str, Any]], reply: Reply = ASKED, known: tuple[str, ...] = ()) -> str | None:
    server.answer = lambda asked: Answer(200, {"messages": messages, "next_page_uri": None})
    return channel(server.url).find(Sending(letter(reply), NOW, frozenset(known)))


@pytest.mark.parametrize("body", ["Sure?", "Sure?\n\n1. Yes\n2. No", " Sure?\n"])
def test_a_lost_send_is_found_however_it_went(server: Server, body: str) -> None:
    assert found(server, [listed("SM3", "Other", 9), listed("SM2", body, -4), listed("SM1", body, -60)]) == "SM2"
    assert server.asked[0].query["To"] == "whatsapp:+233241234567"


def test_what_is_not_ours_is_not_found(server: Server) -> None:
    said = Reply("Sure?")
    assert found(server, [listed("SM2", "Sure?", 1), listed("SM1", "Sure?", -9)], said, ("SM2",)) is None
    assert found(server, [listed("SM2", "Sure?", 1, "inbound")], said) is None
    assert found(server, [], said) is None


def test_finding_turns_pages(server: Server) -> None:
    pages = [[listed(f"SM{n}", "x", 90) for n in range(50)], [listed("SM99", "Sure?", 1)]]
    more = "/2010-04-01/Accounts/AC1/Messages.json?Page=1&PageToken=PAx"
    server.answer = lambda asked: Answer(
        200, {"messages": pages[1 if "Page=1" in asked.path else 0], "next_page_uri": None if "Page=1" in asked.path else more}
    )
    assert channel(server.url).find(Sending(letter(Reply("Sure?")), NOW, frozenset())) == "SM99"


@pytest.mark.parametrize(
    "answer",
    [Answer(500), Answer(401, {"code": 20003}), Answer(200, b"<html>"), Answer(200, {"messages": [{}]}), Answer(broken=True)],
)
def test_when_twilio_cannot_say_neither_can_we(server: Server, answer: Answer) -> None:
    server.answer = lambda asked: answer
    with pytest.raises(Undelivered) as caught:
        channel(server.url).find(Sending(letter(Reply("Sure?")), NOW, frozenset()))
    assert (caught.value.outcome, caught.value.unknown) == ("retry", False)
