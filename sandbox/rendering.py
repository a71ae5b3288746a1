"""Content templates: their limits, and what a person sees of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.twilio_errors import TwilioError

#: The richest type a WhatsApp sender supports wins.
RICHEST = (
    "twilio/list-picker", "twilio/quick-reply", "twilio/call-to-action", "twilio/location", "twilio/media", "twilio/text",
)  # fmt: skip
#: Longest text of each field, in characters.
BODY = {
    "twilio/text": 1600, "twilio/media": 1600, "twilio/quick-reply": 1024, "twilio/list-picker": 1024,
    "twilio/call-to-action": 640,
}  # fmt: skip
ACTION_TITLE, ACTION_ID, ACTIONS, SESSION_ACTIONS = 20, 128, 10, 3
ITEM, ITEM_ID, ITEM_ABOUT, ITEMS, LIST_BUTTON = 24, 200, 72, 10, 20
VARIABLES, VARIABLE_NAME, VARIABLE_VALUE = 100, 16, 1600
_PLACE = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,16})\s*\}\}")


@dataclass(slots=True)
class Rendered:
    """A template with its variables filled in. `error` is the code of the failed receipt it will earn."""

    kind: str
    body: str
    content: dict[str, Any] = field(default_factory=dict)
    media: list[str] = field(default_factory=list)
    error: int | None = None


def read_variables(text: str) -> dict[str, str]:
    """ContentVariables, a JSON string. Raises TwilioError 21656."""
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        raise TwilioError(21656, "not JSON") from None
    if not isinstance(found, dict) or len(found) > VARIABLES:
        raise TwilioError(21656, f"an object of at most {VARIABLES} strings")
    for name, value in found.items():
        if len(name) > VARIABLE_NAME or not isinstance(value, str) or len(value) > VARIABLE_VALUE:
            raise TwilioError(21656, f"variable {name[:20]}")
    return found


def check_types(types: Any) -> None:
    """The limits a template is checked against when it is created. Raises TwilioError."""
    if not isinstance(types, dict) or not types:
        raise TwilioError(20001, "types is required")
    for name, value in types.items():
        if not isinstance(value, dict):
            raise TwilioError(20001, f"{name} must be an object")
        if problem := _problem(name, value):
            raise TwilioError(20001, f"{name}: {problem}")


def render(types: dict[str, Any], defaults: dict[str, str], variables: dict[str, str], *, approved: bool) -> Rendered:
    """Fills the richest type in."""
    name = next((t for t in RICHEST if t in types), "")
    if not name:
        return Rendered("unsupported", "", error=63013)
    filled, missing = _fill(types[name], {**defaults, **variables})
    seen = Rendered(name.removeprefix("twilio/"), str(filled.get("body") or ""))
    _SHAPES[name](seen, filled)
    if missing:
        seen.error = 63028
    elif _problem(name, filled) or _session_problem(name, filled, approved) or (approved and _bad_values(variables)):
        seen.error = 63013
    return seen


def _fill(value: Any, values: dict[str, str]) -> tuple[Any, bool]:
    """`value` with every {{name}} replaced, and whether one had no value."""
    if isinstance(value, str):
        missing = any(name not in values for name in _PLACE.findall(value))
        return _PLACE.sub(lambda m: values.get(m[1], m[0]), value), missing
    if isinstance(value, list):
        parts = [_fill(v, values) for v in value]
        return [p for p, _ in parts], any(m for _, m in parts)
    if isinstance(value, dict):
        filled = {k: _fill(v, values) for k, v in value.items()}
        return {k: p for k, (p, _) in filled.items()}, any(m for _, m in filled.values())
    return value, False


def _problem(name: str, value: dict[str, Any]) -> str:
    body = value.get("body")
    if name in ("twilio/text", "twilio/quick-reply", "twilio/list-picker", "twilio/call-to-action") and not body:
        return "body is required"
    if body and len(body) > BODY.get(name, 1600):
        return f"body is longer than {BODY.get(name, 1600)} characters"
    if name in ("twilio/quick-reply", "twilio/call-to-action"):
        return _actions_problem(value.get("actions"), need_id=name == "twilio/quick-reply")
    if name == "twilio/list-picker":
        return _list_problem(value)
    if name == "twilio/media" and not value.get("media"):
        return "media is required"
    return ""


def _actions_problem(actions: Any, *, need_id: bool) -> str:
    if not isinstance(actions, list) or not 1 <= len(actions) <= ACTIONS:
        return f"1 to {ACTIONS} actions"
    for action in actions:
        if not isinstance(action, dict) or not action.get("title") or (need_id and not action.get("id")):
            return "an action needs a title and an id"
        if len(action["title"]) > ACTION_TITLE or len(action.get("id") or "") > ACTION_ID:
            return f"title at most {ACTION_TITLE} characters, id at most {ACTION_ID}"
    return ""


def _list_problem(value: dict[str, Any]) -> str:
    items, button = value.get("items"), value.get("button")
    if not button or len(button) > LIST_BUTTON:
        return f"button is required, at most {LIST_BUTTON} characters"
    if not isinstance(items, list) or not 1 <= len(items) <= ITEMS:
        return f"1 to {ITEMS} items"
    for item in items:
        if not isinstance(item, dict) or not item.get("item") or not item.get("id"):
            return "an item needs item and id"
        if len(item["item"]) > ITEM or len(item["id"]) > ITEM_ID or len(item.get("description") or "") > ITEM_ABOUT:
            return f"item at most {ITEM} characters, id {ITEM_ID}, description {ITEM_ABOUT}"
    return ""


def _session_problem(name: str, value: dict[str, Any], approved: bool) -> bool:
    if name == "twilio/quick-reply":
        actions = value["actions"]
        return (len(actions) > SESSION_ACTIONS and not approved) or _repeated(actions, "title") or _repeated(actions, "id")
    return name == "twilio/list-picker" and _repeated(value["items"], "id")


def _repeated(choices: list[dict[str, str]], field_name: str) -> bool:
    return len({c.get(field_name) for c in choices}) < len(choices)


def _bad_values(variables: dict[str, str]) -> bool:
    """In approved templates a value is never empty and holds neither newline, tab nor four spaces."""
    return any(not v.strip() or "\n" in v or "\t" in v or "    " in v for v in variables.values())


def _buttons(seen: Rendered, value: dict[str, Any]) -> None:
    actions = [a for a in value.get("actions") or () if isinstance(a, dict)]
    seen.content["buttons"] = [{"id": a.get("id") or a.get("url") or "", "title": a.get("title") or ""} for a in actions]


def _links(seen: Rendered, value: dict[str, Any]) -> None:
    actions = [a for a in value.get("actions") or () if isinstance(a, dict)]
    seen.content["links"] = [{"title": a.get("title") or "", "url": a.get("url") or a.get("phone") or ""} for a in actions]


def _rows(seen: Rendered, value: dict[str, Any]) -> None:
    items = [i for i in value.get("items") or () if isinstance(i, dict)]
    seen.content["button"] = value.get("button") or ""
    seen.content["rows"] = [
        {"id": i.get("id") or "", "title": i.get("item") or "", "description": i.get("description") or ""} for i in items
    ]


def _media(seen: Rendered, value: dict[str, Any]) -> None:
    seen.media = [str(url) for url in value.get("media") or ()][:1]


def _place(seen: Rendered, value: dict[str, Any]) -> None:
    seen.content["location"] = {k: value.get(k) for k in ("latitude", "longitude", "label", "address")}


_SHAPES = {
    "twilio/list-picker": _rows, "twilio/quick-reply": _buttons, "twilio/call-to-action": _links,
    "twilio/location": _place, "twilio/media": _media, "twilio/text": lambda seen, value: None,
}  # fmt: skip
