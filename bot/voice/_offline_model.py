"""Makes the offline engine's two files, its expectations and its dictionary: `python -m bot.voice._offline_model` writes them anew."""

from __future__ import annotations

import gzip
import math
from collections import Counter, defaultdict
from pathlib import Path

from pocketsphinx import get_model_path

from bot.voice._offline_phrases import TEENS, TENS, UNITS, Maker

FOLDER = Path(__file__).with_name("offline_model")
EXPECTED, DICTIONARY = FOLDER / "measurements.lm.gz", FOLDER / "measurements.dict"
SEED, SENTENCES, DISCOUNT = 20, 60_000, 0.6

#: Words the American dictionary lacks or says otherwise than Ghana does. The first way of a name counts as its own.
SOUNDS: dict[str, tuple[str, ...]] = {
    "inseam": ("IH N S IY M",), "outseam": ("AW T S IY M",), "agbada": ("AH G B AA D AH",), "kaba": ("K AA B AH", "K AE B AH"),
    "kaftan": ("K AE F T AE N", "K AE F T AH N"), "nape": ("N EY P",), "armhole": ("AA R M HH OW L", "AA M HH OW L"),
    "waistline": ("W EY S T L AY N",), "kofi": ("K OW F IY", "K AO F IY"), "ama": ("AA M AH", "AE M AH"), "kwame": ("K W AA M IY", "K W AA M EY"),
    "akosua": ("AH K OW S UW AH", "AH K OW S Y AH", "AE K OW S UW AH"), "yaw": ("Y AO", "Y AW"),
    "abena": ("AH B EH N AH", "AE B IY N AH", "AH B IY N AH"), "kwabena": ("K W AA B EH N AH", "K W AH B IY N AH", "K W AA B IY N AH"),
    "afia": ("AH F IY AH", "AE F IY AH"), "esi": ("EH S IY",), "kojo": ("K OW JH OW",), "adwoa": ("AH JH OW AH", "AE D W OW AH", "AH D W OW AH"),
    "akua": ("AH K UW AH", "AE K UW AH", "AH K Y UW AH"), "kwaku": ("K W AA K UW", "K W EY K UW"), "yaa": ("Y AA", "Y AE"),
    "efua": ("EH F UW AH", "EH F Y UW AH", "IH F UW AH"), "kwasi": ("K W AA S IY", "K W EY S IY"),
    "nana": ("N AA N AH", "N AE N AH"),
    "centimetres": ("S EH N T IH M IY T AH Z",), "yards": ("Y AA R D Z", "Y AA D Z"),
}  # fmt: skip
#: How many of us say common words. Few: each further way makes some other word less certain.
ALSO: dict[str, tuple[str, ...]] = {
    "thirty": ("T EH T IY", "TH ER T IY", "TH AH T IY"), "thirteen": ("T EH T IY N",), "three": ("T R IY",), "forty": ("F AO T IY",),
    "fourteen": ("F AO T IY N",), "four": ("F AO",), "waist": ("W EH S",), "inches": ("IY N CH IY S", "IH N CH IH Z"), "hips": ("HH IY P S",),
    "hip": ("HH IY P",), "six": ("S IY K S",), "sixty": ("S IY K S T IY",), "bust": ("B AA S T", "B AO S"), "chest": ("CH EH S",),
    "shoulder": ("SH OW L D AH", "SH OW D AA"), "length": ("L EH NG K TH", "L EH N T"), "half": ("HH AA F",), "wrist": ("R IH S",),
    "thigh": ("T AY",), "trouser": ("T R AW Z AH", "T R AW S AA"), "trousers": ("T R AW Z AH Z",), "sleeve": ("S L IY F",),
    "collar": ("K AO L AH",), "quarter": ("K W AO T AH",), "quarters": ("K W AO T AH Z",), "measures": ("M EH ZH AH Z",), "point": ("P OY N",),
    "under": ("AH N D AH",), "centimeters": ("S EH N T IH M IY T AH Z",), "hundred": ("HH AH N D R EH D",),
    "arm": ("AA M",), "short": ("SH AO T",), "shorts": ("SH AO T S",), "shirt": ("SH ER T", "SH AH T"),
}  # fmt: skip
#: What runs together when it is said quickly.
TOGETHER = {
    "and_a_half": ("AH N AH HH AE F", "AH N D AH HH AE F", "AE N D AH HH AE F", "AE N D AH HH AA F", "AH N D AH HH AA F", "AE N AH HH AA F"),
    "and_half": ("AE N D HH AE F", "AE N HH AA F", "AH N HH AE F"),
}


