"""Paystack sending and giving back, on the wire: nothing twice, whatever the answers; names, balance and the statement of a day."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.payments import Absent, GiveBack, Line, Needs, NotAccepted, Paid, Pending, Refused, Reversed, Silent, Transfer, Unknown
from bot.payments.paystack import Paystack, PaystackConfig
from tests.loopback import Answer, Asked, Server, closed_port, serving
from tests.payments.specification import Specification

VECTORS = json.loads((Path(__file__).parents[1] / "payloads" / "paystack" / "vectors.json").read_text())
SPEC = Specification("paystack")
PAID, REFERENCE, OTHER = "9f0c2b7e4d3a4c1e8b2a5d6e7f8091a2", "0a1b2c3d4e5f4a1b8c2d3e4f5a6b7c8d", "1f1b2c3d4e5f4a1b8c2d3e4f5a6b7c8d"
TRANSFER = Transfer(REFERENCE, "233551234987", "mtn", 45_000, "GHS", "Kofi's week", "Kofi Mensah", "")
REFUND = GiveBack(REFERENCE, PAID, "9001", 1250, "GHS", "Ama's dress", "")
SENT = {
    "id": 14, "domain": "test", "status": "success", "reference": REFERENCE, "amount": 45_000, "currency": "GHS", "transfer_code": "TRF_1",
    "fee_charged": 100, "createdAt": "2026-01-05T10:00:00.000Z", "updatedAt": "2026-01-05T10:01:00.000Z", "transferred_at": None,
    "recipient": {"details": {"account_number": "0551234987"}},
}  # fmt: skip
BACK = {
    "id": 77, "transaction": 9001, "transaction_reference": PAID, "amount": 1250, "currency": "GHS", "status": "pending",
    "merchant_note": f"Ama's dress {REFERENCE}", "createdAt": "2026-01-05T10:00:00.000Z", "refunded_at": None,
}  # fmt: skip
NOT_FOUND = Answer(404, {"status": False, "message": "Transfer not found", "code": "transfer_not_found"})


def said(data: Any) -> Answer:
    return Answer(200, {"status": True, "message": "well", "data": data})


class House:
    """Paystack's side: transfers and refunds it knows, and what it does with the next request to make one."""

    def __init__(self) -> None:
        self.transfers: list[dict[str, Any]] = []
        self.refunds: list[dict[str, Any]] = []
        self.page = 100
        self.take: Callable[[Asked], Answer] = self.accept
        self.more: dict[str, Answer] = {}

    def __call__(self, asked: Asked) -> Answer:
        path = asked.path.partition("?")[0]
        if found := self.more.get(f"{asked.method} {path}"):
            return found
        if asked.method == "POST" and path in ("/transfer", "/refund"):
            return self.take(asked)
        if asked.method == "POST":
            return Answer(201, {"status": True, "data": {"recipient_code": "RCP_1"}})
        if path.startswith("/transfer/verify/"):
            return next((said(t) for t in self.transfers if path.endswith(t["reference"])), NOT_FOUND)
        if path.startswith("/transaction/verify/"):
            return said({"id": 9001, "domain": "test", "status": "success", "created_at": "2026-01-05T09:59:00.000Z"})
        first = (int(asked.query["page"]) - 1) * self.page
        return said(self.refunds[first : first + self.page])

    def accept(self, asked: Asked) -> Answer:
        body = json.loads(asked.body)
        if "recipient" in body:
            self.transfers.append({**SENT, "status": "pending"})
        else:
            self.refunds.insert(0, {**BACK, "merchant_note": body["merchant_note"], "amount": body["amount"]})
        return said({"status": "pending"})

    def accept_without_a_word(self, asked: Asked) -> Answer:
        self.accept(asked)
        return Answer(broken=True)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def server(house: House) -> Iterator[Server]:
    """Whatever a test asked for, the specification knows it."""
    with serving(house) as found:
        yield found
    for asked in found.asked:
        SPEC.check(asked)


@pytest.fixture
def now() -> list[float]:
    return [1000.0]


@pytest.fixture
def paystack(server: Server, now: list[float]) -> Paystack:
    config = PaystackConfig(secret_key=VECTORS["webhook_secret_for_vectors"], api_url=server.url)
    return Paystack(config, monotonic=lambda: now[0])


