"""Answers calls about the book of cameras."""

from typing import Any

import grpc
from gridward.video.v1 import books_pb2, books_pb2_grpc

from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller
from services.video.actions.books import Books
from services.video.actions.wall import ORIGINAL
from services.video.servicer.cameras import camera_message, camera_of

Context = grpc.aio.ServicerContext[Any, Any]


class CameraBooksServicer(books_pb2_grpc.CameraBooksServiceServicer):
    """See books.proto."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def SaveCamera(self, request: books_pb2.SaveCameraRequest, context: Context) -> books_pb2.SaveCameraResponse:
        caller = current_caller()
        saved = await self._books.save(
            camera_of(request.camera),
            user=request.credentials.user,
            password=request.credentials.password,
            version=request.version,
            key=RequestKey.of(_without_password(request), subject=caller.subject, request_id=request.request_id),
            caller=caller,
        )
        return books_pb2.SaveCameraResponse(camera=camera_message(saved))

    async def TryCamera(self, request: books_pb2.TryCameraRequest, context: Context) -> books_pb2.TryCameraResponse:
        caller = current_caller()
        trial = await self._books.try_out(
            camera_of(request.camera),
            user=request.credentials.user,
            password=request.credentials.password,
            preset=request.preset,
            caller=caller,
            original=caller.permits(ORIGINAL),
        )
        return books_pb2.TryCameraResponse(
            picture=trial.picture,
            width_px=trial.width_px,
            height_px=trial.height_px,
            took_ms=round(trial.took_s * 1000),
        )

    async def ImportCameraSheet(
        self, request: books_pb2.ImportCameraSheetRequest, context: Context
    ) -> books_pb2.ImportCameraSheetResponse:
        caller = current_caller()
        brought = await self._books.bring_sheet(
            request.content,
            dry_run=request.dry_run,
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            caller=caller,
        )
        return books_pb2.ImportCameraSheetResponse(
            created_count=brought.created,
            updated_count=brought.updated,
            unchanged_count=brought.unchanged,
            faults=[
                books_pb2.SheetFault(row=fault.row, column=fault.column, reason=fault.reason, value=fault.value)
                for fault in brought.faults
            ],
            ignored_columns=brought.ignored,
        )


def _without_password(request: books_pb2.SaveCameraRequest) -> books_pb2.SaveCameraRequest:
    """What a request is known by when it comes again: a digest of a password can be guessed at."""
    known = books_pb2.SaveCameraRequest()
    known.CopyFrom(request)
    known.credentials.ClearField("password")
    return known
