"""Decides by when proof of pollution must be taken, and what comes from elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from plugins.sdk import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How pollution is proved, and within how many minutes."""

    kind: str
    within_min: int


PROOFS: Final[Mapping[str, Proof]] = {
    "water": Proof(kind="sample", within_min=60),
    "air": Proof(kind="picture", within_min=30),
    "odour": Proof(kind="noses", within_min=60),
    "noise": Proof(kind="meter", within_min=60),
    "solid_waste": Proof(kind="trace", within_min=240),
    "soil": Proof(kind="trace", within_min=240),
}
TRAVELLING: Final = frozenset({"water", "air", "odour"})
WASTE: Final = frozenset({"solid_waste", "soil"})


def proof(case: Case) -> Proof | None:
    """How this pollution is proved; None while nobody said what it is."""
    return PROOFS.get(case.answer("medium"))


def travels(case: Case) -> bool:
    """Whether it may have come from another place."""
    return case.answer("medium") in TRAVELLING


def leaves_waste(case: Case) -> bool:
    """Whether something had to be carried off."""
    return case.answer("medium") in WASTE
