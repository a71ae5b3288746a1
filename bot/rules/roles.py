"""Who of the house may do what at the desk."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["support", "verifier", "finance", "operator", "readonly"]
ROLES: tuple[Role, ...] = get_args(Role)

#: {what may be done: by whom}. Everybody who is signed in may "look"; names and numbers in full are for those with "people".
MAY: dict[str, frozenset[str]] = {
    "look": frozenset(ROLES),
    "people": frozenset({"support", "verifier", "finance", "operator"}),
    "talk": frozenset({"support", "operator"}),
    "decide": frozenset({"support", "operator"}),
    "verify": frozenset({"verifier", "operator"}),
    "money": frozenset({"finance"}),
    "catalogue": frozenset({"operator"}),
    "system": frozenset({"operator"}),
    "export": frozenset({"support", "finance", "operator"}),
    "audit": frozenset({"finance", "operator"}),
    "staff": frozenset({"operator"}),
}


def may(role: str, what: str) -> bool:
    """Raises KeyError for a thing nobody has named."""
    return role in MAY[what]
