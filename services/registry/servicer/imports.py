"""Answers calls about imports."""

from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID

import grpc
from gridward.registry.v1 import elements_pb2, imports_pb2, imports_pb2_grpc

from services.platform.identity import current_caller
from services.platform.ids import uuid7
from services.registry.actions.imports import ImportActions
from services.registry.domain.importing import ImportFormat, ImportState, Opening, RowFault
from services.registry.domain.schema import ElementKind
from services.registry.servicer.asking import asked
from services.registry.store.imports import Job

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class ImportsServicer(imports_pb2_grpc.ImportsServiceServicer):
    """See imports.proto."""

    def __init__(self, actions: ImportActions) -> None:
        self._actions = actions

    async def CreateImport(
        self, request: imports_pb2.CreateImportRequest, context: Context
    ) -> imports_pb2.CreateImportResponse:
        """See imports.proto."""
        caller = current_caller()
        opening = Opening(
            id=uuid7(),
            kind=ElementKind(request.kind),
            format=ImportFormat(request.format),
            crs=request.crs,
            dry_run=request.dry_run,
            file_name=request.file_name,
            columns=dict(request.columns),
        )
        answer = await self._actions.create_import(
            opening,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda job: imports_pb2.CreateImportResponse(**{"import": _job(job)}),
            ),
        )
        return imports_pb2.CreateImportResponse.FromString(answer)

    async def AddImportPiece(
        self, request: imports_pb2.AddImportPieceRequest, context: Context
    ) -> imports_pb2.AddImportPieceResponse:
        """See imports.proto."""
        size_bytes = await self._actions.add_piece(
            UUID(request.id), request.number, request.content, caller=current_caller()
        )
        return imports_pb2.AddImportPieceResponse(size_bytes=size_bytes)

    async def RunImport(self, request: imports_pb2.RunImportRequest, context: Context) -> imports_pb2.RunImportResponse:
        """See imports.proto."""
        job = await self._actions.run_import(UUID(request.id), caller=current_caller())
        return imports_pb2.RunImportResponse(**{"import": _job(job)})

    async def GetImport(self, request: imports_pb2.GetImportRequest, context: Context) -> imports_pb2.GetImportResponse:
        """See imports.proto."""
        job, faults = await self._actions.get_import(UUID(request.id), caller=current_caller())
        return imports_pb2.GetImportResponse(**{"import": _job(job, faults)})

    async def ListImports(
        self, request: imports_pb2.ListImportsRequest, context: Context
    ) -> imports_pb2.ListImportsResponse:
        """See imports.proto."""
        return imports_pb2.ListImportsResponse(
            imports=[_job(job) for job in await self._actions.list_imports(caller=current_caller())]
        )


def _job(job: Job, faults: Sequence[RowFault] = ()) -> imports_pb2.Import:
    opening, tally = job.opening, job.tally
    over = job.state in {ImportState.DONE, ImportState.REFUSED}
    message = imports_pb2.Import(
        id=str(opening.id),
        kind=elements_pb2.ElementKind.ValueType(opening.kind),
        format=imports_pb2.ImportFormat.ValueType(opening.format),
        file_name=opening.file_name,
        dry_run=opening.dry_run,
        state=imports_pb2.ImportState.ValueType(job.state),
        rows_read=tally.rows_read,
        progress=1.0 if over else tally.read_bytes / max(1, job.size_bytes),
        created_count=tally.created,
        updated_count=tally.updated,
        unchanged_count=tally.unchanged,
        fault_count=tally.faults,
        faults=[imports_pb2.RowFault(row=f.row, column=f.column, reason=f.reason, message=f.message) for f in faults],
        opened_by=job.caller.subject,
    )
    message.opened_at.FromDatetime(job.opened_at)
    return message
