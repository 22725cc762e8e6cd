"""Answers calls about councils; who voted how and who proposed is told to nobody."""

from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import UUID

import grpc
from google.protobuf.message import Message
from gridward.registry.v1 import councils_pb2, councils_pb2_grpc

from services.platform import paging
from services.platform.identity import Caller, current_caller
from services.platform.ids import uuid7
from services.registry.actions.councils import CouncilActions, Matter, Proposing
from services.registry.actions.office import Asked
from services.registry.domain.councils import (
    Choice,
    Council,
    CouncilUnknown,
    Proposal,
    ProposalState,
    Session,
    SessionUnknown,
    Tally,
    together,
)
from services.registry.servicer.asking import PAGE_SIZE, asked, before_of
from services.registry.servicer.moments import day_of, stamp

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Step: TypeAlias = (
    councils_pb2.SubmitProposalRequest
    | councils_pb2.RecordDeliberationRequest
    | councils_pb2.CountVotesRequest
    | councils_pb2.DiscloseRequest
    | councils_pb2.ExecuteResolutionRequest
)


class CouncilsServicer(councils_pb2_grpc.CouncilsServiceServicer):
    """See councils.proto."""

    def __init__(self, actions: CouncilActions) -> None:
        self._actions = actions

    async def SaveCouncil(
        self, request: councils_pb2.SaveCouncilRequest, context: Context
    ) -> councils_pb2.SaveCouncilResponse:
        """See councils.proto."""
        caller = current_caller()
        answer = await self._actions.save_council(
            _council_of(request.council),
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda council: councils_pb2.SaveCouncilResponse(council=_council(council, members=True)),
            ),
        )
        return councils_pb2.SaveCouncilResponse.FromString(answer)

    async def ListCouncils(
        self, request: councils_pb2.ListCouncilsRequest, context: Context
    ) -> councils_pb2.ListCouncilsResponse:
        """See councils.proto."""
        caller = current_caller()
        found = await self._actions.list_councils(area_code=request.area_code, year=request.year)
        shown = caller.permits("registry.councils.write")
        return councils_pb2.ListCouncilsResponse(
            councils=[
                councils_pb2.CouncilFigures(
                    council=_council(council, members=shown or caller.subject in council.members), tally=_tally(tally)
                )
                for council, tally in found
            ],
            total=_tally(together([tally for _, tally in found])),
        )

    async def RecordSession(
        self, request: councils_pb2.RecordSessionRequest, context: Context
    ) -> councils_pb2.RecordSessionResponse:
        """See councils.proto."""
        caller = current_caller()
        answer = await self._actions.record_session(
            UUID(request.council_id),
            day=day_of(request.day),
            attendees=request.attendees,
            minutes=request.minutes,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda session: councils_pb2.RecordSessionResponse(session=_session(session)),
            ),
        )
        return councils_pb2.RecordSessionResponse.FromString(answer)

    async def ListSessions(
        self, request: councils_pb2.ListSessionsRequest, context: Context
    ) -> councils_pb2.ListSessionsResponse:
        """See councils.proto."""
        found = await self._actions.list_sessions(UUID(request.council_id))
        return councils_pb2.ListSessionsResponse(sessions=[_session(session) for session in found])

    async def SubmitProposal(
        self, request: councils_pb2.SubmitProposalRequest, context: Context
    ) -> councils_pb2.SubmitProposalResponse:
        """See councils.proto."""
        caller = current_caller()
        point = (request.point.longitude_deg, request.point.latitude_deg) if request.HasField("point") else None
        answer = await self._actions.submit(
            UUID(request.council_id),
            Proposing(title=request.title, text=request.text, point=point, task_type=request.task_type),
            caller=caller,
            asked=_asked(request, caller, councils_pb2.SubmitProposalResponse),
        )
        return councils_pb2.SubmitProposalResponse.FromString(answer)

    async def ListProposals(
        self, request: councils_pb2.ListProposalsRequest, context: Context
    ) -> councils_pb2.ListProposalsResponse:
        """See councils.proto."""
        size = request.page_size or PAGE_SIZE
        found = await self._actions.list_proposals(
            council_id=_id(request.council_id, CouncilUnknown) if request.council_id else None,
            area_code=request.area_code,
            state=request.state,
            year=request.year,
            before=before_of(request.page_token),
            size=size,
        )
        last = found[-1].proposal if len(found) == size else None
        return councils_pb2.ListProposalsResponse(
            proposals=[_proposal(matter) for matter in found],
            next_page_token=paging.encode(last.proposed_at.isoformat(), str(last.id)) if last else "",
        )

    async def RecordDeliberation(
        self, request: councils_pb2.RecordDeliberationRequest, context: Context
    ) -> councils_pb2.RecordDeliberationResponse:
        """See councils.proto."""
        caller = current_caller()
        answer = await self._actions.record_deliberation(
            UUID(request.proposal_id),
            session_id=UUID(request.session_id),
            opinion=request.opinion,
            caller=caller,
            asked=_asked(request, caller, councils_pb2.RecordDeliberationResponse),
        )
        return councils_pb2.RecordDeliberationResponse.FromString(answer)

    async def CastVote(self, request: councils_pb2.CastVoteRequest, context: Context) -> councils_pb2.CastVoteResponse:
        """See councils.proto."""
        caller = current_caller()
        answer = await self._actions.vote(
            UUID(request.proposal_id),
            Choice(request.choice),
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda count: councils_pb2.CastVoteResponse(voted_count=count),
            ),
        )
        return councils_pb2.CastVoteResponse.FromString(answer)

    async def CountVotes(
        self, request: councils_pb2.CountVotesRequest, context: Context
    ) -> councils_pb2.CountVotesResponse:
        """See councils.proto."""
        caller = current_caller()
        answer = await self._actions.count(
            UUID(request.proposal_id),
            session_id=_id(request.session_id, SessionUnknown) if request.session_id else None,
            hands={hand.member: Choice(hand.choice) for hand in request.hands},
            caller=caller,
            asked=_asked(request, caller, councils_pb2.CountVotesResponse),
        )
        return councils_pb2.CountVotesResponse.FromString(answer)

    async def Disclose(self, request: councils_pb2.DiscloseRequest, context: Context) -> councils_pb2.DiscloseResponse:
        """See councils.proto."""
        caller = current_caller()
        answer = await self._actions.disclose(
            UUID(request.proposal_id),
            request.text,
            caller=caller,
            asked=_asked(request, caller, councils_pb2.DiscloseResponse),
        )
        return councils_pb2.DiscloseResponse.FromString(answer)

    async def ExecuteResolution(
        self, request: councils_pb2.ExecuteResolutionRequest, context: Context
    ) -> councils_pb2.ExecuteResolutionResponse:
        """See councils.proto."""
        caller = current_caller()
        answer = await self._actions.execute(
            UUID(request.proposal_id),
            request.outcome,
            caller=caller,
            asked=_asked(request, caller, councils_pb2.ExecuteResolutionResponse),
        )
        return councils_pb2.ExecuteResolutionResponse.FromString(answer)


