"""The light of a case, to the second."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.domain import countdown
from services.incidents.domain.calendar import WorkCalendar
from services.incidents.domain.limits import Limit, LimitUnit
from services.incidents.domain.signal import Moments, Signal, SignalRules, signal, signal_moments
from tests.unit.incidents.builders import NATIONAL_DAY, PLAIN, local
from tests.unit.incidents.test_calendar import calendars, moments

RULES = SignalRules()
TEN_HOURS = Limit.of(10, "work_hour")
MOMENTS = signal_moments(local("2026-03-09 08:00"), TEN_HOURS, PLAIN)


@pytest.mark.mechanism(53)
def test_the_moments_of_ten_work_hours_from_monday_eight() -> None:
    assert MOMENTS.yellow_at == local("2026-03-09 18:00")
    assert MOMENTS.deadline_at == local("2026-03-10 10:00")
    assert MOMENTS.red_at == local("2026-03-11 14:00:01")


@pytest.mark.mechanism(53)
@pytest.mark.parametrize(
    ("now", "light"),
    [
        ("2026-03-09 08:00:00", Signal.GREEN),
        ("2026-03-09 17:59:59.999999", Signal.GREEN),
        ("2026-03-09 18:00:00", Signal.YELLOW),
        ("2026-03-10 10:00:00", Signal.YELLOW),
        ("2026-03-10 10:00:01", Signal.YELLOW),
        ("2026-03-11 12:00:00", Signal.YELLOW),
        ("2026-03-11 14:00:00.999999", Signal.YELLOW),
        ("2026-03-11 14:00:01", Signal.RED),
        ("2026-03-20 08:00:00", Signal.RED),
    ],
)
def test_the_light_changes_at_the_fifth_left_and_after_one_more_limit(now: str, light: Signal) -> None:
    assert signal(local(now), MOMENTS) is light


@pytest.mark.parametrize(
    ("closed", "light"),
    [
        ("2026-03-09 18:30", Signal.GREEN),
        ("2026-03-10 10:00", Signal.GREEN),
        ("2026-03-10 10:00:01", Signal.YELLOW),
        ("2026-03-11 15:00", Signal.RED),
    ],
)
def test_closed_in_time_is_green_for_good_and_closed_late_keeps_its_light(closed: str, light: Signal) -> None:
    assert signal(local("2026-12-01 08:00"), MOMENTS, local(closed)) is light


def test_both_thresholds_are_parameters() -> None:
    rules = SignalRules(yellow_left_ratio=Decimal("0.5"), red_over_ratio=Decimal(0))
    found = signal_moments(local("2026-03-09 08:00"), TEN_HOURS, PLAIN, rules)
    assert found.yellow_at == local("2026-03-09 15:00")
    assert found.red_at == local("2026-03-10 10:00:01")


def test_a_holiday_moves_all_three_moments() -> None:
    found = signal_moments(local("2026-09-30 17:00"), Limit.of(4, "work_hour"), NATIONAL_DAY)
    assert found.yellow_at == local("2026-10-08 10:12")
    assert found.deadline_at == local("2026-10-08 11:00")
    assert found.red_at == local("2026-10-08 17:00:01")


limits = st.builds(Limit.of, st.integers(min_value=1, max_value=60), st.sampled_from(list(LimitUnit)))
pauses = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40))


@given(start=moments, limit=limits, calendar=calendars)
def test_the_three_moments_come_in_order(start: datetime, limit: Limit, calendar: WorkCalendar) -> None:
    found = signal_moments(start, limit, calendar)
    assert start < found.yellow_at <= found.deadline_at < found.red_at


def test_time_stands_still_while_a_case_is_sent_back() -> None:
    running = countdown.start(local("2026-03-09 08:00"), TEN_HOURS, PLAIN, RULES)
    paused = countdown.pause(running, local("2026-03-09 15:00"), PLAIN)
    assert paused.remaining == timedelta(hours=5)
    assert paused.light(local("2026-06-01 08:00")) is Signal.GREEN
    assert not paused.late(local("2026-06-01 08:00"))
    resumed = countdown.resume(paused, local("2026-03-12 08:00"), PLAIN, RULES)
    assert resumed.running
    assert resumed.moments == Moments(
        yellow_at=local("2026-03-12 11:00"), deadline_at=local("2026-03-12 15:00"), red_at=local("2026-03-13 17:00:01")
    )


def test_a_late_one_goes_on_being_late_after_a_pause() -> None:
    running = countdown.start(local("2026-03-09 08:00"), TEN_HOURS, PLAIN, RULES)
    paused = countdown.pause(running, local("2026-03-10 15:00"), PLAIN)
    assert paused.remaining == timedelta(hours=-3)
    resumed = countdown.resume(paused, local("2026-03-16 08:00"), PLAIN, RULES)
    assert resumed.moments.yellow_at == MOMENTS.yellow_at
    assert resumed.moments.deadline_at == MOMENTS.deadline_at
    assert resumed.moments.red_at == local("2026-03-16 17:00:01")


def test_one_sent_back_in_time_and_then_ended_was_in_time() -> None:
    running = countdown.start(local("2026-03-09 08:00"), TEN_HOURS, PLAIN, RULES)
    paused = countdown.pause(running, local("2026-03-09 18:00"), PLAIN)
    assert paused.light(local("2026-03-30 08:00")) is Signal.YELLOW
    ended = countdown.stop(paused, local("2026-03-30 08:00"), PLAIN)
    assert ended.light(local("2026-03-30 08:00")) is Signal.GREEN
    assert countdown.stop(ended, local("2026-04-30 08:00"), PLAIN) == ended
    assert countdown.pause(ended, local("2026-04-30 08:00"), PLAIN) == ended


def test_resuming_what_runs_changes_nothing() -> None:
    running = countdown.start(local("2026-03-09 08:00"), TEN_HOURS, PLAIN, RULES)
    assert countdown.resume(running, local("2026-03-09 09:00"), PLAIN, RULES) == running


@given(start=moments, limit=limits, calendar=calendars, ran=pauses)
def test_a_pause_without_length_moves_nothing(
    start: datetime, limit: Limit, calendar: WorkCalendar, ran: timedelta
) -> None:
    running = countdown.start(start, limit, calendar, RULES)
    at = start + ran
    resumed = countdown.resume(countdown.pause(running, at, calendar), at, calendar, RULES)
    assert resumed.moments == running.moments
    assert resumed.light(at) is running.light(at)


@given(start=moments, limit=limits, calendar=calendars, ran=pauses, stood=pauses)
def test_a_pause_never_costs_nor_gives_counted_time(
    start: datetime, limit: Limit, calendar: WorkCalendar, ran: timedelta, stood: timedelta
) -> None:
    running = countdown.start(start, limit, calendar, RULES)
    paused_at = start + ran
    paused = countdown.pause(running, paused_at, calendar)
    resumed_at = paused_at + stood
    resumed = countdown.resume(paused, resumed_at, calendar, RULES)
    left = calendar.elapsed(paused_at, running.moments.red_at, limit.unit)
    if left > timedelta(0):
        assert calendar.elapsed(resumed_at, resumed.moments.red_at, limit.unit) == left
    else:
        assert resumed.moments == running.moments
