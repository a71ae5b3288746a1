"""What the house shows by a link: photos, voice notes, measurement cards, papers."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property

from bot import card, darkroom
from models.base import Database
from models.document import Document
from models.order import Order
from models.picture import Picture
from models.piece import Piece
from models.recording import Recording
from models.tailor import Offer


class Gallery:
    @cached_property
    @abstractmethod
    def database(self) -> Database: ...

    def picture(self, picture_id: int) -> bytes | None:
        with self.database.begin() as db:
            found = db.get(Picture, picture_id)
            return found.content if found else None

    def recording(self, recording_id: int) -> bytes | None:
        with self.database.begin() as db:
            found = db.get(Recording, recording_id)
            return found.content if found else None

    def collage(self, offer_ids: list[int]) -> bytes | None:
        with self.database.begin() as db:
            rows = Offer.cards(db, offer_ids)
            pictures = [db.get(Picture, row.picture_id) for row in rows if row.picture_id]
            jpegs = [p.content for p in pictures if p and p.content]
        return darkroom.collage(jpegs) if jpegs else None

    def cards(self, order_id: int, kind: str) -> bytes | None:
        """The measurement cards of an order, drawn anew each time: the order has frozen what stands on them."""
        with self.database.begin() as db:
            order = db.get(Order, order_id)
            if order is None:
                return None
            ready = f"{order.promised_on:%a} {order.promised_on.day} {order.promised_on:%b}"
            customer = order.customer(db).first_name
            shown = [card.Card(order.number, p.noun(db).capitalize(), p.who or customer, ready, p.measures) for p in Piece.of(db, order_id)]
        return card.png(shown[0]) if kind == "png" else card.pdf(shown)

    def paper(self, document_id: int) -> tuple[str, bytes] | None:
        """The number of a document and the same as a PDF, drawn anew each time from its frozen facts."""
        from bot.paper import Paper, pdf  # its library takes a third of a second to load: only who draws waits for it

        with self.database.begin() as db:
            x = db.get(Document, document_id)
        return (x.number, pdf(Paper(x.kind, x.number, x.name, x.issued_at, x.currency, x.total, x.facts, x.period))) if x else None
