"""Sends 608 cadres, 44 recruits and neighbours' teams into the demo city's grids, trains them, and holds a drill."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import grpc
from gridward.registry.v1 import (
    emergencies_pb2,
    emergencies_pb2_grpc,
    force_pb2,
    force_pb2_grpc,
    teams_pb2,
    teams_pb2_grpc,
)

from services.demo import city

CADRES: Final = 608
RECRUITS: Final = 44
#: Every so many-th grid has a team of neighbours beside.
TEAMS_EVERY: Final = 6
TRAININGS: Final = ("网格事项清单", "入户走访与隐私", "矛盾纠纷调解", "消防安全巡查", "急救与应急疏散", "终端使用")
TRAINING_MINUTES: Final = 120
TIMEOUT_S: Final = 30.0
DRILL: Final = "防汛演练"
DRILL_LASTS: Final = timedelta(hours=2)


async def load(channel: grpc.aio.Channel) -> int:
    """Bring what is missing; how many people stand in the grids."""
    people = list(members())
    stub: force_pb2_grpc.ForceServiceAsyncStub = force_pb2_grpc.ForceServiceStub(channel)
    await stub.PlaceForce(
        force_pb2.PlaceForceRequest(request_id="demo-force-placed", members=people), timeout=TIMEOUT_S
    )
    await _train(teams_pb2_grpc.TeamsServiceStub(channel), [person.staff_code for person in people])
    await _drill(emergencies_pb2_grpc.EmergenciesServiceStub(channel))
    return len(people)


def members() -> Iterator[force_pb2.ForceMember]:
    """Everybody with the grids he answers for; nobody without one."""
    grids = [grid["code"] for grid in city.data()["grids"]]
    units = [department["name_zh"] for department in city.data()["departments"]]
    for number in range(CADRES):
        yield force_pb2.ForceMember(
            staff_code=f"staff:cadre-{number + 1:03}", kind=force_pb2.FORCE_KIND_CADRE,
            unit=units[number % len(units)], grid_codes=[grids[number % len(grids)]],
        )  # fmt: skip
    for number in range(RECRUITS):
        first = number * len(grids) // RECRUITS
        yield force_pb2.ForceMember(
            staff_code=f"staff:recruit-{number + 1:02}", kind=force_pb2.FORCE_KIND_RECRUIT,
            unit="区网格化中心", grid_codes=grids[first : first + 2],
        )  # fmt: skip
    for number, grid in enumerate(grids[::TEAMS_EVERY], start=1):
        yield force_pb2.ForceMember(
            staff_code=f"staff:team-{number:02}", kind=force_pb2.FORCE_KIND_SOCIAL, unit="邻里互助队", grid_codes=[grid]
        )


async def _train(stub: teams_pb2_grpc.TeamsServiceAsyncStub, people: list[str]) -> None:
    """Six trainings this year, for all but the last few who joined since."""
    year = datetime.now(UTC).year
    for number, title in enumerate(TRAININGS, start=1):
        request = teams_pb2.RecordTrainingRequest(
            request_id=f"demo-training-{year}-{number}", title=title, day=f"{year}-01-{number + 1:02}",
            minutes=TRAINING_MINUTES, staff_codes=people[: CADRES + RECRUITS],
        )  # fmt: skip
        await stub.RecordTraining(request, timeout=TIMEOUT_S)


async def _drill(stub: emergencies_pb2_grpc.EmergenciesServiceAsyncStub) -> None:
    """A drill in one grid that is over, so that the record of one can be seen."""
    known = await stub.ListEmergencies(emergencies_pb2.ListEmergenciesRequest())
    if known.emergencies:
        return
    until = datetime.now(UTC) + DRILL_LASTS
    declared = await stub.DeclareEmergency(_declaring(until))
    await stub.StandDown(
        emergencies_pb2.StandDownRequest(
            request_id=f"demo-drill-over-{declared.emergency.id[:8]}", id=declared.emergency.id,
            reason="演练结束,各岗位 18 分钟内到位",
        )
    )  # fmt: skip


def _declaring(until: datetime) -> emergencies_pb2.DeclareEmergencyRequest:
    request = emergencies_pb2.DeclareEmergencyRequest(
        request_id=f"demo-drill-{until:%Y%m%d%H%M%S}", area_code=city.data()["grids"][-1]["code"], title=DRILL,
        reason="汛前演练:沿河网格人员到岗与报平安", report_minutes=60,
    )  # fmt: skip
    request.until.FromDatetime(until)
    return request
