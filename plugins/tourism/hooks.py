"""Inspects merchants in rounds until every problem is gone, and finds who can be there in ten minutes."""

import json
from datetime import timedelta

from plugins.sdk import Case, City, Json, Letter, Message, Report, Search, Words, hookimpl
from plugins.tourism import rules

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """A second round begins with what the first one found."""
    merchant = case.answer("merchant")
    if not merchant or rules.round_of(case) < rules.SECOND_ROUND:
        return
    search = Search(
        task_type=case.task_type, since=case.reported_at - timedelta(days=rules.LOOK_BACK_DAYS), text=merchant
    )
    before = [other for other in city.cases(search) if other.id != case.id]
    if before:
        city.note(case, words("round.before", number=before[0].number, found=before[0].description))


@hookimpl
def case_disposed(case: Case, city: City) -> None:
    """A problem stays open until a re-check finds it gone (销号)."""
    if rules.problems(case):
        city.note(case, words("round.recheck", count=rules.problems(case)))


@hookimpl
def case_closed(case: Case, city: City) -> None:
    """Where much was wrong, another round follows."""
    if not rules.needs_next_round(case):
        return
    merchant = case.answer("merchant")
    next_round = rules.round_of(case) + 1
    city.report(
        Report(
            task_type=rules.INSPECTION,
            description=words("round.next", merchant=merchant, round=next_round, number=case.number),
            point=case.point,
            place=case.place,
            form_answers={"merchant": merchant, "round": next_round, "problem_count": rules.problems(case)},
        )
    )


@hookimpl
def message_received(message: Message, city: City) -> None:
    """The scenic area's own system tells where its people are, when somebody calls for help, and who arrived."""
    if message.topic == rules.RESOURCES:
        city.memory.put(rules.RESOURCES, json.dumps(message.content.get("resources", [])))
    elif message.topic == rules.SOS:
        _send_help(message, city)
    elif message.topic == rules.ARRIVED:
        _measure(message, city)


def _send_help(message: Message, city: City) -> None:
    called = rules.call_of(message)
    if called is None:
        return
    nearest = rules.nearest(called.point, rules.resources_of(json.loads(city.memory.get(rules.RESOURCES) or "[]")))
    city.memory.put(f"{rules.SOS}/{message.about}", called.at.isoformat())
    rows: list[Json] = [{"code": resource.code, "distance_m": round(distance)} for resource, distance in nearest]
    city.send(Letter(topic="rescue.dispatch", about=message.about, content={"nearest": rows}))


def _measure(message: Message, city: City) -> None:
    key = f"{rules.SOS}/{message.about}"
    result = rules.circle(city.memory.get(key), message)
    if result:
        city.send(Letter(topic="rescue.result", about=message.about, content={"ten_minutes": result}))
        city.memory.forget(key)