def _asked(request: Step, caller: Caller, answer: Callable[..., Message]) -> Asked[Matter]:
    """A request that leads to a proposal as it is then."""
    return asked(
        request,
        caller=caller,
        request_id=request.request_id,
        answer=lambda matter: answer(proposal=_proposal(matter)),
    )


def _id(text: str, unknown: type[CouncilUnknown | SessionUnknown]) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise unknown from error


def _council_of(told: councils_pb2.Council) -> Council:
    return Council(
        id=_id(told.id, CouncilUnknown) if told.id else uuid7(),
        area_code=told.area_code,
        kind=told.kind,
        name=told.name,
        members=tuple(told.members),
        quorum=told.quorum or len(told.members) // 2 + 1,
        sessions_a_year=told.sessions_a_year,
    )


def _council(council: Council, *, members: bool) -> councils_pb2.Council:
    return councils_pb2.Council(
        id=str(council.id),
        area_code=council.area_code,
        kind=councils_pb2.CouncilKind.ValueType(council.kind),
        name=council.name,
        members=council.members if members else (),
        quorum=council.quorum,
        sessions_a_year=council.sessions_a_year,
        member_count=len(council.members),
    )


def _tally(tally: Tally) -> councils_pb2.CouncilTally:
    return councils_pb2.CouncilTally(
        sessions=tally.sessions,
        sessions_wanted=tally.sessions_wanted,
        proposals=tally.proposals,
        adopted=tally.adopted,
        rejected=tally.states.get(ProposalState.REJECTED, 0),
        executed=tally.states.get(ProposalState.EXECUTED, 0),
        adopted_share=tally.adopted_share,
    )


def _session(session: Session) -> councils_pb2.Session:
    return councils_pb2.Session(
        id=str(session.id),
        council_id=str(session.council_id),
        day=session.day.isoformat(),
        attendee_count=len(session.attendees),
        minutes=session.minutes,
        recorded_by=session.recorded_by,
    )


def _proposal(matter: Matter) -> councils_pb2.Proposal:
    proposal: Proposal = matter.proposal
    return councils_pb2.Proposal(
        id=str(proposal.id),
        council_id=str(proposal.council_id),
        title=proposal.title,
        text=proposal.text,
        state=councils_pb2.ProposalState.ValueType(proposal.state),
        proposed_by="office" if proposal.by_office else "member",
        proposed_at=stamp(proposal.proposed_at),
        deliberations=[
            councils_pb2.Deliberation(
                stage=told.stage, session_id=str(told.session_id), opinion=told.opinion, at=stamp(told.at)
            )
            for told in proposal.deliberations
        ],
        votes_for=proposal.votes_for,
        votes_against=proposal.votes_against,
        votes_abstaining=proposal.votes_abstain,
        quorum=matter.council.quorum,
        counted_at=stamp(proposal.counted_at),
        disclosures=[
            councils_pb2.Disclosure(stage=told.stage, text=told.text, at=stamp(told.at))
            for told in proposal.disclosures
        ],
        task_type=proposal.task_type,
        case_id=proposal.case_id,
        case_number=proposal.case_number,
        case_problem=proposal.case_problem,
        outcome=proposal.outcome,
    )
