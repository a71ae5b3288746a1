"""An open case: whatever either side adds reaches the other one and the mediator; then the decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules import days
from bot.rules import dispute as rules
from bot.rules.money import ghs
from bot.understand import NotUnderstood, plain
from models import ledger
from models.dispute import Dispute
from models.dispute_word import DisputeWord, gathered
from models.picture import Picture

COLD = timedelta(minutes=30)  # a text that comes later may not be meant for the case
LONGEST_DONE, FEWEST_LETTERS, QUOTED = 12, 3, 500
#: Whose turn it is when an order goes on, and which conversation asks.
RESUMED = {
    "DEPOSIT_PAID": ("tailor", "job"), "READY_FOR_FITTING": ("customer", "fitting"), "FITTING_APPROVED": ("customer", "pay"),
    "READY_FOR_DELIVERY": ("customer", "pay"), "DELIVERED": ("customer", "delivery"),
}  # fmt: skip


class Case(Flow):
    """Takes what a side adds, and tells it what the others say and what was decided."""

    by_hand = True
    patient = True
    starts_with = ("my case", "case", "my cases", "my dispute", "my complaint")
    listens = {"words": ("image", "audio", "document", "video")}
    states = ("which", "words", "sure")
    transitions = (
        ("chosen", "which", "words"),
        ("none_there", "which", "done"),
        ("closed_already", "which", "done"),
        ("through", "words", "done"),
        ("went_cold", "words", "sure"),
        ("ended", "words", "done"),
        ("added", "sure", "words"),
        ("left_out", "sure", "done"),
        ("ended", "sure", "done"),
    )
    says = {
        "which": "Which case?", "hint_which": "Send the number of a case.",
        "none": "You have no case. If something is wrong with an order, send *problem*.",
        "accused": "{name} reports a problem with {order} (case *{case}*): {category}.\n“{text}”\n\n"
        "{frozen} A mediator decides when both sides were heard.\n"
        "What do you say? Write it, or send a voice note, photos or a PDF; *done* when you are through.",
        "status": "Case *{case}*: {order}, {category}. {state}\n{frozen}\n"
        "Write what you want to add, or send a voice note, photos or a PDF.",
        "frozen": "{held} is frozen and all clocks stand still.", "frozen_nothing": "We hold no money of it just now; all clocks stand still.",
        "state_open": "A mediator answers by {due}.", "state_late": "The answer is late; we have been told.",
        "state_answered": "The mediator is looking into it.",
        "answer": "Your answer for case *{case}*? The mediator and {name} read it.",
        "more": "Added to case *{case}*: {name} and the mediator read it. More, or *done*?",
        "hint_words": "A few words, a voice note, a photo or a PDF; or *done*.",
        "done": "Done",
        "through": "All right. I tell you as soon as there is an answer. *my case* brings you back here.",
        "sure": "Is this for case *{case}*? {name} and the mediator would read it.\n“{text}”",
        "hint_sure": "Please answer *yes* or *no*.",
        "left_out": "Good, that stays between us. Send *menu* to see what I can do.",
        "closed": "Case *{case}* is closed.",
        "said": "Case *{case}*, {name}: “{text}”{how}", "shown": "Case *{case}*: {name} shows this.{how}",
        "spoke": "Case *{case}*: {name} has sent this voice note.{how}",
        "how": "\nSend *my case* to answer.", "mediator": "the mediator",
        "alarm_opened": "New case *{case}* ({priority}): {order}, {category}. To be answered by {due}.",
        "alarm_due": "Case *{case}* ({priority}) is not answered yet: due {due}.",
        "alarm_raised": "Case *{case}* was not answered and is {priority} now: due {due}.",
        "quality": "quality", "delay": "delay", "payment": "payment", "communication": "communication", "milestone": "a rejected step",
        "other": "something else",
        "not_allowed_closed": "That case is closed meanwhile.",
        "not_allowed_no_evidence": "I can keep photos, voice notes and PDFs here, nothing else.",
        "not_allowed_too_many_files": "That is more than {most} files. Please say the rest in words.",
    }  # fmt: skip

    @dataclass
    class Memory:
        dispute_id: int = 0
        order_id: int = 0
        asked: bool = False  # somebody has just said something to her
        invited: bool = False  # and it is her turn: whatever she writes next, and be it tomorrow, is her answer
        said: bool = False
        since: str = ""  # when she was last here
        pending: str = ""  # a text that came late

    # -- the talk

    def ask_which(self) -> None:
        last = Dispute.last_of(self.db, self.memory.order_id) if self.memory.order_id else None
        mine = [last] if last else Dispute.of_person(self.db, self.person.id, self.now)
        if self.memory.dispute_id or (len(mine) == 1 and not mine[0].is_closed):
            self._choose(self.memory.dispute_id or mine[0].id)
        elif not mine:
            self.say("none")
            self.none_there()
        elif mine[0].is_closed:
            self.closed_already()
            self.hand_over_to("decision", for_good=True, dispute_id=mine[0].id)
        else:
            self.ask("which", [(str(d.id), d.number, d.order(self.db).number) for d in mine])

    def hear_which(self) -> None:
        self._choose(int(self.choice()))

    def ask_words(self) -> None:
        dispute = self._dispute()
        if dispute.is_closed:
            self.say("closed", case=dispute.number)
            self.ended()
            return
        key = "more" if self.memory.said else "accused" if self._is_accused(dispute) else "answer" if self.memory.asked else "status"
        self.ask(key, [("done", self.line("done"))], **self._values(dispute))

    def hear_words(self) -> None:
        heard = self.scene.heard
        assert heard
        if self._is_done():
            self.say("through")
            self.through()
            return
        if heard.media is None and sum(c.isalpha() for c in self.text) < FEWEST_LETTERS:
            raise NotUnderstood("nothing_said")
        if plain(self.text) in self.starts_with:
            self.memory.said = self.memory.asked = False  # she wants to see how it stands
            return
        if heard.media is None and not self.memory.invited and self.now - datetime.fromisoformat(self.memory.since) > COLD:
            self.memory.pending = self.text[: rules.TEXT_LIMIT]
            self.went_cold()
            return
        dispute = self._dispute()
        files = DisputeWord.files(self.db, dispute.id, self._side(dispute))
        self._add(dispute, gathered(self.db, self.person.id, heard, self.scene.inbox_id, files, self.now))

    def ask_sure(self) -> None:
        dispute = self._dispute()
        if dispute.is_closed:
            self.say("closed", case=dispute.number)
            self.ended()
        else:
            self.ask_yes_no("sure", case=dispute.number, name=self._other(dispute), text=self.memory.pending[:QUOTED])

    def hear_sure(self) -> None:
        if self.said_yes():
            self._add(self._dispute(), {"text": self.memory.pending})
            self.added()
        else:
            self.say("left_out")
            self.left_out()
        self.memory.pending = ""

    # -- what happens outside

    def on_case_said(self, facts: dict[str, Any]) -> None:
        """Somebody added to the case: shown to this person, who may answer."""
        word, dispute = DisputeWord.by_id(self.db, facts["word_id"]), Dispute.by_id(self.db, facts["dispute_id"])
        name = self.line("mediator") if word.who == "mediator" else dispute.name_of(self.db, word.who)
        side = dispute.side_of(self.db, self.person.id)
        turn = word.for_whom == side
        is_asked = side is not None and not dispute.is_closed and (turn or not self.scene.stack)
        tell_how = side is not None and not (is_asked or dispute.is_closed or self._is_on_top())
        key = "said" if word.text else "spoke" if word.recording_id else "shown"
        how = self.line("how") if tell_how else ""
        self.show(self._file(word), key, case=dispute.number, name=name, text=word.text, how=how)
        if is_asked:
            self.invite(self.person.id, "case", once=f"case:{dispute.id}:{word.id}:{side}", dispute_id=dispute.id, asked=True, invited=turn)

    def on_case_decided(self, facts: dict[str, Any]) -> None:
        dispute = Dispute.by_id(self.db, facts["dispute_id"])
        if any(frame is self.frame for frame in self.scene.stack):
            self.ended()
            self.hand_over_to("decision", for_good=True, dispute_id=dispute.id)
        else:
            self.invite(self.person.id, "decision", once=f"decision:{dispute.id}:{self.person.id}", dispute_id=dispute.id)
        self._go_on_with(dispute)

    def on_case_due(self, facts: dict[str, Any]) -> None:
        """Rung by the clock of a case: whoever minds it is warned."""
        dispute = Dispute.by_id(self.db, facts["dispute_id"])
        if dispute.state == "open":
            dispute.alarm(self.db, "due", self.now)
            self.scene.wakes.add("events")

    def on_case_overdue(self, facts: dict[str, Any]) -> None:
        Dispute.by_id(self.db, facts["dispute_id"]).escalate(self.db, self.now)
        self.scene.wakes.add("events")

    def on_case_alarm(self, facts: dict[str, Any]) -> None:
        """For who minds the cases, as long as there is no page."""
        dispute = Dispute.by_id(self.db, facts["dispute_id"])
        values: dict[str, Any] = {"order": dispute.order(self.db).number, "category": self.line(dispute.category), "priority": dispute.priority}
        due = days.moment(dispute.answer_due_at, self.now)
        self.tell(self.person.id, f"alarm_{facts['kind']}", case=dispute.number, due=due, **values)

    # -- private

    def _choose(self, dispute_id: int) -> None:
        """One talk about a case is enough: what lay below of the same one is over."""
        same = [f for f in self.scene.stack if f.flow == self.name and f is not self.frame and f.memory.get("dispute_id") == dispute_id]
        self.scene.stack[:] = [f for f in self.scene.stack if f not in same]
        self.memory.dispute_id, self.memory.since = dispute_id, self.now.isoformat()
        self.chosen()

    def _add(self, dispute: Dispute, entry: dict[str, Any]) -> None:
        dispute.say(self.db, self._side(dispute), entry, self.now)
        self.memory.said, self.memory.invited, self.memory.since = True, False, self.now.isoformat()
        self.scene.wakes |= {"events", "pictures", "voice"}

    def _go_on_with(self, dispute: Dispute) -> None:
        """An order that goes on waits for somebody: asked again, after the decision."""
        order = dispute.order(self.db)
        side, flow = RESUMED.get(order.state, ("", ""))
        if side and self.person.id == dispute.person_on(self.db, side):
            again = {"again": True} if flow == "fitting" else {}
            self.invite(self.person.id, flow, once=f"resumed:{dispute.id}", order_id=order.id, **again)

    def _is_done(self) -> bool:
        heard = self.scene.heard
        if heard is None or heard.media is not None or len(self.text) > LONGEST_DONE:
            return False
        try:
            return self.choice() == "done"
        except NotUnderstood:
            return False

    def _is_on_top(self) -> bool:
        return bool(self.scene.stack) and self.frame is self.scene.stack[-1]

    def _is_accused(self, dispute: Dispute) -> bool:
        """Whether it was the other side that complained, and this one has said nothing yet."""
        side = self._side(dispute)
        return side != dispute.side and all(word.who != side for word in DisputeWord.of(self.db, dispute.id))

    def _values(self, dispute: Dispute) -> dict[str, Any]:
        order = dispute.order(self.db)
        held = ledger.held(self.db, order.id)
        said = [word.text for word in DisputeWord.of(self.db, dispute.id) if word.who == dispute.side and not (word.picture_id or word.recording_id)]
        key = "state_late" if dispute.is_overdue(self.now) else f"state_{dispute.state}"
        return {
            "case": dispute.number, "order": order.number, "category": self.line(dispute.category), "name": self._other(dispute),
            "frozen": self.line("frozen", held=ghs(held)) if held else self.line("frozen_nothing"), "text": (said[0] if said else "")[:QUOTED],
            "state": self.line(key, due=days.moment(dispute.answer_due_at, self.now)),
        }  # fmt: skip

    def _file(self, word: DisputeWord) -> str:
        """The link of its photo, document or voice note; "" where it has none."""
        if word.picture_id:
            picture = Picture.by_id(self.db, word.picture_id)
            return self.scene.links.evidence(picture.id, picture.content_type or "")
        return self.scene.links.voice(word.recording_id) if word.recording_id else ""

    def _other(self, dispute: Dispute) -> str:
        return dispute.name_of(self.db, "tailor" if self._side(dispute) == "customer" else "customer")

    def _side(self, dispute: Dispute) -> str:
        side = dispute.side_of(self.db, self.person.id)
        assert side is not None
        return side

    def _dispute(self) -> Dispute:
        return Dispute.by_id(self.db, self.memory.dispute_id)

    def subject(self) -> str:
        return f"D-{self.memory.dispute_id}" if self.memory.dispute_id else ""

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return cls.name, {}

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        return not memory.get("dispute_id") or not Dispute.by_id(db, memory["dispute_id"]).is_closed
