"""Order numbers, codes of circles and handover codes that people can read aloud."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PLAIN_DIGITS = "23456789"  # those nobody takes for a letter


def order_number(now: datetime, pick: Callable[[str], str] = secrets.choice) -> str:
    """"SW-2611-7K3QX": year, month, five Crockford digits. Unique by the database; draw again on a clash."""
    return f"SW-{now:%y%m}-" + "".join(pick(CROCKFORD) for _ in range(5))


def read_order_number(text: str) -> str | None:
    """The number in a text as people type it ("sw 2611 7k3qx", O for 0, I or L for 1), else None."""
    packed = "".join(c for c in text.upper() if c.isalnum())
    if not packed.startswith("SW") or len(packed) != 11:
        return None
    tail = packed[6:].replace("O", "0").replace("I", "1").replace("L", "1")
    month = packed[2:6]
    return f"SW-{month}-{tail}" if month.isdigit() and all(c in CROCKFORD for c in tail) else None


def circle_code(pick: Callable[[str], str] = secrets.choice) -> str:
    """ "7K3Q": Crockford digits, one of 2 to 9 among them so that no code is a word. Unique by the database; draw again on a clash."""
    place = int(pick("0123"))
    return "".join(pick(PLAIN_DIGITS if n == place else CROCKFORD) for n in range(4))


def read_circle_code(text: str) -> str | None:
    """ "7K3Q" in a text as people send it ("JOIN-7K3Q", "join 7k3q", "Join7K3Q."), else None."""
    packed = "".join(c for c in text.upper() if c.isalnum())
    tail = packed.removeprefix("JOIN").replace("O", "0").replace("I", "1").replace("L", "1")
    right = packed.startswith("JOIN") and len(tail) == 4 and any(c in PLAIN_DIGITS for c in tail) and all(c in CROCKFORD for c in tail)
    return tail if right else None


def handover_code(pick: Callable[[str], str] = secrets.choice) -> str:
    return "".join(pick("0123456789") for _ in range(4))
