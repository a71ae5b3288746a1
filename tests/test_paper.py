"""Papers are drawn with every letter of Ghana, add up, and reach only those who have a link."""

from __future__ import annotations

import io
import re
import time
from datetime import date, timedelta
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from PIL import ImageFont
from pypdf import PdfReader
from sqlalchemy import select

from bot import card, typeface
from bot.links import PAPER_LIFE
from bot.paper import Paper, amount, pdf, sheet
from bot.settings import BadSettings, Settings, load
from models import document
from models.document import HELD, Document
from models.payment import Payment
from tests.fakes import MONDAY
from tests.stage import Life, Stage

LETTERS = "ɛƐɔƆŋŊɖƉ ƒƑɣƔʋƲ ƙƘɗƊɓƁƴƳ éÉèÈáÁàÀãÃẽõñ ₵ …·–—“”‘’"
TONED = ("ɔ\u0301", "Ɔ\u0300", "ɛ\u0301", "Ɛ\u0303", "ŋ\u0301")
SELLER = {"name": "Sew4Mi", "address": "12 Liberation Road, Accra", "tin": "C0012345678", "vat_registered": True}
ORDER = {"seller": SELLER, "order": "SW-2611-7K3QX", "garment": "kente shirt", "tailor": "Ɛdwuma Pa"}
WALLET = {"network": "MTN MoMo", "wallet": "+23324***4567", "reference": "MP261123.0900.A00001"}
WEEK = date(2026, 11, 16), date(2026, 11, 22)


def paper(kind: str, total: int, facts: dict[str, Any], name: str = "Ama Ɔdɔ", **more: Any) -> Paper:
    return Paper(kind, "X-2026-000001", name, MONDAY, "GHS", total, facts, **more)


def receipt(name: str = "Ama Ɔdɔ", **changed: Any) -> Paper:
    facts = {**ORDER, **WALLET, "amount": 8325, "stage": "deposit", "total": 33300, "held": HELD["deposit"]}
    return paper("receipt", 8325, {**facts, "paid": {"before": 0, "after": 8325, "left": 24975}, **changed}, name)


def invoice(*, taxed: bool, lines: int = 2) -> Paper:
    one = {"gross": 5000, "commission": 1000, "vat": 150, "nhil": 25, "getfund": 25, "owed": 0}
    if not taxed:
        one |= {"vat": 0, "nhil": 0, "getfund": 0}
    rows = [{"order": f"SW-2611-{n:05d}", **one} for n in range(lines)]
    sums = {k: sum(row[k] for row in rows) for k in ("commission", "vat", "nhil", "getfund", "owed")}
    total = sums["commission"] + sums["vat"] + sums["nhil"] + sums["getfund"]
    rates = {"vat": 150, "nhil": 25, "getfund": 25} if taxed else {}
    facts = {"seller": {**SELLER, "vat_registered": taxed}, "lines": rows, "rates": rates, **sums, "total": total}
    return paper("invoice", total, facts, "Kofi's Sewing", period=WEEK)


def statement(lines: int) -> Paper:
    moves = [
        {"at": f"2026-11-16T00:{n % 60:02d}:00+00:00", "sort": sort, "order": "SW-2611-7K3QX", "gross": 0, "commission": 0, "tax": 0} | sums
        for n, (sort, sums) in enumerate([("release", {"wallet": 8000, "owed": 0}), ("netting", {"wallet": -300, "owed": -300})] * lines)
    ]
    ends = {"opening": {"wallet": 500, "owed": 300 * lines}, "closing": {"wallet": 500 + 7700 * lines, "owed": 0}}
    return paper("statement", 500 + 7700 * lines, {"seller": SELLER, "lines": moves, **ends}, "Kofi's Sewing", period=WEEK)


def read(made: Paper) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf(made))).pages]


# -- letters


@pytest.mark.parametrize("bold", [False, True])
def test_the_typeface_has_every_letter(bold: bool) -> None:
    """Each has a drawing of its own, not the box of a missing one."""
    font = TTFont(io.BytesIO(typeface.font(bold)))
    names = font.getBestCmap()
    for letter in LETTERS.replace(" ", "") + "".join(TONED):
        name = names.get(ord(letter))
        assert name not in (None, ".notdef"), letter
        assert font["glyf"][name].numberOfContours != 0, letter


