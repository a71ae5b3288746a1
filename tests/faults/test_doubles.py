"""Whatever comes several times counts once."""

from __future__ import annotations

from tests.faults.conftest import Theatre, Told, must_equal


def test_everything_comes_three_times(theatre: Theatre, plain: Told) -> None:
    theatre.begin_again()
    theatre.cast.switch({"twilio.duplicate_webhook": True, "twilio.receipts_duplicated": {"value": 3}, "mtn.callback_repeated": True})
    must_equal(theatre.play(), plain)
    theatre.is_right()
    assert theatre.cast.counts()["fired"]["twilio.duplicate_webhook"] > 30
