"""`flask payouts …` shows what waits, and lets a second person decide."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from bot import payroll_cli
from bot.payments import Refused
from models import ledger, payout
from models.disbursement import Disbursement
from models.dry_float import DryFloat
from models.holder_check import HolderCheck
from models.inbox import Inbox
from models.tailor import Tailor
from tests.stage import Stage

FRIDAY = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest.fixture
def kofi(stage: Stage) -> int:
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.parts.story_clock.time = FRIDAY
    with stage.parts.database.begin() as db:
        tailor = db.scalars(select(Tailor)).one()
        ledger.post(db, "collect:1", {"provider_clearing:mtn": 6000_00, f"tailor_wallet:{tailor.id}": -6000_00}, now=FRIDAY)
        return tailor.id


def payouts(stage: Stage, *words: object) -> Result:
    return CliRunner().invoke(payroll_cli.commands(lambda: stage.parts), [str(w) for w in words], catch_exceptions=False)


def test_a_large_payout_needs_two_people(stage: Stage, kofi: int) -> None:
    assert payouts(stage, "run", "--by", "Esi Boateng").output == "2026-W48: 1 a_person\n"
    listed = payouts(stage, "list").output
    number = listed.split(":")[0]
    assert listed.splitlines() == [
        f"{number}: GHS 6,000.00 to Kofi's Sewing ({kofi}), +23320***4567 by vodafone, waits for approval", "2026-W49: due Fri 04 Dec 09:00",
    ]  # fmt: skip
    assert "233201234567" not in listed
    again = payouts(stage, "approve", number, "--by", "Esi Boateng")
    assert (again.exit_code, "Somebody else" in again.output) == (1, True)
    done = payouts(stage, "approve", number, "--by", "Yaw Mensah")
    assert "goes out Fri 27 Nov 09:00" in done.output
    assert "waits for nobody" in payouts(stage, "approve", number, "--by", "Adwoa Sarpong").output
    assert "waits for nobody" in payouts(stage, "approve", 10**9, "--by", "Adwoa Sarpong").output
    stage.settle()
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Disbursement.state)).all() == ["pending"]


def test_a_second_person_is_no_second_run(stage: Stage, kofi: int) -> None:
    payouts(stage, "run", "--by", "Esi Boateng")
    payouts(stage, "run", "--by", "Yaw Mensah")
    number = payouts(stage, "list").output.split(":")[0]
    for name in ("Esi Boateng", "Yaw Mensah"):
        assert payouts(stage, "approve", number, "--by", name).exit_code == 1
    assert payouts(stage, "approve", number, "--by", "Adwoa Sarpong").exit_code == 0


def test_a_week_must_be_a_week_and_may_be_empty(stage: Stage, kofi: int) -> None:
    assert "is no week" in payouts(stage, "run", "--week", "48", "--by", "Esi").output
    payouts(stage, "hold", kofi, "--because", "a complaint")
    assert payouts(stage, "run", "--by", "Esi").output == "2026-W48: 1 payouts_stopped\n"
    with stage.parts.database.begin() as db:
        ledger.post(db, "back", {f"tailor_wallet:{kofi}": 6000_00, "provider_clearing:mtn": -6000_00}, now=FRIDAY)
    assert payouts(stage, "run", "--week", "2026-W49", "--by", "Esi").output == "2026-W49: nobody to pay\n"


def test_who_is_held_is_listed_until_somebody_has_looked(stage: Stage, kofi: int) -> None:
    payouts(stage, "run", "--by", "Esi Boateng")
    assert payouts(stage, "hold", kofi, "--because", "the garment was never sewn").output == "Held.\n"
    listed = payouts(stage, "list").output
    assert f"Kofi's Sewing ({kofi}), +23320***4567: held, the garment was never sewn" in listed
    with stage.parts.database.begin() as db:
        assert db.scalars(select(Disbursement.state)).all() == ["cancelled"]
        assert ledger.balance(db, f"tailor_wallet:{kofi}") == 6000_00
    assert payouts(stage, "free", kofi, "--by", "Yaw Mensah").output == "Free.\n"
    assert "held" not in payouts(stage, "list").output
    missing = payouts(stage, "hold", 10**6, "--because", "x")
    assert (missing.exit_code, "no payout number" in missing.output) == (1, True)


def test_going_on_when_there_is_money_again(stage: Stage, kofi: int) -> None:
    assert payouts(stage, "resume").output == "Nothing was paused.\n"
    with stage.parts.database.begin() as db:
        DryFloat.note(db, "vodafone", FRIDAY)
        (out,) = payout.request(db, Tailor.by_id(db, kofi), 100_00, once="payout:withdraw:1", till=stage.parts.till, now=FRIDAY)
    stage.settle()
    assert "vodafone: its float has been empty since 27 Nov 09:00" in payouts(stage, "list").output
    assert payouts(stage, "resume").output == "vodafone: going on.\n"
    stage.settle()
    with stage.parts.database.begin() as db:
        assert Disbursement.by_id(db, out.id).state == "pending"


def test_an_answer_of_the_network_is_told_once(stage: Stage, kofi: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The teller: the question is asked outside any transaction, and an adapter that fails answers like one that does not know."""
    wallets = stage.wallets["mtn"]
    wallets.holders = {"233551234567": "KOFI"}
    now = stage.parts.clock.now()
    with stage.parts.database.begin() as db:
        known = HolderCheck.ask(db, kofi, "233551234567", "mtn", now).id
        nobody = HolderCheck.ask(db, kofi, "233551234568", "mtn", now).id
    assert stage.parts.teller.check_due()
    assert not stage.parts.teller.check_due()
    monkeypatch.setattr(wallets, "holder", lambda *a: 1 // 0)
    monkeypatch.setattr(stage.wallets["vodafone"], "holder", lambda *a: None)
    with stage.parts.database.begin() as db:
        silent = HolderCheck.ask(db, kofi, "233551234569", "mtn", now).id
    assert stage.parts.teller.check_due()
    with stage.parts.database.begin() as db:
        checks = [HolderCheck.by_id(db, n) for n in (known, nobody, silent)]
        assert [(c.name, c.is_nobodys, c.verdict(db)) for c in checks] == [
            ("KOFI", False, "matched"), ("", True, "unknown"), (None, False, "unknown"),
        ]  # fmt: skip
        told = db.scalars(select(Inbox.body).where(Inbox.name == "purse_checked").order_by(Inbox.id)).all()
    assert told == [{"check_id": n} for n in (known, nobody, silent)]


def test_a_refusal_for_want_of_money_stops_the_provider(stage: Stage, kofi: int) -> None:
    stage.wallets["vodafone"].on_send = [lambda out: Refused("float_empty")] * 9
    with stage.parts.database.begin() as db:
        payout.request(db, Tailor.by_id(db, kofi), 100_00, once="payout:withdraw:1", till=stage.parts.till, now=FRIDAY)
    stage.settle()
    assert "its float has been empty" in payouts(stage, "list").output
