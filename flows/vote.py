"""The coordinator lets her circle vote on cloth or style: numbered options in words or photos, then the result for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.flow import AskAgain, Flow, Scene
from bot.rules import NotAllowed
from bot.rules import circle as rules
from bot.understand import NotUnderstood, plain
from models.circle import Circle
from models.picture import Picture
from models.vote import Vote as Opened

LABEL = 20  # a button


class Vote(Flow):
    """Opens a vote, shows how it stands, closes it."""

    listens = {"options": ("image",)}
    states = ("options", "running")
    transitions = (
        ("under_way", "options", "running"),
        ("opened", "options", "done"),
        ("left_open", "running", "done"),
        ("closed", "running", "done"),
    )
    says = {
        "options": "What shall they choose from? Write all options in one message: *blue lace, white lace, gold*. Or send photos of the cloth, "
        "one by one, each with a name under it.",
        "options_more": "{count} so far: {names}. One more, or shall they vote?",
        "hint_options": "At least two options, with commas between them: *blue lace, white lace*.",
        "begin": "Let them vote", "cloth": "Cloth {n}",
        "opened": "I ask everybody. Send *my circle*, *Vote*, to see how it stands or to close it.",
        "running": "The vote so far:\n{rows}\n{voted} of {all} have voted.",
        "hint_running": "Tap *Close the vote* or *Let it run*.",
        "close": "Close the vote", "wait": "Let it run",
        "row": "{n}. {label}: {count}",
        "waits": "Good, it runs on.",
        "result": "The vote is closed: *{winner}*.\n{rows}", "tie": "The vote is closed, and it is a tie between {winners}.\n{rows}",
        "nobody": "The vote is closed; nobody has voted.",
        "picture": "{n}. {label}",
        "not_allowed_vote_under_way": "A vote is open already.",
        "not_allowed_photo_coming": "One photo is still on its way. Please tap once more in a moment.",
        "not_allowed_too_many": "Nine options are the most.",
    }  # fmt: skip

    @dataclass
    class Memory:
        circle_id: int = 0
        options: list[dict[str, Any]] = field(default_factory=list)  # label, picture_id

    def ask_options(self) -> None:
        options = self.memory.options
        if Opened.open_in(self.db, self.memory.circle_id):
            self.under_way()
        elif options:
            row = [("begin", self.line("begin"))] if len(options) > 1 else []
            self.ask("options_more", row, count=len(options), names=", ".join(o["label"] for o in options))
        else:
            self.ask("options")

    def hear_options(self) -> None:
        heard = self.scene.heard
        if heard and heard.kind == "image":
            self._take_photo()
        elif self._begins():
            self._open(self._kept())
        else:
            labels = [part.strip(" .\n") for part in self.text.replace("\n", ",").replace(";", ",").split(",")]
            labels = list(dict.fromkeys(_short(label) for label in labels if plain(label)))
            if len(labels) < 2:
                raise NotUnderstood("one_option")
            self._open([{"label": label, "picture_id": None} for label in labels])

    def ask_running(self) -> None:
        vote = Opened.open_in(self.db, self.memory.circle_id)
        if vote is None:
            self.closed()
            self.hand_over_to("circles", circle_id=self.memory.circle_id)
            return
        options = [("close", self.line("close")), ("wait", self.line("wait"))]
        voted, everybody = sum(vote.counts(self.db)), len(self._circle().members(self.db))
        self.ask("running", options, rows=self._rows(vote), voted=voted, all=everybody)

    def hear_running(self) -> None:
        if self.choice() == "wait":
            self.say("waits")
            self.left_open()
            return
        circle = Circle.by_id(self.db, self.memory.circle_id, lock=True)
        vote = Opened.open_in(self.db, circle.id)
        if vote is None:
            return
        vote.close(self.now)
        winners = vote.winners(self.db)
        key = "nobody" if not winners else "result" if len(winners) == 1 else "tie"
        for person_id in circle.members(self.db):
            self.tell(person_id, key, winner="".join(winners[:1]), winners=" and ".join(winners), rows=self._rows(vote))
        self.closed()

    # -- private

    def _begins(self) -> bool:
        if len(self.memory.options) < 2:
            return False
        try:
            return self.choice() == "begin"
        except NotUnderstood:
            return False

    def _take_photo(self) -> None:
        heard = self.scene.heard
        assert heard and heard.media
        if len(self.memory.options) >= rules.OPTIONS_MOST:
            raise NotAllowed("too_many")
        wanted = Picture.want(self.db, self.person.id, heard.channel, heard.media.url, heard.media.content_type, {}, self.now)
        self.scene.wakes.add("pictures")
        label = _short(heard.text) or self.line("cloth", n=len(self.memory.options) + 1)
        self.memory.options = [*self.memory.options, {"label": label, "picture_id": wanted.id}]

    def _kept(self) -> list[dict[str, Any]]:
        """Options whose photos are here; one that could not be opened is left out."""
        states = {o["picture_id"]: Picture.by_id(self.db, o["picture_id"]).state for o in self.memory.options}
        if "wanted" in states.values():
            raise NotAllowed("photo_coming")
        self.memory.options = [o for o in self.memory.options if states[o["picture_id"]] == "kept"]
        if len(self.memory.options) < 2:
            raise AskAgain("lost_photos")
        return list(self.memory.options)

    def _open(self, options: list[dict[str, Any]]) -> None:
        if len(options) > rules.OPTIONS_MOST:
            raise NotAllowed("too_many")
        circle = Circle.by_id(self.db, self.memory.circle_id, lock=True)
        vote = Opened.start(self.db, circle.id, options, self.now)
        circle.touch(self.db, self.now)
        for person_id in circle.members(self.db):
            for n, option in enumerate(options, 1):
                if option["picture_id"]:
                    picture = self.scene.links.picture(option["picture_id"])
                    self.tell(person_id, "picture", picture=picture, n=n, label=option["label"]) if person_id != self.person.id else None
            self.invite(person_id, "ballot", once=f"ballot:{vote.id}:{person_id}", vote_id=vote.id, circle_id=circle.id)
        self.say("opened")
        self.opened()

    def _rows(self, vote: Opened) -> str:
        counted = zip(vote.options, vote.counts(self.db), strict=True)
        return "\n".join(self.line("row", n=n, label=o["label"], count=count) for n, (o, count) in enumerate(counted, 1))

    def _circle(self) -> Circle:
        return Circle.by_id(self.db, self.memory.circle_id)

    def subject(self) -> str:
        return str(self.memory.circle_id or "")

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        return "circles", {}


def _short(label: str) -> str:
    """As much as a button holds, in whole words where it can."""
    words = " ".join(label.split())
    return words if len(words) <= LABEL else f"{words[: LABEL - 1].rpartition(' ')[0] or words[: LABEL - 1]}…"
