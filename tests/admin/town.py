"""A town in which something of everything has happened, some of it to people with hostile names."""

from __future__ import annotations

from sqlalchemy import select, text

from models.case import Case
from models.disbursement import Disbursement
from models.dispute import Dispute
from models.inbox import Inbox
from models.order import Order
from models.outbox import Outbox
from models.person import Person
from models.refund import Refund
from models.staff import Staff
from tests.stage import Stage
from tests.test_transcripts import given, happen

SCRIPT, IMAGE = "<script>alert(1)</script>", "\"'><img src=x onerror=alert(2)>"
HOSTILE = (SCRIPT, IMAGE, "{{7*7}}", "javascript:alert(3)")


def furnish(stage: Stage) -> None:
    """Orders in several states, a dispute with words of both sides, a refund, a payout, a case, a letter that failed, a plea."""
    for line in (
        "Kofi sews kente shirts in Accra from GHS 250", "Yaw sews kaftans in Kumasi from GHS 180", "Ama's kente shirt by Kofi is half paid",
        "Esi's kente shirt by Kofi is ordered", "Kwame's kaftan by Yaw is deposited", "Kofi has earned GHS 320", "Ama has measurements for a kaftan",
    ):  # fmt: skip
        given(line, stage)
    with stage.parts.database.begin() as db:
        ama = stage.person(db, "ama")
        assert ama
        ama.name = f"Ama {SCRIPT}"
        stage.tailor(db, "kofi").business = f"Kofi {IMAGE}"
        Staff.hire(db, login="abla", name=f"Abla {SCRIPT}", role="support", password="correct horse battery", now=ama.created_at)
    for who, said in (("ama", "hello"), ("ama", SCRIPT), ("ama", "agent"), ("kwame", IMAGE), ("esi", "{{7*7}}"), ("ama", "[photo] " + IMAGE)):
        stage.say(who, said)
    for said in ("problem", "quality", f"He cut it wrong {SCRIPT}", "done"):
        stage.say("ama", said)
    happen("1 hours pass", stage)
    stage.say("kwame", "cancel order")
    stage.say("kwame", "1")
    stage.say("kwame", "yes")
    happen("3 hours pass", stage)
    with stage.parts.database.begin() as db:
        facts = {"amount": 12_345, "reference": SCRIPT, "text": IMAGE}
        Case.open(db, "test:theirs", "theirs_only", provider="mtn", facts=facts, now=stage.parts.clock.now())
        failed = "UPDATE {0} SET state = '{1}', error = :why WHERE id = (SELECT max(id) FROM {0} WHERE channel {2} 'events')"
        db.execute(text(failed.format("outbox", "dead", "<>")), {"why": f"63016 {SCRIPT}"})
        db.execute(text(failed.format("inbox", "failed", "=")), {"why": IMAGE})


def addresses(stage: Stage) -> dict[str, str]:
    """{beginning of a path: what stands in its blank}."""
    with stage.parts.database.begin() as db:
        def first(model: type, **like: object) -> str:
            return str(db.scalar(select(model.id).filter_by(**like).order_by(model.id).limit(1)) or 1)  # type: ignore[attr-defined]

        ama = stage.person(db, "ama")
        assert ama
        return {
            "/admin/orders/": first(Order), "/admin/people/": str(ama.id), "/admin/conversations/": str(ama.id), "/admin/disputes/": first(Dispute),
            "/admin/refunds/": first(Refund), "/admin/payouts/": first(Disbursement),
            "/admin/payouts/purses/": str(stage.tailor(db, "kofi").id), "/admin/tailors/": str(stage.tailor(db, "kofi").id),
            "/admin/cases/": first(Case), "/admin/messages/": first(Outbox, state="dead"),
            "/admin/messages/in/": first(Inbox, person_id=ama.id, channel="twilio"), "/admin/templates/": "order",
            "/admin/providers/": "mtn",
            "/admin/catalogue/": "kente_shirt", "/admin/ledger/": first(Order), "/admin/sessions/": "1", "/admin/staff/": first(Staff),
            "/admin/jobs/": "1", "/admin/person/": first(Person),
        }  # fmt: skip
