"""Answers calls about figures."""

from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import grpc
from gridward.incidents.v1 import figures_pb2, figures_pb2_grpc

from services.incidents.cityview.city import City
from services.incidents.figures.counting import Counted, Counting, Question
from services.incidents.figures.domain import COUNTED, Counts, Dimension, ranks
from services.incidents.messages.moments import stamp
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

DIMENSIONS: Final = {
    figures_pb2.DIMENSION_UNSPECIFIED: Dimension.NONE,
    figures_pb2.DIMENSION_AREA: Dimension.AREA,
    figures_pb2.DIMENSION_DEPARTMENT: Dimension.DEPARTMENT,
    figures_pb2.DIMENSION_TASK_TYPE: Dimension.TASK_TYPE,
    figures_pb2.DIMENSION_SOURCE: Dimension.SOURCE,
}
RATES: Final = ("close_rate", "in_time_rate", "rework_rate", "satisfaction_rate", "score")


class FiguresServicer(figures_pb2_grpc.FiguresServiceServicer):
    """See figures.proto."""

    def __init__(self, city: City, counting: Counting) -> None:
        self._city = city
        self._counting = counting

    async def GetFigures(
        self, request: figures_pb2.GetFiguresRequest, context: Context
    ) -> figures_pb2.GetFiguresResponse:
        """See figures.proto."""
        question = Question(
            area_code=request.area_code,
            dimension=DIMENSIONS[request.dimension],
            start=_moment(request, "from"),
            end=_moment(request, "until"),
        )
        counted = await self._counting.count(question, current_caller())
        answer = figures_pb2.GetFiguresResponse(
            total=_figures(counted.total),
            at=stamp(counted.at),
            until=stamp(counted.span.end),
            parts=[] if question.dimension is Dimension.NONE else self._parts(counted, question.dimension),
        )
        getattr(answer, "from").FromDatetime(counted.span.start)
        return answer

    def _parts(self, counted: Counted, dimension: Dimension) -> list[figures_pb2.FiguresPart]:
        places = ranks({key: part.score for key, part in counted.parts.items()})
        largest_first = sorted(counted.parts.items(), key=lambda item: (-_size(item[1]), item[0]))
        parts = []
        for key, part in largest_first:
            name, name_en = self._names(dimension, key)
            parts.append(
                figures_pb2.FiguresPart(code=key, name=name, name_en=name_en, figures=_figures(part), rank=places[key])
            )
        return parts

    def _names(self, dimension: Dimension, key: str) -> tuple[str, str]:
        view = self._city.view
        if dimension is Dimension.AREA:
            area = view.area(key)
            return (area.name, area.name_en) if area else (key, key)
        if dimension is Dimension.DEPARTMENT:
            department = view.departments.get(key)
            return (department.name, department.name_en) if department else (key, key)
        if dimension is Dimension.TASK_TYPE:
            task_type = view.find_task_type(key)
            return (task_type.title, task_type.title_en) if task_type else (key, key)
        return key, key


def _figures(counts: Counts) -> figures_pb2.Figures:
    told = figures_pb2.Figures(**{name: getattr(counts, name) for name in COUNTED})
    for name in RATES:
        value = getattr(counts, name)
        if value is not None:
            setattr(told, name, value)
    return told


def _size(counts: Counts) -> int:
    return counts.green + counts.yellow + counts.red + counts.reported


def _moment(request: Any, field: str) -> datetime | None:
    """A moment that may be absent; by name, since one of the names is a word of Python."""
    return getattr(request, field).ToDatetime(UTC) if request.HasField(field) else None
