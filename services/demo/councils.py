"""Lets the demo city's neighbours meet, deliberate, decide and make public, so that each stage can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import grpc
from gridward.registry.v1 import councils_pb2, councils_pb2_grpc

from services.demo import city
from services.demo.people import SHOWN_GRID

COMMUNITY: Final = SHOWN_GRID[:12]
COUNCIL, COORDINATION = councils_pb2.COUNCIL_KIND_COUNCIL, councils_pb2.COUNCIL_KIND_COORDINATION
HEARING, BRANCH = councils_pb2.COUNCIL_KIND_HEARING, councils_pb2.COUNCIL_KIND_BRANCH
#: Days between two sessions, the last of them yesterday.
DAYS_BETWEEN: Final = 30
HEARD_TWICE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A proposal: how often it was heard, who of those present was for it, what was made public, what came of it."""

    title: str
    text: str
    heard: int = HEARD_TWICE
    votes_for: int | None = None
    disclosed: tuple[str, ...] = ()
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """A council, the minutes of its sessions from the first to the last, and what lies before it."""

    name: str
    area: str
    kind: councils_pb2.CouncilKind.ValueType
    yearly: int
    minutes: tuple[str, ...]
    matters: tuple[Matter, ...] = ()

    @property
    def id(self) -> str:
        """The same each time."""
        return str(uuid5(NAMESPACE_URL, f"gridward/demo/{self.area}/{self.name}"))

    @property
    def members(self) -> list[str]:
        """The offices of the community, the leaders of its grids, and those whom people can sign in as."""
        posts = [f"staff:{office}-{self.area[3:12]}" for office in ("CA", "VC", "MD")]
        grids = [grid["code"] for grid in city.data()["grids"] if grid["code"].startswith(self.area[:12])]
        leaders = [f"staff:grid_leader-{grid[3:]}" for grid in grids]
        neighbours = ["resident:demo-1", "volunteer:demo-1"] if self.area[:12] == COMMUNITY else []
        return [*posts, *leaders, *neighbours]


ASSEMBLIES: Final = (
    Assembly(
        name="松风社区居民议事会", area=COMMUNITY, kind=COUNCIL, yearly=6,
        minutes=("讨论充电桩选址与楼道堆物整治", "复议充电桩方案,听取物业意见", "讨论停车泊位与夜间照明", "商定口袋公园养护分工"),
        matters=(
            Matter(title="3 号院加装电动自行车充电桩", text="院内有 60 多辆电动自行车,入户充电隐患大,建议在东侧空地建 20 个充电位。",
                   votes_for=13, disclosed=("赞成十三票,通过;选址、造价、施工期已张贴。", "充电桩已启用,收费标准已公示。"),
                   outcome="20 个充电位建成启用,楼道内充电已清零。"),
            Matter(title="松风路北段增设夜间停车泊位", text="北段夜间车流小,建议晚 8 点至早 7 点允许单侧停车,约 30 个泊位。",
                   votes_for=12, disclosed=("赞成十二票,通过;泊位图已张贴在各单元。",)),
            Matter(title="小区内禁止遛大型犬", text="有居民反映大型犬惊吓老人儿童,建议小区内一律不得遛大型犬。", votes_for=4),
            Matter(title="口袋公园加装两盏路灯", text="公园西侧晚上太暗,老人散步看不清台阶。"),
            Matter(title="快递柜移到南门", text="现在的快递柜堵住消防通道,建议移到南门岗亭旁。", heard=1),
        )),
    Assembly(
        name="松风社区停车协调会", area=COMMUNITY, kind=COORDINATION, yearly=4, minutes=("物业、业委会、交警中队商定错时停车",)),
    Assembly(name="松风社区加装电梯听证会", area=COMMUNITY, kind=HEARING, yearly=1, minutes=("一至六层住户陈述意见",),
             matters=(Matter(title="5 幢加装电梯", text="5 幢二单元申请加装电梯,一楼两户提出采光意见。", heard=1),)),
    Assembly(
        name="第1网格党支部", area=SHOWN_GRID, kind=BRANCH, yearly=12, minutes=("学习并认领微心愿", "研究党员责任区与帮扶对象"),
        matters=(Matter(title="设立党员责任区", text="按楼栋划分十二个责任区,每名党员联系五户。", votes_for=12,
                        disclosed=("赞成十二票,通过;责任区名单已公开。",)),)),
)  # fmt: skip