def numbers() -> set[str]:
    """Every word that is a number or a part of one."""
    tens = {t + u for t in TENS[2:] for u in ("", *(f"_{u}" for u in UNITS[1:]))}
    parts = {"and_a_half", "and_half", "point_five", "and_a_quarter", "and_three_quarters"}
    hundreds = {"hundred", "a_hundred", "one_hundred", "two_hundred", "three_hundred"}
    return {*UNITS, *TEENS, *tens, *parts, *hundreds}


def expectations() -> str:
    """Which word follows which two, in the ARPA format, with absolute discounting."""
    counts: list[Counter[tuple[str, ...]]] = [Counter(), Counter(), Counter()]
    for sentence in Maker(SEED).sentences(SENTENCES):
        words = ("<s>", *sentence, "</s>")
        for order in range(3):
            counts[order].update(zip(*(words[at:] for at in range(order + 1)), strict=False))
    return _arpa(counts)


def dictionary(words: set[str]) -> str:
    """How each word sounds."""
    american = _american()
    lines: list[str] = []
    for word in sorted(words):
        for place, sound in enumerate(_sounds(word, american), 1):
            lines.append(f"{word}{f'({place})' if place > 1 else ''} {sound}")
    return "\n".join(lines) + "\n"


def write() -> None:
    FOLDER.mkdir(exist_ok=True)
    expected = expectations()
    EXPECTED.write_bytes(gzip.compress(expected.encode(), 9, mtime=0))
    DICTIONARY.write_text(dictionary(vocabulary(expected)), encoding="ascii")


def vocabulary(expected: str) -> set[str]:
    words = expected.split("\\1-grams:\n", 1)[1].split("\n\n", 1)[0].splitlines()
    return {line.split("\t")[1] for line in words} - {"<s>", "</s>"}


def _arpa(counts: list[Counter[tuple[str, ...]]]) -> str:
    counts[2] = Counter({gram: count for gram, count in counts[2].items() if count > 2})  # rarer is chance
    left: dict[tuple[str, ...], float] = {(): 0.0}
    chance: dict[tuple[str, ...], float] = {}
    for order in range(3):
        total: Counter[tuple[str, ...]] = Counter()
        for gram, count in counts[order - 1].items() if order else ():
            total[gram] = count
        total[()] = sum(counts[0].values())
        taken: defaultdict[tuple[str, ...], float] = defaultdict(float)
        for gram, count in counts[order].items():
            taken[gram[:-1]] += (count - DISCOUNT * (order > 0)) / total[gram[:-1]]
        left |= {before: 1 - share for before, share in taken.items()}
        for gram, count in counts[order].items():
            seen = (count - DISCOUNT * (order > 0)) / total[gram[:-1]]
            chance[gram] = seen + left[gram[:-1]] * chance[gram[1:]] if order else seen
    lines = ["\\data\\", *(f"ngram {n + 1}={len(counts[n])}" for n in range(3))]
    for order in range(3):
        lines += ["", f"\\{order + 1}-grams:"]
        for gram in sorted(counts[order]):
            weight = ""
            if order < 2 and gram in left:
                weight = f"\t{math.log10(max(left[gram], 1e-6)):.2f}"
            lines.append(f"{math.log10(chance[gram]) if gram != ('<s>',) else -99:.2f}\t{' '.join(gram)}{weight}")
    return "\n".join([*lines, "", "\\end\\", ""])


def _american() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    with Path(get_model_path("en-us/cmudict-en-us.dict")).open(encoding="utf-8") as lines:
        for line in lines:
            word, _, sound = line.strip().partition(" ")
            found[word.split("(")[0]].append(sound.strip())
    return found


def _sounds(word: str, american: dict[str, list[str]]) -> list[str]:
    """All ways of one word; of several joined ones all combinations, though not too many."""
    if word in TOGETHER:
        return list(TOGETHER[word])
    ways = [""]
    for part in word.split("_"):
        bare = part.removesuffix("'s")
        own = list(SOUNDS.get(bare) or (american.get(part) or american[bare])[:2]) + list(ALSO.get(part, ()))
        if part != bare and (bare in SOUNDS or part not in american):
            own = [sound + (" S" if sound.endswith((" P", " T", " K", " F")) else " Z") for sound in own]
        ways = [f"{way} {sound}".strip() for way in ways for sound in own]
    return list(dict.fromkeys(ways))[:8]


if __name__ == "__main__":
    write()
