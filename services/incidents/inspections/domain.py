"""The values and rules of inspections: what is looked at, what counts as found, and what closes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.incidents.domain.case import Event, Evidence, Point
from services.incidents.domain.errors import EvidenceRequired
from services.incidents.domain.routing import Route, Rule, RuleTrace
from services.incidents.domain.rulebook import LOOP_TOP
from services.incidents.domain.tasktypes import EvidenceKind
from services.platform.errors import Conflict, Invalid, NotFound


class InspectionInvalid(Invalid):
    """The inspection cannot be set so: {problem}."""

    reason = "INSPECTION_INVALID"


class PlanUnknown(NotFound):
    """There is no inspection {plan_id}."""

    reason = "PLAN_UNKNOWN"


class SiteUnknown(NotFound):
    """There is no place {site_code} in this inspection."""

    reason = "SITE_UNKNOWN"


class ItemUnknown(NotFound):
    """There is no inspection item {item_code}."""

    reason = "ITEM_UNKNOWN"


class ProblemUnknown(NotFound):
    """There is no problem {problem_id}."""

    reason = "PROBLEM_UNKNOWN"


class ProblemClosed(Conflict):
    """Problem {problem_id} was closed by a re-check already."""

    reason = "PROBLEM_CLOSED"


class Severity(StrEnum):
    """How bad it is."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of inspection (条线)."""

    code: str
    name: str
    name_en: str = ""
    department_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something to look at (检查项)."""

    code: str
    line: str
    title: str
    title_en: str = ""
    severity: Severity = Severity.MINOR
    rectify_department: str
    task_type: str
    photo_required: bool = False
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place that is inspected (点位)."""

    code: str
    name: str
    kind: str
    point: Point
    grid_code: str
    area_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A round."""

    id: str
    title: str
    round: int
    site_kind: str
    area_code: str
    lines: tuple[str, ...]
    due_at: datetime
    previous_id: str
    created_by: str
    site_count: int = 0
    visited_count: int = 0
    problem_count: int = 0
    cleared_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that was found in a place."""

    item_code: str
    description: str = ""
    evidence: tuple[Evidence, ...] = ()
    self_rectify: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit to a place."""

    site_code: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something found; open until a re-check passes."""

    id: str
    plan_id: str
    site_code: str
    item_code: str
    description: str
    case_id: str = ""
    rectify_department: str
    found_at: datetime
    found_by: str
    cleared_at: datetime | None = None
    cleared_by: str = ""
    failed_rechecks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """A second look at a problem."""

    problem_id: str
    passed: bool
    evidence: tuple[Evidence, ...] = ()


def require_found_evidence(finding: Finding, item: Item) -> None:
    """Fails with EVIDENCE_REQUIRED when a photo is needed and there is none."""
    if item.photo_required and not finding.evidence:
        raise EvidenceRequired(event=Event.REPORT, count=1, kind=EvidenceKind.SCENE, given=0)


def rechecked(problem: Problem, look: Recheck, item: Item, *, by: str, at: datetime) -> Problem:
    """A problem after a second look; only one that passes closes it. Fails with PROBLEM_CLOSED, EVIDENCE_REQUIRED."""
    if problem.cleared_at is not None:
        raise ProblemClosed(problem_id=problem.id)
    if not look.passed:
        return replace(problem, failed_rechecks=problem.failed_rechecks + 1)
    if item.photo_required and not look.evidence:
        raise EvidenceRequired(event=Event.CHECK_PASS, count=1, kind=EvidenceKind.CHECK, given=0)
    return replace(problem, cleared_at=at, cleared_by=by)


def to_rectifier(route: Route, item: Item) -> Route:
    """The way of a finding: to the department that puts it right, whoever found it; the usual one assists."""
    department = item.rectify_department
    details = {"item": item.code, "department": department}
    trace = RuleTrace(rule=Rule.SETTLED_RULE, matched=True, reason="INSPECTION_ITEM_DEPARTMENT", details=details)
    assisting = dict.fromkeys((route.department_code, *route.co_department_codes))
    return replace(
        route,
        department_code=department,
        co_department_codes=tuple(code for code in assisting if code and code != department),
        receiver=department if route.loop_level >= LOOP_TOP else route.receiver,
        explanation=(trace, *route.explanation),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item on a checklist, with what the round before found."""

    item: Item
    found_before: tuple[Problem, ...]


def checklist(
    lines: Iterable[Line], items: Iterable[Item], found_before: Iterable[Problem], *, wanted: tuple[str, ...]
) -> tuple[tuple[Line, tuple[Entry, ...]], ...]:
    """What is to be looked at, by line; what was found before comes first, also of a line that is not wanted."""
    before: dict[str, list[Problem]] = {}
    for problem in found_before:
        before.setdefault(problem.item_code, []).append(problem)
    by_line: dict[str, list[Entry]] = {}
    for item in items:
        found = tuple(sorted(before.get(item.code, ()), key=lambda problem: problem.found_at, reverse=True))
        if found or (not item.retired and (not wanted or item.line in wanted)):
            by_line.setdefault(item.line, []).append(Entry(item=item, found_before=found))
    return tuple(
        (line, tuple(sorted(by_line[line.code], key=lambda entry: (not entry.found_before, entry.item.code))))
        for line in lines
        if line.code in by_line
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything items may name."""

    departments: frozenset[str]
    task_types: frozenset[str]
    lines: frozenset[str]


def faults_of(items: Iterable[Item], known: Known) -> tuple[str, ...]:
    """What is wrong with a list of items."""
    faults: list[str] = []
    for item in items:
        named: Mapping[str, tuple[str, frozenset[str]]] = {
            "line": (item.line, known.lines),
            "department": (item.rectify_department, known.departments),
            "task type": (item.task_type, known.task_types),
        }
        faults += [f"{item.code}: unknown {kind} {code}" for kind, (code, codes) in named.items() if code not in codes]
    return tuple(faults)
