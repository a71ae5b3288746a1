"""How was it? Four marks and a few words for the tailor, once an order is complete."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from bot.flow import Flow, Scene
from bot.rules.reputation import MARKS, MOST
from bot.understand import plain
from models.order import Order
from models.picture import Picture
from models.review import Review as Given

WORDS_LIMIT = 500
STARS = "★"


class Review(Flow):
    """Asks the customer for a review."""

    patient = True
    by_day = ("review_request",)
    starts_with = ("review", "rate", "my review", "rate my tailor")
    listens = {"words": ("image",)}
    states = ("which", *MARKS, "words")
    transitions = (
        ("chosen", "which", "quality"),
        ("nothing_open", "which", "done"),
        ("quality_marked", "quality", "fit"),
        ("fit_marked", "fit", "punctuality"),
        ("punctuality_marked", "punctuality", "communication"),
        ("communication_marked", "communication", "words"),
        *(("put_off", mark, "done") for mark in MARKS),
        ("given", "words", "done"),
    )
    says = {
        "which": "Which order would you like to review?",
        "hint_which": "Send the number of an order.",
        "nothing": "There is no finished order to review. It is possible once, within 90 days.",
        "quality": "How was your {garment} by {tailor} ({order})? Four short questions; they help others to choose.\n\n*How well is it sewn?*",
        "fit": "*How well does it fit?*", "punctuality": "*Was it on time?*", "communication": "*How was it to talk with {tailor}?*",
        "hint_quality": "A number from 1 (poor) to 5 (very good), or *later*.", "hint_fit": "A number from 1 to 5, or *later*.",
        "hint_punctuality": "A number from 1 to 5, or *later*.", "hint_communication": "A number from 1 to 5, or *later*.",
        "mark_1": "poor", "mark_2": "not so good", "mark_3": "all right", "mark_4": "good", "mark_5": "very good", "later": "Later",
        "words": "Thank you! A few words about it, or a photo of you in it?", "hint_words": "Words, a photo, or *skip*.",
        "put_off": "All right. Send *review* whenever you like, within 90 days.",
        "given": "Thank you! {tailor} reads it, and it helps others to choose.",
        "photo_lost": "I could not open the photo of your review; the rest of it counts.",
        "not_allowed_reviewed": "You have reviewed this order already. Thank you!",
        "not_allowed_too_late": "It was finished more than 90 days ago: reviews are closed.",
        "not_allowed_not_finished": "This order is not finished.",
    }  # fmt: skip

    @dataclass
    class Memory:
        order_id: int = 0
        marks: list[int] = field(default_factory=list)  # in the order of MARKS

    def ask_which(self) -> None:
        mine = Given.open_for(self.db, self.person.id, self.now)
        if self.memory.order_id in [o.id for o in mine] or len(mine) == 1:
            self.memory.order_id = self.memory.order_id or mine[0].id
            self.chosen()
        elif not mine or self.memory.order_id:
            self.say("nothing")
            self.nothing_open()
        else:
            self.ask("which", [(str(o.id), o.number, o.noun(self.db)) for o in mine])

    def hear_which(self) -> None:
        self.memory.order_id = int(self.choice())
        self.chosen()

    def ask_quality(self) -> None:
        self._ask_mark("quality")

    def hear_quality(self) -> None:
        self._hear_mark(self.quality_marked)

    def ask_fit(self) -> None:
        self._ask_mark("fit")

    def hear_fit(self) -> None:
        self._hear_mark(self.fit_marked)

    def ask_punctuality(self) -> None:
        self._ask_mark("punctuality")

    def hear_punctuality(self) -> None:
        self._hear_mark(self.punctuality_marked)

    def ask_communication(self) -> None:
        self._ask_mark("communication")

    def hear_communication(self) -> None:
        self._hear_mark(self.communication_marked)

    def ask_words(self) -> None:
        self.ask("words", [("skip", self.line("skip"))])

    def hear_words(self) -> None:
        heard = self.scene.heard
        assert heard
        words, picture_id = self.text[:WORDS_LIMIT], None
        if heard.kind == "image" and heard.media:
            sequel = {"lost": "review_photo_lost", "facts": {"order_id": self.memory.order_id}}
            picture_id = Picture.want(self.db, self.person.id, heard.channel, heard.media.url, heard.media.content_type, sequel, self.now).id
            self.scene.wakes.add("pictures")
        elif heard.tap or plain(words) == "skip" or not any(c.isalnum() for c in words):
            self.choice()
            words = ""
        self._give(words, picture_id)
        self.given()

    # -- what happens outside

    def on_review_request(self, facts: dict[str, Any]) -> None:
        """A day after the order was complete."""
        self.invite(self.person.id, "review", once=f"review:{facts['order_id']}", order_id=facts["order_id"])

    def on_review_photo_lost(self, facts: dict[str, Any]) -> None:
        review = Given.of_order(self.db, facts["order_id"])
        if review and review.picture_id == facts["picture_id"]:
            review.picture_id = None
            self.tell(self.person.id, "photo_lost")

    # -- private

    def _ask_mark(self, mark: str) -> None:
        order = Order.by_id(self.db, self.memory.order_id)
        stars = [(str(n), STARS * n, self.line(f"mark_{n}")) for n in range(1, MOST + 1)]
        values = {"garment": order.noun(self.db), "tailor": order.tailor(self.db).business, "order": order.number}
        self.ask(mark, [*stars, ("later", self.line("later"), "")], **values)

    def _hear_mark(self, onward: Any) -> None:
        wish = self.choice()
        if wish == "later":
            self.say("put_off")
            self.put_off()
        else:
            self.memory.marks = [*self.memory.marks, int(wish)]
            onward()

    def _give(self, words: str, picture_id: int | None) -> None:
        order = Order.by_id(self.db, self.memory.order_id, lock=True)
        marks = dict(zip(MARKS, self.memory.marks, strict=True))
        review = Given.give(self.db, order, marks, person_id=self.person.id, words=words, picture_id=picture_id, now=self.now)
        tailor = order.tailor(self.db)
        self.say("given", tailor=tailor.business)
        self.invite(tailor.person_id, "reply", once=f"reply:{review.id}", kindly=True, review_id=review.id)

    def subject(self) -> str:
        return Order.by_id(self.db, self.memory.order_id).number if self.memory.order_id else ""

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return cls.name, {}

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        return not memory.get("order_id") or Given.of_order(db, memory["order_id"]) is None
