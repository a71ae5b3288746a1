"""Every file in bot/payments keeps the contract of a payment provider, whatever happens to its requests."""

from __future__ import annotations

import copy
import inspect
import json
import threading
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bot.payments
from bot.messages import Request
from bot.payments import (
    Absent,
    Bookkeeper,
    Charge,
    Forged,
    GiveBack,
    Hint,
    NotAccepted,
    Paid,
    Paper,
    Payer,
    Pending,
    Provider,
    Refunder,
    Transfer,
    Unknown,
    Voucher,
)
from bot.plugins import classes_in
from bot.rules.payment import ROUTES
from bot.settings import Section
from tests.loopback import Answer, Asked, Server, closed_port, serving
from tests.payments.specification import SPECS, Specification

PAYLOADS = Path(__file__).parent / "payloads"
PROVIDERS: dict[str, Any] = classes_in(bot.payments, marked_by="name")
#: Those that are asked over the network, and what their wire looks like when all is well.
WIRES = {name: json.loads((PAYLOADS / name / "wire.json").read_text()) for name in PROVIDERS if (PAYLOADS / name / "wire.json").exists()}
REFERENCE, REFUND = "9f0c2b7e4d3a4c1e8b2a5d6e7f8091a2", "1f0c2b7e4d3a4c1e8b2a5d6e7f8091a2"
NUMBER, BACK = "233241234567", "https://x.example/webhooks/payment/x?k=t"
CHARGE = Charge(REFERENCE, NUMBER, "mtn", 1250, "GHS", "Ama's dress & shirt", BACK)
TRANSFER = Transfer(REFERENCE, NUMBER, "mtn", 1250, "GHS", "Kofi's earnings", "Kofi Mensah", BACK)
GIVE_BACK = GiveBack(REFUND, REFERENCE, "9001", 1250, "GHS", "Ama's dress", BACK)
ASKS: dict[str, tuple[type, Any]] = {"collect": (Provider, CHARGE), "send": (Payer, TRANSFER), "give_back": (Refunder, GIVE_BACK)}
TELLS: dict[str, Any] = {"query": REFERENCE, "sent": REFERENCE, "given_back": GIVE_BACK}


def can(name: str, verb: str) -> bool:
    return hasattr(PROVIDERS[name], verb)


asking = pytest.mark.parametrize(("name", "verb"), [(n, v) for n in WIRES for v in ASKS if can(n, v)])
telling = pytest.mark.parametrize(("name", "verb"), [(n, v) for n in WIRES for v in TELLS if can(n, v)])


def built(name: str, url: str, **more: Any) -> Any:
    given = tomllib.loads((PAYLOADS / name / "settings.toml").read_text())
    return PROVIDERS[name](PROVIDERS[name].Config(api_url=url, **given), **more)


def around(name: str, asked: Asked) -> Answer | None:
    """What the provider says to everything that is not yet a request for money: tokens, recipients, lists."""
    found = [row for row in WIRES[name]["around"] if asked.method == row[0] and asked.path.startswith(row[1])]
    return Answer(found[0][2], copy.deepcopy(found[0][3])) if found and not is_money(name, asked) else None


def is_money(name: str, asked: Asked) -> bool:
    return asked.method == "POST" and urlsplit(asked.path).path in WIRES[name]["money"]


def only_money(name: str, answer: Answer) -> Callable[[Asked], Answer]:
    return lambda a: around(name, a) or answer


def after_token(name: str, answer: Answer) -> Callable[[Asked], Answer]:
    """Gives a token to those who need one, then always answers the same."""
    return lambda a: (around(name, a) or answer) if a.path.endswith("/token/") else answer


def accepted(name: str) -> Answer:
    status, body = WIRES[name]["accepted"]
    return Answer(status, body or b"")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(lambda a: Answer(500)) as found:
        yield found


def requests(name: str, server: Server) -> list[Asked]:
    return [a for a in server.asked if is_money(name, a)]


@pytest.mark.parametrize("name", PROVIDERS)
def test_it_keeps_the_contract(name: str) -> None:
    adapter = PROVIDERS[name]
    assert adapter.name == name
    assert issubclass(adapter.Config, Section)
    assert adapter.Config.model_config["env_prefix"] == name.upper() + "_"
    ready = built(name, "https://x.example")
    for promise in (Provider, Voucher, Payer, Refunder, Bookkeeper, Paper):
        if promise is Provider or isinstance(ready, promise):
            for method, wanted in inspect.getmembers(promise, inspect.isfunction):
                if not method.startswith("_"):
                    assert inspect.signature(getattr(adapter, method)).parameters.keys() == inspect.signature(wanted).parameters.keys()
    assert ready.currency == "GHS"
    assert ready.window_s >= 60
    assert {network for network, route in ROUTES.items() if name in route} <= set(ready.networks)


