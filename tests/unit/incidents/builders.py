"""A small city to test cases in: its calendar, task types, people and a case at any stage."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.incidents.domain.actors import Actor, Grant
from services.incidents.domain.calendar import WorkCalendar
from services.incidents.domain.case import Case, Event, Evidence, Point, Source
from services.incidents.domain.holiday_table import ListedHolidays
from services.incidents.domain.intake import Report, open_case
from services.incidents.domain.limits import Limit
from services.incidents.domain.responsibility import Area, AreaLevel, Department, PostOnDuty, Responsibilities
from services.incidents.domain.routing import Route, route
from services.incidents.domain.rulebook import Rulebook
from services.incidents.domain.step import Outcome, Step
from services.incidents.domain.tasktypes import (
    CheckMode,
    EvidenceKind,
    FilingCondition,
    PointsRule,
    TaskType,
    evidence_rules,
)
from services.incidents.domain.workflow import apply

SHANGHAI = ZoneInfo("Asia/Shanghai")
PLAIN = WorkCalendar(zone=SHANGHAI, table=ListedHolidays(official_years=frozenset({2026})))
NATIONAL_DAY = WorkCalendar(
    zone=SHANGHAI,
    table=ListedHolidays(
        days_off={date(2026, 10, day): "国庆节" for day in range(1, 8)},
        makeup_days=frozenset({date(2026, 10, 10)}),
        official_years=frozenset({2026}),
    ),
)

GRID, COMMUNITY, SUBDISTRICT = "999102001001001", "999102001001", "999102001"
AREA_PATH = f"999100.999102.{SUBDISTRICT}.{COMMUNITY}.{GRID}"
CHAIN = (
    Area(code="999100", level=AreaLevel.CITY),
    Area(code="999102", level=AreaLevel.DISTRICT),
    Area(code=SUBDISTRICT, level=AreaLevel.SUBDISTRICT, kind="street"),
    Area(code=COMMUNITY, level=AreaLevel.COMMUNITY, kind="old_estate"),
    Area(code=GRID, level=AreaLevel.GRID, kind="comprehensive"),
)
DEPARTMENTS = {code: Department(code=code) for code in ("D07", "D09", "D11")}
RULEBOOK = Rulebook(calendar=PLAIN, department_codes=frozenset(DEPARTMENTS))

GARBAGE = TaskType(
    code="exposed_garbage",
    version=3,
    title="暴露垃圾与垃圾满溢",
    title_en="Exposed garbage or overflowing bin",
    department_code="D07",
    category_code="E0110",
    filing_conditions=(
        FilingCondition(
            code="exposed",
            title="暴露垃圾",
            limit=Limit.of(10, "work_hour"),
            closing_condition="清理",
            closing_condition_en="Cleared away",
        ),
        FilingCondition(code="piled", title="积存垃圾", limit=Limit.of(5, "work_day"), closing_condition="清运"),
    ),
    evidence=evidence_rules(min_photos=1, check_mode=CheckMode.FIELD),
    check_mode=CheckMode.FIELD,
    points=PointsRule(beneficiary="reporter", base_points=12),
)
MANHOLE = TaskType(
    code="manhole_cover_missing",
    version=1,
    title="井盖缺失破损",
    department_code="D09",
    category_code="C0102",
    emergency=True,
    filing_conditions=(FilingCondition(code="missing", title="缺失", limit=Limit.of(2, "urgent_hour")),),
    evidence=evidence_rules(min_photos=1, check_mode=CheckMode.PHOTO),
)


def an_actor(name: str, role: str, area_path: str = "999100", department: str = "") -> Actor:
    """Somebody with one role."""
    return Actor(id=name, grants=(Grant(role=role, area_path=area_path, department_code=department),))


RESIDENT = Actor(id="resident-li")
ACCEPTOR = an_actor("acceptor-1", "acceptor")
CHIEF = an_actor("chief-1", "duty_chief")
SECOND_ACCEPTOR = an_actor("acceptor-2", "acceptor")
DISPATCHER = an_actor("dispatcher-1", "dispatcher")
SECOND_DISPATCHER = an_actor("dispatcher-2", "dispatcher")
LEADER = an_actor("leader-d07", "department_leader", department="D07")
STREET = an_actor("subdistrict-1", "subdistrict_admin", area_path=f"999100.999102.{SUBDISTRICT}")
SANITATION = an_actor("specialist-d07", "department_specialist", department="D07")
WATER = an_actor("specialist-d11", "department_specialist", department="D11")
HANDLER = an_actor("handler-d07", "handler", department="D07")
WORKER = an_actor("worker-1", "grid_worker", area_path=AREA_PATH)
CHECKER = an_actor("worker-2", "grid_worker", area_path=AREA_PATH)


class Duty:
    """Who stands where, written down."""

    def __init__(self, *posts: PostOnDuty) -> None:
        self._posts = posts

    def posts(self, area_code: str, role: str, at: datetime) -> Iterable[PostOnDuty]:
        return [post for post in self._posts if (post.area_code, post.role) == (area_code, role)]


EVERYBODY = Duty(
    PostOnDuty(post_code="GW-1", role="grid_worker", area_code=GRID, staff_code="worker-1"),
    PostOnDuty(post_code="CA-1", role="community_admin", area_code=COMMUNITY, staff_code="community-1"),
    PostOnDuty(post_code="SA-1", role="subdistrict_admin", area_code=SUBDISTRICT, staff_code="subdistrict-1"),
)
RESPONSIBILITIES = Responsibilities(departments=DEPARTMENTS)


def local(text: str) -> datetime:
    """A moment on the clocks of the city, such as "2026-03-06 17:30"."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


