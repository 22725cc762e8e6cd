"""Plays a gentle, realistic day through the public doors of the suite, as the demo city's own people."""

import asyncio
import random
import tomllib
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any
from uuid import uuid4

import httpx
import structlog
from shapely.geometry import Point, shape

from services.demo import city, lending, people, photo, wishes
from services.demo.neighbours import Neighbours
from services.demo.settings import DemoSettings

log = structlog.get_logger()

Json = dict[str, Any]
TIMEOUT_S = 15.0
FIRST_REPORTS = 24
FIRST_WISHES = 5
#: Reports for one wish of a service.
WISHES_ARE_RARER = 6
RETRY_S = 3.0
#: Who reports, and how often compared with the others.
REPORTERS = {"worker": 5, "resident": 3, "volunteer": 2}
REPORTER_OF_SOURCE = {"SOURCE_GRID_WORKER": "worker", "SOURCE_RESIDENT": "resident", "SOURCE_VOLUNTEER": "volunteer"}
#: The usual next step in each state: event and who takes it.
USUAL = {
    "CASE_STATE_REPORTED": ("CASE_EVENT_ACCEPT", "acceptor"),
    "CASE_STATE_ACCEPTED": ("CASE_EVENT_REGISTER", "acceptor"),
    "CASE_STATE_REGISTERED": ("CASE_EVENT_DISPATCH", "dispatcher"),
    "CASE_STATE_RETURNED": ("CASE_EVENT_DISPATCH", "dispatcher"),
    "CASE_STATE_DISPATCHED": ("CASE_EVENT_SIGN", "department"),
    "CASE_STATE_SIGNED": ("CASE_EVENT_DISPOSE", "handler"),
    "CASE_STATE_DISPOSING": ("CASE_EVENT_DISPOSE", "handler"),
    "CASE_STATE_DISPOSED": ("CASE_EVENT_FEEDBACK", "department"),
    "CASE_STATE_FEEDBACK": ("CASE_EVENT_SEND_CHECK", "acceptor"),
    "CASE_STATE_CHECKING": ("CASE_EVENT_CHECK_PASS", "checker"),
    "CASE_STATE_CHECK_FAILED": ("CASE_EVENT_REWORK", "dispatcher"),
    "CASE_STATE_CHECKED": ("CASE_EVENT_CLOSE", "acceptor"),
}
#: Cases are left to lie for a while now and then, so that lights of every colour can be seen.
LEFT_LYING = 0.35
SENT_BACK = 0.06
CHECK_FAILED = 0.08


class Person:
    """Somebody signed in at the gateway."""

    def __init__(self, client: httpx.AsyncClient, account: people.Account) -> None:
        self._client = client
        self.account = account
        self._token = ""

    async def call(self, method: str, path: str, **arguments: Any) -> Json:
        """One call; signs in first, and again when the session ran out."""
        if not self._token:
            await self._sign_in()
        response = await self._send(method, path, arguments)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            await self._sign_in()
            response = await self._send(method, path, arguments)
        response.raise_for_status()
        return dict(response.json())

    async def _send(self, method: str, path: str, arguments: Json) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._token}", **arguments.get("headers", {})}
        return await self._client.request(method, path, **{**arguments, "headers": headers})

    async def _sign_in(self) -> None:
        credentials = {"login": self.account["login"], "password": self.account["password"]}
        response = await self._client.post("/v1/session", json=credentials)
        response.raise_for_status()
        self._token = response.json()["token"]

    async def upload(self, content: bytes, kind: str) -> Json:
        """Store a photo; the evidence to put into a report or a step."""
        evidence = await self.call("POST", "/v1/photos", content=content, headers={"content-type": "image/jpeg"})
        return {**evidence, "kind": kind}


