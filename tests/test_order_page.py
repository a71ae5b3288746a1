"""The customer's order page: who may open it, what stands on it in every state, and what never does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from bot.links import ORDER_LIFE
from bot.order_page import HERE, words
from bot.order_page.page import Page, masked, plain
from bot.rules import order as rules
from bot.rules.money import pesewas
from models.base import Away
from models.dispute import Dispute
from models.document import receipt_for
from models.milestone import Milestone
from models.order import Order
from models.order_view import OrderView
from models.payment import Payment
from models.person import Person
from models.picture import Picture
from models.piece import Piece
from models.refund import Refund
from models.tailor import Tailor
from tests.counting import counted
from tests.fakes import MONDAY
from tests.markup import Tag, read
from tests.stage import LIFE, Stage

HOSTILE = "<script>alert(1)</script> \"Ama' \u202e\u2066&amp; <img src=x onerror=y>"


@pytest.fixture
def shop(stage: Stage) -> Stage:
    """With room for many orders on one day."""
    stage.given_tailor("kofi", "kente shirts", "Accra", 250)
    with stage.parts.database.begin() as db:
        tailor = stage.tailor(db, "kofi")
        tailor.per_day = tailor.per_month = 50
    return stage


def placed(stage: Stage, reached: str = "ordered", who: str = "ama") -> int:
    stage.given_order(who, "kente shirt", "kofi", reached)
    return stage.orders()[-1].id


def opened(stage: Stage, order_id: int, more: str = "", **headers: str) -> Any:
    return stage.web.get(stage.parts.links.order(order_id, stage.parts.clock.now()) + more, headers=headers)


def page(stage: Stage, order_id: int, more: str = "") -> Tag:
    answer = opened(stage, order_id, more)
    assert answer.status_code == 200
    return read(answer.text)


def stops(shown: Tag) -> list[str]:
    return [name.own_text for name in shown.one("ol").all(kind="stop")]


def change(stage: Stage, order_id: int, **values: Any) -> None:
    with stage.parts.database.begin() as db:
        for name, value in values.items():
            setattr(Order.by_id(db, order_id), name, value)


# -- who may open it


def test_a_link_opens_its_order_for_ninety_days(shop: Stage) -> None:
    order_id = placed(shop)
    link = shop.parts.links.order(order_id, MONDAY)
    for late, code in ((timedelta(), 200), (ORDER_LIFE - timedelta(seconds=2), 200), (ORDER_LIFE, 410)):
        shop.parts.story_clock.time = MONDAY + late
        assert [shop.web.get(link + more).status_code for more in ("", "/now")] == [code, code]
    assert "Send <strong>status</strong> in the chat" in shop.web.get(link).text


@pytest.mark.parametrize("wrong", ["x", "1", "1-2-3", "1-99999999999-" + "0" * 24, "%F0%9F%A7%B5-1-2", "static/none.css", "%ED%A0%80"])
def test_nothing_else_is_found(shop: Stage, wrong: str) -> None:
    answer = shop.web.get(f"/o/{wrong}")
    assert answer.status_code == 404
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_link_leads_to_no_other_order_and_to_none_that_is_not_there(shop: Stage) -> None:
    first, second = placed(shop), placed(shop, who="esi")
    link = shop.parts.links.order(first, MONDAY)
    assert shop.web.get(link.replace(f"/o/{first}-", f"/o/{second}-")).status_code == 404
    assert shop.web.get(shop.parts.links.order(999_999, MONDAY)).status_code == 404
    assert shop.web.get(shop.parts.links.document(first, MONDAY).replace("/media/papers", "/o").removesuffix(".pdf")).status_code == 404


def test_only_reading_is_possible(shop: Stage) -> None:
    link = shop.parts.links.order(placed(shop), MONDAY)
    assert {shop.web.open(link, method=m).status_code for m in ("POST", "PUT", "DELETE", "PATCH")} == {405}


@pytest.mark.parametrize("more", ["", "/now", "x"])
def test_it_is_kept_by_nobody_and_runs_nothing_foreign(shop: Stage, more: str) -> None:
    answer = opened(shop, placed(shop), more)
    policy = dict(rule.strip().split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split(";"))
    ours, nobody = "'self'", "'none'"
    assert policy == {"default-src": nobody} | dict.fromkeys(("img-src", "style-src", "script-src", "connect-src"), ours) | dict.fromkeys(
        ("frame-ancestors", "base-uri", "form-action"), nobody
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    tags = read(answer.text).all()
    assert not [tag for tag in tags if any(name == "style" or name.startswith("on") for name in tag.attrs)]
    assert not [tag for tag in tags if tag.name == "style" or (tag.name == "script" and tag.text)]
    assert all(tag.attrs.get("src", "/").startswith("/") for tag in tags)


# -- what stands on it


def test_each_state_says_where_it_is_and_what_comes_next(shop: Stage) -> None:
    seen = set()
    for reached in LIFE:
        shown = page(shop, order_id := placed(shop, reached)).text
        with shop.parts.database.begin() as db:
            view = OrderView.of(db, order_id)
        assert view
        standing, coming = Page(view, shop.parts.links, MONDAY).standing
        assert standing in shown and coming in shown and "{" not in standing + coming
        seen.add((standing, coming))
    assert len(seen) == len(LIFE)


def test_every_state_and_every_stop_has_words() -> None:
    assert set(rules.ORDER.states) <= set(words.STANDS)
    assert {"trouble_declined", "trouble_silent", "trouble_no_show"} <= set(words.STANDS)


def test_a_silent_customer_reads_when_her_time_is_over(shop: Stage) -> None:
    assert "counts as approved on Wed 25 Nov, 09:00" in page(shop, placed(shop, "fitted")).text
    assert "counts as right on Thu 26 Nov, 09:00" in page(shop, placed(shop, "handed over")).text
    assert "cancelled on" in page(shop, placed(shop)).text


def test_the_road_shows_days_and_the_present_stop(shop: Stage) -> None:
    road = page(shop, placed(shop, "cut")).one("ol")
    assert [(li["class"], li.one(kind="stop").own_text, bool(li.all("time"))) for li in road.all("li")][:5] == [
        ("behind", "Ordered", True), ("behind", "Deposit paid", True), ("behind", "Accepted by the tailor", True),
        ("here", "Cutting and sewing", True), ("ahead", "Fitting photo", False),
    ]  # fmt: skip
    assert road.one(aria_current="step").one(kind="stop").own_text == "Cutting and sewing"


def test_a_dispute_and_an_end_are_said(shop: Stage) -> None:
    order_id = placed(shop, "cut")
    with shop.parts.database.begin() as db:
        case = Dispute.open(db, order_id, Order.by_id(db, order_id).customer_id, "quality", MONDAY)
    assert "no money moves" in page(shop, order_id).text
    with shop.parts.database.begin() as db:
        Dispute.by_id(db, case.id).decide(db, "full_refund", reason="agreed", by="Efua", now=MONDAY)
    shown = page(shop, order_id)
    assert stops(shown)[-2:] == ["Cutting and sewing", "Refunded"]
    assert "Going back to you GHS 62.50" in shown.text and "on its way to 024 ••• 4567 GHS 62.50" in shown.text


def test_the_money_adds_up_in_every_state(shop: Stage) -> None:
    for reached in LIFE:
        shown = page(shop, placed(shop, reached))
        amounts = [pesewas(dd.text.removeprefix("GHS ").replace(",", "")) for dd in shown.one(kind="legend").all("dd")]
        assert sum(amounts) == 250_00
        slices = [(int(r["x"]), int(r["width"])) for r in shown.one(kind="tall").all("rect")]
        assert all(a + width == b for (a, width), (b, _) in pairwise(slices))
        assert (slices[0][0], sum(slices[-1])) == (0, 1000)


def test_each_part_says_where_it_is(shop: Stage) -> None:
    half = page(shop, placed(shop, "half paid")).text
    assert "Deposit paid on Mon 23 Nov held by Sew4Mi GHS 62.50" in half
    assert "Second part paid on Mon 23 Nov released to Kofi's Sewing on Mon 23 Nov GHS 125.00" in half
    assert "Last part not due yet GHS 62.50" in half
    assert "Deposit due now" in page(shop, placed(shop)).text
    cancelled = placed(shop, "accepted")
    with shop.parts.database.begin() as db:
        Order.by_id(db, cancelled).cancel(db, "story", MONDAY)
    assert "GHS 50.00 going back GHS 12.50 released to Kofi's Sewing on Mon 23 Nov" in page(shop, cancelled).text
    with shop.parts.database.begin() as db:
        Refund.of_order(db, cancelled)[0].arrived(MONDAY)
    shown = page(shop, cancelled).text
    assert "GHS 50.00 given back on Mon 23 Nov GHS 12.50 released" in shown and "arrived at 024 ••• 4567 on Mon 23 Nov, 09:00" in shown


def test_cash_is_never_called_held(shop: Stage) -> None:
    order_id = placed(shop, "deposited")
    with shop.parts.database.begin() as db:
        order = Order.by_id(db, order_id)
        order.state = "FITTING_APPROVED"
        claim = Payment.claim_cash(db, order, by=order.customer_id, now=MONDAY)
    assert "said to be paid in cash" in page(shop, order_id).text
    with shop.parts.database.begin() as db:
        Payment.by_id(db, claim.id, lock=True).booked = "cash"
    shown = page(shop, order_id).text
    assert "Paid to Kofi's Sewing in cash GHS 125.00" in shown and "Held by Sew4Mi GHS 62.50" in shown


def test_a_prompt_under_way_shows_a_masked_wallet(shop: Stage) -> None:
    order_id = placed(shop)
    with shop.parts.database.begin() as db:
        order = Order.by_id(db, order_id)
        Payment.start(
            db, order_id=order_id, stage="deposit", person_id=order.customer_id, provider="mtn", network="mtn", msisdn="233241234567",
            amount=62_50, currency="GHS", now=MONDAY,
        )  # fmt: skip
    assert "a prompt is under way to 024 ••• 4567" in page(shop, order_id).text
    assert masked("233201119988") == "020 ••• 9988"


def test_photos_are_lazy_and_say_what_they_show(shop: Stage) -> None:
    order_id = placed(shop, "fitted")
    with shop.parts.database.begin() as db:
        Order.by_id(db, order_id).reject_fitting(db, "too wide\u202e at <b>the</b> hip", MONDAY)
    photos = page(shop, order_id).one(id="photos")
    assert [img["alt"] for img in photos.all("img")] == [f"Photo of {what}, Mon 23 Nov, 09:00" for what in ("the fitting", "the cut cloth")]
    assert all(img["loading"] == "lazy" and shop.web.get(img["src"]).mimetype == "image/jpeg" for img in photos.all("img"))
    assert "You sent it back. “too wide at <b>the</b> hip”" in photos.text
    with shop.parts.database.begin() as db:
        Picture.by_id(db, Milestone.of(db, order_id)[0].picture_id).state = "lost"
    assert len(page(shop, order_id).all("img")) == 1


def test_receipts_can_be_opened_and_their_links_last_the_day(shop: Stage) -> None:
    order_id = placed(shop, "deposited")
    with shop.parts.database.begin() as db:
        receipt_for(db, db.scalars(select(Payment)).one(), MONDAY)
    link = page(shop, order_id).one(kind="papers").one("a")["href"]
    assert shop.web.get(link).mimetype == "application/pdf"
    shop.parts.story_clock.time = MONDAY + timedelta(hours=8)
    assert link in opened(shop, order_id).text


def test_days_left(shop: Stage) -> None:
    order_id = placed(shop, "cut")
    for days, said in ((2, "2 days left"), (1, "tomorrow"), (0, "today"), (-1, "late")):
        change(shop, order_id, promised_on=(MONDAY + timedelta(days=days)).date())
        assert f"· {said}" in page(shop, order_id).text
    assert "days left" not in page(shop, placed(shop, "finished")).text


# -- what never does


def test_what_people_write_runs_nothing(shop: Stage) -> None:
    order_id = placed(shop, "cut")
    with shop.parts.database.begin() as db:
        order = Order.by_id(db, order_id)
        order.style = HOSTILE
        db.get_one(Person, order.customer_id).name = HOSTILE.replace(" ", "")
        db.get_one(Tailor, order.tailor_id).business = HOSTILE
        Piece.of(db, order_id)[0].who = HOSTILE
    for more in ("", "/now"):
        answer = opened(shop, order_id, more)
        shown = read(answer.text)
        assert all(tag["src"].startswith("/o/static/") and not tag.text for tag in shown.all("script"))
        assert all(img["src"].startswith("/media/") for img in shown.all("img"))
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", answer.text)
        assert "<script>alert(1)</script>" in shown.text  # it is read, not run
    assert plain("a\u202eb\n\x00c") == "a b c"


def test_it_tells_nothing_that_is_not_the_customers(shop: Stage) -> None:
    """No phone, no code, no commission, no body, nobody else's order."""
    for member in ("esi", "yaw"):
        shop.given_measurements(member, "kente shirt")
    shop.given_circle("ama", "kofi", ["esi", "yaw"], "all paid")
    with shop.parts.database.begin() as db:
        orders = list(db.scalars(select(Order).order_by(Order.id)))
        names = {o.id: o.customer(db).first_name for o in orders}
        codes = [o.handover_code for o in orders]
    assert len(orders) == 2 and all(codes)
    for order in orders:
        source, shown = opened(shop, order.id).text, page(shop, order.id).text
        others = [o for o in orders if o.id != order.id]
        assert names[order.id] in shown
        assert not [o for o in others if o.number in source or names[o.id] in source]
        assert not [code for code in codes if code and re.search(rf"(?<![\d-]){code}(?!\d)", shown)]
        assert not re.search(r"\+?233\d{6,}|0\d{2} ?\d{3} ?\d{4}", shown)
        assert "commission" not in source.lower() and "neck" not in source and " mm" not in shown


