"""How people tell measurements, as a machine that makes up sentences: what the offline engine learns to expect.

What belongs together is one word here, joined by "_": "thirty_two", "and_a_half", "round_knee". So three words in a row hold a whole measurement.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

#: What people say: usual inches, how far they spread, how often it is told. Several names of one thing are separated by "|", the usual first.
FIELDS: dict[str, tuple[float, float, int]] = {
    "neck|collar|neck size|round neck": (15, 2, 6),
    "shoulder|shoulders|shoulder to shoulder|across shoulder|shoulder width": (17, 2, 9),
    "chest|chest size|round chest|across chest": (39, 5, 9),
    "bust|bust size|round bust": (38, 5, 9),
    "under bust|upper bust": (33, 4, 3),
    "waist|waist size|waistline|round waist|around waist": (33, 5, 14),
    "tummy|stomach|belly": (37, 6, 3),
    "hip|hips|hip size|round hip": (41, 5, 12),
    "back|across back|back width": (16, 2, 3),
    "armhole|round armhole": (19, 3, 3),
    "bicep|round arm|upper arm|round sleeve|around arm": (14, 2, 5),
    "elbow|round elbow": (11, 2, 1),
    "wrist|round wrist|cuff": (8, 1.5, 4),
    "thigh|thighs|round thigh|lap": (24, 3, 7),
    "knee|round knee": (16, 2, 4),
    "calf|round calf": (15, 2, 2),
    "ankle|round ankle": (10, 2, 2),
    "bottom|bass|trouser bottom": (16, 3, 4),
    "sleeve|sleeve length|sleeves|long sleeve|arm length": (24, 2, 9),
    "short sleeve|short sleeve length": (10, 2, 2),
    "shoulder to nipple|nipple to nipple|bust point": (10, 2, 3),
    "shoulder to waist|half length|nape to waist|back length": (16, 2, 5),
    "shoulder to under bust|shoulder to hip|shoulder to knee": (25, 8, 3),
    "shirt length|top length|kaftan length|smock length|jacket length": (31, 5, 8),
    "full length|dress length|gown length": (54, 6, 6),
    "agbada length": (52, 4, 2),
    "trouser length|trousers length|trousers|trouser|outseam": (41, 3, 9),
    "inseam|inside leg": (31, 3, 4),
    "crotch": (11, 2, 2),
    "skirt length|skirt": (30, 7, 5),
    "slit length|slit|kaba length|kaba|blouse length|blouse": (32, 9, 6),
    "waist to hip|waist to knee": (14, 7, 2),
    "shorts length|shorts": (20, 4, 2),
    "cap size|head": (22, 1, 3),
}
NAMES = (
    "kofi", "ama", "kwame", "akosua", "yaw", "abena", "kwabena", "afia", "esi", "kojo", "adwoa", "akua", "kwaku", "yaa", "efua", "kwasi", "nana",
    "mary", "grace", "john",
)  # fmt: skip
KIN = ("husband", "wife", "son", "daughter", "mother", "father", "brother", "sister", "mum", "dad", "friend", "baby", "uncle")
OPENERS = (
    "hello", "good_morning", "good_afternoon", "good_evening", "please", "okay", "so", "yes", "hi", "hello good_morning", "yes please",
    "these are my measurements", "here are my measurements", "my measurements are", "the measurements are", "okay so", "i am sending my measurements",
    "please write this down", "let me give you the measurements", "please take my measurements", "this is my measurement", "please note",
    "i want to give you my measurements", "i measured myself", "i have measured it", "the tailor measured me", "please the measurements",
)  # fmt: skip
CLOSERS = (
    "thank_you", "thank_you very_much", "please", "that_is_all", "okay", "thanks", "that_is all for now", "okay thank_you", "god bless you",
    "that_is it", "please confirm", "i think that_is_all", "bye", "make it nice", "please make it free", "and that_is_all",
)  # fmt: skip
BEGINNINGS = ("for {w}", "for {w}", "{w}", "this is for {w}", "the next one is {w}", "and {w}", "then {w}", "now {w}", "{w} has", "{w} is")
MENDING = (
    "no", "sorry", "no sorry", "i mean", "sorry i mean", "no i mean", "actually", "no wait", "oh sorry", "rather", "correction", "oh no", "no no",
    "i made a mistake", "sorry it is", "no it is", "actually it is", "make it", "change it to", "let me change it",
)  # fmt: skip
#: What else people say to a tailor. It is better heard as what it is than taken for a measurement.
OTHER = (
    "the dress is blue", "when will my dress be ready", "when will it be ready", "how much is the cloth", "how much will it cost",
    "i want to order a dress", "i want to order a shirt", "can you make it by friday", "i will come on monday", "i will come tomorrow morning",
    "please call me back", "i do not have a tape", "i do not know my size", "same as last time", "use my old measurements", "i want the red one",
    "please i need it before the wedding", "the wedding is on saturday", "i sent the money yesterday", "have you seen the money",
    "where is your shop", "are you there", "can you hear me", "i am at the market", "the bus is late", "i am going to church",
    "did you get my message", "send me the picture", "i like the style", "the dress is too tight", "the trousers are too long", "it does not fit",
    "what do you need", "what is the price", "i will send it later", "my sister will bring the cloth", "let me ask my husband", "how are you",
    "how is the family", "i am fine", "we are coming", "the driver is there", "i have two yards of cloth", "six yards of wax print",
    "i paid two_hundred cedis", "the price is three_hundred and fifty cedis", "it costs eighty cedis", "i will come at ten o'clock",
    "my number is zero two four", "i am thirty years old", "she is ten years old", "i have three children", "in two weeks", "for two people",
    "on the twenty first of june", "give me one minute", "wait for me", "i will tell you", "she said you should come", "he is not there",
    "they told me to wait", "what time will you open", "it was very good", "the light is off", "i am calling from the house", "who is this",
    "what happened to the other one", "we will see you next week", "i do not want that", "is the cloth enough", "the work is not finished",
)  # fmt: skip


class Maker:
    """Makes up sentences; the same seed makes the same ones on every machine."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random
        self._fields = [
            (name.replace(" ", "_"), mean, spread) for names, (mean, spread, often) in FIELDS.items() for name in _shares(names, often)
        ]

    def sentences(self, count: int) -> Iterator[list[str]]:
        for _ in range(count):
            yield self._sentence().split()

    def chance(self, share: float) -> bool:
        return self._random() < share

    def pick(self, things: Sequence[T]) -> T:
        return things[int(self._random() * len(things))]

    # -- sentences

    def _sentence(self) -> str:
        if self.chance(0.1):
            return " ".join(self.pick(OTHER) for _ in range(1 + self.chance(0.4)))
        parts: list[str] = [self.pick(OPENERS)] if self.chance(0.3) else []
        parts.append(self.pick((self._list, self._list, self._list, self._list, self._one, self._people, self._tall))())
        if self.chance(0.12):
            parts.append(self._mended())
        if self.chance(0.06):
            parts.append(self.pick(("all in inches", "all in centimeters", "in inches", "everything is in inches", "all are in centimeters")))
        if self.chance(0.2):
            parts.append(self.pick(CLOSERS))
        return " ".join(parts)

    def _list(self) -> str:
        """Several measurements in one manner."""
        unit = self.pick(("", "", "inches", "inches", "inches", "centimeters"))
        manner, whose = self._random(), self.pick(("", "", "my", "the", "my", "his", "her"))
        items = [self._item(unit, manner, whose) for _ in range(1 + int(self._random() ** 1.5 * 6))]
        return self.pick((" ", " ", " and ", " then ")).join(items) if self.chance(0.8) else " ".join([*items[:-1], "and", items[-1]])

    def _item(self, unit: str, manner: float, whose: str) -> str:
        name, mean, spread = self._fields[int(self._random() * len(self._fields))]
        said = f"{whose} {name}"
        number = self._measure(mean, spread, unit)
        if manner < 0.42:
            return f"{said} {number}"
        if manner < 0.84:
            return f"{said} {self.pick(('is', 'is', 'is', 'is', 'measures', 'are', 'should be', 'is about', 'was', 'also'))} {number}"
        if manner < 0.93:
            return f"{number} {self.pick(('for', 'for the', 'around the', 'at the', 'for my', 'on the'))} {name}"
        return f"{self.pick(('for', 'around', 'then', 'and', 'with', 'and then', 'put', 'then for'))} {said} {number}"

    def _one(self) -> str:
        """An answer to "what is your waist?"."""
        name, mean, spread = self._fields[int(self._random() * len(self._fields))]
        number = self._measure(mean, spread, self.pick(("", "", "inches", "inches", "centimeters")))
        form = self.pick(("it is {n}", "{n}", "{n}", "i have {n}", "that_is {n}", "it measures {n}", "i got {n}", "i am {n} {f}", "about {n}"))
        return form.format(n=number, f=name)

    def _people(self) -> str:
        """One or more of a family."""
        told: list[str] = []
        for _ in range(1 + self.chance(0.5) + self.chance(0.3)):
            who = self.pick((self.pick(NAMES), f"my {self.pick(KIN)}", f"my {self.pick(KIN)} {self.pick(NAMES)}", "me", self.pick(NAMES)))
            unit, manner = self.pick(("", "inches", "inches", "centimeters")), self._random()
            items = [self._item(unit, manner, self.pick(("", "the", "his", "her"))) for _ in range(1 + int(self._random() * 3))]
            begin = self.pick(BEGINNINGS)
            if who != "me" and self.chance(0.35):
                begin, items = "{w}'s", [item.removeprefix("the ").removeprefix("his ").removeprefix("her ") for item in map(str.strip, items)]
            told.append(f"{begin.format(w=who)} {' '.join(items)}")
        return self.pick((" ", " and ")).join(told)

    def _tall(self) -> str:
        feet, rest = self.pick(("five", "five", "five", "six", "four", "three")), int(self._random() * 12)
        inches = (UNITS + TEENS)[rest] if rest else ""
        centimeters = self._spoken(int(self._bell(167, 10)))
        height = self.pick((f"{feet} feet {inches}", f"{feet} foot {inches}", f"{feet} feet {inches} inches" if rest else f"{feet} feet",
                            f"{centimeters} centimeters"))  # fmt: skip
        return self.pick(("my height is {h}", "height {h}", "i am {h} tall", "i am {h}", "the height is {h}", "height is {h}")).format(h=height)

    def _mended(self) -> str:
        name, mean, spread = self._fields[int(self._random() * len(self._fields))]
        number = self._measure(mean, spread, self.pick(("", "inches", "inches", "centimeters")))
        return self.pick((f"{self.pick(MENDING)} {number}", f"{self.pick(MENDING)} the {name} is {number}", f"{self.pick(MENDING)} {name} {number}",
                          f"{number} {self.pick(MENDING)} {self._measure(mean, spread, 'inches')}"))  # fmt: skip

    # -- numbers

    def _measure(self, inches: float, spread: float, unit: str) -> str:
        """A number near what is usual, sometimes far from it, in words."""
        if self.chance(0.12):
            spread *= 2.5
        value = max(2.0, self._bell(inches, spread))
        if unit == "centimeters":
            return f"{self._spoken(int(value * 2.54))} {self.pick(('centimeters', 'centimeters', 'centimeters', 'centimetres'))}"
        whole = self._spoken(int(value))
        part = self._random()
        if part < 0.17:
            whole += self.pick((" and_a_half", " and_a_half", " and_a_half", " and_half", " point_five"))
        elif part < 0.2:
            whole += self.pick((" and_a_quarter", " and_three_quarters"))
        return f"{whole} {unit}" if unit != "inches" or not self.chance(0.1) else whole

    def _spoken(self, number: int) -> str:
        if number < 20:
            return (UNITS + TEENS)[number]
        if number < 100:
            return TENS[number // 10] + (f"_{UNITS[number % 10]}" if number % 10 else "")
        hundred = {1: self.pick(("one_hundred", "one_hundred", "a_hundred", "hundred")), 2: "two_hundred"}[number // 100]
        return hundred + (self.pick((" and ", " and ", " ")) + self._spoken(number % 100) if number % 100 else "")

    def _bell(self, mean: float, spread: float) -> float:
        """Near a normal distribution, from sums, which are the same everywhere."""
        return mean + spread * (sum(self._random() for _ in range(12)) - 6)


def _shares(names: str, often: int) -> list[str]:
    """The usual name for half of the times, the others for the rest."""
    first, *others = names.split("|")
    return [first] * often * max(1, len(others)) + others * often
