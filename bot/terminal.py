"""The `flask` commands: sample tailors, a talk in the terminal, who waits."""

from __future__ import annotations

import io
import secrets
import sys
from datetime import timedelta
from functools import cache
from itertools import permutations
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import jobs
from bot.messages import Incoming, Reply
from bot.rules.roles import Role
from bot.rules.verification import FEWEST_PHOTOS
from bot.understand import network_hint
from models.application import Application, known_or_new
from models.conversation import Conversation
from models.garment import Garment
from models.order import Order
from models.outbox import Outbox
from models.person import Address, Person
from models.picture import Picture
from models.plea import Plea
from models.purse import Purse
from models.staff import Staff
from models.tailor import Tailor
from models.timer import Timer

if TYPE_CHECKING:
    from bot.wiring import Parts

#: Sample tailors of the demo: phone, person, business, town, rating, jobs, identity, background, minutes to answer, {garment: GHS}, colours.
SAMPLES: tuple[tuple[str, str, str, str, int, int, bool, bool, int, dict[str, int], str], ...] = (
    (
        "+233201234567", "Kofi Owusu", "Kofi's Kente", "accra", 486, 132, True, True, 8,
        {"kente_shirt": 250, "kaftan": 180, "suit": 420}, "#d4a017#1b5e20#b71c1c",
    ),
    (
        "+233208000001", "Adwoa Sarpong", "Adwoa Stitches", "accra", 461, 58, True, False, 25,
        {"kaba_and_slit": 240, "kaftan": 160, "office_dress": 170}, "#6a1b9a#f9a825#ffffff",
    ),
    (
        "+233208000002", "Yaw Boateng", "Boateng & Sons", "kumasi", 473, 210, True, True, 15,
        {"suit": 380, "agbada": 300, "trousers": 60, "kaftan": 155}, "#0d47a1#eceff1#263238",
    ),
    (
        "+233208000003", "Efua Quansah", "Efua Couture", "takoradi", 492, 41, True, True, 12,
        {"wedding_dress": 900, "kaba_and_slit": 320}, "#fce4ec#ad1457#ffffff",
    ),
    (
        "+233208000004", "Ibrahim Issah", "Issah Smocks", "tamale", 455, 77, True, False, 30,
        {"smock": 120, "kaftan": 150}, "#1a237e#fafafa#b71c1c",
    ),
    (
        "+233208000005", "Akua Darko", "Darko School Wear", "tema", 0, 0, True, False, 45,
        {"school_uniform": 70, "shorts": 40, "skirt": 50}, "#795548#fff8e1#3e2723",
    ),
)  # fmt: skip
#: Who wants to be a tailor: phone, person, business, its type, town, {garment: GHS}, Ghana Card, where, km she goes, who speaks for her, years,
#: colours, is looked at.
APPLICANTS: tuple[tuple[str, str, str, str, str, dict[str, int], str, str, int | None, list[tuple[str, str]], int, str, bool], ...] = (
    (
        "+233244000011", "Esther Tetteh", "Tetteh Fashion", "family", "tema", {"kaba_and_slit": 210, "office_dress": 160}, "GHA-712345678-4",
        "Community 4, opposite the clinic", 15, [("Grace Mensah", "+233244000099"), ("Comfort Addo", "+233244000098")], 6,
        "#00695c#ffd54f#ffffff", False,
    ),
    (
        "+233208000012", "Daniel Asare", "Asare Suits", "shop", "kumasi", {"suit": 360, "trousers": 55}, "GHA-698765432-1",
        "Bantama market, stall 22", None, [("Kwame Ofori", "+233208000099"), ("Abena Sarfo", "+233208000098"), ("Yaw Antwi", "+233244000097")], 11,
        "#263238#b0bec5#ff7043", True,
    ),
)  # fmt: skip
#: Who works at the desk of a demo; two for money, since each needs the other.
DESK: tuple[tuple[str, str, Role], ...] = (
    ("esi", "Esi Owusu", "operator"), ("yaa", "Yaa Asante", "finance"), ("kojo", "Kojo Mensah", "finance"), ("adjoa", "Adjoa Boakye", "support"),
    ("nii", "Nii Lamptey", "verifier"), ("abla", "Abla Agbeko", "readonly"),
)  # fmt: skip


