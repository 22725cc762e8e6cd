"""Answers calls about alliances and their sessions."""

from typing import Any, Final

import grpc
from gridward.points.v1 import alliances_pb2, alliances_pb2_grpc

from services.platform.identity import current_caller
from services.points.actions.alliances import AllianceActions
from services.points.domain.alliances import Alliance, Session

Context = grpc.aio.ServicerContext[Any, Any]

READ: Final = "points.volunteers.read"
MANAGE: Final = "points.volunteers.manage"


class AlliancesServicer(alliances_pb2_grpc.AlliancesServiceServicer):
    """See alliances.proto."""

    def __init__(self, actions: AllianceActions) -> None:
        self._actions = actions

    async def SaveAlliance(
        self, request: alliances_pb2.SaveAllianceRequest, context: Context
    ) -> alliances_pb2.SaveAllianceResponse:
        """See alliances.proto."""
        told = request.alliance
        wanted = Alliance(
            code=told.code,
            name=told.name,
            area_path=told.area_path,
            members=tuple(member.unit for member in told.members),
            version=told.version,
        )

        def answer(alliance: Alliance) -> alliances_pb2.SaveAllianceResponse:
            return alliances_pb2.SaveAllianceResponse(alliance=_alliance(alliance))

        return answer(await self._actions.save(wanted, areas=_areas(MANAGE), fresh=answer))

    async def ListAlliances(
        self, request: alliances_pb2.ListAlliancesRequest, context: Context
    ) -> alliances_pb2.ListAlliancesResponse:
        """See alliances.proto."""
        found = await self._actions.search(areas=_areas(READ), area=request.area_path)
        return alliances_pb2.ListAlliancesResponse(alliances=[_alliance(alliance) for alliance in found])

    async def OpenSession(
        self, request: alliances_pb2.OpenSessionRequest, context: Context
    ) -> alliances_pb2.OpenSessionResponse:
        """See alliances.proto."""
        session = await self._actions.open_session(
            request.code, request_id=request.request_id, opened_by=current_caller().subject, areas=_areas(MANAGE)
        )
        return alliances_pb2.OpenSessionResponse(session=_session(session))

    async def WriteMinutes(
        self, request: alliances_pb2.WriteMinutesRequest, context: Context
    ) -> alliances_pb2.WriteMinutesResponse:
        """See alliances.proto."""
        session = await self._actions.write_minutes(
            request.code,
            request.number,
            minutes=request.minutes,
            agreements=request.agreements,
            activities=request.activities,
            areas=_areas(MANAGE),
        )
        return alliances_pb2.WriteMinutesResponse(session=_session(session))

    async def ListAllianceSessions(
        self, request: alliances_pb2.ListAllianceSessionsRequest, context: Context
    ) -> alliances_pb2.ListAllianceSessionsResponse:
        """See alliances.proto."""
        alliance = await self._actions.get(request.code, areas=_areas(READ))
        newest = alliance.sessions[::-1][:200]
        return alliances_pb2.ListAllianceSessionsResponse(sessions=[_session(session) for session in newest])


def _areas(permission: str) -> tuple[str, ...]:
    return tuple(current_caller().scope(permission).area_paths)


def _alliance(alliance: Alliance) -> alliances_pb2.Alliance:
    return alliances_pb2.Alliance(
        code=alliance.code,
        name=alliance.name,
        area_path=alliance.area_path,
        members=[
            alliances_pb2.AllianceMember(unit=member, chaired=alliance.chaired(member)) for member in alliance.members
        ],
        version=alliance.version,
        next_chair=alliance.next_chair,
        open=alliance.open_session is not None,
        agreements=sum(len(session.agreements) for session in alliance.sessions),
        activities=sum(session.activities for session in alliance.sessions),
    )


def _session(session: Session) -> alliances_pb2.AllianceSession:
    message = alliances_pb2.AllianceSession(
        number=session.number,
        chair=session.chair,
        minutes=session.minutes,
        agreements=session.agreements,
        activities=session.activities,
    )
    message.opened_at.FromDatetime(session.opened_at)
    return message
