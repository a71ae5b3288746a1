"""Mistakes that change nothing anybody can observe, and why: they are not tried."""

from __future__ import annotations

#: (file, name of the mutant as it is printed): the reason.
EQUIVALENT: dict[tuple[str, str], str] = {}
