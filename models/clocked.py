"""What runs by itself while an order lives: its clocks, started, stopped and frozen."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bot.rules import clocks
from bot.rules import order as rules
from models.timer import Timer

if TYPE_CHECKING:
    from models.tailor import Tailor


class Clocked:
    """A part of Order."""

    if TYPE_CHECKING:
        id: int
        customer_id: int
        state: str

        def tailor(self, db: Session) -> Tailor: ...

        def _move(self, db: Session, event: str, actor: str, now: datetime) -> None: ...

    def clocks(self, db: Session, moment: str, now: datetime) -> None:
        """Stops and starts the clocks that belong to a moment of the order's life (bot.rules.clocks)."""
        for name in clocks.STOPS.get(moment, ()):
            Timer.call_off(db, f"order:{self.id}:{name}")
        for clock in clocks.STARTS.get(moment, ()):
            person_id = self.tailor(db).person_id if clock.tailors else self.customer_id
            Timer.set(db, f"order:{self.id}:{clock.name}", clock.event, person_id, {"order_id": self.id}, now + clock.wait)

    def freeze(self, db: Session, actor: str, now: datetime) -> None:
        """A dispute: nothing moves, no clock runs. Raises NotAllowed outside the paid states."""
        self._move(db, "disputed", actor, now)
        Timer.pause(db, f"order:{self.id}:", now)

    def stands_still(self, db: Session, event: str, now: datetime) -> bool:
        """Whether a dispute is open; a clock that rang just before it began rings again when it is over."""
        if self.state == "DISPUTED":
            Timer.ring_again(db, f"order:{self.id}:", event, now)
        return self.state == "DISPUTED"

    def is_questioned(self, db: Session) -> bool:
        """Whether somebody is just telling what is wrong: money that would leave by a clock waits for that."""
        return Timer.due(db, f"order:{self.id}:not_right") is not None

    def thaw(self, db: Session, state: str, actor: str, now: datetime) -> None:
        """The dispute is decided: back to the state it came from with its clocks, or to an end without them."""
        if event := rules.CLOSED_AS.get(state):
            self._move(db, event, actor, now)
            self.clocks(db, "completed" if state == "COMPLETED" else "cancelled", now)
        else:
            self._move(db, f"continued_{state.lower()}", actor, now)
            Timer.resume(db, f"order:{self.id}:", now)
            name, moment = clocks.NEEDED.get(state, ("", ""))
            if name and Timer.due(db, f"order:{self.id}:{name}") is None:
                self.clocks(db, moment, now)
