"""A countdown follows from its limit and its stretches: whatever is counted again comes out whole."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.incidents.domain import countdown as clock
from services.incidents.domain.calendar import Slot, WorkCalendar
from services.incidents.domain.limits import Limit, LimitUnit
from services.incidents.domain.signal import SignalRules
from services.incidents.domain.time_account import account_of
from tests.unit.incidents.builders import MONDAY_8, NATIONAL_DAY, PLAIN, SHANGHAI, local

RULES = SignalRules()
SPANS = st.lists(st.integers(min_value=1, max_value=3 * 86_400).map(lambda s: timedelta(seconds=s)), max_size=9)
LIMITS = st.builds(
    Limit.of, st.integers(min_value=1, max_value=40), st.sampled_from([unit for unit in LimitUnit if unit != "minute"])
)


def walked(limit: Limit, spans: list[timedelta], calendar: WorkCalendar) -> tuple[clock.Countdown, timedelta]:
    """A countdown that ran and stood still by turns; and how long it ran by the clock of the limit."""
    now, ran = MONDAY_8, timedelta()
    countdown = clock.start(now, limit, calendar, RULES)
    for place, span in enumerate(spans):
        if place % 2 == 0:
            ran += calendar.elapsed(now, now + span, limit.unit)
            countdown = clock.pause(countdown, now + span, calendar)
        else:
            countdown = clock.resume(countdown, now + span, calendar, RULES)
        now += span
    return countdown, ran


@settings(max_examples=150, deadline=None)
@given(limit=LIMITS, spans=SPANS)
def test_what_is_left_and_what_was_used_make_the_limit_and_pauses_count_for_nothing(
    limit: Limit, spans: list[timedelta]
) -> None:
    countdown, ran = walked(limit, spans, PLAIN)
    now = MONDAY_8 + sum(spans, timedelta())
    assert countdown.left(now, PLAIN) == limit.span - ran
    assert clock.recount(countdown, limit, PLAIN, RULES) == countdown


@settings(max_examples=150, deadline=None)
@given(limit=LIMITS, spans=SPANS)
def test_the_stretches_of_an_account_sum_up_to_the_limit_and_end_at_the_deadline(
    limit: Limit, spans: list[timedelta]
) -> None:
    countdown, _ = walked(limit, spans, PLAIN)
    account = account_of(countdown, PLAIN)
    assert sum((interval.counted for interval in account.intervals), timedelta()) == limit.span
    assert account.intervals[-1].end == account.deadline == countdown.moments.deadline_at
    ends = [moment for interval in account.intervals for moment in (interval.start, interval.end)]
    assert ends == sorted(ends)


def test_a_holiday_that_is_announced_later_moves_the_deadline_and_not_what_was_worked() -> None:
    start = local("2026-09-30 17:00")
    plain = clock.start(start, Limit.of(4, "work_hour"), PLAIN, RULES)
    assert plain.moments.deadline_at == local("2026-10-01 11:00")
    announced = clock.recount(plain, plain.limit, NATIONAL_DAY, RULES)
    assert announced.moments.deadline_at == local("2026-10-08 11:00")
    assert announced.left(local("2026-10-05 12:00"), NATIONAL_DAY) == timedelta(hours=3)


def test_shorter_office_hours_stretch_a_limit_over_more_days() -> None:
    mornings = WorkCalendar(zone=SHANGHAI, table=PLAIN.table, slots=(Slot.of("08:00", "12:00"),))
    case = clock.start(MONDAY_8, Limit.of(1, "work_day"), PLAIN, RULES)
    assert clock.recount(case, case.limit, mornings, RULES).moments.deadline_at == local("2026-03-10 12:00")
