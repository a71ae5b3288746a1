"""Everything the real adapters ask, in a story that needs all of it, is what the providers specify."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.payments import Charge, GiveBack, Needs, Paid, Pending, Refused, Transfer
from models.base import Base
from tests.loopback import Asked
from tests.money.bank import Bank
from tests.money.protocol import as_specified
from tests.money.scan import leaks

MTN, TELECEL, BACK = "233241234567", "233201234567", "https://bot.example/webhooks/payment/x?ref=r&k=k"
#: What must have been asked, with references as "*".
EVERYTHING = {
    "mtn": {
        "POST /mtn/collection/token/", "POST /mtn/collection/v1_0/requesttopay", "GET /mtn/collection/v1_0/requesttopay/*",
        "POST /mtn/disbursement/token/", "POST /mtn/disbursement/v1_0/transfer", "GET /mtn/disbursement/v1_0/transfer/*",
        "POST /mtn/disbursement/v2_0/refund", "GET /mtn/disbursement/v1_0/refund/*",
        "GET /mtn/disbursement/v1_0/accountholder/msisdn/*/basicuserinfo", "GET /mtn/disbursement/v1_0/account/balance",
    },
    "paystack": {
        "POST /paystack/charge", "POST /paystack/charge/submit_otp", "GET /paystack/transaction/verify/*", "GET /paystack/transaction",
        "POST /paystack/transferrecipient", "POST /paystack/transfer", "GET /paystack/transfer/verify/*", "GET /paystack/transfer",
        "POST /paystack/refund", "GET /paystack/refund", "GET /paystack/bank/resolve", "GET /paystack/balance",
    },
}  # fmt: skip


def shape(asked: Asked) -> str:
    path = re.sub(r"(?<=/)([0-9a-f-]{32,36}|233\d{9})(?=/|$)", "*", asked.path.partition("?")[0])
    return f"{asked.method} {path}"


def charged(bank: Bank, provider: Any, msisdn: str, network: str) -> Paid:
    charge = Charge(uuid.uuid4().hex, msisdn, network, 12_50, "GHS", "Sew4Mi order SW-2611-AAAAA, deposit", BACK)
    said = provider.collect(charge)
    if isinstance(said, Needs):
        assert provider.voucher(charge.reference, bank.world.voucher(msisdn)) == Pending()
    bank.world.rest()
    ask = bank.world.ask(charge.reference)
    assert ask is not None and bank.world.approve(ask) == "Approved."
    found = provider.query(charge.reference)
    assert isinstance(found, Paid)
    return found


@pytest.mark.parametrize(("name", "msisdn", "network"), [("mtn", MTN, "mtn"), ("paystack", TELECEL, "telecel")])
def test_all_that_is_asked_is_specified(bank: Bank, name: str, msisdn: str, network: str) -> None:
    provider: Any = bank.parts.providers[name]
    paid = charged(bank, provider, msisdn, network)
    back = GiveBack(uuid.uuid4().hex, paid.reference, paid.provider_id, 5_00, "GHS", "Sew4Mi refund order SW-2611-AAAAA", BACK)
    out = Transfer(uuid.uuid4().hex, msisdn, network, 7_00, "GHS", "Sew4Mi payout", "Ama Mensah", BACK)
    for ask, look, what in ((provider.give_back, provider.given_back, back), (provider.send, lambda t: provider.sent(t.reference), out)):
        assert ask(what) == Pending()
        bank.world.rest()
        assert isinstance(look(what), Paid)
    assert provider.holder(msisdn, network) and provider.balance() is not None
    if name == "paystack":
        assert {line.kind for line in provider.statement(bank.now.date())} == {"collected", "sent", "given_back"}
    asked = [one for one in bank.world.asked if one.path.startswith(f"/{name}")]
    assert {shape(one) for one in asked} == EVERYTHING[name]
    assert all(as_specified(one) for one in asked)


def test_a_refusal_is_read_whatever_was_asked(bank: Bank) -> None:
    """The stand-in answers in the provider's words, the adapter in ours."""
    bank.fault("mtn.fail", {"value": "declined"})
    mtn: Any = bank.parts.providers["mtn"]
    charge = Charge(uuid.uuid4().hex, MTN, "mtn", 12_50, "GHS", "", BACK)
    assert mtn.collect(charge) == Pending()
    bank.world.rest()
    assert mtn.query(charge.reference) == Refused("declined", "APPROVAL_REJECTED")


WRONG: dict[str, Callable[[Asked], Asked]] = {
    "an amount as a float": lambda a: replace(a, body=a.body.replace(b'"12.50"', b"12.5")),
    "no environment": lambda a: replace(a, headers={k: v for k, v in a.headers.items() if k != "x-target-environment"}),
    "a reference that is no UUID": lambda a: replace(a, headers=a.headers | {"x-reference-id": "7"}),
    "another address": lambda a: replace(a, path=a.path.replace("requesttopay", "requestToPay")),
}


@pytest.mark.parametrize("how", WRONG)
def test_a_wrong_request_would_be_seen(bank: Bank, how: str) -> None:
    charged(bank, bank.parts.providers["mtn"], MTN, "mtn")
    (asked,) = [one for one in bank.world.asked if shape(one) == "POST /mtn/collection/v1_0/requesttopay"]
    assert as_specified(asked)
    wrong = WRONG[how](asked)
    assert wrong != asked
    with pytest.raises(Exception):  # noqa: B017 - whatever the validator calls it
        as_specified(wrong)


@pytest.mark.parametrize("said", ["to +233241234567", "to 024 123 4567", f"key sk_test_{'p' * 24}.", "PIN 4711", "the voucher 123456 was"])
def test_a_leak_would_be_seen(bank: Bank, said: str) -> None:
    assert leaks([("log", said)], [bank.world.config.paystack_key, "123456"])
    assert not leaks([("log", "to +23324***4567, reference 14711x, SW-2611-7K3QX")], [bank.world.config.paystack_key, "123456"])


def test_a_voucher_is_typed_once_and_kept_nowhere(bank: Bank) -> None:
    """Telecel's customers make one with *110# and type it in the chat: it goes to Paystack, and stands in no table afterwards."""
    bank.routes("telecel", "paystack")
    bank.order()
    assert bank.is_prompted("ama", "020 123 4567", "Telecel Cash") is None
    digits = bank.world.voucher(TELECEL)
    bank.talks("ama", digits)
    assert [a.path for a in bank.world.asked if digits.encode() in a.body] == ["/paystack/charge/submit_otp"]
    with bank.parts.database.begin() as db:
        for table in Base.metadata.tables.values():
            kept = db.scalars(text(f"SELECT t::text FROM {table.name} t"))
            assert not [row for row in kept if re.search(rf"\b{digits}\b", row)], table.name
    redis = bank.parts.redis.connection
    assert not [key for key in redis.scan_iter("position:*") if digits.encode() in redis.get(key)]
    bank.approves(bank.world.prompts(TELECEL)[-1])
    assert bank.the_order().state == "DEPOSIT_PAID"
    bank.books_equal_truth()


def test_every_failure_has_its_story() -> None:
    """F01 to F30, each under its own name."""
    stories = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_failures_*.py"))
    told = {int(number) for number in re.findall(r"def test_f(\d\d)_", stories)}
    assert told == set(range(1, 31))
