"""Says whether an area lies within others: paths of codes from the city down, joined by dots."""

from collections.abc import Iterable


def within(areas: Iterable[str], area_path: str) -> bool:
    """Whether an area lies in one of some; the empty path is the whole world."""
    return any(not path or f"{area_path}.".startswith(f"{path}.") for path in areas)
