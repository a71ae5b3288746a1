"""What a garment costs: work, fabric, express; whole pesewas."""

from __future__ import annotations

from dataclasses import dataclass

from bot.rules import NotAllowed
from bot.rules.order import MAX_TOTAL, check_total

FABRIC_PERCENT, FABRIC_PER_YARD = 30, 25_00
EXPRESS_PERCENT = 25
LONGEST_LABEL, MOST_DAYS, MOST_YARDS10 = 24, 120, 300  # a row of a WhatsApp list; more days than this leave no date to promise


@dataclass(frozen=True, slots=True)
class Garment:
    """One row of the catalogue: base price in pesewas, days of work, tenths of a yard of cloth."""

    name: str
    label: str
    base: int
    days: int
    yards10: int


@dataclass(frozen=True, slots=True)
class Quote:
    work: int
    fabric: int
    express: int

    @property
    def total(self) -> int:
        return self.work + self.fabric + self.express


def cloth(garment: Garment) -> int:
    """Pesewas when the tailor buys the cloth of one garment."""
    return max(garment.base * FABRIC_PERCENT // 100, garment.yards10 * FABRIC_PER_YARD // 10)


def rush(garment: Garment) -> int:
    """Pesewas on top for sewing in half the time."""
    return garment.base * EXPRESS_PERCENT // 100


def check_garment(garment: Garment) -> Garment:
    """What the catalogue may hold. Raises NotAllowed("bad_label" | "bad_price" | "bad_days" | "bad_yards")."""
    label = garment.label
    if not 2 <= len(label) <= LONGEST_LABEL or not label.isprintable() or any(c in label for c in "*_~`|{}"):
        raise NotAllowed("bad_label", most=LONGEST_LABEL)
    if not 1_00 <= garment.base <= MAX_TOTAL:
        raise NotAllowed("bad_price")
    if not 2 <= garment.days <= MOST_DAYS:
        raise NotAllowed("bad_days", most=MOST_DAYS)
    if not 1 <= garment.yards10 <= MOST_YARDS10:
        raise NotAllowed("bad_yards")
    return garment


def quote(garment: Garment, price: int, *, tailor_buys_fabric: bool, express: bool) -> Quote:
    """The breakdown shown before yes. Raises NotAllowed when the total leaves the allowed range."""
    fabric = cloth(garment) if tailor_buys_fabric else 0
    made = Quote(price, fabric, rush(garment) if express else 0)
    check_total(made.total)
    return made


#: SPEC 9: what the catalogue holds on the first day; operators edit the table, not this list.
CATALOGUE = (
    Garment("suit", "Suit", 300_00, 21, 35),
    Garment("kente_shirt", "Kente shirt", 80_00, 7, 20),
    Garment("casual_shirt", "Casual shirt", 40_00, 7, 25),
    Garment("dashiki", "Dashiki", 60_00, 5, 20),
    Garment("trousers", "Trousers", 50_00, 5, 20),
    Garment("shorts", "Shorts", 35_00, 5, 15),
    Garment("skirt", "Skirt", 45_00, 5, 20),
    Garment("agbada", "Agbada", 250_00, 14, 60),
    Garment("kaftan", "Kaftan", 150_00, 10, 40),
    Garment("smock", "Smock (fugu)", 100_00, 10, 30),
    Garment("kaba_and_slit", "Kaba and slit", 220_00, 10, 60),
    Garment("office_dress", "Office dress", 150_00, 14, 30),
    Garment("wedding_dress", "Wedding dress", 500_00, 30, 60),
    Garment("funeral_cloth", "Funeral cloth", 120_00, 10, 40),
    Garment("school_uniform", "School uniform", 60_00, 7, 20),
)
