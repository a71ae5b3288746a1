"""What a garment costs: work, fabric, express; whole pesewas."""

from __future__ import annotations

from dataclasses import dataclass

from bot.rules.order import check_total

FABRIC_PERCENT, FABRIC_PER_YARD = 30, 25_00
EXPRESS_PERCENT = 25


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


def quote(garment: Garment, price: int, *, tailor_buys_fabric: bool, express: bool) -> Quote:
    """The breakdown shown before yes. Raises NotAllowed when the total leaves the allowed range."""
    fabric = cloth(garment) if tailor_buys_fabric else 0
    made = Quote(price, fabric, garment.base * EXPRESS_PERCENT // 100 if express else 0)
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
