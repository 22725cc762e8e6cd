"""Councils meet, deliberate, vote with a quorum, make public and carry out; a resolution becomes a case."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from gridward.registry.v1 import councils_pb2

from services.platform import errors
from services.platform.clock import ManualClock
from services.registry.actions.office import Office
from services.registry.actions.resolutions import Resolutions
from tests.conftest import MakeDatabase
from tests.integration.registry.conftest import ALONE, Person, Registry, open_registry
from tests.integration.registry.others import Cases, neighbours, some_cameras, some_cases
from tests.support.tokens import TestTokens
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, middle_of, town

COMMUNITY_PATH = f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}"
FOR, AGAINST, ABSTAIN = (
    councils_pb2.VOTE_CHOICE_FOR,
    councils_pb2.VOTE_CHOICE_AGAINST,
    councils_pb2.VOTE_CHOICE_ABSTAIN,
)
ADOPTED, REJECTED = councils_pb2.PROPOSAL_STATE_ADOPTED, councils_pb2.PROPOSAL_STATE_REJECTED
EXECUTED = councils_pb2.PROPOSAL_STATE_EXECUTED
MEMBERS = tuple(f"resident:{n}" for n in range(5))


class Refused(errors.Conflict):
    """Not admitted."""

    reason = "TASK_TYPE_NOT_ADMITTED"


@dataclass
class Hall:
    """A registry with the town, its community's office, and incidents beside it."""

    registry: Registry
    office: Person
    cases: Cases
    resolutions: Resolutions

    async def council(self, name: str = "和花池议事会", *, area: str = "", sessions: int = 5) -> str:
        council = councils_pb2.Council(
            area_code=area or community_code(),
            kind=councils_pb2.COUNCIL_KIND_COUNCIL,
            name=name,
            members=MEMBERS,
            sessions_a_year=sessions,
        )
        request = councils_pb2.SaveCouncilRequest(request_id=uuid4().hex, council=council)
        return (await self.office.councils.SaveCouncil(request)).council.id

    async def session(self, council: str, day: str = "2026-03-01") -> str:
        request = councils_pb2.RecordSessionRequest(
            request_id=uuid4().hex, council_id=council, day=day, attendees=MEMBERS[:4], minutes="到会四人"
        )
        return (await self.office.councils.RecordSession(request)).session.id

    async def proposal(self, council: str, title: str = "增设三个停车位", *, task_type: str = "") -> str:
        request = councils_pb2.SubmitProposalRequest(
            request_id=uuid4().hex, council_id=council, title=title, text="利用空地", task_type=task_type
        )
        return (await self.office.councils.SubmitProposal(request)).proposal.id

    async def deliberate(self, proposal: str, session: str) -> councils_pb2.Proposal:
        request = councils_pb2.RecordDeliberationRequest(
            request_id=uuid4().hex, proposal_id=proposal, session_id=session, opinion="赞成，注意消防通道"
        )
        return (await self.office.councils.RecordDeliberation(request)).proposal

    async def count(
        self, proposal: str, session: str, *choices: councils_pb2.VoteChoice.ValueType
    ) -> councils_pb2.Proposal:
        hands = [
            councils_pb2.RaisedHand(member=member, choice=choice)
            for member, choice in zip(MEMBERS, choices, strict=False)
        ]
        request = councils_pb2.CountVotesRequest(
            request_id=uuid4().hex, proposal_id=proposal, session_id=session, hands=hands
        )
        return (await self.office.councils.CountVotes(request)).proposal

    async def disclose(self, proposal: str, text: str) -> councils_pb2.Proposal:
        request = councils_pb2.DiscloseRequest(request_id=uuid4().hex, proposal_id=proposal, text=text)
        return (await self.office.councils.Disclose(request)).proposal

    async def execute(self, proposal: str) -> councils_pb2.Proposal:
        request = councils_pb2.ExecuteResolutionRequest(
            request_id=uuid4().hex, proposal_id=proposal, outcome="车位已划线"
        )
        return (await self.office.councils.ExecuteResolution(request)).proposal

    async def report(self, year: int = 2026) -> councils_pb2.ListCouncilsResponse:
        return await self.office.councils.ListCouncils(councils_pb2.ListCouncilsRequest(year=year))


