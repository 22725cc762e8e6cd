"""Brings what incidents keeps beside cases: the 202 inspection items, some shops to inspect, and two routing rules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

import grpc
import shapely
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import inspections_pb2, inspections_pb2_grpc, rules_pb2, rules_pb2_grpc

from services.demo import city
from services.platform.errors import Invalid, Unavailable

TIMEOUT_S: Final = 30.0
#: Incidents hears of departments and owner units a moment after registry.
KNOWN_WITHIN_S: Final = 60.0
ROUND_DAYS: Final = 30
SHOP: Final = "merchant"
_SEVERITIES: Final = {
    "critical": inspections_pb2.SEVERITY_CRITICAL,
    "major": inspections_pb2.SEVERITY_MAJOR,
}


async def load(incidents: grpc.aio.Channel) -> int:
    """Bring what is missing; how many items there are."""
    inspections = inspections_pb2_grpc.InspectionsServiceStub(incidents)
    count = await _patiently(lambda: _load_items(inspections))
    await _load_round(inspections)
    await _patiently(lambda: _load_rules(rules_pb2_grpc.RulesServiceStub(incidents)))
    return count


def items() -> inspections_pb2.ImportItemsRequest:
    """The lines and their 202 items."""
    request = inspections_pb2.ImportItemsRequest(
        lines=[
            inspections_pb2.InspectionLine(
                code=row["code"], name=row["name_zh"], name_en=row["name_en"], department_code=row["department"]
            )
            for row in city.data()["inspection_lines"]
        ],
        items=[
            inspections_pb2.InspectionItem(
                code=row["code"],
                line=row["line"],
                title=row["title_zh"],
                title_en=row["title_en"],
                severity=_SEVERITIES.get(row["severity"], inspections_pb2.SEVERITY_MINOR),
                rectify_department=row["rectify_department"],
                task_type=row["task_type"],
                photo_required=row["photo_required"],
            )
            for row in city.data()["inspection_items"]
        ],
    )
    request.request_id = _request_id(request)
    return request


def shops() -> inspections_pb2.ImportSitesRequest:
    """One shop in each grid of the scenic and old quarters' first forty grids."""
    features = [feature for feature in city.area_collection()["features"] if feature["properties"]["level"] == "grid"][
        :40
    ]
    request = inspections_pb2.ImportSitesRequest()
    for number, feature in enumerate(features, start=1):
        middle = shapely.geometry.shape(feature["geometry"]).representative_point()
        request.sites.append(
            inspections_pb2.Site(
                code=f"shop-{number:03d}",
                name=f"{feature['properties']['name']}便民店",
                kind=SHOP,
                point=place_pb2.Point(longitude_deg=middle.x, latitude_deg=middle.y),
            )
        )
    request.request_id = _request_id(request)
    return request


def rules() -> rules_pb2.SaveRulesRequest:
    """Two rules that show what rules can say."""
    request = rules_pb2.SaveRulesRequest(
        note="示范城市初始规则 first rules of the demo city",
        rules=[
            rules_pb2.RoutingRule(
                key="gas_company",
                title="燃气泄漏由燃气公司抢修",
                title_en="Gas leaks belong to the gas company",
                conditions=rules_pb2.RuleConditions(task_types=["gas_leak"]),
                outcome=rules_pb2.RuleOutcome(owner_unit="U03"),
            ),
            rules_pb2.RoutingRule(
                key="night_works",
                title="夜间施工扰民由公安协办",
                title_en="Police assist with construction noise at night",
                conditions=rules_pb2.RuleConditions(
                    task_types=["construction_nuisance"], from_time="22:00", until_time="06:00"
                ),
                outcome=rules_pb2.RuleOutcome(co_department_codes=["D01"]),
            ),
        ],
    )
    request.request_id = _request_id(request)
    return request


async def _load_items(inspections: inspections_pb2_grpc.InspectionsServiceAsyncStub) -> int:
    return (await inspections.ImportItems(items(), timeout=TIMEOUT_S)).item_count


async def _load_round(inspections: inspections_pb2_grpc.InspectionsServiceAsyncStub) -> None:
    if (await inspections.ListPlans(inspections_pb2.ListPlansRequest())).plans:
        return
    await inspections.ImportSites(shops(), timeout=TIMEOUT_S)
    due_at = Timestamp()
    due_at.FromDatetime(datetime.now(UTC) + timedelta(days=ROUND_DAYS))
    plan = inspections_pb2.PlanInspectionRequest(
        request_id="demo-first-round", title="沿街门店第一轮检查", site_kind=SHOP, due_at=due_at
    )
    await inspections.PlanInspection(plan, timeout=TIMEOUT_S)


async def _load_rules(stub: rules_pb2_grpc.RulesServiceAsyncStub) -> int:
    if (await stub.GetRules(rules_pb2.GetRulesRequest())).HasField("version"):
        return 0
    version = (await stub.SaveRules(rules(), timeout=TIMEOUT_S)).version.version
    await stub.DryRunRules(rules_pb2.DryRunRulesRequest(version=version), timeout=TIMEOUT_S)
    await stub.ActivateRules(
        rules_pb2.ActivateRulesRequest(request_id=f"demo-rules-{version}", version=version), timeout=TIMEOUT_S
    )
    return version


async def _patiently(work: Callable[[], Awaitable[int]]) -> int:
    """Again while incidents has not heard of everything yet."""
    until_s = time.monotonic() + KNOWN_WITHIN_S
    while True:
        try:
            return await work()
        except (Invalid, Unavailable):
            if time.monotonic() > until_s:
                raise
            await asyncio.sleep(0.5)


def _request_id(request: Message) -> str:
    return f"demo-{sha256(request.SerializeToString(deterministic=True)).hexdigest()[:24]}"