@pytest.mark.parametrize("kind", ["normal", "bold"])
def test_every_letter_can_be_read_back_from_a_document(kind: str) -> None:
    """The first line of a party is bold, the others are not."""
    for row in (*LETTERS.split(), *TONED):
        page = read(receipt(name=f"x{row}y") if kind == "bold" else receipt(network=f"x{row}y"))[0]
        assert f"x{row}y" in page, row


def test_the_fonts_are_inside_the_document() -> None:
    page = PdfReader(io.BytesIO(pdf(receipt()))).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    inner = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert len(inner) == 2
    assert all("/FontFile2" in descriptor for descriptor in inner)


def test_what_cannot_be_drawn_is_left_out() -> None:
    assert typeface.clean("Ama 🌸\n\u202eO\u0301 \x00 من") == "Ama Ó"
    assert read(receipt(name="🌸"))


def test_the_measurement_card_has_the_same_letters() -> None:
    """A capital is drawn otherwise than the small letter and than a missing one."""
    letters = ImageFont.truetype(io.BytesIO(typeface.font()), 40)
    shapes = {bytes(letters.getmask(letter)) for letter in "ƐɛƆɔŊŋ"}
    assert len(shapes) == 6
    one = {"chest": {"body": 1000, "ease": 20, "cut": 1020}}
    assert card.png(card.Card("SW-1", "Kaftan", "Ɛsi", "Mon", one)) != card.png(card.Card("SW-1", "Kaftan", "ɛsi", "Mon", one))


# -- what stands there


def test_a_receipt_says_what_it_is_for_and_where_the_money_is() -> None:
    (page,) = read(receipt())
    for words in (
        "Receipt", "X-2026-000001", "23 November 2026", "Ama Ɔdɔ", "MTN MoMo", "+23324***4567", "SW-2611-7K3QX", "Kente shirt", "Ɛdwuma Pa",
        "Deposit, part 1 of 3", "GHS 333.00", "GHS 83.25", "GHS 249.75", "Money held in escrow until", "MP261123.0900.A00001", "TIN C0012345678",
    ):  # fmt: skip
        assert words in page, words


def test_a_receipt_for_surplus_shows_no_price() -> None:
    (page,) = read(receipt(paid=None, held=HELD["surplus"]))
    assert "Still to pay" not in page
    assert "owed back" in page


@pytest.mark.parametrize("stage", ["deposit", "fitting", "final"])
def test_every_stage_has_its_words(stage: str) -> None:
    assert HELD[stage].startswith("Money held in escrow until")
    assert read(receipt(stage=stage, held=HELD[stage]))


def test_an_invoice_with_tax_has_its_three_lines() -> None:
    (page,) = read(invoice(taxed=True))
    taxes = "VAT 15 %", "NHIL 2.5 %", "GETFund 2.5 %", "GHS 3.00", "GHS 0.50", "GHS 24.00"
    for words in ("Tax invoice", "16 November 2026 to 22 November 2026", *taxes):
        assert words in page, words
    assert "No VAT" not in page


def test_an_invoice_without_tax_says_so() -> None:
    (page,) = read(invoice(taxed=False))
    assert "No VAT is charged." in page
    assert "Tax invoice" not in page
    assert "NHIL" not in page


def test_a_credit_note_is_one() -> None:
    facts = invoice(taxed=True).facts
    (page,) = read(paper("credit_note", facts["total"], facts, period=WEEK))
    assert "Credit note" in page
    assert "Commission given back to you." in page


def test_a_refund_receipt_names_the_payment_it_gives_back() -> None:
    facts = {**ORDER, **WALLET, "amount": 8325, "cause": "cancelled", "paid_with": "8f14e45f"}
    (page,) = read(paper("refund_receipt", 8325, facts))
    assert "Refund receipt" in page
    assert "8f14e45f" in page
    assert "The order was cancelled" in page


def number(text: str) -> int:
    return int(re.sub(r"[^\d-]", "", text))


@pytest.mark.parametrize("lines", [0, 1, 13, 14, 40])
def test_the_sums_of_a_statement_add_up_as_printed(lines: int) -> None:
    made = sheet(statement(lines))
    opening, *parts, closing = [number(shown) for _, shown, _ in made.totals]
    assert opening + sum(parts) == closing == 500 + 7700 * lines
    changes = [number(row[5]) for row in made.rows[1:]]
    balances = [number(row[6]) for row in made.rows]
    assert [before + change for before, change in zip(balances, changes, strict=False)] == balances[1:]
    assert balances[-1] == closing


