"""Answers calls about stars of buildings, letters and allowances."""

from typing import Any, Final

import grpc
from gridward.points.v1 import honours_pb2, honours_pb2_grpc

from services.platform.errors import FieldInvalid
from services.platform.identity import Caller, current_caller
from services.points.actions.honours import READ, HonourActions, month_of
from services.points.domain import honours as domain
from services.points.domain.errors import VolunteerUnknown
from services.points.domain.honours import Letter, RatedBuilding

Context = grpc.aio.ServicerContext[Any, Any]

KINDS: Final = {
    honours_pb2.LETTER_KIND_APPOINTMENT: domain.APPOINTMENT,
    honours_pb2.LETTER_KIND_PRAISE: domain.PRAISE,
}


class HonoursServicer(honours_pb2_grpc.HonoursServiceServicer):
    """See honours.proto."""

    def __init__(self, actions: HonourActions) -> None:
        self._actions = actions

    async def RateBuildings(
        self, request: honours_pb2.RateBuildingsRequest, context: Context
    ) -> honours_pb2.RateBuildingsResponse:
        """See honours.proto."""
        caller = current_caller()
        if not _within(caller, request.area_path):
            return honours_pb2.RateBuildingsResponse()
        rated, version = await self._actions.rate_buildings(caller, request.area_path, _month(request.month))
        return honours_pb2.RateBuildingsResponse(buildings=[_building(one) for one in rated], rules_version=version)

    async def IssueLetter(
        self, request: honours_pb2.IssueLetterRequest, context: Context
    ) -> honours_pb2.IssueLetterResponse:
        """See honours.proto."""
        caller = current_caller()
        person = await self._actions.find(request.subject, caller)
        if not _within(caller, person.area_path):
            raise VolunteerUnknown(subject=request.subject)
        letter, name, paper = await self._actions.issue_letter(
            person, KINDS[request.kind], year=request.year, caller=caller
        )
        return honours_pb2.IssueLetterResponse(letter=_letter(letter, name), pdf=paper)

    async def CheckLetter(
        self, request: honours_pb2.CheckLetterRequest, context: Context
    ) -> honours_pb2.CheckLetterResponse:
        """See honours.proto."""
        found = await self._actions.check_letter(request.number)
        return honours_pb2.CheckLetterResponse(letter=_letter(found, found.masked_name))

    async def ListAllowances(
        self, request: honours_pb2.ListAllowancesRequest, context: Context
    ) -> honours_pb2.ListAllowancesResponse:
        """See honours.proto."""
        due = await self._actions.allowances(current_caller(), area=request.area_path, month=_month(request.month))
        return honours_pb2.ListAllowancesResponse(
            allowances=[
                honours_pb2.Allowance(
                    subject=one.subject,
                    teams=one.teams,
                    order_ids=one.orders,
                    phone_fen=one.phone_fen,
                    meal_fen=one.meal_fen,
                )
                for one in due
            ],
            total_fen=sum(one.phone_fen + one.meal_fen for one in due),
        )


def _month(text: str) -> str:
    try:
        month_of(text)
    except (ValueError, OverflowError):
        raise FieldInvalid(field="month", problem="is no month") from None
    return text


def _within(caller: Caller, area_path: str) -> bool:
    return any(not path or f"{area_path}.".startswith(f"{path}.") for path in caller.scope(READ).area_paths)


def _building(rated: RatedBuilding) -> honours_pb2.BuildingStars:
    return honours_pb2.BuildingStars(
        building_id=rated.visits.building_id,
        name=rated.visits.name,
        grid_code=rated.visits.grid_code,
        households=rated.visits.households,
        visited=rated.visits.visited,
        wishes=rated.answers.wishes,
        answered=rated.answers.answered,
        unanswered_order_ids=rated.answers.unanswered[: domain.UNANSWERED_SHOWN],
        score=rated.score,
        stars=rated.stars,
    )


def _letter(letter: Letter, name: str) -> honours_pb2.Letter:
    message = honours_pb2.Letter(
        number=letter.number,
        kind=next(number for number, kind in KINDS.items() if kind == letter.kind),
        name=name,
        unit=letter.unit,
        words=letter.words,
        minutes=letter.minutes,
    )
    message.issued_at.FromDatetime(letter.issued_at)
    return message
