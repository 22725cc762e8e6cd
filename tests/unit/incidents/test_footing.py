"""An emergency opens and pauses task types in its area alone."""

from dataclasses import replace

import pytest
from gridward.registry.v1 import areas_pb2

from services.incidents.cityview.told import area_of
from services.incidents.domain.errors import TaskTypeNotAdmitted, TaskTypePaused
from services.incidents.domain.responsibility import Area
from services.incidents.domain.routing import Route, route
from services.incidents.domain.tasktypes import Admission, TaskType
from tests.unit.incidents.builders import CHAIN, EVERYBODY, GARBAGE, MONDAY_8, RESPONSIBILITIES, SUBDISTRICT


def footing(*, opened: str = "", paused: str = "") -> tuple[Area, ...]:
    """The areas of a report, with the sub-district on an emergency footing, as registry tells it."""
    mode = areas_pb2.AreaMode(opened_task_types=[opened], paused_task_types=[paused])
    told = area_of(areas_pb2.Area(code=SUBDISTRICT, level=areas_pb2.AREA_LEVEL_SUBDISTRICT, mode=mode))
    return tuple(told if area.code == SUBDISTRICT else area for area in CHAIN)


def routed(task_type: TaskType, chain: tuple[Area, ...]) -> Route:
    return route(task_type, area_chain=chain, duty=EVERYBODY, responsibilities=RESPONSIBILITIES, at=MONDAY_8)


@pytest.mark.mechanism(29)
def test_a_paused_type_makes_no_case_where_the_emergency_is_and_goes_its_way_elsewhere() -> None:
    with pytest.raises(TaskTypePaused):
        routed(GARBAGE, footing(paused=GARBAGE.code))
    assert routed(GARBAGE, CHAIN) == routed(GARBAGE, footing(paused="another"))


@pytest.mark.mechanism(29)
def test_a_suspended_type_makes_cases_where_the_emergency_opens_it_and_nowhere_else() -> None:
    suspended = replace(GARBAGE, admission=Admission.SUSPENDED)
    assert routed(suspended, footing(opened=GARBAGE.code)).department_code
    with pytest.raises(TaskTypeNotAdmitted):
        routed(suspended, CHAIN)
