"""Numbers the contract between the city and its departments; it rises only when an old plugin would break."""

import re
from typing import Final

SDK_VERSION: Final = "1"

_COMPARISON = re.compile(r"(>=|<=|==|<|>)?\s*(\d+)")


def admits(wanted: str, version: str = SDK_VERSION) -> bool:
    """Whether a range such as "1" or ">=1,<3" holds for a version; fails with ValueError when it is no range."""
    return all(_holds(part.strip(), int(version)) for part in wanted.split(","))


def _holds(part: str, version: int) -> bool:
    match = _COMPARISON.fullmatch(part)
    if match is None:
        raise ValueError(f"{part!r} is not a comparison such as >=1")
    bound = int(match[2])
    return {
        ">=": version >= bound,
        "<=": version <= bound,
        "<": version < bound,
        ">": version > bound,
    }.get(match[1] or "==", version == bound)
