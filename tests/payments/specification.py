"""Holds a request against a provider's OpenAPI specification."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from jsonschema import Draft202012Validator

from tests.loopback import Asked

SPECS = Path(__file__).parents[1] / "specs"
#: Declared as whole numbers, which they are in Nigeria; in Ghana a wallet's number begins with 0 and its network is called "MTN".
NOT_NUMBERS = ("account_number", "bank_code")


class Specification:
    def __init__(self, name: str) -> None:
        self.whole = yaml.safe_load((SPECS / f"{name}_openapi.yaml").read_text())

    def check(self, asked: Asked) -> None:
        """Raises when the specification knows no such request, or not like this."""
        operation = self._operation(asked)
        parameters = [self._resolved(p) for p in operation.get("parameters", [])]
        known = {p["name"]: p for p in parameters if p["in"] == "query"}
        assert set(asked.query) <= set(known), f"{asked.path} asks for what is not specified"
        for name, value in asked.query.items():
            self._validate(known[name]["schema"], _read(name, value, known[name]["schema"]))
        for p in parameters:
            if p["in"] == "header" and (p.get("required") or p["name"].lower() in asked.headers):
                self._validate(p["schema"], asked.headers[p["name"].lower()])
        if "requestBody" in operation:
            body = json.loads(asked.body, parse_float=_no_float)
            self._validate(operation["requestBody"]["content"]["application/json"]["schema"], body)
        else:
            assert not asked.body

    def _operation(self, asked: Asked) -> dict[str, Any]:
        path = urlsplit(asked.path).path
        for template, item in self.whole["paths"].items():
            if re.fullmatch(re.sub(r"\\?\{[^}]*\\?\}", "[^/]+", re.escape(template)), path) and asked.method.lower() in item:
                return item[asked.method.lower()]
        raise AssertionError(f"{asked.method} {path} is not specified")

    def _resolved(self, parameter: dict[str, Any]) -> dict[str, Any]:
        return self.whole["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[1]] if "$ref" in parameter else parameter

    def _validate(self, schema: dict[str, Any], value: Any) -> None:
        Draft202012Validator({**schema, "components": self.whole["components"]}).validate(value)


def _read(name: str, value: str, schema: dict[str, Any]) -> Any:
    if name in NOT_NUMBERS:
        return 0
    return int(value) if schema.get("type") == "integer" else value


def _no_float(value: str) -> Any:
    raise AssertionError(f"{value} in a request: money is never a float")
