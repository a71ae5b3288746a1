"""Names of places, brands and givers: "6 yards of Woodin", "from Ama", "Location: Madina"."""

from __future__ import annotations

from bot.understand.plain import words
from bot.understand.tokens import Token

_PLACED = words("at in from near around inside behind opposite to by into towards")
_LABELS = words("location address place area town city fabric cloth material brand style shop church company school region delivery colour color")
_KINDS = words("branch road street junction market station estate estates town city region market school hospital circle brand cloth fabric material")
_HERS = words("measurement measurements measure size sizes those these that this body wife husband son daughter detail details figures")


def somewhere(before: Token, second: Token, after: Token, *, owning: bool, sure: bool, value: bool) -> bool:
    """Whether a name is nobody who was measured; `second` stands before `before`, `value` tells that it is part of a measurement."""
    if before.among(_PLACED):
        return not ((sure and after.is_mark(":")) or (after.kind == "field" and owning))
    if after.among(_KINDS) and not sure:
        return True  # "for Kasoa branch"
    if before.is_mark(":", "-") and second.among(_LABELS):
        return True
    return before.is_word("of") and not sure and not (value or second.kind == "mark" or second.among(_HERS))
