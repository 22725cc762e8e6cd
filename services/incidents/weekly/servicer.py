"""Answers calls about weeks."""

from dataclasses import asdict
from datetime import date
from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import weekly_pb2, weekly_pb2_grpc

from services.incidents.cityview.city import City
from services.incidents.weekly.actions import Analysing
from services.incidents.weekly.domain import Line
from services.platform.errors import FieldInvalid
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class WeeklyServicer(weekly_pb2_grpc.WeeklyServiceServicer):
    """See weekly.proto."""

    def __init__(self, city: City, analysing: Analysing) -> None:
        self._city = city
        self._analysing = analysing

    async def AnalyseWeek(
        self, request: weekly_pb2.AnalyseWeekRequest, context: Context
    ) -> weekly_pb2.AnalyseWeekResponse:
        """See weekly.proto."""
        try:
            day = date.fromisoformat(request.day)
        except ValueError as error:
            raise FieldInvalid(field="day", problem="is no day") from error
        told = await self._analysing.week(day, request.area_code, current_caller())
        return weekly_pb2.AnalyseWeekResponse(
            from_day=told.week.monday.isoformat(),
            until_day=told.week.sunday.isoformat(),
            whole=_line(told.whole, ("", "")),
            areas=[_line(line, self._area_names(line.code)) for line in told.areas],
            task_types=[_line(line, self._task_names(line.code)) for line in told.task_types],
        )

    def _area_names(self, code: str) -> tuple[str, str]:
        area = self._city.view.area(code)
        return (area.name, area.name_en) if area else (code, code)

    def _task_names(self, code: str) -> tuple[str, str]:
        task_type = self._city.view.find_task_type(code)
        return (task_type.title, task_type.title_en) if task_type else (code, code)


def _line(line: Line, names: tuple[str, str]) -> weekly_pb2.WeekLine:
    return weekly_pb2.WeekLine(
        code=line.code,
        name=names[0],
        name_en=names[1],
        now=weekly_pb2.WeekCounts(**asdict(line.now)),
        before=weekly_pb2.WeekCounts(**asdict(line.before)),
    )
