"""Small mistakes made by rule in every function: the syntax tree with one thing turned round."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FILES = (
    *(f"models/{name}.py" for name in ("escrow", "ledger", "refund", "disbursement", "payment", "settlement")),
    *(f"bot/rules/{name}.py" for name in ("escrow", "disbursement", "payment", "dispute", "payout", "tax", "case")),
)
TURNED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot,
    ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
OTHER_NAME = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: the whole text of a file that has it, and the lines of the right one where it is (none: it is asked about at import)."""

    name: str
    file: str
    text: str
    lines: frozenset[int] = frozenset()
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Site:
    """Where in the tree something can be put instead."""

    parent: ast.AST
    field: str
    place: int | None
    instead: ast.AST
    scope: str
    lines: frozenset[int]

    @property
    def present(self) -> ast.AST:
        found = getattr(self.parent, self.field)
        return found if self.place is None else found[self.place]

    def put(self, node: ast.AST) -> None:
        if self.place is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.place] = node


def mutants(root: Path, file: str) -> list[Mutant]:
    tree = ast.parse((root / file).read_text(encoding="utf-8"))
    right, made, seen, names = ast.unparse(tree), [], set(), Counter[str]()
    for site in _sites(tree, "", frozenset(), is_model=file.startswith("models/")):
        before, after = site.present, site.instead
        site.put(after)
        text = ast.unparse(ast.fix_missing_locations(tree))
        site.put(before)
        if text not in (right, *seen):
            seen.add(text)
            name = f"{site.scope or 'module'}: {_shown(before)} -> {_shown(after)}"
            names[name] += 1
            again = f" ({names[name]})" if names[name] > 1 else ""
            made.append(Mutant(name + again, file, text, site.lines if site.scope else frozenset()))
    return made


def _shown(node: ast.AST) -> str:
    said = " ".join(ast.unparse(node).split())
    return said if len(said) <= 110 else said[:107] + "…"


def _sites(node: ast.AST, scope: str, lines: frozenset[int], *, is_model: bool) -> Iterator[_Site]:
    """In the order of the text. Columns of tables, annotations, decorators and assertions are left alone: no run of the code sees them fail."""
    for field, place, child in _children(node):
        if isinstance(child, ast.Assert | ast.Import | ast.ImportFrom) or _is_words(child):
            continue
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            inner = f"{scope}.{child.name}".lstrip(".") if isinstance(child, ast.FunctionDef) else scope
            whole = frozenset(range(child.lineno, (child.end_lineno or child.lineno) + 1))  # for the defaults of its arguments
            yield from _sites(child, inner, whole, is_model=is_model)
            continue
        here = _lines_of(child) if isinstance(child, ast.stmt) else lines
        if scope or not is_model:
            for instead in _instead(child, node, field):
                yield _Site(node, field, place, instead, scope, here)
        yield from _sites(child, scope, here, is_model=is_model)


def _children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "format_spec", "bases", "type_params"):
            continue
        if isinstance(value, ast.AST):
            yield field, None, value
        elif isinstance(value, list):
            for place, child in enumerate(value):
                if isinstance(child, ast.AST):
                    yield field, place, child


def _is_words(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _lines_of(statement: ast.stmt) -> frozenset[int]:
    """Of a compound statement, its head only."""
    body = getattr(statement, "body", None)
    last = max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno or statement.lineno
    return frozenset(range(statement.lineno, last + 1))


def _instead(node: ast.AST, parent: ast.AST, field: str) -> Iterator[ast.AST]:
    if isinstance(node, ast.stmt):
        if _may_go(node, parent, field):
            yield ast.Pass()
    elif isinstance(node, ast.Compare):
        for place, op in enumerate(node.ops):
            other = copy.deepcopy(node)
            other.ops[place] = TURNED[type(op)]()  # type: ignore[assignment]
            yield other
    elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in TURNED:
        other = copy.deepcopy(node)  # type: ignore[assignment]
        other.op = TURNED[type(node.op)]()  # type: ignore[attr-defined]
        yield other
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield node.operand
    elif isinstance(node, ast.Constant):
        yield from _other_values(node.value)
    elif isinstance(node, ast.FormattedValue):
        yield ast.Constant("")  # a key or the code of an account that no longer says whose
    elif isinstance(node, ast.Call):
        yield from _other_calls(node)
    if isinstance(node, ast.expr) and field in ("test", "ifs") and not _turns_by_itself(node):
        yield ast.UnaryOp(ast.Not(), node)


def _turns_by_itself(condition: ast.expr) -> bool:
    """Whether turning its operator is the same as negating it."""
    if isinstance(condition, ast.Compare):
        return not isinstance(condition.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE)
    return isinstance(condition, ast.UnaryOp)


def _may_go(node: ast.stmt, parent: ast.AST, field: str) -> bool:
    """Whether something else than a NameError comes of leaving it out: a call, what is written down, a refusal, an early end."""
    if isinstance(node, ast.Return):
        return isinstance(parent, ast.If | ast.For)
    if isinstance(node, ast.Assign):
        parts = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
        return any(isinstance(part, ast.Attribute | ast.Subscript) for part in parts)
    return isinstance(node, ast.Expr | ast.AugAssign | ast.Raise)


def _other_values(value: object) -> Iterator[ast.Constant]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)


def _other_calls(node: ast.Call) -> Iterator[ast.AST]:
    if isinstance(node.func, ast.Attribute) and node.func.attr == "with_for_update":
        yield node.func.value
    if isinstance(node.func, ast.Name) and node.func.id in OTHER_NAME:
        yield ast.Call(ast.Name(OTHER_NAME[node.func.id]), node.args, node.keywords)
    if any(k.arg == "lock" for k in node.keywords):
        yield ast.Call(node.func, node.args, [k for k in node.keywords if k.arg != "lock"])