class Day:
    """A day of the demo city."""

    def __init__(self, client: httpx.AsyncClient, settings: DemoSettings, chance: random.Random) -> None:
        self._settings = settings
        self._chance = chance
        self._people = {
            account["login"]: Person(client, account) for account in people.accounts(settings.demo_password)
        }
        self.neighbours = Neighbours(self._people)
        self._stories = tomllib.loads(files(__package__).joinpath("stories.toml").read_text())["story"]
        features = city.area_collection()["features"]
        self._grids = [feature for feature in features if feature["properties"]["level"] == "grid"]
        self._plugin_of = {department.code: department.plugin for department in city.departments()}
        self._conditions: dict[str, list[str]] = {}

    async def report(self) -> None:
        """Somebody somewhere sees something."""
        story = self._chance.choice(self._stories)
        reporter = self._people[self._chance.choices(list(REPORTERS), weights=list(REPORTERS.values()))[0]]
        grid = self._grid_for(reporter.account)
        drawn = photo.draw_photo(story["task_type"], repaired=False, seed=self._chance.randrange(1 << 30))
        report = {
            "taskType": story["task_type"],
            "description": self._chance.choice(story["texts"]),
            "place": grid["properties"]["name"],
            "point": self._point_in(grid),
            "evidence": [await reporter.upload(drawn, "EVIDENCE_KIND_SCENE")],
        }
        answer = await reporter.call("POST", "/v1/cases", json={"requestId": uuid4().hex, "report": report})
        log.info("demo_reported", number=answer["case"]["number"], task_type=story["task_type"])

    async def wish(self) -> None:
        """Somebody asks for a service of volunteers."""
        grid = next(grid for grid in self._grids if grid["id"] == people.SHOWN_GRID)
        await wishes.wish(self._people, self._point_in(grid), self._chance)

    def _grid_for(self, account: people.Account) -> Json:
        if account["login"] == "worker":
            return next(grid for grid in self._grids if grid["id"] == people.SHOWN_GRID)
        return self._chance.choice(self._grids)

    def _point_in(self, grid: Json) -> Json:
        polygon = shape(grid["geometry"])
        west, south, east, north = polygon.bounds
        while True:
            point = Point(self._chance.uniform(west, east), self._chance.uniform(south, north))
            if polygon.contains(point):
                return {"longitudeDeg": point.x, "latitudeDeg": point.y, "accuracyM": 8}

    async def step(self) -> None:
        """Somebody takes the usual next step with one of the open cases."""
        page = await self._people["chief"].call("GET", "/v1/cases", params={"openOnly": "true", "pageSize": 60})
        moving = [case for case in page.get("cases", []) if random.Random(case["id"]).random() > LEFT_LYING]
        if not moving:
            return
        # What has come far is finished first, as people do, so that every state can be seen.
        progress = [(1 + list(USUAL).index(case["state"])) ** 2 for case in moving]
        case = self._chance.choices(moving, weights=progress)[0]
        event, who = self._event_for(case)
        person = self._person_for(who, case)
        step = await self._step_of(event, case, person)
        body = {"requestId": uuid4().hex, "version": case["version"], "steps": [step]}
        answer = await person.call("POST", f"/v1/cases/{case['id']}:advance", json=body)
        log.info("demo_stepped", number=case["number"], step=event)
        if event == "CASE_EVENT_CLOSE":
            await self._rate(answer["case"])

    def _event_for(self, case: Json) -> tuple[str, str]:
        event, who = USUAL[case["state"]]
        if event == "CASE_EVENT_SIGN" and self._chance.random() < SENT_BACK:
            return "CASE_EVENT_RETURN_BACK", "department"
        if event == "CASE_EVENT_CHECK_PASS" and self._chance.random() < CHECK_FAILED:
            return "CASE_EVENT_CHECK_FAIL", "checker"
        return event, who

    def _person_for(self, who: str, case: Json) -> Person:
        plugin = self._plugin_of.get(case.get("departmentCode", ""), "municipal_works")
        login = {
            "department": plugin,
            "handler": f"{plugin}.handler",
            "checker": self._checker_login(case),
        }.get(who, who)
        return self._people[login]

    @staticmethod
    def _checker_login(case: Json) -> str:
        return f"rv-{case['gridCode'][:6]}-1"

    async def _step_of(self, event: str, case: Json, person: Person) -> Json:
        seed = self._chance.randrange(1 << 30)
        step: Json = {"event": event, "opinion": _OPINIONS.get(event, "")}
        if event == "CASE_EVENT_DISPOSE":
            drawn = photo.draw_photo(case["taskType"], repaired=True, seed=seed)
            step["evidence"] = [await person.upload(drawn, "EVIDENCE_KIND_AFTER")]
        if event in {"CASE_EVENT_CHECK_PASS", "CASE_EVENT_CHECK_FAIL"}:
            drawn = photo.draw_photo(case["taskType"], repaired=event == "CASE_EVENT_CHECK_PASS", seed=seed)
            step["evidence"] = [await person.upload(drawn, "EVIDENCE_KIND_CHECK")]
        if event == "CASE_EVENT_REGISTER":
            step["filingCondition"] = self._chance.choice(await self._conditions_of(case["taskType"], person))
        if event == "CASE_EVENT_SEND_CHECK":
            step["assignee"] = f"staff:{self._checker_login(case).upper()}"
        return step

    async def _conditions_of(self, task_type: str, person: Person) -> list[str]:
        """The filing conditions of a task type; learnt once."""
        if task_type not in self._conditions:
            known = await person.call("GET", "/v1/task-types")
            for row in known["taskTypes"]:
                self._conditions[row["code"]] = [condition["code"] for condition in row["filingConditions"]]
        return self._conditions[task_type]

    async def lend(self) -> None:
        """Owners of data decide what others asked for; what is refused is not tried again."""
        try:
            await lending.decide(self._people)
        except httpx.HTTPStatusError as error:
            log.warning("demo_refused", status=error.response.status_code, answer=error.response.text[:300])

    async def _rate(self, case: Json) -> None:
        """Whoever reported it says how well it went."""
        person = self._people[REPORTER_OF_SOURCE[case["source"]]]
        seen = await person.call("GET", f"/v1/cases/{case['id']}")
        rating = self._chance.choices([5, 4, 3, 2], weights=[6, 3, 1, 1])[0]
        step = {"event": "CASE_EVENT_RATE", "rating": rating, "opinion": _OPINIONS["CASE_EVENT_RATE"]}
        body = {"requestId": uuid4().hex, "version": seen["case"]["version"], "steps": [step]}
        await person.call("POST", f"/v1/cases/{case['id']}:advance", json=body)
        if case["source"] == "SOURCE_GRID_WORKER":
            await self.neighbours.rate_each_other(case, self._plugin_of.get(case.get("departmentCode", ""), ""))


