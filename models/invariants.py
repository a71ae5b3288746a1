"""The rules that the books must never break, as questions to the database: each finds what breaks it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.rules import disbursement
from bot.rules import payment as payments
from bot.rules.case import HOLDING
from bot.rules.escrow import STAGES

AT_MOST = 20  # breaches of one rule that are shown
#: Narrow a question to one order when there is a number, to nothing when there is none.
_JOURNALS = "(CAST(:order AS bigint) IS NULL OR j.order_id = :order)"
_ORDERS = "(CAST(:order AS bigint) IS NULL OR o.id = :order)"
_PAYMENTS = "(CAST(:order AS bigint) IS NULL OR p.order_id = :order)"
_ESCROWS = "(CAST(:order AS bigint) IS NULL OR a.code IN ({}))".format(", ".join(f"'escrow:' || :order || ':{s}'" for s in STAGES))
_SENT = "(CAST(:order AS bigint) IS NULL OR d.refund_id IN (SELECT id FROM refund WHERE order_id = :order))"
_PART = """CASE split_part(a.code, ':', 3) WHEN 'deposit' THEN o.total * 25 / 100 WHEN 'fitting' THEN o.total * 75 / 100 - o.total * 25 / 100
    ELSE o.total - o.total * 75 / 100 END"""


@dataclass(frozen=True, slots=True)
class Check:
    """`sql` returns what breaks the rule, one text a row; `whole` is about all of the books and not asked about one order."""

    id: str
    sentence: str
    sql: str
    whole: bool = False


CHECKS = (
    Check("I01", "every movement sums to zero", f"""
        SELECT j.key FROM journal j LEFT JOIN entry e ON e.journal_id = j.id WHERE {_JOURNALS}
        GROUP BY j.id HAVING coalesce(sum(e.amount), 0) <> 0 OR count(e.id) < 2 OR min(e.currency) <> max(e.currency)"""),
    Check("I02", "the books sum to zero", "SELECT sum(balance)::text FROM account HAVING coalesce(sum(balance), 0) <> 0", whole=True),
    Check("I03", "no account is overdrawn", f"""
        SELECT a.code FROM account a WHERE a.floored AND CASE WHEN a.kind IN ('A', 'X') THEN a.balance < 0 ELSE a.balance > 0 END AND {_ESCROWS}"""),
    Check("I04", "every balance is the sum of its entries", f"""
        SELECT a.code FROM account a LEFT JOIN entry e ON e.account_id = a.id WHERE {_ESCROWS}
        GROUP BY a.id HAVING a.balance <> coalesce(sum(e.amount), 0)"""),
    Check("I06", "what was collected for an order is held, released, given back or owed: its own movements explain its escrow", f"""
        WITH held AS (SELECT split_part(a.code, ':', 2)::bigint AS order_id, sum(a.balance) AS amount
            FROM account a WHERE a.code LIKE 'escrow:%' AND {_ESCROWS} GROUP BY 1),
        moved AS (SELECT j.order_id, sum(e.amount) AS amount FROM journal j JOIN entry e ON e.journal_id = j.id
            JOIN account a ON a.id = e.account_id WHERE a.code LIKE 'escrow:%' AND j.order_id IS NOT NULL AND {_JOURNALS} GROUP BY 1)
        SELECT o.number FROM orders o LEFT JOIN held ON held.order_id = o.id LEFT JOIN moved ON moved.order_id = o.id
        WHERE {_ORDERS} AND coalesce(held.amount, 0) <> coalesce(moved.amount, 0)"""),
    Check("I07", "no stage releases more than it collected", f"""
        SELECT a.code FROM account a JOIN entry e ON e.account_id = a.id JOIN journal j ON j.id = e.journal_id
        WHERE a.code LIKE 'escrow:%' AND {_ESCROWS} GROUP BY a.id
        HAVING sum(e.amount) FILTER (WHERE j.key LIKE 'release:%') > coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0)"""),
    Check("I08", "no payment gives back more than it brought", f"""
        SELECT p.reference FROM payment p JOIN refund r ON r.payment_id = p.id WHERE {_PAYMENTS} GROUP BY p.id
        HAVING sum(r.amount) > CASE WHEN p.code LIKE 'case:%' THEN (SELECT l.amount FROM statement_line l WHERE l.payment_id = p.id LIMIT 1)
            ELSE coalesce((SELECT sum(e.amount) FROM journal j JOIN entry e ON e.journal_id = j.id JOIN account a ON a.id = e.account_id
                WHERE j.key = 'collect:' || p.id AND a.code LIKE 'provider_clearing:%'), 0) END"""),
    Check("I09", "what is sent leaves once, and is either proven sent or back where it came from", f"""
        SELECT d.reference FROM disbursement d JOIN journal s ON s.key = d.purpose || ':' || d.id || ':settle'
        JOIN journal v ON v.key = d.purpose || ':' || d.id || ':void' WHERE {_SENT}"""),
    Check("I09", "what is set aside is what is under way", f"""
        SELECT d.reference FROM disbursement d LEFT JOIN account a ON a.code = 'in_flight:' || d.id
        WHERE {_SENT} AND coalesce(-a.balance, 0) <> CASE WHEN d.state IN {disbursement.LIVE} THEN d.amount ELSE 0 END"""),
    Check("I13", "escrow takes exactly what was asked for", f"""
        SELECT a.code FROM account a JOIN orders o ON o.id = split_part(a.code, ':', 2)::bigint JOIN entry e ON e.account_id = a.id
        JOIN journal j ON j.id = e.journal_id WHERE a.code LIKE 'escrow:%' AND (j.key LIKE 'collect:%' OR j.key LIKE 'case:%')
        AND {_ESCROWS} AND {_ORDERS} GROUP BY a.id, o.id HAVING -sum(e.amount) <> {_PART}"""),
    Check("I14", "money that came late, twice or in vain is booked", f"""
        SELECT p.reference FROM payment p LEFT JOIN journal j ON j.key = CASE WHEN p.code LIKE 'case:%' THEN p.code ELSE 'collect:' || p.id END
        WHERE p.state IN ('succeeded', 'mismatch') AND p.provider <> 'cash' AND (j.id IS NULL OR p.booked IS NULL) AND {_PAYMENTS}"""),
    Check("I14", "what is owed to a customer is written down as a refund", """
        SELECT code FROM (SELECT code, -balance AS amount FROM account WHERE code LIKE 'refunds_payable:%') a
        FULL JOIN (SELECT 'refunds_payable:' || person_id AS code, sum(amount) AS amount FROM refund WHERE state = 'owed' GROUP BY 1) r USING (code)
        WHERE coalesce(a.amount, 0) <> coalesce(r.amount, 0)""", whole=True),
    Check("I15", "a stage is paid once", f"""
        SELECT p.order_id || ' ' || p.stage FROM payment p WHERE p.booked IN ('escrow', 'cash') AND {_PAYMENTS}
        GROUP BY p.order_id, p.stage HAVING count(*) > 1"""),
    Check("I15", "what was paid twice goes back", f"""
        SELECT p.reference FROM payment p WHERE p.booked = 'surplus' AND {_PAYMENTS}
        AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.payment_id = p.id)"""),
    Check("I19", "nothing is waited for without an end", f"""
        SELECT p.reference FROM payment p WHERE p.state IN {(*payments.OPEN, 'expired')} AND p.next_at IS NULL
        AND p.provider <> 'cash' AND {_PAYMENTS} UNION ALL
        SELECT d.reference FROM disbursement d WHERE d.state IN {('approved', *disbursement.POLLED)} AND d.next_at IS NULL AND {_SENT}"""),
    Check("I20", "each line of a statement is matched or in a case", """
        SELECT l.provider || ' ' || l.provider_id FROM statement_line l WHERE l.verdict IS NULL UNION ALL
        SELECT l.provider || ' ' || l.provider_id FROM statement_line l WHERE l.verdict NOT IN ('matched', 'booked')
        AND NOT EXISTS (SELECT 1 FROM money_case c WHERE starts_with(c.key, 'line:' || l.provider || ':' || l.kind || ':' || l.provider_id))""",
        whole=True),
    Check("I20", "what lies in suspense has an open case", f"""
        SELECT code FROM (SELECT code, -balance AS amount FROM account WHERE code LIKE 'suspense:%') a
        FULL JOIN (SELECT facts->>'account' AS code, sum((facts->>'excess')::bigint) AS amount FROM money_case
            WHERE state = 'open' AND kind IN {HOLDING} GROUP BY 1) c USING (code)
        WHERE coalesce(a.amount, 0) <> coalesce(c.amount, 0)""", whole=True),
    Check("I21", "no payout arrives twice", """
        SELECT d.reference FROM disbursement d JOIN disbursement o ON o.id = d.retry_of WHERE d.state = 'succeeded' AND o.state = 'succeeded'""",
        whole=True),
)  # fmt: skip
#: Rules that books at rest cannot show, and what shows them.
ELSEWHERE = {
    "I05": "the database refuses changes (tests/models/test_ledger.py)",
    "I10": "what is heard twice counts once (tests/models/test_money_machine.py)",
    "I11": "the order of answers does not matter (tests/models/test_money_machine.py)",
    "I12": "a callback books nothing (tests/faults/test_providers.py)",
    "I16": "the same call twice gives the same answer (tests/test_engine.py)",
    "I17": "commission sums exactly (tests/rules/test_money.py, tests/models/test_money_machine.py)",
    "I18": "no other step than in the tables (tests/rules/test_money.py)",
    "I22": "no float where money is counted (tests/test_house.py)",
    "I23": "no secret in a log (tests/test_logs.py)",
    "I24": "payouts go to a wallet that has rested (tests/models/test_payout.py)",
}


def breaches(db: Session, check: Check, order_id: int | None = None) -> list[str]:
    """What breaks one rule, as far as one order shows it or (None) anywhere."""
    values = {"order": order_id} if ":order" in check.sql else {}
    plain = re.sub(r":(?!order\b)", r"\:", check.sql)  # account codes are full of colons that name no value
    return [str(row[0]) for row in db.execute(text(f"{plain}\n        LIMIT {AT_MOST}"), values)]


def broken(db: Session, order_id: int | None = None) -> list[tuple[Check, list[str]]]:
    """The rules that do not hold, and by what."""
    asked = [check for check in CHECKS if order_id is None or not check.whole]
    return [(check, found) for check in asked if (found := breaches(db, check, order_id))]
