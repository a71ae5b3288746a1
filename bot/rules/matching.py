"""How well a tailor fits, from 0 to 100, and one line that says why."""

from __future__ import annotations

from dataclasses import dataclass

from bot.rules.reputation import HIGH

BEST_ANSWER_MIN, WORST_ANSWER_MIN = 10, 240


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a tailor whoever asks. Rating in hundredths of a star (0 to 500)."""

    rating100: int
    jobs: int
    identity_verified: bool
    background_checked: bool
    answer_minutes: int
    free_places: int
    reputation: int = 0


def base_score(tailor: Standing) -> int:
    """SPEC 10: rating 40, verification 20, answer time 15, availability 10, and a tenth more for a high reputation.

    Kept beside each offer for sorting; the town is a filter.
    """
    rating = 40 * tailor.rating100 // 500
    verified = 10 * tailor.identity_verified + 10 * tailor.background_checked
    slow = min(max(tailor.answer_minutes, BEST_ANSWER_MIN), WORST_ANSWER_MIN)
    answers = 15 * (WORST_ANSWER_MIN - slow) // (WORST_ANSWER_MIN - BEST_ANSWER_MIN)
    score = rating + verified + answers + min(10, 2 * tailor.free_places)
    return min(100, score * 11 // 10) if tailor.reputation >= HIGH else score


def why(tailor: Standing, *, same_town: bool) -> str:
    """The strongest reason, as a slug for the flow to put into words."""
    if tailor.rating100 >= 470 and tailor.jobs >= 10:
        return "loved"
    if tailor.identity_verified and tailor.background_checked:
        return "checked"
    if same_town:
        return "near"
    if tailor.answer_minutes <= BEST_ANSWER_MIN:
        return "quick"
    return "free" if tailor.jobs else "new"
