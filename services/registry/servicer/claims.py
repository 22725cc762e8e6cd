"""Answers calls about claims, correction tasks and clues; personal values leave masked."""

from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

import grpc
from gridward.registry.v1 import claims_pb2, claims_pb2_grpc

from services.platform import paging
from services.platform.identity import current_caller
from services.registry.actions.claims import CLUE_FIELDS, ClaimActions, Stated, Stating
from services.registry.domain.claims import Claim, Clue, Correction, Verdict
from services.registry.domain.elements import shown
from services.registry.domain.errors import ElementUnknown
from services.registry.domain.schema import ElementKind
from services.registry.servicer.asking import PAGE_SIZE, asked
from services.registry.servicer.moments import moment_given

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class ClaimsServicer(claims_pb2_grpc.ClaimsServiceServicer):
    """See claims.proto."""

    def __init__(self, actions: ClaimActions) -> None:
        self._actions = actions

    async def MakeClaim(self, request: claims_pb2.MakeClaimRequest, context: Context) -> claims_pb2.MakeClaimResponse:
        """See claims.proto."""
        caller = current_caller()
        stating = Stating(
            element_id=UUID(request.element_id),
            item=request.item,
            value=request.value,
            source=request.source,
            observed_at=moment_given(request, "observed_at"),
            terminal_id=request.terminal_id,
        )
        answer = await self._actions.make_claim(
            stating,
            caller=caller,
            asked=asked(request, caller=caller, request_id=request.request_id, answer=_stated),
        )
        return claims_pb2.MakeClaimResponse.FromString(answer)

    async def ListClaims(
        self, request: claims_pb2.ListClaimsRequest, context: Context
    ) -> claims_pb2.ListClaimsResponse:
        """See claims.proto."""
        element, told = await self._actions.list_claims(UUID(request.element_id), caller=current_caller())
        return claims_pb2.ListClaimsResponse(claims=[_claim(element.kind, claim, verdict) for claim, verdict in told])

    async def ListCorrections(
        self, request: claims_pb2.ListCorrectionsRequest, context: Context
    ) -> claims_pb2.ListCorrectionsResponse:
        """See claims.proto."""
        size = request.page_size or PAGE_SIZE
        keys = paging.decode(request.page_token, keys=2)
        found = await self._actions.list_corrections(
            source=request.source,
            with_closed=request.with_closed,
            after=(datetime.fromisoformat(keys[0]).astimezone(UTC), UUID(keys[1])) if keys else None,
            size=size,
            caller=current_caller(),
        )
        token = paging.encode(found[-1].opened_at.isoformat(), str(found[-1].id)) if len(found) == size else ""
        return claims_pb2.ListCorrectionsResponse(
            corrections=[_correction(task) for task in found], next_page_token=token
        )

    async def AnswerCorrection(
        self, request: claims_pb2.AnswerCorrectionRequest, context: Context
    ) -> claims_pb2.AnswerCorrectionResponse:
        """See claims.proto."""
        caller = current_caller()
        answer = await self._actions.answer_correction(
            UUID(request.id),
            gives_way=request.gives_way,
            answer=request.answer,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda task: claims_pb2.AnswerCorrectionResponse(correction=_correction(task)),
            ),
        )
        return claims_pb2.AnswerCorrectionResponse.FromString(answer)

    async def SubmitClue(
        self, request: claims_pb2.SubmitClueRequest, context: Context
    ) -> claims_pb2.SubmitClueResponse:
        """See claims.proto."""
        caller = current_caller()
        answer = await self._actions.submit_clue(
            element_id=_id(request.element_id),
            grid_code=request.grid_code,
            items=dict(request.items),
            text=request.text,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda clue: claims_pb2.SubmitClueResponse(clue=_clue(clue, ElementKind.PERSON)),
            ),
        )
        return claims_pb2.SubmitClueResponse.FromString(answer)

    async def ListClues(self, request: claims_pb2.ListCluesRequest, context: Context) -> claims_pb2.ListCluesResponse:
        """See claims.proto."""
        found = await self._actions.list_clues(
            own=request.own, with_closed=request.with_closed, caller=current_caller()
        )
        kinds = await self._actions.kinds_of(found)
        return claims_pb2.ListCluesResponse(
            clues=[
                _clue(clue, kinds.get(clue.element_id, ElementKind.PERSON) if clue.element_id else ElementKind.PERSON)
                for clue in found
            ]
        )

    async def VerifyClue(
        self, request: claims_pb2.VerifyClueRequest, context: Context
    ) -> claims_pb2.VerifyClueResponse:
        """See claims.proto."""
        caller = current_caller()
        answer = await self._actions.verify_clue(
            UUID(request.id),
            confirmed=request.confirmed,
            finding=request.finding,
            terminal_id=request.terminal_id,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda clue: claims_pb2.VerifyClueResponse(clue=_clue(clue, ElementKind.PERSON)),
            ),
        )
        return claims_pb2.VerifyClueResponse.FromString(answer)

    async def CheckForm(self, request: claims_pb2.CheckFormRequest, context: Context) -> claims_pb2.CheckFormResponse:
        """See claims.proto."""
        known = self._actions.check_form(ElementKind(request.kind), dict(sorted(request.fields.items())))
        return claims_pb2.CheckFormResponse(
            known=[
                claims_pb2.KnownField(field=row.field, item=row.item, source_department=row.source, why=row.why)
                for row in known
            ]
        )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise ElementUnknown from error


