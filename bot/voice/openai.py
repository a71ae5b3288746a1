"""OpenAI's transcription: the words of a voice note, guarded against what such models make up."""

from __future__ import annotations

from typing import Any

import openai
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from bot.settings import Section
from bot.understand.claims import Claim
from bot.voice import LONGEST_S, Heard, Hints, Unheard
from bot.voice._openai_client import Client, asked
from bot.voice._openai_guards import doubtful, keywords, languages, truly_said
from bot.voice._openai_reader import claims
from bot.voice._sound import Sound, as_wav, hear

USUAL, DOUBTED = 0.9, 0.3


class OpenAIConfig(Section):
    """OPENAI_…"""

    model_config = SettingsConfigDict(env_prefix="OPENAI_")

    api_key: str = Field(min_length=1, repr=False)
    base_url: str = Field(default="https://api.openai.com/v1", pattern=r"^https?://[^/?#]+[^?#]*$")
    model: str = Field(default="gpt-transcribe", min_length=1)
    reader_model: str = Field(default="gpt-6-luna", min_length=1)
    languages: str = Field(default="en", description="ISO 639-1, comma separated: what the service may be told to expect")
    timeout_s: float = Field(default=40, gt=0, le=300)
    reader_timeout_s: float = Field(default=4, gt=0, le=60)


class OpenAI:
    """One set of connections per process; safe to share between threads."""

    name = "openai"
    Config = OpenAIConfig
    sure = 0.6
    repeats = True

    def __init__(self, config: OpenAIConfig) -> None:
        self.config = config
        self._client = Client(config.api_key, config.base_url)

    def listen(self, recording: bytes, hints: Hints) -> Heard:
        """Silence and noise are not sent: a model would hear words in them."""
        sound = hear(recording)
        if sound.why:
            return Heard("", 0.0, sound.seconds, sound.why)
        text = truly_said(self._transcribed(recording, sound, hints), hints)
        if not text:
            return Heard("", 0.0, sound.seconds, "unclear")
        return Heard(text, DOUBTED if doubtful(text, sound.seconds) else USUAL, sound.seconds)

    def claims(self, text: str, people: tuple[str, ...]) -> list[Claim]:
        return claims(self._client, self.config.reader_model, self.config.reader_timeout_s, text, people)

    def _transcribed(self, recording: bytes, sound: Sound, hints: Hints) -> str:
        """The file as it came if it is what WhatsApp sends. What is refused is sent once more in the plainest form."""
        as_it_is = recording.startswith(b"OggS") and sound.seconds < LONGEST_S - 1
        allowed = languages(tuple(self.config.languages.split(",")))
        spoken = tuple(code for code in languages(hints.languages) if code in allowed)  # another one would be refused, and asked twice
        tries: list[tuple[str, tuple[str, ...]]] = [("ogg" if as_it_is else "wav", spoken)]
        for form, codes in tries:
            file = ("voice.ogg", recording, "audio/ogg") if form == "ogg" else ("voice.wav", as_wav(sound.samples), "audio/wav")
            try:
                return asked(lambda file=file, codes=codes: self._ask(file, codes, hints))  # type: ignore[misc]
            except openai.BadRequestError as error:
                if _about_languages(error) and codes:
                    tries.append((form, ()))
                elif form == "ogg":
                    tries.append(("wav", codes))
        raise Unheard("the service does not accept the recording", retry=False)

    def _ask(self, file: tuple[str, bytes, str], codes: tuple[str, ...], hints: Hints) -> str:
        more: dict[str, Any] = {"languages": list(codes)} if codes else {}
        if known := keywords(hints):
            more["keywords"] = known
        create = self._client.get().audio.transcriptions.create
        answer = create(file=file, model=self.config.model, response_format="json", timeout=self.config.timeout_s, **more)
        return answer.text if isinstance(answer.text, str) else ""


def _about_languages(error: openai.BadRequestError) -> bool:
    return "language" in f"{error.param} {error.message}".lower()
