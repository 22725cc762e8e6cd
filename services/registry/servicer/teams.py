"""Answers calls about boards, vacancies and training."""

from typing import Any, TypeAlias

import grpc
from gridward.registry.v1 import teams_pb2, teams_pb2_grpc

from services.platform.identity import current_caller
from services.registry.actions.teams import TeamActions
from services.registry.servicer.asking import asked
from services.registry.servicer.moments import day_of

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class TeamsServicer(teams_pb2_grpc.TeamsServiceServicer):
    """See teams.proto."""

    def __init__(self, actions: TeamActions) -> None:
        self._actions = actions

    async def GetBoard(self, request: teams_pb2.GetBoardRequest, context: Context) -> teams_pb2.GetBoardResponse:
        """See teams.proto."""
        board = await self._actions.get_board(request.grid_code)
        return teams_pb2.GetBoardResponse(
            name=board.grid.name,
            name_en=board.grid.name_en,
            contacts=[
                teams_pb2.Contact(
                    role=contact.role,
                    title=contact.title,
                    title_en=contact.title_en,
                    duty_phone=contact.duty_phone,
                    area_code=contact.area_code,
                    vacant=contact.vacant,
                )
                for contact in board.contacts
            ],
        )

    async def ListVacancies(
        self, request: teams_pb2.ListVacanciesRequest, context: Context
    ) -> teams_pb2.ListVacanciesResponse:
        """See teams.proto."""
        vacancies, post_count = await self._actions.list_vacancies(area_code=request.area_code, caller=current_caller())
        return teams_pb2.ListVacanciesResponse(
            vacancies=[
                teams_pb2.Vacancy(area_code=row.area_code, role=row.role, post_code=row.post_code) for row in vacancies
            ],
            post_count=post_count,
        )

    async def RecordTraining(
        self, request: teams_pb2.RecordTrainingRequest, context: Context
    ) -> teams_pb2.RecordTrainingResponse:
        """See teams.proto."""
        caller = current_caller()
        answer = await self._actions.record_training(
            request.title,
            day=day_of(request.day),
            minutes=request.minutes,
            staff_codes=request.staff_codes,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda count: teams_pb2.RecordTrainingResponse(people_count=count),
            ),
        )
        return teams_pb2.RecordTrainingResponse.FromString(answer)

    async def ListTraining(
        self, request: teams_pb2.ListTrainingRequest, context: Context
    ) -> teams_pb2.ListTrainingResponse:
        """See teams.proto."""
        people = await self._actions.list_training(
            area_code=request.area_code,
            year=request.year,
            warned_only=request.warned_only,
            caller=current_caller(),
        )
        return teams_pb2.ListTrainingResponse(
            people=[
                teams_pb2.Trained(
                    staff_code=row.staff_code, count=row.count, minutes=row.minutes, warned=row.count == 0
                )
                for row in people
            ]
        )
