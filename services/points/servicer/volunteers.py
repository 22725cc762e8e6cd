"""Answers calls about volunteers, teams, posts and the force."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import grpc
from gridward.points.v1 import volunteers_pb2, volunteers_pb2_grpc

from services.platform import paging
from services.platform.errors import Forbidden
from services.platform.identity import Caller, current_caller
from services.points.actions.volunteers import Known, Refused, VolunteerActions
from services.points.domain import volunteers as domain
from services.points.domain.errors import PostUnknown, VolunteerUnknown
from services.points.domain.places import within
from services.points.domain.volunteers import Member, Post, Team, Volunteer
from services.points.servicer.points import moment_of
from services.points.store.volunteers import Window

Context = grpc.aio.ServicerContext[Any, Any]

PAGE_SIZE: Final = 50
READ: Final = "points.volunteers.read"
MANAGE: Final = "points.volunteers.manage"
KINDS: Final = {
    volunteers_pb2.TEAM_KIND_BUILDING: domain.BUILDING,
    volunteers_pb2.TEAM_KIND_EMERGENCY: domain.EMERGENCY,
    volunteers_pb2.TEAM_KIND_SERVICE: "service",
}


class VolunteersServicer(volunteers_pb2_grpc.VolunteersServiceServicer):
    """See volunteers.proto."""

    def __init__(self, actions: VolunteerActions) -> None:
        self._actions = actions

    async def JoinVolunteers(
        self, request: volunteers_pb2.JoinVolunteersRequest, context: Context
    ) -> volunteers_pb2.JoinVolunteersResponse:
        """See volunteers.proto."""
        known = await self._actions.join(_person(current_caller().subject, request))
        return volunteers_pb2.JoinVolunteersResponse(volunteer=_volunteer(known))

    async def ImportVolunteers(
        self, request: volunteers_pb2.ImportVolunteersRequest, context: Context
    ) -> volunteers_pb2.ImportVolunteersResponse:
        """See volunteers.proto."""
        done = await self._actions.import_volunteers([_person(row.subject, row.person) for row in request.rows])
        return volunteers_pb2.ImportVolunteersResponse(
            added=done.added, changed=done.changed, unchanged=done.unchanged, faults=_faults(done.refused)
        )

    async def GetVolunteer(
        self, request: volunteers_pb2.GetVolunteerRequest, context: Context
    ) -> volunteers_pb2.GetVolunteerResponse:
        """See volunteers.proto."""
        caller = current_caller()
        subject = caller.subject if request.subject == "me" else request.subject
        known = await self._actions.get(subject, whole=subject == caller.subject)
        if subject != caller.subject and not _within(caller, known.volunteer.area_path):
            raise VolunteerUnknown(subject=subject)
        await self._actions.require_shown(subject, caller)
        teams, posts = await self._actions.teams_and_posts_of(subject)
        return volunteers_pb2.GetVolunteerResponse(
            volunteer=_volunteer(known),
            teams=[_team(team) for team in teams],
            posts=[_post(post) for post in posts],
        )

    async def RevealVolunteerName(
        self, request: volunteers_pb2.RevealVolunteerNameRequest, context: Context
    ) -> volunteers_pb2.RevealVolunteerNameResponse:
        """See volunteers.proto."""
        caller = current_caller()
        person = (await self._actions.get(request.subject)).volunteer
        if not _within(caller, person.area_path):
            raise VolunteerUnknown(subject=request.subject)
        await self._actions.require_shown(request.subject, caller)
        name, shown_until = await self._actions.reveal_name(person, purpose=request.purpose, caller=caller)
        answer = volunteers_pb2.RevealVolunteerNameResponse(name=name)
        answer.shown_until.FromDatetime(shown_until)
        return answer

    async def ListVolunteers(
        self, request: volunteers_pb2.ListVolunteersRequest, context: Context
    ) -> volunteers_pb2.ListVolunteersResponse:
        """See volunteers.proto."""
        size = request.page_size or PAGE_SIZE
        after = paging.decode(request.page_token, keys=2) or ("", "")
        people = await self._actions.search(
            current_caller(),
            _window(request.area_path),
            skill=request.skill,
            text=request.text,
            after=(after[0], after[1]),
            size=size + 1,
        )
        page = people[:size]
        last = page[-1].volunteer if len(people) > size else None
        return volunteers_pb2.ListVolunteersResponse(
            volunteers=[_volunteer(known) for known in page],
            next_page_token=paging.encode(last.name, last.subject) if last else "",
        )

    async def ImportTeams(
        self, request: volunteers_pb2.ImportTeamsRequest, context: Context
    ) -> volunteers_pb2.ImportTeamsResponse:
        """See volunteers.proto."""
        for team in request.teams:
            _require_within(team.area_path)
        done = await self._actions.import_teams([_team_told(team) for team in request.teams])
        return volunteers_pb2.ImportTeamsResponse(saved=done.added, faults=_faults(done.refused))

    async def ListTeams(
        self, request: volunteers_pb2.ListTeamsRequest, context: Context
    ) -> volunteers_pb2.ListTeamsResponse:
        """See volunteers.proto."""
        size = request.page_size or PAGE_SIZE
        after = paging.decode(request.page_token, keys=1) or ("",)
        teams, (total, people, vacant) = await self._actions.list_teams(
            _window(request.area_path),
            kind=KINDS.get(request.kind, ""),
            vacant_only=request.vacant_only,
            after=after[0],
            size=size + 1,
        )
        page = teams[:size]
        return volunteers_pb2.ListTeamsResponse(
            teams=[_team(team) for team in page],
            next_page_token=paging.encode(page[-1].code) if len(teams) > size else "",
            total=total,
            people=people,
            vacant=vacant,
        )

    async def SavePost(
        self, request: volunteers_pb2.SavePostRequest, context: Context
    ) -> volunteers_pb2.SavePostResponse:
        """See volunteers.proto."""
        _require_within(await self._actions.city.path_of(request.community_code))
        known = request.post_id
        post_id = _uuid(known) if known else domain.post_id_of(request.request_id, current_caller().subject)
        post = await self._actions.save_post(
            Post(
                id=post_id,
                category=request.category,
                title=request.title,
                community_code=request.community_code,
                area_path="",
                quota=request.quota,
            )
        )
        return volunteers_pb2.SavePostResponse(post=_post(post))

    async def ListVolunteerPosts(
        self, request: volunteers_pb2.ListVolunteerPostsRequest, context: Context
    ) -> volunteers_pb2.ListVolunteerPostsResponse:
        """See volunteers.proto."""
        posts, kind = await self._actions.list_posts(request.community_code, subject=current_caller().subject)
        return volunteers_pb2.ListVolunteerPostsResponse(
            posts=[_post(post, suggested=suggested) for post, suggested in posts], community_type=kind
        )

    async def ClaimPost(
        self, request: volunteers_pb2.ClaimPostRequest, context: Context
    ) -> volunteers_pb2.ClaimPostResponse:
        """See volunteers.proto."""
        post = await self._actions.claim_post(_uuid(request.post_id), current_caller().subject)
        return volunteers_pb2.ClaimPostResponse(post=_post(post))

    async def ImportPostClaims(
        self, request: volunteers_pb2.ImportPostClaimsRequest, context: Context
    ) -> volunteers_pb2.ImportPostClaimsResponse:
        """See volunteers.proto."""
        done = await self._actions.claim_posts([(_uuid(row.post_id), row.subject) for row in request.rows])
        return volunteers_pb2.ImportPostClaimsResponse(claimed=done.added, faults=_faults(done.refused))

    async def ReleasePost(
        self, request: volunteers_pb2.ReleasePostRequest, context: Context
    ) -> volunteers_pb2.ReleasePostResponse:
        """See volunteers.proto."""
        post = await self._actions.release_post(_uuid(request.post_id), current_caller().subject)
        return volunteers_pb2.ReleasePostResponse(post=_post(post))

    async def ReportPosts(
        self, request: volunteers_pb2.ReportPostsRequest, context: Context
    ) -> volunteers_pb2.ReportPostsResponse:
        """See volunteers.proto."""
        report = await self._actions.report_posts(_window(request.area_path))
        return volunteers_pb2.ReportPostsResponse(
            claims=report.claims,
            claimants=report.claimants,
            average=report.average,
            top=[volunteers_pb2.PostCategoryCount(category=name, claims=count) for name, count in report.top],
        )

    async def ListPostClaims(
        self, request: volunteers_pb2.ListPostClaimsRequest, context: Context
    ) -> volunteers_pb2.ListPostClaimsResponse:
        """See volunteers.proto."""
        size = request.page_size or PAGE_SIZE
        rows = await self._actions.claims_on_posts(
            _window(request.area_path), category=request.category, before=moment_of(request.page_token), size=size + 1
        )
        answer = volunteers_pb2.ListPostClaimsResponse()
        for row in rows[:size]:
            claim = answer.claims.add(
                post_id=str(row["post_id"]),
                title=row["title"],
                category=row["category"],
                community_code=row["community_code"],
                subject=row["subject"],
                nickname=row["nickname"],
            )
            claim.claimed_at.FromDatetime(row["claimed_at"])
        if len(rows) > size:
            last = rows[size - 1]
            answer.next_page_token = paging.encode(last["claimed_at"].isoformat(), str(last["id"]))
        return answer

    async def SetCommunityType(
        self, request: volunteers_pb2.SetCommunityTypeRequest, context: Context
    ) -> volunteers_pb2.SetCommunityTypeResponse:
        """See volunteers.proto."""
        _require_within(await self._actions.city.path_of(request.community_code))
        await self._actions.set_community_type(request.community_code, request.community_type)
        posts, _ = await self._actions.list_posts(request.community_code, subject=current_caller().subject)
        return volunteers_pb2.SetCommunityTypeResponse(
            posts=[_post(post, suggested=suggested) for post, suggested in posts]
        )

    async def DispatchForce(
        self, request: volunteers_pb2.DispatchForceRequest, context: Context
    ) -> volunteers_pb2.DispatchForceResponse:
        """See volunteers.proto."""
        _require_within(request.area_path, "points.volunteers.dispatch")
        subject = current_caller().subject
        dispatch_id = domain.dispatch_id_of(request.request_id, subject)
        teams, free = await self._actions.dispatch(
            dispatch_id, area_path=request.area_path, teams=request.teams, purpose=request.purpose, caller=subject
        )
        return volunteers_pb2.DispatchForceResponse(
            dispatch_id=str(dispatch_id), teams=[_team(team) for team in teams], free=free
        )

    async def ReleaseForce(
        self, request: volunteers_pb2.ReleaseForceRequest, context: Context
    ) -> volunteers_pb2.ReleaseForceResponse:
        """See volunteers.proto."""
        return volunteers_pb2.ReleaseForceResponse(teams=await self._actions.release_force(_uuid(request.dispatch_id)))


def _window(area: str) -> Window:
    return Window(scope_areas=current_caller().scope(READ).area_paths, area=area)


def _within(caller: Caller, area_path: str) -> bool:
    return within(caller.scope(READ).area_paths, area_path)


def _require_within(area_path: str, permission: str = MANAGE) -> None:
    if not within(current_caller().scope(permission).area_paths, area_path):
        raise Forbidden(permission=permission)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise PostUnknown from None


def _person(subject: str, told: volunteers_pb2.JoinVolunteersRequest) -> Volunteer:
    return Volunteer(
        subject=subject,
        name=told.name,
        nickname=told.nickname,
        name_public=told.name_public,
        community_code=told.community_code,
        area_path="",
        grid_code=told.grid_code,
        estate=told.estate,
        skills=tuple(dict.fromkeys(told.skills)),
        unit=told.unit,
    )


def _volunteer(known: Known) -> volunteers_pb2.Volunteer:
    person = known.volunteer
    message = volunteers_pb2.Volunteer(
        subject=person.subject,
        name=person.name,
        nickname=person.nickname,
        name_public=person.name_public,
        community_code=person.community_code,
        area_path=person.area_path,
        grid_code=person.grid_code,
        estate=person.estate,
        skills=person.skills,
        unit=person.unit,
        minutes=known.minutes,
        star=known.star,
    )
    message.joined_at.FromDatetime(person.joined_at)
    return message


def _faults(refused: Iterable[Refused]) -> Sequence[volunteers_pb2.ImportFault]:
    return [
        volunteers_pb2.ImportFault(row=fault.row, reason=fault.error.reason, message=fault.error.message)
        for fault in refused
    ]


def _team_told(team: volunteers_pb2.Team) -> Team:
    return Team(
        code=team.code,
        name=team.name,
        kind=KINDS[team.kind],
        area_path=team.area_path,
        unit=team.unit,
        members=tuple(Member(subject=member.subject, role=member.role) for member in team.members if member.subject),
    )


def _team(team: Team) -> volunteers_pb2.Team:
    return volunteers_pb2.Team(
        code=team.code,
        name=team.name,
        kind=next(number for number, kind in KINDS.items() if kind == team.kind),
        area_path=team.area_path,
        unit=team.unit,
        members=[volunteers_pb2.TeamMember(subject=member.subject, role=member.role) for member in team.members],
        vacancies=team.vacancies,
        dispatch_id=str(team.dispatch_id) if team.dispatch_id else "",
    )


def _post(post: Post, *, suggested: bool = False) -> volunteers_pb2.Post:
    return volunteers_pb2.Post(
        id=str(post.id),
        category=post.category,
        title=post.title,
        community_code=post.community_code,
        quota=post.quota,
        left=post.left,
        suggested=suggested,
        mine=post.mine,
    )
