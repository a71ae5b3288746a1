"""What stands on the customer's order page: an order as she sees it, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from bot.clock import ACCRA
from bot.links import Links
from bot.order_page import words
from bot.rules import days, milestones
from bot.rules import order as rules
from bot.rules.escrow import STAGE_DUE
from bot.rules.money import ghs
from bot.rules.payment import OPEN, local
from bot.rules.tracker import Track, track
from bot.rules.whereabouts import Part, Whereabouts, whereabouts
from models.order_view import OrderView

CLOSED = ("COMPLETED", "CANCELLED", "REFUNDED")
GIVEN = "given back"
KINDS = ("held", "released", "cash", "back", "open")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list: what, how it stands with it, an amount or a mark, and where it leads."""

    what: str
    about: str = ""
    mark: str = ""
    at: datetime | None = None
    link: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Slice:
    """A piece of the bar; place and width in thousandths of the whole."""

    kind: str
    label: str
    amount: str
    start: int
    width: int


class Page:
    """One order; the template asks it for its parts."""

    def __init__(self, view: OrderView, links: Links, now: datetime) -> None:
        self._view, self._links, self._now = view, links, now.astimezone(ACCRA)
        self.order, self.customer, self.tailor = view.order, plain(view.customer), plain(view.tailor)
        cash = {p.stage: view.order.part(p.stage) for p in view.payments if p.booked == "cash"}
        self._money: Whereabouts = whereabouts(view.order.total, view.moves, cash)
        self.track: Track = track(view.log)
        self.style = plain(view.order.style)
        self.whatsapp = links.chat(view.order.number)

    # -- how it stands

    @property
    def noun(self) -> str:
        """ "kente shirt", or "kente shirt and 2 more"."""
        return self._view.pieces[0].label.lower() + (f" and {more} more" if (more := len(self._view.pieces) - 1) else "")

    @property
    def standing(self) -> tuple[str, str]:
        """In a few words, and what comes next."""
        state, due = self.order.state, self._due()
        key = f"trouble_{self.order.trouble}" if self.order.trouble else f"{state}_open" if due and f"{state}_open" in words.STANDS else state
        ends = self._view.due_at and key in words.CLOCKS
        clock = words.CLOCKS[key].format(when=self.stamp(self._view.due_at), tailor=self.tailor) if ends and self._view.due_at else ""
        values = {"tailor": self.tailor, "due": ghs(due.amount) if due else "", "clock": clock}
        return words.STANDS[key][0].format(**values), words.STANDS[key][1].format(**values)

    @property
    def percent(self) -> int:
        """How much of the work is done."""
        return rules.progress(self.order.state, max((milestones.BY_NAME[p.step].percent for p in self._view.photos), default=0))

    @property
    def is_closed(self) -> bool:
        return self.order.state in CLOSED

    @property
    def mood(self) -> str:
        """Whether she is to do something, can watch, or it is over."""
        waits = self.order.state in words.HERS or self.order.trouble or (self.order.state == "READY_FOR_DELIVERY" and self._due())
        return "over" if self.is_closed else "halted" if self.track.aside else "hers" if waits else "watch"

    @property
    def stops(self) -> Iterator[Line]:
        """The road; what has left it is said after the last stop it had reached."""
        for stop in self.track.stops:
            is_behind = stop.is_behind or (stop.is_here and self.is_closed)
            yield Line(words.STOPS[stop.name], at=stop.at, kind="behind" if is_behind else "here" if stop.is_here else "ahead")
            if stop.is_here and self.track.aside:
                yield Line(words.ASIDE[self.track.aside], at=self.track.aside_at, kind="aside")

    # -- the work

    @property
    def pieces(self) -> Iterator[Line]:
        for piece in self._view.pieces:
            yield Line(piece.label, plain(piece.who) if piece.who else self.customer or "you", at=piece.delivered_at)

    @property
    def photos(self) -> Iterator[Line]:
        """The newest first."""
        for photo in self._view.photos:
            said = words.VERDICTS.get(photo.verdict, "") + (f" “{plain(photo.reason)}”" if photo.reason else "")
            yield Line(words.STEPS[photo.step], said, at=photo.at, link=self._links.picture(photo.picture_id))

    # -- the money

    @property
    def bar(self) -> list[Slice]:
        """Every pesewa of the price, by where it is."""
        labels = {
            "held": "Held by Sew4Mi", "released": f"Released to {self.tailor}", "cash": f"Paid to {self.tailor} in cash",
            "back": f"{self._back.capitalize()} to you", "open": "Not paid" if self.is_closed else "Still to pay",
        }  # fmt: skip
        slices, before = list[Slice](), 0
        for kind in KINDS:
            if amount := self._money.sum(kind):
                start, end = before * 1000 // self._money.total, (before + amount) * 1000 // self._money.total
                slices.append(Slice(kind, labels[kind], ghs(amount), start, end - start))
                before += amount
        return slices

    @property
    def total(self) -> str:
        return ghs(self._money.total)

    @property
    def paid(self) -> str:
        return ghs(self._money.paid)

    @property
    def parts(self) -> Iterator[Line]:
        for part in self._money.parts:
            yield Line(words.STAGES[part.stage], "\n".join(self._whereabouts(part)), ghs(part.amount), kind="open" if part.open else "paid")

    @property
    def refunds(self) -> Iterator[Line]:
        wallets = {p.id: masked(p.msisdn) for p in self._view.payments}
        for refund in self._view.refunds:
            state = words.REFUNDS[refund.state].format(wallet=wallets.get(refund.payment_id, ""), when=self.stamp(refund.paid_at or self._now))
            yield Line(words.CAUSES.get(refund.cause, "Given back"), state, ghs(refund.amount).replace("GHS", refund.currency), kind=refund.state)

    @property
    def papers(self) -> Iterator[Line]:
        """Their links are the same all day, so that a page without news is the same page."""
        today = datetime.combine(self._now.date(), time(), ACCRA)
        for paper in self._view.papers:
            link = self._links.document(paper.id, today)
            yield Line(words.PAPERS[paper.kind], paper.number, ghs(paper.total).replace("GHS", paper.currency), paper.issued_at, link)

    # -- days

    def stamp(self, when: datetime) -> str:
        """ "Mon 23 Nov, 09:00"; the year only when it is another one."""
        here = when.astimezone(ACCRA)
        year = "" if here.year == self._now.year else f" {here.year}"
        return f"{here:%a} {here.day} {here:%b}{year}, {here:%H:%M}"

    def day(self, when: datetime) -> str:
        return self.stamp(when).partition(",")[0]

    @property
    def ready(self) -> str:
        """ "Fri 5 Dec", the promised day."""
        return days.spoken(self.order.promised_on, self._now.date()).partition(" (")[0]

    @property
    def left(self) -> str:
        """ "5 days left"; nothing once it is handed over or closed."""
        if self.is_closed or self.order.state == "DELIVERED":
            return ""
        count = (self.order.promised_on - self._today).days
        return f"{count} days left" if count > 1 else {1: "tomorrow", 0: "today"}.get(count, "late")

    @property
    def _today(self) -> date:
        return self._now.date()

    # -- private

    @property
    def _back(self) -> str:
        """What is owed back is not given back before it has arrived."""
        return GIVEN if all(refund.state == "paid" for refund in self._view.refunds) else "going back"

    def _due(self) -> Part | None:
        stage = STAGE_DUE.get(self.order.state)
        return next((p for p in self._money.parts if p.stage == stage and p.open), None)

    def _whereabouts(self, part: Part) -> Iterator[str]:
        """ "paid Mon 23 Nov, 09:00", "held by Sew4Mi" …"""
        if part.paid_at:
            yield f"paid on {self.day(part.paid_at)}"
        if part.cash:
            yield f"paid to {self.tailor} in cash: Sew4Mi does not hold it"
        if part.held:
            yield "held by Sew4Mi"
        left = f" on {self.day(part.left_at)}" if part.left_at else ""
        both = part.released and part.back
        if part.back:
            yield (f"{ghs(part.back)} " if both else "") + self._back + (left if self._back == GIVEN else "")
        if part.released:
            yield (f"{ghs(part.released)} " if both else "") + f"released to {self.tailor}{left}"
        if part.open:
            yield self._open(part)

    def _open(self, part: Part) -> str:
        asked = [p for p in self._view.payments if p.stage == part.stage and p.state in OPEN]
        if asked:
            return "said to be paid in cash" if asked[-1].provider == "cash" else f"a prompt is under way to {masked(asked[-1].msisdn)}"
        if self.is_closed:
            return "not paid"
        return "due now" if part is self._due() else "not due yet"


def plain(said: str) -> str:
    """What a person wrote, without the marks that nobody sees and that could turn a line round."""
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())


def masked(msisdn: str) -> str:
    """ "024 ••• 4567" from "233241234567"."""
    number = local(msisdn)
    return f"{number[:3]} ••• {number[-4:]}"
