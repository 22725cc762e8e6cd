"""Working time, by the vectors of the trade and against a walker who counts every minute."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.incidents.domain.calendar import Slot, WorkCalendar
from services.incidents.domain.errors import CalendarInvalid, LimitInvalid
from services.incidents.domain.holiday_table import ChinaHolidays, DayOverride, ListedHolidays
from services.incidents.domain.limits import Limit, LimitUnit
from services.incidents.domain.time_account import DayKind, DayNote, explain
from tests.unit.incidents.builders import NATIONAL_DAY, PLAIN, SHANGHAI, local

CHINA = WorkCalendar(zone=SHANGHAI, table=ChinaHolidays())
UNITS = list(LimitUnit)

VECTORS = [
    ("2026-03-06 17:30", 4, "work_hour", "2026-03-09 11:30"),
    ("2026-03-06 10:00", 2, "work_day", "2026-03-10 10:00"),
    ("2026-03-06 12:30", 2, "work_hour", "2026-03-06 16:00"),
    ("2026-03-07 09:00", 1, "work_day", "2026-03-09 18:00"),
    ("2026-03-06 18:00", 2, "work_hour", "2026-03-09 10:00"),
    ("2026-03-06 23:00", 2, "urgent_hour", "2026-03-07 01:00"),
    ("2026-03-06 09:00", 15, "natural_day", "2026-03-21 09:00"),
]
HOLIDAY_VECTORS = [
    ("2026-09-30 17:00", 4, "work_hour", "2026-10-08 11:00"),
    ("2026-09-30 09:15", 5, "work_day", "2026-10-13 09:15"),
]


@pytest.mark.parametrize(("start", "value", "unit", "deadline"), VECTORS)
def test_a_limit_ends_when_the_city_promised(start: str, value: int, unit: str, deadline: str) -> None:
    assert PLAIN.deadline(local(start), Limit.of(value, unit)) == local(deadline)


@pytest.mark.parametrize("calendar", [NATIONAL_DAY, CHINA], ids=["listed", "official notice"])
@pytest.mark.parametrize(("start", "value", "unit", "deadline"), HOLIDAY_VECTORS)
def test_holidays_are_skipped_and_makeup_days_are_worked(
    calendar: WorkCalendar, start: str, value: int, unit: str, deadline: str
) -> None:
    assert calendar.deadline(local(start), Limit.of(value, unit)) == local(deadline)


def test_the_end_of_a_slot_counts_as_inside() -> None:
    assert PLAIN.deadline(local("2026-03-06 08:00"), Limit.of(4, "work_hour")) == local("2026-03-06 12:00")
    one_second = PLAIN.after(local("2026-03-06 12:00"), timedelta(seconds=1), LimitUnit.WORK_HOUR)
    assert one_second == local("2026-03-06 14:00:01")


def test_minutes_run_on_through_the_night() -> None:
    assert PLAIN.deadline(local("2026-03-06 23:50"), Limit.of(15, "minute")) == local("2026-03-07 00:05")


def test_a_part_of_an_hour_is_exact() -> None:
    assert PLAIN.deadline(local("2026-03-06 09:00"), Limit.of(0.1, "work_hour")) == local("2026-03-06 09:06")
    assert Limit.of("0.0001", "work_hour").span == timedelta(seconds=1)


@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_of_nothing_is_refused(value: int) -> None:
    with pytest.raises(LimitInvalid):
        Limit.of(value, "work_hour")


@pytest.mark.parametrize(
    ("slots", "weekend"),
    [
        ((), frozenset({6, 7})),
        ((Slot.of("14:00", "18:00"), Slot.of("08:00", "12:00")), frozenset({6, 7})),
        ((Slot.of("08:00", "08:00"),), frozenset({6, 7})),
        ((Slot(-60, 60),), frozenset({6, 7})),
        ((Slot.of("08:00", "12:00"),), frozenset(range(1, 8))),
    ],
)
def test_a_calendar_in_which_nobody_works_is_refused(slots: tuple[Slot, ...], weekend: frozenset[int]) -> None:
    with pytest.raises(CalendarInvalid):
        WorkCalendar(zone=SHANGHAI, table=ListedHolidays(), slots=slots, weekend=weekend)


def test_a_year_without_a_working_day_is_refused() -> None:
    days = {date(2026, 1, 1) + timedelta(days=number): "" for number in range(365)}
    calendar = WorkCalendar(zone=SHANGHAI, table=ListedHolidays(days_off=days))
    with pytest.raises(CalendarInvalid):
        calendar.deadline(local("2026-03-06 08:00"), Limit.of(1, "work_hour"))


def test_a_limit_may_cross_years() -> None:
    start = local("2026-12-31 10:00")
    assert PLAIN.deadline(start, Limit.of(1, "work_day")) == local("2027-01-01 10:00")
    assert PLAIN.elapsed(start, local("2027-01-04 10:00"), LimitUnit.WORK_DAY) == timedelta(hours=16)


def test_remaining_turns_negative_after_the_deadline() -> None:
    start, limit = local("2026-03-06 09:00"), Limit.of(2, "work_hour")
    assert PLAIN.remaining(start, limit, local("2026-03-06 10:00")) == timedelta(hours=1)
    assert PLAIN.remaining(start, limit, local("2026-03-06 15:00")) == timedelta(hours=-2)


def test_the_account_of_a_deadline_lists_every_stretch_and_every_special_day() -> None:
    account = explain(NATIONAL_DAY, local("2026-09-30 17:00"), Limit.of(4, "work_hour"))
    assert [(part.start, part.end) for part in account.intervals] == [
        (local("2026-09-30 17:00"), local("2026-09-30 18:00")),
        (local("2026-10-08 08:00"), local("2026-10-08 11:00")),
    ]
    assert account.deadline == local("2026-10-08 11:00")
    assert account.notes == tuple(DayNote(date(2026, 10, day), DayKind.HOLIDAY, "国庆节") for day in range(1, 8))
    assert not account.provisional


def test_the_account_names_weekends_and_makeup_days() -> None:
    account = explain(NATIONAL_DAY, local("2026-10-09 09:00"), Limit.of(3, "work_day"))
    assert account.notes == (
        DayNote(date(2026, 10, 10), DayKind.MAKEUP, ""),
        DayNote(date(2026, 10, 11), DayKind.WEEKEND, ""),
    )


def test_day_and_night_time_is_one_stretch_without_special_days() -> None:
    account = explain(NATIONAL_DAY, local("2026-09-30 17:00"), Limit.of(2, "natural_day"))
    assert [part.counted for part in account.intervals] == [timedelta(days=2)]
    assert account.notes == ()


def test_the_official_notice_is_known_and_other_years_are_provisional() -> None:
    assert CHINA.special_days(2026).official
    assert date(2026, 2, 14) in CHINA.special_days(2026).makeup_days
    assert CHINA.is_working_day(date(2026, 2, 14))
    assert not CHINA.is_working_day(date(2026, 2, 20))
    far = explain(CHINA, local("2040-03-06 09:00"), Limit.of(1, "work_day"))
    assert far.provisional_years == (2040,)
    assert explain(CHINA, local("2040-03-06 09:00"), Limit.of(1, "natural_day")).provisional_years == ()


def test_the_city_overrides_the_notice_both_ways() -> None:
    table = ChinaHolidays(
        overrides=(
            DayOverride(day=date(2026, 2, 14), worked=False, name="大雪"),
            DayOverride(day=date(2026, 10, 5), worked=True),
            DayOverride(day=date(2040, 3, 6), worked=False, name="市庆"),
        ),
        official_years=frozenset({2040}),
    )
    calendar = WorkCalendar(zone=SHANGHAI, table=table)
    assert not calendar.is_working_day(date(2026, 2, 14))
    assert calendar.is_working_day(date(2026, 10, 5))
    assert calendar.special_days(2026).days_off[date(2026, 2, 14)] == "大雪"
    assert calendar.provisional_years(local("2040-01-02 09:00"), local("2040-01-03 09:00"), LimitUnit.WORK_DAY) == ()


class Walker:
    """Counts the slow way: one minute after the other, looking at the clock on the wall each time."""

    def __init__(self, calendar: WorkCalendar, start: datetime) -> None:
        self.calendar = calendar
        self.now = start

    def minute_counts(self) -> bool:
        wall = self.now.astimezone(self.calendar.zone)
        second = wall.hour * 3_600 + wall.minute * 60
        in_slot = any(slot.start_s <= second < slot.end_s for slot in self.calendar.slots)
        return in_slot and self.calendar.is_working_day(wall.date())

    def after(self, minutes: int) -> datetime:
        while minutes > 0:
            minutes -= self.minute_counts()
            self.now += timedelta(minutes=1)
        return self.now

    def until(self, end: datetime) -> int:
        counted = 0
        while self.now < end:
            counted += self.minute_counts()
            self.now += timedelta(minutes=1)
        return counted


starts = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2026, 12, 31)).map(  # noqa: DTZ001
    lambda wall: wall.replace(second=0, microsecond=0, tzinfo=SHANGHAI)
)
calendars = st.sampled_from([PLAIN, NATIONAL_DAY, CHINA])
spans = st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=30))
moments = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=60, deadline=None)
@given(calendar=calendars, start=starts, minutes=st.integers(min_value=1, max_value=3_000))
@example(calendar=NATIONAL_DAY, start=local("2026-09-30 17:59"), minutes=481)
def test_a_deadline_is_where_a_walker_counting_minutes_arrives(
    calendar: WorkCalendar, start: datetime, minutes: int
) -> None:
    fast = calendar.after(start, timedelta(minutes=minutes), LimitUnit.WORK_HOUR)
    assert fast == Walker(calendar, start).after(minutes)


@settings(max_examples=60, deadline=None)
@given(calendar=calendars, start=starts, length=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=20)))
def test_elapsed_time_is_what_a_walker_counts(calendar: WorkCalendar, start: datetime, length: timedelta) -> None:
    end = start + timedelta(minutes=length // timedelta(minutes=1))
    counted = timedelta(minutes=Walker(calendar, start).until(end))
    assert calendar.elapsed(start, end, LimitUnit.WORK_HOUR) == counted


@given(calendar=calendars, start=moments, span=spans, unit=st.sampled_from(UNITS))
def test_what_was_added_has_elapsed_to_the_microsecond(
    calendar: WorkCalendar, start: datetime, span: timedelta, unit: LimitUnit
) -> None:
    assert calendar.elapsed(start, calendar.after(start, span, unit), unit) == span


@given(calendar=calendars, start=moments, span=spans, unit=st.sampled_from(UNITS))
def test_the_counted_stretches_add_up_and_follow_each_other(
    calendar: WorkCalendar, start: datetime, span: timedelta, unit: LimitUnit
) -> None:
    parts = list(calendar.intervals(start, calendar.after(start, span, unit), unit))
    assert sum((part.counted for part in parts), timedelta(0)) == span
    assert all(earlier.end <= later.start for earlier, later in pairwise(parts))
    assert all(part.counted > timedelta(0) for part in parts)


@given(calendar=calendars, start=moments, parts=st.tuples(spans, spans), unit=st.sampled_from(UNITS))
def test_two_spans_in_a_row_end_where_their_sum_does(
    calendar: WorkCalendar, start: datetime, parts: tuple[timedelta, timedelta], unit: LimitUnit
) -> None:
    halfway = calendar.after(start, parts[0], unit)
    assert calendar.after(halfway, parts[1], unit) == calendar.after(start, parts[0] + parts[1], unit)


@given(calendar=calendars, three=st.tuples(moments, moments, moments), unit=st.sampled_from(UNITS))
def test_elapsed_times_add_up_in_any_order(
    calendar: WorkCalendar, three: tuple[datetime, datetime, datetime], unit: LimitUnit
) -> None:
    one, two, last = three
    whole = calendar.elapsed(one, last, unit)
    assert calendar.elapsed(one, two, unit) + calendar.elapsed(two, last, unit) == whole


@given(start=moments, days=st.integers(min_value=1, max_value=400))
def test_a_working_day_is_eight_working_hours(start: datetime, days: int) -> None:
    as_hours = PLAIN.deadline(start, Limit.of(days * 8, "work_hour"))
    assert PLAIN.deadline(start, Limit.of(days, "work_day")) == as_hours
