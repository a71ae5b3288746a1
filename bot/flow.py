"""The base of every conversation: a table of states, an asker and a listener for each, and a voice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy.orm import Session
from transitions import Machine

from bot.links import Links
from bot.messages import LIST_LIMIT, Choice, Incoming, Reply
from bot.rules import NotAllowed, days
from bot.rules.notices import not_before
from bot.rules.payment import Till
from bot.understand import NotUnderstood, choose, yes_no
from bot.words import Words
from models.inbox import Inbox
from models.person import Person
from models.recording import Recording

DONE, MORE = "done", "more"
PAST_LIMIT = 16
Option = tuple[str, str] | tuple[str, str, str]  # id, label, about

#: Lines every conversation may use.
COMMON = {
    "yes": "Yes", "no": "No", "more": "More", "choose": "Choose", "skip": "Skip",
    "missed_1": "Sorry, I did not get that. {hint}",
    "missed_2": "Please tap one of these or send its number.",
    "missed_2_open": "Let us try once more, in a few words. {hint}",
    "missed_3": "I am still not sure what you mean. Send *agent* and a person will help you, or *menu* to start over.",
    "missed_4": "That one is beyond me. *agent* brings a person, *back* goes one question back.",
    "hint": "Please answer with one of the choices.", "not_allowed": "That is not possible right now.",
    "not_here": "I can read text and photos, but I cannot use a {kind} here.",
    "kind_audio": "voice note", "kind_video": "video", "kind_document": "document", "kind_sticker": "sticker",
    "kind_contact": "contact card", "kind_location": "location", "kind_image": "photo", "kind_unsupported": "message of this kind",
    "sorry": "Sorry, something went wrong on our side. Your last message changed nothing; please send it once more.",
    "not_allowed_not_now": "That is not possible any more: the order has moved on.",
    "not_allowed_total_out_of_range": "An order must come to between GHS 30 and GHS 10,000.",
    "not_allowed_day_full": "The tailor has no room on that day. Please give another date.",
    "not_allowed_full": "That is more people than I can keep for one account. Send *agent* and a person will help.",
    "not_allowed_month_full": "The tailor has no room that month. Please give a later date.",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Frame:
    """One conversation on a person's stack, as it is stored."""

    flow: str
    state: str
    memory: dict[str, Any] = field(default_factory=dict)
    offered: list[list[str]] = field(default_factory=list)  # what the last question offered: id, label
    shown: int = 0  # how many of them were on the page
    page: int = 0
    past: list[list[Any]] = field(default_factory=list)  # earlier (flow, state, memory), for "back"
    called: bool = False  # by the conversation below, as a part of it

    def stored(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Scene:
    """One message or event being dealt with: who, when, what was heard, and what will be said."""

    db: Session
    now: datetime
    person: Person
    words: Words
    links: Links
    till: Till
    stack: list[Frame]
    channel: str  # the one the person is on
    heard: Incoming | None = None
    inbox_id: int | None = None
    recording: Recording | None = None  # the voice note the words came from
    has_reader: bool = False  # whether a language model may be asked to read a text once more
    waits: bool = False  # an answer is under way: nothing is asked meanwhile
    is_secret: bool = False  # what was heard is not kept
    is_passed_on: bool = False  # the conversation that is now on top hears the same message
    attended_by: str | None = None  # the login of who speaks with the person now, while the bot is silent
    misses: int = 0
    replies: list[Reply] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)
    wakes: set[str] = field(default_factory=set)


