"""A tailor is looked at before customers see her, and may be taken out of sight again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bot.rules import NotAllowed
from bot.rules import verification as rules
from bot.rules.notices import not_before
from models.inbox import Inbox
from models.news import News
from models.person import Person
from models.tailor_step import TailorStep


class Verified:
    """A part of Tailor. Each verb raises NotAllowed("not_now") where the state does not allow it."""

    if TYPE_CHECKING:
        id: int
        person_id: int
        state: str
        identity_verified: bool
        background_checked: bool

        def refresh_offers(self, db: Session) -> None: ...

    def tick(self, db: Session, check: str, by: str, now: datetime, *, is_good: bool = True) -> None:
        """Somebody has looked at one thing and found it good; the first tick takes the application up."""
        if check not in (*rules.CHECKS, *rules.EXTRA):
            raise NotAllowed("unknown_check")
        db.refresh(self, with_for_update=True)
        if self.state == "PENDING":
            self._look(db, "taken_up", by, now)
        if self.state not in ("UNDER_REVIEW", "APPROVED"):
            raise NotAllowed("not_now", state=self.state)
        event = "ticked" if is_good else "unticked"
        db.add(TailorStep(tailor_id=self.id, event=event, about=check, origin=self.state, target=self.state, by=by, at=now))
        db.flush()

    def take_up(self, db: Session, by: str, now: datetime) -> TailorStep:
        return self._look(db, "taken_up", by, now)

    def approve(self, db: Session, by: str, now: datetime, why: str = "") -> TailorStep:
        """Customers find her from now on. Raises NotAllowed("checks_missing")."""
        from models.application import Application

        db.refresh(self, with_for_update=True)
        rules.VERIFICATION.after("approved", self.state)
        ticked = set(TailorStep.ticks(TailorStep.of(db, self.id)))
        rules.check_ticks(ticked)
        self.identity_verified, self.background_checked = True, "background" in ticked
        Person.by_id(db, self.person_id).role = "tailor"
        if application := Application.of(db, self.id):
            application.settle(db, now)
        return self._look(db, "approved", by, now, why)

    def ask_for_fix(self, db: Session, by: str, now: datetime, why: str) -> TailorStep:
        return self._look(db, "fix_asked", by, now, why)

    def hand_in_again(self, db: Session, by: str, now: datetime, why: str = "") -> TailorStep:
        """What was missing is here."""
        return self._look(db, "handed_in", by, now, why)

    def reject(self, db: Session, by: str, now: datetime, why: str) -> TailorStep:
        return self._look(db, "rejected", by, now, why)

    def reopen(self, db: Session, by: str, now: datetime, why: str) -> TailorStep:
        return self._look(db, "reopened", by, now, why)

    def suspend(self, db: Session, by: str, now: datetime, why: str) -> TailorStep:
        """Nobody new finds her; orders under way go on."""
        return self._look(db, "suspended", by, now, why)

    def reinstate(self, db: Session, by: str, now: datetime, why: str) -> TailorStep:
        return self._look(db, "reinstated", by, now, why)

    def look_again(self, db: Session, by: str, now: datetime, why: str) -> TailorStep:
        """A year later, or when her card has ended: everything is still as it was."""
        from models.application import Application

        step = self._look(db, "looked_again", by, now, why)
        if application := Application.of(db, self.id):
            application.look_again_later(now)
        return step

    def _look(self, db: Session, event: str, by: str, now: datetime, why: str = "") -> TailorStep:
        db.flush()
        db.refresh(self, with_for_update=True)
        target = rules.VERIFICATION.after(event, self.state)
        step = TailorStep(tailor_id=self.id, event=event, about=None, origin=self.state, target=target, by=by, why=why, at=now)
        db.add(step)
        self.state = target
        self.refresh_offers(db)
        News.add(db, "tailor", str(self.id), now)
        if event in rules.TOLD:
            facts = {"flow": "verification", "memory": {"step_id": step.id}}
            Inbox.happen(db, self.person_id, "invited", facts, once=f"invited:verification:{step.id}", now=now, due_at=not_before(now))
        return step
