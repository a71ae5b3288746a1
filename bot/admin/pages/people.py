"""People: the list, and all about one of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from bot.admin import shown
from bot.admin.door import Answer, Desk, Pages, Refused, hidden
from bot.admin.table import Column, Filter, Table, wants_file
from bot.rules import measurements
from models.audit import Audit
from models.conversation import lock_by_id
from models.erasure import is_forgotten
from models.note import Note
from models.person import Address, Person
from models.person_file import PersonFile, history

pages = Pages("people", "People", group="People", rank=1)
ROLES = {"customer": "customer", "tailor": "tailor", "admin": "one of ours"}
LANGUAGES = {"en": "English", "tw": "Twi", "ga": "Ga", "ee": "Ewe", "ha": "Hausa"}
NAMELESS = "no name yet"


# -- the list


@pages.page("/people")
def index(desk: Desk) -> Answer:
    table, statement = _table(desk), _listed(desk)
    if wants_file():
        return table.file(desk, statement, scalars=False)
    return desk.show("people.html", table=table.fill(desk.db, statement, scalars=False), title="People")


def _table(desk: Desk) -> Table:
    columns = [
        Column("Name", lambda row: desk.name(row.name) or NAMELESS),
        Column("Number", lambda row: hidden(row.value)),
        Column("Role", lambda row: ROLES.get(row.role, row.role)),
        Column("Language", lambda row: LANGUAGES.get(row.language, row.language)),
        Column("Since", lambda row: shown.when(row.created_at, desk.now), lambda row: row.created_at),
        Column("Messages", lambda row: "stopped" if row.stopped_at else "on"),
    ]
    filters = [Filter("role", "Role", ROLES), Filter("stopped", "Messages", {"yes": "stopped"})]
    return Table(
        "people", "People", columns, "Nobody is like that. People stand here from their first message on.", filters, {"-since": Person.id.desc()},
        link=lambda row: f"/admin/people/{row.id}",
    )  # fmt: skip


def _listed(desk: Desk) -> Select[Any]:
    number = select(Address.value).where(Address.person_id == Person.id).order_by(Address.id).limit(1).correlate(Person).scalar_subquery()
    rows = select(
        Person.id, Person.name, Person.role, Person.language, Person.created_at, Person.stopped_at, number.label("value"),
    )  # fmt: skip
    asked = {f.name: f.value for f in _table(desk).filters}
    if asked["role"]:
        rows = rows.where(Person.role == asked["role"])
    return rows.where(Person.stopped_at.is_not(None)) if asked["stopped"] else rows


# -- one person


@pages.page("/people/<int:ident>")
def show(desk: Desk, ident: int) -> Answer:
    return page(desk, ident)


def page(desk: Desk, ident: int, *, in_full: bool = False) -> Answer:
    file = PersonFile.of(desk.db, ident)
    if file is None:
        raise Refused("There is no such person.", 404)
    subject = f"person:{ident}"
    name = "Forgotten person" if is_forgotten(file.person) else desk.name(file.person.name) or NAMELESS
    return desk.show(
        "person.html", file=file, person=file.person, name=name, in_full=in_full, roles=ROLES, languages=LANGUAGES, links=desk.parts.links,
        is_gone=is_forgotten(file.person), notes=Note.of(desk.db, subject), trail=Audit.of(desk.db, subject), title=name,
    )  # fmt: skip


@pages.deed("/people/<int:ident>/reveal", can="people", fresh=True)
def reveal(desk: Desk, ident: int) -> Answer:
    """The numbers in full, on this one page; who looked and why is written down first."""
    desk.note("person.revealed", f"person:{found(desk, ident).id}", why=desk.why())
    return page(desk, ident, in_full=True)


@pages.page("/people/<int:ident>/measures", can="people")
def measures(desk: Desk, ident: int) -> Answer:
    """Her measurements and her family's, with what they were before."""
    person = found(desk, ident)
    desk.note("measurements.read", f"person:{ident}")
    bodies = [
        (profile.called or person.first_name, profile.relation, [(measurements.label(v.field), measurements.show(v.mm, v.field), v) for v in values])
        for profile, values in history(desk.db, ident)
    ]
    return desk.show("person_measures.html", person=person, bodies=bodies, title="Measurements")


@pages.deed("/people/<int:ident>/stop", can="talk")
def stop(desk: Desk, ident: int) -> Answer:
    """She wants no more messages and has said so some other way; only her own *start* brings them back."""
    found(desk, ident)
    person, why = lock_by_id(desk.db, ident).person, desk.why()
    if person.is_stopped:
        return desk.back("No messages go there already.", f"/admin/people/{ident}", kind="warn")
    person.stop(desk.now)
    desk.note("person.stopped", f"person:{ident}", why=why)
    return desk.back("No more messages go there, until “start” comes back.", f"/admin/people/{ident}")


def found(desk: Desk, ident: int) -> Person:
    person = desk.db.get(Person, ident)
    if person is None:
        raise Refused("There is no such person.", 404)
    return person
