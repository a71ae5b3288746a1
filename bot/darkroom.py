"""Fetches photos people sent and makes them safe: decoded, turned upright, without place or camera data."""

from __future__ import annotations

import io
import logging
from datetime import timedelta

import segno
from PIL import Image, ImageOps, UnidentifiedImageError

from bot.channels import Channel, Undelivered
from bot.clock import Clock
from bot.messages import File, Media
from bot.rules.retry import backoff_s
from models.base import Database, Json
from models.inbox import Inbox
from models.picture import Picture

log = logging.getLogger(__name__)
LONG_EDGE, QUALITY, MAX_PIXELS = 1080, 82, 60_000_000
FETCH_TRIES = 6
LEASE = timedelta(seconds=90)
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class NotAPicture(Exception):
    """The bytes are not a photo we can open."""


class Darkroom:
    def __init__(self, database: Database, channels: dict[str, Channel], clock: Clock) -> None:
        self.database, self.channels, self.clock = database, channels, clock

    def develop_next(self) -> bool:
        """Fetches the next wanted photo; False when there is none."""
        with self.database.begin() as db:
            picture = Picture.claim(db, self.clock.now())
            if picture is None:
                return False
            picture.tries += 1
            picture.due_at = self.clock.now() + LEASE
            ident, channel, tries = picture.id, str(picture.channel), picture.tries
            media, wishes = Media(str(picture.source_url), str(picture.source_type)), picture.sequel
        if tries > FETCH_TRIES:  # it took us down each time
            self._finish(ident, None)
            return True
        try:
            made: File | None = developed(self.channels[channel].fetch(media), wishes)
        except Undelivered as failure:
            if failure.outcome == "retry" and tries < FETCH_TRIES:
                self._later(ident, tries)
                return True
            log.warning("a photo could not be fetched: %s", failure.why, extra={"picture_id": ident})
            made = None
        except NotAPicture:
            made = None
        except Exception:
            log.exception("a photo could not be developed", extra={"picture_id": ident})
            self._later(ident, tries)
            return True
        self._finish(ident, made)
        return True

    def _later(self, picture_id: int, tries: int) -> None:
        with self.database.begin() as db:
            picture = db.get_one(Picture, picture_id, with_for_update=True)
            picture.due_at = self.clock.now() + timedelta(seconds=backoff_s(tries))

    def _finish(self, picture_id: int, made: File | None) -> None:
        now = self.clock.now()
        with self.database.begin() as db:
            picture = db.get_one(Picture, picture_id, with_for_update=True)
            if picture.state != "wanted":
                return
            picture.keep(made.content, made.content_type) if made else picture.lose()
            event = picture.sequel.get("kept" if made else "lost")
            if event and picture.person_id:
                facts = picture.sequel.get("facts", {}) | {"picture_id": picture.id}
                Inbox.happen(db, picture.person_id, event, facts, once=f"picture:{picture.id}", now=now)


def developed(file: File, wishes: Json) -> File:
    """The photo made safe, or the document as it came where one is wished for. Raises NotAPicture."""
    if len(file.content) > wishes.get("most_bytes", len(file.content)):
        raise NotAPicture("too large")
    if wishes.get("pdf") and file.content_type == "application/pdf":
        return file
    return File(safe_jpeg(file.content), "image/jpeg")


def safe_jpeg(content: bytes) -> bytes:
    """A JPEG of at most 1080 pixels on its long edge, without metadata. Raises NotAPicture."""
    try:
        with Image.open(io.BytesIO(content)) as raw:
            upright = ImageOps.exif_transpose(raw).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotAPicture(str(error)) from None
    upright.thumbnail((LONG_EDGE, LONG_EDGE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def collage(jpegs: list[bytes]) -> bytes:
    """One picture of up to three, side by side, numbered by their place."""
    tiles = [ImageOps.fit(Image.open(io.BytesIO(j)).convert("RGB"), (360, 480)) for j in jpegs]
    sheet = Image.new("RGB", (max(1, len(tiles)) * 364 - 4, 480), "white")
    for n, tile in enumerate(tiles):
        sheet.paste(tile, (n * 364, 0))
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def qr(text: str) -> bytes:
    """A picture to scan, large enough for a phone that films another phone."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(drawn, kind="png", scale=12, border=4)
    out = io.BytesIO()
    Image.open(drawn).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()
