"""Finds the one class in each file of a folder, so that nothing is registered by hand."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType


def classes_in(package: ModuleType, *, marked_by: str) -> dict[str, type]:
    """{file name: class} for each module of the package.

    The class is the one the file defines itself that carries the attribute `marked_by`. Raises LookupError unless there is exactly one.
    """
    found: dict[str, type] = {}
    for info in pkgutil.iter_modules(package.__path__):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        own = [c for _, c in inspect.getmembers(module, inspect.isclass) if c.__module__ == module.__name__ and marked_by in vars(c)]
        if len(own) != 1:
            raise LookupError(f"{module.__name__} must define exactly one class with {marked_by!r}, found {len(own)}")
        found[info.name] = own[0]
    return found
