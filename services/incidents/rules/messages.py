"""Says rules and their versions in the words of the contract, and understands them."""

from gridward.incidents.v1 import rules_pb2

from services.incidents.messages.moments import stamp
from services.incidents.messages.names import SOURCE_OF, SOURCES
from services.incidents.rules.domain import Conditions, OfficeTime, RoutingRule
from services.incidents.rules.records import clock_text, clock_time
from services.incidents.rules.store import Version

_OFFICE_TIMES = {
    OfficeTime.ANY: rules_pb2.OFFICE_TIME_UNSPECIFIED,
    OfficeTime.INSIDE: rules_pb2.OFFICE_TIME_INSIDE,
    OfficeTime.OUTSIDE: rules_pb2.OFFICE_TIME_OUTSIDE,
}
_OFFICE_TIME_OF = {number: name for name, number in _OFFICE_TIMES.items()}


def version_message(version: Version) -> rules_pb2.RuleVersion:
    """A version and what became of it."""
    return rules_pb2.RuleVersion(
        version=version.version,
        active=version.active,
        note=version.note,
        created_by=version.created_by,
        created_at=stamp(version.created_at),
        rule_count=version.rule_count,
        tried_at=stamp(version.tried_at),
        tried_count=version.tried_count,
        moved_count=version.moved_count,
        activated_by=version.activated_by,
        activated_at=stamp(version.activated_at),
    )


def rule_message(rule: RoutingRule) -> rules_pb2.RoutingRule:
    """A rule."""
    asked = rule.conditions
    return rules_pb2.RoutingRule(
        key=rule.key,
        title=rule.title,
        title_en=rule.title_en,
        conditions=rules_pb2.RuleConditions(
            task_types=sorted(asked.task_types),
            category_prefixes=asked.category_prefixes,
            area_codes=sorted(asked.area_codes),
            area_kinds=sorted(asked.area_kinds),
            sources=[SOURCES[source] for source in SOURCES if source in asked.sources],
            words=asked.words,
            weekdays=sorted(asked.weekdays),
            from_time=clock_text(asked.from_time),
            until_time=clock_text(asked.until_time),
            office_time=_OFFICE_TIMES[asked.office_time],
            owner_units=sorted(asked.owner_units),
            grid_vacant=asked.grid_vacant,
            department_load_over=asked.department_load_over,
            worker_load_over=asked.worker_load_over,
        ),
        outcome=rules_pb2.RuleOutcome(
            department_code=rule.department_code,
            owner_unit=rule.owner_unit,
            co_department_codes=rule.co_department_codes,
            loop_level=rule.loop_level,
        ),
        disabled=rule.disabled,
    )


def rule_of(message: rules_pb2.RoutingRule) -> RoutingRule:
    """A rule as somebody wrote it."""
    asked, outcome = message.conditions, message.outcome
    return RoutingRule(
        key=message.key,
        title=message.title,
        title_en=message.title_en,
        conditions=Conditions(
            task_types=frozenset(asked.task_types),
            category_prefixes=tuple(asked.category_prefixes),
            area_codes=frozenset(asked.area_codes),
            area_kinds=frozenset(asked.area_kinds),
            sources=frozenset(SOURCE_OF[source] for source in asked.sources if source in SOURCE_OF),
            words=tuple(asked.words),
            weekdays=frozenset(asked.weekdays),
            from_time=clock_time(asked.from_time),
            until_time=clock_time(asked.until_time),
            office_time=_OFFICE_TIME_OF.get(asked.office_time, OfficeTime.ANY),
            owner_units=frozenset(asked.owner_units),
            grid_vacant=asked.grid_vacant,
            department_load_over=asked.department_load_over,
            worker_load_over=asked.worker_load_over,
        ),
        department_code=outcome.department_code,
        owner_unit=outcome.owner_unit,
        co_department_codes=tuple(outcome.co_department_codes),
        loop_level=outcome.loop_level,
        disabled=message.disabled,
    )
