"""What a body measurement may be, which ones a garment needs, and how much room the cut adds; all in whole millimetres."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from bot.rules.growth import child_range
from bot.rules.how_to_measure import HOW_TO

Kind = Literal["girth", "length", "width"]
Sex = Literal["m", "f"]
Verdict = Literal["fine", "doubtful", "impossible"]
Range = tuple[int, int]

MM_PER_INCH = Fraction(254, 10)
ADULT_AGE = 16
#: An adult's trousers are this much longer outside than inside; a ratio cannot say it.
OUTSEAM_OVER_INSEAM: Range = (100, 360)

_EIGHTHS = ("", "⅛", "¼", "⅜", "½", "⅝", "¾", "⅞")


@dataclass(frozen=True, slots=True)
class Field:
    """One measurement: what people call it, what no body exceeds, and what is usual for grown men and women."""

    name: str
    says: tuple[str, ...]
    kind: Kind
    hard: Range
    soft_men: Range
    soft_women: Range

    def soft(self, sex: Sex | None) -> Range:
        """The usual range; of both sexes together when the sex is not known."""
        if sex is not None:
            return self.soft_men if sex == "m" else self.soft_women
        return min(self.soft_men[0], self.soft_women[0]), max(self.soft_men[1], self.soft_women[1])


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a garment needs; each inner tuple lists fields of which one is enough."""

    required: tuple[tuple[str, ...], ...]
    optional: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two values that do not fit one body: `first` looks big or small beside `second`."""

    first: str
    second: str
    size: Literal["big", "small"]


@dataclass(frozen=True, slots=True)
class Cut:
    """One frozen value of an order: what the body measures and the room added to it."""

    body: int
    ease: int

    @property
    def cut(self) -> int:
        return self.body + self.ease


def _mm(cm: list[float]) -> Range:
    return round(cm[0] * 10), round(cm[1] * 10)


_MODEL = json.loads(Path(__file__).with_name("measurement_fields.json").read_text(encoding="utf-8"))

FIELDS: dict[str, Field] = {
    name: Field(name, tuple(f["says"]), f["kind"], _mm(f["hard_cm"]), _mm(f["soft_men_cm"]), _mm(f["soft_women_cm"]))
    for name, f in _MODEL["fields"].items()
}

_RATIOS: tuple[tuple[str, str, float, float], ...] = tuple((a, b, low, high) for a, b, low, high in _MODEL["rules"])
_CHILD_RATIOS = (
    ("inseam", "height", 0.33, 0.54),
    ("chest", "height", 0.42, 0.72),
    ("bust", "height", 0.42, 0.72),
    ("waist", "height", 0.36, 0.68),
    ("hip", "height", 0.44, 0.78),
)

#: Catalogue garment -> the garment of the data model whose fields it uses.
_MEASURED_AS = {
    "suit": "suit", "kente_shirt": "shirt", "casual_shirt": "shirt", "dashiki": "shirt", "trousers": "trousers",
    "shorts": "shorts",
    "skirt": "skirt", "agbada": "agbada", "kaftan": "kaftan", "smock": "smock", "kaba_and_slit": "kaba_and_slit",
    "office_dress": "dress", "wedding_dress": "dress", "funeral_cloth": "kaba_and_slit", "school_uniform": "child_uniform",
}  # fmt: skip


def _pattern(measured_as: str) -> Pattern:
    wanted = _MODEL["garments"][measured_as]
    return Pattern(tuple(tuple(entry.split("|")) for entry in wanted["required"]), tuple(wanted["optional"]))


GARMENT_FIELDS: dict[str, Pattern] = {garment: _pattern(model) for garment, model in _MEASURED_AS.items()}

#: Ease in mm at chest, waist, hip; the shirts without an own row are cut like the kente shirt,
#: a garment that is not named fits the body.
_EASE: dict[str, tuple[int, int, int]] = {
    "agbada": (40, 30, 0),
    "kaftan": (20, 20, 0),
    "kente_shirt": (30, 20, 0),
    "casual_shirt": (30, 20, 0),
    "dashiki": (30, 20, 0),
    "suit": (20, 10, 0),
    "office_dress": (10, 5, 10),
    "wedding_dress": (10, 5, 10),
    "school_uniform": (20, 15, 0),
    "kaba_and_slit": (20, 10, 10),
    "funeral_cloth": (20, 10, 10),
    "smock": (40, 30, 0),
}
_EASED_LIKE = {"chest": 0, "bust": 0, "waist": 1, "tummy": 1, "hip": 2}


def required(garment: str) -> tuple[tuple[str, ...], ...]:
    """What must be known before the garment can be cut; of each inner tuple one field is enough."""
    return GARMENT_FIELDS[garment].required


def missing(garment: str, have: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """The required measurements that are not among `have`, in the order a tailor takes them."""
    return tuple(either for either in required(garment) if not any(name in have for name in either))


def check(field: str, mm: int, sex: Sex | None = None, *, child: bool = False, age: int | None = None, height: int | None = None) -> Verdict:
    """Whether a value is usual, worth a question ("did you mean …?"), or no body at all.

    `age` in years decides about `child` when it is known; `height` (mm) sharpens the judgement of a child.
    """
    low, high = FIELDS[field].hard
    if not low <= mm <= high:
        return "impossible"
    if child if age is None else age < ADULT_AGE:
        usual = child_range(field, sex=sex, age=age, height=height) or (low, FIELDS[field].soft(sex)[1])
    else:
        usual = FIELDS[field].soft(sex)
    return "fine" if usual[0] <= mm <= usual[1] else "doubtful"


def contradictions(values: Mapping[str, int], *, child: bool = False) -> list[Contradiction]:
    """Pairs of values (mm) that hardly belong to one body; each is a question, never a refusal."""
    ratios = [rule for rule in _RATIOS if rule[:2] != ("inseam", "height")] + list(_CHILD_RATIOS) if child else _RATIOS
    found: list[Contradiction] = []
    for first, second, low, high in ratios:
        if first in values and values.get(second):
            _note(found, first, second, values[first] / values[second], low, high)
    if not child and "trouser_length" in values and "inseam" in values:
        _note(found, "trouser_length", "inseam", values["trouser_length"] - values["inseam"], *OUTSEAM_OVER_INSEAM)
    return found


def _note(found: list[Contradiction], first: str, second: str, measured: float, low: float, high: float) -> None:
    if not low <= measured <= high:
        found.append(Contradiction(first, second, "big" if measured > high else "small"))


def ease(garment: str, field: str) -> int:
    """The room in mm that the cut adds to a body value."""
    column = _EASED_LIKE.get(field)
    return 0 if column is None else _EASE.get(garment, (0, 0, 0))[column]


def cut_values(garment: str, values: Mapping[str, int]) -> dict[str, Cut]:
    """The set an order freezes: each body value the garment uses, with its ease."""
    pattern = GARMENT_FIELDS[garment]
    used = [name for either in pattern.required for name in either] + list(pattern.optional)
    return {name: Cut(values[name], ease(garment, name)) for name in used if name in values}


def inches(mm: int) -> str:
    """The value to the nearest eighth of an inch, as a tape shows it: 826 -> "32½"."""
    whole, eighths = divmod(round(mm * 8 / MM_PER_INCH), 8)
    return f"{whole or ''}{_EIGHTHS[eighths]}" or "0"


def show(mm: int, field: str = "") -> str:
    """The value in both units: "32½ in (82.6 cm)"; a height in feet as well: "5 ft 7 in (170.2 cm)"."""
    feet, rest = divmod(round(mm / MM_PER_INCH), 12)
    imperial = f"{feet} ft {rest} in" if field == "height" else f"{inches(mm)} in"
    return f"{imperial} ({mm / 10:g} cm)"


def label(field: str) -> str:
    """What we call a field when we speak: "trouser bottom"."""
    return HOW_TO[field][0]


def how_to(field: str) -> str:
    """One line that tells how to take a measurement."""
    return HOW_TO[field][1]
