"""Who stands on every paper as the seller, and whether she charges tax."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from bot.rules import tax
from models.base import Json


@dataclass(frozen=True, slots=True)
class Seller:
    name: str = "Sew4Mi"
    address: str = ""
    tin: str = ""
    vat_registered: bool = False

    def facts(self) -> Json:
        """As it is frozen on a paper."""
        return asdict(self)


class House:
    """The process's seller; wiring puts it in from the settings."""

    seller = Seller()

    def use(self, seller: Seller) -> None:
        self.seller = seller

    def vat(self, fee: int, day: date) -> int:
        """Pesewas of tax on top of a commission; none where the seller is not registered."""
        return tax.lines(fee, day).total if self.seller.vat_registered else 0


house = House()