MONDAY_8 = local("2026-03-09 08:00").astimezone(UTC)


def proof(kind: EvidenceKind, count: int = 1) -> tuple[Evidence, ...]:
    """Photos."""
    return tuple(Evidence(kind=kind, object_key=f"photo-{kind}-{number}") for number in range(count))


def a_route(task_type: TaskType = GARBAGE) -> Route:
    """Where it goes when everybody is in place."""
    return route(task_type, area_chain=CHAIN, duty=EVERYBODY, responsibilities=RESPONSIBILITIES, at=MONDAY_8)


def a_report(source: Source = Source.RESIDENT, evidence: tuple[Evidence, ...] | None = None) -> Report:
    """Rubbish at the gate."""
    return Report(
        description="小区门口垃圾堆积",
        point=Point(longitude_deg=119.8133967, latitude_deg=38.5903833),
        source=source,
        evidence=proof(EvidenceKind.SCENE) if evidence is None else evidence,
    )


def opened(
    *,
    task_type: TaskType = GARBAGE,
    at: datetime = MONDAY_8,
    rulebook: Rulebook = RULEBOOK,
    report: Report | None = None,
    routed: Route | None = None,
) -> Outcome:
    """A report that has just come in."""
    return open_case(
        report or a_report(),
        id="case-1",
        number="9991-20260309-00001",
        area_path=AREA_PATH,
        grid_code=GRID,
        task_type=task_type,
        route=routed or a_route(task_type),
        actor=RESIDENT,
        at=at,
        rulebook=rulebook,
    )


def take(
    case: Case,
    event: Event,
    *,
    actor: Actor,
    at: datetime | None = None,
    task_type: TaskType = GARBAGE,
    rulebook: Rulebook = RULEBOOK,
    **fields: object,
) -> Outcome:
    """One step; without a moment, a minute after the last."""
    corrected = task_type.code if task_type.code != case.task_type else ""
    step = replace(Step(event=event, task_type=corrected), **fields)
    moment = at or case.updated_at + timedelta(minutes=1)
    return apply(case, step, actor=actor, at=moment, task_type=task_type, rulebook=rulebook)


#: The main way: each step as it is usually taken.
MAIN_WAY: tuple[tuple[Event, Actor, dict[str, object]], ...] = (
    (Event.ACCEPT, ACCEPTOR, {}),
    (Event.REGISTER, ACCEPTOR, {"filing_condition": "exposed"}),
    (Event.DISPATCH, DISPATCHER, {}),
    (Event.SIGN, SANITATION, {}),
    (Event.ASSIGN, SANITATION, {"assignee": HANDLER.id}),
    (Event.DISPOSE, HANDLER, {"evidence": proof(EvidenceKind.AFTER)}),
    (Event.FEEDBACK, SANITATION, {"opinion": "已清理"}),
    (Event.SEND_CHECK, ACCEPTOR, {"assignee": CHECKER.id}),
    (Event.CHECK_PASS, CHECKER, {"evidence": proof(EvidenceKind.CHECK)}),
    (Event.CLOSE, ACCEPTOR, {}),
    (Event.RATE, RESIDENT, {"rating": 4, "opinion": "很快"}),
)


def main_way(until: Event, *, start: Outcome | None = None, rulebook: Rulebook = RULEBOOK) -> list[Outcome]:
    """The outcomes from the report to a step of the main way, a minute apart."""
    outcomes = [start or opened(rulebook=rulebook)]
    for event, actor, fields in MAIN_WAY:
        outcomes.append(take(outcomes[-1].case, event, actor=actor, rulebook=rulebook, **fields))
        if event is until:
            break
    return outcomes


#: What somebody shows who put a thing right on the spot.
BOTH = proof(EvidenceKind.BEFORE) + proof(EvidenceKind.AFTER)


def suspended(days: int = 30) -> Case:
    """A case whose time stands still for so many days, by the approval of two."""
    case = a_case(Event.ASSIGN)
    until = case.updated_at + timedelta(days=days)
    case = take(case, Event.ASK_SUSPENSION, actor=HANDLER, opinion="需要施工", until=until).case
    case = take(case, Event.ENDORSE_REQUEST, actor=SANITATION).case
    return take(case, Event.GRANT_SUSPENSION, actor=DISPATCHER).case


def a_case(until: Event) -> Case:
    """A case that has come so far on the main way."""
    return main_way(until)[-1].case
