"""An application as it is typed at the desk: read, checked, and told field by field what is wrong with it."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from bot.admin.door import Desk
from bot.darkroom import NotAPicture, safe_jpeg
from bot.rules import verification as rules
from bot.rules.money import pesewas
from bot.rules.payment import NETWORKS
from bot.understand import NotUnderstood, phone, wallet
from models.application import Application, known_or_new
from models.person import Person
from models.tailor import Tailor

PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")  # JPEG, PNG, WebP
LEAST_PRICE, MOST_PRICE = 10_00, 10_000_00  # pesewas
TEXTS = {"name": 80, "business": 60, "town": 40, "location": 300, "registration": 60}  # characters
NEEDED = {
    "name": "Her name, as on the card.", "business": "The name of the business.", "town": "The town.",
}  # fmt: skip
LONGEST_NAME, PHONE = 80, "A phone number like 024 123 4567."  # characters


@dataclass(slots=True)
class Typed:
    """`values` are for the application, `wrong` says per field what is missing."""

    values: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    def take(self, name: str, made: Any, complaint: str) -> None:
        """What a reader of one field makes of it, or the complaint."""
        try:
            self.values[name] = made(request.form.get(name, "").strip())
        except (ValueError, NotUnderstood):
            self.wrong[name] = complaint


def read() -> Typed:
    typed = Typed()
    for name, most in TEXTS.items():
        typed.values[name] = said = " ".join(request.form.get(name, "").split())[:most]
        if not said and name in NEEDED:
            typed.wrong[name] = NEEDED[name]
    typed.take("phone", phone, PHONE)
    typed.take("wallet", lambda said: wallet(said).lstrip("+"), "A Ghanaian mobile-money number.")
    typed.take("network", lambda said: _one_of(NETWORKS, said), "Which network.")
    typed.take("business_type", lambda said: _one_of(rules.BUSINESSES, said), "What kind of business it is.")
    typed.take("ghana_card", rules.card_number, "Like GHA-123456789-0.")
    typed.take("card_until", lambda said: date.fromisoformat(said) if said else None, "A day, or nothing.")
    typed.take("years", lambda said: _whole(said, rules.MOST_YEARS), f"A number of years, {rules.MOST_YEARS} at most.")
    typed.take("radius_km", lambda said: _whole(said, rules.MOST_RADIUS_KM) if said else None, f"Up to {rules.MOST_RADIUS_KM} km, or nothing.")
    _read_references(typed)
    _read_prices(typed)
    _read_photos(typed)
    if "agreed" not in request.form:
        typed.wrong["agreed"] = "Without her yes we may keep nothing of this."
    return typed


def hand_in(desk: Desk, typed: Typed) -> Tailor:
    """Raises NotAllowed."""
    values = typed.values
    person = known_or_new(desk.db, _channel(desk), values["phone"], Person.proper(values["name"]) or values["name"], desk.now)
    if person.consented_at is None:
        person.agree(values["name"], desk.now)
    told = {name: value for name, value in values.items() if name != "name"} | {"town": values["town"].lower()}
    return Application.hand_in(desk.db, person, by=desk.staff.login, now=desk.now, **told)


# -- private


def _channel(desk: Desk) -> str:
    """Where phones are reached: the first channel that is no terminal."""
    return next((name for name in desk.parts.channels if name != "console"), "console")


def _one_of(known: Container[str], said: str) -> str:
    if said not in known:
        raise ValueError(said)
    return said


def _whole(said: str, most: int) -> int:
    if not (said.isdecimal() and int(said) <= most):
        raise ValueError(said)
    return int(said)


def _read_references(typed: Typed) -> None:
    """(name, number) of each line that is not empty; the first ones must not be."""
    values, found = typed.values, []
    for n in range(1, rules.MOST_REFERENCES + 1):
        name, number = f"reference_name_{n}", f"reference_phone_{n}"
        said = " ".join(request.form.get(name, "").split())[:LONGEST_NAME]
        if n > rules.FEWEST_REFERENCES and not said and not request.form.get(number, "").strip():
            continue
        if not said:
            typed.wrong[name] = "Who speaks for her."
        typed.take(number, phone, PHONE)
        found.append((said, values.pop(number, "")))
    values["references"] = found


def _read_prices(typed: Typed) -> None:
    """{garment: pesewas} of the fields "price_<garment>" that are not empty."""
    prices: dict[str, int] = {}
    for name, said in request.form.items():
        if name.startswith("price_") and said.strip():
            try:
                price = pesewas(said.strip())
            except ValueError:
                price = 0
            if LEAST_PRICE <= price <= MOST_PRICE:
                prices[name.removeprefix("price_")] = price
            else:
                typed.wrong["prices"] = "Prices from GHS 10 to 10,000, like 120 or 85.50."
    typed.values["prices"] = prices
    if not prices:
        typed.wrong.setdefault("prices", "What she sews, and for how much.")


def _read_photos(typed: Typed) -> None:
    sent = [file for file in request.files.getlist("photos") if file.filename]
    card = request.files.get("card_image")
    try:
        typed.values["photos"] = [_safe(file) for file in sent[: rules.MOST_PHOTOS]]
    except NotAPicture:
        typed.wrong["photos"] = "One of these is no photo that we can open (JPEG or PNG, 10 MB at most)."
    if not rules.FEWEST_PHOTOS <= len(sent) <= rules.MOST_PHOTOS:
        typed.wrong["photos"] = f"From {rules.FEWEST_PHOTOS} to {rules.MOST_PHOTOS} photos of her work."
    try:
        typed.values["card_image"] = _safe(card) if card and card.filename else b""
    except NotAPicture:
        typed.wrong["card_image"] = "That is no photo that we can open (JPEG or PNG, 10 MB at most)."
    if typed.values.get("card_image") == b"":
        typed.wrong["card_image"] = "A photo of her Ghana Card."


def _safe(file: FileStorage) -> bytes:
    """Decoded and drawn anew: no metadata, nothing but a picture. Raises NotAPicture."""
    content = file.stream.read(rules.MOST_BYTES + 1)
    if len(content) > rules.MOST_BYTES or not content.startswith(PICTURES):
        raise NotAPicture("too large, or another kind of file")
    return safe_jpeg(content)
