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
    return {name: class_in(package, name, marked_by=marked_by) for name in names_in(package)}


def names_in(package: ModuleType) -> list[str]:
    """The files of the package, without those that are its own business."""
    return [info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_")]


def class_in(package: ModuleType, name: str, *, marked_by: str) -> type:
    """The class of one file; the others are not even imported."""
    module = importlib.import_module(f"{package.__name__}.{name}")
    own = [c for _, c in inspect.getmembers(module, inspect.isclass) if c.__module__ == module.__name__ and marked_by in vars(c)]
    if len(own) != 1:
        raise LookupError(f"{module.__name__} must define exactly one class with {marked_by!r}, found {len(own)}")
    return own[0]
