"""Films a street that does not exist, so that the demo's cameras have something to show; the same camera, the same film."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]
Colour: TypeAlias = tuple[int, int, int]  # blue, green, red
Point: TypeAlias = tuple[float, float]

WIDTH_PX: Final = 640
HEIGHT_PX: Final = 360
FRAMES_PER_S: Final = 8
SECONDS: Final = 6
FRAMES: Final = FRAMES_PER_S * SECONDS

ASPHALT: Final = (92, 90, 88)
PAVEMENT: Final = (150, 152, 154)
LAWNS: Final = ((96, 138, 112), (118, 140, 132), (104, 126, 134))
WHITE: Final = (235, 235, 235)
DARK: Final = (45, 42, 40)
SKIES: Final[Sequence[tuple[Colour, Colour]]] = (
    ((214, 178, 132), (236, 224, 208)),  # clear
    ((190, 184, 178), (214, 210, 206)),  # overcast
    ((150, 128, 118), (150, 178, 226)),  # evening
)
WALLS: Final[Sequence[Colour]] = (
    (148, 168, 186),
    (170, 172, 170),
    (120, 142, 168),
    (186, 190, 196),
    (132, 128, 124),
)
PAINTS: Final[Sequence[Colour]] = (
    (60, 60, 190),
    (200, 200, 205),
    (70, 70, 72),
    (170, 110, 50),
    (90, 160, 210),
    (110, 150, 70),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """A car or somebody on foot; `begin` is where on its way it is when the film begins."""

    begin: float
    rounds: int
    lane: float
    paint: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """Everything that tells one camera's street from another's."""

    title: str
    camera_id: str
    vanishing: Point
    backdrop: Picture
    cars: Sequence[Mover]
    walkers: Sequence[Mover]


def write_clip(path: Path, *, camera_id: str, title: str) -> None:
    """A few seconds as MP4, which can be played in a loop; the file is there only when it is whole."""
    street = street_of(camera_id, title)
    unfinished = path.with_name(f".{path.stem}.unfinished.mp4")
    writer = cv2.VideoWriter(
        str(unfinished), cv2.VideoWriter.fourcc(*"mp4v"), float(FRAMES_PER_S), (WIDTH_PX, HEIGHT_PX)
    )
    try:
        for number in range(FRAMES):
            writer.write(frame_of(street, number))
    finally:
        writer.release()
    unfinished.replace(path)


def street_of(camera_id: str, title: str) -> Street:
    """All that tells this camera's street from another's; the same camera, the same street."""
    chance = random.Random(camera_id)
    vanishing = (WIDTH_PX * chance.uniform(0.36, 0.64), HEIGHT_PX * chance.uniform(0.28, 0.36))
    count = chance.randint(2, 5)
    cars = [
        Mover(
            begin=(number + chance.uniform(0, 0.6)) / count,
            rounds=1,
            lane=chance.choice((-1, 1)),
            paint=chance.choice(PAINTS),
        )
        for number in range(count)
    ]
    walkers = [
        Mover(
            begin=chance.random(),
            rounds=chance.choice((-1, 1)),
            lane=chance.choice((-1, 1)),
            paint=chance.choice(PAINTS),
        )
        for _ in range(chance.randint(1, 4))
    ]
    return Street(
        title=title,
        camera_id=camera_id,
        vanishing=vanishing,
        backdrop=_backdrop(chance, vanishing),
        cars=cars,
        walkers=walkers,
    )


def _backdrop(chance: random.Random, vanishing: Point) -> Picture:
    """All that stands still: sky, houses, trees, pavement and road."""
    above, below = chance.choice(SKIES)
    fade = np.linspace(0, 1, HEIGHT_PX)[:, None, None]
    column = np.array(above) * (1 - fade) + np.array(below) * fade
    picture: Picture = np.repeat(column, WIDTH_PX, axis=1).astype(np.uint8)
    cv2.rectangle(picture, (0, int(vanishing[1])), (WIDTH_PX, HEIGHT_PX), chance.choice(LAWNS), -1)
    for side in (-1, 1):
        _houses(picture, chance, vanishing, side)
    _ground(picture, vanishing)
    for side in (-1, 1):
        for depth in sorted(chance.uniform(0.12, 0.6) for _ in range(chance.randint(2, 4))):
            _tree(picture, vanishing, side=side, depth=depth)
    return picture


def _houses(picture: Picture, chance: random.Random, vanishing: Point, side: int) -> None:
    depths = sorted(chance.uniform(0.06, 0.75) for _ in range(5))
    for depth in depths:
        x, y = spot_at(vanishing, side * 1.9, depth)
        width, height = 210 * depth + 26, (250 + chance.randint(0, 160)) * depth + 24
        left = int(x if side > 0 else x - width)
        wall = chance.choice(WALLS)
        cv2.rectangle(picture, (left, int(y - height)), (int(left + width), int(y)), wall, -1)
        for row in range(4):
            for place in range(4):
                corner = (int(left + width * (0.1 + place * 0.23)), int(y - height * (0.92 - row * 0.2)))
                opposite = (int(corner[0] + width * 0.13), int(corner[1] + height * 0.1))
                shade = 0.62 if chance.random() < 0.75 else 1.2
                cv2.rectangle(picture, corner, opposite, _shaded(wall, shade), -1)


def _ground(picture: Picture, vanishing: Point) -> None:
    for breadth, colour in ((2.2, PAVEMENT), (1.45, _shaded(PAVEMENT, 0.85)), (1.4, ASPHALT)):
        corners = [spot_at(vanishing, side * breadth, depth) for side, depth in ((-1, 0), (1, 0), (1, 1.3), (-1, 1.3))]
        cv2.fillPoly(picture, [np.array(corners, np.int32)], colour, cv2.LINE_AA)
    for number in range(12):
        near, far = (number / 12) ** 2 * 1.3 + 0.02, ((number + 0.5) / 12) ** 2 * 1.3 + 0.02
        corners = [
            spot_at(vanishing, side * 0.03, depth) for side, depth in ((-1, near), (1, near), (1, far), (-1, far))
        ]
        cv2.fillPoly(picture, [np.array(corners, np.int32)], WHITE, cv2.LINE_AA)


def _tree(picture: Picture, vanishing: Point, *, side: int, depth: float) -> None:
    x, y = spot_at(vanishing, side * 1.75, depth)
    size = 130 * depth + 6
    cv2.line(picture, (int(x), int(y)), (int(x), int(y - size)), (58, 78, 96), max(2, int(size / 12)), cv2.LINE_AA)
    for dx, dy, share in ((0, 1.25, 0.45), (-0.28, 1.0, 0.34), (0.28, 1.0, 0.34)):
        centre = (int(x + dx * size), int(y - dy * size))
        cv2.circle(picture, centre, int(share * size), _shaded((70, 130, 84), 1 - abs(dx) / 2), -1, cv2.LINE_AA)


def frame_of(street: Street, number: int) -> Picture:
    """One frame of the film."""
    picture = street.backdrop.copy()
    passed = number / FRAMES
    spots = [((car.begin + car.rounds * passed) % 1, car, True) for car in street.cars]
    spots += [((walker.begin + walker.rounds * passed * 0.5) % 1, walker, False) for walker in street.walkers]
    placed = [(way if mover.lane < 0 or not drives else 1 - way, mover, drives) for way, mover, drives in spots]
    for way, mover, drives in sorted(placed, key=lambda item: item[0]):
        draw = draw_car if drives else _walker
        draw(picture, street.vanishing, mover, way)
    _caption(picture, street, number)
    return picture


def draw_car(picture: Picture, vanishing: Point, car: Mover, way: float) -> None:
    """A car so far on its way."""
    depth = 0.03 + 1.25 * way**2
    x, y = spot_at(vanishing, car.lane * 0.72, depth)
    width, height = 150 * depth + 6, 92 * depth + 4
    left, right = x - width / 2, x + width / 2
    cv2.ellipse(picture, (int(x), int(y)), (int(width * 0.56), max(1, int(height * 0.1))), 0, 0, 360, DARK, -1)
    for wheel in (left + width * 0.12, right - width * 0.12):
        draw_box(picture, (wheel - width * 0.08, y - height * 0.22), (wheel + width * 0.08, y), DARK)
    draw_box(picture, (left, y - height * 0.62), (right, y - height * 0.1), car.paint)
    cabin = [
        (left + width * 0.1, y - height * 0.6),
        (left + width * 0.22, y - height),
        (right - width * 0.22, y - height),
        (right - width * 0.1, y - height * 0.6),
    ]
    cv2.fillPoly(picture, [np.array(cabin, np.int32)], _shaded(car.paint, 0.55), cv2.LINE_AA)
    lamp = (190, 240, 250) if car.lane < 0 else (60, 60, 220)
    for edge in (left + width * 0.04, right - width * 0.16):
        draw_box(picture, (edge, y - height * 0.48), (edge + width * 0.12, y - height * 0.36), lamp)


def _walker(picture: Picture, vanishing: Point, walker: Mover, way: float) -> None:
    depth = 0.05 + 0.75 * way**2
    x, y = spot_at(vanishing, walker.lane * 1.6, depth)
    size = 92 * depth + 5
    stride = size * 0.12 * (1 if int(way * 60) % 2 else -1)
    for leg in (stride, -stride):
        hip = (int(x), int(y - size * 0.45))
        cv2.line(picture, hip, (int(x + leg), int(y)), DARK, max(1, int(size / 10)), cv2.LINE_AA)
    draw_box(picture, (x - size * 0.13, y - size * 0.82), (x + size * 0.13, y - size * 0.4), walker.paint)
    cv2.circle(picture, (int(x), int(y - size * 0.92)), max(1, int(size * 0.1)), (140, 170, 205), -1, cv2.LINE_AA)


def _caption(picture: Picture, street: Street, number: int) -> None:
    """As cameras write it: where at the top, who and when at the bottom; the seconds are those of the film."""
    passed_s = number / FRAMES_PER_S
    face = cv2.FontFace("uni")
    lines = (
        (street.title, (14, 30)),
        (f"{street.camera_id}  演示画面 DEMO  00:{passed_s:04.1f}", (14, HEIGHT_PX - 16)),
    )
    for text, (x, y) in lines:
        cv2.putText(picture, text, (x + 1, y + 1), DARK, face, 18)
        cv2.putText(picture, text, (x, y), WHITE, face, 18)


def road_in_view(camera_id: str) -> list[Point]:
    """The corners of the road as this camera sees it, in shares of the picture."""
    vanishing = street_of(camera_id, "").vanishing
    corners = [spot_at(vanishing, side * 1.3, depth) for side, depth in ((-1, 0.12), (1, 0.12), (1, 1.0), (-1, 1.0))]
    return [(min(max(x / WIDTH_PX, 0.0), 1.0), min(max(y / HEIGHT_PX, 0.0), 1.0)) for x, y in corners]


def spot_at(vanishing: Point, across: float, depth: float) -> Point:
    """Where on the picture something stands: `across` in half lanes from the middle, `depth` 0 far away, 1 at our feet."""
    return vanishing[0] + across * depth * WIDTH_PX * 0.46, vanishing[1] + depth * (HEIGHT_PX - vanishing[1])


def draw_box(picture: Picture, corner: Point, opposite: Point, colour: Colour) -> None:
    """A rectangle."""
    cv2.rectangle(picture, (int(corner[0]), int(corner[1])), (int(opposite[0]), int(opposite[1])), colour, -1)


def _shaded(colour: Colour, share: float) -> Colour:
    blue, green, red = (min(255, int(part * share)) for part in colour)
    return blue, green, red
