"""Finds where a report goes: which department, which post on the ground, which loop; and says why, rule by rule."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.incidents.domain.answers import hinted
from services.incidents.domain.errors import TaskTypePaused, TaskTypeUnknown
from services.incidents.domain.responsibility import (
    DUTY_ROLES,
    EXCLUSIVE,
    LOOP_LEVELS,
    Area,
    AreaLevel,
    DutyView,
    PostOnDuty,
    Responsibilities,
)
from services.incidents.domain.rulebook import LOOP_TOP
from services.incidents.domain.tasktypes import TaskType


class Rule(StrEnum):
    """A rule the router looks at; they are looked at in this order."""

    SETTLED_RULE = "settled_rule"
    TASK_TYPE_ADMITTED = "task_type_admitted"
    EXCLUSIVE_GRID = "exclusive_grid"
    OWNER_UNIT = "owner_unit"
    FORM_ANSWER = "form_answer"
    TASK_TYPE_DEPARTMENT = "task_type_department"
    CATEGORY_DEPARTMENT = "category_department"
    FIRST_LOOP = "first_loop"
    ON_DUTY = "on_duty"
    DISPATCH_DESK = "dispatch_desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrace:
    """One rule looked at: whether it decided something, and the key and figures of the reason."""

    rule: Rule
    matched: bool
    reason: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who must repair: named by the reporter, or the owner of the component that stands nearest."""

    owner_unit: str = ""
    component: str = ""
    distance_m: float = 0.0

    def details(self) -> Mapping[str, str]:
        """As the account of the way tells it."""
        found = {"component": self.component, "distance_m": f"{self.distance_m:.0f}"} if self.component else {}
        return {"owner_unit": self.owner_unit or "-", **found}


NO_OWNER: Final = Owner()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a report goes. Never nowhere: without a department or anybody on duty, the desk has it.

    `worker_post` is the nearest filled post that answers for the place, perhaps of an upper area; `desk` is
    empty unless something was left for it.
    """

    department_code: str
    co_department_codes: tuple[str, ...]
    owner_unit: str
    worker_post: str
    worker: str
    worker_area: str
    loop_level: int
    desk: str
    receiver: str
    explanation: tuple[RuleTrace, ...]


def route(
    task_type: TaskType | None,
    *,
    area_chain: tuple[Area, ...],
    duty: DutyView,
    responsibilities: Responsibilities,
    at: datetime,
    owner: Owner = NO_OWNER,
    form_answers: str = "",
    task_type_code: str = "",
) -> Route:
    """Route a report of this task type at this place (areas from the city to the grid).

    Fails with TASK_TYPE_UNKNOWN, TASK_TYPE_PAUSED and TASK_TYPE_NOT_ADMITTED; everything else finds a way.
    """
    if task_type is None:
        raise TaskTypeUnknown(task_type=task_type_code or "-")
    _require_let_in(task_type, area_chain)
    traces = [_trace(Rule.TASK_TYPE_ADMITTED, "ADMITTED", task_type=task_type.code, version=str(task_type.version))]
    department = _find_department(
        _claims(task_type, area_chain, responsibilities, owner, form_answers), responsibilities, traces
    )
    loop_level = _find_loop(task_type, traces)
    post = _find_post(area_chain, duty, at, traces)
    desk = _find_desk(department, post, responsibilities.desk, traces)
    on_the_ground = post.post_code if post else responsibilities.desk
    return Route(
        department_code=department,
        co_department_codes=_assisting(task_type, department),
        owner_unit=owner.owner_unit if owner.owner_unit in responsibilities.owner_units else "",
        worker_post=post.post_code if post else "",
        worker=post.staff_code if post else "",
        worker_area=post.area_code if post else "",
        loop_level=loop_level,
        desk=desk,
        receiver=on_the_ground if loop_level < LOOP_TOP else department or responsibilities.desk,
        explanation=tuple(traces),
    )


def _require_let_in(task_type: TaskType, area_chain: tuple[Area, ...]) -> None:
    """Fails with TASK_TYPE_PAUSED, TASK_TYPE_NOT_ADMITTED; an emergency opens and pauses types where it is in force."""
    for area in area_chain:
        if task_type.code in area.paused_task_types:
            raise TaskTypePaused(task_type=task_type.code, area_code=area.code)
    if not any(task_type.code in area.opened_task_types for area in area_chain):
        task_type.require_admitted()


def loop_receiver(
    loop_level: int,
    *,
    area_chain: tuple[Area, ...],
    duty: DutyView,
    department_code: str,
    desk: str,
    at: datetime,
) -> str:
    """Who takes over in a loop: the nearest filled post of its levels, in the top loop the department, or the desk."""
    if loop_level >= LOOP_TOP:
        return department_code or desk
    for area in reversed(area_chain):
        if area.level in LOOP_LEVELS[loop_level]:
            post = _filled(area, duty, at)
            if post:
                return post.post_code
    return desk


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What one rule says about the department: a code, or a reason why it says nothing."""

    rule: Rule
    department: str
    found: str = ""
    missing: str = ""
    details: Mapping[str, str]


