"""On Monday every tailor whose money moved has her papers of the week, once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from models.document import Document
from tests.stage import Stage


def a_week_of_work(stage: Stage) -> None:
    stage.given_tailor("kofi", "kente shirt", "Accra", 250)
    stage.given_tailor("yaw", "kente shirt", "Accra", 250)
    stage.given_order("ama", "kente shirt", "kofi", "finished")
    stage.parts.story_clock.time += timedelta(days=7)


def papers(stage: Stage) -> list[Document]:
    with stage.parts.database.begin() as db:
        return list(db.scalars(select(Document).where(Document.kind.in_(("statement", "invoice"))).order_by(Document.id)))


def test_the_papers_of_a_week(stage: Stage) -> None:
    a_week_of_work(stage)
    assert stage.parts.clerk.write_papers()
    assert stage.parts.clerk.write_papers()
    stage.settle()
    statement, invoice = papers(stage)
    assert (statement.kind, statement.total, invoice.kind, invoice.total) == ("statement", 200_00, "invoice", 50_00)
    told = [letter.reply.text for who, letter in stage.unread() if who == "kofi" and "papers" in letter.reply.text]
    assert len(told) == 1
    assert statement.number in told[0] and invoice.number in told[0]
    link = next(word for word in told[0].split() if word.endswith(".pdf"))
    answer = stage.web.get(link.removeprefix("https://bot.example"))
    assert answer.status_code == 200 and answer.data.startswith(b"%PDF")
    assert not [who for who, letter in stage.unread() if who == "yaw"]


def test_a_paper_that_cannot_be_written_keeps_nobody_elses_back(stage: Stage, monkeypatch: object) -> None:
    a_week_of_work(stage)
    stage.given_order("ama", "kente shirt", "yaw", "finished")
    stage.parts.story_clock.time += timedelta(days=7)
    clerk, write = stage.parts.clerk, stage.parts.clerk._write
    failed: list[int] = []

    def breaks(tailor_id: int, *days: object) -> bool:
        if not failed:
            failed.append(tailor_id)
            return False
        return write(tailor_id, *days)  # type: ignore[arg-type]

    monkeypatch.setattr(clerk, "_write", breaks)  # type: ignore[attr-defined]
    assert not clerk.write_papers()
    assert clerk.write_papers()
