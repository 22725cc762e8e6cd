"""Reads a ring of corners, such as what a map shows or what somebody drew on it."""

from __future__ import annotations

from typing import Final, TypeAlias

from services.platform.errors import FieldInvalid

Corner: TypeAlias = tuple[float, float]
Ring: TypeAlias = tuple[Corner, ...]

CORNERS_MIN: Final = 3
LONGITUDE_MAX_DEG: Final = 180.0
LATITUDE_MAX_DEG: Final = 90.0


def ring_of(text: str) -> Ring:
    """Corners as longitude,latitude joined by semicolons; fails with FIELD_INVALID when that is no ring."""
    try:
        corners = tuple((float(east), float(north)) for east, north in (each.split(",") for each in text.split(";")))
    except ValueError:
        raise FieldInvalid(field="within", problem="corners are longitude,latitude joined by semicolons") from None
    if len(corners) < CORNERS_MIN:
        raise FieldInvalid(field="within", problem=f"a ring has at least {CORNERS_MIN} corners")
    if not all(abs(east) <= LONGITUDE_MAX_DEG and abs(north) <= LATITUDE_MAX_DEG for east, north in corners):
        raise FieldInvalid(field="within", problem="a corner lies beyond the earth")
    return corners


def written(ring: Ring) -> str:
    """A ring as PostgreSQL writes a polygon."""
    return f"({','.join(f'({east!r},{north!r})' for east, north in ring)})"


def box_of(ring: Ring) -> tuple[float, float, float, float]:
    """West, south, east and north of a ring."""
    easts, norths = zip(*ring, strict=True)
    return min(easts), min(norths), max(easts), max(norths)
