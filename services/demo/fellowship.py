"""Brings what volunteers have together: an alliance that met once, and people who are looked after."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

import grpc
from gridward.points.v1 import (
    alliances_pb2,
    alliances_pb2_grpc,
    orders_pb2,
    orders_pb2_grpc,
)

from services.demo.people import SHOWN_GRID

ALLIANCE = "shown-community"
MEMBERS = (
    "社区党委", "供电公司", "第一中学", "人民医院", "城市管理局", "市政公用服务中心", "物业公司", "银行支行", "超市", "消防救援站", "派出所",
)  # fmt: skip
MINUTES = "确定第一批共建项目:老旧楼道灯改造、暑期托管、上门义诊。"
AGREEMENTS = ("供电公司负责楼道灯", "第一中学开放操场", "人民医院每月义诊一次")
#: Somebody in need by a code, what the need is, and who of the community looks after them: one or two.
PAIRS = (
    ("person:demo-elderly", "elderly", ("volunteer:demo-1",)),
    ("person:demo-disabled", "disabled", ("volunteer:demo-1", "resident:demo-1")),
)


async def load(channel: grpc.aio.Channel, area_path: str) -> None:
    """Bring what is missing; an alliance that is there is left as it is."""
    await _load_alliance(alliances_pb2_grpc.AlliancesServiceStub(channel), area_path)
    orders: orders_pb2_grpc.OrdersServiceAsyncStub = orders_pb2_grpc.OrdersServiceStub(channel)
    for beneficiary, need, volunteers in PAIRS:
        pair = orders_pb2.Pair(
            id=str(uuid5(NAMESPACE_URL, f"gridward/{SHOWN_GRID}/{beneficiary}")),
            beneficiary=beneficiary,
            need=need,
            area_path=area_path,
            volunteers=volunteers,
        )
        await orders.SavePair(orders_pb2.SavePairRequest(pair=pair))


async def _load_alliance(alliances: alliances_pb2_grpc.AlliancesServiceAsyncStub, area_path: str) -> None:
    known = (await alliances.ListAlliances(alliances_pb2.ListAlliancesRequest(area_path=area_path))).alliances
    if any(alliance.code == ALLIANCE for alliance in known):
        return
    alliance = alliances_pb2.Alliance(
        code=ALLIANCE,
        name="区域化党建联盟",
        area_path=area_path,
        members=[alliances_pb2.AllianceMember(unit=unit) for unit in MEMBERS],
    )
    await alliances.SaveAlliance(alliances_pb2.SaveAllianceRequest(alliance=alliance))
    opened = await alliances.OpenSession(
        alliances_pb2.OpenSessionRequest(code=ALLIANCE, request_id="demo-first-session")
    )
    await alliances.WriteMinutes(
        alliances_pb2.WriteMinutesRequest(
            code=ALLIANCE, number=opened.session.number, minutes=MINUTES, agreements=AGREEMENTS, activities=3
        )
    )
