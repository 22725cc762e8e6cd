"""A major hazard is put right by a plan with five parts, re-checked by others, and looked at again a month later."""

import json
from datetime import date, timedelta

from plugins.emergency import rules
from plugins.sdk import Case, City, Point, Report, Words, hookimpl

words = Words(__package__)


@hookimpl
def before_filing(case: Case, city: City) -> None:
    """Say under which condition it is filed."""
    city.note(case, words("file.major" if rules.is_major(case) else "file.general"))


@hookimpl
def case_signed(case: Case, city: City) -> None:
    """Whoever signs a major hazard owes a plan."""
    missing = rules.missing_parts(case) if rules.is_major(case) else ()
    if missing:
        parts_zh, parts_en = (
            [getattr(words(f"part.{part}"), language) for part in missing] for language in ("zh", "en")
        )
        city.note(case, words("plan.missing", parts=rules.both(parts_zh, parts_en)))


@hookimpl
def case_disposed(case: Case, city: City) -> None:
    """Whoever put it right does not say whether it is right."""
    city.note(case, words("recheck"))


@hookimpl
def case_closed(case: Case, city: City) -> None:
    """Note when a major hazard is looked at again."""
    if rules.needs_second_look(case):
        due = (
            city.local(case.closed_at or case.reported_at) + timedelta(days=int(city.settings["look_again_days"]))
        ).date()
        city.memory.put(f"{rules.LOOK_AGAIN}{due.isoformat()}/{case.number}", rules.reminder(case))


@hookimpl
def day_began(day: date, city: City) -> None:
    """File what is due for a second look (回头看)."""
    for key in city.memory.keys(rules.LOOK_AGAIN)[: rules.A_DAY_MAX]:
        due, number = key.removeprefix(rules.LOOK_AGAIN).split("/", 1)
        if date.fromisoformat(due) > day:
            continue
        told = json.loads(city.memory.get(key))
        city.report(
            Report(
                task_type=rules.HAZARD,
                description=words("look_again", number=number, enterprise=told["enterprise"]),
                point=Point(longitude_deg=told["longitude_deg"], latitude_deg=told["latitude_deg"]),
                place=told["place"],
                filing_condition="general",
            )
        )
        city.memory.forget(key)
