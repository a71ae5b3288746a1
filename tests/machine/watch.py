"""The invariants, asked of the database in one statement; each row of the answer is one that is broken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from bot.payments import Paid
from models.disbursement import Disbursement
from models.purse import Purse
from tests.machine.bank import Bank

#: {invariant: what breaks it}. Written apart from the product's own checks on purpose.
BREACHES = {
    "I01": "SELECT journal_id FROM entry GROUP BY journal_id HAVING sum(amount) <> 0 OR count(*) < 2",
    "I02": "SELECT count(*) FROM account HAVING coalesce(sum(balance), 0) <> 0",
    "I03": "SELECT id FROM account WHERE floored AND CASE WHEN kind IN ('A', 'X') THEN balance < 0 ELSE balance > 0 END",
    "I04": """SELECT a.id FROM account a LEFT JOIN entry e ON e.account_id = a.id
              GROUP BY a.id HAVING a.balance <> coalesce(sum(e.amount), 0)""",
    "I06": """SELECT o.id FROM orders o WHERE
              (SELECT coalesce(sum(p.amount), 0) FROM payment p WHERE p.order_id = o.id AND p.booked = 'escrow')
              <> (SELECT coalesce(-sum(a.balance), 0) FROM account a WHERE a.code LIKE 'escrow:' || o.id || ':%')
               + (SELECT coalesce(sum(e.amount), 0) FROM journal j JOIN entry e ON e.journal_id = j.id JOIN account a ON a.id = e.account_id
                  WHERE j.order_id = o.id AND e.amount > 0 AND a.code LIKE 'escrow:%')""",
    "I07": """SELECT j.id FROM journal j JOIN entry e ON e.journal_id = j.id JOIN account a ON a.id = e.account_id
              JOIN payment p ON p.order_id = j.order_id AND p.booked = 'escrow' AND a.code = 'escrow:' || p.order_id || ':' || p.stage
              WHERE j.key LIKE 'release:%' AND (e.amount > p.amount OR e.amount <= 0)""",
    "I08": """SELECT p.id FROM payment p JOIN refund r ON r.payment_id = p.id
              WHERE p.booked <> 'suspense' GROUP BY p.id HAVING sum(r.amount) > p.amount""",
    "I09": """SELECT d.id FROM disbursement d, LATERAL (SELECT
                array_agg(split_part(j.key, ':', 3) ORDER BY split_part(j.key, ':', 3)) AS done
                FROM journal j WHERE j.key LIKE d.purpose || ':' || d.id || ':%') k
              WHERE k.done <> CASE d.state WHEN 'succeeded' THEN ARRAY['reserve', 'settle']
                WHEN 'reversed' THEN ARRAY['reserve', 'reversed', 'settle'] WHEN 'failed' THEN ARRAY['reserve', 'void']
                WHEN 'cancelled' THEN ARRAY['reserve', 'void'] ELSE ARRAY['reserve'] END""",
    "I09 in flight": """SELECT a.id FROM account a LEFT JOIN disbursement d ON a.code = 'in_flight:' || d.id
              WHERE a.code LIKE 'in_flight:%' AND -a.balance <> CASE WHEN d.state IN ('succeeded', 'failed', 'cancelled', 'reversed') THEN 0
                ELSE coalesce(d.amount, -1) END""",
    "I12": """SELECT p.id FROM payment p LEFT JOIN journal j ON j.key = 'collect:' || p.id
              WHERE (p.booked IN ('escrow', 'surplus', 'suspense')) <> (j.id IS NOT NULL)
                OR (p.state IN ('succeeded', 'mismatch')) <> (p.booked IS NOT NULL)""",
    "I14": """SELECT a.id FROM account a WHERE a.code LIKE 'refunds_payable:%' AND -a.balance <>
              (SELECT coalesce(sum(r.amount), 0) FROM refund r WHERE 'refunds_payable:' || r.person_id = a.code AND r.state = 'owed')""",
    "I14 sending": """SELECT r.id FROM refund r WHERE (r.state = 'sending') <>
              EXISTS (SELECT 1 FROM disbursement d WHERE d.refund_id = r.id AND d.state NOT IN ('succeeded', 'failed', 'cancelled', 'reversed'))""",
    "I15": """SELECT min(id) FROM payment WHERE booked IN ('escrow', 'cash') GROUP BY order_id, stage HAVING count(*) > 1""",
    "I17": """SELECT o.id FROM orders o,
              LATERAL (SELECT coalesce(-sum(e.amount) FILTER (WHERE a.code = 'platform_revenue'), 0) AS fee,
                  coalesce(sum(e.amount) FILTER (WHERE a.code LIKE 'escrow:%'), 0) + (SELECT coalesce(sum(p.amount), 0)
                    FROM payment p JOIN journal c ON c.key = 'cash:' || p.id WHERE p.order_id = o.id
                    AND NOT EXISTS (SELECT 1 FROM journal w WHERE w.key = c.key || ':waived')) AS gross
                FROM journal j JOIN entry e ON e.journal_id = j.id JOIN account a ON a.id = e.account_id
                WHERE j.order_id = o.id AND (j.key LIKE 'release:%' OR j.key LIKE 'cash:%')) r
              WHERE r.fee <> floor(r.gross * o.commission_bp / 10000)""",
    "I19": """SELECT id FROM payment WHERE next_at IS NULL AND provider <> 'cash'
                AND state IN ('created', 'submitting', 'unknown', 'action_required', 'pending', 'not_accepted')
              UNION ALL SELECT id FROM disbursement WHERE next_at IS NULL
                AND state IN ('approved', 'submitting', 'unknown', 'pending', 'needs_attention')""",
    "I21": """SELECT min(id) FROM disbursement
              WHERE run IS NOT NULL AND retry_of IS NULL AND state IN ('succeeded', 'pending', 'unknown', 'submitting')
              GROUP BY run, tailor_id, once HAVING count(*) > 1""",
    "suspense": """SELECT id FROM account WHERE code LIKE 'suspense:unmatched' AND -balance <>
              (SELECT coalesce(sum(amount), 0) FROM refund WHERE state = 'held' AND currency = 'GHS')""",
}
_ALL = " UNION ALL ".join(f"(SELECT '{name}' AS broken, x.* FROM ({sql}) AS x)" for name, sql in BREACHES.items())
_HELD = text("SELECT code, balance FROM account WHERE code LIKE 'provider_clearing:%'")
_KNOWN = text("""SELECT reference, state, amount FROM payment WHERE reference = ANY(:of)
    UNION ALL SELECT reference, state, amount FROM disbursement WHERE reference = ANY(:of)""")


class Watch:
    """Looks after every step."""

    def __init__(self) -> None:
        self.paid_out: set[int] = set()

    def looks(self, db: Session, banks: Mapping[str, Bank]) -> None:
        connection = db.connection()
        if not connection.info.get("watch"):  # planned once for a connection: planning costs more than looking
            connection.exec_driver_sql("PREPARE watch AS " + _ALL.replace("%", "%%"))
            connection.info["watch"] = True
        broken = [tuple(row) for row in connection.exec_driver_sql("EXECUTE watch")]
        assert not broken, broken
        booked = dict(row for row in db.execute(_HELD).all())
        known = {row.reference: row for row in db.execute(_KNOWN, {"of": [r for b in banks.values() for r in (*b.answers, *b.out_answers)]})}
        for bank in banks.values():
            ours, under_way = booked.get(f"provider_clearing:{bank.name}", 0), _not_yet_known(bank, known)
            assert ours + under_way == bank.holds(), f"{bank.name}: booked {ours}, under way {under_way}, really {bank.holds()}"
        self._right_wallets(db)

    def _right_wallets(self, db: Session) -> None:
        """I24: what is sent goes to the number that is hers, or was when it was sent."""
        fresh = text("SELECT id FROM disbursement WHERE purpose = 'payout' AND submitted_at IS NOT NULL AND NOT id = ANY(:seen)")
        for ident in db.scalars(fresh, {"seen": list(self.paid_out)}).all():
            out = Disbursement.by_id(db, ident)
            purse = Purse.of(db, out.tailor_id or 0)
            assert purse is not None and out.msisdn == purse.number, "to the number that is hers"
            assert out.submitted_at and purse.cold_until(out.submitted_at) is None, "not within 72 hours of a change"
            self.paid_out.add(ident)


def _not_yet_known(bank: Bank, known: Mapping[str, Row[Any]]) -> int:
    """Pesewas that the provider moved and has not told us of yet; `known` is what we believe of each reference."""
    total = 0
    for reference, answer in bank.answers.items():
        if isinstance(answer, Paid) and answer.currency == bank.currency:
            total += 0 if reference in known and known[reference].state in ("succeeded", "mismatch") else answer.amount
    for reference, sent in bank.out_answers.items():
        state = known[reference].state if reference in known else ""
        if isinstance(sent, Paid):
            total -= 0 if state == "succeeded" else sent.amount
        elif reference in bank.gone and state == "succeeded":
            total += known[reference].amount
    return total
