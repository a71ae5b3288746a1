"""What somebody handed in to become a tailor: who she is, where she works, what she has made, who speaks for her."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed
from bot.rules import verification as rules
from bot.seal import ring
from models.base import Base, Id, Pesewas, Sealed, SealedBytes
from models.conversation import Conversation
from models.holder_check import HolderCheck
from models.person import Address, Person
from models.picture import Picture
from models.purse import Purse
from models.referee import Referee
from models.tailor import Tailor


class Application(Base):
    """One per tailor. Her card's number and picture are sealed; her specialities are what she has prices for (`Offer`)."""

    __tablename__ = "application"

    id: Mapped[Id]
    tailor_id: Mapped[int] = mapped_column(ForeignKey("tailor.id"), unique=True)
    handed_in_at: Mapped[datetime]
    handed_in_by: Mapped[str]  # a login
    ghana_card: Mapped[str] = mapped_column(Sealed)
    card_index: Mapped[str] = mapped_column(unique=True)  # one card, one tailor
    card_until: Mapped[date | None]
    card_image: Mapped[bytes] = mapped_column(SealedBytes, deferred=True)
    business_type: Mapped[str]  # bot/rules/verification.py
    registration: Mapped[str | None] = mapped_column(Sealed)  # of the business
    location: Mapped[str | None] = mapped_column(Sealed)  # where in her town
    radius_km: Mapped[int | None]  # how far she goes to a customer
    years: Mapped[int]  # of experience
    photos: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))  # pictures of her work
    look_again_on: Mapped[date | None]

    @classmethod
    def of(cls, db: Session, tailor_id: int) -> Application | None:
        return db.scalars(select(cls).where(cls.tailor_id == tailor_id)).one_or_none()

    @classmethod
    def hand_in(
        cls, db: Session, person: Person, *, phone: str, business: str, business_type: str, town: str, prices: dict[str, Pesewas], ghana_card: str,
        card_until: date | None, card_image: bytes, registration: str, location: str, radius_km: int | None, references: list[tuple[str, str]],
        years: int, photos: list[bytes], wallet: str, network: str, by: str, now: datetime,
    ) -> Tailor:  # fmt: skip
        """`photos` and `card_image` are JPEGs the house has made safe, `phone` and those of `references` are "+233…", `wallet` is "233…".

        Raises NotAllowed("tailor_already" | "card_known" | "too_few_photos" | "too_few_references" | "same_reference").
        """
        if Tailor.of_person(db, person.id) is not None:
            raise NotAllowed("tailor_already")
        index = ring.seal.index(ghana_card)
        if db.scalar(select(cls.id).where(cls.card_index == index)) is not None:
            raise NotAllowed("card_known")
        rules.check_photos(len(photos))
        rules.check_references([number for _, number in references], phone)
        pictures = [Picture.own(db, photo, now) for photo in photos]
        tailor = Tailor(person_id=person.id, business=business, town=town, state="PENDING", picture_id=pictures[0].id)
        db.add(tailor)
        db.flush()
        for garment, price in prices.items():
            tailor.offer(db, garment, price)
        handed_in = cls(
            tailor_id=tailor.id, handed_in_at=now, handed_in_by=by, ghana_card=ghana_card, card_index=index, card_until=card_until,
            card_image=card_image, business_type=business_type, registration=registration or None, location=location or None,
            radius_km=radius_km, years=years, photos=[picture.id for picture in pictures],
        )  # fmt: skip
        db.add_all([handed_in, *(Referee(tailor_id=tailor.id, name=name, phone=number) for name, number in references)])
        HolderCheck.ask(db, tailor.id, wallet, network, now)
        return tailor

    def settle(self, db: Session, now: datetime) -> None:
        """She is approved: she is paid at the wallet whose holder we asked for, and looked at again in a year."""
        check = last_check(db, self.tailor_id)
        if check is not None and Purse.of(db, self.tailor_id) is None:
            tailor = Tailor.by_id(db, self.tailor_id)
            name = check.name or ""
            Purse.take(db, tailor, number=check.number, network=check.network, name=name, name_state=check.verdict(db), now=now)
        self.look_again_later(now)

    def look_again_later(self, now: datetime) -> None:
        still_good = self.card_until if self.card_until and self.card_until > now.date() else None
        self.look_again_on = rules.look_again_on(now.date(), still_good)


def last_check(db: Session, tailor_id: int) -> HolderCheck | None:
    """Whose wallet it is, as we asked last."""
    rows = select(HolderCheck).where(HolderCheck.tailor_id == tailor_id).order_by(HolderCheck.asked_at.desc(), HolderCheck.id.desc())
    return db.scalars(rows.limit(1)).one_or_none()


def known_or_new(db: Session, channel: str, phone: str, name: str, now: datetime) -> Person:
    """Who is reached at a number ("+233…"); somebody new to us when nobody is."""
    found = db.scalar(select(Address.person_id).where(Address.value_index == Address.index_of(phone), Address.gone_at.is_(None)).limit(1))
    if found is not None:
        return Person.by_id(db, found)
    person = Person(name=name, consented_at=now, created_at=now)
    db.add(person)
    db.flush()
    db.add(Conversation(person_id=person.id, version=0, stack=[], misses=0))
    Address.add(db, person.id, channel, phone)
    db.flush()
    return person