# -- light, quick and live


def test_it_is_light_and_costs_eight_statements(shop: Stage) -> None:
    order_id = placed(shop, "finished")
    with shop.parts.database.begin() as db:
        for payment in db.scalars(select(Payment)):
            receipt_for(db, payment, MONDAY)
    opened(shop, order_id)
    for more in ("", "/now"):
        with counted(shop) as seen:
            answer = opened(shop, order_id, more)
        assert answer.status_code == 200 and len(seen) <= 8
    assets = [tag.attrs.get("href") or tag["src"] for tag in page(shop, order_id).all("link", "script")]
    files = [shop.web.get(path) for path in assets]
    assert all(file.status_code == 200 and "immutable" in file.headers["Cache-Control"] for file in files)
    assert len(opened(shop, order_id).data) + sum(len(file.data) for file in files) < 60_000


def test_an_open_page_hears_only_news(shop: Stage) -> None:
    order_id = placed(shop, "deposited")
    shown = page(shop, order_id)
    tag = shown.one("main")["data-etag"]
    assert shown.one("main")["data-now"].endswith("/now")
    shop.parts.story_clock.time = MONDAY + timedelta(minutes=5)
    assert (quiet := opened(shop, order_id, "/now", **{"If-None-Match": tag})).status_code == 304 and not quiet.data
    with shop.parts.database.begin() as db:
        Order.by_id(db, order_id).accept(db, shop.parts.clock.now())
    news = opened(shop, order_id, "/now", **{"If-None-Match": tag})
    assert news.status_code == 200 and news.headers["ETag"] != tag
    assert [s["id"] for s in read(news.text).all("section")] == [s["id"] for s in shown.all("section")]


