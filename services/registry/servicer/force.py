"""Answers calls about the force on the ground."""

from typing import Any, TypeAlias

import grpc
from gridward.registry.v1 import force_pb2, force_pb2_grpc

from services.platform.identity import current_caller
from services.registry.actions.force import ForceActions
from services.registry.domain.force import ForceKind, ForceMember
from services.registry.servicer.asking import asked, next_page_token, page_of

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class ForceServicer(force_pb2_grpc.ForceServiceServicer):
    """See force.proto."""

    def __init__(self, actions: ForceActions) -> None:
        self._actions = actions

    async def PlaceForce(self, request: force_pb2.PlaceForceRequest, context: Context) -> force_pb2.PlaceForceResponse:
        """See force.proto."""
        caller = current_caller()
        members = [
            ForceMember(
                staff_code=told.staff_code,
                kind=ForceKind(told.kind),
                unit=told.unit,
                grid_codes=tuple(sorted(told.grid_codes)),
            )
            for told in request.members
        ]
        answer = await self._actions.place(
            members,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda count: force_pb2.PlaceForceResponse(changed_count=count),
            ),
        )
        return force_pb2.PlaceForceResponse.FromString(answer)

    async def ListForce(self, request: force_pb2.ListForceRequest, context: Context) -> force_pb2.ListForceResponse:
        """See force.proto."""
        after, size = page_of(request)
        found = await self._actions.list_force(
            area_code=request.area_code, kind=request.kind, after=after, size=size, caller=current_caller()
        )
        return force_pb2.ListForceResponse(
            members=[
                force_pb2.ForceMember(
                    staff_code=member.staff_code,
                    kind=force_pb2.ForceKind.ValueType(member.kind),
                    unit=member.unit,
                    grid_codes=member.grid_codes,
                )
                for member in found
            ],
            next_page_token=next_page_token([member.staff_code for member in found], size),
        )

    async def SummarizeForce(
        self, request: force_pb2.SummarizeForceRequest, context: Context
    ) -> force_pb2.SummarizeForceResponse:
        """See force.proto."""
        figures = await self._actions.summarize(area_code=request.area_code, year=request.year, caller=current_caller())
        return force_pb2.SummarizeForceResponse(
            people_count=figures.kinds.total(),
            cadre_count=figures.kinds[ForceKind.CADRE],
            recruit_count=figures.kinds[ForceKind.RECRUIT],
            social_count=figures.kinds[ForceKind.SOCIAL],
            training_count=figures.trainings,
            untrained_count=figures.untrained,
            grids=[
                force_pb2.GridForce(
                    grid_code=row.grid.code, name=row.grid.name, people_count=row.people, vacancy_count=row.vacancies
                )
                for row in figures.grids
            ],
        )
