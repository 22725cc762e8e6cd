"""Decides by the city's own rules where a report goes; they are compiled once and cost little for each report."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from services.incidents.domain.responsibility import Area, OwnerUnit
from services.incidents.domain.routing import Route, Rule, RuleTrace
from services.incidents.domain.rulebook import LOOP_TOP
from services.platform.errors import Conflict, Invalid, NotFound, Stale


class RulesInvalid(Invalid):
    """The rules hold {fault_count} faults. The first: {first}."""

    reason = "RULES_INVALID"


class RulesUnknown(NotFound):
    """There is no version {version} of the rules."""

    reason = "RULES_UNKNOWN"


class RulesNotTried(Conflict):
    """Version {version} was never tried; try it on past cases before it comes into force."""

    reason = "RULES_NOT_TRIED"


class RulesStale(Stale):
    """Version {active_version} of the rules is in force meanwhile; please look again."""

    reason = "RULES_STALE"


class OfficeTime(StrEnum):
    """Whether the city is at work."""

    ANY = "any"
    INSIDE = "inside"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """When a rule applies; what is empty does not matter."""

    task_types: frozenset[str] = frozenset()
    category_prefixes: tuple[str, ...] = ()
    area_codes: frozenset[str] = frozenset()
    area_kinds: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    weekdays: frozenset[int] = frozenset()
    from_time: time | None = None
    until_time: time | None = None
    office_time: OfficeTime = OfficeTime.ANY
    owner_units: frozenset[str] = frozenset()
    grid_vacant: bool = False
    department_load_over: int = 0
    worker_load_over: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule:
    """One rule: when it applies, and what it decides."""

    key: str
    title: str
    title_en: str = ""
    conditions: Conditions = field(default_factory=Conditions)
    department_code: str = ""
    owner_unit: str = ""
    co_department_codes: tuple[str, ...] = ()
    loop_level: int = 0
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a report when the rules look at it."""

    task_type: str
    category_code: str
    areas: tuple[Area, ...]
    source: str
    description: str
    at: datetime
    owner_unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What rules may ask about the city: its clock, its office hours, its owner units and how busy everybody is."""

    zone: ZoneInfo
    is_office_time: Callable[[datetime], bool]
    departments: frozenset[str]
    owner_units: Mapping[str, OwnerUnit]
    department_loads: Mapping[str, int] = field(default_factory=dict)
    worker_loads: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What rules decided together, and which did."""

    department_code: str = ""
    owner_unit: str = ""
    co_department_codes: tuple[str, ...] = ()
    loop_level: int = 0
    rules: tuple[RoutingRule, ...] = ()


NOTHING: Final = Decision()


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """A version ready for use: for each task type the rules that may apply to it."""

    version: int
    rules: tuple[RoutingRule, ...]
    by_task_type: Mapping[str, tuple[RoutingRule, ...]]
    for_any: tuple[RoutingRule, ...]
    asks_load: bool

    @classmethod
    def of(cls, version: int, rules: Iterable[RoutingRule]) -> "CompiledRules":
        """Sort the rules by task type, each list in the order of the set."""
        enabled = tuple(rule for rule in rules if not rule.disabled)
        named = {task_type for rule in enabled for task_type in rule.conditions.task_types}
        return cls(
            version=version,
            rules=enabled,
            by_task_type=MappingProxyType(
                {
                    task_type: tuple(
                        rule
                        for rule in enabled
                        if not rule.conditions.task_types or task_type in rule.conditions.task_types
                    )
                    for task_type in named
                }
            ),
            for_any=tuple(rule for rule in enabled if not rule.conditions.task_types),
            asks_load=any(rule.conditions.department_load_over or rule.conditions.worker_load_over for rule in enabled),
        )

    def decide(self, facts: Facts, route: Route, around: Surroundings) -> Decision:
        """What the rules say about a report that would go this way without them.

        The first rule that applies and says something about the department decides it; likewise the loop.
        """
        decision = NOTHING
        for rule in self.by_task_type.get(facts.task_type, self.for_any):
            if _applies(rule.conditions, facts, route, around):
                decision = _taken(decision, rule, around)
        return decision


NO_RULES: Final = CompiledRules.of(0, ())


def redirected(route: Route, decision: Decision, *, version: int, receiver_in_loop: Callable[[int, str], str]) -> Route:
    """The way a report goes after the rules decided; every rule that decided something stands first in the account.

    `receiver_in_loop` names who takes it in a loop, with this department.
    """
    if not decision.rules:
        return route
    department = decision.department_code or route.department_code
    loop = decision.loop_level or route.loop_level
    assisting = dict.fromkeys((route.department_code, *route.co_department_codes, *decision.co_department_codes))
    receiver = route.receiver
    if loop != route.loop_level or (loop >= LOOP_TOP and department != route.department_code):
        receiver = receiver_in_loop(loop, department)
    traces = tuple(_trace(rule, version, department) for rule in decision.rules)
    return replace(
        route,
        department_code=department,
        co_department_codes=tuple(code for code in assisting if code and code != department),
        owner_unit=decision.owner_unit or route.owner_unit,
        loop_level=loop,
        receiver=receiver,
        desk="" if department and route.worker_post else route.desk,
        explanation=(*traces, *route.explanation),
    )