def _claims(
    task_type: TaskType,
    area_chain: tuple[Area, ...],
    responsibilities: Responsibilities,
    owner: Owner,
    form_answers: str,
) -> Iterator[_Claim]:
    grid = area_chain[-1] if area_chain else None
    exclusive = grid is not None and grid.kind == EXCLUSIVE
    code = grid.code if grid else ""
    yield _Claim(
        rule=Rule.EXCLUSIVE_GRID,
        department=responsibilities.by_exclusive_grid.get(code, "") if exclusive else "",
        found="EXCLUSIVE_DEPARTMENT",
        missing="EXCLUSIVE_WITHOUT_DEPARTMENT" if exclusive else "NOT_EXCLUSIVE",
        details={"grid": code or "-"},
    )
    known = responsibilities.owner_units.get(owner.owner_unit)
    yield _Claim(
        rule=Rule.OWNER_UNIT,
        department=known.department_code if known else "",
        found="COMPONENT_OWNER_DEPARTMENT" if owner.component else "OWNER_UNIT_DEPARTMENT",
        missing="OWNER_UNIT_UNKNOWN" if owner.owner_unit else "NO_OWNER_UNIT",
        details=owner.details(),
    )
    hint = hinted(task_type.hints, form_answers)
    if hint is not None:
        yield _Claim(
            rule=Rule.FORM_ANSWER,
            department=hint.department_code,
            found="FORM_ANSWER_DEPARTMENT",
            missing="FORM_ANSWER_DEPARTMENT",
            details={"field": hint.field, "value": hint.value},
        )
    yield _Claim(
        rule=Rule.TASK_TYPE_DEPARTMENT,
        department=task_type.department_code,
        found="TASK_TYPE_DEPARTMENT",
        missing="TASK_TYPE_WITHOUT_DEPARTMENT",
        details={"task_type": task_type.code},
    )
    category = _category(task_type.category_code, responsibilities.by_category)
    yield _Claim(
        rule=Rule.CATEGORY_DEPARTMENT,
        department=responsibilities.by_category.get(category, ""),
        found="CATEGORY_DEPARTMENT",
        missing="NO_CATEGORY_DEPARTMENT",
        details={"category": category or task_type.category_code or "-"},
    )


def _category(code: str, by_category: Mapping[str, str]) -> str:
    """The longest beginning of a category code that somebody answers for."""
    beginnings = (code[:length] for length in range(len(code), 0, -1))
    return next((beginning for beginning in beginnings if beginning in by_category), "")


def _find_department(claims: Iterator[_Claim], responsibilities: Responsibilities, traces: list[RuleTrace]) -> str:
    decided = ""
    for claim in claims:
        details = {**claim.details, "department": claim.department or "-"}
        if not claim.department:
            traces.append(RuleTrace(rule=claim.rule, matched=False, reason=claim.missing, details=details))
        elif claim.department not in responsibilities.departments:
            traces.append(RuleTrace(rule=claim.rule, matched=False, reason="DEPARTMENT_NOT_KNOWN", details=details))
        elif decided:
            details["decided"] = decided
            traces.append(RuleTrace(rule=claim.rule, matched=False, reason="ALREADY_DECIDED", details=details))
        else:
            decided = claim.department
            traces.append(RuleTrace(rule=claim.rule, matched=True, reason=claim.found, details=details))
    return decided


def _find_loop(task_type: TaskType, traces: list[RuleTrace]) -> int:
    level, reason = (LOOP_TOP, "EMERGENCY_TO_TOP") if task_type.emergency else (1, "BEGINS_ON_THE_GROUND")
    traces.append(_trace(Rule.FIRST_LOOP, reason, loop=str(level)))
    return level


def _find_post(
    area_chain: tuple[Area, ...], duty: DutyView, at: datetime, traces: list[RuleTrace]
) -> PostOnDuty | None:
    exclusive = bool(area_chain) and area_chain[-1].kind == EXCLUSIVE
    for area in reversed(area_chain):
        if area.level not in DUTY_ROLES:
            continue
        if exclusive and area.level is AreaLevel.COMMUNITY:
            traces.append(_missed(Rule.ON_DUTY, "EXCLUSIVE_PASSED_OVER", area=area.code))
            continue
        for role in DUTY_ROLES[area.level]:
            post = _look(area, role, duty, at, traces)
            if post:
                return post
    return None


def _look(area: Area, role: str, duty: DutyView, at: datetime, traces: list[RuleTrace]) -> PostOnDuty | None:
    posts = tuple(duty.posts(area.code, role, at))
    if not posts:
        traces.append(_missed(Rule.ON_DUTY, "NO_POST", area=area.code, role=role))
    for post in posts:
        if post.staff_code:
            reason = "POST_BY_SHIFT" if post.by_shift else "POST_FILLED"
            traces.append(
                _trace(Rule.ON_DUTY, reason, area=area.code, role=role, post=post.post_code, staff=post.staff_code)
            )
            return post
        traces.append(_missed(Rule.ON_DUTY, "POST_VACANT", area=area.code, role=role, post=post.post_code))
    return None


def _filled(area: Area, duty: DutyView, at: datetime) -> PostOnDuty | None:
    return next(
        (post for role in DUTY_ROLES[area.level] for post in duty.posts(area.code, role, at) if post.staff_code), None
    )


def _find_desk(department: str, post: PostOnDuty | None, desk: str, traces: list[RuleTrace]) -> str:
    if department and post:
        traces.append(_missed(Rule.DISPATCH_DESK, "DESK_NOT_NEEDED", desk=desk))
        return ""
    reason = "DESK_STANDS_IN" if department else "DESK_DECIDES"
    traces.append(_trace(Rule.DISPATCH_DESK, reason, desk=desk))
    return desk


def _assisting(task_type: TaskType, department: str) -> tuple[str, ...]:
    """The task type's departments that assist; its own one too when another solves it."""
    codes = dict.fromkeys((task_type.department_code, *task_type.co_department_codes))
    return tuple(code for code in codes if code and code != department)


def _trace(rule: Rule, reason: str, **details: str) -> RuleTrace:
    return RuleTrace(rule=rule, matched=True, reason=reason, details=details)


def _missed(rule: Rule, reason: str, **details: str) -> RuleTrace:
    return RuleTrace(rule=rule, matched=False, reason=reason, details=details)
