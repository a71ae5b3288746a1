"""Something is wrong with an order: which one, what kind of trouble, in words, photos or by voice; then its money is frozen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.flow import AskAgain, Flow, Scene
from bot.rules import NotAllowed, days, numbering
from bot.rules import dispute as rules
from bot.rules.money import ghs
from bot.understand import NotUnderstood, plain
from models import ledger
from models.dispute import REFUSED
from models.dispute import Dispute as Case
from models.dispute_word import DisputeWord, gathered
from models.order import Order
from models.picture import Picture
from models.recording import Recording
from models.timer import Timer

LONGEST_DONE = 12  # characters; a longer text tells something
FEWEST_LETTERS = 3
UNSAID = timedelta(hours=1)  # then what was told opens the case without "done"
NUMBER = re.compile(r"\bsw ?\d{4} ?[0-9a-z]{5}\b")


class Dispute(Flow):
    """Opens a case; customers and tailors alike."""

    by_hand = True
    starts_with = ("problem", "complaint", "dispute", "complain", "report a problem", "i have a problem", "there is a problem", "something is wrong")
    listens = {"words": ("image", "audio", "document", "video")}
    states = ("which", "category", "words")
    transitions = (
        ("chosen", "which", "category"),
        ("case_there", "which", "done"),
        ("nothing_there", "which", "done"),
        ("named", "category", "words"),
        ("opened_for_her", "category", "done"),
        ("opened", "words", "done"),
        ("came_too_late", "words", "done"),
    )
    says = {
        "which": "I am sorry to hear that. Which order is it about?",
        "hint_which": "Send the number of an order.",
        "nothing": "You have no order that is paid and under way, so there is no money to hold back. For anything else send *agent*.",
        "unknown": "I find no order {number} of yours.",
        "category": "{order}: what is it about?",
        "hint_category": "Send a number from 1 to 6.",
        "quality": "Quality of the work", "delay": "Delay", "payment": "Payment", "communication": "Communication",
        "milestone": "A step was rejected", "other": "Something else",
        "words": "What happened? Write it, or send a voice note, photos or a PDF: up to {most} files of 10 MB.\n"
        "With *done* the case opens, and the money of {order} is frozen at once.",
        "more": "Noted{files}. Send more, or *done* to open the case.",
        "files": " ({count} of {most} files)",
        "hint_words": "For example *the sleeves are too short*, and then *done*.",
        "done": "Done",
        "opened": "Case *{case}* is open: {order}, {category}.\n{frozen} All clocks stand still.\n"
        "A mediator answers by {due}. I tell {other}. With *my case* you can add to it.",
        "added": "What you told me is part of case *{case}* now.",
        "frozen": "The {held} we hold is frozen: nobody gets it before this is decided.",
        "frozen_nothing": "We hold no money of this order just now, and none will be asked for.",
        "not_right": "It is not right.",
        "no_more_said": "You told me that something is wrong with {order} and then no more, so I open the case for you.",
        "lost": "I could not open that file. Please send it once more: a photo, a voice note or a PDF, of up to 10 MB.",
        "not_allowed_unpaid": "{order} is not paid yet, so there is no money to freeze. Send *cancel order* if you do not want it.",
        "not_allowed_over": "{order} is settled already. If something is still wrong, send *agent* and a person will look.",
        "not_allowed_already_open": "There is a case about {order} already.",
        "not_allowed_no_evidence": "I can keep photos, voice notes and PDFs here, nothing else.",
        "not_allowed_too_many_files": "That is more than {most} files. Please say the rest in words.",
    }  # fmt: skip

    @dataclass
    class Memory:
        order_id: int = 0
        sure: bool = False  # she has said that it is not right
        number: str = ""  # as it was named
        category: str = ""
        entries: list[dict[str, Any]] = field(default_factory=list)

    def opened_with(self, text: str) -> None:
        named = NUMBER.search(text)
        self.memory.number = (named and numbering.read_order_number(named[0])) or ""

    # -- the talk

    def ask_which(self) -> None:
        orders = Case.possible(self.db, self.person.id)
        if self.memory.number:
            orders = [o for o in orders if o.number == self.memory.number]
        if self.memory.order_id or len(orders) == 1:
            self._take(Order.by_id(self.db, self.memory.order_id or orders[0].id))
        elif orders:
            self.ask("which", [(str(o.id), o.number, o.noun(self.db)) for o in orders])
        else:
            self._say_why_not()
            self.nothing_there()

    def hear_which(self) -> None:
        self._take(Order.by_id(self.db, int(self.choice())))

    def ask_category(self) -> None:
        self.ask("category", [(c, self.line(c)) for c in rules.CATEGORIES], order=self._order().number)

    def hear_category(self) -> None:
        self.memory.category = self.choice()
        self.named()

    def ask_words(self) -> None:
        count, done = self._files(), [("done", self.line("done"))]
        if self.memory.entries:
            self.ask("more", done, files=self.line("files", count=count, most=rules.MOST_FILES) if count else "")
        else:
            self.ask("words", done, order=self._order().number, most=rules.MOST_FILES)

    def hear_words(self) -> None:
        heard = self.scene.heard
        assert heard
        if self._is_done():
            if not self.memory.entries:
                raise NotUnderstood("nothing_said")
            self._open()
            return
        if plain(self.text) in self.starts_with:
            raise AskAgain
        if heard.media is None and sum(c.isalpha() for c in self.text) < FEWEST_LETTERS:
            raise NotUnderstood("nothing_said")
        self.memory.entries = [*self.memory.entries, gathered(self.db, self.person.id, heard, self.scene.inbox_id, self._files(), self.now)]
        self.scene.wakes |= {"pictures", "voice"}
        facts = {"order_id": self.memory.order_id, "sure": self.memory.sure}
        Timer.set(self.db, f"order:{self.memory.order_id}:not_right", "not_right_unsaid", self.person.id, facts, self.now + UNSAID)

    # -- what happens outside

    def on_not_right_unsaid(self, facts: dict[str, Any]) -> None:
        """She began to tell that something is wrong and said no more: the money is frozen all the same."""
        order = Order.by_id(self.db, facts["order_id"], lock=True)
        if order.state in REFUSED or not (facts["sure"] or self.memory.entries):
            return
        self.memory.order_id, self.memory.category = order.id, self.memory.category or "other"
        self.say("no_more_said", order=order.number)
        self._begin(self.memory.entries or [{"text": self.line("not_right")}])
        if any(frame is self.frame for frame in self.scene.stack):
            self.opened() if self.state == "words" else self.opened_for_her()

    def on_evidence_kept(self, facts: dict[str, Any]) -> None:
        """A photo or PDF is here: shown to the other side, unless its case is not open yet."""
        word = DisputeWord.with_file(self.db, picture_id=facts["picture_id"])
        if word:
            self._pass_on(word)

    def on_evidence_lost(self, facts: dict[str, Any]) -> None:
        word = DisputeWord.with_file(self.db, picture_id=facts["picture_id"])
        self._forget(word, "picture_id", facts["picture_id"])

    def on_evidence_heard(self, facts: dict[str, Any]) -> None:
        """A voice note was listened to: the sound is kept, and its words beside it where they are sure."""
        recording = Recording.by_id(self.db, facts["recording_id"])
        word = DisputeWord.with_file(self.db, recording_id=recording.id)
        said = (recording.said or "")[: rules.TEXT_LIMIT] if facts["quotable"] and recording.why in (None, "partly") else ""
        if recording.state == "lost":
            self._forget(word, "recording_id", recording.id)
        elif word:
            word.text = said
            self._pass_on(word)
        else:
            mine = ({**e, "text": said} if e.get("recording_id") == recording.id else e for e in self.memory.entries)
            self.memory.entries = list(mine)

    # -- private

    def _take(self, order: Order) -> None:
        self.memory.order_id = order.id
        if order.state == "DISPUTED":
            self.say("not_allowed_already_open", order=order.number)
            self.case_there()
            self.hand_over_to("case", for_good=True, order_id=order.id)
        else:
            self.chosen()

    def _say_why_not(self) -> None:
        named = self.memory.number
        order = Order.numbered(self.db, named, customer_id=self.person.id) if named else None
        if order and order.state in REFUSED:
            self.refuse(NotAllowed(REFUSED[order.state], order=order.number))
        else:
            self.say("unknown", number=named) if named else self.say("nothing")

    def _is_done(self) -> bool:
        heard = self.scene.heard
        if heard is None or heard.media is not None or len(self.text) > LONGEST_DONE:
            return False
        try:
            return self.choice() == "done"
        except NotUnderstood:
            return False

    def _open(self) -> None:
        try:
            self._begin(self.memory.entries)
        except NotAllowed as refusal:
            self.refuse(refusal)
            if refusal.reason == "already_open":
                self._add_to_it()
            self.came_too_late()
        else:
            self.opened()

    def _add_to_it(self) -> None:
        """The other side was faster: what she told belongs to that case."""
        dispute = Case.last_of(self.db, self.memory.order_id)
        side = dispute and dispute.side_of(self.db, self.person.id)
        if dispute and side:
            for entry in self.memory.entries:
                dispute.say(self.db, side, entry, self.now)
            self.say("added", case=dispute.number)
            self.scene.wakes.add("events")

    def _begin(self, entries: list[dict[str, Any]]) -> None:
        dispute = Case.open(self.db, self.memory.order_id, self.person.id, self.memory.category, self.now)
        words = "\n".join(e["text"] for e in entries if len(e) == 1)
        if words:
            DisputeWord.add(self.db, dispute, dispute.side, {"text": words}, self.now)
        dispute.alarm(self.db, "opened", self.now)
        other = "tailor" if dispute.side == "customer" else "customer"
        self.invite(dispute.person_on(self.db, other), "case", once=f"case:{dispute.id}", kindly=True, dispute_id=dispute.id, invited=True)
        for entry in entries:
            if len(entry) > 1 and not self._is_lost(entry):
                dispute.say(self.db, dispute.side, entry, self.now)
        self._say_opened(dispute, other)

    def _say_opened(self, dispute: Case, other: str) -> None:
        held = ledger.held(self.db, dispute.order_id)
        self.say(
            "opened", case=dispute.number, order=self._order().number, category=self.line(dispute.category).lower(),
            frozen=self.line("frozen", held=ghs(held)) if held else self.line("frozen_nothing"),
            due=days.moment(dispute.answer_due_at, self.now), other=dispute.name_of(self.db, other),
        )  # fmt: skip

    def _pass_on(self, word: DisputeWord) -> None:
        word.pass_on(self.db, Case.by_id(self.db, word.dispute_id), self.now)
        self.scene.wakes.add("events")

    def _forget(self, word: DisputeWord | None, kind: str, ident: int) -> None:
        """A file that could not be opened does not count."""
        if word:
            self.db.delete(word)
        self.memory.entries = [e for e in self.memory.entries if e.get(kind) != ident]
        self.tell(self.person.id, "lost")

    def _is_lost(self, entry: dict[str, Any]) -> bool:
        if "picture_id" in entry:
            return Picture.by_id(self.db, entry["picture_id"]).state == "lost"
        return Recording.by_id(self.db, entry["recording_id"]).state == "lost"

    def _files(self) -> int:
        return sum(len(entry) > 1 for entry in self.memory.entries)

    def _order(self) -> Order:
        return Order.by_id(self.db, self.memory.order_id)

    def subject(self) -> str:
        return self._order().number if self.memory.order_id else ""

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        """An old button of an order: the case that it has by now, or how the order stands."""
        return ("follow", {"number": subject}) if subject else (cls.name, {})
