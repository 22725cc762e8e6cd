"""Decides which vehicle carries what, and which reports are of one place."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from plugins.sdk import Case, distance_m

LOOK_BACK: Final = timedelta(days=7)
SAME_PLACE_M: Final = 30.0
TRUCK_FROM_M3: Final = 2.0
LOADER_FROM_M3: Final = 6.0
#: Kinds that need a vehicle of their own, whatever the amount.
OWN_VEHICLES: Final = frozenset({"spillage", "toilet"})


def vehicle(case: Case) -> str:
    """Key of the vehicle: "spillage", "toilet", "rubble", "loader", "truck" or "cart"."""
    waste, volume_m3 = case.answer("waste"), case.amount("volume_m3") or 0.0
    if waste in OWN_VEHICLES:
        return waste
    if waste == "construction":
        return "rubble"
    if volume_m3 >= LOADER_FROM_M3:
        return "loader"
    return "truck" if volume_m3 >= TRUCK_FROM_M3 else "cart"


def at_same_place(case: Case, others: Iterable[Case]) -> list[Case]:
    """The reports of one place, the case itself among them; a component's code says more than its position."""
    near = {other.id: other for other in [case, *others] if distance_m(case.point, other.point) <= SAME_PLACE_M}
    return list(near.values())
