"""The classes of findings: what each is called, how long it must be seen, and which matter of the city it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from services.video.domain.errors import FindingClassUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingClass:
    """One class; `window` is how long the same place and class is the same event after it was last seen."""

    code: str
    name: str
    name_en: str
    task_type: str
    visits_min: int = 1
    lasts: timedelta = timedelta(0)
    window: timedelta = timedelta(hours=4)
    by_machine: bool = False
    needs_detector: bool = False


_SHORT: Final = timedelta(seconds=45)
_PARKED: Final = timedelta(minutes=3)

CLASSES: Final[Mapping[str, FindingClass]] = MappingProxyType(
    {
        found.code: found
        for found in (
            FindingClass(
                code="stopped_vehicle", name="禁停区停车", name_en="Vehicle in a no-stopping zone",
                task_type="motor_illegal_parking", visits_min=4, lasts=_PARKED, by_machine=True, needs_detector=True,
            ),
            FindingClass(
                code="fire_lane_blocked", name="占用消防通道", name_en="Fire lane blocked",
                task_type="fire_hazard", visits_min=3, lasts=timedelta(minutes=1), by_machine=True,
            ),
            FindingClass(
                code="stalled_vehicle", name="车行道滞留车辆", name_en="Vehicle stalled on the carriageway",
                task_type="motor_illegal_parking", visits_min=4, lasts=_PARKED, by_machine=True, needs_detector=True,
            ),
            FindingClass(
                code="road_obstruction", name="道路障碍物", name_en="Obstruction on the carriageway",
                task_type="street_disorder", visits_min=3, lasts=_SHORT, by_machine=True,
            ),
            FindingClass(
                code="object_left", name="遗留物品", name_en="Something left",
                task_type="street_disorder", visits_min=4, lasts=_SHORT, by_machine=True,
            ),
            FindingClass(
                code="object_removed", name="设施缺失", name_en="Something gone",
                task_type="street_facility_fault", visits_min=4, lasts=_SHORT, by_machine=True,
            ),
            FindingClass(
                code="crowd", name="人员聚集", name_en="Crowd",
                task_type="security_clue", visits_min=3, lasts=_SHORT, by_machine=True, needs_detector=True,
                window=timedelta(hours=1),
            ),
            FindingClass(
                code="fire", name="明火", name_en="Fire", task_type="fire_hazard", visits_min=2, by_machine=True,
                needs_detector=True, window=timedelta(hours=1),
            ),
            FindingClass(
                code="smoke", name="烟雾", name_en="Smoke", task_type="fire_hazard", visits_min=2, by_machine=True,
                needs_detector=True, window=timedelta(hours=1),
            ),
            FindingClass(code="garbage", name="暴露垃圾或满溢", name_en="Litter or overflowing bin", task_type="exposed_garbage"),
            FindingClass(code="road_business", name="占道经营", name_en="Business on the road", task_type="road_occupying_business"),
            FindingClass(code="ponding", name="道路积水", name_en="Water on the road", task_type="road_ponding"),
            FindingClass(code="road_damage", name="路面破损", name_en="Damaged road surface", task_type="road_damage"),
            FindingClass(code="other", name="其他问题", name_en="Something else", task_type="street_disorder"),
        )
    }
)  # fmt: skip


def class_of(code: str) -> FindingClass:
    """A class by its code. Fails with FINDING_CLASS_UNKNOWN."""
    found = CLASSES.get(code)
    if found is None:
        raise FindingClassUnknown(code=code)
    return found
