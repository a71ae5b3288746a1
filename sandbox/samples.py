"""Sample photos for people without a camera at hand, drawn when first asked for."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache

from PIL import Image, ImageDraw, ImageFilter

SIZE = 480
GOLD, GREEN, RED, INK, CREAM, INDIGO = "#e3a81c", "#1d6b45", "#b3272d", "#1c1a17", "#f4ead6", "#27315f"


@cache
def jpeg(name: str) -> bytes:
    """One of the samples as JPEG bytes. Raises KeyError."""
    canvas = Image.new("RGB", (SIZE, SIZE), CREAM)
    SAMPLES[name][1](ImageDraw.Draw(canvas), canvas)
    out = io.BytesIO()
    canvas.filter(ImageFilter.SMOOTH).save(out, "JPEG", quality=82)
    return out.getvalue()


@cache
def sticker() -> bytes:
    """A spool of thread on nothing, as a WebP sticker."""
    canvas = Image.new("RGBA", (256, 256), (0, 0, 0, 0))
    draw = ImageDraw.Draw(canvas)
    for y, tone in ((20, "#8a5a33"), (200, "#8a5a33")):
        draw.rounded_rectangle((50, y, 206, y + 36), 14, fill=tone, outline="white", width=5)
    for n, y in enumerate(range(58, 200, 12)):
        draw.rounded_rectangle((70, y, 186, y + 12), 5, fill=(RED, GOLD, GREEN)[n % 3])
    draw.line((186, 120, 236, 170, 220, 236), fill=GOLD, width=5, joint="curve")
    out = io.BytesIO()
    canvas.save(out, "WEBP", quality=80)
    return out.getvalue()


def kente(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], cell: int = 40) -> None:
    """Woven blocks: stripes across, stripes along, by turns."""
    left, top, right, bottom = box
    tones = (GOLD, GREEN, RED, INK)
    for row, y in enumerate(range(top, bottom, cell)):
        for column, x in enumerate(range(left, right, cell)):
            east, south = min(x + cell, right), min(y + cell, bottom)
            draw.rectangle((x, y, east, south), fill=tones[(row + column * 2) % 4])
            across, stripe = (row + column) % 2, tones[(row + column * 2 + 1) % 4]
            for k in range(4, cell - 4, 10):
                if across and y + k + 4 <= south:
                    draw.rectangle((x, y + k, east, y + k + 4), fill=stripe)
                elif not across and x + k + 4 <= east:
                    draw.rectangle((x + k, y, x + k + 4, south), fill=stripe)


def _fabric(draw: ImageDraw.ImageDraw, canvas: Image.Image) -> None:
    kente(draw, (0, 0, SIZE, SIZE), 60)
    shade = Image.new("L", (SIZE, SIZE), 0)
    ImageDraw.Draw(shade).polygon([(300, 0), (SIZE, 0), (SIZE, SIZE), (180, SIZE)], fill=70)
    canvas.paste(Image.new("RGB", (SIZE, SIZE), INK), mask=shade.filter(ImageFilter.GaussianBlur(40)))


def _cutting(draw: ImageDraw.ImageDraw, canvas: Image.Image) -> None:
    draw.rectangle((0, 0, SIZE, SIZE), fill="#8a5a33")
    for y in range(0, SIZE, 60):
        draw.line((0, y, SIZE, y + 8), fill="#7a4d2a", width=3)
    kente(draw, (50, 90, 330, 430), 35)
    draw.polygon([(110, 130), (270, 130), (300, 400), (80, 400)], outline=CREAM, width=5)
    for x, y in ((330, 120), (330, 190)):
        draw.ellipse((x + 40, y, x + 105, y + 55), outline=INK, width=12)
    draw.line((375, 150, 230, 245), fill="#c9d1d6", width=12)
    draw.line((375, 215, 230, 165), fill="#aeb8be", width=12)


def _body(draw: ImageDraw.ImageDraw, cloth: str) -> None:
    draw.polygon([(170, 120), (310, 120), (300, 230), (345, 400), (135, 400), (180, 230)], fill=cloth)
    draw.polygon([(170, 120), (120, 205), (155, 225), (190, 170)], fill=cloth)
    draw.polygon([(310, 120), (360, 205), (325, 225), (290, 170)], fill=cloth)


def _fitting(draw: ImageDraw.ImageDraw, canvas: Image.Image) -> None:
    draw.rectangle((0, 0, SIZE, SIZE), fill="#d9c9ae")
    draw.rectangle((0, 400, SIZE, SIZE), fill="#a58a64")
    draw.rectangle((232, 390, 248, 460), fill=INK)
    draw.ellipse((180, 440, 300, 470), fill=INK)
    draw.ellipse((215, 55, 265, 120), fill="#6b4226")
    _body(draw, INDIGO)
    kente(draw, (200, 125, 280, 225), 20)
    for y in range(250, 390, 22):
        draw.line((236, y, 244, y + 10), fill=CREAM, width=3)
    draw.line((140, 300, 340, 300), fill=GOLD, width=8)
    for x in range(145, 340, 14):
        draw.line((x, 296, x, 304), fill=INK, width=2)


def _ready(draw: ImageDraw.ImageDraw, canvas: Image.Image) -> None:
    draw.rectangle((0, 0, SIZE, SIZE), fill="#e9e2d4")
    draw.line((0, 50, SIZE, 50), fill="#6d5a43", width=12)
    draw.arc((220, 30, 260, 80), 180, 90, fill=INK, width=6)
    draw.line((240, 80, 150, 130), fill=INK, width=8)
    draw.line((240, 80, 330, 130), fill=INK, width=8)
    _body(draw, GREEN)
    kente(draw, (222, 122, 258, 398), 18)
    draw.rectangle((330, 330, 430, 390), fill=CREAM, outline=INK, width=4)
    draw.line((350, 360, 372, 380), fill=GREEN, width=9)
    draw.line((372, 380, 412, 342), fill=GREEN, width=9)


def _style(draw: ImageDraw.ImageDraw, canvas: Image.Image) -> None:
    for y in range(0, SIZE, 24):
        draw.line((0, y, SIZE, y), fill="#e6dac1", width=1)
    draw.ellipse((215, 40, 265, 100), outline=INK, width=5)
    dress = [(240, 100), (195, 125), (210, 210), (140, 420), (340, 420), (270, 210), (285, 125), (240, 100)]
    draw.line(dress, fill=INK, width=5, joint="curve")
    draw.line([(195, 125), (150, 220), (175, 228), (203, 170)], fill=INK, width=5, joint="curve")
    draw.line([(285, 125), (330, 220), (305, 228), (277, 170)], fill=INK, width=5, joint="curve")
    kente(draw, (211, 206, 270, 226), 10)
    for x in (185, 212, 240, 268, 295):
        draw.line([(240, 230), (x, 418)], fill="#8d8271", width=2)


#: name -> (label, painter)
SAMPLES: dict[str, tuple[str, Callable[[ImageDraw.ImageDraw, Image.Image], None]]] = {
    "fabric": ("Kente cloth", _fabric),
    "style": ("A style I like", _style),
    "cutting": ("Cutting", _cutting),
    "fitting": ("Fitting", _fitting),
    "ready": ("Ready", _ready),
}
