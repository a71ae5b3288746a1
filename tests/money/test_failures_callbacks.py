"""What is reported to us: too early, fifty times at once, by somebody else, or with a signature that does not fit."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from bot import jobs
from models.payment import Payment
from sandbox.signing import paystack_signature, vodafone_signature
from tests.money.bank import Bank
from tests.money.test_failures_collecting import is_paid_once, prompt, ways

COPIES, WORKERS = 50, 6


def genuine(bank: Bank, provider: str, reference: str) -> tuple[bytes, dict[str, str]]:
    """A callback as the provider would send it: the body and its headers."""
    ask, config = bank.world.ask(reference), bank.world.config
    assert ask is not None
    if provider == "paystack":
        data = {"reference": reference, "status": "success", "amount": ask.amount, "currency": "GHS", "domain": "test"}
        body = json.dumps({"event": "charge.success", "data": data}).encode()
        return body, {"x-paystack-signature": paystack_signature(config.paystack_key, body)}
    body = json.dumps({"reference": reference, "status": "SUCCESS", "amount": "83.25", "currency": "GHS", "reason": None}).encode()
    stamp = str(int(bank.now.timestamp()))
    return body, {"X-Timestamp": stamp, "X-Signature": vodafone_signature(config.vodafone_secret, stamp, body)}


def report(bank: Bank, provider: str, body: bytes, headers: dict[str, str], query: str = "") -> int:
    answer = bank.web.post(f"/webhooks/payment/{provider}{query}", data=body, headers=headers, content_type="application/json")
    bank.doors.replies.append((answer.status_code, answer.data))
    return int(answer.status_code)


@ways()
def test_f05_the_callback_is_quicker_than_the_answer(bank: Bank, provider: str) -> None:
    bank.fault(f"{provider}.callback_before_answer", 1)
    prompt(bank, provider)
    assert bank.world.moved("collected", provider) == 83_25  # before they had answered us
    assert {status for status, _ in bank.doors.replies} == {200}
    bank.seconds(15)
    is_paid_once(bank, provider)


def test_f05_the_callback_is_quicker_than_our_commit(bank: Bank) -> None:
    """It names a payment nobody has written down yet: taken in without a 404, and matched when the provider is asked."""
    bank.order()
    reference = "5e0c2b7e4d3a4c1e8b2a5d6e7f8091a2"
    body = json.dumps({"externalId": reference, "status": "SUCCESSFUL", "amount": "83.25", "currency": "GHS"}).encode()
    assert report(bank, "mtn", body, {}, f"?ref={reference}&k=early") == 200
    assert not bank.books()
    bank.routes("mtn", "mtn")
    bank.fault("mtn.callback_lost")
    bank.approves(bank.is_prompted())
    bank.seconds(15)
    is_paid_once(bank, "mtn")


@ways()
def test_f06_the_same_callback_fifty_times_at_once(bank: Bank, provider: str) -> None:
    """With several workers awake, each of which asks and books what it hears."""
    ask = prompt(bank, provider)
    bank.fault(f"{provider}.callback_repeated", {"times": 1, "value": COPIES})
    assert bank.world.approve(ask) == "Approved."
    awake = [threading.Thread(target=work, args=(bank,)) for _ in range(WORKERS)]
    for one in awake:
        one.start()
    bank.world.rest()
    for one in awake:
        one.join()
    bank.settle()
    assert [status for status, _ in bank.doors.replies] == [200] * COPIES
    is_paid_once(bank, provider)


def work(bank: Bank) -> None:
    for _ in range(8):
        with bank.parts.database.begin() as db:  # all of them find it due, as with fifty hints in a row
            for payment in db.query(Payment):
                payment.hint(bank.parts.clock.now())
        jobs.carry_money()
        jobs.carry_events()


@ways()
def test_f07_a_forged_callback_says_successful(bank: Bank, provider: str) -> None:
    """MTN signs nothing: it is asked, and says pending. The others are refused at the door."""
    bank.fault(f"{provider}.callback_forged", 1)
    ask = prompt(bank, provider)
    assert [status for status, _ in bank.doors.replies] == [200 if provider == "mtn" else 403]
    assert bank.payments()[0].state == "pending"
    assert not bank.books() and bank.the_order().state == "PENDING_DEPOSIT"
    assert "received" not in bank.was_told("ama")
    bank.approves(ask)
    bank.seconds(15)
    is_paid_once(bank, provider)


def spoilt(how: str, body: bytes, headers: dict[str, str], bank: Bank) -> tuple[bytes, dict[str, str]]:
    signed = next(name for name in headers if name.lower().endswith("signature"))
    if how == "written anew":
        return json.dumps(json.loads(body), separators=(",", ":")).encode(), headers
    if how == "another amount":
        return body.replace(b"83.25", b"03.25").replace(b"8325", b"325"), headers
    if how == "another key":
        key, stamp = "somebody-else", headers.get("X-Timestamp", "")
        return body, headers | {signed: vodafone_signature(key, stamp, body) if stamp else paystack_signature(key, body)}
    if how == "cut short":
        return body, headers | {signed: headers[signed][:-1]}
    if how == "not signed":
        return body, {name: value for name, value in headers.items() if name != signed}
    assert how == "an hour ago", how
    stamp = str(int(bank.now.timestamp()) - 3600)
    return body, {"X-Timestamp": stamp, "X-Signature": vodafone_signature(bank.world.config.vodafone_secret, stamp, body)}


HOW = ("written anew", "another amount", "another key", "cut short", "not signed")


@pytest.mark.parametrize(("provider", "how"), [*[(p, h) for p in ("paystack", "vodafone") for h in HOW], ("vodafone", "an hour ago")])
def test_f08_a_signature_that_does_not_fit(bank: Bank, provider: str, how: str) -> None:
    """Refused, and nothing of it is believed: not even that it is time to ask."""
    prompt(bank, provider)
    (payment,) = bank.payments()
    body, headers = genuine(bank, provider, payment.reference)
    asked, due = len(bank.world.asked), payment.next_at
    assert report(bank, provider, *spoilt(how, body, headers, bank)) in (401, 403)
    bank.settle()
    assert (len(bank.world.asked), bank.payments()[0].next_at) == (asked, due)
    assert not bank.books()
    assert report(bank, provider, body, headers) == 200  # as it was sent it is a reason to ask
    bank.settle()
    assert len(bank.world.asked) > asked and bank.payments()[0].state == "pending" and not bank.books()
    bank.books_equal_truth()


def test_f08_an_unsigned_callback_for_another_payment(bank: Bank) -> None:
    """The unguessable word in MTN's address must fit the payment it names."""
    prompt(bank, "mtn")
    (payment,) = bank.payments()
    asked: Any = len(bank.world.asked)
    assert report(bank, "mtn", b"{}", {}, f"?ref={payment.reference}&k=guessed") == 200
    bank.settle()
    assert len(bank.world.asked) == asked