class Flow:
    """One conversation. See docs/ADDING.md; the tables are checked by tests/test_every_flow.py."""

    name: ClassVar[str]
    starts_with: ClassVar[tuple[str, ...]] = ()
    for_tailors: ClassVar[bool] = False  # only tailors may start it
    patient: ClassVar[bool] = False  # may be answered days later without "welcome back"
    by_hand: ClassVar[bool] = False  # about money: never answered by voice, which may be misheard
    fleeting: ClassVar[bool] = False  # a look at something: leaving it loses nothing
    final: ClassVar[tuple[str, ...]] = ()  # states with no way back
    by_day: ClassVar[tuple[str, ...]] = ()  # events that wait for the morning: nobody is woken
    listens: ClassVar[dict[str, tuple[str, ...]]] = {}  # kinds beside text and taps, per state
    states: ClassVar[tuple[str, ...]]
    transitions: ClassVar[tuple[tuple[str, str, str], ...]]
    says: ClassVar[dict[str, str]]
    machine: ClassVar[Machine]
    Memory: ClassVar[type]
    state: str

    if TYPE_CHECKING:

        def __getattr__(self, event: str) -> Callable[[], bool]: ...

    def __init_subclass__(cls) -> None:
        """Builds the machine once per class; a message only borrows it."""
        cls.name = cls.__module__.rpartition(".")[2]
        known = {*cls.states, DONE}
        for event, origin, target in cls.transitions:
            if not {origin, target} <= known:
                raise TypeError(f"{cls.name}: {event} joins unknown states {origin} and {target}")
            if event in dir(Flow) or event in vars(cls):
                raise TypeError(f"{cls.name}: a method hides the event {event}")
        cls.machine = Machine(
            model=None, states=[*cls.states, DONE], initial=cls.states[0], transitions=[list(row) for row in cls.transitions], auto_transitions=False
        )
        for event in {row[0] for row in cls.transitions}:
            setattr(cls, event, _fires(event))

    def __init__(self, scene: Scene, frame: Frame) -> None:
        self.scene, self.frame, self.state = scene, frame, frame.state
        self.db, self.now, self.person = scene.db, scene.now, scene.person
        known = self.Memory.__dataclass_fields__  # type: ignore[attr-defined]
        self.memory: Any = self.Memory(**{k: v for k, v in frame.memory.items() if k in known})

    # -- hearing

    @classmethod
    def opens_amid(cls, db: Session, text: str) -> bool:
        """Whether a sentence that begins with one of our words is for us even in the middle of another conversation."""
        return True

    def opened_with(self, text: str) -> None:
        """What the opening sentence says beyond its first words ("order *a kente shirt*")."""

    @property
    def text(self) -> str:
        return self.scene.heard.text.strip() if self.scene.heard else ""

    @property
    def today(self) -> date:
        return self.now.date()

    def choice(self) -> str:
        """The id of the offered answer that was tapped, numbered, named or nearly named. Raises NotUnderstood."""
        heard = self.scene.heard
        ids = [row[0] for row in self.frame.offered]
        picked = heard.tap if heard and heard.tap and heard.tap in ids else ids[self._chosen()]
        if picked == MORE:
            self.frame.page += 1
            raise TurnThePage
        return picked

    def _chosen(self) -> int:
        """Numbers count what was on the page; names may also stand on another page."""
        labels = [row[1] for row in self.frame.offered]
        try:
            return choose(self.text, labels[: self.frame.shown])
        except NotUnderstood:
            if self.scene.heard and self.scene.heard.tap:
                raise AskAgain from None  # what is no longer offered
            if any(c.isalpha() for c in self.text):
                return choose(self.text, labels)
            raise

    def said_yes(self) -> bool:
        """Whether a question for yes or no was answered with yes, in whatever words. Raises NotUnderstood."""
        try:
            return self.choice() == "yes"
        except NotUnderstood:
            return yes_no(self.text)

    # -- speaking

    def line(self, key: str, person: Person | None = None, /, **values: object) -> str:
        """A line of this flow, or a common one, in the person's language."""
        language = (person or self.person).language
        if key in self.says:
            text = self.scene.words.line(language, f"{self.name}.{key}", self.says[key])
        else:
            text = self.scene.words.line(language, f"common.{key}", COMMON[key])
        return text.format(**values) if values else text

    def say(self, key: str, **values: object) -> None:
        self.scene.replies.append(Reply(self.line(key, **values)))

    def refuse(self, refusal: NotAllowed) -> None:
        """Says in plain words why a rule refuses."""
        key = f"not_allowed_{refusal.reason}"
        key = key if key in self.says or key in COMMON else "not_allowed"
        said = {k: days.spoken(v, self.today) if isinstance(v, date) else v for k, v in refusal.values.items()}
        if (line := self.line(key, **said)) not in [reply.text for reply in self.scene.replies]:
            self.scene.replies.append(Reply(line))

    def show(self, picture: str, key: str, **values: object) -> None:
        self.scene.replies.append(Reply(self.line(key, **values), picture=picture))

    def ask(self, key: str, options: Iterable[Option] = (), *, picture: str = "", **values: object) -> None:
        """A question, perhaps with answers to tap; more than ten are shown page by page."""
        rows = [(*o, "") if len(o) == 2 else o for o in options]
        page = _page(rows, self.frame, self.line(MORE))
        self.frame.offered, self.frame.shown = [[r[0], r[1]] for r in [*page, *(r for r in rows if r not in page)]], len(page)
        choices = tuple(Choice(self._tap_id(r[0]), r[1], r[2]) for r in page)
        self.scene.replies.append(Reply(self.line(key, **values), choices, self.line("choose") if choices else "", picture))

    def ask_yes_no(self, key: str, *, picture: str = "", **values: object) -> None:
        self.ask(key, [("yes", self.line("yes")), ("no", self.line("no"))], picture=picture, **values)

    def tell(self, person_id: int, key: str, *, picture: str = "", sequel: dict[str, Any] | None = None, **values: object) -> None:
        """Says something to somebody, mostly somebody else. `sequel` is the event once it is delivered."""
        other = self.person if person_id == self.person.id else Person.by_id(self.db, person_id)
        reply = Reply(self.line(key, other, **values), picture=picture)
        if other is self.person and not sequel:
            self.scene.replies.append(reply)
        else:
            self.scene.letters.append({"person": other, "reply": reply, "due_at": self.now, "sequel": sequel})

    def invite(self, person_id: int, flow: str, *, once: str, kindly: bool = False, **memory: Any) -> None:
        """Starts a conversation with somebody else, on top of hers. `kindly` keeps it out of the night."""
        facts, due = {"flow": flow, "memory": memory}, not_before(self.now) if kindly else self.now
        Inbox.happen(self.db, person_id, "invited", facts, once=f"invited:{once}", now=self.now, due_at=due)
        self.scene.wakes.add("events")

    # -- moving

    def call(self, flow: str, **memory: Any) -> None:
        """Lays another conversation on top; this one goes on when it ends (see `after_<flow>`)."""
        self.scene.stack.append(Frame(flow, "", memory, called=True))

    def hand_over_to(self, flow: str, *, for_good: bool = False, **memory: Any) -> None:
        """Ends here and goes on as another conversation; "back" leads here again unless it is `for_good`."""
        here = [[self.name, self.frame.state, dict(self.frame.memory)]] if self.frame.offered else []  # else it asked nothing
        past = [] if for_good else [*self.frame.past, *here][-PAST_LIMIT:]
        self.state = DONE
        if self.frame in self.scene.stack:
            self.scene.stack.remove(self.frame)
        self.scene.stack.append(Frame(flow, "", memory, past=past, called=self.frame.called))

    def pass_on(self, flow: str, **memory: Any) -> None:
        """Ends here, and another conversation hears the same message."""
        self.hand_over_to(flow, **memory)
        self.scene.is_passed_on = True

    def subject(self) -> str:
        """What this conversation is about ("SW-2611-7K3QX"), so that an old button is not taken for a new one."""
        return ""

    @classmethod
    def reopened(cls, scene: Scene, state: str, subject: str) -> tuple[str, dict[str, Any]]:
        """Which conversation an old button of this one opens. Those about money show the present state instead."""
        return cls.name, {}

    @classmethod
    def still_wanted(cls, db: Session, memory: dict[str, Any]) -> bool:
        """Whether an invitation, or what an old button would open, still makes sense."""
        return True

    # -- for the switchboard

    def keep(self) -> None:
        self.frame.state = self.state
        self.frame.memory = dict(vars(self.memory))

    def _tap_id(self, choice: str) -> str:
        return "|".join([self.name, self.state, self.subject(), choice])


class AskAgain(NotUnderstood):
    """Understood, but the question stays, and there is no way back to what it was before."""


class TurnThePage(AskAgain):
    """The person asked for more of the list."""


def _fires(event: str) -> Callable[[Flow], bool]:
    def fire(self: Flow) -> bool:
        return bool(self.machine.events[event].trigger(self))

    fire.__name__ = event
    return fire


def _page(rows: Sequence[tuple[str, ...]], frame: Frame, more: str) -> list[tuple[str, ...]]:
    """Ten rows at most: nine and "More" while there are more; after the last page comes the first."""
    if len(rows) <= LIST_LIMIT:
        return list(rows)
    size = LIST_LIMIT - 1
    start = frame.page % -(-len(rows) // size) * size
    return [*rows[start : start + size], (MORE, more, "")]
