"""`flask admin`: the first person at the desk."""

from __future__ import annotations

from click.testing import CliRunner
from sqlalchemy import text

from bot.admin.cli import commands
from tests.admin.test_door import sign_in
from tests.stage import Stage


def run(stage: Stage, *words: str, **more: str) -> tuple[int, str]:
    done = CliRunner().invoke(commands(lambda: stage.parts), list(words), env=more)
    return done.exit_code, done.output


def test_the_first_one_is_made_and_may_sign_in(stage: Stage) -> None:
    code, said = run(stage, "create", "Esi", "--name", "Esi Owusu", ADMIN_PASSWORD="correct horse battery")
    assert code == 0 and "esi may sign in at https://bot.example/admin as operator" in said
    assert sign_in(stage)[1].status_code == 303  # type: ignore[attr-defined]
    assert "login is taken" in run(stage, "create", "esi", ADMIN_PASSWORD="correct horse battery")[1]
    assert "12 characters" in run(stage, "create", "yaa", ADMIN_PASSWORD="short")[1]
    assert "esi" in run(stage, "list")[1]


def test_a_lost_phone_ends_every_session(stage: Stage) -> None:
    run(stage, "create", "esi", ADMIN_PASSWORD="correct horse battery")
    client, _ = sign_in(stage)
    assert client.get("/admin/second-step").status_code == 200  # type: ignore[attr-defined]
    assert run(stage, "reset", "esi", "--phone")[0] == 0
    assert client.get("/admin/second-step").status_code == 303  # type: ignore[attr-defined]
    assert run(stage, "reset", "nobody", "--phone")[0] == 1


def test_the_trail_is_looked_through(stage: Stage) -> None:
    run(stage, "create", "esi", ADMIN_PASSWORD="correct horse battery")
    assert run(stage, "trail") == (0, "The trail is whole.\n")
    with stage.parts.database.begin() as db:
        db.execute(text("SET LOCAL session_replication_role = replica"))
        db.execute(text("UPDATE audit SET who = 'nobody'"))
    assert run(stage, "trail")[0] == 1
