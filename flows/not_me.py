"""Somebody else changed where a tailor is paid: everything stops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.flow import Flow
from models.plea import Plea
from models.purse import Purse
from models.tailor import Tailor

RECENT = timedelta(days=30)
BECAUSE = "somebody says that she did not change the number"


class NotMe(Flow):
    """Stops payouts at the word of the tailor, or of whoever has the number before."""

    starts_with = ("that was not me", "it was not me", "this was not me")
    states = ("alarm",)
    transitions = (("raised", "alarm", "done"), ("nothing_found", "alarm", "done"))
    says = {
        "hint_alarm": "Send *agent* for a person.",
        "stopped": "I have stopped the payouts. Nothing leaves until a person of ours has written to you here.",
        "tailor_stopped": "Somebody with your old payout number says that it was not you who changed it. I have stopped your payouts until a person "
        "of ours has spoken with you.",
        "nothing": "No payout number of yours was changed lately. Send *agent* and a person will help you.",
    }

    @dataclass
    class Memory:
        pass

    def ask_alarm(self) -> None:
        doubted = Purse.doubted_by(self.db, self.person.id, self.now - RECENT)
        for tailor_id in doubted:
            self._stop(tailor_id)
        if doubted:
            Plea.ask(self.db, self.person.id, self.now)
            self.say("stopped")
            self.raised()
        else:
            self.say("nothing")
            self.nothing_found()

    def hear_alarm(self) -> None:
        """Never waits for an answer."""

    def _stop(self, tailor_id: int) -> None:
        purse = Purse.of(self.db, tailor_id, lock=True)
        assert purse is not None
        purse.stop(self.db, BECAUSE, self.now)
        tailor = Tailor.by_id(self.db, tailor_id)
        if tailor.person_id != self.person.id:
            Plea.ask(self.db, tailor.person_id, self.now)
            self.tell(tailor.person_id, "tailor_stopped")
