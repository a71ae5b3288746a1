"""The house stands as it was drawn: who may import whom, how long a file may be, what no file may say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("app.py", "worker.py", "bot", "flows", "models", "sandbox", "benchmarks")
TOP_LEVEL = {
    "app.py", "worker.py", "requirements.txt", "Procfile", "README.md", "Makefile", "pyproject.toml", ".env.example", "Dockerfile",
    "compose.yaml", ".ci", ".gitignore", ".dockerignore", "gunicorn.conf.py", "bot", "flows", "models", "migrations", "sandbox", "tests",
    "benchmarks", "docs",
}  # fmt: skip
LONGEST = 300
MONEY = (
    "bot/rules/escrow.py", "bot/rules/pricing.py", "bot/rules/money.py", "models/ledger.py", "models/payment.py", "models/order.py",
    "models/escrow.py", "models/piece.py",
)  # fmt: skip


def modules(*places: str) -> list[Path]:
    found = [p for place in places for p in ([ROOT / place] if place.endswith(".py") else sorted((ROOT / place).rglob("*.py")))]
    return [p for p in found if p.exists()]


def lint(config: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--config", config, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_import_contracts_hold() -> None:
    result = lint(ROOT / "tests" / "architecture.ini")
    assert result.returncode == 0, result.stdout[-4000:]


@pytest.mark.parametrize(
    ("contract", "broken"),
    [
        ("containers =\n    bot\n", "    flow\n    channels", ),
        ("pure-rules", "    PIL"),
    ],
    ids=["a layer turned round", "a rule that imports what it must not"],
)
def test_a_broken_contract_is_seen(contract: str, broken: str, tmp_path: Path) -> None:
    """The contracts can fail: each is broken here on purpose."""
    text = (ROOT / "tests" / "architecture.ini").read_text(encoding="utf-8")
    if contract == "pure-rules":
        text = text.replace(broken, "    PIL\n    json")
    else:
        text = re.sub(r"    gallery \| intake\n(    engine.*\n)", r"\1    gallery | intake\n", text, count=1)
    config = tmp_path / "broken.ini"
    config.write_text(text, encoding="utf-8")
    result = lint(config)
    assert result.returncode != 0
    assert "BROKEN" in result.stdout


def test_no_room_is_too_long() -> None:
    long = {str(p.relative_to(ROOT)): n for p in modules(*OURS) if (n := len(p.read_text(encoding="utf-8").splitlines())) > LONGEST}
    assert not long


def test_programs_are_short() -> None:
    assert all(len((ROOT / name).read_text().splitlines()) < 100 for name in ("app.py", "worker.py"))


@pytest.mark.parametrize("path", modules(*OURS), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert said, "a module opens with one sentence"
    assert said.splitlines()[0].endswith((".", ":", "?")), said.splitlines()[0]


def test_functions_fit_a_glance() -> None:
    long: list[str] = []
    for path in modules("app.py", "worker.py", "bot", "flows", "models"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.end_lineno and node.end_lineno - node.lineno > 40 and node.name != "blueprint":
                long.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert not long


def test_only_settings_reads_the_environment() -> None:
    readers = [str(p.relative_to(ROOT)) for p in modules("bot", "flows", "models") if re.search(r"os\.(environ|getenv)", p.read_text())]
    assert readers == ["bot/settings.py"]


def test_only_clock_knows_the_time() -> None:
    pattern = re.compile(r"datetime\.(now|utcnow|today)\(|time\.time\(|date\.today\(")
    readers = [str(p.relative_to(ROOT)) for p in modules("bot", "flows", "models") if pattern.search(p.read_text())]
    assert sorted(readers) == ["bot/clock.py", "bot/logs.py"]


def test_money_is_never_a_float() -> None:
    """No float() and no true division in the rooms where money is counted."""
    for path in modules(*MONEY):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)), f"{path.name}:{node.lineno}"
            assert not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"), f"{path.name}:{node.lineno}"


def test_nothing_strange_lies_at_the_top() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert {path.split("/")[0] for path in tracked} <= TOP_LEVEL


def test_no_promise_is_left_open() -> None:
    """No marks of unfinished work in what we ship."""
    marks = re.compile(r"NotImplementedError|\bTODO\b|\bFIXME\b|\bXXX\b")
    assert not [str(p.relative_to(ROOT)) for p in modules(*OURS) if marks.search(p.read_text(encoding="utf-8"))]
