"""Reaches what notices need from elsewhere: registry's keeper of daily words, and the way of a rating to its case."""

from hashlib import sha256

import grpc
from gridward.registry.v1 import quiet_pb2, quiet_pb2_grpc

from services.incidents.actions.advance import Advancing, Wish
from services.incidents.domain.case import Event
from services.incidents.domain.step import Step
from services.incidents.notices.incoming import Word
from services.platform.errors import Unavailable
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller, Grant

REQUEST_ID_MAX = 64


class RegistryWords:
    """Asks registry, which keeps the light of each grid."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = quiet_pb2_grpc.QuietServiceStub(channel)

    async def receive(self, *, message_id: str, area_code: str, text: str) -> Word:
        """Understand a text; fails with UNAVAILABLE while registry is away."""
        request = quiet_pb2.ReceiveTextRequest(message_id=message_id, area_code=area_code, text=text)
        try:
            answer = await self._stub.ReceiveText(request)
        except grpc.aio.AioRpcError as error:
            raise Unavailable(part="registry") from error
        return Word(
            understood=answer.understood,
            reply=answer.reply,
            grid_code=answer.light.grid_code,
            trouble=answer.light.light == quiet_pb2.QUIET_LIGHT_RED,
        )


class CaseRater:
    """Rates as the reporter would, by the same step and its rules."""

    def __init__(self, advancing: Advancing) -> None:
        self._advancing = advancing

    async def rate(self, *, subject: str, case_id: str, version: int, rating: int, message_id: str) -> None:
        """Rate a case; fails as the step does."""
        key = RequestKey(
            subject=subject,
            method="notices.rate",
            request_id=f"sms-{message_id}"[:REQUEST_ID_MAX],
            body_digest=sha256(f"{case_id} {rating}".encode()).digest(),
        )
        caller = Caller(subject=subject, grants=(Grant(role="resident", area_path=""),))
        step = Step(event=Event.RATE, rating=rating)
        await self._advancing.advance(Wish(key=key, case_name=case_id, version=version, steps=(step,)), caller)