@pytest.mark.parametrize("name", PROVIDERS)
def test_its_settings_keep_secrets(name: str) -> None:
    given = tomllib.loads((PAYLOADS / name / "settings.toml").read_text())
    shown = repr(built(name, "https://x.example").config)
    assert not [field for field in given if ("key" in field or "secret" in field) and repr(given[field]) in shown]


@asking
def test_accepted(server: Server, name: str, verb: str) -> None:
    server.answer = only_money(name, accepted(name))
    assert getattr(built(name, server.url), verb)(ASKS[verb][1]) == Pending()
    (asked,) = requests(name, server)
    assert WIRES[name]["amount"].encode() in asked.body.replace(b": ", b":")
    assert verb == "give_back" or any(WIRES[name]["number"].encode() in a.body for a in server.asked)
    if (SPECS / f"{name}_openapi.yaml").exists():
        for asked in server.asked:
            Specification(name).check(asked)


@asking
@pytest.mark.parametrize(("status", "ours"), [(400, True), (401, True), (403, True), (429, False)])
def test_definitely_not_created(server: Server, name: str, verb: str, status: int, ours: bool) -> None:
    server.answer = lambda a: around(name, a) or (Answer(status, b"<html>no</html>") if is_money(name, a) else Answer(404, {"status": False}))
    answer = getattr(built(name, server.url), verb)(ASKS[verb][1])
    assert isinstance(answer, NotAccepted)
    assert answer.ours is ours


@asking
@pytest.mark.parametrize(
    "answer", [Answer(s) for s in (200, 201, 204, 302, 404, 408, 418, 500, 502, 503, 504)] + [Answer(200, b"<html>"), Answer(broken=True)]
)
def test_nobody_knows(server: Server, name: str, verb: str, answer: Answer) -> None:
    server.answer = only_money(name, answer)
    assert isinstance(getattr(built(name, server.url), verb)(ASKS[verb][1]), Unknown)
    assert len(requests(name, server)) == 1  # a request for money is never repeated by itself


@asking
def test_created_but_answered_too_late(server: Server, name: str, verb: str) -> None:
    done = threading.Event()
    server.answer = only_money(name, replace(accepted(name), wait=done))
    answer = getattr(built(name, server.url, read_s=0.2), verb)(ASKS[verb][1])
    done.set()
    assert isinstance(answer, Unknown)
    assert len(requests(name, server)) == 1


@asking
def test_nobody_listening(name: str, verb: str) -> None:
    assert isinstance(getattr(built(name, closed_port()), verb)(ASKS[verb][1]), NotAccepted)


@telling
def test_nobody_to_ask(name: str, verb: str) -> None:
    assert isinstance(getattr(built(name, closed_port()), verb)(TELLS[verb]), Unknown)


@asking
def test_words_that_cannot_be_written_are_no_request(server: Server, name: str, verb: str) -> None:
    """Half an emoji reaches nobody as half a request, and no error repeats it."""
    server.answer = only_money(name, accepted(name))
    answer = getattr(built(name, server.url), verb)(replace(ASKS[verb][1], note="Ama \ud83d"))
    assert isinstance(answer, Pending | NotAccepted)


@telling
@pytest.mark.parametrize(
    "answer",
    [*(Answer(s) for s in (202, 204, 302, 400, 401, 403, 429, 500, 503)), Answer(broken=True)]
    + [
        Answer(200, b)
        for b in (b"", b"<html>", b"[]", b"null", b"{}", b'{"status": ["SUCCESS"]}', b"[" * 9000, b'{"status": NaN}', b'{"status": true}')
    ]
    + [Answer(200, b'{"status": true, "data": ' + b + b"}") for b in (b"null", b"7", b'["x"]', b'[{"status": 1}, 2]', b'{"status": 7e400}')],
)
def test_an_answer_that_says_nothing(server: Server, name: str, verb: str, answer: Answer) -> None:
    server.answer = after_token(name, answer)
    assert isinstance(getattr(built(name, server.url), verb)(TELLS[verb]), Unknown)


@telling
def test_a_reference_nobody_knows(server: Server, name: str, verb: str) -> None:
    status, body = WIRES[name]["absent"]
    server.answer = lambda a: (verb == "given_back" and around(name, a)) or after_token(name, Answer(status, body))(a)
    assert getattr(built(name, server.url), verb)(TELLS[verb]) == Absent()


PROVEN = [(n, v) for n, wire in WIRES.items() for v in wire["paid"]]


