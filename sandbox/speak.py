"""Voice notes made from text: espeak-ng's voices, noise where wanted, Opus in Ogg as WhatsApp sends it."""

from __future__ import annotations

import ctypes
import io
import re
import threading
from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import av
import espeakng_loader
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]  # 16 kHz, -1..1

RATE = 16_000
#: Ours: espeak-ng's name, pitch, words per minute. Those with "gh" speak phonemes rewritten after descriptions of Ghanaian English.
VOICES: dict[str, tuple[str, int, int]] = {
    "us": ("en-us", 50, 150), "us_f": ("en-us+f3", 55, 150), "gb": ("en", 48, 150), "gb_m": ("en+m3", 45, 145), "rp_f": ("en-gb-x-rp+f2", 52, 150),
    "carib": ("en-029", 50, 150), "scot": ("en-gb-scotland", 50, 150),
    "gh1": ("en", 45, 140), "gh_f": ("en+f4", 55, 140), "gh2": ("en+m5", 50, 145),
}  # fmt: skip
CLEAR, OTHER = ("us", "us_f", "gb", "gb_m", "rp_f"), ("carib", "scot")
GHANAIAN = ("gh1", "gh_f", "gh2")
#: Fewer vowels, none of them gliding, no "th", no weak vowels.
_GHANAIAN = (
    (r"T", "t"), (r"D", "d"), (r"eI", "e"), (r"oU", "o"), (r"3:", "E"), (r"@[2L5]?|3", "a"), (r"I2?(?![a-z@:])", "i"), (r"U", "u"), (r"V", "O"),
    (r"O@|O:", "O"), (r"([aeo])i(?=\W|$)", r"\1I"), (r"[#]", ""),
)  # fmt: skip
_SYNCHRONOUS, _UTF8, _PHONEMES = 2, 1, 0x100
_RATE, _PITCH = 1, 3
_TELL = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def say(text: str, voice: str = "us", *, pitch: int = 0, pace: float = 1.0) -> Samples:
    """What a voice makes of a text; `pitch` and `pace` make another speaker of it."""
    name, usual_pitch, words_a_minute = VOICES[voice]
    return _espeak().say(text, name, usual_pitch + pitch, int(words_a_minute * pace), ghanaian=voice in GHANAIAN)


def as_note(samples: Samples, *, words: str = "") -> bytes:
    """A voice note of these samples. Its comment holds the words, for stand-ins that only pretend to listen."""
    return encoded(samples, "ogg", "libopus", 20_000, words=words)


def note(text: str, voice: str = "us") -> bytes:
    return as_note(say(text, voice), words=text)


def encoded(samples: Samples, container: str, codec: str, bit_rate: int = 32_000, *, words: str = "") -> bytes:
    """The samples in any format that PyAV writes: ("mp3", "libmp3lame"), ("adts", "aac"), ("wav", "pcm_s16le")."""
    written = io.BytesIO()
    with av.open(written, "w", format=container) as file:
        if words:
            file.metadata["SPOKEN"] = words
        stream = file.add_stream(codec, rate=RATE, layout="mono")
        stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray((np.clip(samples, -1, 1) * 32767).astype(np.int16).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    return written.getvalue()


def pink(seconds: float, seed: int = 1) -> Samples:
    """Noise that falls with frequency, as a street at a distance."""
    count = int(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 20))
    return _loud(np.fft.irfft(spectrum, count))


def chords(seconds: float, seed: int = 1) -> Samples:
    """Something like music: three notes at a time, with overtones, a new chord every half second."""
    dice = np.random.default_rng(seed)
    time = np.arange(RATE // 2) / RATE
    played: list[Samples] = []
    while len(played) * 0.5 < seconds:
        root = 110 * 2 ** (dice.integers(0, 24) / 12)
        tones = [np.sin(2 * np.pi * root * step * over * time) / over for step in (1, 1.26, 1.5) for over in (1, 2, 3)]
        played.append(_loud(np.sum(tones, axis=0) * np.exp(-2 * time)))
    return np.concatenate(played)[: int(seconds * RATE)]


def babble(seconds: float, seed: int = 1) -> Samples:
    """A market: five people at once, none of them about measurements."""
    dice = np.random.default_rng(seed)
    total = np.zeros(int(seconds * RATE), np.float32)
    for place in range(5):
        talk = _talk(place)
        total += np.roll(np.resize(talk, len(total)), int(dice.integers(0, len(talk))))
    return _loud(total)


def mixed(samples: Samples, noise: Samples, decibels: float) -> Samples:
    """Speech so many dB louder than the noise under it."""
    under = np.resize(noise, len(samples))
    power = float(np.mean(samples**2)) / max(float(np.mean(under**2)), 1e-12)
    return (samples + under * np.sqrt(power / 10 ** (decibels / 10))).astype(np.float32) * 0.7


def joined(parts: Sequence[Samples], pause_s: float = 0.3) -> Samples:
    gap = np.zeros(int(RATE * pause_s), np.float32)
    return np.concatenate([piece for part in parts for piece in (part, gap)])


TALK = (
    "The bus to Kumasi leaves at the station every morning and the driver was not there when we came.",
    "My sister sells tomatoes and pepper near the lorry park, you should greet her when you pass.",
    "They said the lights will go off again tonight so charge your phone before the evening.",
    "I told him the match was very good but the referee spoiled everything at the end.",
    "Please bring the keys when you come, the children are waiting outside the gate.",
)


@cache
def _talk(place: int) -> Samples:
    return say(TALK[place], ("us", "gb_m", "rp_f", "carib", "us_f")[place], pitch=place * 4 - 8)


def _loud(samples: NDArray[np.floating]) -> Samples:
    return (samples / max(float(np.sqrt(np.mean(samples**2))), 1e-9) * 0.08).astype(np.float32)


class _Espeak:
    """The library, which knows one conversation at a time."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
        self._heard = bytearray()
        self._tell = _TELL(self._take)  # kept: the library holds only its address
        self._library.espeak_SetSynthCallback(self._tell)
        self._lock = threading.Lock()

    def say(self, text: str, name: str, pitch: int, rate: int, *, ghanaian: bool) -> Samples:
        with self._lock:
            if self._library.espeak_SetVoiceByName(name.encode()):
                raise LookupError(name)
            self._library.espeak_SetParameter(_RATE, rate, 0)
            self._library.espeak_SetParameter(_PITCH, pitch, 0)
            spoken = self._rewritten(text) if ghanaian else text
            self._heard.clear()
            said = spoken.encode() + b"\0"
            self._library.espeak_Synth(said, ctypes.c_size_t(len(said)), 0, 0, 0, _UTF8 | _PHONEMES, None, None)
            return _at_our_rate(np.frombuffer(bytes(self._heard), np.int16), self._rate)

    def _take(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._heard += ctypes.string_at(samples, count * 2)
        return 0

    def _rewritten(self, text: str) -> str:
        clauses: list[str] = []
        left = ctypes.c_char_p(text.encode())
        while left.value:
            phonemes = self._library.espeak_TextToPhonemes(ctypes.byref(left), _UTF8, 0).decode()
            for pattern, instead in _GHANAIAN:
                phonemes = re.sub(pattern, instead, phonemes)
            clauses.append(f"[[{phonemes}]]")
        return ", ".join(clauses)


@cache
def _espeak() -> _Espeak:
    return _Espeak()


def _at_our_rate(samples: NDArray[np.int16], rate: int) -> Samples:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    pieces = [even.to_ndarray().reshape(-1) for even in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(pieces).astype(np.float32) / 32768
