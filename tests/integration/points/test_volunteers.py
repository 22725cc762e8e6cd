"""Volunteers, teams of three, posts with places, and a force of which nobody is called twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import TypeAlias
from uuid import UUID

import pytest
from gridward.events.v1 import events_pb2
from gridward.points.v1 import volunteers_pb2 as pb
from gridward.points.v1 import volunteers_pb2_grpc
from gridward.registry.v1 import events_pb2 as registry_events_pb2

from services.platform import errors
from services.platform.ids import uuid7
from services.points.consumer import Resettler
from tests.integration.points.conftest import Ledger, insist
from tests.integration.points.hall import CITY, Hall
from tests.support.tokens import TestTokens

Stub: TypeAlias = "volunteers_pb2_grpc.VolunteersServiceAsyncStub"


@pytest.fixture
async def hall(ledger: Ledger, tokens: TestTokens) -> AsyncIterator[Hall]:
    async with Hall.open(ledger, tokens) as hall:
        yield hall


@pytest.fixture
def coordinator(hall: Hall) -> Stub:
    return volunteers_pb2_grpc.VolunteersServiceStub(hall.person("volunteer_coordinator", "staff:vc"))


def volunteer(hall: Hall, subject: str) -> Stub:
    return volunteers_pb2_grpc.VolunteersServiceStub(hall.person("volunteer", subject))


def a_person(number: int, *, community: str = "C1", skills: tuple[str, ...] = ()) -> pb.JoinVolunteersRequest:
    return pb.JoinVolunteersRequest(
        name=f"王{number}", nickname=f"热心邻居{number}", community_code=community, skills=skills, unit="供电公司"
    )


async def enlist(stub: Stub, count: int, *, first: int = 0) -> list[str]:
    subjects = [f"v:{number}" for number in range(first, first + count)]
    for start in range(0, count, 2000):
        rows = [
            pb.VolunteerRow(subject=subject, person=a_person(first + start + n))
            for n, subject in enumerate(subjects[start : start + 2000])
        ]
        answer = await stub.ImportVolunteers(pb.ImportVolunteersRequest(rows=rows), timeout=60)
        assert (answer.added, list(answer.faults)) == (len(rows), [])
    return subjects


async def test_whoever_joins_is_found_by_those_who_look_after_the_area(hall: Hall, coordinator: Stub) -> None:
    mine = volunteer(hall, "resident:1")
    joined = await mine.JoinVolunteers(a_person(1, skills=("haircut", "haircut", "first_aid")))
    assert joined.volunteer.area_path == "999100.999102.999102001.C1"
    assert list(joined.volunteer.skills) == ["haircut", "first_aid"]
    assert (await mine.GetVolunteer(pb.GetVolunteerRequest(subject="me"))).volunteer == joined.volunteer
    page = await coordinator.ListVolunteers(pb.ListVolunteersRequest(skill="first_aid"))
    assert [person.subject for person in page.volunteers] == ["resident:1"]
    elsewhere = volunteers_pb2_grpc.VolunteersServiceStub(hall.person("volunteer_coordinator", area="999100.999103"))
    assert list((await elsewhere.ListVolunteers(pb.ListVolunteersRequest())).volunteers) == []
    with pytest.raises(errors.NotFound):
        await elsewhere.GetVolunteer(pb.GetVolunteerRequest(subject="resident:1"))
    with pytest.raises(errors.NotFound):
        await volunteer(hall, "resident:2").GetVolunteer(pb.GetVolunteerRequest(subject="resident:1"))


async def test_a_file_read_again_adds_nobody_and_a_bad_row_harms_no_other(coordinator: Stub) -> None:
    rows = [pb.VolunteerRow(subject=f"v:{n}", person=a_person(n)) for n in range(3)]
    rows.append(pb.VolunteerRow(subject="v:9", person=a_person(9, community="nowhere")))
    first = await coordinator.ImportVolunteers(pb.ImportVolunteersRequest(rows=rows))
    assert (first.added, [(fault.row, fault.reason) for fault in first.faults]) == (3, [(4, "AREA_UNKNOWN")])
    rows[0].person.nickname = "新名字"
    again = await coordinator.ImportVolunteers(pb.ImportVolunteersRequest(rows=rows[:3]))
    assert (again.added, again.changed, again.unchanged) == (0, 1, 2)


def a_building_team(number: int, people: list[str]) -> pb.Team:
    roles = ("leader", "info_officer", "support_officer")
    return pb.Team(
        code=f"B{number:04}", name=f"{number}号楼", kind=pb.TEAM_KIND_BUILDING, area_path=f"{CITY}.999102.999102001.C1",
        members=[pb.TeamMember(subject=subject, role=role) for subject, role in zip(people, roles, strict=False)],
    )  # fmt: skip


@pytest.mark.mechanism(41)
async def test_789_building_teams_of_three_different_people_make_2367_active_volunteers(coordinator: Stub) -> None:
    people = await enlist(coordinator, 2367)
    teams = [a_building_team(n, people[3 * n : 3 * n + 3]) for n in range(789)]
    saved = await coordinator.ImportTeams(pb.ImportTeamsRequest(teams=teams), timeout=60)
    assert (saved.saved, list(saved.faults)) == (789, [])
    listed = await coordinator.ListTeams(pb.ListTeamsRequest(kind=pb.TEAM_KIND_BUILDING, page_size=1))
    assert (listed.total, listed.people, listed.vacant) == (789, 2367, 0)
    twice = a_building_team(0, [people[0], people[0], people[1]])
    stranger = a_building_team(1, [people[0], people[1], "nobody"])
    vacant = a_building_team(2, people[6:8])
    changed = await coordinator.ImportTeams(pb.ImportTeamsRequest(teams=[twice, stranger, vacant]))
    assert [(fault.row, fault.reason) for fault in changed.faults] == [(1, "TEAM_INVALID"), (2, "VOLUNTEER_UNKNOWN")]
    alert = await coordinator.ListTeams(pb.ListTeamsRequest(vacant_only=True))
    assert [(team.code, list(team.vacancies)) for team in alert.teams] == [("B0002", ["support_officer"])]
    assert (alert.people, alert.vacant) == (2366, 1)


async def offer(stub: Stub, category: str, quota: int, *, title: str = "", community: str = "C1") -> pb.Post:
    answer = await stub.SavePost(
        pb.SavePostRequest(
            category=category, title=title or category, community_code=community, quota=quota,
            request_id=f"post-{community}-{category}-{title}",
        )
    )  # fmt: skip
    return answer.post


CATEGORIES = ["resident_autonomy", "education_training", "elder_child_care", "environment_improvement", "love_care",
              "convenience_service", "targeted_warmth"]  # fmt: skip


@pytest.mark.mechanism(34)
async def test_2104_members_claim_3862_posts_and_no_post_beyond_its_places(coordinator: Stub) -> None:
    people = await enlist(coordinator, 2104)
    posts = [await offer(coordinator, category, 600) for category in CATEGORIES]
    wanted = [(people[n % 2104], posts[(n + n // 2104) % 7].id) for n in range(3862)]
    claimed = 0
    for start in range(0, len(wanted), 1000):
        rows = [pb.PostClaimRow(post_id=post, subject=who) for who, post in wanted[start : start + 1000]]
        claimed += (await coordinator.ImportPostClaims(pb.ImportPostClaimsRequest(rows=rows), timeout=60)).claimed
    assert claimed == 3862
    report = await coordinator.ReportPosts(pb.ReportPostsRequest())
    assert (report.claims, report.claimants, report.average) == (3862, 2104, 1.84)
    counts = {post.category: post.quota - post.left for post in (await listed(coordinator)).posts}
    assert sum(counts.values()) == 3862
    assert [(row.category, row.claims) for row in report.top] == sorted(
        counts.items(), key=lambda row: (-row[1], row[0])
    )[:3]
    behind = await coordinator.ListPostClaims(pb.ListPostClaimsRequest(category="love_care", page_size=200))
    more = await coordinator.ListPostClaims(
        pb.ListPostClaimsRequest(category="love_care", page_size=200, page_token=behind.next_page_token)
    )
    assert len({claim.subject for claim in (*behind.claims, *more.claims)}) == 400
    full = posts[0]
    held = [who for who, post in wanted if post == full.id]
    free = 600 - len(held)
    others = [who for who in people if who not in set(held)][: free + 5]
    rows = [pb.PostClaimRow(post_id=full.id, subject=who) for who in [*others, held[0]]]
    answer = await coordinator.ImportPostClaims(pb.ImportPostClaimsRequest(rows=rows), timeout=60)
    assert answer.claimed == free
    assert [fault.reason for fault in answer.faults] == ["PLACES_TAKEN"] * 5 + ["POST_CLAIMED"]


async def listed(stub: Stub, community: str = "C1") -> pb.ListVolunteerPostsResponse:
    return await stub.ListVolunteerPosts(pb.ListVolunteerPostsRequest(community_code=community))


async def test_a_hundred_race_for_three_places_and_a_place_given_back_is_free_again(
    hall: Hall, coordinator: Stub, ledger: Ledger
) -> None:
    people = await enlist(coordinator, 100)
    post = await offer(coordinator, "love_care", 3)
    claims = ledger.points.volunteers
    answers = await asyncio.gather(
        *(insist(partial(claims.claim_post, UUID(post.id), who)) for who in people), return_exceptions=True
    )
    winners = [who for who, answer in zip(people, answers, strict=True) if not isinstance(answer, Exception)]
    assert len(winners) == 3
    assert {answer.reason for answer in answers if isinstance(answer, errors.GridwardError)} == {"PLACES_TAKEN"}
    given_back = await volunteer(hall, winners[0]).ReleasePost(pb.ReleasePostRequest(post_id=post.id))
    assert (given_back.post.left, given_back.post.mine) == (1, False)
    with pytest.raises(errors.Conflict):
        await volunteer(hall, winners[0]).ReleasePost(pb.ReleasePostRequest(post_id=post.id))
    taken = await volunteer(hall, winners[0]).ClaimPost(pb.ClaimPostRequest(post_id=post.id))
    assert (taken.post.left, taken.post.mine) == (0, True)
    with pytest.raises(errors.Conflict, match="than 2"):
        await coordinator.SavePost(
            pb.SavePostRequest(post_id=post.id, category="love_care", title="x", community_code="C1", quota=2,
                               request_id="too-few-places")
        )  # fmt: skip
    assert (await ledger.verify()).faults == ()


@pytest.mark.mechanism(33)
async def test_a_community_s_type_ranks_its_posts_and_leaves_claims_alone(hall: Hall, coordinator: Stub) -> None:
    people = await enlist(coordinator, 1)
    for category in CATEGORIES:
        await offer(coordinator, category, 2)
    mine = volunteer(hall, people[0])
    claimed = await mine.ClaimPost(pb.ClaimPostRequest(post_id=(await listed(coordinator)).posts[0].id))
    expected = {
        "commercial_residential": ["resident_autonomy", "convenience_service"],
        "family_courtyard": ["education_training", "elder_child_care"],
        "old_estate": ["environment_improvement", "love_care"],
        "business_district": ["convenience_service", "targeted_warmth"],
    }
    for kind, needs in expected.items():
        ranked = await coordinator.SetCommunityType(
            pb.SetCommunityTypeRequest(community_code="C1", community_type=kind)
        )
        assert [post.category for post in ranked.posts[:2]] == needs
        assert [post.category for post in ranked.posts if post.suggested] == needs
        seen = await listed(mine)
        assert [post.id for post in seen.posts if post.mine] == [claimed.post.id]
        assert seen.community_type == kind


@pytest.mark.mechanism(39)
async def test_the_force_of_82_units_is_drawn_from_without_double_booking(coordinator: Stub, ledger: Ledger) -> None:
    people = await enlist(coordinator, 5913)
    teams = emergency_teams(people)
    assert (len(teams), len({team.unit for team in teams}), sum(len(team.members) for team in teams)) == (150, 82, 5913)
    saved = await coordinator.ImportTeams(pb.ImportTeamsRequest(teams=teams), timeout=60)
    assert saved.saved == 150
    calls = [
        coordinator.DispatchForce(
            pb.DispatchForceRequest(
                request_id=f"call-{n:08}", area_path=f"{CITY}.99910{2 + n % 2}", teams=30, purpose="防汛"
            ),
            timeout=60,
        )
        for n in range(6)
    ]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    sent = [answer for answer in answers if isinstance(answer, pb.DispatchForceResponse)]
    refused = [answer for answer in answers if isinstance(answer, errors.Conflict)]
    assert (len(sent), [error.reason for error in refused]) == (5, ["FORCE_TOO_SMALL"])
    codes = [team.code for answer in sent for team in answer.teams]
    assert len(codes) == len(set(codes)) == 150
    near = next(answer for answer in sent if answer.free == 120)
    assert len({team.area_path for team in near.teams}) == 1
    gone = await coordinator.ReleaseForce(pb.ReleaseForceRequest(dispatch_id=sent[0].dispatch_id))
    assert gone.teams == 30
    with pytest.raises(errors.NotFound):
        await coordinator.ReleaseForce(pb.ReleaseForceRequest(dispatch_id=sent[0].dispatch_id))


def emergency_teams(people: list[str]) -> list[pb.Team]:
    sizes = [40 if n < 63 else 39 for n in range(150)]
    teams = []
    for n, size in enumerate(sizes):
        start = sum(sizes[:n])
        teams.append(
            pb.Team(
                code=f"E{n:03}", name=f"应急{n}队", kind=pb.TEAM_KIND_EMERGENCY, unit=f"单位{n % 82}",
                area_path=f"{CITY}.99910{2 + n % 2}",
                members=[pb.TeamMember(subject=who, role="member") for who in people[start : start + size]],
            )
        )  # fmt: skip
    return teams


async def test_nobody_in_two_teams_is_called_twice_and_a_call_repeated_is_one_call(coordinator: Stub) -> None:
    people = await enlist(coordinator, 5)
    pairs = [(0, 1), (1, 2), (2, 3), (4,)]
    teams = [
        pb.Team(code=f"E{n}", name=f"{n}", kind=pb.TEAM_KIND_EMERGENCY, area_path=CITY,
                members=[pb.TeamMember(subject=people[who], role="member") for who in members])
        for n, members in enumerate(pairs)
    ]  # fmt: skip
    await coordinator.ImportTeams(pb.ImportTeamsRequest(teams=teams))
    call = pb.DispatchForceRequest(request_id="one-call-only", area_path=CITY, teams=3, purpose="抢险")
    first = await coordinator.DispatchForce(call)
    assert [team.code for team in first.teams] == ["E0", "E2", "E3"]
    assert await coordinator.DispatchForce(call) == first
    with pytest.raises(errors.Conflict):
        await coordinator.DispatchForce(
            pb.DispatchForceRequest(request_id="another-call", area_path=CITY, teams=1, purpose="抢险")
        )


async def test_when_a_community_ends_its_volunteers_posts_and_teams_belong_to_its_heir(
    hall: Hall, coordinator: Stub, ledger: Ledger
) -> None:
    people = await enlist(coordinator, 3)
    await coordinator.ImportTeams(pb.ImportTeamsRequest(teams=[a_building_team(1, people)]))
    await offer(coordinator, "love_care", 2)
    told = registry_events_pb2.AreasReorganised(ended_codes=["C1"], heir_codes=["C5"])
    event = events_pb2.Event(id=str(uuid7()), type="areas_reorganised")
    event.payload.Pack(told)
    for _ in range(2):
        await Resettler(volunteers=ledger.points.volunteers).handle(event)
    known = await coordinator.GetVolunteer(pb.GetVolunteerRequest(subject=people[0]))
    assert (known.volunteer.community_code, known.volunteer.area_path[-2:]) == ("C5", "C5")
    assert [team.area_path[-2:] for team in known.teams] == ["C5"]
    assert len((await listed(coordinator, "C5")).posts) == 1
