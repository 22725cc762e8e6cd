"""Lets the demo's resident ask for services now and then, and the community publish what residents ask for."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Protocol
from uuid import uuid4

import structlog

from services.demo import city

log = structlog.get_logger()

Json = dict[str, Any]
WISHES = (
    ("elder_child_care", "独居奶奶需要人陪着去医院复查", 120, 1),
    ("love_care", "行动不便,想请志愿者上门理发", 60, 1),
    ("convenience_service", "家里水龙头漏水,请会修的邻居帮忙", 60, 1),
    ("environment_improvement", "楼道杂物多,想组织一次大扫除", 120, 3),
    ("education_training", "暑期孩子作业没人辅导", 90, 2),
    ("targeted_warmth", "老伴走后一个人,想有人来说说话", 60, 2),
)
#: More than so many published orders wait for volunteers: nobody asks for more.
WAITING_MAX = 8


class Somebody(Protocol):
    """A person signed in at the gateway."""

    async def call(self, method: str, path: str, **arguments: Any) -> Json:
        """One call."""
        ...


async def wish(people: Mapping[str, Somebody], point: Json, chance: random.Random) -> None:
    """The resident asks for something, unless much waits already; the community publishes what is new in its area."""
    community = people["community"]
    states = {"view": "ORDER_VIEW_AREA", "states": "ORDER_STATE_PUBLISHED"}
    waiting = await community.call("GET", "/v1/orders", params=states)
    if len(waiting.get("orders", [])) < WAITING_MAX:
        category, words, minutes, count = chance.choice(WISHES)
        body = {
            "requestId": uuid4().hex,
            "category": category,
            "description": words,
            "minutes": minutes,
            "people": count,
            "point": point,
            "place": f"{city.data()['communities'][0]['name']}{chance.randint(1, 20)}幢",
        }
        answer = await people["resident"].call("POST", "/v1/orders", json=body)
        log.info("demo_wished", number=answer["order"]["number"], category=category)
    states["states"] = "ORDER_STATE_OPENED"
    opened = await community.call("GET", "/v1/orders", params=states)
    for order in opened.get("orders", [])[:3]:
        await community.call("POST", f"/v1/orders/{order['id']}:publish", json={})