def _stated(stated: Stated) -> claims_pb2.MakeClaimResponse:
    return claims_pb2.MakeClaimResponse(
        claim=_claim(stated.kind, stated.claim, stated.verdict),
        winner=_claim(stated.kind, stated.verdict.winner, stated.verdict),
        correction=_correction(stated.correction) if stated.correction else None,
    )


def _claim(kind: ElementKind, claim: Claim, verdict: Verdict) -> claims_pb2.Claim:
    wins = claim.id == verdict.winner.id
    message = claims_pb2.Claim(
        id=str(claim.id),
        item=claim.item,
        value=shown(kind, {claim.item: claim.value}).items[claim.item],
        source=claim.source,
        made_by=claim.made_by,
        winner=wins,
        why="gave_way" if claim.gave_way and not wins else verdict.why,
    )
    message.observed_at.FromDatetime(claim.observed_at)
    return message


def _correction(task: Correction) -> claims_pb2.Correction:
    message = claims_pb2.Correction(
        id=str(task.id),
        element_id=str(task.element_id),
        item=task.item,
        source=task.source,
        claim_id=str(task.claim_id),
        winner_id=str(task.winner_id),
        grid_code=task.grid_code,
        state=task.state,
        answer=task.answer,
    )
    message.opened_at.FromDatetime(task.opened_at)
    if task.closed_at is not None:
        message.closed_at.FromDatetime(task.closed_at)
    return message


def _clue(clue: Clue, kind: ElementKind) -> claims_pb2.Clue:
    message = claims_pb2.Clue(
        id=str(clue.id),
        element_id=str(clue.element_id or ""),
        grid_code=clue.grid_code,
        items=_clue_items(clue, kind),
        text=clue.text,
        given_by=clue.given_by,
        state=clue.state,
        verified_by=clue.verified_by,
        finding=clue.finding,
    )
    message.given_at.FromDatetime(clue.given_at)
    return message


def _clue_items(clue: Clue, kind: ElementKind) -> dict[str, str]:
    """What a clue says, masked; fields of a thing are nobody's secret."""
    plain = CLUE_FIELDS if kind is not ElementKind.PERSON else frozenset()
    masked = shown(kind, {code: value for code, value in clue.items.items() if code not in plain}).items
    return {**masked, **{code: value for code, value in clue.items.items() if code in plain}}