@pytest.fixture
async def hall(make_database: MakeDatabase, tokens: TestTokens, manual_clock: ManualClock) -> AsyncIterator[Hall]:
    cases = some_cases()
    async with neighbours(tokens, cases, some_cameras()) as others:
        # The serving registry files nothing by itself here, so that a test says when.
        registry = await open_registry(make_database("registry"), tokens, manual_clock, ALONE)
        await (await registry.service("demo")).import_areas(town())
        office = Office.open(registry.database, clock=manual_clock, settings=registry.settings)
        person = await registry.person("community_admin", COMMUNITY_PATH, subject="staff:office")
        yield Hall(registry=registry, office=person, cases=cases, resolutions=Resolutions(office, others))
        await registry.close()
        await registry.process.stop()


@pytest.mark.mechanism(19)
async def test_a_resolution_is_carried_out_only_after_two_deliberations_and_two_disclosures(hall: Hall) -> None:
    council = await hall.council()
    first, second = await hall.session(council), await hall.session(council, "2026-03-02")
    proposal = await hall.proposal(council)
    await hall.deliberate(proposal, first)
    with pytest.raises(errors.Conflict):
        await hall.deliberate(proposal, first)
    hasty = await hall.proposal(council, "不议而决")
    for each in (proposal, hasty):
        assert (await hall.count(each, second, FOR, FOR, FOR)).state == ADOPTED
    with pytest.raises(errors.Conflict) as missing:
        await hall.execute(hasty)
    assert missing.value.details["missing"] == "deliberation 1, deliberation 2, disclosure 1, disclosure 2"
    with pytest.raises(errors.Conflict):
        await hall.deliberate(proposal, second)

    proposal = await hall.proposal(council, "修缮凉亭")
    with pytest.raises(errors.Conflict):
        await hall.disclose(proposal, "尚未表决")
    await hall.deliberate(proposal, first)
    assert len((await hall.deliberate(proposal, second)).deliberations) == 2
    await hall.count(proposal, second, FOR, FOR, FOR)
    await hall.disclose(proposal, "决议公开")
    with pytest.raises(errors.Conflict) as missing:
        await hall.execute(proposal)
    assert (missing.value.reason, missing.value.details["missing"]) == ("RESOLUTION_INCOMPLETE", "disclosure 2")
    await hall.disclose(proposal, "实施结果公开")
    done = await hall.execute(proposal)
    assert (done.state, done.outcome, len(done.disclosures)) == (EXECUTED, "车位已划线", 2)
    with pytest.raises(errors.Conflict):
        await hall.execute(proposal)
    rows = await hall.registry.rows("SELECT count(*) AS n FROM disclosure")
    assert rows == [{"n": 2}]


@pytest.mark.mechanism(21)
async def test_nine_councils_of_five_sessions_decide_68_proposals_and_the_report_tells_the_share(hall: Hall) -> None:
    number, adopted = 0, 0
    for name in range(9):
        council = await hall.council(f"议事会{name + 1}")
        sessions = [await hall.session(council, f"2026-0{month + 1}-10") for month in range(5)]
        for _ in range(8 if name < 5 else 7):
            proposal = await hall.proposal(council, f"议题{number}")
            votes = (FOR, FOR, FOR, AGAINST) if number % 4 else (FOR, FOR, AGAINST, ABSTAIN)
            counted = await hall.count(proposal, sessions[number % 5], *votes)
            assert counted.state == (ADOPTED if number % 4 else REJECTED)
            adopted += counted.state == ADOPTED
            number += 1
    told = await hall.report()
    assert (len(told.councils), told.total.sessions, told.total.sessions_wanted) == (9, 45, 45)
    assert {row.tally.sessions for row in told.councils} == {5}
    assert (told.total.proposals, told.total.adopted, told.total.rejected) == (68, 51, 17)
    assert told.total.adopted_share == pytest.approx(adopted / 68)
    assert (await hall.report(2025)).total.proposals == 0
    seen, token = [], ""
    while True:
        page = await hall.office.councils.ListProposals(
            councils_pb2.ListProposalsRequest(area_code=community_code(), page_size=30, page_token=token)
        )
        seen += [row.id for row in page.proposals]
        token = page.next_page_token
        if not token:
            break
    assert len(seen) == len(set(seen)) == 68


