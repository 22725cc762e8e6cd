"""The window of a same-period check lies around the hour of the report, and never in the past."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from plugins.sdk.testing import a_case
from plugins.urban_management import rules

CITY = ZoneInfo("Asia/Shanghai")
MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 the strategy adds the zone itself
    max_value=datetime(2026, 12, 31),  # noqa: DTZ001
    timezones=st.just(CITY),
)


@given(reported=MOMENTS, later=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40)))
def test_a_check_of_a_night_stall_is_soon_and_at_the_right_hour(reported: datetime, later: timedelta) -> None:
    disposed = reported + later
    case = a_case(task_type=rules.STALLS)
    window = rules.same_period_check(case, reported=reported, disposed=disposed)
    if not rules.is_night(reported):
        assert window is None
        return
    assert window is not None
    assert disposed <= window.begins_at < window.ends_at <= disposed + timedelta(hours=26)
    assert (window.ends_at - rules.CHECK_MARGIN).timetz() == reported.timetz()


def test_the_night_of_stalls_goes_from_six_to_six() -> None:
    hours = [hour for hour in range(24) if rules.is_night(datetime(2026, 3, 2, hour, tzinfo=CITY))]
    assert hours == [0, 1, 2, 3, 4, 5, 18, 19, 20, 21, 22, 23]
