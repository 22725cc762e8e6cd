"""Several plans in a row, written at once, leave the same timers as if each had been written alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.incidents.actions.advance import merged
from services.incidents.domain.timers import Rung, Timer, TimerPlan

START = datetime(2026, 3, 2, 2, tzinfo=UTC)
RUNGS = st.sampled_from(Rung)


@st.composite
def plans(draw: st.DrawFn) -> TimerPlan:
    rungs = draw(st.sets(RUNGS))
    kept = draw(st.sets(RUNGS)) & rungs
    timers = tuple(Timer(rung, START + timedelta(minutes=draw(st.integers(0, 99)))) for rung in sorted(kept))
    return TimerPlan(set=timers, cancel=tuple(sorted(rungs - kept)))


def written(rows: dict[Rung, datetime], timers: tuple[Timer, ...], cancelled: tuple[Rung, ...]) -> dict[Rung, datetime]:
    left = {rung: due_at for rung, due_at in rows.items() if rung not in cancelled}
    return {**left, **{timer.rung: timer.due_at for timer in timers}}


@given(before=st.dictionaries(RUNGS, st.just(START)), steps=st.lists(plans(), max_size=5))
def test_plans_in_a_row_come_to_what_each_alone_would_leave(
    before: dict[Rung, datetime], steps: list[TimerPlan]
) -> None:
    one_by_one = before
    for plan in steps:
        one_by_one = written(one_by_one, plan.set, plan.cancel)
    assert written(before, *merged(steps)) == one_by_one


@given(steps=st.lists(plans(), max_size=5))
def test_no_timer_is_both_set_and_cancelled(steps: list[TimerPlan]) -> None:
    timers, cancelled = merged(steps)
    assert not {timer.rung for timer in timers} & set(cancelled)
