"""Plays stories against the real house: what people do goes in by the webhook, what the bot says is written down."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import shlex
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from click.testing import CliRunner
from sqlalchemy import select, text

from bot import jobs, mediator, payroll_cli, terminal, ticker
from bot.clock import Clock
from bot.messages import Choice, Letter, Receipt
from bot.paymaster import Paymaster
from bot.payments import Charge, Provider, Refused
from bot.rules import measurements, pricing
from bot.settings import Settings
from bot.understand import choose
from bot.wiring import Parts, make_app
from models.circle import Circle
from models.conversation import Conversation
from models.garment import Garment
from models.order import Order
from models.outbox import ASK_AFTER
from models.payment import Payment
from models.person import Address, Person
from models.picture import Picture
from models.piece import Piece
from models.profile import Profile
from models.tailor import Offer, Tailor
from tests.fakes import MONDAY, SID, TOKEN, Listener, Notebook, StoryClock, Wallets

PHONES = {"ama": "+233241234567", "kofi": "+233201234567", "esi": "+233551234567", "yaw": "+233208000002", "adwoa": "+233208000001"}
PHONES |= {"abena": "+233244000001", "kojo": "+233244000002", "akua": "+233244000003", "fiifi": "+233244000004"}
PHONES |= {"kwame": "+233261234567", "efua": "+233208000003", "joe": "+447911123456"}  # Joe writes from abroad
COLOURS = "#d4a017#1b5e20#b71c1c"
#: Body values in millimetres that fit together, for "has measurements".
BODY = {
    "neck": 380, "shoulder": 440, "chest": 1000, "bust": 980, "waist": 840, "tummy": 860, "hip": 1020, "sleeve_length": 610, "top_length": 760,
    "trouser_length": 1040, "thigh": 600, "bottom": 400, "agbada_length": 1300, "shoulder_to_waist": 430, "kaba_length": 700, "slit_length": 1000,
    "bicep": 320, "full_length": 1400, "skirt_length": 700, "shorts_length": 500, "height": 1700,
}  # fmt: skip
#: What the ticker looks at, and when the next of it is due.
NEXT_DUE = text("""SELECT min(due) FROM (
    SELECT due_at AS due FROM timer WHERE rung_at IS NULL AND paused_at IS NULL UNION ALL SELECT due_at FROM inbox WHERE state = 'waiting'
    UNION ALL SELECT next_at FROM payment UNION ALL SELECT next_at FROM disbursement
    UNION ALL SELECT next_at FROM payday WHERE done_at IS NULL UNION ALL SELECT next_at FROM dry_float
    UNION ALL SELECT next_at FROM refund WHERE state = 'owed' UNION ALL SELECT due_at FROM outbox WHERE state IN ('waiting', 'unknown')
    UNION ALL SELECT due_at FROM picture WHERE state = 'wanted'
    UNION ALL SELECT due_at FROM recording WHERE state = 'wanted') AS things WHERE due > :now""")
NAMES = re.compile(r"SW-\d{4}-[0-9A-Z]{5}")
CASES = re.compile(r"\bD-\d+")
PAPERS = re.compile(r"https://bot\.example/(media/papers/[\w-]+\.pdf|o/[\w-]+)")


class MovedParts(Parts):
    """The house with the story's clock."""

    story_clock: StoryClock

    @property
    def clock(self) -> Clock:  # type: ignore[override]
        return self.story_clock

    @cached_property
    def paymaster(self) -> Paymaster:
        """One thing after the other, so that a story is told the same each time."""
        made: Paymaster = Parts.paymaster.func(self)  # type: ignore[attr-defined]
        made._pool = ThreadPoolExecutor(1)
        return made