async def load(channel: grpc.aio.Channel) -> int:
    """Bring what is missing; how many councils there are."""
    stub: councils_pb2_grpc.CouncilsServiceAsyncStub = councils_pb2_grpc.CouncilsServiceStub(channel)
    for assembly in ASSEMBLIES:
        await stub.SaveCouncil(
            councils_pb2.SaveCouncilRequest(
                request_id=f"demo-council-{assembly.id[:12]}",
                council=councils_pb2.Council(
                    id=assembly.id, area_code=assembly.area, kind=assembly.kind, name=assembly.name,
                    members=assembly.members, sessions_a_year=assembly.yearly,
                ),
            )
        )  # fmt: skip
        sessions = await _sessions(stub, assembly)
        known = await stub.ListProposals(councils_pb2.ListProposalsRequest(council_id=assembly.id))
        brought = {proposal.title for proposal in known.proposals}
        for number, matter in enumerate(assembly.matters):
            if matter.title not in brought:
                await _bring(stub, assembly, matter, sessions, key=f"demo-{assembly.id[:8]}-{number}")
    return len(ASSEMBLIES)


async def _sessions(stub: councils_pb2_grpc.CouncilsServiceAsyncStub, assembly: Assembly) -> list[str]:
    """The ids of the council's sessions; those that are missing are recorded."""
    held = (await stub.ListSessions(councils_pb2.ListSessionsRequest(council_id=assembly.id))).sessions
    by_minutes = {session.minutes: session.id for session in held}
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    for number, minutes in enumerate(assembly.minutes):
        if minutes in by_minutes:
            continue
        day = yesterday - timedelta(days=DAYS_BETWEEN * (len(assembly.minutes) - 1 - number))
        request = councils_pb2.RecordSessionRequest(
            request_id=f"demo-session-{assembly.id[:8]}-{number}-{day:%Y%m%d}", council_id=assembly.id,
            day=day.isoformat(), attendees=assembly.members, minutes=minutes,
        )  # fmt: skip
        by_minutes[minutes] = (await stub.RecordSession(request)).session.id
    return [by_minutes[minutes] for minutes in assembly.minutes]


async def _bring(
    stub: councils_pb2_grpc.CouncilsServiceAsyncStub,
    assembly: Assembly,
    matter: Matter,
    sessions: list[str],
    *,
    key: str,
) -> None:
    """Put a matter before its council and take it as far as it has come."""
    submitted = await stub.SubmitProposal(
        councils_pb2.SubmitProposalRequest(
            request_id=f"{key}-submit", council_id=assembly.id, title=matter.title, text=matter.text
        )
    )
    proposal = submitted.proposal.id
    for stage, session in enumerate(sessions[: matter.heard], start=1):
        opinion = "议题属实,请物业补充方案后再议。" if stage == 1 else "方案已补充,同意提交表决。"
        heard = councils_pb2.RecordDeliberationRequest(
            request_id=f"{key}-heard-{stage}", proposal_id=proposal, session_id=session, opinion=opinion
        )
        await stub.RecordDeliberation(heard)
    if matter.votes_for is None:
        return
    hands = [
        councils_pb2.RaisedHand(
            member=member,
            choice=councils_pb2.VOTE_CHOICE_FOR if at < matter.votes_for else councils_pb2.VOTE_CHOICE_AGAINST,
        )
        for at, member in enumerate(assembly.members)
    ]
    await stub.CountVotes(
        councils_pb2.CountVotesRequest(
            request_id=f"{key}-count", proposal_id=proposal, session_id=sessions[-1], hands=hands
        )
    )
    for stage, text in enumerate(matter.disclosed, start=1):
        told = councils_pb2.DiscloseRequest(request_id=f"{key}-told-{stage}", proposal_id=proposal, text=text)
        await stub.Disclose(told)
    if matter.outcome:
        done = councils_pb2.ExecuteResolutionRequest(
            request_id=f"{key}-done", proposal_id=proposal, outcome=matter.outcome
        )
        await stub.ExecuteResolution(done)
