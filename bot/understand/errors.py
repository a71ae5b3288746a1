"""What an unclear answer becomes: a reason that the flow puts into a better question."""

from __future__ import annotations


class NotUnderstood(Exception):
    """The person must be asked again.

    `reason` is a slug ("unclear", "ambiguous_value", "out_of_range" …); `candidates` are the readings to choose from, if any.
    """

    def __init__(self, reason: str = "unclear", candidates: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason, self.candidates = reason, candidates
