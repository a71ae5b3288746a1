"""What stories say about the money of tailors.

    given: Kofi has earned GHS 320              it is in the wallet
    given: Kofi owes GHS 40                     commission on cash
    given: the order is in dispute
    given: Kofi has no payout number            or: Kofi is paid at Yaw's number; the name on Kofi's wallet is unknown
    * vodafone knows 020 800 0002 as Yaw Boateng    or: knows no 020 …; does not say whose 020 … is
    * vodafone has no money to send             until: vodafone has money again
    * vodafone cannot be reached for sending    until: vodafone is well again
    * vodafone sends the last payout back
    * Yaw Mensah approves what waits            or: Kofi's payouts are held | are free again
"""

from __future__ import annotations

import re

from sqlalchemy import select

from bot.payments import NotAccepted, Paid, Refused, Reversed
from models import ledger, payout
from models.disbursement import Disbursement
from models.order import Order
from models.purse import Purse
from tests.fakes import Wallets
from tests.stage import PHONES, Stage


def given(line: str, stage: Stage) -> bool:
    now = stage.parts.clock.now()
    with stage.parts.database.begin() as db:
        if m := re.fullmatch(r"(\w+) (has earned|owes) GHS ([\d,]+)", line):
            tailor, amount = stage.tailor(db, m[1].lower()), int(m[3].replace(",", "")) * 100
            earned = {"provider_clearing:mtn": amount, f"tailor_wallet:{tailor.id}": -amount}
            owed = {f"tailor_receivable:{tailor.id}": amount, "platform_revenue": -amount}
            ledger.post(db, f"story:{line}:{now}", earned if m[2] == "has earned" else owed, now=now)
        elif m := re.fullmatch(r"(\w+) has no payout number", line):
            db.delete(_purse(stage, db, m[1]))
        elif m := re.fullmatch(r"(\w+) is paid at (\w+)'s number", line):
            _purse(stage, db, m[1]).number = PHONES[m[2].lower()][1:]
        elif m := re.fullmatch(r"the name on (\w+)'s wallet is unknown", line):
            _purse(stage, db, m[1]).name, _purse(stage, db, m[1]).name_state = "", "unknown"
        elif line == "the order is in dispute":
            order = db.scalars(select(Order)).one()
            order.freeze(db, f"person:{order.customer_id}", now)
        else:
            return False
    return True


def happen(line: str, stage: Stage) -> bool:
    if m := re.fullmatch(r"([\w ]+) approves what waits", line):
        with stage.parts.database.begin() as db:
            waiting = [out.id for out in payout.waiting(db) if out.state == "created"]
        for number in waiting:
            stage.command(f"payouts approve {number} --by '{m[1]}'")
        return True
    if m := re.fullmatch(r"(\w+)'s payouts are (held|free again)", line):
        with stage.parts.database.begin() as db:
            number = stage.tailor(db, m[1].lower()).id
        stage.command(f"payouts hold {number} --because 'somebody must look'" if m[2] == "held" else f"payouts free {number} --by 'Esi Boateng'")
        return True
    named = re.match(r"(mtn|vodafone) ", line)
    return _provides(stage.wallets[named[1]], line[named.end() :], stage) if named else False


def _provides(wallets: Wallets, said: str, stage: Stage) -> bool:
    if m := re.fullmatch(r"knows (0[\d ]+) as (.+)|knows no (0[\d ]+)|does not say whose (0[\d ]+) is", said):
        number = "233" + (m[1] or m[3] or m[4]).replace(" ", "")[1:]
        wallets.holders[number] = m[2] if m[1] else "" if m[3] else None
    elif said == "has no money to send":
        wallets.on_send = [lambda out: Refused("float_empty")] * 99
    elif said == "has money again":
        wallets.on_send = []
        wallets.answers["float"] = Paid("float", 10_000_00, "GHS", "FLOAT")
    elif said == "cannot be reached for sending":
        wallets.on_send = [lambda out: NotAccepted("503")] * 99
    elif said == "sends the last payout back":
        with stage.parts.database.begin() as db:
            out = db.scalars(select(Disbursement).where(Disbursement.provider == wallets.name).order_by(Disbursement.id.desc())).first()
            assert out
        wallets.out_answers[out.reference] = Reversed()
        stage.web.post(f"/webhooks/payment/{wallets.name}?ref={out.reference}&k={out.callback_key}", json={})
        stage.settle()
    else:
        return False
    return True


def _purse(stage: Stage, db: object, who: str) -> Purse:
    found = Purse.of(db, stage.tailor(db, who.lower()).id)  # type: ignore[arg-type]
    assert found
    return found
