"""Holds our books against what the providers say, every day; what does not agree is judged, booked where it can be, and else shown."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.payments import Bookkeeper, Line, Provider, Silent
from models import invariants, ledger
from models.base import Away, Database
from models.case import Case
from models.reconciliation import judge
from models.statement import Statement, StatementLine

log = logging.getLogger(__name__)
DAYS_BACK = 7  # a provider that was silent is asked about its last days again

#: Movements that lie in days we have statements of, from the first call to the booking, and that no line has claimed.
OURS_ONLY = {
    "payment": text("""
        SELECT p.id, p.order_id, -coalesce(sum(e.amount), 0)::bigint AS excess, min(e.currency) AS currency, min(a.code) AS account
        FROM payment p JOIN journal j ON j.key = 'collect:' || p.id JOIN entry e ON e.journal_id = j.id JOIN account a ON a.id = e.account_id
        WHERE p.provider = :provider AND a.code LIKE 'provider_clearing:%' AND p.submitted_at < :until AND j.posted_at >= :since
            AND NOT EXISTS (SELECT 1 FROM statement_line l WHERE l.payment_id = p.id AND l.kind = 'collected')
            AND (SELECT count(*) FROM statement s WHERE s.provider = p.provider AND s.day BETWEEN (p.submitted_at AT TIME ZONE 'UTC')::date
                AND (j.posted_at AT TIME ZONE 'UTC')::date)
                = (j.posted_at AT TIME ZONE 'UTC')::date - (p.submitted_at AT TIME ZONE 'UTC')::date + 1
        GROUP BY p.id ORDER BY p.id"""),
    "disbursement": text("""
        SELECT d.id, d.order_id, d.amount AS excess, d.currency, 'provider_clearing:' || d.provider AS account
        FROM disbursement d JOIN journal j ON j.key = d.purpose || ':' || d.id || '\\:settle'
        WHERE d.provider = :provider AND d.submitted_at < :until AND j.posted_at >= :since
            AND NOT EXISTS (SELECT 1 FROM statement_line l WHERE l.disbursement_id = d.id AND l.kind IN ('sent', 'given_back'))
            AND (SELECT count(*) FROM statement s WHERE s.provider = d.provider AND s.day BETWEEN (d.submitted_at AT TIME ZONE 'UTC')::date
                AND (j.posted_at AT TIME ZONE 'UTC')::date)
                = (j.posted_at AT TIME ZONE 'UTC')::date - (d.submitted_at AT TIME ZONE 'UTC')::date + 1
        ORDER BY d.id"""),
}
#: What may come or go at any moment explains a difference of as much.
UNDER_WAY = text("""
    SELECT (SELECT coalesce(sum(amount), 0) FROM payment WHERE provider = :provider AND next_at IS NOT NULL AND submitted_at IS NOT NULL)::bigint,
        (SELECT coalesce(sum(amount), 0) FROM disbursement WHERE provider = :provider AND submitted_at IS NOT NULL
            AND state IN ('submitting', 'unknown', 'pending', 'needs_attention', 'needs_review'))::bigint""")


class Auditor:
    def __init__(self, database: Database, providers: Mapping[str, Provider], clock: Clock) -> None:
        self.database, self.providers, self.clock = database, providers, clock

    def reconcile(self, day: date | None = None) -> bool:
        """Asks every provider that can be asked, judges once more what was left open, and checks the books. False when one was silent."""
        asked = [self._ask(name, provider, day) for name, provider in self.providers.items() if isinstance(provider, Bookkeeper)]
        for name in self.providers:
            self._judge(name)
        with self.database.begin() as db:
            for check, found in invariants.broken(db):
                facts = {"invariant": check.id, "sentence": check.sentence, "found": found[:5]}
                Case.open(db, f"invariant:{check.id}:{found[0]}", "books_wrong", provider=None, facts=facts, now=self.clock.now(), anew=True)
        return all(asked)

    def take_in(self, provider: str, lines: Iterable[Line], days: Iterable[date]) -> Counter[str]:
        """A statement that covers whole days (UTC): kept, judged, and our own side looked through. Verdicts and how many of each."""
        now, covered = self.clock.now(), sorted(days)
        with self.database.begin() as db:
            StatementLine.take(db, provider, lines, now)
            Statement.covers(db, provider, covered, now)
        verdicts = self._judge(provider)
        if covered and (ours := self._look_for_ours(provider, covered[0], covered[-1])):
            verdicts["ours_only"] = ours
        return verdicts

    def compare_balance(self, provider: str, stated: int) -> int:
        """What the provider says it holds for us, against our books; the gap in pesewas that nothing under way explains, which is a case."""
        now = self.clock.now()
        with self.database.begin() as db:
            ours = ledger.balance(db, account := f"provider_clearing:{provider}")
            coming, going = db.execute(UNDER_WAY, {"provider": provider}).one()
            if ours - going <= stated <= ours + coming:
                Case.settle(db, f"balance:{provider}", now)
                return 0
            facts = {"stated": stated, "ours": ours, "account": account, "excess": stated - ours, "currency": ledger.HOUSE_CURRENCY}
            Case.open(db, f"balance:{provider}", "balance_differs", provider=provider, facts=facts, now=now, anew=True)
            return stated - ours

    # -- private

    def _ask(self, name: str, provider: Bookkeeper, day: date | None) -> bool:
        for wanted in [day] if day else self._missing(name):
            try:
                lines = list(provider.statement(wanted))
            except Silent as silent:
                log.error("no statement of %s for %s: %s", name, wanted, silent)
                return False
            log.info("statement of %s for %s: %s", name, wanted, dict(self.take_in(name, lines, [wanted])))
        return True

    def _missing(self, provider: str) -> list[date]:
        """The whole days since the last statement, up to yesterday."""
        today = self.clock.now().astimezone(UTC).date()
        with self.database.begin() as db:
            last = Statement.last(db, provider) or today - timedelta(days=2)
        first = max(last + timedelta(days=1), today - timedelta(days=DAYS_BACK))
        return [first + timedelta(days=n) for n in range((today - first).days)]

    def _judge(self, provider: str) -> Counter[str]:
        """Each line in a transaction of its own: one that cannot be judged keeps nobody else from it."""
        home = self.providers[provider].currency
        with self.database.begin() as db:
            waiting = StatementLine.undecided(db, provider)
        verdicts: Counter[str] = Counter()
        for line_id in waiting:
            try:
                with self.database.begin() as db:
                    line = StatementLine.by_id(db, line_id, lock=True)
                    verdicts[judge(db, line, home, self.clock.now())] += 1
            except Away:
                raise
            except Exception:
                log.exception("a line of a statement could not be judged", extra={"line_id": line_id})
        return verdicts

    def _look_for_ours(self, provider: str, first: date, last: date) -> int:
        since, until = (datetime.combine(day, datetime.min.time(), UTC) for day in (first, last + timedelta(days=1)))
        with self.database.begin() as db:
            return sum(self._open_ours(db, what, provider, since, until) for what in OURS_ONLY)

    def _open_ours(self, db: Session, what: str, provider: str, since: datetime, until: datetime) -> int:
        rows = db.execute(OURS_ONLY[what], {"provider": provider, "since": since, "until": until}).all()
        for row in rows:
            facts = {f"{what}_id": row.id, "order_id": row.order_id, "account": row.account, "excess": row.excess, "currency": row.currency}
            Case.open(db, f"ours_only:{what}:{row.id}", "ours_only", provider=provider, facts=facts, now=self.clock.now())
        return len(rows)
