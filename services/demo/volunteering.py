"""Fills the demo city with volunteers, teams, posts and a mall with full shelves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID

import grpc
from gridward.points.v1 import (
    ledger_pb2,
    ledger_pb2_grpc,
    mall_pb2,
    mall_pb2_grpc,
    points_pb2,
    points_pb2_grpc,
    volunteers_pb2,
    volunteers_pb2_grpc,
)

from services.demo import city, fellowship, people
from services.demo import goods as goods_pictures

VOLUNTEERS_PER_COMMUNITY = 24
ROWS_PER_CALL = 500
LOAD_TIMEOUT_S = 60.0
SHOWN_VOLUNTEER = "volunteer:demo-1"
SHOWN_RESIDENT = "resident:demo-1"
FAMILY_NAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN_NAMES = ("建国", "秀英", "志强", "桂兰", "海燕", "晓东", "丽华", "文博", "春梅", "立新", "雅琴", "国庆")
NICKNAMES = ("热心邻居", "楼道小管家", "晨跑老李", "红马甲", "菜园阿姨", "修理老师傅", "图书角", "小喇叭")
POST_PLACES = 12
BUILDINGS_PER_COMMUNITY = 4
EMERGENCY_TEAM_SIZE = 5
WELCOME_POINTS = 260
IMPORTED_HOURS = "HOURS_IMPORTED"


async def load(channel: grpc.aio.Channel, *, pictures: bool = False) -> int:
    """Load what is missing; how many volunteers there are. `pictures`: those of the goods lie in the store."""
    volunteers = volunteers_pb2_grpc.VolunteersServiceStub(channel)
    rows = list(people_of_the_city())
    for part in _parts(rows):
        await volunteers.ImportVolunteers(volunteers_pb2.ImportVolunteersRequest(rows=part), timeout=LOAD_TIMEOUT_S)
    teams = [*_building_teams(rows), *_emergency_teams(rows)]
    for batch in _parts(teams):
        await volunteers.ImportTeams(volunteers_pb2.ImportTeamsRequest(teams=batch), timeout=LOAD_TIMEOUT_S)
    await _load_posts(volunteers)
    await _load_hours(ledger_pb2_grpc.LedgerServiceStub(channel), rows)
    await _load_mall(mall_pb2_grpc.MallServiceStub(channel), pictures=pictures)
    await _welcome(points_pb2_grpc.PointsServiceStub(channel))
    await fellowship.load(channel, paths()[people.SHOWN_GRID[:12]])
    return len(rows)


def _parts(rows: Sequence[Any]) -> Iterator[list[Any]]:
    going = iter(rows)
    while part := list(islice(going, ROWS_PER_CALL)):
        yield part


def people_of_the_city() -> Iterator[volunteers_pb2.VolunteerRow]:
    """The same people each time: chance is seeded with the community's code."""
    categories = [row["code"] for row in city.data()["volunteer"]["post_categories"]]
    grids: dict[str, list[str]] = {}
    for grid in city.data()["grids"]:
        grids.setdefault(grid["code"][:12], []).append(grid["code"])
    shown = people.SHOWN_GRID
    for subject, name in ((SHOWN_VOLUNTEER, "陈小明"), (SHOWN_RESIDENT, "刘桂芳")):
        yield volunteers_pb2.VolunteerRow(
            subject=subject,
            person=volunteers_pb2.JoinVolunteersRequest(
                name=name, nickname="红马甲", community_code=shown[:12], grid_code=shown, skills=categories
            ),
        )
    for community in city.data()["communities"]:
        chance = random.Random(community["code"])
        for number in range(VOLUNTEERS_PER_COMMUNITY):
            yield volunteers_pb2.VolunteerRow(
                subject=f"volunteer:{community['code']}-{number:02}",
                person=volunteers_pb2.JoinVolunteersRequest(
                    name=chance.choice(FAMILY_NAMES) + chance.choice(GIVEN_NAMES),
                    nickname=f"{chance.choice(NICKNAMES)}{number:02}",
                    name_public=chance.random() < 0.3,
                    community_code=community["code"],
                    grid_code=chance.choice(grids[community["code"]]),
                    skills=chance.sample(categories, k=2),
                    unit=chance.choice(("", "供电公司", "第一中学", "人民医院")),
                ),
            )