def _trace(rule: RoutingRule, version: int, department: str) -> RuleTrace:
    details = {
        "key": rule.key,
        "version": str(version),
        "title": " ".join(filter(None, (rule.title, rule.title_en))),
        "department": department or "-",
    }
    return RuleTrace(rule=Rule.SETTLED_RULE, matched=True, reason="SETTLED_RULE_DECIDED", details=details)


def _taken(decision: Decision, rule: RoutingRule, around: Surroundings) -> Decision:
    owner = around.owner_units.get(rule.owner_unit)
    department = rule.department_code or (owner.department_code if owner else "")
    if department not in around.departments:
        department = ""
    takes_department = bool(department) and not decision.department_code
    takes_loop = bool(rule.loop_level) and not decision.loop_level
    takes_owner = owner is not None and not decision.owner_unit
    assisting = tuple(code for code in rule.co_department_codes if code in around.departments)
    if not (takes_department or takes_loop or takes_owner or assisting):
        return decision
    return Decision(
        department_code=department if takes_department else decision.department_code,
        owner_unit=rule.owner_unit if takes_owner else decision.owner_unit,
        co_department_codes=tuple(dict.fromkeys((*decision.co_department_codes, *assisting))),
        loop_level=rule.loop_level if takes_loop else decision.loop_level,
        rules=(*decision.rules, rule),
    )


def _applies(asked: Conditions, facts: Facts, route: Route, around: Surroundings) -> bool:
    """The cheapest questions first."""
    return (
        _kind_fits(asked, facts)
        and _place_fits(asked, facts)
        and _words_fit(asked, facts)
        and _time_fits(asked, facts.at, around)
        and _people_fit(asked, facts, route, around)
    )


def _kind_fits(asked: Conditions, facts: Facts) -> bool:
    if asked.category_prefixes and not facts.category_code.startswith(asked.category_prefixes):
        return False
    return not asked.sources or facts.source in asked.sources


def _place_fits(asked: Conditions, facts: Facts) -> bool:
    if asked.area_codes and not any(area.code in asked.area_codes for area in facts.areas):
        return False
    return not asked.area_kinds or any(area.kind in asked.area_kinds for area in facts.areas)


def _words_fit(asked: Conditions, facts: Facts) -> bool:
    return not asked.words or any(word in facts.description for word in asked.words)


def _time_fits(asked: Conditions, at: datetime, around: Surroundings) -> bool:
    if asked.weekdays or asked.from_time is not None or asked.until_time is not None:
        local = at.astimezone(around.zone)
        if asked.weekdays and local.isoweekday() not in asked.weekdays:
            return False
        if not _within(local.time(), asked.from_time, asked.until_time):
            return False
    if asked.office_time is OfficeTime.ANY:
        return True
    return around.is_office_time(at) == (asked.office_time is OfficeTime.INSIDE)


def _within(moment: time, start: time | None, end: time | None) -> bool:
    """Whether a time of day lies in a span; one that ends before it begins goes over midnight."""
    if start is None or end is None:
        return (start is None or moment >= start) and (end is None or moment < end)
    if start <= end:
        return start <= moment < end
    return moment >= start or moment < end


def _people_fit(asked: Conditions, facts: Facts, route: Route, around: Surroundings) -> bool:
    if asked.owner_units and facts.owner_unit not in asked.owner_units:
        return False
    if asked.grid_vacant and facts.areas and route.worker_area == facts.areas[-1].code:
        return False
    if asked.department_load_over:
        load = around.department_loads.get(route.department_code, 0)
        if load <= asked.department_load_over:
            return False
    return not asked.worker_load_over or around.worker_loads.get(route.worker_post, 0) > asked.worker_load_over


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything rules may name."""

    task_types: frozenset[str]
    areas: frozenset[str]
    departments: frozenset[str]
    owner_units: frozenset[str]


def faults_of(rules: Iterable[RoutingRule], known: Known) -> tuple[str, ...]:
    """What is wrong with a set, rule by rule; nothing when it can be used."""
    faults: list[str] = []
    seen: set[str] = set()
    for rule in rules:
        if rule.key in seen:
            faults.append(f"{rule.key}: the key is used twice")
        seen.add(rule.key)
        faults += [f"{rule.key}: {fault}" for fault in _faults_of(rule, known)]
    return tuple(faults)


def _faults_of(rule: RoutingRule, known: Known) -> Iterable[str]:
    asked = rule.conditions
    unknown = {
        "task type": sorted(asked.task_types - known.task_types),
        "area": sorted(asked.area_codes - known.areas),
        "owner unit": sorted({*asked.owner_units, *filter(None, [rule.owner_unit])} - known.owner_units),
        "department": sorted({*rule.co_department_codes, *filter(None, [rule.department_code])} - known.departments),
    }
    for kind, codes in unknown.items():
        if codes:
            yield f"unknown {kind} {', '.join(codes)}"
    if not (rule.department_code or rule.owner_unit or rule.co_department_codes or rule.loop_level):
        yield "decides nothing"
    if asked.from_time is not None and asked.from_time == asked.until_time:
        yield "the span of time is empty"