def seed(parts: Parts) -> None:
    """The catalogue, and, where there are none and it is not the real world, sample tailors and people at the desk; may be run again."""
    with parts.database.begin() as db:
        Garment.stock(db)
        db.flush()
        if parts.settings.desk_password and parts.settings.desk_key and not Staff.all(db):
            for login, name, role in DESK:
                staff = Staff.hire(db, login=login, name=name, role=role, password=parts.settings.desk_password, now=parts.clock.now())
                staff.secret, staff.enrolled_at = parts.settings.desk_key, parts.clock.now()
        if parts.settings.environment != "production" and db.scalar(select(Tailor.id).limit(1)) is None:
            for row in SAMPLES:
                add_tailor(db, parts, *row)
            for applicant in APPLICANTS:
                add_applicant(db, parts, *applicant)


def add_applicant(
    db: Session, parts: Parts, phone: str, name: str, business: str, business_type: str, town: str, prices: dict[str, int], ghana_card: str,
    location: str, radius_km: int | None, references: list[tuple[str, str]], years: int, colours: str, is_looked_at: bool, channel: str = "twilio",
) -> Tailor:  # fmt: skip
    """Somebody who waits to be approved, with photos in her colours; perhaps somebody at the desk has begun to look."""
    now = parts.clock.now()
    photos = [cloth("".join(f"#{colour}" for colour in order)) for order in permutations(colours.split("#")[1:])][:FEWEST_PHOTOS]
    tailor = Application.hand_in(
        db, known_or_new(db, channel, phone, name, now), phone=phone, business=business, business_type=business_type, town=town,
        prices={g: price * 100 for g, price in prices.items()}, ghana_card=ghana_card, card_until=None, card_image=_card(ghana_card, name),
        registration="", location=location, radius_km=radius_km, references=references, years=years, photos=photos, wallet=phone.lstrip("+"),
        network=network_hint(phone) or "mtn", by="seed", now=now,
    )  # fmt: skip
    if is_looked_at:
        tailor.tick(db, "location", "seed", now)
    return tailor


def add_tailor(
    db: Session, parts: Parts, phone: str, name: str, business: str, town: str, rating100: int, jobs_done: int, identity: bool, background: bool,
    minutes: int, prices: dict[str, int], colours: str, channel: str = "twilio",
) -> Tailor:  # fmt: skip
    """An approved tailor with a picture and offers (prices in GHS)."""
    now = parts.clock.now()
    person = Person(name=name, role="tailor", consented_at=now, created_at=now)
    db.add(person)
    db.flush()
    db.add(Conversation(person_id=person.id, version=0, stack=[], misses=0))
    Address.add(db, person.id, channel, phone)
    picture = Picture.own(db, cloth(colours), now)
    tailor = Tailor(
        person_id=person.id, business=business, town=town, state="APPROVED", rating100=rating100, jobs=jobs_done, identity_verified=identity,
        background_checked=background, answer_minutes=minutes, picture_id=picture.id,
    )  # fmt: skip
    db.add(tailor)
    db.flush()
    for garment, price in prices.items():
        tailor.offer(db, garment, price * 100)
    if network := network_hint(phone):
        Purse.take(db, tailor, number=phone.lstrip("+"), network=network, name=name, name_state="matched", now=now)
    return tailor