@pytest.mark.parametrize(
    "made",
    [receipt(), invoice(taxed=True), invoice(taxed=False, lines=70), statement(45)],
    ids=["receipt", "invoice", "long invoice", "statement"],
)
def test_nothing_is_cut_or_pushed_out(made: Paper) -> None:
    """Every text of the sheet is on some page, and every page has the heads of the columns and a foot."""
    pages = read(made)
    whole = " ".join(" ".join(pages).split())
    wanted = sheet(made)
    for text in [cell for row in wanted.rows for cell in row] + [t for label, shown, _ in wanted.totals for t in (label, shown)] + list(wanted.notes):
        assert text in whole, text
    assert all(f"page {n} of {len(pages)}" in page for n, page in enumerate(pages, 1))
    assert len(wanted.rows) < 20 or len(pages) > 1


def test_a_long_name_is_cut_and_not_run_over() -> None:
    (page,) = read(receipt(name="Nana " * 60))
    assert "…" in page


def test_the_same_paper_is_the_same_file_at_any_time() -> None:
    first = pdf(receipt())
    time.sleep(1.1)  # fonts carry the second they were written in
    assert pdf(receipt()) == first
    assert b"/Title" in first


def test_amounts_of_a_column() -> None:
    assert [amount(x) for x in (0, 5, -5, 123456789, -100)] == ["0.00", "0.05", "-0.05", "1,234,567.89", "-1.00"]


# -- the link


def issued(stage: Stage) -> Document:
    stage.given_tailor("kofi", "kente shirt", "Accra", 333)
    stage.given_customer("ama")
    with stage.parts.database.begin() as db:
        Life(stage, db, "ama", "kente shirt", "kofi").until("deposited")
        return document.receipt_for(db, db.scalars(select(Payment)).one(), MONDAY)


def test_a_link_leads_to_the_paper(stage: Stage) -> None:
    made = issued(stage)
    answer = stage.web.get(stage.parts.links.document(made.id, MONDAY))
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'inline; filename="{made.number}.pdf"'
    assert answer.headers["Cache-Control"].startswith("private, max-age=")
    assert made.number in PdfReader(io.BytesIO(answer.data)).pages[0].extract_text()


def test_the_chat_gives_a_link_that_opens(stage: Stage) -> None:
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "ordered")
    for said in ("my orders", "1", "1", "1", "yes"):
        stage.say("ama", said)
    stage.answer_prompt()
    (bubble,) = [letter.reply.text for who, letter in stage.unread() if who == "ama" and "received for" in letter.reply.text]
    link = re.search(r"Receipt: https://bot\.example(/media/papers/\S+)", bubble)
    assert link
    page = PdfReader(io.BytesIO(stage.web.get(link[1]).data)).pages[0].extract_text()
    assert "GHS 62.50" in page
    assert stage.orders()[0].number in page


def test_a_link_ends(stage: Stage) -> None:
    made = issued(stage)
    link = stage.parts.links.document(made.id, MONDAY)
    stage.parts.story_clock.time = MONDAY + PAPER_LIFE - timedelta(minutes=1)
    answer = stage.web.get(link)
    assert answer.status_code == 200
    assert int(answer.headers["Cache-Control"].split("=")[1]) <= 60
    stage.parts.story_clock.time = MONDAY + PAPER_LIFE + timedelta(seconds=2)
    assert stage.web.get(link).status_code == 410


def test_a_link_that_was_changed_leads_nowhere(stage: Stage) -> None:
    made = issued(stage)
    link = stage.parts.links.document(made.id, MONDAY)
    ident, until, signature = link.removeprefix("/media/papers/").removesuffix(".pdf").split("-")
    for other in (
        f"{made.id + 1}-{until}-{signature}", f"{ident}-{int(until) + 1}-{signature}", f"{ident}-{until}-{'0' * 24}", f"{ident}-{signature}",
        f"{ident}-{until}-", "x", "-", "--", f"{ident}-{until}-é", stage.parts.links.picture(made.id).split("/")[-1],
    ):  # fmt: skip
        assert stage.web.get(f"/media/papers/{other}.pdf").status_code == 404, other
    assert stage.web.get(stage.parts.links.document(made.id + 1, MONDAY)).status_code == 404


def test_who_charges_tax_must_be_named(settings: Settings) -> None:
    whole = {name: getattr(settings, name) for name in ("database_url", "redis_url", "public_url", "secret_key", "field_keys")}
    with pytest.raises(BadSettings, match="SELLER_TIN"):
        load(Settings, **whole, vat_registered=True)
    assert load(Settings, **whole, vat_registered=True, seller_tin="C0001").vat_registered
