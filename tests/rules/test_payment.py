"""When a payment is asked about, which provider may be asked next, and what is known of numbers and limits."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from bot.rules import payment as rules
from bot.rules.payment import Till, next_provider

LIFE = rules.PAYMENT
DOUBTS = {"submitting", "unknown", "action_required", "pending", "expired", "needs_review"}


# -- its life


def test_a_success_is_booked_whatever_we_believed() -> None:
    for state in LIFE.states:
        is_settled = state in ("succeeded", "mismatch")
        assert LIFE.allows("paid", state) == LIFE.allows("paid_wrong", state) == (not is_settled)
    assert {LIFE.after("paid", s) for s in rules.BOOKABLE} == {"succeeded"}
    assert {LIFE.after("paid_wrong", s) for s in rules.BOOKABLE} == {"mismatch"}


def test_nobody_knows_is_not_failed() -> None:
    """A timeout leads to a question; only a refusal, by the provider's word, to "failed"."""
    assert {event for event, _, target in LIFE.rows if target == "failed"} == {"refused"}
    assert {s for s in LIFE.states if LIFE.allows("refused", s)} == DOUBTS
    assert LIFE.after("lost", "submitting") == "unknown"


def test_the_same_request_is_sent_again_only_while_nobody_has_heard_of_it() -> None:
    assert {(s, LIFE.after("absent", s)) for s in LIFE.states if LIFE.allows("absent", s)} == {("unknown", "created"), ("submitting", "created")}
    assert {s for s in LIFE.states if LIFE.allows("sent", s)} == {"created", "not_accepted"}
    assert {s for s in LIFE.states if LIFE.allows("not_accepted", s)} == {"submitting"}


def test_who_pays_again_never_withdraws_what_somebody_may_have_heard_of() -> None:
    assert {(s, LIFE.after("superseded", s)) for s in LIFE.states if LIFE.allows("superseded", s)} == {
        ("unknown", "expired"), ("pending", "expired"), ("action_required", "expired"),
    }  # fmt: skip
    assert "expired" in rules.ASKABLE, "it is still asked about"
    assert not DOUBTS & {s for s in LIFE.states if LIFE.allows("withdrawn", s)}


# -- its questions


def test_it_is_asked_about_ten_seconds_twenty_forty_and_so_on_for_a_week() -> None:
    """SPEC 12, and then by the hour and the day."""
    first = [0, 10, 30, 70, 150, 310, 610]
    assert [after - before for before, after in pairwise(first)] == [10, 20, 40, 80, 160, 300]
    later = [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=6)] + [timedelta(days=n) for n in (1, 2, 3, 7)]
    later[0] += timedelta(seconds=10)  # just after the customer's time is over
    times = [rules.next_poll(polls) for polls in range(len(rules.POLLS))]
    assert times == [timedelta(seconds=s) for s in first[1:]] + later
    assert rules.next_poll(len(rules.POLLS)) is None, "a person looks"
    assert timedelta(minutes=15) == rules.EXPIRY


def test_limits() -> None:
    assert (rules.PROMPTS_PER_10_MIN, rules.CASH_PER_DAY) == (3, 1_000_00)
    assert {"reminder": timedelta(days=1), "end": timedelta(days=3)} == {"reminder": rules.CASH_REMINDER, "end": rules.CASH_EXPIRY}


# -- who is asked


@pytest.mark.parametrize(
    ("refusals", "following"),
    [
        ([], "mtn"), (["mtn"], "mtn"), (["mtn", "mtn"], "paystack"), (["mtn", "mtn", "paystack"], "vodafone"),
        (["mtn", "mtn", "paystack", "vodafone"], None), (["paystack"], "mtn"), (["vodafone", "mtn", "mtn"], "paystack"),
    ],
)  # fmt: skip
def test_the_same_provider_once_more_then_each_other_one_once(refusals: list[str], following: str | None) -> None:
    assert next_provider(("mtn", "paystack", "vodafone"), tuple(refusals)) == following


def test_a_route_of_one_or_none() -> None:
    assert [next_provider(("mtn",), ("mtn",) * n) for n in range(3)] == ["mtn", "mtn", None]
    assert next_provider((), ()) is None
    assert next_provider((), ("mtn",)) is None


def till(closed: dict[str, str] | None = None, **more: object) -> Till:
    routes = {"mtn": ("mtn", "paystack"), "telecel": ("vodafone",), "at": (), "cash": ("cash",)}
    payers = {"mtn": ("mtn", "telecel"), "paystack": ("mtn",)}
    return Till(**({"routes": routes, "currencies": {}, "closed": lambda: closed or {}, "payers": payers} | more))  # type: ignore[arg-type]


def test_an_open_till() -> None:
    assert till().networks() == ("mtn", "telecel")
    assert (till().first("mtn"), till().first("at"), till().first("gold")) == ("mtn", None, None)
    assert till().route("mtn") == ("mtn", "paystack")
    assert till().takes_cash
    assert not till(routes={"mtn": ("mtn",)}).takes_cash
    assert not till().cash_commission, "cash costs nothing unless the operator says so"


def test_a_closed_provider_is_passed_over() -> None:
    shut = till({"collect:mtn": "their night"})
    assert (shut.first("mtn"), shut.route("mtn"), shut.networks()) == ("paystack", ("paystack",), ("mtn", "telecel"))
    assert till({"collect:mtn": "", "collect:paystack": ""}).networks() == ("telecel",)
    assert till({"collect:mtn": ""}).payer("mtn") == "mtn", "it may still send"


def test_a_closed_network_begins_nothing_and_ends_what_it_began() -> None:
    shut = till({"network:mtn": "down"})
    assert (shut.first("mtn"), shut.networks()) == (None, ("telecel",))
    assert shut.route("mtn") == ("mtn", "paystack")
    assert shut.first("telecel") == "vodafone"


def test_who_sends_money() -> None:
    assert till().payer("mtn") == "mtn"
    assert till().payer("mtn", besides="mtn") == "paystack", "rather another one than the one that failed"
    assert till().payer("mtn", besides="paystack") == "mtn"
    assert till({"send:mtn": "no float"}).payer("mtn") == "paystack"
    assert till({"send:paystack": ""}).payer("mtn", besides="mtn") == "mtn", "better than nobody"
    assert till().payer("telecel") is None, "who collects from it cannot send to it"
    assert till().payer("at") is None


def test_a_number_as_people_say_it() -> None:
    assert rules.local("233241234567") == rules.local("+233241234567") == "024 123 4567"
