"""Numbers of papers: one series for each kind and year, counted without a gap."""

from __future__ import annotations

from datetime import date

PREFIXES = {"receipt": "R", "refund_receipt": "RR", "invoice": "CI", "credit_note": "CN", "statement": "ST"}
DIGITS = 6


def name(kind: str, day: date) -> str:
    """ "CI-2026", the series of this year's commission invoices. Raises KeyError for a kind that has none."""
    return f"{PREFIXES[kind]}-{day.year:04d}"


def number(series: str, place: int) -> str:
    """ "CI-2026-000001"; a millionth paper of one year gets a seventh digit."""
    if place < 1:
        raise ValueError("papers are counted from one")
    return f"{series}-{place:0{DIGITS}d}"
