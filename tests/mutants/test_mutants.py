"""Mistakes that must never go unseen are tried in every run; `make mutants` tries all the others."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.generated import FILES, Mutant, mutants
from tests.mutants.laboratory import ROOT, Laboratory
from tests.mutants.named import named
from tests.mutants.walks import chosen

SIX = named(ROOT, bar=True)
PATIENCE_S = 240.0  # machines are busy

pytestmark = pytest.mark.xdist_group("mutants")  # one laboratory


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    with Laboratory() as lab:
        yield lab


@pytest.mark.parametrize("mutant", SIX, ids=lambda mutant: mutant.name)
def test_it_is_seen(laboratory: Laboratory, mutant: Mutant) -> None:
    verdict = laboratory.show(mutant, list(mutant.tests), PATIENCE_S)
    assert verdict.by.startswith("tests/"), f"{mutant.name}: {verdict.by or 'no test fails'}\n{verdict.said[-2000:]}"


def test_without_a_mistake_nothing_fails(laboratory: Laboratory) -> None:
    """Else all of them would be seen, by whatever fails anyway."""
    file = "bot/rules/escrow.py"
    right = Mutant("none", file, (ROOT / file).read_text(encoding="utf-8"))
    tests = list(dict.fromkeys(test for mutant in SIX for test in mutant.tests))
    assert not laboratory.show(right, tests, 2 * PATIENCE_S).is_killed


def test_there_are_six_in_every_run_and_many_more_by_name() -> None:
    assert [mutant.name for mutant in SIX] == [
        "“drop the unique key”", "“float amounts”", "“skip the amount check”", "“new reference on retry”", "“timeout as failed”",
        "“book from a callback body”",
    ]  # fmt: skip
    every = named(ROOT)
    assert len({mutant.name for mutant in every}) == len(every) >= 26
    for mutant in every:
        assert all((ROOT / test.split("::")[0]).exists() for test in mutant.tests), mutant.name
        if mutant.file.endswith(".py"):
            ast.parse(mutant.text)


@pytest.mark.parametrize("file", FILES)
def test_generated_ones_are_other_programs_and_have_their_own_names(file: str) -> None:
    made = mutants(ROOT, file)
    right = ast.unparse(ast.parse((ROOT / file).read_text(encoding="utf-8")))
    names = {mutant.name for mutant in made}
    assert len(names) == len(made) == len({mutant.text for mutant in made}) > 10
    assert right not in {mutant.text for mutant in made}
    assert {name for known, name in EQUIVALENT if known == file} <= names, "a reason for something that is not there any more"


def test_a_mistake_is_shown_to_the_tests_that_come_there_the_quickest_first() -> None:
    here, elsewhere = {("models/refund.py", 7)}, {("models/refund.py", 8)}
    walks = {"a::slow": (9.0, here), "a::quick": (1.0, here), "b::one": (0.1, here), "c::other": (0.1, elsewhere), "d::last": (30.0, here)}
    walks |= {"a::endless": (900.0, here)}
    assert chosen(walks, Mutant("m", "models/refund.py", "", frozenset({6, 7}))) == [["b::one", "d::last"], ["a::quick", "a::slow"]]
    assert chosen(walks, Mutant("m", "models/refund.py", ""))[0] == ["b::one", "c::other"], "in a table: to all of its noun"
    assert chosen(walks, Mutant("m", "models/refund.py", "", tests=("named",))) == [["named"]]
    assert chosen(walks, Mutant("m", "models/refund.py", "", frozenset({99}))) == []
