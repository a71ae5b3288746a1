"""The contract of a transcription engine: one file each, a sound in, words out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from bot.understand.claims import Claim

#: Why nothing could be made of a recording. "unclear": something was said, and the engine is not sure enough what.
Why = Literal["", "broken", "too_short", "silence", "noise", "unclear"]

LONGEST_S = 120  # a note is cut there
LARGEST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hints:
    """What an engine may expect to hear. Never numbers: it would hear them back."""

    languages: tuple[str, ...] = ("en",)  # ISO 639-1
    words: tuple[str, ...] = ()  # how people call what is measured
    names: tuple[str, ...] = ()  # of the people this may be about


@dataclass(frozen=True, slots=True)
class Heard:
    """What an engine made of a recording.

    `confidence` runs from 0 to 1; below `Engine.sure` the person is asked again, whatever the text says. With `why` set, the text is empty.
    """

    text: str
    confidence: float
    seconds: float
    why: Why = ""
    missed: bool = False  # part of what was said was not clear and is left out of the text


class Unheard(Exception):
    """The engine could not work now; `retry` says whether the same recording may succeed later. The message never holds a key or what was said."""

    def __init__(self, why: str, *, retry: bool) -> None:
        super().__init__(why)
        self.why, self.retry = why, retry


class Engine(Protocol):
    """An engine is chosen by VOICE_ENGINE, its file's name."""

    name: ClassVar[str]
    Config: ClassVar[type]  # a Section with the file's name as prefix
    sure: ClassVar[float]  # the confidence from which on a text is worth reading
    repeats: ClassVar[bool]  # whether its text may be shown to the person; a rough engine's words are never echoed, only the values read in them

    def __init__(self, config: Any) -> None: ...

    def listen(self, recording: bytes, hints: Hints) -> Heard:
        """The words of a recording in any common format (Ogg/Opus, AAC, MP3, AMR, WAV). Never raises for bad sound, only Unheard."""


@runtime_checkable
class Reader(Protocol):
    """An engine that also has a language model for texts the rules could not explain; its claims are checked before they count."""

    def claims(self, text: str, people: tuple[str, ...]) -> list[Claim]:
        """What the model says stands in the text; `people` may be named. Empty when it refuses or talks nonsense. Raises Unheard."""