@cache
def cloth(colours: str) -> bytes:
    """A woven pattern in three colours ("#aabbcc#ddeeff#001122"), as a JPEG."""
    warp, weft, thread = (f"#{c}" for c in colours.split("#")[1:])
    sheet = Image.new("RGB", (360, 480), warp)
    draw = ImageDraw.Draw(sheet)
    for y in range(0, 480, 60):
        for x in range(0, 360, 60):
            if (x + y) // 60 % 2:
                draw.rectangle((x, y, x + 59, y + 59), fill=weft)
                for n in range(0, 60, 12):
                    draw.line((x + n, y, x + n, y + 59), fill=thread, width=4)
            else:
                for n in range(0, 60, 15):
                    draw.line((x, y + n, x + 59, y + n), fill=thread, width=5)
    return _jpeg(sheet)


def chat(parts: Parts) -> None:
    """A conversation in the terminal, in the format of the transcripts. Ends with the input."""
    me = f"+23324{secrets.randbelow(10**7):07d}"
    jobs.parts = parts
    shown = 0
    while True:
        line = sys.stdin.readline() if not sys.stdin.isatty() else _prompt()
        if not line:
            return
        parts.engine.hear(Incoming("console", secrets.token_hex(8), me, text=line.strip()))
        jobs.carry_events()
        shown = _print_new(parts, me, shown)


def pleas(parts: Parts, answered: int | None) -> None:
    """Who waits for a person and has none yet; with the number of a plea, closes it. Money that leaves by a timer waits while one is open."""
    with parts.database.begin() as db:
        if answered is not None:
            db.get_one(Plea, answered).answered(parts.clock.now())
        for plea in Plea.waiting(db):
            person = Person.by_id(db, plea.person_id)
            addresses = db.scalars(select(Address).where(Address.person_id == person.id))
            print(f"{plea.id}: {person.name or 'a stranger'}, {', '.join(a.value for a in addresses)}, since {plea.at:%d %b %H:%M}")


def timers(parts: Parts) -> None:
    """What rings next: when, what, for which order or else by which name, and whom; a paused one says what time it has left."""
    with parts.database.begin() as db:
        now = parts.clock.now()
        print(f"now {now:%a %d %b %H:%M}")
        for timer in Timer.coming(db):
            when = f"{timer.due_at:%a %d %b %H:%M}" if timer.paused_at is None else f"paused, {_spoken(timer.due_at - timer.paused_at)} left"
            order = Order.by_id(db, timer.facts["order_id"]).number if "order_id" in timer.facts else timer.key
            left = "" if timer.paused_at else f"in {_spoken(timer.due_at - now)}"
            print(f"{when:24} {left:12} {timer.event:18} {order:16} {Person.by_id(db, timer.person_id).first_name}".rstrip())


def _card(number: str, name: str) -> bytes:
    """What stands for the photo of a Ghana Card, as a JPEG."""
    sheet = Image.new("RGB", (480, 300), "#e8dcc0")
    draw = ImageDraw.Draw(sheet)
    for y, line in ((40, "SAMPLE, NOT A CARD"), (150, name), (210, number)):
        draw.text((40, y), line, fill="#222222", font_size=28)
    return _jpeg(sheet)


def _jpeg(sheet: Image.Image) -> bytes:
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=85)
    return out.getvalue()


def _spoken(wait: timedelta) -> str:
    """ "2d 03h", "45m"; "0m" for what should have rung already."""
    minutes = max(0, round(wait.total_seconds() / 60))
    days, hours = minutes // 1440, minutes % 1440 // 60
    return f"{days}d {hours:02}h" if days else f"{hours}h {minutes % 60:02}m" if hours else f"{minutes}m"


def _prompt() -> str:
    try:
        return input("me: ") + "\n"
    except EOFError:
        return ""


def _print_new(parts: Parts, me: str, shown: int) -> int:
    with parts.database.begin() as db:
        person_id = db.scalar(select(Address.person_id).where(Address.channel == "console", Address.value_index == Address.index_of(me)))
        rows = db.scalars(select(Outbox).where(Outbox.person_id == person_id, Outbox.id > shown).order_by(Outbox.id))
        for row in rows:
            shown = row.id
            print("bot: " + Reply.restored(row.body).numbered().replace("\n", "\n     "))
    parts.carrier.drain()
    return shown