class Stage:
    def __init__(self, settings: Settings, *, providers: Mapping[str, Provider] | None = None, clock: StoryClock | None = None) -> None:
        self.channel = Notebook()
        self.wallets = {name: Wallets(name) for name in ("mtn", "vodafone")} if providers is None else {}
        self.listener = Listener()
        self.parts = MovedParts(settings, channels={"twilio": self.channel}, providers=providers or self.wallets, voice=self.listener)
        self.parts.story_clock = clock or StoryClock()
        self.web = make_app(self.parts).test_client()
        jobs.parts = self.parts
        self.reset()

    def reset(self) -> None:
        self.parts.story_clock.time = MONDAY
        self.parts.till.routes["cash"] = ()
        self.channel.sent.clear()
        self.channel.fail = lambda letter: None
        self.channel.broken_media, self.channel.true_status = False, None
        self.listener.fail, self.listener.repeats = (lambda: None), True
        for wallet in self.wallets.values():
            wallet.__init__(wallet.name)  # type: ignore[misc]
        self.parts.carrier._addresses.clear()
        self.serial, self.shown, self.receipted, self.off = 0, 0, 0, set[str]()
        self.offered: dict[str, list[tuple[Choice, ...]]] = {}
        self.codes: dict[str, str] = {}

    # -- what people do

    def form(self, who: str, **fields: str) -> dict[str, str]:
        self.serial += 1
        sid = f"SM{self.serial:032x}"
        phone = PHONES[who]
        base = {"MessageSid": sid, "SmsMessageSid": sid, "AccountSid": SID, "From": f"whatsapp:{phone}", "To": "whatsapp:+14155238886"}
        more = {"WaId": phone[1:], "ProfileName": who.capitalize(), "NumMedia": "0", "Body": "", "NumSegments": "1", "ApiVersion": "2010-04-01"}
        return base | more | fields

    def post(self, form: dict[str, str], path: str = "/webhooks/twilio", signature: str | None = None) -> Any:
        signed = "https://bot.example" + path + "".join(k + form[k] for k in sorted(form))
        mac = base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()
        headers = {"X-Twilio-Signature": signature or mac, "Content-Type": "application/x-www-form-urlencoded"}
        return self.web.post(path, data=urlencode(form), headers=headers)

    def say(self, who: str, text: str) -> None:
        """A text, "[Label]" for a tap, "[photo] caption" for a photo, "[voice]", "[sticker]" …"""
        answer = self.post(self._fields(who, text))
        assert answer.status_code == 200, answer.status
        self.settle()

    def _fields(self, who: str, text: str) -> dict[str, str]:
        kind = re.match(r"\[(photo|broken photo|big photo|voice|sticker|document|video|location|contact)\]\s*(.*)", text)
        if kind:
            return self._media(who, kind[1], kind[2])
        tap = re.fullmatch(r"\[(earlier )?(.+)\]", text)
        if not tap:
            return self.form(who, Body=self._real(text), MessageType="text")
        choice = self._earlier(who, tap[2]) if tap[1] else self._present(who, tap[2])
        return self.form(who, Body=choice.label, ButtonText=choice.label, ButtonPayload=choice.id, MessageType="interactive")

    def _present(self, who: str, label: str) -> Choice:
        choices = self.offered[who][-1]
        return next((c for c in choices if c.label == label), None) or choices[choose(label, [c.label for c in choices])]

    def _earlier(self, who: str, label: str) -> Choice:
        """A button of an older bubble, the newest that has it."""
        found = next((c for choices in reversed(self.offered[who][:-1]) for c in choices if self.told(c.label) == label), None)
        assert found, f"no older bubble has a button {label!r}"
        return found

    def _media(self, who: str, kind: str, caption: str) -> dict[str, str]:
        if kind == "location":
            return self.form(who, Latitude="5.6037", Longitude="-0.1870", MessageType="location")
        types = {"photo": "image/jpeg", "broken photo": "image/jpeg", "voice": "audio/ogg", "sticker": "image/webp", "document": "application/pdf"}
        types |= {"video": "video/mp4", "contact": "text/vcard", "big photo": "image/jpeg"}
        names = {"broken photo": "broken.jpg", "big photo": "big.jpg", "document": "file.pdf", "voice": f"voice-{caption.encode().hex()}"}
        name = names.get(kind, "file")
        url = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages/MM1/Media/{name}"
        told = {"photo": "image", "broken photo": "image", "big photo": "image", "voice": "audio", "contact": "contacts"}.get(kind, kind)
        body = "" if kind == "voice" else self._real(caption)
        return self.form(who, NumMedia="1", MediaUrl0=url, MediaContentType0=types[kind], Body=body, MessageType=told)

    def _real(self, text: str) -> str:
        """Order names, codes of circles and the handover code of the story, as the house knows them."""
        for real, told in (self.codes | self.joins()).items():
            text = text.replace(told, real)
        return text

    def joins(self) -> dict[str, str]:
        """Codes of circles by their place in the story: CIRCLE-A, CIRCLE-B …"""
        with self.parts.database.begin() as db:
            return {f"JOIN-{code}": f"CIRCLE-{chr(65 + n)}" for n, code in enumerate(db.scalars(select(Circle.code).order_by(Circle.id)))}

    # -- what the house does meanwhile

    def settle(self) -> None:
        """The workers whose bells would ring, until none does, or what is due cannot be done now."""
        seen: list[tuple[int, list[str]]] = []
        while seen[-3:].count(state := (len(self.channel.sent), self._due())) < 3:
            seen.append(state)
            for bell in (*state[1], *(("events",) if "money" in state[1] else ())):
                getattr(jobs, f"carry_{bell}")()
            if not state[1] and not self._deliver():
                return

    def _deliver(self) -> bool:
        """Reports what has arrived; whether there was something."""
        fresh = self.channel.sent[self.receipted :]
        for letter in fresh:
            self.receipted += 1
            if self.who(letter.to) not in self.off:
                self.parts.engine.receive(Receipt("twilio", f"SM{letter.outbox_id:032x}", "delivered", letter.outbox_id))
        return bool(fresh)

    def _due(self) -> list[str]:
        with self.parts.database.begin() as db:
            now = self.parts.clock.now()
            forgotten = db.execute(ticker.FORGOTTEN, {"now": now, "silent": now - ASK_AFTER}).mappings().one()
        return [bell for bell in ("pictures", "voice", "events", "money", "messages") if forgotten[bell]]

    def pass_time(self, hours: float) -> None:
        """From one thing that falls due to the next, as a ticker would see it."""
        self.ticked = self.parts.story_clock.time
        until = self.ticked + timedelta(hours=hours)
        for due in iter(lambda: self._next_due(until), None):
            self.parts.story_clock.time = self.ticked = max(due, self.parts.story_clock.time)
            ticker.tick(self.parts)
            self.settle()
        self.parts.story_clock.time = max(until, self.parts.story_clock.time)
        ticker.tick(self.parts)
        self.settle()

    def _next_due(self, until: datetime) -> datetime | None:
        """What fell due since the ticker last looked, be it while the workers worked."""
        with self.parts.database.begin() as db:
            due = db.execute(NEXT_DUE, {"now": self.ticked}).scalar()
        return due + timedelta(milliseconds=1) if due and due < until else None

    # -- what the story makes true

    def given_tailor(self, who: str, garment: str, town: str, price: int) -> None:
        with self.parts.database.begin() as db:
            Garment.stock(db)
            db.flush()
            names = [g.label for g in pricing.CATALOGUE]
            name = pricing.CATALOGUE[choose(garment.rstrip("s"), names)].name
            known = self.person(db, who)
            if known is None:
                business = f"{who.capitalize()}'s Sewing"
                row = (PHONES[who], who.capitalize(), business, town.lower(), 480, 20, True, True, 8, {name: price}, COLOURS)
                terminal.add_tailor(db, self.parts, *row)
            else:
                tailor = Tailor.of_person(db, known.id)
                assert tailor
                tailor.offer(db, name, price * 100)

    def given_customer(self, who: str) -> Person:
        with self.parts.database.begin() as db:
            Garment.stock(db)
            now = self.parts.clock.now()
            person = Person(name=who.capitalize(), consented_at=now, created_at=now)
            db.add(person)
            db.flush()
            db.add(Conversation(person_id=person.id, version=0, stack=[], misses=0))
            Address.add(db, person.id, "twilio", PHONES[who])
            return person

    def given_measurements(self, who: str, garment: str) -> None:
        self.person_or_new(who)
        with self.parts.database.begin() as db:
            person = self.person(db, who)
            assert person
            name = pricing.CATALOGUE[choose(garment, [g.label for g in pricing.CATALOGUE])].name
            fields = [either[0] for either in measurements.required(name)]
            values = {f: BODY[f] for f in fields}
            now = self.parts.clock.now()
            Profile.own(db, person.id).measured(db, values, source="text", said_by=person.id, inbox_id=None, now=now)

    def given_order(self, who: str, garment: str, tailor: str, reached: str) -> None:
        """An order that has come as far as a word of LIFE says, made by the same verbs the flows use."""
        self.person_or_new(who)
        with self.parts.database.begin() as db:
            Life(self, db, who, garment, tailor).until(reached)

    def given_circle(self, who: str, tailor: str, members: list[str], how: str = "") -> Circle:
        """A circle for a wedding in a month; its members want the tailor's first garment, are measured and have agreed."""
        for member in (who, *members):
            self.person_or_new(member)
        with self.parts.database.begin() as db:
            now, sews = self.parts.clock.now(), self.tailor(db, tailor)
            offer = Offer.of_tailor(db, sews.id)[-1]
            lead = self.person(db, who)
            assert lead
            circle = Circle.open(
                db, coordinator_id=lead.id, event="wedding", event_on=now.date() + timedelta(days=33), closes_on=now.date() + timedelta(days=7),
                payer="one" if "pays for all" in how else "own", fabric="shared" if "one lot" in how else "own",
                delivery="staggered" if "one by one" in how else "together", tailor=sews, now=now,
            )  # fmt: skip
            if "not agreed" not in how:
                circle.answer(db, sews.id, True)
            for member in members:
                item = circle.join(db, self.person(db, member), now)  # type: ignore[arg-type]
                item.choose(offer)
                item.agree()
            reached = next((word for word in reversed(LIFE) if how.endswith(word)), "")
            for order in circle.close(db, now) if reached else []:
                Life.of(self, db, order).until(reached)
            return circle

    def person_or_new(self, who: str) -> None:
        with self.parts.database.begin() as db:
            known = self.person(db, who)
        if known is None:
            self.given_customer(who)

    def tailor(self, db: Any, who: str) -> Tailor:
        person = self.person(db, who)
        tailor = person and Tailor.of_person(db, person.id)
        assert tailor, f"{who} is no tailor"
        return tailor

    def person(self, db: Any, who: str) -> Person | None:
        found = db.scalar(select(Address.person_id).where(Address.value_index == Address.index_of(PHONES[who])))
        return db.get(Person, found) if found else None

    def prompt(self, nth: int = 0) -> tuple[Wallets, str]:
        """The provider and reference of the newest prompt, or of the nth one of the story."""
        with self.parts.database.begin() as db:
            payments = list(db.scalars(select(Payment).order_by(Payment.id)))
            payment = payments[nth - 1]
            return self.wallets[payment.provider], payment.reference

    def answer_prompt(self, *, refuse: Refused | None = None, amount: int | None = None, nth: int = 0) -> None:
        wallet, reference = self.prompt(nth)
        wallet.refuse(reference, refuse) if refuse else wallet.pay(reference, amount=amount)
        self.callback(wallet.name, reference)
        self.settle()

    def callback(self, provider: str, reference: str) -> None:
        with self.parts.database.begin() as db:
            payment = Payment.by_reference(db, reference)
            assert payment
            key = payment.callback_key
        self.web.post(f"/webhooks/payment/{provider}?ref={reference}&k={key}", json={})

    def command(self, line: str) -> str:
        """What somebody of the house types ("dispute list"); returns what it prints."""
        words = shlex.split(self._real(line))
        group = {"dispute": mediator, "payouts": payroll_cli}[words[0]].commands(lambda: self.parts)
        done = CliRunner().invoke(group, words[1:], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        self.settle()
        return done.output

    def orders(self) -> list[Order]:
        with self.parts.database.begin() as db:
            return list(db.scalars(select(Order).order_by(Order.id)))

    # -- what was said

    def who(self, address: str) -> str:
        return next(name for name, phone in PHONES.items() if phone == address)

    def unread(self) -> list[tuple[str, Letter]]:
        """What was said since it was last written down."""
        return [(self.who(letter.to), letter) for letter in self.channel.sent[self.shown :]]

    def new_letters(self) -> Iterator[tuple[str, Letter]]:
        fresh, self.shown = self.unread(), len(self.channel.sent)
        for who, letter in fresh:
            if letter.reply.choices:
                self.offered.setdefault(who, []).append(letter.reply.choices)
            yield who, letter

    def told(self, text: str) -> str:
        """Order numbers and codes by their place in the story: SW-A, SW-B, CODE-A …; links to papers and order pages as LINK."""
        for number in NAMES.findall(text):
            self.codes.setdefault(number, f"SW-{chr(65 + sum(v.startswith('SW-') for v in self.codes.values()))}")
        for case in CASES.findall(text):
            self.codes.setdefault(case, f"CASE-{chr(65 + sum(v.startswith('CASE-') for v in self.codes.values()))}")
        for order in self.orders():
            if order.handover_code and order.number in self.codes:
                self.codes.setdefault(order.handover_code, "CODE-" + self.codes[order.number][-1])
        for real, told in (self.codes | self.joins()).items():
            text = re.sub(rf"(?<![0-9A-Z])(?<!\d ){re.escape(real)}(?![0-9A-Z])", told, text)  # a code may happen to be the end of a phone number
        return PAPERS.sub("LINK", text)


LIFE = ("ordered", "deposited", "accepted", "cut", "fitted", "approved", "half paid", "ready", "all paid", "handed over", "finished")


class Life:
    """Leads an order through its life with nobody talking."""

    def __init__(self, stage: Stage, db: Any, who: str, garment: str, tailor: str) -> None:
        self.stage, self.db, self.now = stage, db, stage.parts.clock.now()
        self.customer, self.tailor = stage.person(db, who), stage.tailor(db, tailor)
        kind = pricing.CATALOGUE[choose(garment, [g.label for g in pricing.CATALOGUE])]
        offer = next(o for o in db.scalars(select(Offer).where(Offer.tailor_id == self.tailor.id)) if o.garment == kind.name)
        fields = [either[0] for either in measurements.required(kind.name)]
        assert self.customer
        self.order = Order.place(
            db, customer_id=self.customer.id, tailor=self.tailor, fabric="own", style="", style_picture_id=None,
            pieces=[Piece.sewn(kind.name, pricing.Quote(offer.price, 0, 0), {f: measurements.Cut(BODY[f], 0) for f in fields})],
            promised_on=self.now.date() + timedelta(kind.days), now=self.now,
        )  # fmt: skip

    @classmethod
    def of(cls, stage: Stage, db: Any, order: Order) -> Life:
        """The life of an order that is placed already."""
        life = cls.__new__(cls)
        life.stage, life.db, life.now = stage, db, stage.parts.clock.now()
        life.customer, life.tailor, life.order = order.customer(db), order.tailor(db), order
        return life

    def until(self, reached: str) -> None:
        steps = (
            lambda: None, lambda: self.pay("deposit"), lambda: self.order.accept(self.db, self.now), lambda: self.show("cutting"),
            lambda: self.show("fitting"), lambda: self.order.approve_fitting(self.db, "story", self.now), lambda: self.pay("fitting"),
            lambda: self.show("ready"), lambda: self.pay("final"), lambda: self.order.hand_over(self.db, "story", self.now),
            lambda: self.order.confirm(self.db, "story", self.now),
        )  # fmt: skip
        for step in steps[: LIFE.index(reached) + 1]:
            step()

    def pay(self, stage: str) -> None:
        number = PHONES[next(n for n in PHONES if n.capitalize() == self.customer.first_name)][1:]
        values = {"stage": stage, "person_id": self.customer.id, "provider": "mtn", "network": "mtn", "msisdn": number}
        payment = Payment.start(
            self.db, order_id=self.order.id, amount=self.order.part(stage), currency="GHS", now=self.now - timedelta(hours=1), **values
        )
        payment.begin(self.now, timedelta(minutes=1))
        wallet = self.stage.wallets["mtn"]
        wallet.charges[payment.reference] = Charge(payment.reference, number, "mtn", payment.amount, "GHS", "", "")
        wallet.pay(payment.reference)
        payment.hear(self.db, wallet.answers[payment.reference], (), {}, due=True, now=self.now)
        self.order.funded(self.db, stage, self.now)

    def show(self, step: str) -> None:
        picture = Picture.own(self.db, terminal.cloth(COLOURS), self.now)
        self.order.seen(self.db, self.order.show(self.db, step, picture.id, self.now), self.now)
