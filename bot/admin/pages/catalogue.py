"""The catalogue: what can be sewn, for how much, how fast; looked at before it is changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import make_response, request

from bot.admin.door import Answer, Desk, Pages, Refused
from bot.admin.shown import money, why_not
from bot.rules import NotAllowed, pricing
from bot.rules.money import major, pesewas
from models.audit import Audit
from models.garment import Garment
from models.tailor import Offer

pages = Pages("catalogue", "Catalogue", group="Things", rank=0)


class Unclear(Exception):
    """A field that says nothing, in words."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed, read."""

    value: pricing.Garment
    rank: int
    active: bool


@pages.page("/catalogue")
def catalogue(desk: Desk) -> Answer:
    return desk.show("catalogue.html", garments=Garment.listed(desk.db), addable=Garment.addable(desk.db) if desk.may("catalogue") else [])


@pages.page("/catalogue/<name>")
def garment(desk: Desk, name: str) -> Answer:
    return _form(desk, _found(desk, name))


@pages.deed("/catalogue/<name>/look", can="catalogue")
def look(desk: Desk, name: str) -> Answer:
    """What would change; nothing does yet."""
    found = _found(desk, name)
    try:
        wish = _wish(name)
        found.check(desk.db, wish.value, wish.rank)
    except (Unclear, NotAllowed) as refusal:
        return make_response(_form(desk, found, refusal), 422)
    changes = _changes(Wish(found.value, found.rank, found.active), wish)
    if not changes:
        return make_response(_form(desk, found, Unclear("Nothing is different.")), 422)
    less, same, more = Offer.beside(desk.db, name, wish.value.base)
    return desk.show("catalogue_look.html", one=found, changes=changes, less=less, same=same, more=more, typed=request.form, stamp=found.stamp)


@pages.deed("/catalogue/<name>/change", can="catalogue")
def change(desk: Desk, name: str) -> Answer:
    found, why = _found(desk, name), desk.why()
    if request.form.get("stamp", "") != found.stamp:
        raise Refused("Somebody else has changed this garment meanwhile. Look at it again.", 409)
    before = Wish(found.value, found.rank, found.active)
    try:
        wish = _wish(name)
    except Unclear as unclear:
        raise Refused(str(unclear), 422) from None
    found.become(desk.db, wish.value, rank=wish.rank, active=wish.active)
    told = {label: {"before": old, "after": new} for label, old, new in _changes(before, wish, plain=True)}
    desk.note("garment.changed", f"garment:{name}", why=why, **told)
    return desk.back(f"{found.label}: changed. New orders go by it from now on.", f"/admin/catalogue/{name}")


@pages.deed("/catalogue", can="catalogue")
def add(desk: Desk) -> Answer:
    name, why = request.form.get("name", "")[:40], desk.why()
    try:
        wish = _wish(name)
    except Unclear as unclear:
        raise Refused(str(unclear), 422) from None
    made = Garment.add(desk.db, wish.value, wish.rank)
    desk.note("garment.added", f"garment:{name}", why=why, label=made.label, base=made.base, days=made.days)
    return desk.back(f"{made.label} is in the catalogue.", f"/admin/catalogue/{name}")


# -- private


def _form(desk: Desk, found: Garment, refusal: Exception | None = None) -> str:
    typed: Any = request.form if refusal else {
        "label": found.label, "base": major(found.base), "days": found.days, "yards": f"{found.yards10 / 10:g}", "rank": found.rank,
        "active": "1" if found.active else "",
    }  # fmt: skip
    wrong = why_not(refusal) if isinstance(refusal, NotAllowed) else str(refusal or "")
    less, same, more = Offer.beside(desk.db, found.name, found.base)
    history = Audit.of(desk.db, f"garment:{found.name}", 20)
    return desk.show("catalogue_one.html", one=found, typed=typed, wrong=wrong, less=less, same=same, more=more, history=history)


def _found(desk: Desk, name: str) -> Garment:
    found = desk.db.get(Garment, name, with_for_update=request.method == "POST" or None)
    if found is None:
        raise Refused("There is no such garment in the catalogue.", 404)
    return found


def _wish(name: str) -> Wish:
    """Raises Unclear."""
    said = {field: request.form.get(field, "").strip() for field in ("label", "base", "days", "yards", "rank")}
    try:
        base = pesewas(said["base"].replace(",", ""))
    except ValueError:
        raise Unclear("The price is an amount in cedis, like 150 or 150.50.") from None
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9])?", said["yards"]):
        raise Unclear("The cloth is in yards, with one decimal at most, like 2.5.")
    if not all(re.fullmatch(r"[0-9]{1,4}", said[field]) for field in ("days", "rank")):
        raise Unclear("Days and place are whole numbers.")
    whole, _, tenth = said["yards"].partition(".")
    value = pricing.Garment(name, " ".join(said["label"].split()), base, int(said["days"]), int(whole) * 10 + int(tenth or 0))
    return Wish(value, int(said["rank"]), bool(request.form.get("active")))


def _changes(old: Wish, new: Wish, *, plain: bool = False) -> list[tuple[str, Any, Any]]:
    """(what, as it is, as it would be): what was typed, and what follows from it."""
    shown = (lambda amount: amount) if plain else money
    rows: list[tuple[str, Any, Any]] = [
        ("Name", old.value.label, new.value.label), ("Base price", shown(old.value.base), shown(new.value.base)),
        ("Days of work", old.value.days, new.value.days), ("Cloth, yards", f"{old.value.yards10 / 10:g}", f"{new.value.yards10 / 10:g}"),
        ("Place in the menu", old.rank, new.rank), ("In the menu", "yes" if old.active else "no", "yes" if new.active else "no"),
    ]  # fmt: skip
    if not plain:
        rows.append(("When the tailor buys the cloth", money(pricing.cloth(old.value)), money(pricing.cloth(new.value))))
        rows.append(("Express, on top", money(pricing.rush(old.value)), money(pricing.rush(new.value))))
    return [row for row in rows if row[1] != row[2]]
