"""Draws the pictures of the demo mall's goods, plain and small, and puts them where the gateway finds pictures."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from typing import Final

from PIL import Image, ImageDraw

from services.platform.errors import NotFound
from services.platform.objects import ObjectStore

SIZE: Final = (480, 360)
THUMBNAIL: Final = (320, 240)
CONTENT_TYPE: Final = "image/webp"
#: Drawn twice as large and made smaller, so that edges are smooth.
SCALE: Final = 2
Colour = tuple[int, int, int]
#: What is drawn: a round rectangle with its radius, an ellipse, a polygon, or a line with its width.
Shape = tuple[str, Sequence[int], Colour, int]

WHITE, PAPER, DARK = (255, 255, 255), (222, 208, 178), (52, 60, 72)
RED, ORANGE, YELLOW = (206, 66, 58), (232, 140, 54), (242, 198, 78)
GREEN, TEAL, BLUE, SKY = (92, 154, 88), (62, 150, 150), (58, 104, 176), (150, 194, 226)
BROWN, PINK, GREY = (142, 100, 66), (232, 160, 168), (176, 182, 190)

SHAPES: Final[Mapping[str, Sequence[Shape]]] = {
    "G01": (("box", (150, 90, 330, 310), PAPER, 26), ("polygon", (150, 110, 330, 110, 300, 66, 180, 66), PAPER, 0),
            ("box", (176, 150, 304, 250), RED, 10), ("ellipse", (214, 172, 266, 228), WHITE, 0)),
    "G02": (("box", (210, 46, 270, 110), ORANGE, 8), ("box", (166, 100, 314, 316), YELLOW, 30),
            ("box", (184, 170, 296, 262), WHITE, 8), ("ellipse", (222, 188, 258, 244), ORANGE, 0)),
    "G03": (("box", (206, 52, 258, 104), SKY, 8), ("box", (160, 96, 320, 316), BLUE, 34),
            ("ellipse", (262, 130, 306, 210), WHITE, 0), ("box", (186, 220, 292, 286), WHITE, 10)),
    "G04": (("box", (110, 160, 370, 290), TEAL, 14), ("ellipse", (190, 146, 290, 178), WHITE, 0),
            ("polygon", (204, 164, 276, 164, 300, 84, 240, 116, 186, 90), WHITE, 0)),
    "G05": (("line", (150, 300, 300, 80), BLUE, 16), ("box", (284, 58, 336, 96), WHITE, 6),
            ("box", (236, 190, 330, 316), SKY, 16), ("line", (286, 196, 330, 120), RED, 12)),
    "G06": (("box", (196, 52, 284, 100), DARK, 12), ("box", (180, 94, 300, 316), TEAL, 22),
            ("box", (180, 190, 300, 214), WHITE, 0), ("line", (300, 130, 336, 150, 336, 210, 300, 230), DARK, 10)),
    "G07": (("polygon", (90, 190, 240, 66, 390, 190, 340, 176, 290, 190, 240, 176, 190, 190, 140, 176), RED, 0),
            ("line", (240, 90, 240, 296), DARK, 8), ("line", (240, 296, 224, 314, 206, 296), DARK, 8)),
    "G08": (("line", (186, 140, 186, 84, 294, 84, 294, 140), BROWN, 12), ("polygon", (140, 134, 340, 134, 322, 316, 158, 316), GREEN, 0),
            ("polygon", (240, 182, 280, 230, 240, 272, 200, 230), WHITE, 0)),
    "G09": (("box", (120, 210, 360, 300), BLUE, 16), ("line", (150, 200, 230, 70), YELLOW, 18), ("line", (250, 200, 250, 66), RED, 18),
            ("line", (340, 200, 290, 80), GREEN, 18)),
    "G10": (("polygon", (180, 220, 300, 220, 282, 316, 198, 316), ORANGE, 0), ("line", (240, 220, 240, 120), GREEN, 8),
            ("ellipse", (156, 96, 240, 160), GREEN, 0), ("ellipse", (240, 72, 330, 140), GREEN, 0),
            ("ellipse", (200, 46, 268, 116), (120, 182, 108), 0)),
    "G11": (("box", (70, 150, 270, 210), DARK, 12), ("polygon", (270, 140, 330, 110, 330, 250, 270, 220), GREY, 0),
            ("polygon", (330, 120, 420, 70, 420, 290, 330, 240), YELLOW, 0), ("box", (150, 140, 186, 156), RED, 4)),
    "G12": (("box", (100, 90, 380, 270), GREEN, 22), ("box", (124, 116, 236, 184), SKY, 8), ("box", (250, 116, 356, 184), SKY, 8),
            ("ellipse", (140, 244, 200, 304), DARK, 0), ("ellipse", (280, 244, 340, 304), DARK, 0)),
    "G13": (("line", (150, 80, 300, 240), GREY, 14), ("line", (330, 80, 180, 240), GREY, 14),
            ("ellipse", (126, 226, 200, 300), PINK, 0), ("ellipse", (280, 226, 354, 300), PINK, 0),
            ("ellipse", (146, 246, 180, 280), PAPER, 0), ("ellipse", (300, 246, 334, 280), PAPER, 0)),
    "G14": (("box", (140, 50, 340, 316), WHITE, 16), ("ellipse", (172, 126, 308, 262), GREY, 0), ("ellipse", (194, 148, 286, 240), SKY, 0),
            ("box", (164, 70, 244, 96), DARK, 6), ("ellipse", (286, 70, 312, 96), TEAL, 0)),
    "G15": (("polygon", (240, 306, 110, 180, 110, 120, 160, 84, 210, 90, 240, 126, 270, 90, 320, 84, 370, 120, 370, 180), RED, 0),
            ("box", (222, 126, 258, 242), WHITE, 4), ("box", (182, 166, 298, 202), WHITE, 4)),
    "G16": (("box", (90, 100, 390, 260), ORANGE, 18), ("box", (116, 124, 364, 236), PAPER, 8),
            ("polygon", (210, 140, 300, 180, 210, 220), RED, 0), ("line", (330, 104, 330, 256), WHITE, 6)),
    "G17": (("ellipse", (110, 130, 370, 250), WHITE, 0), ("polygon", (112, 192, 368, 192, 310, 300, 170, 300), RED, 0),
            ("ellipse", (140, 146, 340, 224), YELLOW, 0), ("line", (300, 60, 250, 170), BROWN, 8), ("line", (330, 66, 270, 172), BROWN, 8)),
    "G18": (("box", (110, 200, 220, 310), RED, 8), ("box", (230, 200, 340, 310), BLUE, 8), ("box", (170, 84, 280, 192), YELLOW, 8),
            ("ellipse", (320, 90, 390, 160), GREEN, 0)),
    "G19": (("box", (130, 60, 260, 316), DARK, 16), ("box", (152, 86, 238, 150), SKY, 6),
            ("polygon", (214, 170, 172, 236, 200, 236, 184, 292, 232, 216, 204, 216), YELLOW, 0),
            ("line", (260, 140, 330, 140, 330, 270, 372, 270, 372, 210), GREEN, 12)),
    "G20": (("polygon", (240, 110, 110, 84, 110, 280, 240, 306), BLUE, 0), ("polygon", (240, 110, 370, 84, 370, 280, 240, 306), SKY, 0),
            ("line", (132, 130, 218, 148), WHITE, 8), ("line", (132, 176, 218, 194), WHITE, 8), ("line", (240, 110, 240, 306), DARK, 6)),
}  # fmt: skip
GROUNDS: Final = ((232, 240, 236), (240, 236, 228), (230, 236, 244), (244, 234, 236))


def key_of(code: str) -> str:
    """Where the picture of some goods lies; empty where none is drawn."""
    return f"photos/demo/{code}.webp" if code in SHAPES else ""


def draw(code: str) -> Image.Image:
    """The picture of some goods."""
    image = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), GROUNDS[sum(map(ord, code)) % len(GROUNDS)])
    pen = ImageDraw.Draw(image)
    pen.ellipse([value * SCALE for value in (90, 292, 390, 336)], fill=(214, 216, 214))
    for kind, places, colour, size in SHAPES[code]:
        scaled = [value * SCALE for value in places]
        if kind == "box":
            pen.rounded_rectangle(scaled, size * SCALE, fill=colour)
        elif kind == "ellipse":
            pen.ellipse(scaled, fill=colour)
        elif kind == "polygon":
            pen.polygon(scaled, fill=colour)
        else:
            pen.line(scaled, fill=colour, width=size * SCALE, joint="curve")
    return image.resize(SIZE, Image.Resampling.LANCZOS)


async def put_pictures(objects: ObjectStore) -> int:
    """Put the pictures that are missing into the store; how many there are."""
    for code in SHAPES:
        key = key_of(code)
        try:
            await objects.get(key)
        except NotFound:
            picture = await asyncio.to_thread(draw, code)
            small = picture.resize(THUMBNAIL, Image.Resampling.LANCZOS)
            # Nobody is to be seen on a drawing, so it is its own public form.
            for place in (f"public/{key}", key):
                await objects.put(place.replace(".webp", ".thumb.webp"), _webp(small), CONTENT_TYPE)
                await objects.put(place, _webp(picture), CONTENT_TYPE)
    return len(SHAPES)


def _webp(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=84)
    return out.getvalue()
