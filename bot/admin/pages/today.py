"""What matters now, each number a way to its list."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import request

from bot.admin.door import Answer, Desk, Pages, Refused, wall
from models.board import Board, First
from models.note import Note

pages = Pages("today", "Today", path="/", rank=0)


@dataclass(frozen=True, slots=True)
class Tile:
    label: str
    number: int
    where: str
    is_money: bool = False
    how: str = ""  # "bad" and "warn" when there is any
    can: str = "look"  # who may go there


@pages.page("/")
def today(desk: Desk) -> Answer:
    board = Board.read(desk.db, desk.now)
    work = [
        Tile("waiting for a person", board.pleas, "/admin/conversations?show=waiting", how="bad", can="people"),
        Tile("disputes open", board.disputes, "/admin/disputes", how="warn"),
        Tile("answers late", board.disputes_late, "/admin/disputes?show=late", how="bad"),
        Tile("tailors to verify", board.tailors, "/admin/tailors?show=waiting", how="warn"),
        Tile("messages failed", board.letters_failed, "/admin/messages?state=failed", how="bad"),
        Tile("jobs failed", board.events_failed, "/admin/jobs", how="bad"),
        Tile("cases about money", board.cases, "/admin/cases", how="bad"),
        Tile("orders under way", board.orders, "/admin/orders?show=open"),
    ]
    money = [
        Tile("held for orders", board.held, "/admin/ledger", is_money=True),
        Tile("owed to customers", board.owed, "/admin/refunds", is_money=True),
        Tile("in tailors' wallets", board.wallets, "/admin/payouts", is_money=True),
        Tile("payouts to approve", board.to_approve, "/admin/payouts?show=waiting", how="warn"),
    ]
    return desk.show("today.html", work=work, money=money, first_=First.read(desk.db, desk.now), title="Today")


@pages.deed("/notes", can="people")
def keep_note(desk: Desk) -> Answer:
    """A private note under anything that has a page."""
    subject, text = request.form.get("subject", "")[:40], request.form.get("text", "").strip()[:2000]
    if not re.fullmatch(r"(person|order|dispute|tailor):[0-9]+", subject) or not text:
        raise Refused("There is nothing to keep.", 422)
    desk.db.add(Note(subject=subject, by=desk.staff.login, text=text, at=wall.now()))
    desk.note("note.kept", subject)
    return desk.back("The note is kept.")