def posted(server: Server, path: str) -> list[dict[str, Any]]:
    return [json.loads(a.body) for a in server.asked if (a.method, a.path) == ("POST", path)]


# -- transfers


def test_a_transfer(server: Server, paystack: Paystack) -> None:
    assert paystack.send(TRANSFER) == Pending()
    assert server.paths() == [f"GET /transfer/verify/{REFERENCE}", "POST /transferrecipient", "POST /transfer"]
    assert posted(server, "/transferrecipient") == [
        {"type": "mobile_money", "name": "Kofi Mensah", "account_number": "0551234987", "bank_code": "MTN", "currency": "GHS"}
    ]
    assert posted(server, "/transfer") == [
        {"source": "balance", "amount": 45_000, "currency": "GHS", "recipient": "RCP_1", "reference": REFERENCE, "reason": "Kofi's week"}
    ]


def test_the_same_transfer_again_is_not_sent_again(server: Server, house: House, paystack: Paystack) -> None:
    house.take = house.accept_without_a_word
    assert isinstance(paystack.send(TRANSFER), Unknown)
    assert paystack.sent(REFERENCE) == paystack.send(TRANSFER) == Pending()
    house.transfers = [SENT]
    assert paystack.send(TRANSFER) == Paid(REFERENCE, 45_000, "GHS", "TRF_1")
    assert len(posted(server, "/transfer")) == 1


STATES: dict[str, Any] = {
    "succeeded": Paid(REFERENCE, 45_000, "GHS", "TRF_1"),
    "reversed": Reversed("TRF_1"),
    "pending": Pending(),
    "needs_review": Needs("attention"),
}


@pytest.mark.parametrize("status", VECTORS["transfer_status"])
def test_statuses(house: House, paystack: Paystack, status: str) -> None:
    house.transfers = [{**SENT, "status": status}]
    wanted = STATES.get(VECTORS["transfer_status"][status], Refused)
    answer = paystack.sent(REFERENCE)
    assert isinstance(answer, Refused) if wanted is Refused else answer == wanted
    submitted = paystack.send(TRANSFER)
    assert isinstance(submitted, Unknown) if isinstance(wanted, Reversed) else submitted == answer


def test_a_transfer_that_waits_for_a_code_is_said_aloud(house: House, paystack: Paystack, caplog: pytest.LogCaptureFixture) -> None:
    house.take = lambda a: said({"status": "otp", "transfer_code": "TRF_1"})
    assert paystack.send(TRANSFER) == Needs("attention")
    assert "waits for a code" in caplog.text


def test_success_at_once_is_looked_up_before_it_is_believed(house: House, paystack: Paystack) -> None:
    house.take = lambda a: said(SENT)
    assert isinstance(paystack.send(TRANSFER), Unknown)  # it says so, and then knows nothing of it
    house.take = lambda a: (house.transfers.append(SENT), said(SENT))[1]
    assert paystack.send(TRANSFER) == Paid(REFERENCE, 45_000, "GHS", "TRF_1")


@pytest.mark.parametrize("wrong", [{"reference": OTHER}, {"reference": None}, {"domain": "live"}, {"amount": 450.0}, {"currency": None}])
def test_sent_but_not_clearly_this_is_unknown(house: House, paystack: Paystack, wrong: dict[str, Any]) -> None:
    house.more = {f"GET /transfer/verify/{REFERENCE}": said({**SENT, **wrong})}
    assert isinstance(paystack.sent(REFERENCE), Unknown)


@pytest.mark.parametrize("body", [{"code": "insufficient_balance"}, {"message": "Your balance is not enough to fulfil this request"}])
def test_an_empty_float(house: House, paystack: Paystack, body: dict[str, str]) -> None:
    house.take = lambda a: Answer(400, {"status": False, **body})
    assert paystack.send(TRANSFER) == Refused("float_empty", "insufficient_balance")


def test_a_refusal_in_words_nobody_wrote_down_is_looked_up(house: House, paystack: Paystack) -> None:
    """How a repeated reference is refused is not documented: if the transfer is there, it is there."""
    house.take = lambda a: (house.transfers.append({**SENT, "status": "pending"}), Answer(400, {"status": False, "message": "reference was used"}))[1]
    assert paystack.send(TRANSFER) == Pending()
    house.transfers.clear()
    house.take = lambda a: Answer(400, {"status": False, "message": "You cannot initiate third party payouts at this time"})
    assert paystack.send(TRANSFER) == NotAccepted("HTTP 400", ours=True)
    house.take = lambda a: Answer(400, {"status": False, "code": "duplicate_reference"})
    assert isinstance(paystack.send(TRANSFER), Unknown)


