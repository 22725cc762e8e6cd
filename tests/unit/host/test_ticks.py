"""Hours and days are those of the city's clocks, and each is one event however often one looks."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.host.events import EventBroken, occasion_of
from services.host.local import DAY, HOUR, ticks_at

SHANGHAI, KATHMANDU = ZoneInfo("Asia/Shanghai"), ZoneInfo("Asia/Kathmandu")


def test_an_hour_and_a_day_begin_on_the_citys_clocks() -> None:
    late = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
    ticks = ticks_at("roads", late, SHANGHAI)
    hour, day = occasion_of(ticks[HOUR]), occasion_of(ticks[DAY])
    assert hour is not None
    assert day is not None
    assert (hour.hook, hour.at) == ("hour_struck", datetime(2026, 3, 1, 16, 0, tzinfo=UTC))
    assert (day.hook, str(day.arguments["day"])) == ("day_began", "2026-03-02")
    assert day.at == datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
    odd = occasion_of(ticks_at("roads", late, KATHMANDU)[HOUR])
    assert odd is not None
    assert odd.at == datetime(2026, 3, 1, 16, 15, tzinfo=UTC)


def test_the_same_hour_is_the_same_event_and_the_next_is_another() -> None:
    first, again, later = (
        ticks_at("roads", datetime(2026, 3, 2, hour, minute, tzinfo=UTC), SHANGHAI)
        for hour, minute in ((2, 0), (2, 59), (3, 0))
    )
    assert first == again
    assert first[HOUR].id != later[HOUR].id
    assert first[DAY].id == later[DAY].id
    assert first[HOUR].id != ticks_at("parks", datetime(2026, 3, 2, 2, tzinfo=UTC), SHANGHAI)[HOUR].id


def test_a_message_whose_content_is_rubbish_is_broken() -> None:
    event = ticks_at("roads", datetime(2026, 3, 2, tzinfo=UTC), SHANGHAI)[DAY]
    event.payload.value = b"\x0a\x03now"
    with pytest.raises(EventBroken):
        occasion_of(event)
