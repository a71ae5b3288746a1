"""The six digits of the demo's desk are those of every authenticator app."""

from __future__ import annotations

import pyotp
import pytest

from sandbox.authenticator import digits


@pytest.mark.parametrize("moment", [59, 1111111109, 1234567890, 2000000000])
def test_the_same_digits_as_any_app(moment: int) -> None:
    key = pyotp.random_base32()
    assert digits(key, moment) == pyotp.TOTP(key).at(moment)
