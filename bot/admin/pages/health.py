"""Whether the house is well: the doctor's list, as a page."""

from __future__ import annotations

from bot import doctor
from bot.admin.door import Answer, Desk, Pages

pages = Pages("health", "Health", group="House", rank=3)


@pages.page("/health")
def health(desk: Desk) -> Answer:
    found = doctor.examine(desk.parts, desk.db)
    counts = [(how, sum(one.how == how for _, findings in found for one in findings)) for how in ("bad", "warn", "ok")]
    return desk.show("health.html", found=found, counts=counts, played=desk.parts.settings.environment != "production")
