"""People at the desk, and browsers with which they are signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from bot.admin.door import COOKIE, wall
from bot.rules.roles import Role
from models.staff import Staff, StaffSession
from tests.stage import Stage

PASSWORD = "correct horse battery"


class Browser:
    """A signed-in test client that sends the token of its session."""

    def __init__(self, stage: Stage, role: Role, *, fresh: bool = True, login: str = "") -> None:
        self.stage, self.client = stage, stage.web.application.test_client()
        with stage.parts.database.begin() as db:
            self.staff = Staff.hire(db, login=login or role, name=(login or role).capitalize(), role=role, password=PASSWORD, now=wall.now())
            self.staff.enrol(wall.now())
            session, token = StaffSession.begin(db, self.staff, place="127.0.0.1", agent="test", now=wall.now(), proven=True)
            if not fresh:
                session.proven_at = wall.now().replace(year=2020)
        self.csrf, self.token = session.csrf, token
        self.client.set_cookie(COOKIE, token, domain="localhost", path="/admin")

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(f"/admin{path}", **more)

    def page(self, path: str) -> str:
        """The HTML of a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status}\n{answer.text[-500:]}"
        return answer.text

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"/admin{path}", data={"_token": self.csrf} | fields)

    def code(self) -> str:
        return pyotp.TOTP(self.staff.secret).now()

    def words(self, path: str) -> str:
        """The page's text without its marks."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.page(path)))


@pytest.fixture
def sits(stage: Stage) -> Callable[..., Browser]:
    """`sits("finance")` is somebody of that role, signed in."""
    return lambda role="operator", **more: Browser(stage, role, **more)