@pytest.mark.parametrize(("status", "ours"), [(400, True), (401, True), (422, False), (500, False), (200, False)])
def test_without_a_recipient_nothing_is_sent(server: Server, house: House, paystack: Paystack, status: int, ours: bool) -> None:
    house.more = {"POST /transferrecipient": Answer(status, {"status": False})}
    answer = paystack.send(TRANSFER)
    assert isinstance(answer, NotAccepted)
    assert answer.ours is ours
    assert not posted(server, "/transfer")


@pytest.mark.parametrize("answer", [Answer(500), Answer(404, b"<html>"), Answer(200, b""), Answer(broken=True)])
def test_nothing_is_sent_while_it_is_unclear_what_was(server: Server, house: House, paystack: Paystack, answer: Answer) -> None:
    house.more = {f"GET /transfer/verify/{REFERENCE}": answer}
    assert isinstance(paystack.send(TRANSFER), Unknown)
    assert not posted(server, "/transfer")


# -- refunds


def test_a_refund_carries_our_reference_in_its_note(server: Server, paystack: Paystack) -> None:
    assert paystack.give_back(REFUND) == Pending()
    (body,) = posted(server, "/refund")
    assert body == {
        "transaction": PAID,
        "amount": 1250,
        "currency": "GHS",
        "customer_note": "Ama's dress",
        "merchant_note": f"Ama's dress {REFERENCE}",
    }
    lists = [a.query for a in server.asked if a.path.startswith("/refund?")]
    assert lists[0] == {"page": "1", "perPage": "100", "from": "2026-01-04T09:59:00.000Z"}


def test_the_same_refund_again_is_not_given_again(server: Server, paystack: Paystack) -> None:
    assert paystack.give_back(REFUND) == paystack.give_back(REFUND) == paystack.given_back(REFUND) == Pending()
    assert len(posted(server, "/refund")) == 1


def test_a_lost_answer_is_found_in_the_list(server: Server, house: House, paystack: Paystack) -> None:
    house.take = house.accept_without_a_word
    assert paystack.give_back(REFUND) == Pending()
    assert len(posted(server, "/refund")) == 1


def test_a_lost_request_is_not_repeated_while_it_may_arrive(server: Server, house: House, paystack: Paystack, now: list[float]) -> None:
    house.take = lambda a: Answer(broken=True)
    for _ in range(2):
        assert isinstance(paystack.give_back(REFUND), Unknown)
        assert isinstance(paystack.given_back(REFUND), Unknown)
    assert len(posted(server, "/refund")) == 1
    now[0] += 601
    assert paystack.given_back(REFUND) == Absent()
    house.take = house.accept
    assert paystack.give_back(REFUND) == Pending()
    assert len(posted(server, "/refund")) == 2


@pytest.mark.parametrize("status", VECTORS["refund_status"])
def test_refund_statuses(house: House, paystack: Paystack, status: str) -> None:
    house.refunds = [{**BACK, "status": status}]
    wanted = {
        "pending": Pending(),
        "succeeded": Paid(REFERENCE, 1250, "GHS", "77"),
        "failed": Refused("unclear", "failed"),
        "needs_attention": Needs("attention"),
    }
    assert paystack.given_back(REFUND) == paystack.give_back(REFUND) == wanted[VECTORS["refund_status"][status]]


def test_an_amount_in_letters(house: House, paystack: Paystack) -> None:
    house.refunds = [{**BACK, "status": "processed", "amount": "1250"}]
    assert paystack.given_back(REFUND) == Paid(REFERENCE, 1250, "GHS", "77")


@pytest.mark.parametrize("about", [{"transaction": {"id": 9001, "reference": PAID}}, {"transaction_reference": None}, {"transaction": 5}])
def test_the_list_may_name_the_payment_in_several_ways(house: House, paystack: Paystack, about: dict[str, Any]) -> None:
    house.refunds = [{**BACK, **about}]
    assert paystack.given_back(REFUND) == Pending()


