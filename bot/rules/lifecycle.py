"""A table of (event, from, to) that answers what may happen next."""

from __future__ import annotations

from collections.abc import Iterable

from bot.rules import NotAllowed

Row = tuple[str, str, str]


class Lifecycle:
    """The states of one noun. Raises NotAllowed("not_now") for whatever the table does not list."""

    def __init__(self, noun: str, rows: Iterable[Row]) -> None:
        self.noun, self.rows = noun, tuple(rows)
        self._next = {(event, origin): target for event, origin, target in self.rows}
        if len(self._next) != len(self.rows):
            raise ValueError(f"{noun}: an event leaves a state twice")
        self.states = tuple(dict.fromkeys(s for _, origin, target in self.rows for s in (origin, target)))
        self.final = tuple(s for s in self.states if all(s != origin for _, origin, _ in self.rows))

    def after(self, event: str, state: str) -> str:
        try:
            return self._next[event, state]
        except KeyError:
            raise NotAllowed("not_now", noun=self.noun, event=event, state=state) from None

    def allows(self, event: str, state: str) -> bool:
        return (event, state) in self._next
