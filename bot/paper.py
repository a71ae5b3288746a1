"""What stands on each kind of paper: its frozen facts, put into words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot import press
from bot.clock import ACCRA
from bot.press import Column, Sheet

STAGES = {"deposit": "Deposit, part 1 of 3", "fitting": "Second payment, part 2 of 3", "final": "Last payment, part 3 of 3"}
CAUSES = {
    "cancelled": "The order was cancelled", "surplus": "Paid although nothing was due", "wrong_amount": "Another amount than was asked for",
    "dispute": "Decided after a complaint",
}  # fmt: skip
SORTS = {
    "release": "Work paid", "reserved": "For reserved time", "cash": "Commission on cash", "payout": "Paid out to you",
    "payout_back": "Payout came back", "netting": "Debt settled", "reversal": "Back to a customer", "other": "Correction",
}  # fmt: skip
TAXES = {"vat": "VAT", "nhil": "NHIL", "getfund": "GETFund"}
CLOSING = "A receipt for money, not a tax invoice. {seller} never asks for your PIN."


@dataclass(frozen=True, slots=True)
class Paper:
    """One issued document: amounts in pesewas, `facts` as models/document.py froze them."""

    kind: str
    number: str
    name: str
    issued_at: datetime
    currency: str
    total: int
    facts: dict[str, Any]
    period: tuple[date, date] | None = None

    def money(self, pesewas: int) -> str:
        return f"{self.currency} {amount(pesewas)}"


def pdf(paper: Paper) -> bytes:
    return press.pdf(sheet(paper))


def sheet(paper: Paper) -> Sheet:
    """The sheet that is printed. Raises KeyError for a kind nobody knows."""
    return _KINDS[paper.kind](paper)


def amount(pesewas: int) -> str:
    """ "-1,234.50", for a column that names the currency."""
    return f"{'-' if pesewas < 0 else ''}{abs(pesewas) // 100:,}.{abs(pesewas) % 100:02d}"


def _day(moment: date) -> str:
    day = moment.astimezone(ACCRA).date() if isinstance(moment, datetime) else moment
    return f"{day.day} {day:%B %Y}"


def _frame(paper: Paper, title: str, **more: Any) -> Sheet:
    seller = paper.facts["seller"]
    dates = [_day(paper.issued_at)]
    if paper.period:
        dates.append(f"{_day(paper.period[0])} to {_day(paper.period[1])}")
    tin = f"TIN {seller['tin']}" if seller["tin"] else ""
    return Sheet(
        seller=[seller["name"], seller["address"], tin], title=title, number=paper.number, dates=dates, made_at=paper.issued_at, **more
    )


def _order(facts: dict[str, Any]) -> list[str]:
    return [f"Order {facts['order']}", facts["garment"].capitalize(), facts["tailor"]]


def _receipt(paper: Paper) -> Sheet:
    facts, paid = paper.facts, paper.facts["paid"]
    sums = [("Price of the order", facts["total"]), ("Paid before", paid["before"]), ("Still to pay", paid["left"])] if paid else []
    reference = f"Reference {facts['reference']}."
    return _frame(
        paper, "Receipt", size="A5", parties=[("Received from", [paper.name, facts["network"], facts["wallet"]]), ("For", _order(facts))],
        columns=[Column("What", 3), Column(paper.currency, 1, right=True)], rows=[(STAGES[facts["stage"]], amount(facts["amount"]))],
        totals=[*((label, paper.money(sum_), False) for label, sum_ in sums[:2]), ("Received", paper.money(paper.total), True),
                *((label, paper.money(sum_), False) for label, sum_ in sums[2:])],
        notes=[facts["held"], reference, CLOSING.format(seller=facts["seller"]["name"])],
    )  # fmt: skip


def _refund_receipt(paper: Paper) -> Sheet:
    facts = paper.facts
    reference = f"Reference {facts['reference']}. It gives back money of the payment {facts['paid_with']}."
    return _frame(
        paper, "Refund receipt", size="A5", parties=[("Given back to", [paper.name, facts["network"], facts["wallet"]]), ("From", _order(facts))],
        columns=[Column("Why", 3), Column(paper.currency, 1, right=True)],
        rows=[(CAUSES.get(facts["cause"], "Refund"), amount(facts["amount"]))], totals=[("Given back", paper.money(paper.total), True)],
        notes=[reference, CLOSING.format(seller=facts["seller"]["name"])],
    )  # fmt: skip


def _invoice(paper: Paper) -> Sheet:
    facts = paper.facts
    taken = paper.total - facts["owed"]
    notes = [
        "" if _is_taxed(facts) else "No VAT is charged.",
        f"{paper.money(taken)} was taken when your earnings were released: nothing is to be paid for it." if taken else "",
        f"{paper.money(facts['owed'])} is for work you were paid for directly: it is taken from your next payouts." if facts["owed"] else "",
    ]
    return _commission(paper, "Tax invoice" if _is_taxed(facts) else "Invoice", "Paid for the work", notes)


def _credit_note(paper: Paper) -> Sheet:
    notes = ["Commission given back to you.", "" if _is_taxed(paper.facts) else "No VAT is charged."]
    return _commission(paper, "Credit note", "Paid for the work", notes)


def _is_taxed(facts: dict[str, Any]) -> bool:
    return any(facts[name] for name in TAXES)


def _commission(paper: Paper, title: str, gross: str, notes: list[str]) -> Sheet:
    facts, unit = paper.facts, paper.currency
    rows = [(f"Commission, order {x['order'] or '-'}", amount(x["gross"]) if x["gross"] else "", amount(x["commission"])) for x in facts["lines"]]
    rates = facts.get("rates") or {}
    taxes = [(f"{label} {rates[name] / 10:g} %", paper.money(facts[name]), False) for name, label in TAXES.items()] if _is_taxed(facts) else []
    return _frame(
        paper, title, size="A4", parties=[("To", [paper.name])],
        columns=[Column("Service", 3), Column(f"{gross} ({unit})", 1.6, right=True), Column(f"Commission ({unit})", 1.6, right=True)],
        rows=rows, totals=[("Commission", paper.money(facts["commission"]), False), *taxes, ("Total", paper.money(paper.total), True)], notes=notes,
    )  # fmt: skip


def _statement(paper: Paper) -> Sheet:
    facts = paper.facts
    opening, closing = (facts[end]["wallet"] - facts[end]["owed"] for end in ("opening", "closing"))
    rows, balance, sums = [("", "Opening balance", *[""] * 4, amount(opening))], opening, dict.fromkeys(SORTS, 0)
    for line in facts["lines"]:
        change = line["wallet"] - line["owed"]
        balance += change
        sums[line["sort"]] += change
        rows.append(_moved(line, change, balance))
    kept = f"In your wallet: {paper.money(facts['closing']['wallet'])}. You owe us: {paper.money(facts['closing']['owed'])}."
    columns = [Column("Date", 1), Column("What", 2.5), Column("Order", 2), Column("Price", 1.35, right=True), Column("Commission", 1.4, right=True)]
    columns += [Column("To you", 1.35, right=True), Column(f"Balance ({paper.currency})", 1.7, right=True)]
    return _frame(
        paper, "Statement", size="A4", parties=[("Account of", [paper.name])], columns=columns, rows=rows,
        totals=[("Opening balance", paper.money(opening), False), *((SORTS[s], paper.money(x), False) for s, x in sums.items() if x),
                ("Closing balance", paper.money(closing), True)],
        notes=[kept, "Commission includes the tax on it, if any; the invoice of the week shows both."],
    )  # fmt: skip


def _moved(line: dict[str, Any], change: int, balance: int) -> tuple[str, ...]:
    day, fees = datetime.fromisoformat(line["at"]).astimezone(ACCRA).date(), line["commission"] + line["tax"]
    what = SORTS[line["sort"]] + (f" ({amount(-line['wallet'])})" if line["sort"] == "netting" else "")
    shown = (amount(x) if x else "" for x in (line["gross"], fees))
    return f"{day.day} {day:%b}", what, line["order"] or "", *shown, amount(change), amount(balance)


_KINDS: dict[str, Callable[[Paper], Sheet]] = {
    "receipt": _receipt, "refund_receipt": _refund_receipt, "invoice": _invoice, "credit_note": _credit_note, "statement": _statement,
}  # fmt: skip
