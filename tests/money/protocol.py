"""Holds what was asked of a stand-in against the real provider's specification."""

from __future__ import annotations

from dataclasses import replace

from tests.loopback import Asked
from tests.payments.specification import Specification

#: Telecel publishes none.
SPECIFICATIONS = {"/mtn": Specification("mtn_momo"), "/paystack": Specification("paystack")}


def as_specified(asked: Asked) -> bool:
    """Raises when the provider's specification knows no such request, or not like this. False where there is no specification."""
    for prefix, specification in SPECIFICATIONS.items():
        if asked.path.startswith(prefix):
            specification.check(replace(asked, path=asked.path.removeprefix(prefix)))
            return True
    return False
