"""Tailors at the desk: applications handed in, looked at point by point, and decided with the words she reads."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select, text

from bot import terminal
from bot.rules.verification import CHECKS
from models.application import Application
from models.audit import Audit
from models.picture import Picture
from models.purse import Purse
from models.referee import Referee
from models.tailor import Offer, Tailor
from tests.admin.conftest import Browser
from tests.counting import counted
from tests.stage import COLOURS, PHONES, Stage
from tests.test_transcripts import given, happen

Sits = Callable[..., Browser]
HOSTILE = "<script>alert(1)</script> \"'><img src=x onerror=1>"
FORM = {
    "name": "Esther Tetteh", "phone": "024 400 0011", "ghana_card": "gha 712345678 4", "card_until": "2031-05-01", "business": "Tetteh Fashion",
    "business_type": "shop", "town": "Tema", "location": "Community 4", "registration": "BN-12345", "years": "6", "radius_km": "25",
    "price_kente_shirt": "210.50", "wallet": "0244000011", "network": "mtn", "reference_name_1": "Grace", "reference_phone_1": "0244000099",
    "reference_name_2": "Mercy Ansah", "reference_phone_2": "020 800 0098", "agreed": "on",
}  # fmt: skip


def photo(kind: str = "JPEG", width: int = 600) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((width, 400), 80).convert("RGB").save(out, kind, exif=b"Exif\0\0GPS-of-her-home" if kind == "JPEG" else b"")
    return out.getvalue()


def sent(browser: Browser, photos: int = 5, *, file: bytes = b"", card: bool = True, **changed: str) -> Any:
    """The form handed in, with photos."""
    files = [(io.BytesIO(file or photo(("JPEG", "PNG")[n % 2])), f"{HOSTILE}{n}.jpg") for n in range(photos)]
    seen = {"card_image": (io.BytesIO(photo()), "card.jpg")} if card else {}
    return browser.post("/tailors/new", **FORM | changed, photos=files, **seen)


@pytest.fixture
def applied(stage: Stage) -> str:
    given("Efua has applied to sew kente shirts in Accra from GHS 200", stage)
    return path(stage, "efua")


def path(stage: Stage, who: str) -> str:
    with stage.parts.database.begin() as db:
        return f"/tailors/{stage.tailor(db, who).id}"


def state(stage: Stage, where: str) -> str:
    with stage.parts.database.begin() as db:
        return Tailor.by_id(db, int(where.rpartition("/")[2])).state


def tick_all(browser: Browser, where: str) -> None:
    for check in CHECKS:
        assert browser.post(f"{where}/tick", check=check, good="1").status_code == 303


def decided(browser: Browser, where: str, event: str, why: str = "all is well") -> Any:
    shown = browser.post(f"{where}/preview", event=event, why=why)
    assert shown.status_code == 200, re.findall(r'role="alert">([^<]+)', shown.text)
    return browser.post(f"{where}/decide", event=event, why=why, seal=re.search(r'name="seal" value="(\w+)"', shown.text)[1])  # type: ignore[index]


def actions(stage: Stage) -> list[str]:
    with stage.parts.database.begin() as db:
        return list(db.scalars(select(Audit.action).order_by(Audit.id)))


def statements(stage: Stage, browser: Browser, where: str) -> int:
    with counted(stage) as seen:
        browser.page(where)
    return len(seen)


# -- handing in


def test_an_application_is_handed_in(stage: Stage, sits: Sits) -> None:
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    browser = sits("verifier")
    assert "Ghana Card" in browser.page("/tailors/new")
    answer = sent(browser)
    assert answer.status_code == 303, re.findall(r'class="wrong"[^>]*>([^<]+)', answer.text)
    with stage.parts.database.begin() as db:
        tailor = db.scalars(select(Tailor).where(Tailor.state == "PENDING")).one()
        handed_in = Application.of(db, tailor.id)
        assert handed_in and handed_in.ghana_card == "GHA-712345678-4"
        assert (handed_in.business_type, handed_in.years, handed_in.radius_km) == ("shop", 6, 25)
        assert [(r.name, r.phone) for r in Referee.of(db, tailor.id)] == [("Grace", "+233244000099"), ("Mercy Ansah", "+233208000098")]
        offer = db.scalars(select(Offer).where(Offer.tailor_id == tailor.id)).one()
        assert (offer.garment, offer.price, offer.open) == ("kente_shirt", 210_50, False)
        pictures = [Picture.by_id(db, ident).content or b"" for ident in handed_in.photos]
        assert all(p.startswith(b"\xff\xd8\xff") and b"GPS" not in p for p in pictures) and len(pictures) == 5
        raw = f"{db.execute(text('SELECT * FROM application')).all()}{db.execute(text('SELECT * FROM referee')).all()}"
        assert not any(word in raw for word in ("712345678", "JFIF", "Community", "244000099", "Mercy")), "sealed in the database"
    stage.settle()
    page = browser.page(answer.headers["Location"].removeprefix("/admin"))
    assert "712345678" not in page and "GHA-••••••678-4" in page and "244000099" not in page and "208000098" not in page
    for shown in ("Grace", "024 ••• 0099", "Mercy Ansah", "020 ••• 0098", "shop with staff", "up to 25 km", "Specialities and prices"):
        assert shown in page, shown
    assert actions(stage)[0] == "tailor.applied"


def test_what_was_typed_is_kept_and_each_trouble_is_named(stage: Stage, sits: Sits) -> None:
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    wrong = {
        "phone": "12", "ghana_card": "GHA-1", "network": "cash", "business_type": "circus", "years": "", "radius_km": "far",
        "reference_name_2": "", "reference_phone_2": "", "reference_name_5": "Aba",
    }  # fmt: skip
    answer = sent(sits("verifier"), 4, card=False, price_kente_shirt="free", business="Tetteh & <b>Co</b>", **wrong)
    assert answer.status_code == 422 and 'value="Tetteh &amp; &lt;b&gt;Co&lt;/b&gt;"' in answer.text
    named = set(re.findall(r'id="wrong-(\w+)"', answer.text))
    assert named == {*wrong, "prices", "photos", "card_image", "reference_phone_5"} - {"reference_name_5"}
    for typed in ('name="reference_name_5" type="text" value="Aba"', 'value="Mercy', 'value="0244000099"', 'value="free"'):
        assert (typed in answer.text) == ("Mercy" not in typed), typed
    with stage.parts.database.begin() as db:
        assert db.scalar(select(func.count(Tailor.id))) == 1, "nobody but Kofi"


@pytest.mark.parametrize("file", [b"GIF89a" + b"x" * 99, b"\xff\xd8\xff" + b"no photo", b"<svg onload=alert(1)>", photo() + b"x" * 10 * 2**20])
def test_only_photos_are_taken(stage: Stage, sits: Sits, file: bytes) -> None:
    answer = sent(sits("verifier"), file=file)
    assert answer.status_code == 422 and 'id="wrong-photos"' in answer.text


@pytest.mark.parametrize(("photos", "is_taken"), [(4, False), (5, True), (10, True), (11, False)])
def test_five_to_ten_photos_of_her_work(stage: Stage, sits: Sits, photos: int, is_taken: bool) -> None:
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    answer = sent(sits("verifier"), photos)
    assert answer.status_code == (303 if is_taken else 422) and ('id="wrong-photos"' in answer.text) != is_taken


MORE = {f"reference_{part}_{n}": said for n in (3, 4, 5) for part, said in (("name", f"Aba {n}"), ("phone", f"024400009{n}"))}


def test_up_to_five_people_speak_for_her_and_each_is_somebody_else(stage: Stage, sits: Sits) -> None:
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    browser = sits("verifier")
    for doubled in ("0244000099", FORM["phone"]):  # the first one once more; herself
        answer = sent(browser, reference_phone_2=doubled)
        assert answer.status_code == 422 and "a number of their own" in answer.text and 'value="Mercy Ansah"' in answer.text
    assert sent(browser, **MORE).status_code == 303
    with stage.parts.database.begin() as db:
        told = db.scalars(select(Tailor).where(Tailor.state == "PENDING")).one()
        assert [referee.phone[-2:] for referee in Referee.of(db, told.id)] == ["99", "98", "93", "94", "95"]


def test_a_town_is_enough_and_nobody_must_travel(stage: Stage, sits: Sits) -> None:
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    browser = sits("verifier")
    answer = sent(browser, location="", radius_km="", registration="")
    assert answer.status_code == 303
    page = browser.words(answer.headers["Location"].removeprefix("/admin"))
    assert "Tema" in page and "km to a customer" not in page and "None" not in page


def test_photos_larger_than_a_webhook_are_welcome_here_and_nowhere_else(stage: Stage, sits: Sits) -> None:
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    large = photo("PNG", 3000)
    assert 1_000_000 < len(large) < 10_000_000
    browser = sits("verifier")
    assert sent(browser, file=large).status_code == 303
    assert browser.post("/notes", subject="tailor:1", text="x", file=(io.BytesIO(large), "x.png")).status_code == 413
    assert sent(sits("support"), file=large).status_code in (403, 413), "who may not, uploads nothing"


def test_one_card_and_one_person_apply_once(stage: Stage, sits: Sits) -> None:
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    browser = sits("verifier")
    assert sent(browser).status_code == 303
    again = sent(browser)
    assert again.status_code == 422 and "is a tailor already" in again.text
    other = sent(browser, phone="024 400 0012")
    assert other.status_code == 422 and "applied with this Ghana Card" in other.text
    assert sent(browser, phone=PHONES["kofi"], ghana_card="GHA-123456789-0").status_code == 422
    with stage.parts.database.begin() as db:
        assert db.scalar(select(func.count(Tailor.id))) == 2


# -- the list and the page


def test_the_list_has_those_who_wait_on_top(stage: Stage, sits: Sits, applied: str) -> None:
    given("Kofi sews kente shirts in Kumasi from GHS 250", stage)
    browser = sits("readonly")
    listed = browser.words("/tailors")
    assert listed.index("Efua") < listed.index("Kofi") and "pending" in listed and "4.8" in listed
    for query, efua, kofi in (("show=waiting", True, False), ("show=APPROVED", False, True), ("town=Kumasi", False, True), ("q=efu", True, False)):
        found = browser.words(f"/tailors?{query}")
        assert ("Efua" in found, "Kofi" in found) == (efua, kofi), query


def test_few_statements_are_enough(stage: Stage, sits: Sits, applied: str) -> None:
    browser = sits("verifier")
    counted = {where: statements(stage, browser, where) for where in ("/tailors", applied, "/tailors/new")}
    assert max(counted.values()) <= 12, counted


def test_hostile_names_stay_text(stage: Stage, sits: Sits) -> None:
    with stage.parts.database.begin() as db:
        terminal.Garment.stock(db)
        db.flush()
        speaks = [(HOSTILE, "+233244000099"), (HOSTILE, "+233244000098")]
        told = (PHONES["efua"], HOSTILE, HOSTILE, "alone", "accra", {"kente_shirt": 200}, "GHA-111111111-1", HOSTILE, None, speaks, 3, COLOURS, False)
        tailor = terminal.add_applicant(db, stage.parts, *told)
    browser = sits("verifier")
    decided(browser, f"/tailors/{tailor.id}", "fix_asked", HOSTILE)
    for where in ("/tailors", f"/tailors/{tailor.id}"):
        page = browser.page(where)
        assert "<script>alert" not in page and "<img src=x" not in page and "&lt;script&gt;" in page


def test_documents_are_for_those_who_work_with_people_and_in_full_only_with_the_second_factor(stage: Stage, sits: Sits, applied: str) -> None:
    assert "The market" not in sits("readonly").page(applied) and "person.read" not in actions(stage)
    assert "The market" in sits("support").page(applied) and actions(stage) == ["person.read"]
    card = re.search(r"GHA-••••••\d{3}-0", sits("verifier").page(applied))
    assert card
    assert sits("finance").post(f"{applied}/reveal").status_code == 403
    stale = sits("operator", fresh=False)
    assert stale.post(f"{applied}/reveal").status_code == 401
    full = stale.post(f"{applied}/reveal", _code=stale.code())
    assert full.status_code == 200 and f"GHA-{int(PHONES['efua'][-9:])}-0" in full.text and PHONES["efua"] in full.text
    assert actions(stage).count("tailor.revealed") == 1


# -- looking and deciding


def test_nobody_is_approved_before_all_was_looked_at(stage: Stage, sits: Sits, applied: str) -> None:
    browser = sits("verifier")
    assert browser.post(f"{applied}/preview", event="approved", why="fine").status_code == 422
    tick_all(browser, applied)
    assert state(stage, applied) == "UNDER_REVIEW"
    browser.post(f"{applied}/tick", check="work", good="0")
    answer = browser.post(f"{applied}/preview", event="approved", why="fine")
    assert answer.status_code == 422 and "Still to be ticked: work" in answer.text
    assert browser.post(f"{applied}/tick", check="everything", good="1").status_code == 422


def test_a_tick_counts_once_and_says_who(stage: Stage, sits: Sits, applied: str) -> None:
    browser = sits("verifier")
    for _ in range(2):
        browser.post(f"{applied}/tick", check="identity", good="1")
    assert actions(stage) == ["tailor.ticked"]
    assert "verifier, now" in browser.words(applied)


def test_approving_shows_her_to_customers_and_tells_her(stage: Stage, sits: Sits, applied: str) -> None:
    browser = sits("verifier")
    stage.settle()
    tick_all(browser, applied)
    browser.post(f"{applied}/tick", check="background", good="1")
    list(stage.new_letters())
    assert decided(browser, applied, "approved").status_code == 303
    stage.settle()
    assert "is checked, and customers can find you" in stage.unread()[-1][1].reply.text
    with stage.parts.database.begin() as db:
        tailor = stage.tailor(db, "efua")
        assert (tailor.state, tailor.identity_verified, tailor.background_checked) == ("APPROVED", True, True)
        assert Offer.of_tailor(db, tailor.id)
        handed_in, purse = Application.of(db, tailor.id), Purse.of(db, tailor.id)
        assert handed_in and str(handed_in.look_again_on) == "2027-11-23"
        assert purse and purse.number == PHONES["efua"].lstrip("+")


MESSAGES = [
    (["fix_asked"], "something is missing", "NEEDS_FIX"), (["rejected"], "cannot take you on now", "REJECTED"),
    (["fix_asked", "handed_in"], "something is missing", "UNDER_REVIEW"), (["rejected", "reopened"], "cannot take you on now", "UNDER_REVIEW"),
]  # fmt: skip


@pytest.mark.parametrize(("events", "said", "after"), MESSAGES, ids=["-".join(events) for events, _, _ in MESSAGES])
def test_what_she_reads_is_what_was_shown(stage: Stage, sits: Sits, applied: str, events: list[str], said: str, after: str) -> None:
    browser = sits("verifier")
    shown = browser.post(f"{applied}/preview", event=events[0], why="the card is too dark").text
    assert said in shown and "the card is too dark" in shown
    for event in events:
        assert decided(browser, applied, event, "the card is too dark").status_code == 303
    stage.settle()
    told = [letter.reply.text for who, letter in stage.unread() if who == "efua"]
    if len(events) == 1:
        assert len(told) == 1 and said in told[0] and "the card is too dark" in told[0]
    assert state(stage, applied) == after
    assert [action for action in actions(stage) if action != "person.read"] == [f"tailor.{event}" for event in events]


def test_a_decision_is_made_once_and_only_after_a_look(stage: Stage, sits: Sits, applied: str) -> None:
    first, second = sits("verifier"), sits("operator")
    assert first.post(f"{applied}/decide", event="rejected", why="no").status_code == 422
    assert first.post(f"{applied}/decide", event="rejected", why="no reason seen").status_code == 409
    assert decided(first, applied, "rejected", "no answer").status_code == 303
    answer = second.post(f"{applied}/preview", event="rejected", why="no answer")
    assert answer.status_code == 422 and "it may have changed meanwhile" in answer.text
    assert actions(stage).count("tailor.rejected") == 1


def test_the_same_decision_twice_counts_once(stage: Stage, sits: Sits, applied: str) -> None:
    browser = sits("verifier")
    shown = browser.post(f"{applied}/preview", event="rejected", why="no answer").text
    seal = re.search(r'name="seal" value="(\w+)"', shown)[1]  # type: ignore[index]
    codes = [browser.post(f"{applied}/decide", event="rejected", why="no answer", seal=seal).status_code for _ in range(2)]
    assert codes == [303, 409] and actions(stage).count("tailor.rejected") == 1


def test_who_is_suspended_is_offered_to_nobody_and_keeps_her_orders(stage: Stage, sits: Sits) -> None:
    given("Kofi sews kente shirts in Accra from GHS 250", stage)
    given("Ama's kente shirt by Kofi is cut", stage)
    where, browser = path(stage, "kofi"), sits("verifier")
    assert decided(browser, where, "suspended", "complaints").status_code == 303
    with stage.parts.database.begin() as db:
        assert Offer.search(db, "kente_shirt", town=None, by="score") == [] and Tailor.likely(db, 0, 9) == []
    assert stage.orders()[0].state == "IN_PROGRESS" and "Orders under way 1" in browser.words(where)
    assert decided(browser, where, "reinstated", "settled").status_code == 303
    with stage.parts.database.begin() as db:
        assert len(Offer.search(db, "kente_shirt", town=None, by="score")) == 1 and len(Tailor.likely(db, 0, 9)) == 1


def test_a_year_later_she_is_looked_at_again(stage: Stage, sits: Sits, applied: str) -> None:
    happen("the desk approves Efua", stage)
    stage.parts.story_clock.time = stage.parts.story_clock.time.replace(year=2027, month=12)
    browser = sits("verifier")
    assert "Efua" in browser.words("/tailors?show=again")
    decided(browser, applied, "looked_again", "called her, all as before")
    browser.page("/tailors")  # where the flash is read
    assert "Efua" not in browser.words("/tailors?show=again") and state(stage, applied) == "APPROVED"


@pytest.mark.parametrize("role", ["readonly", "support", "finance"])
def test_only_some_may_decide(stage: Stage, sits: Sits, applied: str, role: str) -> None:
    browser = sits(role)
    assert 'id="decide"' not in browser.page(applied)
    for deed in ("tick", "preview", "decide", "reveal"):
        assert browser.post(f"{applied}/{deed}", check="work", good="1", event="rejected", why="because").status_code == 403
    assert browser.get("/tailors/new").status_code == 403 and state(stage, applied) == "PENDING"


def test_a_tailor_who_is_not_there(sits: Sits) -> None:
    browser = sits("verifier")
    assert browser.get("/tailors/999").status_code == 404
    for deed in ("tick", "preview", "decide", "reveal"):
        assert browser.post(f"/tailors/999/{deed}", check="work", event="rejected", why="because").status_code in (404, 409)
