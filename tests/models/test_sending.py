"""One attempt to send money: set aside before anybody is called, and sent or back where it was only when that is proven."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.payments import Absent, Needs, NotAccepted, Paid, Pending, Refused, Reversed, Unknown
from bot.rules import NotAllowed
from bot.rules import disbursement as rules
from models import ledger
from models.case import Case
from models.disbursement import Disbursement
from models.tailor import Tailor
from tests.fakes import MONDAY
from tests.models.paying import LEASE, SECOND, moved
from tests.stage import Stage

HERS = 200_00


@pytest.fixture
def db(stage: Stage) -> Iterator[Session]:
    """A tailor who has earned GHS 200."""
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    with stage.parts.database.begin() as session:
        ledger.post(session, "earned", {"provider_clearing:mtn": HERS, wallet(session): -HERS}, now=MONDAY)
        yield session
        assert [fault for fault in ledger.faults(session) if not fault.startswith("I06")] == []


def wallet(db: Session) -> str:
    return f"tailor_wallet:{db.scalars(select(Tailor.id)).one()}"


def written(db: Session, once: str = "w:1", approved_by: str | None = "rules", **more: Any) -> Disbursement | None:
    tailor = db.scalars(select(Tailor)).one()
    values: dict[str, Any] = {
        "purpose": "payout", "way": "transfer", "amount": 60_00, "source": wallet(db), "person_id": tailor.person_id, "tailor_id": tailor.id,
        "provider": "mtn", "network": "mtn", "msisdn": "233201234567", "now": MONDAY,
    }  # fmt: skip
    return Disbursement.prepare(db, once=once, approved_by=approved_by, **values | more)


def approved(db: Session, once: str = "w:1", **more: Any) -> Disbursement:
    made = written(db, once, **more)
    assert made is not None
    return made


def sent(db: Session, once: str = "w:1", **more: Any) -> Disbursement:
    made = approved(db, once, **more)
    made.begin(MONDAY, LEASE)
    return made


def hears(db: Session, out: Disbursement, answer: Any, after: timedelta = SECOND) -> str:
    return out.hear(db, answer, MONDAY + after)


def proof(out: Disbursement, **other: Any) -> Paid:
    values: dict[str, Any] = {"reference": out.reference, "amount": out.amount, "currency": out.currency, "provider_id": f"T{out.id}"}
    return Paid(**values | other)


def aside(db: Session, out: Disbursement) -> tuple[int, int, int]:
    """(with the tailor, set aside, with the provider)."""
    return ledger.balance(db, wallet(db)), ledger.balance(db, out.account), ledger.balance(db, "provider_clearing:mtn")


# -- written down


def test_its_money_is_set_aside_before_anybody_is_called(db: Session) -> None:
    out = approved(db)
    assert (out.state, out.approved_by, out.next_at, out.submitted_at, out.polls) == ("approved", "rules", MONDAY, None, 0)
    assert len(out.reference) == 32 and len(out.callback_key) >= 20 and out.currency == "GHS"
    assert moved(db, f"payout:{out.id}:reserve") == {wallet(db): 60_00, f"in_flight:{out.id}": -60_00}
    assert Disbursement.by_reference(db, out.reference) is out


def test_what_it_is_for_happens_once(db: Session) -> None:
    out = approved(db)
    assert written(db) is None
    other = approved(db, "w:2")
    assert aside(db, out) == (HERS - 120_00, 60_00, HERS)
    assert other.reference != out.reference


def test_nobody_is_sent_more_than_there_is(db: Session) -> None:
    with pytest.raises(ledger.Overdrawn), db.begin_nested():
        written(db, amount=HERS + 1)
    assert ledger.balance(db, wallet(db)) == HERS


def test_what_a_person_must_approve_waits_for_her(db: Session) -> None:
    out = written(db, approved_by=None)
    assert out is not None and (out.state, out.next_at) == ("created", None)
    with pytest.raises(NotAllowed, match="not_now"):
        out.begin(MONDAY, LEASE)
    out.approve("Esi", MONDAY + SECOND)
    assert (out.state, out.approved_by, out.next_at) == ("approved", "Esi", MONDAY + SECOND)
    with pytest.raises(NotAllowed, match="not_now"):
        out.approve("Efua", MONDAY)


@pytest.mark.parametrize("approved_by", [None, "rules"])
def test_what_nobody_was_called_about_can_be_called_back(db: Session, approved_by: str | None) -> None:
    out = written(db, approved_by=approved_by)
    assert out is not None
    out.cancel(db, MONDAY + SECOND)
    assert (out.state, out.next_at, out.settled_at) == ("cancelled", None, MONDAY + SECOND)
    assert moved(db, f"payout:{out.id}:void") == {f"in_flight:{out.id}": 60_00, wallet(db): -60_00}
    with pytest.raises(NotAllowed, match="not_now"):
        out.cancel(db, MONDAY + SECOND)
    assert aside(db, out) == (HERS, 0, HERS)


@pytest.mark.parametrize("answer", [None, Unknown("timeout"), Absent(), Pending(), Refused("unclear")])
def test_once_somebody_was_called_nothing_is_called_back(db: Session, answer: Any) -> None:
    """Not even when the provider has not seen it yet: it may still be on its way there."""
    out = sent(db)
    if answer is not None:
        hears(db, out, answer)
    before, state = aside(db, out), out.state
    with pytest.raises(NotAllowed, match="not_now"):
        out.cancel(db, MONDAY)
    assert (aside(db, out), out.state) == (before, state)


# -- sent


def test_it_is_booked_as_sent_when_that_is_proven(db: Session) -> None:
    out = sent(db)
    assert (out.state, out.submitted_at, out.next_at) == ("submitting", MONDAY, MONDAY + LEASE)
    assert out.is_news(proof(out)) and out.is_news(Refused("unclear")) and not out.is_news(Unknown("timeout"))
    assert hears(db, out, proof(out)) == "sent"
    assert (out.state, out.provider_id, out.settled_at, out.next_at) == ("succeeded", f"T{out.id}", MONDAY + SECOND, None)
    assert moved(db, f"payout:{out.id}:settle") == {f"in_flight:{out.id}": 60_00, "provider_clearing:mtn": -60_00}
    assert aside(db, out) == (HERS - 60_00, 0, HERS - 60_00)


def test_what_is_heard_twice_counts_once(db: Session) -> None:
    out = sent(db)
    hears(db, out, proof(out))
    assert not out.is_news(proof(out)) and not out.is_news(Refused("unclear"))
    for answer in (proof(out), Refused("unclear"), NotAccepted("503"), Unknown("timeout"), Pending(), Absent()):
        out.next_at = MONDAY
        assert hears(db, out, answer) == "nothing"
        assert out.next_at is None, "nothing more is asked"
    assert aside(db, out) == (HERS - 60_00, 0, HERS - 60_00)


def test_two_attempts_are_two_movements(db: Session) -> None:
    first, second = sent(db), sent(db, "w:2")
    assert hears(db, first, proof(first)) == "sent"
    assert aside(db, second) == (HERS - 120_00, 60_00, HERS - 60_00)
    assert hears(db, second, Refused("unclear")) == "not_sent"
    assert aside(db, second) == (HERS - 60_00, 0, HERS - 60_00)


@pytest.mark.parametrize("other", [{"reference": "0" * 32}, {"amount": 59_99}, {"amount": 60_01}, {"currency": "EUR"}])
def test_a_proof_of_something_else_proves_nothing(db: Session, other: dict[str, Any]) -> None:
    out = sent(db)
    assert hears(db, out, proof(out, **other)) == "waiting"
    assert (out.state, aside(db, out)) == ("unknown", (HERS - 60_00, 60_00, HERS))


def test_one_number_of_the_provider_proves_one_sending(db: Session) -> None:
    first, second, elsewhere = sent(db), sent(db, "w:2"), sent(db, "w:3", provider="paystack")
    hears(db, first, proof(first, provider_id="7"))
    assert hears(db, second, proof(second, provider_id="7")) == "waiting"
    assert hears(db, elsewhere, proof(elsewhere, provider_id="7")) == "sent", "each provider counts for itself"
    assert hears(db, second, proof(second, provider_id="8")) == "sent"


def test_some_providers_number_nothing(db: Session) -> None:
    first, second = sent(db), sent(db, "w:2")
    assert [hears(db, out, proof(out, provider_id="")) for out in (first, second)] == ["sent", "sent"]
    assert first.provider_id is None


# -- not sent


def test_a_refusal_puts_it_back(db: Session) -> None:
    out = sent(db)
    assert hears(db, out, Refused("cannot_receive", "x" * 300)) == "not_sent"
    assert (out.state, out.reason, out.code, out.next_at, out.settled_at) == ("failed", "cannot_receive", "x" * 200, None, MONDAY + SECOND)
    assert moved(db, f"payout:{out.id}:void") == {f"in_flight:{out.id}": 60_00, wallet(db): -60_00}


@pytest.mark.parametrize(("ours", "reason"), [(True, "our_fault"), (False, "provider_down")])
def test_what_nobody_accepted_goes_back_at_once(db: Session, ours: bool, reason: str) -> None:
    out = sent(db)
    assert hears(db, out, NotAccepted("HTTP 403", ours=ours)) == "not_sent"
    assert (out.state, out.reason, out.code) == ("failed", reason, "HTTP 403")


def test_a_timeout_is_no_failure(db: Session) -> None:
    out = sent(db)
    assert hears(db, out, Unknown("timeout")) == "waiting"
    assert (out.state, out.polls, out.next_at, out.reason) == ("unknown", 1, MONDAY + 10 * SECOND, None)
    assert aside(db, out) == (HERS - 60_00, 60_00, HERS), "still set aside"
    assert hears(db, out, NotAccepted("503"), 11 * SECOND) == "nothing", "an earlier call may have been accepted"
    assert (out.state, out.next_at) == ("unknown", MONDAY + 10 * SECOND)
    assert hears(db, out, Pending(), 11 * SECOND) == "waiting"
    assert (out.state, out.polls, out.next_at) == ("pending", 2, MONDAY + 30 * SECOND)
    assert hears(db, out, Unknown("timeout"), 70 * SECOND) == "waiting"
    assert (out.state, out.polls, out.next_at) == ("pending", 3, MONDAY + 120 * SECOND), "it was there already; what was slept through is over"
    assert hears(db, out, Absent(), 121 * SECOND) == "waiting"
    assert out.state == "pending", "what was there is not sent again"


def test_the_same_is_sent_again_while_nobody_has_seen_it(db: Session) -> None:
    out = sent(db)
    reference = out.reference
    assert hears(db, out, Absent()) == "waiting"
    assert (out.state, out.next_at) == ("approved", MONDAY + SECOND)
    out.begin(MONDAY + 5 * SECOND, LEASE)
    assert (out.reference, out.submitted_at) == (reference, MONDAY + 5 * SECOND)
    hears(db, out, Unknown("timeout"), 6 * SECOND)
    assert hears(db, out, Absent(), 20 * SECOND) == "waiting"
    assert (out.state, out.next_at) == ("approved", MONDAY + 20 * SECOND)
    out.begin(MONDAY + 20 * SECOND, LEASE)
    assert hears(db, out, NotAccepted("503"), 21 * SECOND) == "waiting", "the call before may have been accepted"
    assert (out.state, out.reference) == ("unknown", reference)
    assert aside(db, out) == (HERS - 60_00, 60_00, HERS)


def test_a_refund_is_looked_for_longer_before_it_is_sent_again(db: Session) -> None:
    """Providers show a refund in their lists only after a while."""
    out = sent(db, way="give_back")
    hears(db, out, Absent())
    assert out.next_at == MONDAY + SECOND + timedelta(minutes=10)


def test_who_wants_an_operator_is_waited_for(db: Session) -> None:
    out = sent(db)
    assert hears(db, out, Needs("attention")) == "waiting"
    assert out.state == "needs_attention"
    assert hears(db, out, Pending(), 11 * SECOND) == "waiting"
    assert out.state == "pending"
    assert hears(db, out, proof(out), 12 * SECOND) == "sent"


def test_after_three_days_of_questions_a_person_looks(db: Session) -> None:
    out = sent(db)
    said = [hears(db, out, Unknown("timeout"))]
    while out.next_at:
        said.append(hears(db, out, Unknown("timeout"), out.next_at - MONDAY))
    assert said == ["waiting"] * len(rules.POLLS) + ["stuck"]
    assert (out.state, out.next_at) == ("needs_review", None)
    assert aside(db, out) == (HERS - 60_00, 60_00, HERS), "it is not sent again by itself, nor put back"
    case = Case.by_key(db, f"disbursement:{out.id}:stuck")
    assert case is not None and (case.kind, case.state, case.provider) == ("disbursement_stuck", "open", "mtn")
    assert case.facts == {"disbursement_id": out.id, "order_id": None, "amount": 60_00}
    out.hint(MONDAY + timedelta(days=4))
    assert out.next_at == MONDAY + timedelta(days=4), "a person may have it asked once more"
    assert hears(db, out, Pending(), timedelta(days=4)) == "nothing"
    assert out.next_at is None
    assert hears(db, out, proof(out), timedelta(days=5)) == "sent"
    assert (case.state, case.resolution) == ("closed", "already_right")


# -- it comes back


def test_what_arrived_and_came_back_is_hers_again(db: Session) -> None:
    out = sent(db)
    hears(db, out, proof(out))
    out.hint(MONDAY + 5 * SECOND)
    assert out.next_at == MONDAY + 5 * SECOND, "after success, too, because money can come back"
    assert out.is_news(Reversed())
    assert hears(db, out, Reversed(), 6 * SECOND) == "reversed"
    assert (out.state, out.next_at) == ("reversed", None)
    assert moved(db, f"payout:{out.id}:reversed") == {"provider_clearing:mtn": 60_00, wallet(db): -60_00}
    assert aside(db, out) == (HERS, 0, HERS)
    assert hears(db, out, Reversed(), 7 * SECOND) == "nothing"
    assert aside(db, out) == (HERS, 0, HERS)


def test_it_may_come_back_before_anybody_told_us_that_it_arrived(db: Session) -> None:
    out = sent(db)
    hears(db, out, Unknown("timeout"))
    assert hears(db, out, Reversed(), 6 * SECOND) == "reversed"
    assert (out.state, aside(db, out)) == ("reversed", (HERS, 0, HERS))


# -- callbacks, and when it is due


def test_a_callback_before_anybody_was_called_or_when_all_is_over_is_nothing(db: Session) -> None:
    fresh, failed = approved(db), sent(db, "w:2")
    hears(db, failed, Refused("unclear"))
    for out, before in ((fresh, MONDAY), (failed, None)):
        out.hint(MONDAY + 5 * SECOND)
        assert out.next_at == before
    failed_later = sent(db, "w:3")
    failed_later.hint(MONDAY + 5 * SECOND)
    assert (failed_later.next_at, failed_later.state) == (MONDAY + 5 * SECOND, "submitting")


def test_what_is_due(db: Session) -> None:
    now, later, elsewhere = approved(db), approved(db, "w:2", next_at=MONDAY + SECOND), written(db, "w:3", approved_by=None)
    assert elsewhere is not None
    assert Disbursement.due(db, MONDAY - SECOND) == []
    assert Disbursement.due(db, MONDAY) == [now.id]
    assert Disbursement.due(db, MONDAY + SECOND) == [now.id, later.id]
    assert Disbursement.due(db, MONDAY + SECOND, limit=1) == [now.id]
    assert [out.id for out in Disbursement.of_tailor(db, now.tailor_id or 0)] == [elsewhere.id, later.id, now.id]
