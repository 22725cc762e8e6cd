"""Files and entries of any length, made while they are measured, and how much memory this process holds."""

from __future__ import annotations

import resource
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from services.demo.population import STREETS
from services.platform.ids import uuid7
from services.registry.domain.elements import Element
from services.registry.domain.schema import ElementKind

PIECE_ROWS: Final = 5000


def resident_mb() -> float:
    """Memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def lamps(rows: int, places: Sequence[tuple[float, float]]) -> Iterator[bytes]:
    """A file of street lamps in pieces, no more of it in memory than a piece."""
    lines = ["key,class_code,name,longitude,latitude,state\n"]
    for number in range(rows):
        east, north = places[number % len(places)]
        lines.append(
            f"99910201{38 + number // 1_000_000}{number % 1_000_000:06},0137,路灯{number},{east},{north},intact\n"
        )
        if len(lines) == PIECE_ROWS:
            yield "".join(lines).encode()
            lines = []
    if lines:
        yield "".join(lines).encode()


def made_up(kind: ElementKind, number: int, grid: str, names: list[str]) -> Element:
    """One of very many people or lamps."""
    place: dict[str, Any] = {
        "id": uuid7(),
        "kind": kind,
        "grid_code": grid,
        "longitude_deg": 119.8,
        "latitude_deg": 38.6,
    }
    if kind is ElementKind.PERSON:
        items = {"name": names[number % len(names)], "identity_number": f"999{number:015}", "phone": f"100{number:08}"}
        return Element(**place, items=items)
    street = STREETS[number % len(STREETS)]
    return Element(
        **place, key=f"99910201{37 + number // 1_000_000}{number % 1_000_000:06}", class_code="0137",
        name=f"路灯{number % 997}", address=f"{street}{number % 5000}号",
    )  # fmt: skip
