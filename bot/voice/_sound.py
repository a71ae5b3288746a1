"""A stranger's recording as plain samples: decoded within bounds, measured, and written as WAV where a service wants that."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Vad

from bot.voice import LARGEST_BYTES, LONGEST_S, Why

RATE = 16_000
SHORTEST_S = 0.5
QUIET_DBFS = -50.0
LEAST_VOICED = 0.2
#: How far loud and quiet moments of speech lie apart at least, in dB. A fan, rain or a tone stays below 4.5, a voice amid a market above 7.
LEAST_SWING_DB = 5.0
SLOWEST_RATE, FASTEST_RATE, MOST_CHANNELS = 4_000, 192_000, 8
#: A sound that ends louder than this, in dB below its loudest half second, ends in the middle of a word.
CUT_DB = -12.0
#: What people send. Everything that names other files or addresses (playlists, concat, network) is not among it.
FORMATS = "ogg,mov,mp4,m4a,3gp,aac,mp3,amr,wav,matroska,webm,flac,caf"
CODECS = frozenset({
    "opus", "libopus", "vorbis", "aac", "mp3", "mp3float", "amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb", "flac", "alac",
    "pcm_s16le", "pcm_s16be", "pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw",
})  # fmt: skip
_LIMITS = {"format_whitelist": FORMATS, "protocol_whitelist": "", "probesize": "1000000", "analyzeduration": "5000000"}


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """16 kHz, mono, 16 bit. `level` is that of the loudest half second in dBFS, `voiced` the share of frames that may be speech."""

    samples: NDArray[np.int16]
    level: float = -120.0
    voiced: float = 0.0
    swing: float = 0.0
    cut: bool = False  # ends in the middle of a word: "thirty" may have become "thirty two"

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE

    @property
    def why(self) -> Why:
        """Why nobody needs to listen to this; "" if somebody should."""
        if not len(self.samples):
            return "broken"
        if self.seconds < SHORTEST_S:
            return "too_short"
        if self.level < QUIET_DBFS:
            return "silence"
        return "noise" if self.voiced < LEAST_VOICED or self.swing < LEAST_SWING_DB else ""


def hear(recording: bytes) -> Sound:
    """Decodes and measures. Never raises: what cannot be read has no samples."""
    samples = decode(recording)
    if len(samples) < RATE * SHORTEST_S:
        return Sound(samples)
    level = _level(samples)
    return Sound(samples, level, _voiced(samples), _swing(samples), _decibels(_power(samples[-RATE // 20 :])) > level + CUT_DB)


def decode(recording: bytes) -> NDArray[np.int16]:
    """The first LONGEST_S of a recording; of a damaged one what comes before the damage."""
    pieces: list[NDArray[np.int16]] = []
    wanted = RATE * LONGEST_S
    try:
        for piece in _pieces(recording[:LARGEST_BYTES]):
            pieces.append(piece[:wanted])
            wanted -= len(pieces[-1])
            if wanted <= 0:
                break
    except Exception:  # noqa: S110 - whatever a hostile file provokes in the decoder, the good part stays
        pass
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


def as_wav(samples: NDArray[np.int16]) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return written.getvalue()


def _pieces(recording: bytes) -> Iterator[NDArray[np.int16]]:
    """Only from memory: there is no name the file could have other files opened by."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(io.BytesIO(recording), mode="r", metadata_errors="ignore", container_options=_LIMITS) as container:
        stream = container.streams.audio[0]
        if stream.codec_context.name not in CODECS:
            return
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue  # one bad packet is a click, not the end
            for frame in frames:
                if not SLOWEST_RATE <= frame.sample_rate <= FASTEST_RATE or frame.layout.nb_channels > MOST_CHANNELS:
                    return
                for even in resampler.resample(frame):
                    yield np.asarray(even.to_ndarray(), np.int16).reshape(-1)
        for even in resampler.resample(None):
            yield np.asarray(even.to_ndarray(), np.int16).reshape(-1)


def _level(samples: NDArray[np.int16]) -> float:
    half = RATE // 2
    loudest = max(_power(samples[at : at + half]) for at in range(0, max(1, len(samples) - half + 1), half))
    return _decibels(loudest)


def _swing(samples: NDArray[np.int16]) -> float:
    """How many dB lie between loud and quiet moments of 50 ms."""
    frame = RATE // 20
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame).astype(np.float32)
    loudness = 10 * np.log10((frames**2).mean(axis=1) + 1)
    return float(np.percentile(loudness, 95) - np.percentile(loudness, 10))


def _voiced(samples: NDArray[np.int16]) -> float:
    vad = Vad(sample_rate=RATE)
    sound, size = samples.tobytes(), vad.frame_bytes
    said = [vad.is_speech(sound[at : at + size]) for at in range(0, len(sound) - size + 1, size)]
    return sum(said) / len(said)


def _power(samples: NDArray[np.int16]) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64))) / 32768.0**2


def _decibels(power: float) -> float:
    return 10 * float(np.log10(max(power, 1e-12)))
