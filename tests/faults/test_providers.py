"""Everything that goes wrong at the providers, three troubles to a story: the order ends the same, and our books say what they really took."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.conftest import Theatre, Told, must_equal

#: Trouble with messages, all through the story; everybody is told the same.
MESSAGES: dict[str, dict[str, Any]] = {
    "refused": {"twilio.error_429": {"rate": 0.07}, "twilio.error_500": {"rate": 0.05}, "twilio.media_404_times": 1},
    "sent all the same": {"twilio.error_500_created": {"rate": 0.1}, "twilio.create_then_close": {"rate": 0.1}},
    "silent": {"twilio.create_then_timeout": {"rate": 0.05, "value": 1}, "twilio.timeout": {"rate": 0.05, "value": 1}},
    "receipts out of order": {"twilio.receipts_reordered": True, "twilio.receipts_duplicated": {"rate": 0.5, "value": 2}},
    "receipts too early": {"twilio.receipt_before_answer": True, "twilio.create_then_close": {"rate": 0.1}},
    "receipts lost": {"twilio.receipts_lost": {"match": "+233201234567"}},  # what must be seen before money moves goes to the customer
    "webhooks late": {"twilio.inbound_shuffle": True},
}
#: Trouble with money: one entry for each of the three payments.
PAYMENTS: dict[str, tuple[dict[str, Any], ...]] = {
    "no word": ({"callback_lost": 1}, {"timeout_created": {"times": 1, "value": 1}}, {"timeout_not_created": {"times": 1, "value": 1}}),
    "errors": ({"error_500_created": 1}, {"error_500_not_created": 1}, {"error_503": 1}),
    "refusals": ({"error_429": 1}, {"error_401": 1}, {"error_403": 1}),
    "callbacks": ({"callback_repeated": 1}, {"callback_forged": 1}, {"callback_late": {"times": 1, "value": 2}}),
    "hasty": ({"callback_before_answer": 1, "auto_approve": 1}, {"type_mix": True}, {"unknown_status": True}),
    "questions": ({"status_404": 2, "callback_lost": 1}, {"status_500": 2}, {"status_timeout": {"times": 1, "value": 1}}),
}


@pytest.mark.parametrize("trouble", MESSAGES)
def test_messages_in_trouble(theatre: Theatre, plain: Told, trouble: str) -> None:
    theatre.cast.switch(MESSAGES[trouble])
    must_equal(theatre.play(), plain)
    theatre.is_right()
    fired = theatre.cast.counts()["fired"]
    assert not [name for name in MESSAGES[trouble] if name != "twilio.media_404_times" and not fired.get(name)]


@pytest.mark.parametrize("trouble", PAYMENTS)
def test_payments_in_trouble(theatre: Theatre, plain: Told, trouble: str) -> None:
    ahead = iter(PAYMENTS[trouble])

    def meanwhile(n: int) -> None:
        """The trouble of the next payment is switched on in time."""
        if n == 0 or theatre.lines[n].endswith("approves the prompt"):
            theatre.cast.switch({f"mtn.{name}": value for name, value in next(ahead, {}).items()})

    must_equal(theatre.play(meanwhile), plain)
    theatre.is_right()
    assert [entry["kind"] for entry in theatre.cast.truth()["entries"]].count("collected") == 3
