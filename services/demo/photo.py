"""Draws a picture that stands for a photo of a street, so that no real place or person is ever shown."""

import io
import random
from collections.abc import Callable

from PIL import Image, ImageDraw

SIZE = (960, 720)
HORIZON = 300
Draw = ImageDraw.ImageDraw


def draw_photo(task_type: str, *, repaired: bool, seed: int) -> bytes:
    """A JPEG of a street with the matter in it, or without it once it is repaired."""
    chance = random.Random(seed)
    image = Image.new("RGB", SIZE, _sky(chance))
    draw = ImageDraw.Draw(image)
    _street(draw, chance)
    if repaired:
        _cones(draw, chance)
    else:
        _MATTERS.get(task_type, _heap)(draw, chance)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def _sky(chance: random.Random) -> tuple[int, int, int]:
    shade = chance.randint(170, 225)
    return (shade - 20, shade - 5, shade + 15)


def _street(draw: Draw, chance: random.Random) -> None:
    x = -20
    while x < SIZE[0]:
        width, height = chance.randint(90, 180), chance.randint(110, 270)
        wall = chance.choice([(196, 180, 158), (176, 176, 180), (205, 192, 172), (160, 150, 146)])
        draw.rectangle((x, HORIZON - height, x + width, HORIZON), fill=wall)
        for column in range(x + 14, x + width - 20, 34):
            for row in range(HORIZON - height + 16, HORIZON - 30, 40):
                draw.rectangle((column, row, column + 16, row + 22), fill=(94, 110, 126))
        x += width + 6
    draw.rectangle((0, HORIZON, SIZE[0], HORIZON + 60), fill=(178, 172, 164))
    draw.rectangle((0, HORIZON + 60, *SIZE), fill=(96, 98, 102))
    for x in range(-60, SIZE[0], 200):
        draw.polygon([(x, 560), (x + 110, 560), (x + 96, 574), (x - 14, 574)], fill=(222, 220, 210))


def _place(chance: random.Random) -> tuple[int, int]:
    return chance.randint(260, 640), chance.randint(440, 620)


def _hole(draw: Draw, chance: random.Random) -> None:
    x, y = _place(chance)
    draw.ellipse((x - 92, y - 42, x + 92, y + 42), fill=(70, 70, 72), outline=(128, 128, 128), width=6)
    draw.ellipse((x - 74, y - 32, x + 74, y + 32), fill=(14, 14, 16))


def _water(draw: Draw, chance: random.Random) -> None:
    x, y = _place(chance)
    draw.ellipse((x - 230, y - 52, x + 230, y + 52), fill=(104, 124, 142))
    draw.ellipse((x - 150, y - 28, x + 120, y + 22), fill=(150, 170, 186))


def _heap(draw: Draw, chance: random.Random) -> None:
    x, y = _place(chance)
    for _ in range(26):
        dx, dy, r = chance.randint(-120, 120), chance.randint(-36, 30), chance.randint(14, 36)
        shade = chance.choice([(74, 70, 60), (120, 104, 76), (60, 84, 70), (188, 182, 170), (90, 110, 150)])
        draw.ellipse((x + dx - r, y + dy - r // 2, x + dx + r, y + dy + r // 2), fill=shade)


def _crack(draw: Draw, chance: random.Random) -> None:
    x, y = _place(chance)
    points = [(x - 210 + i * 42, y + chance.randint(-30, 30)) for i in range(11)]
    draw.line(points, fill=(34, 34, 36), width=11, joint="curve")
    draw.polygon([(x - 60, y - 34), (x + 70, y - 26), (x + 90, y + 36), (x - 50, y + 40)], fill=(58, 56, 54))


def _lamp(draw: Draw, chance: random.Random) -> None:
    x = chance.randint(300, 620)
    draw.line([(x, 610), (x + 40, 150)], fill=(60, 62, 66), width=14)
    draw.line([(x + 40, 150), (x + 150, 190)], fill=(60, 62, 66), width=10)
    draw.ellipse((x + 128, 180, x + 186, 212), fill=(40, 42, 46))


def _cars(draw: Draw, chance: random.Random) -> None:
    for x in (170, 430, 690):
        colour = chance.choice([(160, 40, 40), (230, 230, 232), (38, 60, 110), (60, 62, 64)])
        draw.rounded_rectangle((x, 480, x + 210, 560), 18, fill=colour)
        draw.rounded_rectangle((x + 40, 436, x + 170, 496), 16, fill=(64, 80, 92))
        draw.ellipse((x + 24, 536, x + 70, 582), fill=(20, 20, 22))
        draw.ellipse((x + 144, 536, x + 190, 582), fill=(20, 20, 22))


def _stall(draw: Draw, chance: random.Random) -> None:
    x, y = _place(chance)
    draw.rectangle((x - 120, y - 60, x + 120, y + 26), fill=(142, 104, 60))
    draw.polygon([(x - 150, y - 150), (x + 150, y - 150), (x + 176, y - 96), (x - 176, y - 96)], fill=(196, 58, 48))
    draw.line([(x - 140, y - 98), (x - 120, y + 40)], fill=(80, 80, 80), width=6)
    draw.line([(x + 140, y - 98), (x + 120, y + 40)], fill=(80, 80, 80), width=6)


def _cones(draw: Draw, chance: random.Random) -> None:
    x, y = _place(chance)
    draw.rectangle((x - 110, y - 30, x + 110, y + 34), fill=(72, 74, 78))
    for cone in (x - 160, x + 150):
        draw.polygon([(cone, y - 70), (cone + 30, y + 20), (cone - 30, y + 20)], fill=(236, 106, 40))


_MATTERS: dict[str, Callable[[Draw, random.Random], None]] = {
    "manhole_cover_missing": _hole,
    "road_ponding": _water,
    "water_facility_damage": _water,
    "pollution_incident": _water,
    "road_damage": _crack,
    "street_facility_fault": _lamp,
    "motor_illegal_parking": _cars,
    "street_disorder": _cars,
    "fire_hazard": _cars,
    "road_occupying_business": _stall,
}
