"""A voucher goes from the person's phone to the provider and stays nowhere between."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import select, text

from models.inbox import Inbox
from models.payment import Payment
from tests.stage import Stage

VOUCHER = "482913"


def test_a_voucher_is_handed_in_once_and_kept_nowhere(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    stage.wallets["vodafone"].wants_voucher = True
    for words in ("my orders", "[Pay now]", "[024 123 4567]", "[Telecel Cash]", "yes", VOUCHER[:3] + " " + VOUCHER[3:]):
        stage.say("ama", words)
        list(stage.new_letters())  # she reads
    assert stage.wallets["vodafone"].vouchers == [VOUCHER]
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Payment)).one().secret is None
        tables = db.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        rows = [row for table in tables for row in db.scalars(text(f'SELECT t::text FROM "{table}" t'))]
        assert not [row for row in rows if VOUCHER in row or "482 913" in row]
        assert db.scalars(select(Inbox).order_by(Inbox.id.desc()).limit(1)).one().body == {}
    kept = [stage.parts.redis.connection.get(key) or b"" for key in stage.parts.redis.connection.keys("position:*")]
    assert not [value for value in kept if VOUCHER.encode() in value or b"482 913" in value]
    assert VOUCHER not in caplog.text and "482 913" not in caplog.text