@pytest.mark.parametrize(("name", "verb"), PROVEN)
def test_paid(server: Server, name: str, verb: str) -> None:
    server.answer = after_token(name, Answer(200, WIRES[name]["paid"][verb]))
    answer = getattr(built(name, server.url), verb)(TELLS[verb])
    assert isinstance(answer, Paid)
    assert (answer.amount, answer.currency) == (1250, "GHS")
    assert answer.provider_id


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["1e3", "-5", "12.505", "", " ", "९", "NaN", "9" * 40]),
)
STRANGE = st.recursive(ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8)


@pytest.mark.parametrize(("name", "verb"), PROVEN)
def test_one_strange_field_is_never_paid(name: str, verb: str) -> None:
    """A proof with one essential field replaced by rubble proves nothing; whatever the rubble is, nothing breaks."""
    with serving(lambda a: Answer(500)) as server:
        provider = built(name, server.url)

        @settings(max_examples=60, deadline=None)
        @given(field=st.sampled_from(WIRES[name]["essential"]), rubble=STRANGE, gone=st.booleans())
        def run(field: str, rubble: Any, gone: bool) -> None:
            body = copy.deepcopy(WIRES[name]["paid"][verb])
            inner = body.get("data", body)
            was = inner.pop(field)
            if not gone:
                inner[field] = rubble
            server.answer = after_token(name, Answer(200, body))
            answer = getattr(provider, verb)(TELLS[verb])
            same = not gone and str(rubble).strip().upper() == str(was).upper()
            told = field in ("amount", "currency") and isinstance(answer, Paid) and (answer.amount, answer.currency) != (1250, "GHS")
            assert same or told or not isinstance(answer, Paid)  # another amount is told as it is: comparing is the caller's

        run()


NAMES = ["status", "data", "amount", "currency", "reference", "id", "domain", "reason", "code", "message", "transaction", "merchant_note"]
KEYS = st.sampled_from(NAMES)
HOSTILE = st.recursive(
    ODD | st.sampled_from(["PENDING", "pending", "failed", REFERENCE, REFUND, "GHS", 1250, True]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=8),
    max_leaves=20,
)


@telling
def test_hostile_answers_never_break_and_never_pay(name: str, verb: str) -> None:
    with serving(lambda a: Answer(500)) as server:
        provider = built(name, server.url)

        @settings(max_examples=60, deadline=None)
        @given(body=HOSTILE, wrapped=st.booleans(), status=st.sampled_from([200, 200, 200, 201, 400, 404, 500]))
        def run(body: Any, wrapped: bool, status: int) -> None:
            said = {"status": True, "data": body} if wrapped else body
            pages = iter([Answer(status, said)])
            server.answer = after_token(name, Answer(200, {"status": True, "data": []}))
            plain = server.answer
            server.answer = lambda a: plain(a) if a.path.endswith("/token/") else next(pages, plain(a))
            assert not isinstance(getattr(provider, verb)(TELLS[verb]), Paid)

        run()


@asking
def test_after_forgetting_it_works_again(server: Server, name: str, verb: str) -> None:
    server.answer = only_money(name, accepted(name))
    provider = built(name, server.url)
    for _ in range(2):
        assert getattr(provider, verb)(ASKS[verb][1]) == Pending()
        provider.forget()


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_nothing_private_is_logged_or_told(server: Server, name: str, status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    mirror = {"status": "weird", "message": f"no wallet {NUMBER} of Ama", "data": {"status": "odd", "gateway_response": f"declined {NUMBER}"}}
    server.answer = after_token(name, Answer(status, mirror))
    provider = built(name, server.url)
    verbs = [(v, ASKS[v][1]) for v in ASKS] + list(TELLS.items())
    told = [repr(getattr(provider, verb)(given)) for verb, given in verbs if can(name, verb)]
    if isinstance(provider, Voucher):
        told.append(repr(provider.voucher(REFERENCE, "483920")))
    said = caplog.text + "".join(told)
    private = (NUMBER, "0241234567", "subscription", "Bearer", "sk_test", "key'", "Ama", "483920", "secret")
    assert not [word for word in private if word in said]


@pytest.mark.parametrize("name", PROVIDERS)
@given(
    body=st.binary(max_size=60),
    ref=st.text(max_size=34),
    headers=st.dictionaries(st.sampled_from(["x-signature", "x-timestamp", "x-paystack-signature"]), st.text(max_size=70)),
)
def test_strange_callbacks_are_hints_or_forged(name: str, body: bytes, ref: str, headers: dict[str, str]) -> None:
    path = f"/webhooks/payment/{name}?ref={quote(ref, errors='replace')}&k=t"
    try:
        hint = built(name, "https://x.example").callback(Request("POST", path, headers, body))
    except Forged:
        return
    assert isinstance(hint, Hint)
    assert hint.reference == "" or len(hint.reference) == 32
