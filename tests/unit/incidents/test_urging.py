"""The ladder of a task type presses for a case by itself: in order, each rung once, whatever happens to the case."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.incidents.domain.actors import Actor
from services.incidents.domain.case import Case, Event, State
from services.incidents.domain.dealings import Debt
from services.incidents.domain.firing import fire
from services.incidents.domain.intake import open_case
from services.incidents.domain.limits import Limit
from services.incidents.domain.procedure import Procedure
from services.incidents.domain.step import Step
from services.incidents.domain.timers import Rung, timers_of
from services.incidents.domain.urging import UrgeAction, UrgeBase, UrgeRung
from services.incidents.domain.workflow import apply
from services.incidents.store.documents import procedure_document, procedure_of
from services.platform.errors import Invalid
from tests.unit.incidents.builders import (
    ACCEPTOR,
    CHIEF,
    DISPATCHER,
    GARBAGE,
    MONDAY_8,
    RULEBOOK,
    SANITATION,
    a_report,
    a_route,
    local,
    opened,
)

HOTLINE = (
    UrgeRung(code="phone", base=UrgeBase.YELLOW, words="电话催办"),
    UrgeRung(
        code="written",
        base=UrgeBase.DEADLINE,
        after=Limit.of(1, "natural_day"),
        action=UrgeAction.SUPERVISE,
        words="书面督办",
        words_en="Written notice",
    ),
    UrgeRung(
        code="circular", base=UrgeBase.DEADLINE, after=Limit.of(5, "work_day"), action=UrgeAction.ESCALATE, words="通报"
    ),
)
UNHEARD = UrgeRung(code="unheard", base=UrgeBase.REPORTED, after=Limit.of(1, "natural_day"), words="无人受理")
PROCEDURE = Procedure(version=1, ladder=(UNHEARD, *HOTLINE))


def step(case: Case, event: Event, actor: Actor, at: datetime, **fields: Any) -> Case:
    return apply(
        case,
        replace(Step(event=event), **fields),
        actor=actor,
        at=at,
        task_type=GARBAGE,
        rulebook=RULEBOOK,
        procedure=PROCEDURE,
    ).case


def reported() -> Case:
    return open_case(
        a_report(),
        id="case-1",
        number="9991-20260309-00001",
        area_path=opened().case.area_path,
        grid_code=opened().case.grid_code,
        task_type=GARBAGE,
        route=a_route(),
        actor=ACCEPTOR,
        at=MONDAY_8,
        rulebook=RULEBOOK,
        procedure=PROCEDURE,
    ).case


def dispatched() -> Case:
    case = step(reported(), Event.ACCEPT, ACCEPTOR, MONDAY_8)
    case = step(case, Event.REGISTER, ACCEPTOR, MONDAY_8, filing_condition="exposed")
    return step(case, Event.DISPATCH, DISPATCHER, MONDAY_8)


def climb(case: Case) -> list[tuple[str, datetime, Event]]:
    """Fire the ladder's timers as their moments come."""
    seen = []
    while timer := next((timer for timer in timers_of(case) if timer.rung is Rung.URGE), None):
        code = case.dealings.urge_next
        firing = fire(
            case,
            Rung.URGE,
            at=timer.due_at,
            task_type=GARBAGE,
            rulebook=RULEBOOK,
            procedure=PROCEDURE,
            receiver="upper",
        )
        assert firing is not None
        assert firing.outcome is not None
        seen.append((code, timer.due_at.replace(microsecond=0), firing.outcome.entry.event))
        case = firing.case
    return seen


def test_the_hotline_ladder_presses_before_the_deadline_a_day_after_and_five_work_days_after() -> None:
    # 10 work hours from Monday 08:00: yellow on Monday 18:00, due on Tuesday 10:00.
    assert climb(dispatched()) == [
        ("phone", local("2026-03-09 18:00"), Event.URGE),
        ("unheard", local("2026-03-10 08:00"), Event.URGE),
        ("written", local("2026-03-11 10:00"), Event.SUPERVISE),
        ("circular", local("2026-03-17 10:00"), Event.ESCALATE),
    ]


def test_a_report_nobody_took_in_is_pressed_for_too() -> None:
    assert climb(reported()) == [("unheard", local("2026-03-10 08:00"), Event.URGE)]


def test_a_rung_leaves_its_words_in_the_history_and_supervision_owes_an_answer() -> None:
    case = replace(dispatched(), dealings=replace(dispatched().dealings, urged=("phone", "unheard")))
    case = step(case, Event.NOTE, SANITATION, MONDAY_8 + timedelta(hours=1), opinion="x")
    (timer,) = [timer for timer in timers_of(case) if timer.rung is Rung.URGE]
    firing = fire(case, Rung.URGE, at=timer.due_at, task_type=GARBAGE, rulebook=RULEBOOK, procedure=PROCEDURE)
    assert firing is not None
    assert firing.outcome is not None
    entry = firing.outcome.entry
    assert (entry.opinion, entry.opinion_en, entry.actor) == ("书面督办", "Written notice", "system")
    assert firing.case.dealings.debt(Debt.SUPERVISION) is not None


def test_while_the_disposal_time_rests_the_ladder_rests_and_no_rung_comes_twice() -> None:
    case = dispatched()
    (timer,) = [timer for timer in timers_of(case) if timer.rung is Rung.URGE]
    firing = fire(case, Rung.URGE, at=timer.due_at, task_type=GARBAGE, rulebook=RULEBOOK, procedure=PROCEDURE)
    assert firing is not None
    returned = step(firing.case, Event.RETURN_BACK, SANITATION, timer.due_at, opinion="不属我们")
    assert returned.dealings.urge_next == "unheard"
    again = step(returned, Event.DISPATCH, DISPATCHER, timer.due_at + timedelta(hours=1))
    assert [code for code, _, _ in climb(again)].count("phone") == 0
    over = step(again, Event.CANCEL, CHIEF, timer.due_at + timedelta(hours=2), opinion="撤销")
    assert (over.state, over.dealings.urge_due_at) == (State.CANCELLED, None)
    assert fire(over, Rung.URGE, at=timer.due_at, task_type=GARBAGE, rulebook=RULEBOOK, procedure=PROCEDURE) is None


def test_where_no_loop_lies_above_the_last_rung_is_formal_pressure() -> None:
    case = replace(dispatched(), loop_due_at=None, leg=replace(dispatched().leg, loop_level=3))
    assert [event for _, _, event in climb(case)][-1] is Event.SUPERVISE


def test_rungs_of_one_moment_are_different_timers_and_of_one_name_are_refused() -> None:
    twins = tuple(UrgeRung(code=code, base=UrgeBase.REPORTED, words=code) for code in ("one", "two"))
    case = dispatched()
    twin = Procedure(version=1, ladder=twins)
    moments = []
    for _ in twins:
        case = apply(
            case,
            Step(event=Event.NOTE, opinion="x"),
            actor=SANITATION,
            at=MONDAY_8,
            task_type=GARBAGE,
            rulebook=RULEBOOK,
            procedure=twin,
        ).case
        (timer,) = [timer for timer in timers_of(case) if timer.rung is Rung.URGE]
        moments.append(timer.due_at)
        firing = fire(case, Rung.URGE, at=timer.due_at, task_type=GARBAGE, rulebook=RULEBOOK, procedure=twin)
        assert firing is not None
        case = firing.case
    assert moments[0] != moments[1]
    with pytest.raises(Invalid):
        Procedure(ladder=(twins[0], twins[0])).checked(frozenset())
    assert procedure_of(procedure_document(PROCEDURE), 1) == PROCEDURE
