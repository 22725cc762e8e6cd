"""Answers calls about forms."""

from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import answers_pb2, answers_pb2_grpc

from services.incidents.answering.actions import Answering
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class AnswersServicer(answers_pb2_grpc.AnswersServiceServicer):
    """See answers.proto."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    async def AnswerForm(
        self, request: answers_pb2.AnswerFormRequest, context: Context
    ) -> answers_pb2.AnswerFormResponse:
        """See answers.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)

        def answer(version: int) -> answers_pb2.AnswerFormResponse:
            return answers_pb2.AnswerFormResponse(version=version, form_answers=request.form_answers)

        told = await self._answering.answer(
            key, request.case_id, caller, answer, version=request.version, form_answers=request.form_answers
        )
        return answers_pb2.AnswerFormResponse.FromString(told)
