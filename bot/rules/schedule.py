"""What the house does by itself at set times, in Accra, where the clock is UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Every:
    """Each day at an hour, or each week on a day (0: Monday)."""

    hour: int
    weekday: int | None = None

    def after(self, now: datetime) -> datetime:
        """The next time, later than now."""
        found = now.replace(hour=self.hour, minute=0, second=0, microsecond=0)
        while found <= now or self.weekday not in (None, found.weekday()):
            found += timedelta(days=1)
        return found


#: By the name of the row in `schedule`; who does it stands in Parts.runs of bot/wiring.py.
RUNS = {
    "reconcile": Every(hour=3),  # the statements of the day before are complete
    "papers": Every(hour=8, weekday=0),  # of the week that ended the night before
    "metrics": Every(hour=2),  # the day before is over
    "news": Every(hour=4),  # what is old is forgotten
}
AGAIN = timedelta(hours=1)  # a run that could not be finished