_OPINIONS = {
    "CASE_EVENT_ACCEPT": "情况清楚,予以受理",
    "CASE_EVENT_REGISTER": "符合立案条件",
    "CASE_EVENT_DISPATCH": "请按时限处置",
    "CASE_EVENT_SIGN": "已签收,安排人员前往",
    "CASE_EVENT_RETURN_BACK": "权属待确认,请核对责任单位",
    "CASE_EVENT_DISPOSE": "现场已处置完毕",
    "CASE_EVENT_FEEDBACK": "处置结果属实",
    "CASE_EVENT_SEND_CHECK": "请到现场核查",
    "CASE_EVENT_CHECK_PASS": "现场核查,问题已解决",
    "CASE_EVENT_CHECK_FAIL": "现场仍有遗留,请返工",
    "CASE_EVENT_REWORK": "请继续处置到位",
    "CASE_EVENT_CLOSE": "同意结案",
    "CASE_EVENT_RATE": "处理及时,谢谢",
}


async def play(settings: DemoSettings) -> None:
    """Play until told to stop; a part that is away for a while is waited for."""
    async with httpx.AsyncClient(base_url=settings.gateway_url, timeout=TIMEOUT_S, trust_env=False) as client:
        day = Day(client, settings, random.Random())
        await asyncio.gather(
            _lastingly(day.neighbours.begin),
            _lastingly(day.lend),
            _repeat(day.report, settings.demo_report_every_s, first=FIRST_REPORTS),
            _repeat(day.step, settings.demo_step_every_s, first=0),
            _repeat(day.wish, settings.demo_report_every_s * WISHES_ARE_RARER, first=FIRST_WISHES),
        )


async def _lastingly(act: Callable[[], Awaitable[None]]) -> None:
    """Once; again while the door is still closed."""
    while True:
        try:
            await act()
        except httpx.HTTPError as error:
            log.warning("demo_waits", error=str(error)[:200])
            await asyncio.sleep(RETRY_S)
        else:
            return


async def _repeat(act: Callable[[], Awaitable[None]], every_s: float, *, first: int) -> None:
    count = 0
    while True:
        try:
            await act()
        except httpx.HTTPStatusError as error:
            log.warning("demo_refused", status=error.response.status_code, answer=error.response.text[:300])
        except httpx.HTTPError as error:
            log.warning("demo_waits", error=str(error)[:200])
            await asyncio.sleep(RETRY_S)
        count += 1
        await asyncio.sleep(0.3 if count < first else random.expovariate(1 / every_s))
