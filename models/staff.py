"""People of the house who work at the desk, and where they are signed in."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ForeignKey, Index, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.rules import NotAllowed
from bot.rules.roles import Role, may
from models.base import Base, Id, Sealed
from models.news import CERTAIN, Place

IDLE, LONGEST, FRESH = timedelta(minutes=30), timedelta(hours=12), timedelta(minutes=10)
RECOVERY_CODES = 10
SHORTEST_PASSWORD = 12
TRIES, TRIES_FROM_ONE_PLACE, WITHIN = 5, 30, timedelta(minutes=15)
_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_hex(16))  # who is not known takes as long as who is


class Staff(Base):
    __tablename__ = "staff"

    id: Mapped[Id]
    login: Mapped[str] = mapped_column(unique=True)  # lower case
    name: Mapped[str]
    role: Mapped[str]
    password: Mapped[str]  # argon2id
    secret: Mapped[str] = mapped_column(Sealed)  # TOTP, base32
    enrolled_at: Mapped[datetime | None]  # the first code was right
    last_step: Mapped[int] = mapped_column(default=0)  # a code counts once
    recovery: Mapped[list[str]] = mapped_column(default=list)  # sha256 of each that is left
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @classmethod
    def by_login(cls, db: Session, login: str) -> Staff | None:
        return db.scalars(select(cls).where(cls.login == login.strip().lower())).one_or_none()

    @classmethod
    def all(cls, db: Session) -> list[Staff]:
        return list(db.scalars(select(cls).order_by(cls.ended_at.is_not(None), cls.login)))

    @property
    def uri(self) -> str:
        """What an authenticator app reads from the picture."""
        return pyotp.TOTP(self.secret).provisioning_uri(name=self.login, issuer_name="Sew4Mi")

    def may(self, what: str) -> bool:
        return may(self.role, what)

    # -- verbs

    @classmethod
    def hire(cls, db: Session, *, login: str, name: str, role: Role, password: str, now: datetime) -> Staff:
        """Raises NotAllowed("too_short" | "login_taken" | "bad_login")."""
        login = login.strip().lower()
        if not login.isascii() or not login.replace(".", "").replace("-", "").isalnum():
            raise NotAllowed("bad_login")
        if cls.by_login(db, login):
            raise NotAllowed("login_taken")
        one = cls(login=login, name=name.strip() or login, role=role, secret=pyotp.random_base32(), recovery=[], created_at=now)
        one.take_password(password)
        db.add(one)
        db.flush()
        return one

    def take_password(self, password: str) -> None:
        """Raises NotAllowed("too_short")."""
        if len(password) < SHORTEST_PASSWORD:
            raise NotAllowed("too_short")
        self.password = _hasher.hash(password)

    def begin_anew(self) -> None:
        """A lost phone: another secret, shown at the next sign-in."""
        self.secret, self.enrolled_at, self.last_step, self.recovery = pyotp.random_base32(), None, 0, []

    def enrol(self, now: datetime) -> list[str]:
        """The recovery codes, which are shown once."""
        codes = [f"{secrets.token_hex(2)}-{secrets.token_hex(2)}-{secrets.token_hex(2)}" for _ in range(RECOVERY_CODES)]
        self.enrolled_at, self.recovery = now, [_hashed(code) for code in codes]
        return codes

    def leave(self, now: datetime) -> None:
        self.ended_at = now

    def take_role(self, db: Session, role: Role) -> None:
        """Raises NotAllowed("last_operator")."""
        self._leave_an_operator(db, role)
        self.role = role

    def dismiss(self, db: Session, now: datetime) -> None:
        """She signs in no more, and is signed out everywhere. Raises NotAllowed("last_operator")."""
        self._leave_an_operator(db, None)
        self.leave(now)
        StaffSession.end_all(db, self.id, now)

    def _leave_an_operator(self, db: Session, role: Role | None) -> None:
        """Somebody must be able to let people in. All operators are locked: two of them cannot send each other away at once."""
        operators = select(Staff.id).where(Staff.role == "operator", Staff.ended_at.is_(None)).order_by(Staff.id).with_for_update()
        if self.role == "operator" and role != "operator" and list(db.scalars(operators)) == [self.id]:
            raise NotAllowed("last_operator")

    @classmethod
    def is_right(cls, staff: Staff | None, password: str) -> bool:
        """Takes as long for somebody who does not exist."""
        try:
            _hasher.verify(staff.password if staff else _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
        return staff is not None and staff.ended_at is None

    def proves(self, code: str, now: datetime) -> bool:
        """A code of the app (one step early or late, each once), or a recovery code, which is used up."""
        code = code.replace(" ", "").lower()
        step = int(now.timestamp()) // 30
        totp = pyotp.TOTP(self.secret)
        for candidate in (step - 1, step, step + 1):
            if candidate > self.last_step and secrets.compare_digest(totp.generate_otp(candidate), code.encode("ascii", "ignore").decode()):
                self.last_step = candidate
                return True
        if _hashed(code) in self.recovery:
            self.recovery = [left for left in self.recovery if left != _hashed(code)]
            return True
        return False


class StaffSession(Base):
    """Where somebody is signed in: the browser holds the token, we its hash."""

    __tablename__ = "staff_session"

    id: Mapped[Id]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    token: Mapped[str] = mapped_column(unique=True)  # sha256
    csrf: Mapped[str]
    place: Mapped[str]  # the address it came from
    agent: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    proven_at: Mapped[datetime | None]  # the second factor, last
    ended_at: Mapped[datetime | None]

    @classmethod
    def begin(cls, db: Session, staff: Staff, *, place: str, agent: str, now: datetime, proven: bool = False) -> tuple[StaffSession, str]:
        """The session and the token for the browser."""
        token = secrets.token_urlsafe(32)
        session = cls(
            staff_id=staff.id, token=_hashed(token), csrf=secrets.token_urlsafe(24), place=place[:64], agent=agent[:200], created_at=now,
            seen_at=now, proven_at=now if proven else None,
        )  # fmt: skip
        db.add(session)
        db.flush()
        return session, token

    @classmethod
    def find(cls, db: Session, token: str, now: datetime) -> tuple[StaffSession, Staff, Place] | None:
        """Who holds this token, unless she was idle or signed in too long, or was signed out; and how far the news is certain."""
        rows = select(cls, Staff, text(CERTAIN)).join(Staff, Staff.id == cls.staff_id).where(
            cls.token == _hashed(token), cls.ended_at.is_(None), Staff.ended_at.is_(None), cls.seen_at > now - IDLE, cls.created_at > now - LONGEST
        )  # fmt: skip
        row = db.execute(rows).one_or_none()
        return (row[0], row[1], Place(row[2], 0)) if row else None

    @classmethod
    def of(cls, db: Session, now: datetime, staff_id: int | None = None) -> list[tuple[StaffSession, Staff]]:
        """Those that still count, the newest first."""
        counts = cls.ended_at.is_(None), cls.seen_at > now - IDLE, cls.created_at > now - LONGEST, cls.proven_at.is_not(None)
        rows = select(cls, Staff).join(Staff, Staff.id == cls.staff_id).where(*counts).order_by(cls.seen_at.desc())
        return [(row[0], row[1]) for row in db.execute(rows.where(cls.staff_id == staff_id) if staff_id else rows)]

    @classmethod
    def last_of(cls, db: Session) -> dict[int, datetime]:
        """{who: when she last signed in with both}."""
        rows = select(cls.staff_id, func.max(cls.created_at)).where(cls.proven_at.is_not(None)).group_by(cls.staff_id)
        return {row[0]: row[1] for row in db.execute(rows)}

    @classmethod
    def end_all(cls, db: Session, staff_id: int, now: datetime) -> None:
        db.execute(update(cls).where(cls.staff_id == staff_id, cls.ended_at.is_(None)).values(ended_at=now))

    def counts(self, now: datetime) -> bool:
        return self.ended_at is None and now - self.seen_at < IDLE and now - self.created_at < LONGEST

    def is_fresh(self, now: datetime) -> bool:
        """Whether the second factor was shown a moment ago."""
        return self.proven_at is not None and now - self.proven_at < FRESH

    def touch(self, now: datetime) -> None:
        if now - self.seen_at > timedelta(minutes=1):
            self.seen_at = now

    def end(self, now: datetime) -> None:
        self.ended_at = now


class SignIn(Base):
    """Each try to sign in, so that nobody may guess."""

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("ix_sign_in_login", "login", "at", postgresql_where=text("NOT ok")),
        Index("ix_sign_in_place", "place", "at", postgresql_where=text("NOT ok")),
    )

    id: Mapped[Id]
    login: Mapped[str]
    place: Mapped[str]
    at: Mapped[datetime]
    ok: Mapped[bool]

    @classmethod
    def must_wait(cls, db: Session, login: str, place: str, now: datetime) -> bool:
        failed = func.count().filter(cls.login == login[:80]), func.count().filter(cls.place == place[:64])
        recent = ~cls.ok, cls.at > now - WITHIN, (cls.login == login[:80]) | (cls.place == place[:64])
        by_login, by_place = db.execute(select(*failed).where(*recent)).one()
        return by_login >= TRIES or by_place >= TRIES_FROM_ONE_PLACE

    @classmethod
    def note(cls, db: Session, login: str, place: str, now: datetime, *, ok: bool) -> None:
        db.add(cls(login=login[:80], place=place[:64], at=now, ok=ok))


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()
