"""A tailor reads a review and may answer it, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules.reputation import MARKS
from bot.understand import NotUnderstood
from models.review import Review
from models.tailor import Tailor

WORDS_LIMIT = 500


class Reply(Flow):
    """Shows a review to its tailor and takes the answer."""

    patient = True
    for_tailors = True
    starts_with = ("reply", "my reviews", "answer review")
    states = ("which", "wish", "words")
    transitions = (
        ("chosen", "which", "wish"),
        ("nothing_open", "which", "done"),
        ("wants_to", "wish", "words"),
        ("kept_quiet", "wish", "done"),
        ("answered_before", "wish", "done"),
        ("answered", "words", "done"),
    )
    says = {
        "which": "Which review would you like to answer?",
        "hint_which": "Send the number of a review.",
        "nothing": "There is no review to answer now.",
        "wish": "{customer} has reviewed {order} ({garment}):\n{marks}{words}\n\nWould you like to answer? You can, once.",
        "hint_wish": "Please answer *yes* or *no*.",
        "words": "What shall I tell {customer}?",
        "hint_words": "A few words, like *Thank you, come again*.",
        "mark": "★ {stars} {what}", "quality": "sewing", "fit": "fit", "punctuality": "on time", "communication": "talking",
        "about": "★ {stars} by {customer}",
        "said": "\n“{words}”",
        "kept_quiet": "All right. Send *reply* if you want to answer later.",
        "answered": "Thank you, I pass it on.",
        "customer_answered": "{tailor} answers your review of {order}: “{words}”",
        "late": "This review has your answer already.", "not_allowed_answered": "This review has your answer already.",
    }  # fmt: skip

    @dataclass
    class Memory:
        review_id: int = 0

    def ask_which(self) -> None:
        mine = [] if self.memory.review_id else self._unanswered()
        if self.memory.review_id or len(mine) == 1:
            self.memory.review_id = self.memory.review_id or mine[0].id
            self.chosen()
        elif not mine:
            self.say("nothing")
            self.nothing_open()
        else:
            self.ask("which", [(str(r.id), r.order(self.db).number, self._about(r)) for r in mine])

    def hear_which(self) -> None:
        self.memory.review_id = int(self.choice())
        self.chosen()

    def ask_wish(self) -> None:
        review = self._review()
        if review.reply is not None:
            self.say("late")
            self.answered_before()
            return
        order = review.order(self.db)
        marks = "\n".join(self.line("mark", stars=getattr(review, mark), what=self.line(mark)) for mark in MARKS)
        said = self.line("said", words=review.words) if review.words else ""
        values = {"customer": order.customer(self.db).first_name, "order": order.number, "garment": order.noun(self.db)}
        picture = self.scene.links.picture(review.picture_id) if review.picture_id and review.has_photo(self.db) else ""
        self.ask_yes_no("wish", picture=picture, marks=marks, words=said, **values)

    def hear_wish(self) -> None:
        if self.said_yes():
            self.wants_to()
        else:
            self.say("kept_quiet")
            self.kept_quiet()

    def ask_words(self) -> None:
        self.ask("words", customer=self._review().order(self.db).customer(self.db).first_name)

    def hear_words(self) -> None:
        words = self.text[:WORDS_LIMIT]
        if sum(c.isalpha() for c in words) < 3:
            raise NotUnderstood("no_words")
        review = self._review(lock=True)
        review.answer(words, self.now)
        order = review.order(self.db)
        self.say("answered")
        self.tell(order.customer_id, "customer_answered", tailor=order.tailor(self.db).business, order=order.number, words=words)
        self.answered()

    def _about(self, review: Review) -> str:
        return self.line("about", stars=f"{review.stars100 / 100:.1f}", customer=review.order(self.db).customer(self.db).first_name)

    def _unanswered(self) -> list[Review]:
        tailor = Tailor.of_person(self.db, self.person.id)
        return Review.unanswered(self.db, tailor.id) if tailor else []

    def _review(self, *, lock: bool = False) -> Review:
        return Review.by_id(self.db, self.memory.review_id, lock=lock)

    def subject(self) -> str:
        return str(self.memory.review_id or "")

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return cls.name, {}

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        return not memory.get("review_id") or Review.by_id(db, memory["review_id"]).reply is None
