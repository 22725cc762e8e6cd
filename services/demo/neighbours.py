"""Lets the demo city's people say, do, decide and assess what fills the pages of community work and of steering, once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import httpx
import structlog

from services.demo import city, people
from services.demo.residents import PHONE

if TYPE_CHECKING:
    from services.demo.traffic import Person

log = structlog.get_logger()

Json = dict[str, Any]
GRID: Final = people.SHOWN_GRID
#: So many households have voted when the city is first looked at.
VOTERS: Final = 12
COMMUNITY: Final = GRID[:12]
#: What was said on rounds, how, and how far it has come since.
SAID: Final = (
    ("三单元门口的路灯坏了半个月,晚上接孩子不敢走。", "NEGATIVE", 0),
    ("垃圾分类亭能不能加个洗手池?", "NEUTRAL", 1),
    ("快递车早上堵在消防通道,说了几次没人管。", "NEGATIVE", 2),
    ("口袋公园修好了,老人都爱去,谢谢大家。", "POSITIVE", 4),
    ("健身器材松了,怕孩子摔着。", "NEGATIVE", 3),
    ("希望周末也能办老年证。", "NEUTRAL", 0),
)
#: The steps of an opinion, in their order.
STEPS: Final = (
    {"step": "OPINION_STEP_HANDLE"},
    {"step": "OPINION_STEP_ANSWER", "words": "已联系责任单位,本周内处理,处理完会再上门告知。"},
    {"step": "OPINION_STEP_RATE", "rating": 5},
    {"step": "OPINION_STEP_CLOSE"},
)
ERRANDS: Final = (
    ("陪同到政务中心办理医保转移", "ACCOMPANY", "GRID"),
    ("帮助填写高龄津贴申请表", "ASSIST", "COUNTER"),
)
#: How well the grids of the shown sub-district did; who gives which kind of mark.
MARKERS: Final = {"street": "SELF", "acceptor": "OPEN_CHECK", "chief": "UNDERCOVER", "video": "VIDEO"}
WORKER_MARKERS: Final = {"community": ("ATTENDANCE", "COMMUNITY"), "chief": ("BONUS",)}
GRIDS_MARKED: Final = 24
WORKERS_MARKED: Final = 8


def _in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def _month(back: int) -> str:
    now = datetime.now(UTC)
    months = now.year * 12 + now.month - 1 - back
    return f"{months // 12:04}-{months % 12 + 1:02}"


class Neighbours:
    """One verb for each page; what is there already is left as it is."""

    def __init__(self, everybody: Mapping[str, Person]) -> None:
        self._people = everybody

    async def begin(self) -> None:
        """Fill what is empty; what one part refuses keeps no other from being filled."""
        parts: tuple[tuple[str, str, str, Callable[[], Awaitable[None]]], ...] = (
            ("chief", "/v1/opinions", "opinions", self._opinions),
            ("chief", "/v1/errands", "errands", self._errands),
            ("chief", "/v1/duties", "duties", self._duties),
            ("chief", "/v1/campaigns", "campaigns", self._campaign),
            ("lawyer", "/v1/legalQuestions", "questions", self._law),
            ("leader", "/v1/councilItems", "items", self._council),
            ("leader", "/v1/selections", "selections", self._selection),
            ("chief", "/v1/directives", "directives", self._directives),
            (
                "chief",
                f"/v1/assessments/standings?kind=ASSESSMENT_KIND_GRID&period={_month(0)}",
                "standings",
                self._marks,
            ),
        )
        for login, path, field, fill in parts:
            try:
                if not (await self._people[login].call("GET", path)).get(field):
                    await fill()
            except httpx.HTTPStatusError as error:
                log.warning(
                    "demo_refused", part=field, status=error.response.status_code, answer=error.response.text[:300]
                )

    async def rate_each_other(self, case: Json, plugin: str) -> None:
        """After a case the worker and the department rate one another; whoever may not, or has, is refused."""
        for login, score in (("worker", 4), (plugin, 5)):
            body = {
                "requestId": f"demo-rate-{case['id'][-12:]}-{login[:12]}",
                "score": score,
                "attitude": 5,
                "quality": score,
            }
            try:
                await self._people[login].call("POST", f"/v1/cases/{case['id']}:rateOtherSide", json=body)
            except httpx.HTTPStatusError as error:
                log.info("demo_not_rated", number=case.get("number"), status=error.response.status_code)

    async def _post(self, login: str, path: str, key: str, **body: Any) -> Json:
        return await self._people[login].call("POST", path, json={"requestId": f"demo-{key}", **body})

    async def _opinions(self) -> None:
        for number, (words, tone, steps) in enumerate(SAID):
            told = await self._post(
                "worker", "/v1/opinions", f"opinion-{number}", gridCode=GRID, words=words, tone=f"TONE_{tone}"
            )
            opinion = told["opinion"]
            for taken, step in enumerate(STEPS[:steps]):
                path, key = f"/v1/opinions/{opinion['id']}:advance", f"opinion-{number}-{taken}"
                told = await self._post("worker", path, key, version=opinion["version"], **step)
                opinion = told["opinion"]

    async def _errands(self) -> None:
        found = await self._people["worker"].call(
            "GET",
            "/v1/elements",
            params={"kind": "ELEMENT_KIND_PERSON", "areaCode": GRID, "terminalId": PHONE, "pageSize": 2},
        )
        for number, ((matter, mode, place), person) in enumerate(zip(ERRANDS, found.get("elements", ()), strict=False)):
            told = await self._post(
                "worker", "/v1/errands", f"errand-{number}", gridCode=GRID, personId=person["id"], matter=matter,
                mode=f"ERRAND_MODE_{mode}", place=f"ERRAND_PLACE_{place}",
            )  # fmt: skip
            errand = told["errand"]
            await self._post(
                "worker", f"/v1/errands/{errand['id']}:advance", f"errand-{number}-on", version=errand["version"],
                place="ERRAND_PLACE_GRID", words="材料已备齐,约好周四上午去。",
            )  # fmt: skip

    async def _duties(self) -> None:
        whole = {
            "title": "独居老人每周探访", "definition": "当面见到本人,问冷暖、看药盒、查电器。", "quantity": 48, "unit": "户次",
            "steps": ["敲门见面", "看药盒和电器", "写民情日记"], "measure": "当季完成九成以上,家属随访满意",
            "accountable": f"staff:CA-{COMMUNITY[3:]}", "areaCode": COMMUNITY, "dueAt": _in_days(30),
        }  # fmt: skip
        duty = (await self._post("community", "/v1/duties", "duty-1", duty=whole))["duty"]
        await self._post("community", f"/v1/duties/{duty['id']}:publish", "duty-1-out", version=duty["version"])
        await self._post("worker", f"/v1/duties/{duty['id']}/work", "duty-1-work", quantity=17, words="第一至四单元")
        draft = {"title": "楼道堆物清理", "definition": "清出消防通道,拍前后照片。", "areaCode": COMMUNITY}
        await self._post("community", "/v1/duties", "duty-2", duty=draft)

    async def _campaign(self) -> None:
        words = "近期有人冒充社区人员推销保健品,请勿转账,拿不准先打社区电话。"
        await self._post(
            "community",
            "/v1/campaigns",
            "campaign-1",
            title="防诈骗提醒",
            tag="lone_elderly",
            areaCode=COMMUNITY,
            text=words,
        )

    async def _law(self) -> None:
        asked = (("resident", "邻居装空调滴水,能否要求移机?", True), ("worker", "物业能不能因为欠费停电梯卡?", False))
        told = [
            await self._post(
                "resident" if hotline else login,
                "/v1/legalQuestions",
                f"law-{number}",
                gridCode=GRID,
                words=words,
                byHotline=hotline,
            )
            for number, (login, words, hotline) in enumerate(asked)
        ]
        await self._post(
            "lawyer", f"/v1/legalQuestions/{told[1]['question']['id']}:answer", "law-answer",
            answer="不能。欠费应通过催告、调解或诉讼解决,限制通行没有依据。",
        )  # fmt: skip

    async def _council(self) -> None:
        for number, (kind, title, parties) in enumerate(
            (("HARD", "二号楼加装电梯", ("业主代表", "物业", "社区")), ("SMALL", "晾衣架位置", ("业主代表",)))
        ):
            item = (
                await self._post(
                    "leader", "/v1/councilItems", f"item-{number}", gridCode=GRID, kind=f"ITEM_KIND_{kind}", title=title
                )
            )["item"]
            for seat, party in enumerate(parties):
                await self._post("leader", f"/v1/councilItems/{item['id']}:join", f"item-{number}-{seat}", party=party)

    async def _selection(self) -> None:
        names = ["陈小明", "刘桂芳", "王建国"]
        told = await self._post(
            "leader",
            "/v1/selections",
            "selection-1",
            areaCode=GRID,
            title="楼长评选",
            candidates=names,
            closesAt=_in_days(7),
        )
        found = await self._people["leader"].call(
            "GET", "/v1/elements", params={"kind": "ELEMENT_KIND_HOUSEHOLD", "areaCode": GRID, "pageSize": VOTERS}
        )
        for number, household in enumerate(found.get("elements", ())):
            await self._post(
                "leader", f"/v1/selections/{told['selection']['id']}:vote", f"vote-{number}",
                householdCode=household["key"], candidate=names[number * number % len(names)],
            )  # fmt: skip

    async def _directives(self) -> None:
        told = await self._post(
            "chief", "/v1/directives", "directive-1", title="强降雨前低洼处排查", untilLevel=5, dueAt=_in_days(2),
            body="今晚八时前巡查地下车库、下穿通道和低洼院落,发现积水立即上报。",
        )  # fmt: skip
        for login in ("street", "community", "leader"):
            await self._post(
                login, f"/v1/directives/{told['directive']['id']}:acknowledge", f"directive-1-{login}", done=login == "leader",
                reply="已排查三处低洼院落,无积水。" if login == "leader" else "",
            )  # fmt: skip

    async def _marks(self) -> None:
        """Marks of the month before, which is published, and of this one."""
        for back in (1, 0):
            for login, source in MARKERS.items():
                marks = list(grid_marks(source))
                await self._post(
                    login,
                    "/v1/assessments/grids:mark",
                    f"marks-{_month(back)}-{source}",
                    period=_month(back),
                    marks=marks,
                )
            for login, parts in WORKER_MARKERS.items():
                marks = list(worker_marks(parts))
                await self._post(
                    login,
                    "/v1/assessments/workers:mark",
                    f"workers-{_month(back)}-{login}",
                    period=_month(back),
                    marks=marks,
                )
        await self._post(
            "chief",
            "/v1/assessments/standings:publish",
            f"publish-{_month(1)}",
            kind="ASSESSMENT_KIND_GRID",
            period=_month(1),
        )


def grid_marks(source: str) -> Iterator[Json]:
    """Marks of the first grids of the shown sub-district; the same each time."""
    grids = [grid["code"] for grid in city.data()["grids"] if grid["code"].startswith(GRID[:9])][:GRIDS_MARKED]
    for number, code in enumerate(grids):
        yield {"gridCode": code, "source": f"GRID_MARK_SOURCE_{source}", "score": 98 - (number * 7 + len(source)) % 23}


def worker_marks(parts: tuple[str, ...]) -> Iterator[Json]:
    """Marks of the workers of the shown community; a bonus is five at most."""
    workers = [grid["worker_post"] for grid in city.data()["grids"] if grid["code"].startswith(COMMUNITY)][
        :WORKERS_MARKED
    ]
    for part in parts:
        for number, post in enumerate(workers):
            score = number % 4 if part == "BONUS" else 97 - (number * 5) % 19
            yield {"staffCode": f"staff:{post}", "part": f"WORKER_PART_{part}", "score": score}