def test_a_database_that_is_away_is_no_fault_of_the_reader(shop: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = placed(shop)

    @contextmanager
    def away() -> Iterator[None]:
        raise Away("gone")
        yield

    monkeypatch.setattr(shop.parts.database, "begin", away)
    answer = opened(shop, order_id)
    assert answer.status_code == 503 and "try again" in answer.text


def test_the_page_reads_in_order(shop: Stage) -> None:
    """One h1, headings that skip nothing, a language, a way past the top, names for every link and picture."""
    shown = page(shop, placed(shop, "finished"))
    levels = [int(h.name[1]) for h in shown.all("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1 and levels[0] == 1 and all(b - a <= 1 for a, b in pairwise(levels))
    assert shown.one("html")["lang"] == "en" and shown.one(kind="skip")["href"] == "#main" and shown.one(role="status")
    assert all(a.text or a.one("img")["alt"] for a in shown.all("a"))
    assert all(shown.one(id=s["aria-labelledby"]) for s in shown.all("section"))
    assert shown.one(kind="button")["href"].startswith("https://wa.me/14155238886?text=SW-")


def test_both_colour_schemes_can_be_read() -> None:
    """WCAG 2.2 AA: every text colour against every ground it stands on."""
    css = (HERE / "static" / "page.css").read_text()
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", css, re.S))
    for scheme in (light, dark):
        for ground in ("paper", "soft", "tint"):
            for ink in ("ink", "quiet", "accent", "bad"):
                assert contrast(scheme[ink], scheme[ground]) >= 4.5, (ink, ground)
        assert contrast(scheme["on-accent"], scheme["accent"]) >= 4.5


def contrast(one: str, other: str) -> float:
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
