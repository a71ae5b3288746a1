"""Cash: no provider ever says that it moved, and nobody can call in its name."""

from __future__ import annotations

import pytest

from bot.messages import Request
from bot.payments import Charge, Forged, NotAccepted, Payer, Pending, Refunder
from bot.payments.cash import Cash, CashConfig

REFERENCE = "9f0c2b7e4d3a4c1e8b2a5d6e7f8091a2"
CHARGE = Charge(REFERENCE, "233241234567", "cash", 1250, "GHS", "Ama's dress", "https://x.example/webhooks/payment/cash")


def test_it_only_ever_waits() -> None:
    cash = Cash(CashConfig())
    assert (cash.networks, cash.currency) == (("cash",), "GHS")
    assert cash.collect(CHARGE) == cash.query(REFERENCE) == Pending()
    cash.forget()
    assert cash.query(REFERENCE) == Pending()


def test_where_cash_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASH_ALLOWED", "false")
    cash = Cash(CashConfig())
    assert cash.networks == ()
    assert isinstance(cash.collect(CHARGE), NotAccepted)
    assert cash.query(REFERENCE) == Pending()  # what was begun before may still be settled


def test_nobody_calls_for_cash() -> None:
    with pytest.raises(Forged):
        Cash(CashConfig()).callback(Request("POST", f"/webhooks/payment/cash?ref={REFERENCE}", {}, b"{}"))


def test_it_sends_nothing() -> None:
    assert not isinstance(Cash(CashConfig()), Payer | Refunder)
