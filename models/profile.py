"""Whose body it is, and its measurements through time."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import ForeignKey, Index, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed, family
from bot.rules.measurements import Sex
from bot.understand import plain
from models.base import Base, Id, Sealed
from models.timer import Timer

MOST_PER_OWNER = 40


class Profile(Base):
    """The body of a person, or of somebody of her family who has no phone of his own."""

    __tablename__ = "profile"

    id: Mapped[Id]
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    nickname: Mapped[str] = mapped_column(Sealed, default="")
    relation: Mapped[str] = mapped_column(default="self")
    birth_year: Mapped[int | None]
    sex: Mapped[str | None]  # "m" or "f", where ranges need it

    # -- questions

    @classmethod
    def by_id(cls, db: Session, profile_id: int) -> Profile:
        return db.get_one(cls, profile_id)

    @classmethod
    def own(cls, db: Session, owner_id: int) -> Profile:
        """The person's own profile, made when first needed."""
        profile = db.scalars(select(cls).where(cls.owner_id == owner_id, cls.relation == "self")).first()
        if profile is None:
            profile = cls(owner_id=owner_id, relation="self")
            db.add(profile)
            db.flush()
        return profile

    @classmethod
    def of(cls, db: Session, owner_id: int) -> list[Profile]:
        """Her own first, then her family in the order they were named."""
        rows = db.scalars(select(cls).where(cls.owner_id == owner_id).order_by(cls.relation != "self", cls.id).limit(MOST_PER_OWNER))
        return list(rows)

    @classmethod
    def family(cls, db: Session, owner_id: int) -> list[Profile]:
        return [profile for profile in cls.of(db, owner_id) if profile.relation != "self"]

    @classmethod
    def matching(cls, db: Session, owner_id: int, said: str) -> list[Profile]:
        """Whom of the family a name or a word for a relative ("daughter") may mean."""
        return cls.among(cls.family(db, owner_id), said)

    @staticmethod
    def among(others: list[Profile], said: str) -> list[Profile]:
        """The same for a family that is known already."""
        word = plain(said)
        named = [p for p in others if plain(p.nickname) == word or plain(p.nickname).partition(" ")[0] == word]
        kin = family.KIN.get(word)
        if named or kin is None:
            return named
        return [p for p in others if p.relation == kin.relation and (kin.sex is None or p.sex in (None, kin.sex))]

    @classmethod
    def named(cls, db: Session, owner_id: int, said: str) -> Profile | None:
        """The one of the family who is meant; None for nobody known, or for several."""
        found = cls.matching(db, owner_id, said)
        return found[0] if len(found) == 1 else None

    @property
    def called(self) -> str:
        """Its name when we speak of it; empty for the person's own."""
        return self.nickname or ("" if self.relation == "self" else self.relation)

    @property
    def is_own(self) -> bool:
        return self.relation == "self"

    def is_child(self, now: datetime) -> bool:
        return family.is_child(self.relation, self.birth_year, now.year)

    def age(self, now: datetime) -> int | None:
        return None if self.birth_year is None else now.year - self.birth_year

    @property
    def known_sex(self) -> Sex | None:
        return cast("Sex | None", self.sex if self.sex in ("m", "f") else None)

    def values(self, db: Session) -> dict[str, int]:
        """{field: millimetres} as confirmed last."""
        rows = db.execute(select(Measurement.field, Measurement.mm).where(Measurement.profile_id == self.id, Measurement.current))
        return {row[0]: row[1] for row in rows}

    def measured_at(self, db: Session) -> datetime | None:
        """When a value was confirmed last."""
        rows = select(Measurement.at).where(Measurement.profile_id == self.id).order_by(Measurement.id.desc()).limit(1)
        return db.scalars(rows).first()

    def history(self, db: Session, field: str) -> list[Measurement]:
        """Every value ever confirmed, the newest first: when, by whom, from which message."""
        rows = select(Measurement).where(Measurement.profile_id == self.id, Measurement.field == field).order_by(Measurement.id.desc())
        return list(db.scalars(rows))

    # -- verbs

    @classmethod
    def create(
        cls, db: Session, owner_id: int, nickname: str, relation: str, *, birth_year: int | None = None, sex: str | None = None, now: datetime
    ) -> Profile:
        """Somebody of the family. Her growth is asked after from now on if she is a child."""
        profile = cls(owner_id=owner_id, nickname=nickname[:60], relation=relation, birth_year=birth_year, sex=sex)
        db.add(profile)
        db.flush()
        profile._watch_growth(db, now)
        return profile

    @classmethod
    def met(cls, db: Session, owner_id: int, name: str, kin: str, now: datetime) -> Profile:
        """Who was named: the one of the family who is called so, else somebody new. Raises NotAllowed("full")."""
        known = family.KIN.get(kin, family.Kin("other"))
        everybody = cls.of(db, owner_id)
        for profile in everybody:
            if plain(profile.nickname) == plain(name) and not profile.is_own and (not kin or profile.relation in (known.relation, "other")):
                profile.describe(db, now, relation=known.relation if kin else None, sex=known.sex)
                return profile
        if len(everybody) >= MOST_PER_OWNER:
            raise NotAllowed("full")
        return cls.create(db, owner_id, name, known.relation, sex=known.sex, now=now)

    def describe(self, db: Session, now: datetime, *, relation: str | None = None, birth_year: int | None = None, sex: str | None = None) -> None:
        """What was learnt about the person since."""
        self.relation, self.birth_year, self.sex = relation or self.relation, birth_year or self.birth_year, sex or self.sex
        db.flush()
        self._watch_growth(db, now)

    def measured(self, db: Session, values: dict[str, int], *, source: str, said_by: int, inbox_id: int | None, now: datetime) -> None:
        """Saves confirmed values; what they replace stays as history."""
        old = Measurement.profile_id == self.id, Measurement.field.in_(values), Measurement.current
        db.execute(update(Measurement).where(*old).values(current=False))
        db.add_all(
            Measurement(profile_id=self.id, field=f, mm=mm, source=source, said_by=said_by, inbox_id=inbox_id, at=now, current=True)
            for f, mm in values.items()
        )
        db.flush()
        self._watch_growth(db, now)

    def _watch_growth(self, db: Session, now: datetime) -> None:
        key = f"profile:{self.id}:growth"
        if self.is_child(now):
            Timer.set(db, key, "growth_due", self.owner_id, {"profile_id": self.id}, now + family.GROWTH_REMINDER)
        else:
            Timer.call_off(db, key)


class Measurement(Base):
    """One confirmed value. It is never changed: the next one makes it history."""

    __tablename__ = "measurement"
    __table_args__ = (Index("uq_measurement_current", "profile_id", "field", unique=True, postgresql_where=text("current")),)

    id: Mapped[Id]
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id"))
    field: Mapped[str]
    mm: Mapped[int]
    source: Mapped[str]  # text, voice, photo
    said_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"))  # the message it was read in
    at: Mapped[datetime]
    current: Mapped[bool]