def _by_community(rows: Sequence[volunteers_pb2.VolunteerRow]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.subject.startswith("volunteer:9"):
            found.setdefault(row.person.community_code, []).append(row.subject)
    return found


def _building_teams(rows: Sequence[volunteers_pb2.VolunteerRow]) -> Iterator[volunteers_pb2.Team]:
    """One leader, two officers for each building; one building in the city has a vacancy."""
    roles = ("leader", "info_officer", "support_officer")
    for community, subjects in _by_community(rows).items():
        for building in range(BUILDINGS_PER_COMMUNITY):
            members = list(zip(subjects[3 * building : 3 * building + 3], roles, strict=True))
            if community == people.SHOWN_GRID[:12] and building == 0:
                members = members[:2]
            yield volunteers_pb2.Team(
                code=f"L-{community}-{building + 1}",
                name=f"{building + 1}号楼一长二员",
                kind=volunteers_pb2.TEAM_KIND_BUILDING,
                area_path=paths()[community],
                members=[volunteers_pb2.TeamMember(subject=subject, role=role) for subject, role in members],
            )


def _emergency_teams(rows: Sequence[volunteers_pb2.VolunteerRow]) -> Iterator[volunteers_pb2.Team]:
    for community, subjects in _by_community(rows).items():
        yield volunteers_pb2.Team(
            code=f"Y-{community}",
            name="应急突击队",
            kind=volunteers_pb2.TEAM_KIND_EMERGENCY,
            area_path=paths()[community],
            unit="社区党群服务中心",
            members=[
                volunteers_pb2.TeamMember(subject=subject, role="member") for subject in subjects[-EMERGENCY_TEAM_SIZE:]
            ],
        )


def paths() -> dict[str, str]:
    """Codes from the city to each community, joined by dots."""
    facts = city.data()
    districts = {row["code"]: row.get("district_code", "") for row in facts["subdistricts"]}
    return {
        row["code"]: ".".join(
            (city.city_code(), districts[row["subdistrict_code"]], row["subdistrict_code"], row["code"])
        )
        for row in facts["communities"]
    }


async def _patiently(call: Awaitable[object]) -> None:
    """Gather wants coroutines; a call under way is only awaited."""
    await call


async def _load_posts(volunteers: volunteers_pb2_grpc.VolunteersServiceAsyncStub) -> None:
    categories = city.data()["volunteer"]["post_categories"]
    for community in city.data()["communities"]:
        if community["community_type"] in city.data()["volunteer"]["community_service_map"]:
            await volunteers.SetCommunityType(
                volunteers_pb2.SetCommunityTypeRequest(
                    community_code=community["code"], community_type=community["community_type"]
                )
            )
        posts = [
            volunteers_pb2.SavePostRequest(
                category=category["code"],
                title=category["examples"][0],
                community_code=community["code"],
                quota=POST_PLACES,
                request_id=f"demo-post-{community['code']}-{category['code']}"[:64],
            )
            for category in categories
        ]
        await asyncio.gather(*(_patiently(volunteers.SavePost(post, timeout=LOAD_TIMEOUT_S)) for post in posts))


async def _load_hours(
    ledger: ledger_pb2_grpc.LedgerServiceAsyncStub, rows: Sequence[volunteers_pb2.VolunteerRow]
) -> None:
    """Hours from before the platform, as a city brings them along."""
    groups = []
    for row in rows:
        chance = random.Random(row.subject)
        groups.append(
            ledger_pb2.PostRequest(
                legs=[
                    ledger_pb2.PostLeg(
                        key=str(_key("hours", row.subject)),
                        debit=ledger_pb2.LedgerAccount(owner="system:time", unit="minutes", kind="source"),
                        credit=ledger_pb2.LedgerAccount(owner=row.subject, unit="minutes", kind="done"),
                        amount=30 * chance.randint(4, 900),
                        reason=IMPORTED_HOURS,
                        cause="demo",
                    )
                ]
            )
        )
    for part in _parts(groups):
        await ledger.PostBatch(ledger_pb2.PostBatchRequest(groups=part), timeout=LOAD_TIMEOUT_S)


def _key(*parts: str) -> UUID:
    """The same each time, and early in the order of keys."""
    digest = sha256("/".join(("demo", *parts)).encode()).digest()
    milliseconds = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
    return UUID(
        bytes=milliseconds.to_bytes(6)
        + bytes([0x80 | digest[0] & 0xF, digest[1], 0x80 | digest[2] & 0x3F])
        + digest[3:10]
    )


async def _load_mall(mall: mall_pb2_grpc.MallServiceAsyncStub, *, pictures: bool) -> None:
    """One counter in each sub-district; what the city has of each thing is shared out among them."""
    facts = city.data()
    streets = facts["subdistricts"]
    for street in streets:
        place = mall_pb2.PickupPlace(
            code=f"P{street['code'][3:]}",
            name=f"{street['name']}志愿服务兑换点",
            address=f"{street['name']}便民服务中心一楼",
            hours="周一至周五 9:00-17:00,周六 9:00-12:00",
            area_path=f"{city.city_code()}.{street['district_code']}.{street['code']}",
        )
        await mall.SavePlace(mall_pb2.SavePlaceRequest(place=place))
    kinds = {"goods": mall_pb2.GOODS_KIND_GOODS, "voucher": mall_pb2.GOODS_KIND_SERVICE}
    for row in facts["mall_goods"]:
        goods = mall_pb2.Goods(
            code=row["code"],
            title=row["title_zh"],
            title_en=row["title_en"],
            kind=kinds[row["kind"]],
            points=row["points"],
            limit_per_month=row["limit_per_month"],
            low_mark=max(1, row["stock"] // len(streets) // 10),
            picture=goods_pictures.key_of(row["code"]) if pictures else "",
        )
        await mall.SaveGoods(mall_pb2.SaveGoodsRequest(goods=goods))
        stock = [
            mall_pb2.StockGoodsRequest(
                request_id=f"demo-stock-{row['code']}-{street['code']}",
                goods_code=row["code"],
                place_code=f"P{street['code'][3:]}",
                quantity=max(1, row["stock"] // len(streets)),
            )
            for street in streets
        ]
        await asyncio.gather(*(_patiently(mall.StockGoods(arrival, timeout=LOAD_TIMEOUT_S)) for arrival in stock))


async def _welcome(points: points_pb2_grpc.PointsServiceAsyncStub) -> None:
    """Something to spend for those who try the demo."""
    for subject in (SHOWN_VOLUNTEER, SHOWN_RESIDENT):
        await points.CreditAccount(
            points_pb2.CreditAccountRequest(
                key=f"demo-welcome:{subject}", owner=subject, amount=WELCOME_POINTS, reason="WELCOME", cause="demo"
            )
        )
