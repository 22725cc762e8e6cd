"""Writes a rule down as plain data and reads it back; what is empty is left out."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from services.incidents.rules.domain import Conditions, OfficeTime, RoutingRule

Record = Mapping[str, Any]  # a rule as JSON holds it


def record_of(rule: RoutingRule) -> Record:
    """A rule as it is stored."""
    asked = rule.conditions
    conditions = {
        "task_types": sorted(asked.task_types),
        "category_prefixes": list(asked.category_prefixes),
        "area_codes": sorted(asked.area_codes),
        "area_kinds": sorted(asked.area_kinds),
        "sources": sorted(asked.sources),
        "words": list(asked.words),
        "weekdays": sorted(asked.weekdays),
        "from_time": clock_text(asked.from_time),
        "until_time": clock_text(asked.until_time),
        "office_time": "" if asked.office_time is OfficeTime.ANY else asked.office_time,
        "owner_units": sorted(asked.owner_units),
        "grid_vacant": asked.grid_vacant,
        "department_load_over": asked.department_load_over,
        "worker_load_over": asked.worker_load_over,
    }
    return {
        "key": rule.key,
        "title": rule.title,
        "title_en": rule.title_en,
        "conditions": {name: value for name, value in conditions.items() if value},
        "department_code": rule.department_code,
        "owner_unit": rule.owner_unit,
        "co_department_codes": list(rule.co_department_codes),
        "loop_level": rule.loop_level,
        "disabled": rule.disabled,
    }


def rule_of(record: Record) -> RoutingRule:
    """A stored rule."""
    asked = record["conditions"]
    return RoutingRule(
        key=record["key"],
        title=record["title"],
        title_en=record["title_en"],
        conditions=Conditions(
            task_types=frozenset(asked.get("task_types", ())),
            category_prefixes=tuple(asked.get("category_prefixes", ())),
            area_codes=frozenset(asked.get("area_codes", ())),
            area_kinds=frozenset(asked.get("area_kinds", ())),
            sources=frozenset(asked.get("sources", ())),
            words=tuple(asked.get("words", ())),
            weekdays=frozenset(asked.get("weekdays", ())),
            from_time=clock_time(asked.get("from_time", "")),
            until_time=clock_time(asked.get("until_time", "")),
            office_time=OfficeTime(asked.get("office_time", "any")),
            owner_units=frozenset(asked.get("owner_units", ())),
            grid_vacant=asked.get("grid_vacant", False),
            department_load_over=asked.get("department_load_over", 0),
            worker_load_over=asked.get("worker_load_over", 0),
        ),
        department_code=record["department_code"],
        owner_unit=record["owner_unit"],
        co_department_codes=tuple(record["co_department_codes"]),
        loop_level=record["loop_level"],
        disabled=record["disabled"],
    )


def clock_text(moment: time | None) -> str:
    """A time of day as people write it; empty for none."""
    return moment.strftime("%H:%M") if moment else ""


def clock_time(text: str) -> time | None:
    """A time of day; None for an empty text."""
    return time.fromisoformat(text) if text else None