def test_ours_is_found_on_a_later_page(house: House, paystack: Paystack) -> None:
    house.page = 2
    house.refunds = [{**BACK, "transaction": n, "transaction_reference": OTHER, "merchant_note": ""} for n in range(5)] + [BACK]
    assert paystack.given_back(REFUND) == Pending()


@pytest.mark.parametrize("theirs", [{"status": "processing"}, {"status": "needs-attention", "amount": 5}])
def test_one_open_refund_of_a_payment_at_a_time(server: Server, house: House, paystack: Paystack, theirs: dict[str, Any]) -> None:
    house.refunds = [{**BACK, "merchant_note": f"Ama's dress {OTHER}", **theirs}]
    assert paystack.give_back(REFUND) == NotAccepted("another refund of this payment is open")
    assert paystack.given_back(REFUND) == Absent()
    house.refunds[0]["status"] = "processed"
    assert paystack.give_back(REFUND) == Pending()
    assert len(posted(server, "/refund")) == 1


def test_what_somebody_gave_back_by_hand_is_not_given_twice(server: Server, house: House, paystack: Paystack) -> None:
    house.refunds = [{**BACK, "status": "processed", "merchant_note": "Refund by accounts@sew4mi.example"}]
    assert isinstance(paystack.give_back(REFUND), Unknown)
    house.refunds[0]["amount"] = 1
    assert paystack.give_back(REFUND) == Pending()
    assert len(posted(server, "/refund")) == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"GET /refund": Answer(500)},
        {"GET /refund": said({})},
        {"GET /refund": said([1])},
        {"GET /refund": Answer(200, {"status": False, "data": []})},
        {f"GET /transaction/verify/{PAID}": Answer(500)},
        {"GET /refund": said([{**BACK, "merchant_note": "", "transaction_reference": OTHER, "transaction": 1}])},
    ],
    ids=range(6),
)
def test_half_a_list_proves_nothing(server: Server, house: House, paystack: Paystack, broken: dict[str, Answer]) -> None:
    """The last one never ends."""
    house.more = broken
    assert isinstance(paystack.given_back(REFUND), Unknown)
    assert isinstance(paystack.give_back(REFUND), Unknown)
    assert not posted(server, "/refund")


def test_processed_at_once_is_looked_up_before_it_is_believed(house: House, paystack: Paystack) -> None:
    house.take = lambda a: said({**BACK, "status": "processed"})
    assert isinstance(paystack.give_back(REFUND), Unknown)
    house.refunds = []
    house.take = lambda a: (house.refunds.append({**BACK, "status": "processed"}), said({"status": "processed"}))[1]
    assert paystack.give_back(GiveBack(OTHER, PAID, "9001", 5, "GHS", "", "")) == Unknown("given back, but not in the list")


# -- names, balance, statement


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (said({"account_number": "0551234987", "account_name": "KOFI MENSAH", "bank_id": 1}), "KOFI MENSAH"),
        (said({}), None),
        (Answer(422, {"status": False, "message": "Could not resolve account name. Check parameters or try again."}), ""),
        (Answer(404, {"status": False, "message": "Entity not found"}), ""),
        (Answer(404, b"<html>"), None),
        (Answer(422, {"status": False, "message": "Could not resolve account name", "code": "invalid_bank_code"}), None),
        (Answer(401, {"status": False, "message": "Invalid key"}), None),
        (Answer(500), None),
    ],
)
def test_names(server: Server, house: House, paystack: Paystack, answer: Answer, name: str | None) -> None:
    house.more = {"GET /bank/resolve": answer}
    assert paystack.holder("233201234567", "telecel") == name
    assert server.asked[0].query == {"account_number": "0201234567", "bank_code": "VOD"}
    assert paystack.holder("233281234567", "expresso") is None


@pytest.mark.parametrize(
    ("answer", "pesewas"),
    [
        (said([{"currency": "NGN", "balance": 1}, {"currency": "GHS", "balance": 125_000}]), 125_000),
        (said([{"currency": "GHS", "balance": 1250.5}]), None),
        (said([{"currency": "GHS", "balance": -5}]), None),
        (said([{"currency": "NGN", "balance": 1}]), None),
        (said([{"currency": "GHS", "balance": 1}, {"currency": "GHS", "balance": 2}]), None),
        (said({"currency": "GHS", "balance": 1}), None),
        (Answer(500), None),
    ],
)
def test_the_balance(house: House, paystack: Paystack, answer: Answer, pesewas: int | None) -> None:
    house.more = {"GET /balance": answer}
    assert paystack.balance() == pesewas