@pytest.mark.mechanism(21)
async def test_a_vote_needs_the_quorum_and_a_resolution_becomes_one_case(hall: Hall) -> None:
    council = await hall.council()
    session = await hall.session(council)
    proposal = await hall.proposal(council, task_type="parking_bay")
    with pytest.raises(errors.Conflict) as missed:
        await hall.count(proposal, session, FOR, FOR)
    assert (missed.value.reason, missed.value.details["quorum"]) == ("QUORUM_MISSED", "3")
    member = await hall.registry.person("resident", CITY, subject=MEMBERS[4])
    stranger = await hall.registry.person("resident", CITY, subject="resident:9")
    for choice in (AGAINST, FOR):
        told = await member.councils.CastVote(
            councils_pb2.CastVoteRequest(request_id=uuid4().hex, proposal_id=proposal, choice=choice)
        )
    assert told.voted_count == 1
    with pytest.raises(errors.Forbidden):
        await stranger.councils.CastVote(
            councils_pb2.CastVoteRequest(request_id=uuid4().hex, proposal_id=proposal, choice=FOR)
        )
    counted = await hall.count(proposal, session, FOR, ABSTAIN, FOR)
    assert (counted.state, counted.votes_for, counted.votes_abstaining) == (ADOPTED, 3, 1)
    with pytest.raises(errors.Conflict):
        await hall.count(proposal, session, FOR, FOR, FOR)

    hall.cases.refusal = errors.Unavailable(part="incidents")
    with pytest.raises(errors.Unavailable):
        await hall.resolutions.file_due()
    hall.cases.refusal = None
    assert (await hall.resolutions.file_due(), await hall.resolutions.file_due()) == (1, 0)
    (report,) = hall.cases.reports.values()
    assert (report.task_type, report.description) == ("parking_bay", "增设三个停车位\n利用空地")
    listed = await member.councils.ListProposals(councils_pb2.ListProposalsRequest(council_id=council, state=ADOPTED))
    assert [(row.case_number, row.proposed_by) for row in listed.proposals] == [("4308-00001", "office")]


async def test_what_incidents_will_not_take_is_said_once_and_shown(hall: Hall) -> None:
    council = await hall.council()
    session = await hall.session(council)
    proposal = await hall.proposal(council, task_type="nothing")
    await hall.count(proposal, session, FOR, FOR, FOR)
    hall.cases.refusal = Refused()
    assert (await hall.resolutions.file_due(), await hall.resolutions.file_due()) == (0, 0)
    (told,) = (await hall.office.councils.ListProposals(councils_pb2.ListProposalsRequest())).proposals
    assert (told.case_id, told.case_problem) == ("", "TASK_TYPE_NOT_ADMITTED")


async def test_only_the_office_of_the_area_and_members_act_and_members_are_not_told_to_others(hall: Hall) -> None:
    council = await hall.council()
    elsewhere = await hall.registry.person("community_admin", f"{CITY}.elsewhere", subject="staff:other")
    member = await hall.registry.person("resident", CITY, subject=MEMBERS[0])
    stranger = await hall.registry.person("resident", CITY, subject="resident:9")
    submit = councils_pb2.SubmitProposalRequest(request_id=uuid4().hex, council_id=council, title="长椅", text="两张")
    submit.point.longitude_deg, submit.point.latitude_deg = middle_of(1, 0)
    for other in (elsewhere, stranger):
        with pytest.raises(errors.Forbidden):
            await other.councils.SubmitProposal(submit)
    told = (await member.councils.SubmitProposal(submit)).proposal
    assert told.proposed_by == "member"
    submit.request_id = uuid4().hex
    submit.point.longitude_deg = 100.0
    with pytest.raises(errors.Invalid):
        await member.councils.SubmitProposal(submit)
    with pytest.raises(errors.Forbidden):
        await elsewhere.councils.RecordSession(
            councils_pb2.RecordSessionRequest(
                request_id=uuid4().hex, council_id=council, day="2026-03-01", attendees=MEMBERS[:1], minutes="无"
            )
        )
    shown = {}
    for name, person in (("office", hall.office), ("member", member), ("stranger", stranger)):
        (row,) = (
            await person.councils.ListCouncils(councils_pb2.ListCouncilsRequest(area_code=community_code()))
        ).councils
        shown[name] = len(row.council.members)
        assert row.council.member_count == 5
    assert shown == {"office": 5, "member": 5, "stranger": 0}
    bad = councils_pb2.Council(
        area_code=grid_code(0), kind=councils_pb2.COUNCIL_KIND_HEARING, name="听证会", members=MEMBERS, quorum=2
    )
    with pytest.raises(errors.Invalid):
        await hall.office.councils.SaveCouncil(councils_pb2.SaveCouncilRequest(request_id=uuid4().hex, council=bad))
