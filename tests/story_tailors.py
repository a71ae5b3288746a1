"""What stories say about those who want to be tailors.

    given: Efua has applied to sew kente shirts in Accra from GHS 200
    * the desk approves Efua
    * the desk asks Efua for more: any reason       or: rejects, suspends, reinstates, looks once more at
"""

from __future__ import annotations

import re

from bot import terminal
from bot.rules import pricing
from bot.rules.verification import CHECKS
from bot.understand import choose
from models.garment import Garment
from models.verified import Verified
from tests.stage import COLOURS, PHONES, Stage

DEEDS = {
    "asks": Verified.ask_for_fix, "rejects": Verified.reject, "suspends": Verified.suspend, "reinstates": Verified.reinstate,
    "looks once more at": Verified.reopen,
}  # fmt: skip


def given(line: str, stage: Stage) -> bool:
    m = re.fullmatch(r"(\w+) has applied to sew (.+) in (.+) from GHS (\d+)", line)
    if not m:
        return False
    who, garment = m[1].lower(), pricing.CATALOGUE[choose(m[2].rstrip("s"), [g.label for g in pricing.CATALOGUE])].name
    card = f"GHA-{int(PHONES[who][-9:])}-0"
    with stage.parts.database.begin() as db:
        Garment.stock(db)
        db.flush()
        terminal.add_applicant(
            db, stage.parts, PHONES[who], m[1], f"{m[1]}'s Sewing", "alone", m[3].lower(), {garment: int(m[4])}, card, "The market", 10,
            [("Aba", "+233244000099"), ("Kwesi", "+233208000098")], 3, COLOURS, False,
        )  # fmt: skip
    return True


def happen(line: str, stage: Stage) -> bool:
    m = re.fullmatch(rf"the desk (approves|{'|'.join(DEEDS)}) (\w+)(?: for more)?(?:: (.+))?", line)
    if not m:
        return False
    with stage.parts.database.begin() as db:
        tailor, now = stage.tailor(db, m[2].lower()), stage.parts.clock.now()
        if m[1] == "approves":
            for check in CHECKS:
                tailor.tick(db, check, "nii", now)
            tailor.approve(db, "nii", now)
        else:
            DEEDS[m[1]](tailor, db, "nii", now, m[3] or "it is all right")
    stage.settle()
    return True
