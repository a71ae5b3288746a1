"""Cash from hand to hand: nobody is asked, both sides' words settle it."""

from __future__ import annotations

from pydantic_settings import SettingsConfigDict

from bot.messages import Request
from bot.payments import Answer, Charge, Forged, Hint, NotAccepted, Pending, Submitted
from bot.settings import Section


class CashConfig(Section):
    """CASH_…"""

    model_config = SettingsConfigDict(env_prefix="CASH_")

    allowed: bool = True


class Cash:
    """A provider that never says that money moved."""

    name = "cash"
    Config = CashConfig
    currency = "GHS"
    window_s = 7 * 86_400

    def __init__(self, config: CashConfig) -> None:
        self.config = config
        self.networks: tuple[str, ...] = ("cash",) if config.allowed else ()

    def collect(self, charge: Charge) -> Submitted:
        return Pending() if self.config.allowed else NotAccepted("cash is not taken here")

    def query(self, reference: str) -> Answer:
        return Pending()

    def callback(self, request: Request) -> Hint:
        raise Forged("cash calls nobody")

    def forget(self) -> None:
        """There is nothing to close."""
