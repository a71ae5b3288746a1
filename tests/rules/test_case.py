"""What can be wrong with money and how bad that is."""

from __future__ import annotations

from bot.rules import case as rules


def test_what_stops_payouts_is_that_books_or_money_are_wrong_and_nobody_knows_why() -> None:
    by_severity = {n: {name for name, kind in rules.KINDS.items() if kind.severity == n} for n in (1, 2, 3)}
    assert by_severity[1] == {"ours_only", "sent_without_record", "sent_though_failed", "books_wrong"}
    assert by_severity[3] == {"fee_differs", "goodwill"}
    assert set().union(*by_severity.values()) == set(rules.KINDS)


def test_money_of_others_goes_back_or_where_it_belongs_before_we_keep_it() -> None:
    for name in rules.HOLDING:
        assert set(rules.KINDS[name].resolutions) == {"give_back", "apply", "returned", "written_off"}
        assert rules.KINDS[name].severity == 2
    assert all(set(kind.resolutions) <= set(rules.RESOLUTIONS) for kind in rules.KINDS.values())