PAYMENT = {
    "id": 9001, "status": "success", "reference": PAID, "amount": 1250, "currency": "GHS", "fees": 24,
    "created_at": "2026-01-04T23:58:00.000Z", "paid_at": "2026-01-05T00:01:00.000Z",
}  # fmt: skip


def at(hour: int, minute: int) -> datetime:
    return datetime(2026, 1, 5, hour, minute, tzinfo=UTC)


def books(rows: dict[str, list[dict[str, Any]]]) -> Callable[[Asked], Answer]:
    """Lists with one row to a page; GET /transfer gives one status."""

    def answer(asked: Asked) -> Answer:
        found = rows.get(asked.path.partition("?")[0], [])
        found = [row for row in found if asked.query.get("status", row["status"]) == row["status"]]
        page = int(asked.query["page"])
        return said(found[page - 1 : page])

    return answer


def test_a_day(server: Server, paystack: Paystack) -> None:
    server.answer = books({
        "/transaction": [PAYMENT, {**PAYMENT, "id": 9002, "status": "reversed", "fees": None}, {**PAYMENT, "id": 9003, "status": "failed"}],
        "/transfer": [
            SENT, {**SENT, "status": "pending"}, {**SENT, "transfer_code": "TRF_2", "status": "reversed", "updatedAt": "2026-01-07T10:00:00Z"},
        ],
        "/refund": [{**BACK, "status": "processed", "refunded_at": "2026-01-05T12:00:00Z"}, BACK],
    })  # fmt: skip
    assert list(paystack.statement(date(2026, 1, 5))) == [
        Line("collected", "9001", PAID, 1250, "GHS", 24, at(0, 1)),
        Line("collected", "9002", PAID, 1250, "GHS", 0, at(0, 1)),
        Line("sent", "TRF_1", REFERENCE, 45_000, "GHS", 100, at(10, 1), "233551234987"),
        Line("sent", "TRF_2", REFERENCE, 45_000, "GHS", 100, at(10, 0), "233551234987"),
        Line("given_back", "77", REFERENCE, 1250, "GHS", 0, at(12, 0)),
    ]
    (back,) = paystack.statement(date(2026, 1, 7))
    assert (back.kind, back.provider_id, back.fee) == ("reversed", "TRF_2", 0)
    assert not list(paystack.statement(date(2026, 1, 4)))


def test_a_day_is_asked_for_early_enough(server: Server, paystack: Paystack) -> None:
    server.answer = books({})
    assert not list(paystack.statement(date(2026, 3, 1)))
    asked = [(a.path.partition("?")[0], a.query["from"], a.query["to"], a.query.get("status")) for a in server.asked]
    end = "2026-03-02T00:00:00.000Z"
    assert asked == [
        ("/transaction", "2026-02-27T00:00:00.000Z", end, None),
        ("/transfer", "2026-02-19T00:00:00.000Z", end, "success"),
        ("/transfer", "2026-02-19T00:00:00.000Z", end, "reversed"),
        ("/refund", "2026-01-30T00:00:00.000Z", end, None),
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 12.5}, {"amount": 0}, {"amount": "x"}, {"fees": "much"}, {"currency": None}, {"id": None}, {"paid_at": "soon", "created_at": 5}],
)
def test_a_line_that_cannot_be_read_spoils_the_day(server: Server, paystack: Paystack, wrong: dict[str, Any]) -> None:
    server.answer = books({"/transaction": [{**PAYMENT, **wrong}]})
    with pytest.raises(Silent):
        paystack.statement(date(2026, 1, 5))


@pytest.mark.parametrize("answer", [Answer(500), Answer(401), Answer(200, b"<html>"), said(None), said([None]), Answer(broken=True)])
def test_no_statement(server: Server, paystack: Paystack, answer: Answer) -> None:
    server.answer = lambda a: answer
    with pytest.raises(Silent):
        paystack.statement(date(2026, 1, 5))


def test_no_statement_from_a_closed_door() -> None:
    closed = Paystack(PaystackConfig(secret_key="sk_test_x", api_url=closed_port()))
    with pytest.raises(Silent, match=re.escape("ConnectError")):
        closed.statement(date(2026, 1, 5))
