"""Answers calls about absences."""

from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import absences_pb2, absences_pb2_grpc

from services.incidents.absence import store
from services.incidents.absence.domain import Absence
from services.incidents.messages.moments import stamp
from services.platform.database import Database
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class AbsencesServicer(absences_pb2_grpc.AbsencesServiceServicer):
    """See absences.proto."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ListAbsences(
        self, request: absences_pb2.ListAbsencesRequest, context: Context
    ) -> absences_pb2.ListAbsencesResponse:
        """See absences.proto."""
        departments = current_caller().scope("incidents.read").departments
        async with self._database.connection() as connection:
            found = await store.list_absences(
                connection, departments=departments, plugin=request.plugin, current_only=request.current_only
            )
        return absences_pb2.ListAbsencesResponse(absences=[_message(absence) for absence in found])


def _message(absence: Absence) -> absences_pb2.Absence:
    return absences_pb2.Absence(
        id=absence.id,
        plugin=absence.plugin,
        release=absence.release,
        department_code=absence.department_code,
        cause=absence.cause,
        since_at=stamp(absence.since_at),
        fell_back_at=stamp(absence.fell_back_at),
        until_at=stamp(absence.until_at),
        desk=absence.desk,
        case_count=absence.case_count,
    )
