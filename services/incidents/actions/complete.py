"""Completes what somebody asks for with what the city knows: who is on duty for it, and where another kind goes."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from services.incidents.cityview.city import City
from services.incidents.domain.case import Case, Event
from services.incidents.domain.guards import corrects_task_type
from services.incidents.domain.intake import Report
from services.incidents.domain.step import Addressee, Step
from services.incidents.domain.tasktypes import Admission, TaskType

_LOOP_CHANGE: Final = {Event.ESCALATE: 1, Event.PUSH_DOWN: -1}
_CORRECTING: Final = frozenset({Event.ACCEPT, Event.REGISTER, Event.CORRECT})


def completed(step: Step, case: Case, task_type: TaskType, city: City, at: datetime) -> Step:
    """The step with everybody named whom it concerns."""
    if step.event in _LOOP_CHANGE:
        return _to_loop(step, case, case.loop_level + _LOOP_CHANGE[step.event], city, at)
    if step.event in _CORRECTING and corrects_task_type(case, step):
        return _rerouted(step, case, task_type, city, at)
    if step.addressees:
        return replace(step, addressees=tuple(_held(addressee, city, at) for addressee in step.addressees))
    return step


def _to_loop(step: Step, case: Case, loop_level: int, city: City, at: datetime) -> Step:
    """Whoever is on duty in the next loop takes it over."""
    receiver = city.next_receiver(
        loop_level=loop_level, grid_code=case.grid_code, department_code=case.department_code, at=at
    )
    return replace(step, receiver=receiver)


def _rerouted(step: Step, case: Case, task_type: TaskType, city: City, at: datetime) -> Step:
    """A case of another kind goes where a report of that kind would go now, by place, rules and duty."""
    if task_type.admission is not Admission.ADMITTED:
        return step
    report = Report(
        description=case.description,
        point=case.point,
        place=case.place,
        source=case.source,
        form_answers=case.form_answers,
    )
    route = city.route(task_type, city.view.location(case.grid_code), at, report=report)
    return replace(
        step,
        department_code=step.department_code or route.department_code,
        receiver=route.receiver,
        loop_level=max(route.loop_level, case.loop_level),
    )


def _held(addressee: Addressee, city: City, at: datetime) -> Addressee:
    """A post is told with whoever stands on it."""
    return replace(addressee, holder=city.view.holder(addressee.receiver, at))
